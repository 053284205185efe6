//! Parallel states: several machines run beside each other on the same input.

use super::catch::Catcher;
use super::fields::{Fields, Targets};
use super::flow::Flow;
use super::machine::{Builder, MachineId};
use super::problem::Problem;
use super::retry::Retrier;
use super::state::{StateId, Transition};

/// A parallel state.
#[derive(Debug, Clone, PartialEq)]
pub struct Parallel {
    /// How data comes in and leaves.
    pub flow: Flow,
    /// `Branches`, in order; there is at least one.
    pub branches: Vec<MachineId>,
    /// `Retry`, in order.
    pub retry: Vec<Retrier>,
    /// `Catch`, in order.
    pub catch: Vec<Catcher>,
    /// Where it goes on.
    pub transition: Transition,
}

impl Parallel {
    pub(super) fn read(id: StateId, fields: &Fields<'_>, targets: &Targets, builder: &mut Builder) -> Option<Self> {
        let mut branches = Vec::new();
        let written = fields.elements("Branches", &mut builder.problems);
        if written.is_empty() {
            builder.problems.push(Problem::at(&fields.pointer("Branches"), "there must be at least one branch"));
        }
        for (at, branch) in written {
            branches.extend(builder.machine(branch, &at, Some(id)));
        }
        let problems = &mut builder.problems;
        Some(Self {
            flow: Flow::read(fields, problems),
            branches,
            retry: Retrier::read_all(fields, problems),
            catch: Catcher::read_all(fields, targets, problems),
            transition: fields.transition(targets, problems)?,
        })
    }
}
