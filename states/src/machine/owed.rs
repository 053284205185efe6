//! What is owed to an execution from outside: tasks, and reading and writing for distributed maps.

use serde_json::Value;

use super::Machine;
use super::frame::{Frame, Phase, Stage, Worker};
use super::state::State;
use crate::definition::{Pattern, Resource, StateKind};
use crate::objects::{ReadOrder, WriteOrder};
use crate::payload::Payload;
use crate::task::Call;

/// Something that is to be done outside, whose answer the execution waits for.
#[derive(Debug)]
pub(crate) enum Owed {
    Task(Resource, Call),
    Read(Box<ReadOrder>),
    Write(Box<WriteOrder>),
}

impl Owed {
    /// What does it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Task(resource, _) => resource.text(),
            Self::Read(_) => "ItemReader",
            Self::Write(_) => "ResultWriter",
        }
    }

    /// Under which names what does it may be registered, the most exact first.
    pub(crate) fn callees(&self) -> Vec<String> {
        let Self::Task(resource, call) = self else { return Vec::new() };
        let mut names = vec![resource.text().to_owned()];
        let invoked = match resource {
            Resource::Service(service) if service.service == "lambda" && service.api == "invoke" => {
                call.input.get("FunctionName").and_then(Value::as_str).map(str::to_owned)
            }
            _ => None,
        };
        match (resource, invoked) {
            (Resource::Lambda { function, .. }, _) => names.push(function.clone()),
            (Resource::Activity { name, .. }, _) => names.push(name.clone()),
            // Whoever does the work has the token; what is called is the same as without it.
            (Resource::Service(service), None) => {
                names.extend(service.arn.strip_suffix(Pattern::WaitForTaskToken.suffix()).map(str::to_owned));
            }
            (_, Some(name)) => {
                if let Resource::Lambda { function, .. } = Resource::parse(&name) {
                    names.push(function);
                }
                let short = name.split(':').next().unwrap_or_default().to_owned();
                names.splice(0..0, [name, short]);
            }
            _ => {}
        }
        names
    }
}

impl Machine {
    /// The calls that are owed, behind that number, in order.
    pub(super) fn calls(&self, state: &State, behind: u64, at_ms: u64) -> Vec<(u64, Owed)> {
        let behind = state.calls_behind(behind);
        behind.filter_map(|(number, frame)| Some((number, self.owed(state, frame, at_ms)?))).collect()
    }

    /// The tasks under way whose calls are behind that number: the calls, what they name and what that is given.
    pub(crate) fn tasks_behind<'s>(
        &'s self,
        state: &'s State,
        number: u64,
    ) -> impl Iterator<Item = (u64, &'s Resource, &'s Payload)> {
        state.calls_behind(number).filter_map(|(call, frame)| {
            let (resource, input) = self.task(frame)?;
            Some((call, resource, input))
        })
    }

    /// What the task of that call names, and what that is given.
    pub(crate) fn task_of<'s>(&'s self, state: &'s State, call: u64) -> Option<(&'s Resource, &'s Payload)> {
        let (_, frame) = state.with_call(call)?;
        self.task(frame)
    }

    fn task<'s>(&'s self, frame: &'s Frame) -> Option<(&'s Resource, &'s Payload)> {
        let call = frame.phase.call()?;
        match &self.plan.definition().state(frame.place.as_ref()?.state)?.kind {
            StateKind::Task(task) => Some((&task.resource, &call.parameters)),
            _ => None,
        }
    }

    /// The tasks that workers are to take: their calls, and the names of their activities.
    pub(crate) fn offers<'s>(&'s self, state: &'s State) -> impl Iterator<Item = (u64, &'s str)> {
        state.offered().filter_map(|frame| self.offer(frame))
    }

    /// The task of a frame that a worker is to take.
    pub(crate) fn offer(&self, frame: &Frame) -> Option<(u64, &str)> {
        let call = frame.phase.call().filter(|call| call.worker == Worker::Awaited)?;
        match &self.plan.definition().state(frame.place.as_ref()?.state)?.kind {
            StateKind::Task(task) => match &task.resource {
                Resource::Activity { name, .. } => Some((call.id, name)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The call with that number, while it is under way.
    pub(crate) fn call(&self, state: &State, call: u64, at_ms: u64) -> Option<Owed> {
        let (_, frame) = state.with_call(call)?;
        self.owed(state, frame, at_ms)
    }

    fn owed(&self, state: &State, frame: &Frame, at_ms: u64) -> Option<Owed> {
        let kind = &self.plan.definition().state(frame.place.as_ref()?.state)?.kind;
        match (kind, &frame.phase) {
            (StateKind::Task(task), Phase::Task(call)) => {
                let mut owed = Call::new(call.parameters.clone(), call.id, at_ms);
                owed.token.clone_from(&call.token);
                owed.credentials.clone_from(&call.credentials);
                owed.about.clone_from(&state.about);
                Some(Owed::Task(task.resource.clone(), owed))
            }
            (StateKind::Map(map), Phase::Distributed(run, stage)) => match stage {
                Stage::Reading(call, most, pointer) => {
                    let reader = map.item_reader.as_ref()?;
                    let api = match &reader.resource {
                        Resource::Service(service) if service.service == "s3" => service.api.clone(),
                        other => other.text().to_owned(),
                    };
                    let arguments = (*call.parameters).clone();
                    let written = reader.config.items_pointer.as_ref();
                    Some(Owed::Read(Box::new(ReadOrder {
                        api,
                        arguments,
                        config: reader.config.clone(),
                        pointer: pointer.clone().or_else(|| written.map(|written| written.text.clone())),
                        most: *most,
                        most_items: self.limits.reader_items,
                        most_bytes: self.limits.reader_bytes,
                    })))
                }
                Stage::Writing(call, _) => {
                    let (arguments, config) = ((*call.parameters).clone(), map.result_writer.as_ref()?.config);
                    Some(Owed::Write(Box::new(WriteOrder { arguments, config, run: state.shared_run(*run)? })))
                }
                _ => None,
            },
            _ => None,
        }
    }
}
