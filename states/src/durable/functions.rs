//! Tasks that call durable functions: workflows of a runtime on the same log.
//!
//! The turn that schedules such a task also records which execution it calls, so starting that twice starts one. It owes
//! the task the telling of its end, and the task owes its cancelling when nobody waits for it any more.

use std::time::Duration;

use bincode::{Decode, Encode};
use duramen::others::{Begun, Functions, Outcome};
use duramen::{Caller, Failure, Invoked};
use duramen_actors::{Address, Error as ActorError, Moment};
use duramen_storage::ExecutionId;
use serde_json::{Value, json};

use super::behavior::{KIND, StateMachine};
use super::command::Command;
use super::entity::Entity;
use super::event::Logged;
use crate::definition::Resource;
use crate::history::Fault;
use crate::payload::Payload;
use crate::task::Function;

/// A function that ends before this needs no record that it runs.
const LET_IT_END: Duration = Duration::from_secs(1);

/// A function that a task calls.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Called {
    pub(crate) call: u64,
    /// The execution that begins.
    pub(crate) execution: ExecutionId,
    pub(crate) workflow: String,
    /// Which version of it; the newest there is when none.
    pub(crate) version: Option<u32>,
}

impl Called {
    fn invoked(&self, by: ExecutionId, input: duramen::Payload) -> Invoked {
        let name = format!("{by}/{}", self.call);
        Invoked::new(self.execution, self.workflow.clone(), self.version, name, input)
    }
}

impl StateMachine {
    /// The calls of functions that a turn has scheduled, behind that number.
    pub(super) fn calls_of_functions(&self, entity: &Entity, behind: u64, at: Moment) -> Vec<Logged> {
        let (Some(functions), Some(machine)) = (&self.functions, &entity.machine) else { return Vec::new() };
        let called = machine.tasks_behind(&entity.state, behind).filter_map(|(call, resource, input)| {
            let Function { name, version, .. } = self.tasks.function_of(resource, input)?;
            functions.versions().contains_key(&name).then(|| Called {
                call,
                execution: ExecutionId::new(at.now_ms, entropy(at.entropy, call)),
                workflow: name,
                version,
            })
        });
        called.map(|called| Logged::Calls(Box::new(called))).collect()
    }

    /// What follows when a function has ended that a call waits for.
    pub(super) fn function_ended(&self, entity: &Entity, call: u64, outcome: &Outcome, at: Moment) -> Vec<Logged> {
        let Some(machine) = &entity.machine else { return Vec::new() };
        let Some((resource, input)) = machine.task_of(&entity.state, call) else { return Vec::new() };
        let answer = match outcome {
            Outcome::Succeeded(result) => match result.read::<Value>() {
                Ok(result) => Ok(self.tasks.returned(resource, input, (call, at.now_ms), result)),
                Err(error) => Err(fault("Runtime.ExitError", &format!("the result is not JSON: {error}"), None)),
            },
            Outcome::Failed(failure) | Outcome::TimedOut(failure) | Outcome::Stopped(failure) => {
                Err(fault(failure.name(), failure.cause(), failure.data::<Value>()))
            }
        };
        let answer = crate::machine::answer(machine.plan(), &entity.state, &self.limits, call, answer);
        answer.map(Logged::Happened).into_iter().collect()
    }

    /// Starts the function that a call is for.
    pub(super) fn start_function(&self, me: &Address<Self>, called: &Called, resource: &Resource, input: Payload) {
        let (me, work, called) = (me.clone(), me.work(), called.clone());
        let input = self.tasks.function_of(resource, &input).map_or(input, |function| function.input);
        let functions = self.functions.clone();
        tokio::spawn(async move {
            let (call, execution) = (called.call, called.execution);
            let ended = |failure| Command::FunctionEnded { call, execution, outcome: Outcome::Failed(failure) };
            let begun = begin(functions.as_ref(), &me, &called, &input).await;
            drop(work);
            match begun {
                Ok(Begun::Runs) => {
                    tokio::time::sleep(LET_IT_END).await;
                    me.tell(Command::FunctionRuns { call });
                }
                Ok(Begun::Refused(failure)) => me.tell(ended(failure)),
                Ok(_) => {
                    let known = functions.iter().flat_map(|functions| functions.versions().keys());
                    let known = known.map(String::as_str).collect::<Vec<_>>().join(", ");
                    let version = called.version.map(|version| format!(":{version}")).unwrap_or_default();
                    let cause = format!("Function not found: {}{version}; known are: {known}", called.workflow);
                    me.tell(ended(Failure::new("Lambda.ResourceNotFoundException", cause)));
                }
                // What is owed is done after the next opening.
                Err(error) => tracing::debug!(execution = %me.execution(), call, %error, "a function is not started"),
            }
        });
    }
}

async fn begin(
    functions: Option<&Functions>,
    me: &Address<StateMachine>,
    called: &Called,
    input: &Payload,
) -> Result<Begun, ActorError> {
    let functions = open(functions, me)?;
    match duramen::Payload::of(&**input) {
        Ok(input) => {
            let caller = Caller::new(KIND.0, me.execution(), called.call);
            functions.begin(&called.invoked(me.execution(), input), caller).await
        }
        Err(error) => Ok(Begun::Refused(Failure::new("Lambda.InvalidRequestContentException", error.to_string()))),
    }
}

/// Cancels a function that nobody waits for any more.
pub(super) async fn cancel(
    functions: Option<&Functions>,
    me: &Address<StateMachine>,
    called: &Called,
    why: &Fault,
) -> Result<(), ActorError> {
    let why = Failure::new(Failure::CANCELLED, why.cause.clone().unwrap_or_default());
    open(functions, me)?.cancel(&called.invoked(me.execution(), duramen::Payload::null()), why).await
}

/// The functions, to which something is owed: when they are not here, it stays owed.
pub(super) fn open<'f>(
    functions: Option<&'f Functions>,
    me: &Address<StateMachine>,
) -> Result<&'f Functions, ActorError> {
    functions.ok_or_else(|| {
        tracing::warn!(execution = %me.execution(), "it has to do with durable functions, which are not open");
        ActorError::ShuttingDown
    })
}

/// What a call whose function failed fails with, as with a function of Lambda.
fn fault(name: &str, cause: &str, data: Option<Value>) -> Fault {
    let mut error = json!({"errorMessage": cause, "errorType": name});
    if let (Some(data), Some(fields)) = (data, error.as_object_mut()) {
        fields.insert("errorData".to_owned(), data);
    }
    Fault { error: Some(name.to_owned()), cause: Some(error.to_string()) }
}

fn entropy(of_turn: u64, call: u64) -> [u8; 10] {
    let mut bytes = [0; 10];
    let number = of_turn.to_be_bytes().into_iter().chain(call.to_be_bytes().into_iter().skip(6));
    bytes.iter_mut().zip(number).for_each(|(to, from)| *to = from);
    bytes
}
