//! What came of the executions of a distributed map, as it is written down.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::definition::WriterTransformation;
use crate::history::Fault;
use crate::machine::{Names, timestamp};
use crate::payload::Payload;

/// The run of a distributed map, as it stands: each of its executions is looked at when it is come to, since all of them
/// together may be many.
pub(crate) trait Children: fmt::Debug + Send + Sync {
    /// The ARN of the map run.
    fn arn(&self) -> &str;

    fn is_express(&self) -> bool;

    /// How many executions it has, those too that were not begun.
    fn len(&self) -> u64;

    fn kind(&self, index: u64) -> Kind;

    fn child(&self, index: u64) -> Child;
}

/// What became of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Succeeded,
    Failed,
    Aborted,
    /// It was not begun.
    Pending,
}

/// One execution of a map run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Child {
    pub(crate) input: Payload,
    pub(crate) started_ms: u64,
    pub(crate) stopped_ms: u64,
    pub(crate) ended: Ended,
}

/// How it has ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ended {
    Succeeded(Payload),
    Failed(Fault),
    TimedOut(Fault),
    Aborted,
    /// It was not begun.
    Pending,
}

/// What is written down of an execution; more than one thing, where what it put out is taken apart.
pub(super) fn written(run: &dyn Children, index: u64, transformation: WriterTransformation) -> Vec<Value> {
    let child = run.child(index);
    match (transformation, child.ended) {
        (WriterTransformation::Compact, Ended::Succeeded(output)) => vec![output.into_value()],
        (WriterTransformation::Flatten, Ended::Succeeded(output)) => match output.into_value() {
            Value::Array(inner) => inner,
            other => vec![other],
        },
        (_, ended) => vec![described(run, index, &Child { ended, ..child })],
    }
}

/// All that is known of an execution. Its name is the same whenever it is asked for.
fn described(run: &dyn Children, index: u64, child: &Child) -> Value {
    let names = Names::of(run.arn(), index, run.is_express());
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

/// The results as the result of the state, where they are transformed and not written elsewhere.
pub(crate) fn transformed(run: &dyn Children, transformation: WriterTransformation) -> Value {
    let ended = (0..run.len()).filter(|index| matches!(run.kind(*index), Kind::Succeeded | Kind::Failed));
    Value::Array(ended.flat_map(|index| written(run, index, transformation)).collect())
}
