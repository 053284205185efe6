//! Distributed maps: their runs, and the executions that are started for their items.

use super::Events;
use crate::definition::{MapState, ProcessorMode};
use crate::machine::child::run_id;
use crate::machine::distributed::{Distributed, RunNumber};
use crate::machine::event::{Event, Inputs};
use crate::machine::failure::Failure;
use crate::machine::frame::Stage;
use crate::machine::turn::threshold_exceeded;
use crate::machine::view::View;
use crate::payload::{Beyond, Payload};

/// For how many executions something is selected at once.
const SELECTED: u64 = 1024;
/// About how many bytes are selected at once, and one selection more.
const SELECTED_BYTES: usize = 64 * 1024;

/// How many payloads the results may have together before they are cut down to what the state puts out: more of them are
/// not put together only to be refused.
const RESULTS_PER_PAYLOAD: usize = 16;

impl View<'_> {
    pub(super) fn distribute(&self, map: &MapState, number: RunNumber, stage: &Stage) -> Events {
        let Some(run) = self.state.map_run(number) else { return Err(Failure::runtime("The map run is missing")) };
        match stage {
            Stage::Read => self.batch(run),
            Stage::Failing(fault) => Err(Failure::given(fault.clone())),
            Stage::Written(_) => Ok(self.run_succeeds()),
            Stage::Iterating | Stage::Reading(..) | Stage::Writing(..) => self.iterate(map, number, run),
        }
    }

    fn iterate(&self, map: &MapState, number: RunNumber, run: &Distributed) -> Events {
        if run.is_broken() {
            let fault = threshold_exceeded();
            return match self.writing(Some(fault.clone()))? {
                Some(event) => Ok(vec![event]),
                None => Err(Failure::given(fault)),
            };
        }
        if run.is_done() {
            if let Some(event) = self.writing(None)? {
                return Ok(vec![event]);
            }
            let most = self.limits.payload_bytes.saturating_mul(RESULTS_PER_PAYLOAD);
            if run.bytes_of_outputs() > most {
                let cause = Beyond::Bytes.cause(&self.definition.name) + " A ResultWriter writes results elsewhere.";
                return Err(Failure::found("States.DataLimitExceeded", cause));
            }
            return Ok(self.run_succeeds());
        }
        let (from, room) = (run.started(), run.room());
        if from == 0 && map.item_reader.is_some() && map.item_batcher.is_none() {
            self.inspect_selected(run.items().iter(), &self.selected_input()?)?;
        }
        if run.resting() > 0 {
            return Ok(vec![Event::ChildrenRestarted { run: number, count: room.min(run.resting()) }]);
        }
        let inputs = match &self.compiled.item_selector {
            Some(_) if map.item_batcher.is_none() => {
                let input = self.selected_input()?;
                let (mut selecting, mut selected, mut bytes) = (self.selecting(&input), Vec::new(), 0);
                for index in from..from + room.min(SELECTED) {
                    let item = run.items().get(index).ok_or_else(|| Failure::runtime("The item is missing"))?;
                    let index = usize::try_from(index).unwrap_or(usize::MAX);
                    let one = Payload::from(selecting.of(index, item)?);
                    bytes += one.weight();
                    selected.push(one);
                    if bytes > SELECTED_BYTES {
                        break;
                    }
                }
                Inputs::Selected(selected)
            }
            _ => Inputs::Items(room),
        };
        Ok(vec![Event::ChildrenStarted { run: number, inputs }])
    }

    fn run_succeeds(&self) -> Vec<Event> {
        vec![Event::RunSucceeded { frame: self.id }, Event::Joined { frame: self.id }]
    }

    /// The name of the run of a distributed map.
    pub(super) fn run_arn(&self, map: &MapState) -> Option<String> {
        if map.mode == ProcessorMode::Inline {
            return None;
        }
        let mut moment = self.moment.get();
        let label = map.label.clone().unwrap_or_else(|| moment.uuid());
        let id = run_id(self.state.started_ms, &moment.uuid());
        self.moment.set(moment);
        let machine = self.state.about.as_ref().map_or("", |about| about.machine_arn.as_str());
        Some(format!("{}/{label}:{id}", machine.replace(":stateMachine:", ":mapRun:")))
    }
}
