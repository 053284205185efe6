//! What came of the executions of a distributed map, as it is written down.

use bincode::{Decode, Encode};
use serde_json::{Map, Value, json};

use crate::definition::WriterTransformation;
use crate::history::Fault;
use crate::machine::{Names, timestamp};
use crate::payload::Payload;

/// The run of a distributed map, with its executions in the order of their items.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MapRun {
    pub(crate) arn: String,
    pub(crate) express: bool,
    pub(crate) children: Vec<Child>,
}

/// One execution of a map run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Child {
    pub(crate) input: Payload,
    pub(crate) started_ms: u64,
    pub(crate) stopped_ms: u64,
    pub(crate) ended: Ended,
}

#[derive(Debug, Clone, Encode, Decode, PartialEq)]
pub(crate) enum Ended {
    Succeeded(Payload),
    Failed(Fault),
    TimedOut(Fault),
    Aborted,
    /// It was not begun.
    Pending,
}

impl MapRun {
    /// The name of the run alone.
    pub(crate) fn name(&self) -> &str {
        self.arn.rsplit_once(':').map_or("", |(_, name)| name)
    }

    /// The executions of which that holds, each as it is written down.
    pub(super) fn written(&self, transformation: WriterTransformation, holds: impl Fn(&Ended) -> bool) -> Vec<Value> {
        let mut written = Vec::new();
        for (index, child) in self.children.iter().enumerate().filter(|(_, child)| holds(&child.ended)) {
            match (transformation, &child.ended) {
                (WriterTransformation::Compact, Ended::Succeeded(output)) => written.push((**output).clone()),
                (WriterTransformation::Flatten, Ended::Succeeded(output)) => match output.as_array() {
                    Some(inner) => written.extend(inner.iter().cloned()),
                    None => written.push((**output).clone()),
                },
                _ => written.push(self.described(index, child)),
            }
        }
        written
    }

    /// All that is known of an execution. Its name is the same whenever it is asked for.
    fn described(&self, index: usize, child: &Child) -> Value {
        let names = Names::of(&self.arn, index as u64, self.express);
        let (status, redrive) = match child.ended {
            Ended::Succeeded(_) => ("SUCCEEDED", "NOT_REDRIVABLE"),
            Ended::Failed(_) => ("FAILED", "REDRIVABLE"),
            Ended::TimedOut(_) => ("TIMED_OUT", "REDRIVABLE"),
            Ended::Aborted => ("ABORTED", "REDRIVABLE"),
            Ended::Pending => ("PENDING", "NOT_REDRIVABLE"),
        };
        let mut fields = Map::new();
        let mut put = |field: &str, value: Value| fields.insert(field.to_owned(), value);
        put("ExecutionArn", names.execution_arn.into());
        put("Input", child.input.text().into());
        put("InputDetails", json!({"Included": true}));
        put("Name", names.name.into());
        match &child.ended {
            Ended::Succeeded(output) => {
                put("Output", output.text().into());
                put("OutputDetails", json!({"Included": true}));
            }
            Ended::Failed(fault) | Ended::TimedOut(fault) => {
                put("Error", json!(fault.error));
                put("Cause", json!(fault.cause));
            }
            Ended::Aborted | Ended::Pending => {}
        }
        put("RedriveCount", json!(0));
        put("RedriveStatus", redrive.into());
        if matches!(child.ended, Ended::Succeeded(_)) {
            put("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven".into());
        }
        put("StateMachineArn", names.machine_arn.into());
        put("Status", status.into());
        if !matches!(child.ended, Ended::Pending) {
            put("StartDate", timestamp(child.started_ms).into());
            put("StopDate", timestamp(child.stopped_ms).into());
        }
        Value::Object(fields)
    }
}

/// The results as the result of the state, where they are transformed and not written elsewhere.
pub(crate) fn transformed(run: &MapRun, transformation: WriterTransformation) -> Value {
    Value::Array(run.written(transformation, |ended| !matches!(ended, Ended::Aborted | Ended::Pending)))
}
