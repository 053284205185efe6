//! What a test changes about the bodies of steps: nothing, and at no cost, without the feature `testing`.

#[cfg(feature = "testing")]
use std::sync::Arc;

use crate::event::StepRole;
#[cfg(feature = "testing")]
use crate::testing::Stub;
use crate::workflow::Run;

/// What a test changes about the bodies of steps.
#[derive(Clone, Default)]
pub(crate) struct Rehearsal {
    #[cfg(feature = "testing")]
    pub(crate) twice: bool,
    #[cfg(feature = "testing")]
    pub(crate) stubs: Arc<Vec<Stub>>,
}

#[cfg(feature = "testing")]
impl Rehearsal {
    pub(crate) fn runs_every_step_twice(&self) -> bool {
        self.twice
    }

    /// What is run for a step: its own body, or a stub of it.
    pub(crate) fn body<'a>(&self, workflow: &str, name: &str, role: StepRole, own: Run<'a>) -> Run<'a> {
        match Stub::find(&self.stubs, workflow, name, role) {
            Some(stub) => stub.body(),
            None => own,
        }
    }
}

#[cfg(not(feature = "testing"))]
#[allow(clippy::unused_self, reason = "as with the feature")]
impl Rehearsal {
    pub(crate) fn runs_every_step_twice(&self) -> bool {
        false
    }

    pub(crate) fn body<'a>(&self, _: &str, _: &str, _: StepRole, own: Run<'a>) -> Run<'a> {
        own
    }
}
