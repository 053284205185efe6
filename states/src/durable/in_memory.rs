//! What executions that run in memory can ask of Step Functions itself: to start executions, to look at them and to stop
//! them, and to tell what tasks have come to.

use duramen_actors::Address;
use futures::future::pending;
use serde_json::{Value, json};

use super::behavior::StateMachine;
use super::{children, own_api};
use crate::definition::{Resource, ServiceResource};
use crate::history::Fault;
use crate::payload::Payload;
use crate::task::{Call, Tasks};

/// The resources that are understood.
const KNOWN: [&str; 7] = [
    "arn:aws:states:::states:startExecution",
    "arn:aws:states:::aws-sdk:sfn:startExecution",
    "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess",
    "arn:aws:states:::aws-sdk:sfn:sendTaskFailure",
    "arn:aws:states:::aws-sdk:sfn:sendTaskHeartbeat",
    "arn:aws:states:::aws-sdk:sfn:describeExecution",
    "arn:aws:states:::aws-sdk:sfn:stopExecution",
];

/// Those tasks, and with them what is asked of Step Functions itself, unless something else is registered for that.
pub(super) fn tasks(tasks: &Tasks, me: &Address<StateMachine>) -> Tasks {
    let mut tasks = tasks.clone();
    for name in KNOWN {
        let Resource::Service(service) = Resource::parse(name) else { continue };
        if tasks.has(name) {
            continue;
        }
        let me = me.clone();
        tasks = tasks.handler(name, move |call| ask(me.clone(), service.clone(), call));
    }
    tasks
}

async fn ask(me: Address<StateMachine>, service: ServiceResource, call: Call) -> Result<Value, Fault> {
    let answer = match service.api.as_str() {
        "startExecution" => {
            let mut parameters = (*call.input).clone();
            // Each of those that ask may do so again, after the end of a process: then another one is started.
            if let Some(fields) = parameters.as_object_mut() {
                fields.entry("Name").or_insert_with(|| json!(me.new_execution().to_string()));
            }
            children::ask(&me, &service, call.number, None, &Payload::from(parameters)).await
        }
        _ => own_api::ask(&me, &service, call.number, None, &call.input).await,
    };
    match answer {
        Some(answer) => answer.map(Payload::into_value),
        // Nothing goes on any more: what asks for it is run again after the next opening.
        None => pending().await,
    }
}
