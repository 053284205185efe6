//! Making the calls that an execution waits for, and refusing those that come to nothing.

use duramen_actors::Address;

use super::behavior::{Live, StateMachine};
use super::command::Command;
use super::entity::Entity;
use super::starting::starts;
use super::{Error, children, own_api, reading};
use crate::definition::Resource;
use crate::history::Fault;
use crate::machine::{Owed, Reach, Refusal};
use crate::payload::Payload;

impl StateMachine {
    /// Makes a call, unless that is being done.
    pub(super) fn call(&self, call: u64, entity: &Entity, live: &mut Live, me: &Address<Self>) {
        let owed = entity.machine.as_ref().and_then(|machine| machine.call(&entity.state, call, me.now_ms()));
        let Some(owed) = owed.filter(|_| live.begun.insert(call)) else { return };
        if let Owed::Task(named, asked) = &owed {
            let input = asked.input.clone();
            if let Some((called, _)) = entity.called(call) {
                return self.start_function(me, called, named, input);
            }
            let is_stubbed = self.tasks.has(named.text());
            if let Some(service) = starts(named).filter(|_| !is_stubbed) {
                return detach(me.work(), children::start(me.clone(), service.clone(), call, input));
            }
            if let Some(service) = own_api::calls(named).filter(|_| !is_stubbed) {
                // Who waits as a worker does keeps no drain waiting.
                let work = (service.api != "getActivityTask").then(|| me.work());
                return detach(work, own_api::call(me.clone(), service.clone(), call, input));
            }
        }
        let (asking, tasks) = (me.clone(), self.tasks.clone());
        if let Owed::Read(order) = owed {
            return detach(me.work(), reading::read(asking, tasks, call, *order));
        }
        detach(me.work(), async move {
            let answer = tasks.attempt(owed).await;
            asking.tell(Command::Answer { call, answer });
        });
    }
}

impl Reach for StateMachine {
    fn refuses(&self, resource: &Resource, parameters: &Payload, credentials: Option<&Payload>) -> Option<Refusal> {
        match resource {
            // A worker may come at any time, but to an activity that was deleted.
            Resource::Activity { arn, name } => self.activities.was_deleted(name).then(|| {
                let error = Error::ActivityDoesNotExist { activity: arn.clone() };
                Refusal::Schedule(Fault {
                    error: Some("ActivityDoesNotExist".to_owned()),
                    cause: Some(error.to_string()),
                })
            }),
            own if starts(own).or_else(|| own_api::calls(own)).is_some() => {
                self.tasks.forbids(credentials).map(Refusal::Start)
            }
            _ => self.tasks.refuses(resource, parameters, credentials),
        }
    }
}

/// Does something on a task of its own, and drops the mark of it behind that.
pub(super) fn detach<M: Send + 'static>(mark: M, doing: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(async move {
        doing.await;
        drop(mark);
    });
}
