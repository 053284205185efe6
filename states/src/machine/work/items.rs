//! The items of a map state, and how many of them may run and fail.

use serde_json::{Value, json};

use super::Events;
use super::batching::Batch;
use crate::definition::{MapState, ProcessorMode};
use crate::machine::MOST_ITEMS_BYTES;
use crate::machine::event::{Carry, Event, Tolerance};
use crate::machine::failure::Failure;
use crate::machine::plan::Items;
use crate::machine::view::{About, View};
use crate::packed::parsed;
use crate::payload::Payload;
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
                self.inspect_selected(items.as_array().into_iter().flatten().cloned(), &input)?;
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
    fn batches_of(&self, items: &Payload, input: &Payload) -> Result<Payload, Failure> {
        let (mut batching, mut selecting) = (self.batching(input)?, self.selecting(input));
        let (mut batches, mut bytes) = (Vec::new(), 0);
        let mut made = |batch: Option<Batch>| {
            let Some((batch, _)) = batch else { return Ok(()) };
            bytes += batch.len();
            batches.extend(parsed(&batch));
            if bytes > MOST_ITEMS_BYTES {
                let cause = format!("The batches of items have more than {MOST_ITEMS_BYTES} bytes together.");
                return Err(Failure::found("States.DataLimitExceeded", cause));
            }
            Ok(())
        };
        for (index, item) in items.as_array().into_iter().flatten().enumerate() {
            made(batching.push(&selecting.of(index, item.clone())?))?;
        }
        made(batching.take())?;
        let batches = Value::Array(batches);
        self.inspect_selected(items.as_array().into_iter().flatten().cloned(), input)?;
        self.inspect(|seen| seen.put("afterItemBatcher", &batches));
        Ok(batches.into())
    }
}
