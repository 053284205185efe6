//! The events of going on from where an execution did not succeed.

use super::{Applying, later};
use crate::definition::{StateId, StateKind};
use crate::history::{Details, HistoryEvent};
use crate::machine::event::Event;
use crate::machine::frame::Phase;
use crate::machine::plan::Plan;
use crate::machine::state::FrameId;

impl Applying<'_> {
    pub(super) fn redriving(&mut self, event: &Event) -> Option<HistoryEvent> {
        match event {
            Event::Redriven => {
                let previous = self.state.events;
                let number = previous + 1;
                self.state.events = number;
                self.state.reopen(number, self.at_ms);
                self.begin_time();
                self.resume(FrameId::ROOT);
                Some(self.entry(number, previous, Details::ExecutionRedriven { count: self.state.redrives }))
            }
            Event::RunRedriven { frame } => self.run_redriven(*frame),
            Event::Resumed { frame } => {
                self.resume(*frame);
                let parent = self.state.frame(*frame)?.parent?;
                self.state.change(parent, |parent| {
                    if let Phase::Branching(branching) = &mut parent.phase {
                        branching.resting.retain(|resting| resting != frame);
                        branching.running += 1;
                    }
                });
                None
            }
            _ => None,
        }
    }

    /// The time of the whole execution begins.
    pub(super) fn begin_time(&mut self) {
        let timeout = self.plan.timeout_seconds();
        self.state.deadline_ms = timeout.map(|seconds| later(self.at_ms, seconds));
    }

    fn resume(&mut self, id: FrameId) {
        let plan = self.plan;
        self.state.resume(id, |state| again(plan, state));
    }

    fn run_redriven(&mut self, id: FrameId) -> Option<HistoryEvent> {
        let run = self.state.map_run(self.state.frame(id)?.phase.run()?)?;
        let said = Details::MapRunRedriven { arn: run.arn.clone(), count: run.redrives() };
        self.note(id, super::Leads::On, |_| Some(said))
    }
}

/// In which phase a state begins again. A fail state is entered again; the others do their work again.
fn again(plan: &Plan, state: StateId) -> Phase {
    match plan.state(state) {
        Some((definition, _)) if matches!(definition.kind, StateKind::Fail(_)) => Phase::Next(state),
        _ => Phase::Entered,
    }
}
