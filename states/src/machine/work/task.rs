//! Task states: what is asked for, and of whom.

use serde_json::{Value, json};

use super::Events;
use crate::definition::{Pattern, Resource, StateKind};
use crate::history::Fault;
use crate::machine::context::context;
use crate::machine::event::{Carry, Event};
use crate::machine::plan::Asks;
use crate::machine::reach::Refusal;
use crate::machine::token::token;
use crate::machine::view::{About, View};

impl View<'_> {
    pub(super) fn schedule(&self) -> Events {
        let task = match &self.definition.kind {
            StateKind::Task(task) => Some(&task.resource),
            _ => None,
        };
        let by_token = matches!(task, Some(Resource::Service(service)) if service.pattern == Pattern::WaitForTaskToken);
        let by_worker = matches!(task, Some(Resource::Activity { .. }));
        let token = (by_token || by_worker).then(|| {
            let mut moment = self.moment.get();
            let secret = moment.uuid();
            self.moment.set(moment);
            token(self.state.about.as_deref(), &secret)
        });
        if let Some(token) = token.as_ref().filter(|_| by_token) {
            self.see_token(token);
        }
        let parameters = self.arguments()?;
        let input = if self.is_jsonata() { self.input().clone() } else { self.selected_input()? };
        let timeout_seconds = self.amount(self.compiled.timeout.as_ref(), &input)?;
        let heartbeat_seconds = self.amount(self.compiled.heartbeat.as_ref(), &input)?;
        let credentials = match &self.compiled.credentials {
            Some(form) => Some(self.form(form, "Credentials", About::dollar(&input))?.into()),
            None => None,
        };
        let frame = self.id;
        let refusal = match (self.reach, task) {
            (Some(reach), Some(resource)) => reach.refuses(resource, &parameters, credentials.as_ref()),
            _ => None,
        };
        let started = match refusal {
            Some(Refusal::Schedule(fault)) => return Ok(vec![Event::ScheduleFailed { frame, fault }]),
            Some(Refusal::Start(fault)) => Some(Event::StartFailed { frame, fault }),
            None => (!by_worker).then_some(Event::TaskStarted { frame }),
        };
        let scheduled = Event::Scheduled {
            frame,
            parameters: Carry::of(parameters, self.input()),
            timeout_seconds,
            heartbeat_seconds,
            credentials,
            token,
        };
        Ok([scheduled].into_iter().chain(started).collect())
    }

    /// Puts the token into the context object, before anything looks at it.
    fn see_token(&self, token: &str) {
        let asks = self.compiled.context;
        if asks == Asks::Nothing {
            return;
        }
        let mut context = context(self.state, self.id, &self.definition.name, &self.definition.kind, asks);
        if let Some(fields) = context.as_object_mut() {
            fields.insert("Task".to_owned(), json!({"Token": token}));
        }
        self.context.get_or_init(|| context);
    }
}

/// What an error is handed on as to a catcher. An error without a cause has an empty one.
pub(super) fn error_output(fault: &Fault) -> Value {
    let cause = fault.cause.as_deref().or_else(|| fault.error.as_ref().map(|_| ""));
    json!({"Error": fault.error, "Cause": cause})
}
