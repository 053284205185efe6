//! The items of a map state, and how many of them may run and fail.

use serde_json::{Map, Value, json};

use super::Events;
use crate::definition::{MapState, ProcessorMode};
use crate::machine::MOST_ITEMS_BYTES;
use crate::machine::context::map_item;
use crate::machine::event::{Carry, Event, Tolerance};
use crate::machine::failure::Failure;
use crate::machine::plan::Items;
use crate::machine::view::{About, View};
use crate::payload::{Payload, exceeds, weight};
use crate::query::java_text;
use crate::query::jsonata::Expected;

impl View<'_> {
    pub(super) fn map(&self, map: &MapState) -> Events {
        let input = self.selected_input()?;
        let reading = match &map.item_reader {
            Some(_) => Some(self.reading(&input)?),
            None => None,
        };
        // What a reader reads are the items as they are.
        let items = match reading {
            Some(_) => Value::Array(Vec::new()).into(),
            None => self.items(&input)?,
        };
        let most = self.amount(self.compiled.max_concurrency.as_ref(), &input)?.unwrap_or(0);
        self.inspect(|seen| seen.put("maxConcurrency", &json!(most)));
        let tolerance = Tolerance {
            count: self.amount(self.compiled.tolerated_count.as_ref(), &input)?,
            percentage: self.percentage(self.compiled.tolerated_percentage.as_ref(), &input)?,
        };
        if let Some(count) = tolerance.count {
            self.inspect(|seen| seen.put("toleratedFailureCount", &json!(count)));
        }
        if let Some(percentage) = tolerance.percentage {
            self.inspect(|seen| seen.put("toleratedFailurePercentage", &json!(percentage)));
        }
        let items = match &reading {
            None if map.item_batcher.is_some() => self.batches_of(&items, &input)?,
            None => {
                self.inspect_selected(&items, &input)?;
                items
            }
            Some(_) => items,
        };
        let items = Carry::of(items, self.input());
        let mut events = vec![Event::MapStarted { frame: self.id, items, most, tolerance, run: self.run_arn(map) }];
        if map.mode != ProcessorMode::Inline {
            events.push(Event::RunStarted { frame: self.id });
        }
        events.extend(reading);
        Ok(events)
    }

    fn items(&self, input: &Payload) -> Result<Payload, Failure> {
        let items = match &self.compiled.items {
            None => {
                if !self.is_jsonata() {
                    self.inspect(|seen| seen.put("afterItemsPath", input));
                }
                input.clone()
            }
            Some(Items::Path(path)) => {
                let items = self.path(path, About::dollar(input))?;
                self.inspect(|seen| seen.put("afterItemsPath", &items));
                items.into()
            }
            Some(Items::Jsonata(template)) => {
                let items = self.jsonata(template, "Items", About::default())?;
                if let Some(expression) = template.expression() {
                    expression
                        .expect("Items", Expected::Array, items.clone())
                        .map_err(|error| Failure::evaluation(error.to_string(), Some("Items")))?;
                }
                items.into()
            }
        };
        if items.is_array() {
            return Ok(items);
        }
        if self.is_jsonata() {
            return Err(Failure::evaluation(
                format!("Map state input must be an array but was: {}", java_text(&items)),
                None,
            ));
        }
        let path = match &self.compiled.items {
            Some(Items::Path(path)) => path.text(),
            _ => "$",
        };
        Err(Failure::runtime(format!("Reference path \"{path}\" must point to array.")))
    }

    /// The items in batches, each with what the batcher adds. `ItemSelector` is applied to the items, not to the batches.
    pub(super) fn batches_of(&self, items: &Payload, input: &Payload) -> Result<Payload, Failure> {
        let most = self.amount(self.compiled.batch_items.as_ref(), input)?.filter(|most| *most > 0);
        let bytes = self.amount(self.compiled.batch_bytes.as_ref(), input)?.filter(|bytes| *bytes > 0);
        let shared = match &self.compiled.batch_input {
            Some(form) => Some(self.form(form, "ItemBatcher/BatchInput", About::dollar(input))?),
            None => None,
        };
        let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
        let bytes = bytes.map_or(usize::MAX, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        let mut batches: Vec<Value> = Vec::new();
        let mut batch: Vec<Value> = Vec::new();
        let shared_bytes = shared.as_ref().map_or(0, weight);
        let mut all_bytes = 0;
        let make = |items: Vec<Value>| {
            let mut fields = Map::new();
            if let Some(shared) = &shared {
                fields.insert("BatchInput".to_owned(), shared.clone());
            }
            fields.insert("Items".to_owned(), Value::Array(items));
            Value::Object(fields)
        };
        for (index, item) in items.as_array().into_iter().flatten().enumerate() {
            let item = self.selected_item(index, item, input)?;
            all_bytes += weight(&item);
            if all_bytes + shared_bytes * batches.len() > MOST_ITEMS_BYTES {
                let cause = format!("The batches of items have more than {MOST_ITEMS_BYTES} bytes together.");
                return Err(Failure::found("States.DataLimitExceeded", cause));
            }
            batch.push(item);
            let full = batch.len() > most || (batch.len() > 1 && exceeds(&make(batch.clone()), bytes));
            if full && let Some(item) = batch.pop() {
                batches.push(make(std::mem::replace(&mut batch, vec![item])));
            }
        }
        if !batch.is_empty() {
            batches.push(make(batch));
        }
        let batches = Value::Array(batches);
        self.inspect_selected(items, input)?;
        self.inspect(|seen| seen.put("afterItemBatcher", &batches));
        Ok(batches.into())
    }

    /// Shows what `ItemSelector` makes of the items, if somebody looks.
    pub(super) fn inspect_selected(&self, items: &Payload, input: &Payload) -> Result<(), Failure> {
        if self.inspection.is_none() || self.compiled.item_selector.is_none() {
            return Ok(());
        }
        let items = items.as_array().into_iter().flatten().enumerate();
        let selected = items.map(|(index, item)| self.selected_item(index, item, input));
        let selected = Value::Array(selected.collect::<Result<_, _>>()?);
        self.inspect(|seen| seen.put("afterItemSelector", &selected));
        Ok(())
    }

    /// What `ItemSelector` makes of an item.
    pub(super) fn selected_item(&self, index: usize, item: &Value, input: &Payload) -> Result<Value, Failure> {
        let Some(form) = &self.compiled.item_selector else { return Ok(item.clone()) };
        let mut context = self.context().clone();
        if let Some(fields) = context.as_object_mut() {
            fields.insert("Map".to_owned(), map_item(index, item));
        }
        self.form(form, "ItemSelector", About { dollar: Some(input), context: Some(&context), ..About::default() })
    }
}
