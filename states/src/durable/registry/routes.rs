//! Where the name of a state machine leads when an execution starts.

use std::sync::Arc;

use super::Revision;
use crate::machine::Machine;
use crate::validate::MachineType;

/// What may be run under a name. Which of it an execution runs is decided when it starts.
#[derive(Debug, Clone)]
pub(crate) struct Routes {
    /// The name of the state machine alone.
    pub(crate) machine: String,
    pub(crate) machine_type: MachineType,
    pub(crate) alias_arn: Option<String>,
    routes: Vec<Route>,
}

#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) machine: Machine,
    pub(crate) role: Option<String>,
    pub(crate) version_arn: Option<String>,
    weight: u32,
}

impl Route {
    pub(super) fn of(revision: &Arc<Revision>, version_arn: Option<String>, weight: u32) -> Self {
        Self { machine: revision.machine.clone(), role: revision.role.clone(), version_arn, weight }
    }
}

impl Routes {
    pub(super) fn new(machine: &str, machine_type: MachineType, alias_arn: Option<String>, routes: Vec<Route>) -> Self {
        Self { machine: machine.to_owned(), machine_type, alias_arn, routes }
    }

    pub(crate) fn is_express(&self) -> bool {
        self.machine_type == MachineType::Express
    }

    /// The route that random bits lead to, each by its weight.
    pub(crate) fn choose(&self, entropy: u64) -> Option<&Route> {
        let all: u64 = self.routes.iter().map(|route| u64::from(route.weight)).sum();
        let mut left = entropy.checked_rem(all)?;
        self.routes.iter().find(|route| match left.checked_sub(u64::from(route.weight)) {
            Some(rest) => {
                left = rest;
                false
            }
            None => true,
        })
    }
}
