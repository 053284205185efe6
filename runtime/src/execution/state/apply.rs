//! What an event makes of the state.

use super::steps::StepUnderWay;
use super::{CallbackUnderWay, Identity, InvokeUnderWay, Outcome, Pause, State};
use crate::event::{Begin, Invoked, Mail, Owed};
use crate::{Event, OperationId};

impl State {
    pub(crate) fn apply(&mut self, event: &Event, at_ms: u64) {
        if event.begins_operation() {
            self.operations += 1;
        }
        match event {
            Event::ExecutionStarted { begin } => self.identity = Some(identity(begin)),
            Event::ExecutionContinued { begin, mail } => self.begin_again(begin, mail),
            Event::RunStarted { .. } => self.between_runs = false,
            Event::ExecutionSucceeded { .. }
            | Event::ExecutionFailed { .. }
            | Event::ExecutionTimedOut { .. }
            | Event::ExecutionStopped { .. } => self.end(event),
            Event::ExecutionPaused { reason, compensation, .. } => {
                let pause = self.paused.get_or_insert_with(|| Pause {
                    since_ms: at_ms,
                    reason: reason.clone(),
                    compensation: Vec::new(),
                });
                pause.compensation.extend_from_slice(compensation);
            }
            Event::ExecutionResumed => self.resume(at_ms),
            Event::CancelRequested { reason, .. } => self.ending = Some(*reason),
            Event::StepStarted { operation, name, role, attempt } => {
                let step = StepUnderWay { name: name.clone(), role: *role, attempt: *attempt, again_at_ms: None };
                self.replace_step(operation, Some(step));
            }
            Event::StepSucceeded { operation, again_at_ms: Some(at), .. }
            | Event::StepFailed { operation, retry_at_ms: Some(at), .. } => self.postpone_step(operation, *at),
            Event::StepSucceeded { operation, .. }
            | Event::StepFailed { operation, .. }
            | Event::StepCancelled { operation } => self.replace_step(operation, None),
            Event::WaitStarted { operation, until_ms, .. } => {
                self.waits.insert(operation.clone(), *until_ms);
                self.due.insert((*until_ms, operation.clone()));
            }
            Event::WaitSucceeded { operation } | Event::WaitCancelled { operation } => {
                if let Some(until_ms) = self.waits.remove(operation) {
                    self.due.remove(&(until_ms, operation.clone()));
                }
            }
            Event::CallbackStarted { operation, nonce, timeout_at_ms, heartbeat_ms, .. } => {
                let (nonce, timeout_at_ms, heartbeat_ms) = (*nonce, *timeout_at_ms, *heartbeat_ms);
                let heartbeat_at_ms = heartbeat_ms.map(|ms| at_ms.saturating_add(ms));
                let callback = CallbackUnderWay { nonce, timeout_at_ms, heartbeat_ms, heartbeat_at_ms };
                self.replace_callback(operation, Some(callback));
            }
            Event::CallbackHeartbeat { operation } => {
                if let Some(mut callback) = self.callbacks.get(operation).cloned() {
                    callback.heartbeat_at_ms = callback.heartbeat_ms.map(|ms| at_ms.saturating_add(ms));
                    self.replace_callback(operation, Some(callback));
                }
            }
            Event::CallbackSucceeded { operation, .. }
            | Event::CallbackFailed { operation, .. }
            | Event::CallbackTimedOut { operation, .. }
            | Event::CallbackCancelled { operation } => self.replace_callback(operation, None),
            Event::ChainedInvokeStarted { operation, invoked, .. } => {
                self.unconfirmed += 1;
                let invoke = InvokeUnderWay { invoked: invoked.clone(), confirmed: false };
                self.invokes.insert(operation.clone(), invoke);
            }
            Event::ChainedInvokeConfirmed { operation } => {
                if let Some(invoke) = self.invokes.get_mut(operation)
                    && !invoke.confirmed
                {
                    invoke.confirmed = true;
                    self.unconfirmed = self.unconfirmed.saturating_sub(1);
                }
            }
            Event::ChainedInvokeSucceeded { operation, .. }
            | Event::ChainedInvokeFailed { operation, .. }
            | Event::ChainedInvokeTimedOut { operation, .. }
            | Event::ChainedInvokeStopped { operation, .. } => {
                self.end_invoke(operation);
            }
            Event::ChainedInvokeCancelled { operation, .. } => {
                if let Some(invoke) = self.end_invoke(operation) {
                    self.owe_cancelling(invoke.invoked);
                }
            }
            Event::SignalReceived { mail } | Event::UpdateRequested { mail, .. } => {
                self.last_mail = self.last_mail.max(mail.number);
                self.mail.insert(mail.number, mail.clone());
            }
            Event::SignalTaken { number, .. } | Event::UpdateTaken { number, .. } => {
                self.mail.remove(number);
            }
            Event::Settled { owed } => {
                self.owed.remove(owed);
                if let Owed::CancelInvoked(execution) = owed {
                    self.to_cancel.remove(execution);
                }
            }
            Event::CallerRecorded { caller } => self.caller = Some(*caller),
            Event::ContextStarted { .. }
            | Event::ContextSucceeded { .. }
            | Event::ContextFailed { .. }
            | Event::ContextCancelled { .. }
            | Event::UpdateAnswered { .. }
            | Event::Published { .. }
            | Event::ValueRecorded { .. }
            | Event::PatchRecorded { .. }
            | Event::OperationRefused { .. } => {}
        }
    }

