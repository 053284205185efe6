//! What is done about a failure: the state is tried again, or it goes on elsewhere, or it fails.

use super::Events;
use super::task::error_output;
use crate::definition::{Catcher, Jitter, Retrier, StateKind};
use crate::history::Fault;
use crate::machine::event::Event;
use crate::machine::failure::{Failure, matches};
use crate::machine::plan::CatchPlan;
use crate::machine::view::{About, View};
use crate::payload::Payload;

/// What is done about a failure.
pub(crate) enum Outcome {
    /// The state is tried again.
    Retried(Event),
    /// It is left to that catcher, the first being 0.
    Caught(usize),
    /// Nothing.
    Uncaught,
}

impl View<'_> {
    pub(crate) fn outcome(&self, fault: &Fault) -> Outcome {
        let (retry, catch): (&[Retrier], &[Catcher]) = match &self.definition.kind {
            StateKind::Task(task) => (&task.retry, &task.catch),
            StateKind::Parallel(parallel) => (&parallel.retry, &parallel.catch),
            StateKind::Map(map) => (&map.retry, &map.catch),
            _ => return Outcome::Uncaught,
        };
        let retrier = retry.iter().enumerate().find(|(_, retrier)| matches(&retrier.errors, fault));
        if let Some((index, retrier)) = retrier {
            let used = self.place.retries.get(index).copied().unwrap_or(0);
            self.inspect(|seen| seen.put_error("retryIndex", index));
            if u64::from(used) < retrier.max_attempts {
                let seconds = interval(retrier, used);
                self.inspect(|seen| seen.put_error("retryBackoffIntervalSeconds", whole(seconds)));
                let due_ms = self.moment.get().now_ms().saturating_add(self.delay_ms(retrier, seconds));
                let retrier = u32::try_from(index).unwrap_or(u32::MAX);
                return Outcome::Retried(Event::Retries { frame: self.id, retrier, due_ms });
            }
        }
        match catch.iter().position(|catcher| matches(&catcher.errors, fault)) {
            Some(index) => {
                self.inspect(|seen| seen.put_error("catchIndex", index));
                Outcome::Caught(index)
            }
            None => Outcome::Uncaught,
        }
    }

    /// Leaves the state by a catcher.
    pub(crate) fn caught(&self, fault: &Fault, index: usize) -> Events {
        let catch: &[Catcher] = match &self.definition.kind {
            StateKind::Task(task) => &task.catch,
            StateKind::Parallel(parallel) => &parallel.catch,
            StateKind::Map(map) => &map.catch,
            _ => &[],
        };
        let (Some(catcher), Some(compiled)) = (catch.get(index), self.compiled.catch.get(index)) else {
            return Err(Failure::given(fault.clone()));
        };
        let error = Payload::from(error_output(fault));
        let about = About::error(&error).within("Catch", index);
        let output = self.caught_output(compiled, &error, about)?;
        let assigned = self.assign(compiled.assign.as_ref(), about)?;
        self.leave(output, assigned, Some(catcher.next))
    }

    fn caught_output(&self, catcher: &CatchPlan, error: &Payload, about: About<'_>) -> Result<Payload, Failure> {
        if self.is_jsonata() {
            return self.output(catcher.output.as_ref(), error, about);
        }
        self.put_into_input(&catcher.result_path, error.clone())
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and saturating")]
    fn delay_ms(&self, retrier: &Retrier, seconds: f64) -> u64 {
        let ms = seconds * 1000.0;
        match retrier.jitter {
            Jitter::None => ms as u64,
            Jitter::Full => {
                let mut moment = self.moment.get();
                let part = moment.fraction();
                self.moment.set(moment);
                (ms * part) as u64
            }
        }
    }
}

/// How long it is until a retry, in seconds, before chance has its share.
#[allow(clippy::cast_precision_loss, reason = "seconds")]
fn interval(retrier: &Retrier, used: u32) -> f64 {
    let exponent = i32::try_from(used).unwrap_or(i32::MAX);
    let grown = retrier.interval_seconds as f64 * retrier.backoff_rate.max(1.0).powi(exponent);
    let most = retrier.max_delay_seconds.unwrap_or(31_622_400) as f64;
    if grown.is_finite() { grown.min(most) } else { most }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and saturating")]
fn whole(seconds: f64) -> u64 {
    seconds.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::Definition;

    fn retrier(fields: &str) -> Retrier {
        let text = format!(
            r#"{{"StartAt":"A","States":{{"A":{{"Type":"Task","Resource":"r","End":true,
                "Retry":[{{"ErrorEquals":["States.ALL"]{fields}}}]}}}}}}"#
        );
        let definition = Definition::parse(&text).unwrap();
        let StateKind::Task(task) = &definition.state_named("A").unwrap().kind else { unreachable!() };
        task.retry[0].clone()
    }

    #[test]
    fn the_interval_grows_up_to_its_cap() {
        let plain = retrier("");
        assert_eq!([0, 1, 2].map(|used| interval(&plain, used)), [1.0, 2.0, 4.0]);
        let capped = retrier(r#","IntervalSeconds":3,"BackoffRate":1.5,"MaxDelaySeconds":5"#);
        assert_eq!([0, 1, 2].map(|used| interval(&capped, used)), [3.0, 4.5, 5.0]);
        let long = retrier(r#","BackoffRate":10"#);
        assert!(interval(&long, 4_000_000_000).is_finite());
    }
}
