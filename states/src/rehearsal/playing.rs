//! The mocks of one run, and how far each of them is.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::{Mocks, RehearsalError};
use crate::definition::{Definition, Resource, StateKind};
use crate::history::Fault;
use crate::machine::{FieldValidation, Owed, Plan, State, compare};
use crate::payload::Payload;
use crate::task::Tasks;

/// The mocks of one run.
#[derive(Debug)]
pub(crate) struct Playing {
    mocks: Mocks,
    /// What there is beside the mocks.
    tasks: Tasks,
    validation: FieldValidation,
    heard: Mutex<Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    /// How many calls each script had.
    calls: HashMap<(String, Option<usize>), usize>,
    lack: Option<RehearsalError>,
}

/// What is done about a call.
#[derive(Debug)]
pub(crate) enum Play {
    /// That is said to it, after so many ms.
    Reply(Result<Payload, Fault>, u64),
    /// The handlers do it.
    Handlers,
    /// There is nobody to do it: the run is at its end.
    Lacks(Fault),
}

/// Who asks.
struct Caller<'a> {
    state: &'a str,
    /// Which iteration of the innermost map.
    iteration: Option<usize>,
}

impl Playing {
    pub(super) fn new(mocks: Mocks, tasks: Tasks, validation: FieldValidation) -> Self {
        Self { mocks, tasks, validation, heard: Mutex::default() }
    }

    /// Why the run could not go on, if it could not.
    pub(super) fn lack(&self) -> Option<RehearsalError> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).lack.clone()
    }

    /// What is done about the call with that number.
    pub(crate) fn play(&self, plan: &Plan, state: &State, number: u64, owed: &Owed) -> Play {
        let Some((id, frame)) = state.with_call(number) else { return Play::Handlers };
        let within = state.within(plan, id);
        let iteration = within.iter().rev().find(|within| within.is_iteration).map(|within| within.index);
        let Some((definition, _)) = frame.place.as_ref().and_then(|place| plan.state(place.state)) else {
            return Play::Handlers;
        };
        let caller = Caller { state: &definition.name, iteration };
        let found = match (owed, &definition.kind) {
            (Owed::Read(order), _) => self.items(&caller, order.most),
            (Owed::Task(resource, _), StateKind::Task(_)) => self.said(&caller, resource, owed),
            _ => Ok(None),
        };
        match found {
            Ok(Some(play)) => play,
            Ok(None) if self.tasks.has_for(owed) => Play::Handlers,
            Ok(None) => self.lacks(RehearsalError::NoMock {
                state: caller.state.to_owned(),
                what: owed.name().to_owned(),
                is_reader: matches!(owed, Owed::Read(_)),
            }),
            Err(error) => self.lacks(error),
        }
    }

    fn lacks(&self, error: RehearsalError) -> Play {
        let fault = Fault { error: None, cause: Some(error.to_string()) };
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).lack.get_or_insert(error);
        Play::Lacks(fault)
    }

    fn items(&self, caller: &Caller<'_>, most: u64) -> Result<Option<Play>, RehearsalError> {
        let items = self.mocks.scripts.get(caller.state).and_then(|script| script.items.as_ref());
        let most = usize::try_from(most).ok().filter(|most| *most > 0).unwrap_or(usize::MAX);
        let read = |items: &Vec<Value>| Value::Array(items.iter().take(most).cloned().collect());
        Ok(items.map(|items| Play::Reply(Ok(read(items).into()), 0)))
    }

    fn said(&self, caller: &Caller<'_>, resource: &Resource, owed: &Owed) -> Result<Option<Play>, RehearsalError> {
        if let Some(play) = self.next(caller.state, caller, resource, false)? {
            return Ok(Some(play));
        }
        for name in owed.callees() {
            let returned = name != resource.text() && matches!(resource, Resource::Service(_));
            if let Some(play) = self.next(&name, caller, resource, returned)? {
                return Ok(Some(play));
            }
        }
        Ok(None)
    }

    /// The next answer under a name. `returned` says that it is what a function returns, not the response of the service.
    fn next(
        &self,
        name: &str,
        caller: &Caller<'_>,
        resource: &Resource,
        returned: bool,
    ) -> Result<Option<Play>, RehearsalError> {
        let Some(script) = self.mocks.scripts.get(name) else { return Ok(None) };
        let Some((replies, own)) = script.of(caller.iteration) else { return Ok(None) };
        let key = (name.to_owned(), caller.iteration.filter(|_| own));
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = heard.calls.entry(key).or_default();
        *calls += 1;
        let reply = match replies.get(*calls - 1) {
            Some(reply) => reply,
            None => match replies.last().filter(|_| !script.ends) {
                Some(last) => last,
                None => {
                    let (state, name) = (caller.state.to_owned(), name.to_owned());
                    return Err(RehearsalError::NoMore { state, name, replies: replies.len() });
                }
            },
        };
        drop(heard);
        let told = match &reply.told {
            Ok(result) if returned => Ok(around(result).into()),
            Ok(result) => {
                compare(resource, result, self.validation)
                    .map_err(|message| RehearsalError::WrongResult { state: caller.state.to_owned(), message })?;
                Ok(result.clone())
            }
            Err(fault) => Err(fault.clone()),
        };
        Ok(Some(Play::Reply(told, reply.after_ms)))
    }
}

/// The response of the service to which a function returned that.
fn around(payload: &Value) -> Value {
    json!({"ExecutedVersion": "$LATEST", "Payload": payload, "StatusCode": 200})
}

/// The names in mocks that are neither those of states nor of what they call.
pub(super) fn unknown(definition: &Definition, mocks: &Mocks) -> Vec<String> {
    let mut invokes = false;
    let mut known: Vec<&str> = Vec::new();
    for state in definition.states() {
        known.push(&state.name);
        let StateKind::Task(task) = &state.kind else { continue };
        known.push(task.resource.text());
        match &task.resource {
            Resource::Lambda { function, .. } => known.push(function),
            Resource::Activity { name, .. } => known.push(name),
            Resource::Service(service) => invokes |= service.service == "lambda",
            _ => {}
        }
    }
    let names = mocks.names().into_iter().filter(|name| !invokes && !known.contains(name));
    names.map(str::to_owned).collect()
}
