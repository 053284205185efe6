//! Reading the items of a map, putting what was read into batches, and writing the results.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Events;
use crate::definition::{ProcessorMode, StateKind};
use crate::history::Fault;
use crate::machine::distributed::Distributed;
use crate::machine::event::Event;
use crate::machine::failure::Failure;
use crate::machine::plan::Form;
use crate::machine::view::{About, View};
use crate::packed::{Packed, parsed};
use crate::payload::Payload;

impl View<'_> {
    /// What is asked for where the map has a reader.
    pub(super) fn reading(&self, input: &Payload) -> Result<Event, Failure> {
        let arguments = self.given(self.compiled.reader.as_ref(), "ItemReader", input)?;
        let most = self.amount(self.compiled.reader_most.as_ref(), input)?.unwrap_or(0);
        let frame = self.id;
        Ok(match self.text(self.compiled.reader_pointer.as_ref(), input)? {
            None => Event::Reading { frame, arguments, most },
            Some(pointer) => Event::ReadingAt { frame, arguments, most, pointer },
        })
    }

    /// Puts the next of the items that were read into batches, as many as one piece takes.
    pub(super) fn batch(&self, run: &Distributed) -> Events {
        let most = self.limits.reader_bytes;
        if run.bytes_of_batches() as u64 > most {
            let cause = format!("The batches of the items have more than the {most} bytes that may be read.");
            return Err(Failure::found("States.DataLimitExceeded", cause));
        }
        let input = self.selected_input()?;
        let (mut batching, mut selecting) = (self.batching(&input)?, self.selecting(&input));
        let (mut batches, mut sizes) = (Packed::default(), Vec::new());
        let mut index = run.in_batches();
        let last = loop {
            let item = run.items().get(index);
            let (is_last, full) = match item {
                Some(item) => {
                    let item = selecting.of(usize::try_from(index).unwrap_or(usize::MAX), item)?;
                    (false, batching.push(&item))
                }
                None => (true, batching.take()),
            };
            index += 1;
            if let Some((batch, items)) = full {
                batches.push_text(&batch);
                sizes.push(items);
            }
            if is_last || batches.is_full() {
                break is_last;
            }
        };
        if run.in_batches() == 0 && last {
            self.inspect_selected(run.items().iter(), &input)?;
            self.inspect(|seen| seen.put("afterItemBatcher", &batches.texts().filter_map(parsed).collect()));
        }
        Ok(vec![Event::BatchesMade { frame: self.id, batches: Arc::new(batches), sizes, last }])
    }

    /// What is asked for where the map has a writer that writes elsewhere. `fault` is why the map fails, if it does.
    pub(super) fn writing(&self, fault: Option<Fault>) -> Result<Option<Event>, Failure> {
        let StateKind::Map(map) = &self.definition.kind else { return Ok(None) };
        if map.mode == ProcessorMode::Inline
            || map.result_writer.as_ref().is_none_or(|writer| writer.resource.is_none())
        {
            return Ok(None);
        }
        let arguments = self.given(self.compiled.writer.as_ref(), "ResultWriter", &self.selected_input()?)?;
        Ok(Some(Event::Writing { frame: self.id, arguments, fault }))
    }

    fn given(&self, form: Option<&Form>, part: &str, input: &Payload) -> Result<Payload, Failure> {
        let field = if self.is_jsonata() { "Arguments" } else { "Parameters" };
        match form {
            Some(form) => Ok(self.form(form, &format!("{part}/{field}"), About::dollar(input))?.into()),
            None => Ok(Value::Object(Map::new()).into()),
        }
    }
}
