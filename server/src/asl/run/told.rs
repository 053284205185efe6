//! What is told of an execution that was run.

use std::io::{Write, stderr};

use anyhow::Result;
use duramen_states::definition::{Definition, ProcessorMode, StateKind};
use duramen_states::graph;
use duramen_states::http::Exchange;
use duramen_states::machine::Sight;
use duramen_states::rehearsal::Coverage;
use duramen_states::{End, Fault, HistoryEvent, Run};
use serde_json::{Value, json};

use super::failure::{Culprit, Failing, culprit};
use super::progress::seconds;
use crate::asl::http;
use crate::output::{Outcome, out};

pub(super) struct Told {
    run: Run,
    culprit: Option<Culprit>,
    case: Option<String>,
    /// What tasks of HTTP sent, if they could.
    requests: Option<Vec<Exchange>>,
}

impl Told {
    pub(super) fn new(run: Run, sights: &[Sight], definition: &Definition, case: Option<String>) -> Self {
        let failed = matches!(run.end, End::Failed(_));
        let culprit = failed.then(|| culprit(definition, sights)).flatten();
        Self { run, culprit, case, requests: None }
    }

    pub(super) fn requests(mut self, requests: Option<Vec<Exchange>>) -> Self {
        self.requests = requests;
        self
    }

    /// What can be done about a failure, if it lies with the command line.
    fn help(&self) -> Option<&'static str> {
        self.culprit.as_ref().filter(|culprit| culprit.is_http).and_then(|_| http::help(self.fault()?))
    }

    pub(super) fn outcome(&self) -> Outcome {
        match &self.run.end {
            End::Succeeded(_) => Outcome::Done,
            End::TimedOut(_) => Outcome::TimedOut,
            End::Aborted(_) => Outcome::Aborted,
            _ => Outcome::Failed,
        }
    }

    fn status(&self) -> &'static str {
        match self.outcome() {
            Outcome::Done => "SUCCEEDED",
            Outcome::TimedOut => "TIMED_OUT",
            Outcome::Aborted => "ABORTED",
            _ => "FAILED",
        }
    }

    fn fault(&self) -> Option<&Fault> {
        match &self.run.end {
            End::Failed(fault) | End::TimedOut(fault) | End::Aborted(fault) => Some(fault),
            _ => None,
        }
    }

    /// The output on the standard output, and how it ended on the standard error.
    pub(super) fn write_text(&self, failing: &Failing<'_>) -> Result<()> {
        let took = seconds(self.run.ended_ms.saturating_sub(self.run.started_ms));
        let events = self.run.history.len();
        let said = match self.outcome() {
            Outcome::Done => String::new(),
            Outcome::TimedOut => "error: the execution timed out\n".to_owned(),
            Outcome::Aborted => "error: the execution was stopped\n".to_owned(),
            _ => failing.execution(self.culprit.as_ref(), self.fault().unwrap_or(&Fault::default()), self.help()),
        };
        let status = self.status();
        // The exit code says it too.
        let _ = writeln!(stderr(), "{said}{status} after {took}, {events} events");
        if let End::Succeeded(output) = &self.run.end {
            out(&format!("{}\n", serde_json::to_string_pretty(&**output)?))?;
        }
        Ok(())
    }

    pub(super) fn object(&self) -> Value {
        let Run { end, history, started_ms, ended_ms, .. } = &self.run;
        let events: Vec<Value> = history.iter().map(HistoryEvent::to_json).collect();
        let output = if let End::Succeeded(output) = end { (**output).clone() } else { Value::Null };
        let mut object = json!({
            "status": self.status(),
            "output": output,
            "error": self.fault().and_then(|fault| fault.error.as_deref()),
            "cause": self.fault().and_then(|fault| fault.cause.as_deref()),
            "state": self.culprit.as_ref().map(|culprit| &culprit.state),
            "line": self.culprit.as_ref().and_then(|culprit| culprit.line),
            "startedMs": started_ms,
            "endedMs": ended_ms,
            "history": events,
        });
        if let Some(fields) = object.as_object_mut() {
            if let Some(case) = &self.case {
                fields.insert("case".to_owned(), json!(case));
            }
            if let Some(help) = self.help() {
                fields.insert("help".to_owned(), json!(help));
            }
            if let Some(requests) = &self.requests {
                let one = |one: &Exchange| json!({ "request": one.request, "response": one.response });
                fields.insert("requests".to_owned(), requests.iter().map(one).collect());
            }
        }
        object
    }

    /// What is drawn of it. The history does not tell what is inside of distributed maps; what was covered does.
    pub(super) fn drawn(&self, definition: &Definition, coverage: &Coverage) -> graph::Run {
        let mut run = graph::Run::of_history(&self.run.history);
        for state in definition.states().iter().filter(|state| is_distributed(definition, state.machine)) {
            let entered = coverage.state(&state.name).map_or(0, |state| state.entered);
            if entered > 0 {
                run.states.entry(state.name.clone()).or_default().entered = entered;
            }
        }
        run
    }
}

/// Whether the machine is, or is inside of, the processor of a distributed map.
fn is_distributed(definition: &Definition, machine: duramen_states::definition::MachineId) -> bool {
    let mut machine = definition.machine(machine);
    while let Some(state) = machine.parent.and_then(|parent| definition.state(parent)) {
        if matches!(&state.kind, StateKind::Map(map) if map.mode != ProcessorMode::Inline) {
            return true;
        }
        machine = definition.machine(state.machine);
    }
    false
}