    fn end(&mut self, event: &Event) {
        let before = std::mem::take(self);
        let mut owed = before.owed;
        if before.caller.is_some() || before.identity.as_ref().is_some_and(|identity| identity.parent.is_some()) {
            owed.insert(Owed::TellParent);
        }
        let Self { identity, to_cancel, skipping, caller, .. } = before;
        *self = Self { identity, owed, to_cancel, skipping, caller, outcome: Outcome::of(event), ..Self::default() };
    }

    /// A run has ended and another is to begin. What the earlier one invoked is nobody's any more.
    fn begin_again(&mut self, begin: &Begin, mail: &[Mail]) {
        for invoke in std::mem::take(&mut self.invokes).into_values() {
            self.owe_cancelling(invoke.invoked);
        }
        let before = std::mem::take(self);
        let last_mail = mail.iter().map(|mail| mail.number).max().unwrap_or(0).max(before.last_mail);
        *self = Self {
            identity: Some(identity(begin)),
            mail: mail.iter().map(|mail| (mail.number, mail.clone())).collect(),
            last_mail,
            ending: before.ending,
            paused: before.paused,
            between_runs: true,
            owed: before.owed,
            to_cancel: before.to_cancel,
            skipping: before.skipping,
            caller: before.caller,
            ..Self::default()
        };
    }

    fn owe_cancelling(&mut self, invoked: Box<Invoked>) {
        self.owed.insert(Owed::CancelInvoked(invoked.execution));
        self.to_cancel.insert(invoked.execution, invoked);
    }

    /// The time of an execution does not pass while it is paused.
    fn resume(&mut self, at_ms: u64) {
        let Some(pause) = self.paused.take() else { return };
        let deadline_ms = self.identity.as_mut().and_then(|identity| identity.deadline_ms.as_mut());
        if let Some(deadline_ms) = deadline_ms {
            *deadline_ms = deadline_ms.saturating_add(at_ms.saturating_sub(pause.since_ms));
        }
    }

    fn replace_callback(&mut self, operation: &OperationId, callback: Option<CallbackUnderWay>) {
        let due_ms = callback.as_ref().and_then(CallbackUnderWay::due_ms);
        let before = match callback {
            Some(callback) => self.callbacks.insert(operation.clone(), callback),
            None => self.callbacks.remove(operation),
        };
        if let Some(before_ms) = before.and_then(|before| before.due_ms()) {
            self.due.remove(&(before_ms, operation.clone()));
        }
        if let Some(due_ms) = due_ms {
            self.due.insert((due_ms, operation.clone()));
        }
    }

    fn end_invoke(&mut self, operation: &OperationId) -> Option<InvokeUnderWay> {
        let invoke = self.invokes.remove(operation)?;
        if !invoke.confirmed {
            self.unconfirmed = self.unconfirmed.saturating_sub(1);
        }
        Some(invoke)
    }
}

fn identity(begin: &Begin) -> Identity {
    let Begin { workflow, version, name, parent, deadline_ms, run, .. } = begin.clone();
    Identity { workflow, version, name, parent, deadline_ms, run }
}
