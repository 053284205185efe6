//! How executions begin.

use duramen_actors::Error as ActorError;
use duramen_storage::{Error as LogError, ExecutionId};
use serde_json::Value;

use super::behavior::StateMachine;
use super::command::{Begin, Command, Reply};
use super::entity::Entity;
use super::event::Logged;
use super::{Error, StateMachines};
use crate::machine::{About, End, Event};
use crate::payload::Payload;
use crate::query::MAX_DEPTH;

impl StateMachine {
    /// What an execution of a registered state machine begins with.
    pub(super) fn begin(&self, machine: &str, name: &str, input: Payload) -> Result<Begin, Error> {
        let routes = self.registry.resolve(machine)?;
        if input.exceeds(self.limits.payload_bytes) {
            return Err(Error::InputTooLarge { bytes: self.limits.payload_bytes });
        }
        if input.is_deeper_than(MAX_DEPTH) {
            return Err(Error::InputTooDeep { levels: MAX_DEPTH });
        }
        let arns = &self.registry.arns;
        let about = About::new(&routes.machine, name);
        let about = about.arns(arns.execution(&routes.machine, name), arns.machine(&routes.machine));
        Ok(Begin {
            name: name.to_owned(),
            about,
            routes,
            input,
            parent: None,
            stopped: None,
            caller: None,
            until_ms: None,
        })
    }

    /// The events of a beginning, and who the execution is.
    pub(super) fn begun(&self, entity: &Entity, begin: Begin, entropy: u64) -> (Vec<Logged>, About) {
        let Begin { name, routes, mut about, input, parent, stopped, caller, until_ms } = begin;
        let stopped = stopped.map(|fault| self.limits.cut(fault));
        let Some(route) = routes.choose(entropy) else { return (Vec::new(), about) };
        let parent = parent.map(Logged::HasParent);
        let mut events: Vec<Logged> = parent.into_iter().chain(caller.map(Logged::CalledBy)).collect();
        let definition = route.machine.definition().text().to_owned();
        about.role_arn.clone_from(&route.role);
        if routes.is_express() {
            let about = self.express(about, entity.execution);
            let name = format!("{name}:{}", entity.execution);
            events.push(Logged::Begun { machine: routes.machine, name, definition });
            events.push(Logged::Accepted { about: about.clone(), input });
            events.extend(stopped.map(|fault| Logged::Ran { end: End::Aborted(fault) }));
            return (events, about);
        }
        events.push(Logged::Begun { machine: routes.machine.clone(), name, definition });
        if route.version_arn.is_some() {
            let (version_arn, alias_arn) = (route.version_arn.clone(), routes.alias_arn.clone());
            events.push(Logged::Happened(Event::Routed { version_arn, alias_arn }));
        }
        events.push(Logged::Happened(Event::Started { about: about.clone(), input }));
        events.extend(until_ms.map(|at_ms| Logged::Until { at_ms }));
        events.extend(stopped.map(|fault| Logged::Happened(Event::ExecutionAborted { fault })));
        (events, about)
    }

    /// Who an Express execution is.
    pub(super) fn express(&self, about: About, execution: ExecutionId) -> About {
        let arn = self.registry.arns.express(&about.machine_name, &about.execution_name, &execution.to_string());
        About { execution_arn: arn, ..about }.express()
    }
}

impl StateMachines {
    /// Starts an execution under a name, and gives its id once that is durable. `machine` is the name or the ARN of a state
    /// machine, perhaps with `:` and a version or an alias behind it.
    ///
    /// A name is used once for each Standard state machine: starting it again with the same input gives the same execution,
    /// also when it has ended unless the [limits](crate::Limits::refuse_closed_names) say otherwise. A name is free again
    /// when the log is rid of its execution. Each start of an Express state machine is an execution of its own, which runs at
    /// least once: after the end of a process it begins anew.
    ///
    /// # Errors
    /// [`Error::UnknownMachine`] and [`Error::UnknownVersion`]; [`Error::InputTooLarge`]; [`Error::AlreadyStarted`];
    /// [`Error::Execution`] when overloaded or shutting down, and for errors of the log.
    pub async fn start(&self, machine: &str, name: &str, input: Value) -> Result<ExecutionId, Error> {
        let input = Payload::from(input);
        let begin = self.system.behavior().begin(machine, name, input.clone())?;
        if !begin.routes.is_express()
            && let Some(execution) = self.find(&begin.routes.machine, name)?
        {
            return self.started_before(execution, &input).await;
        }
        let execution = self.system.new_execution();
        match self.system.start(execution, Command::Start(Box::new(begin))).await {
            Ok(_) => Ok(execution),
            Err(ActorError::Log(LogError::NameTaken { holder, .. })) => self.started_before(holder, &input).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn started_before(&self, execution: ExecutionId, input: &Payload) -> Result<ExecutionId, Error> {
        let open_only = self.system.behavior().limits.refuse_closed_names;
        match self.system.address(execution).ask(Command::Look).await? {
            Reply::Looked(found) if found.input == *input && (found.ended.is_none() || !open_only) => Ok(execution),
            _ => Err(Error::AlreadyStarted { execution }),
        }
    }
}
