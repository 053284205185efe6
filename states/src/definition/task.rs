//! Task states: something outside the machine does the work.

use super::catch::Catcher;
use super::expression::{Dynamic, Template};
use super::fields::{Fields, Targets};
use super::flow::Flow;
use super::problem::Problem;
use super::resource::Resource;
use super::retry::Retrier;
use super::state::Transition;

/// A task state.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// How data comes in and leaves.
    pub flow: Flow,
    /// Who does the work.
    pub resource: Resource,
    /// `Credentials`: in whose name; an object with `RoleArn`, or `RoleArn.$`.
    pub credentials: Option<Template>,
    /// `TimeoutSeconds` or `TimeoutSecondsPath`, in seconds.
    pub timeout: Option<Dynamic<u64>>,
    /// `HeartbeatSeconds` or `HeartbeatSecondsPath`, in seconds.
    pub heartbeat: Option<Dynamic<u64>>,
    /// `Retry`, in order.
    pub retry: Vec<Retrier>,
    /// `Catch`, in order.
    pub catch: Vec<Catcher>,
    /// Where it goes on.
    pub transition: Transition,
}

impl Task {
    pub(super) fn read(fields: &Fields<'_>, targets: &Targets, problems: &mut Vec<Problem>) -> Option<Self> {
        let resource = fields.required_text("Resource", problems).map(Resource::parse);
        let task = Self {
            flow: Flow::read(fields, problems),
            credentials: fields.template("Credentials"),
            timeout: fields.amount("TimeoutSeconds", problems),
            heartbeat: fields.amount("HeartbeatSeconds", problems),
            retry: Retrier::read_all(fields, problems),
            catch: Catcher::read_all(fields, targets, problems),
            transition: fields.transition(targets, problems)?,
            resource: resource?,
        };
        Some(task)
    }
}
