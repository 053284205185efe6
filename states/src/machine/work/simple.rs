//! Pass, Succeed, Fail and Wait.

use super::Events;
use super::flow::next;
use crate::definition::{Pass, Wait};
use crate::history::Fault;
use crate::machine::apply::later;
use crate::machine::event::Event;
use crate::machine::failure::Failure;
use crate::machine::plan::{Lookup, Query};
use crate::machine::view::{About, View, unexpected};
use crate::payload::Payload;
use crate::query::timestamp::Timestamp;

impl View<'_> {
    pub(super) fn pass(&self, pass: &Pass) -> Events {
        if self.is_jsonata() {
            let output = self.output(self.compiled.output.as_ref(), self.input(), About::default())?;
            let assigned = self.assign(self.compiled.assign.as_ref(), About::default())?;
            return self.leave(output, assigned, next(pass.transition));
        }
        let result = match &pass.result {
            Some(result) => {
                self.inspect(|seen| seen.put("result", result));
                result.clone().into()
            }
            None => self.arguments()?,
        };
        self.finish(&result, pass.transition)
    }

    pub(super) fn succeed(&self) -> Events {
        let output = if self.is_jsonata() {
            self.output(self.compiled.output.as_ref(), self.input(), About::default())?
        } else {
            self.select(&self.compiled.output_path, &self.selected_input()?)?
        };
        self.leave(output, Vec::new(), None)
    }

    pub(super) fn fail(&self) -> Events {
        self.selected_input()?;
        let error = self.text(self.compiled.error.as_ref(), self.input())?;
        let cause = self.text(self.compiled.cause.as_ref(), self.input())?;
        Err(Failure::given(Fault { error, cause }))
    }

    pub(super) fn wait(&self) -> Events {
        let input = self.selected_input()?;
        let now_ms = self.moment.get().now_ms();
        let until_ms = match &self.compiled.until {
            Some(until) => self.until(until, &input)?,
            None => {
                self.amount(self.compiled.seconds.as_ref(), &input)?.map_or(now_ms, |seconds| later(now_ms, seconds))
            }
        };
        let mut events = vec![Event::Waits { frame: self.id, until_ms }];
        if until_ms <= now_ms {
            events.push(Event::Due { frame: self.id });
        }
        Ok(events)
    }

    fn until(&self, until: &Lookup<String>, input: &Payload) -> Result<u64, Failure> {
        let value = match until {
            Lookup::Fixed(text) => text.as_str().into(),
            Lookup::Query(query) => self.lookup(query, input)?,
        };
        match (value.as_str().and_then(Timestamp::parse), until) {
            (Some(time), _) => Ok(time.epoch_ms().unwrap_or(0)),
            (None, Lookup::Query(query @ Query::Jsonata(..))) if !value.is_string() => {
                Err(unexpected(query, "string", &value))
            }
            (None, Lookup::Query(query)) => Err(unexpected(query, "timestamp", &value)),
            (None, Lookup::Fixed(text)) => Err(Failure::runtime(format!("'{text}' is not a valid timestamp"))),
        }
    }

    pub(super) fn woken(&self, wait: &Wait) -> Events {
        if self.is_jsonata() {
            let output = self.output(self.compiled.output.as_ref(), self.input(), About::default())?;
            let assigned = self.assign(self.compiled.assign.as_ref(), About::default())?;
            return self.leave(output, assigned, next(wait.transition));
        }
        let input = self.selected_input()?;
        let output = self.select(&self.compiled.output_path, &input)?;
        let assigned = self.assign(self.compiled.assign.as_ref(), About::dollar(&input))?;
        self.leave(output, assigned, next(wait.transition))
    }
}
