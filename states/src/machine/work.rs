//! What the states do: from a frame in its state to the events that follow.

mod batching;
mod branches;
mod choice;
mod distributed;
mod failing;
mod flow;
mod items;
mod selecting;
mod simple;
mod store;
mod task;

use super::event::Event;
use super::failure::Failure;
use super::frame::Phase;
use super::view::View;
use crate::definition::StateKind;

pub(crate) use failing::Outcome;

/// The events that follow, or why the state fails.
pub(crate) type Events = Result<Vec<Event>, Failure>;

impl View<'_> {
    /// The next piece of work of the state.
    pub(crate) fn work(&self) -> Events {
        match (&self.frame.phase, &self.definition.kind) {
            (Phase::Entered, StateKind::Pass(pass)) => self.pass(pass),
            (Phase::Entered, StateKind::Choice(choice)) => self.choice(choice),
            (Phase::Entered, StateKind::Succeed(_)) => self.succeed(),
            (Phase::Entered, StateKind::Fail(_)) => self.fail(),
            (Phase::Entered, StateKind::Wait(_)) => self.wait(),
            (Phase::Woken, StateKind::Wait(wait)) => self.woken(wait),
            (Phase::Entered, StateKind::Task(_)) => self.schedule(),
            (Phase::Returned(output), StateKind::Task(task)) => {
                self.inspect(|seen| seen.put("result", output));
                self.finish(output, task.transition)
            }
            (Phase::Entered, StateKind::Parallel(_)) => self.fork(),
            (Phase::Entered, StateKind::Map(map)) => self.map(map),
            (Phase::Joined(results), StateKind::Parallel(parallel)) => self.finish(results, parallel.transition),
            (Phase::Joined(results), StateKind::Map(map)) => self.finish(results, map.transition),
            (Phase::Branching(branching), _) => self.branch(branching),
            (Phase::Distributed(run, stage), StateKind::Map(map)) => self.distribute(map, *run, stage),
            (Phase::Failing(fault), _) => Err(Failure::given(fault.clone())),
            _ => Err(Failure::runtime("The state cannot go on")),
        }
    }
}
