//! The run of a distributed map: its items, and what became of the execution that each of them has.
//!
//! Its executions are not part of the state of the one that started them: of each, no more is kept than when it began and
//! how it ended, and of a run that has ended no more than the counts.

mod children;
mod items;

use std::collections::BTreeSet;
use std::sync::Arc;

use bincode::{Decode, Encode};
use serde_json::Value;

use super::about::About;
use super::event::{ChildEnd, Inputs, Tolerance};
use super::frame::Stage;
use super::map_run::{MapRun, MapRunCounts, MapRunStatus, MapRunUpdate};
use super::state::FrameId;
use crate::objects::{self, Ended};
use crate::packed::{Packed, parsed};
use crate::payload::Payload;

use children::{Came, Child, Children};
use items::Items;

/// How many executions of a map run are run at a time at most.
const AT_A_TIME: u64 = 10_000;

/// Which map run of an execution. Numbers are not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub(crate) struct RunNumber(pub(crate) u32);

/// A map run.
#[derive(Debug, Clone, Encode, Decode, PartialEq)]
pub(crate) struct Distributed {
    pub(crate) arn: Arc<str>,
    /// The frame of the map state.
    pub(crate) frame: FrameId,
    /// Which machine of the definition its executions run.
    pub(crate) processor: u32,
    pub(crate) express: bool,
    /// How many executions may run at a time; 0 is as many as possible.
    most: u64,
    tolerance: Tolerance,
    /// What the executions are given, unless something was selected for them.
    items: Items,
    /// Which reading of the items it was that has brought those that are there.
    reading: u64,
    /// The batches, while the items are being put into them.
    batches: Batches,
    /// How many items each execution has, if it is not one.
    sizes: Vec<u64>,
    started_ms: u64,
    ended: Option<(u64, MapRunStatus)>,
    children: Children,
    under_way: BTreeSet<u64>,
    /// Those that were under way when the run ended, and still have to be told.
    given_up: BTreeSet<u64>,
    /// Those that did not succeed and are to go on, since the execution around them was redriven.
    resting: BTreeSet<u64>,
    /// How often it was redriven.
    redrives: u64,
    /// Whether the map state was left, so that nobody asks for its items any more.
    left: bool,
    /// Those under way of which it is not known that they go on by themselves.
    unbegun: BTreeSet<u64>,
    of_executions: MapRunCounts,
    of_items: MapRunCounts,
}

impl Distributed {
    pub(crate) fn new(arn: &str, frame: FrameId, processor: u32, express: bool, started_ms: u64) -> Self {
        Self {
            arn: arn.into(),
            frame,
            processor,
            express,
            most: 0,
            tolerance: Tolerance::default(),
            items: Items::default(),
            reading: 0,
            batches: Batches::default(),
            sizes: Vec::new(),
            started_ms,
            ended: None,
            children: Children::default(),
            under_way: BTreeSet::new(),
            given_up: BTreeSet::new(),
            resting: BTreeSet::new(),
            redrives: 0,
            left: false,
            unbegun: BTreeSet::new(),
            of_executions: MapRunCounts::default(),
            of_items: MapRunCounts::default(),
        }
    }

    pub(crate) fn bounds(&mut self, most: u64, tolerance: Tolerance) {
        (self.most, self.tolerance) = (most, tolerance);
    }

    pub(crate) fn update(&mut self, update: &MapRunUpdate) {
        self.most = update.max_concurrency.unwrap_or(self.most);
        self.tolerance.count = update.tolerated_failure_count.or(self.tolerance.count);
        self.tolerance.percentage = update.tolerated_failure_percentage.or(self.tolerance.percentage);
    }

    /// Gives it its items, before any execution was started. `batched` says that they are batches of items.
    pub(crate) fn set_items(&mut self, items: &Payload, batched: bool) {
        let held = |batch: &Value| batch.get("Items").and_then(Value::as_array).map_or(0, |items| items.len() as u64);
        let sizes = items.as_array().into_iter().flatten().filter(|_| batched).map(held);
        self.sizes = sizes.collect();
        self.items = Items::of(items);
        self.count();
    }

    /// A reading has brought items, from that index on. What another reading has brought before is forgotten.
    pub(crate) fn add_read(&mut self, reading: u64, from: u64, items: &Arc<Packed>) {
        if from == 0 {
            (self.reading, self.items) = (reading, Items::default());
        }
        self.items.append(items);
    }

    /// Whether it takes the items from that index on from that reading.
    pub(crate) fn takes(&self, reading: u64, from: u64) -> bool {
        from == 0 || (self.reading == reading && from == self.items.len())
    }

    /// Whether that reading has brought the items up to that index.
    pub(crate) fn has_read(&self, reading: u64, below: u64) -> bool {
        self.reading == reading && below <= self.items.len()
    }

    /// Some of the items were put into batches: how many are in each.
    pub(crate) fn add_batches(&mut self, batches: &Arc<Packed>, sizes: &[u64]) {
        self.batches.made.append(batches);
        self.batches.sizes.extend(sizes);
        self.batches.items += sizes.iter().sum::<u64>();
    }

    /// How many of the items are in batches.
    pub(crate) fn in_batches(&self) -> u64 {
        self.batches.items
    }

    /// How many bytes the batches have that have been made.
    pub(crate) fn bytes_of_batches(&self) -> usize {
        self.batches.made.bytes()
    }

    /// It has all its items; the batches of them, if they were put into batches.
    pub(crate) fn set_read(&mut self) {
        let Batches { made, sizes, items } = std::mem::take(&mut self.batches);
        if items > 0 {
            (self.items, self.sizes) = (made, sizes);
        }
        self.count();
    }

    fn count(&mut self) {
        let (length, each) = (self.items.len(), (0..self.items.len()).map(|index| self.items_of(index)).sum());
        self.of_executions = MapRunCounts { pending: length, total: length, ..MapRunCounts::default() };
        self.of_items = MapRunCounts { pending: each, total: each, ..MapRunCounts::default() };
    }

    pub(crate) fn items(&self) -> &Items {
        &self.items
    }

    /// How many items an execution has.
    fn items_of(&self, index: u64) -> u64 {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        if self.sizes.is_empty() { 1 } else { self.sizes.get(index).copied().unwrap_or(0) }
    }

    /// How many executions were started.
    pub(crate) fn started(&self) -> u64 {
        self.children.len() as u64
    }

    /// How many more may be started now.
    pub(crate) fn room(&self) -> u64 {
        let most = if self.most == 0 { AT_A_TIME } else { self.most.min(AT_A_TIME) };
        let left = self.of_executions.total.saturating_sub(self.started()) + self.resting();
        left.min(most.saturating_sub(self.under_way.len() as u64))
    }

    pub(crate) fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// Whether all executions have ended.
    pub(crate) fn is_done(&self) -> bool {
        self.started() == self.of_executions.total && self.under_way.is_empty() && self.resting.is_empty()
    }

    /// Whether more items have failed than may.
    pub(crate) fn is_broken(&self) -> bool {
        let failed = self.of_items.failed + self.of_items.timed_out + self.of_items.aborted;
        self.breaks(failed)
    }

    /// Whether so many failures are more than may be.
    pub(crate) fn breaks(&self, failed: u64) -> bool {
        failed > 0 && (self.tolerance.is_none() || self.tolerance.is_exceeded(failed, self.of_items.total))
    }

    /// Whether so many failures are more than the map says that may be, if it says so.
    pub(crate) fn exceeds(&self, failed: u64) -> bool {
        self.tolerance.is_exceeded(failed, self.of_items.total)
    }

    pub(crate) fn start(&mut self, inputs: &Inputs, at_ms: u64) {
        let child = |input| Child { input, started_ms: at_ms, stopped_ms: at_ms, ended: None, redrives: 0 };
        let from = self.started();
        match inputs {
            Inputs::Items(count) => (0..*count).for_each(|_| self.children.push(child(None))),
            Inputs::Selected(inputs) => inputs.iter().for_each(|input| self.children.push(child(Some(input.clone())))),
        }
        (from..self.started()).for_each(|index| self.set_under_way(index));
    }

    fn set_under_way(&mut self, index: u64) {
        self.under_way.insert(index);
        self.unbegun.insert(index);
        let items = self.items_of(index);
        for (counts, many) in [(&mut self.of_executions, 1), (&mut self.of_items, items)] {
            counts.pending = counts.pending.saturating_sub(many);
            counts.running += many;
        }
    }

    /// Whether it goes on when the map is redriven that had come so far, and does not begin again: what succeeded of it is
    /// then not run again, and its results are written again.
    pub(crate) fn goes_on(&self, stage: &Stage) -> bool {
        match stage {
            Stage::Reading(..) | Stage::Read => false,
            Stage::Iterating => true,
            // What fails without items is the reading of them.
            Stage::Writing(..) | Stage::Written(_) | Stage::Failing(_) => self.of_executions.total > 0,
        }
    }

    /// Goes on after it had ended: what did not succeed is to run again.
    pub(crate) fn redrive(&mut self) {
        self.ended = None;
        self.redrives += 1;
        let succeeded = |child: &Child| child.ended.as_ref().is_some_and(Came::is_success);
        let unsuccessful = self.children.iter().enumerate().filter(|(_, child)| !succeeded(child));
        self.resting = unsuccessful.map(|(index, _)| index as u64).collect();
        for counts in [&mut self.of_executions, &mut self.of_items] {
            counts.pending += counts.failed + counts.timed_out + counts.aborted;
            (counts.failed, counts.timed_out, counts.aborted, counts.results_written) = (0, 0, 0, 0);
        }
    }

    /// How often it was redriven.
    pub(crate) fn redrives(&self) -> u64 {
        self.redrives
    }

    /// How often that execution was.
    pub(crate) fn redrives_of(&self, index: u64) -> u64 {
        self.children.get(index).map_or(0, |child| child.redrives)
    }

    /// How many are to go on that did not succeed.
    pub(crate) fn resting(&self) -> u64 {
        self.resting.len() as u64
    }

    /// The first of them go on, so many.
    pub(crate) fn restart(&mut self, count: u64, at_ms: u64) {
        for _ in 0..count {
            let Some(index) = self.resting.pop_first() else { return };
            if let Some(child) = self.children.get_mut(index) {
                (child.started_ms, child.ended) = (at_ms, None);
                child.redrives += 1;
            }
            self.set_under_way(index);
        }
    }

    /// What that execution was given.
    pub(crate) fn input(&self, index: u64) -> Option<Payload> {
        match self.children.get(index).and_then(|child| child.input.clone()) {
            Some(input) => Some(input),
            None => Some(self.items.get(index)?.into()),
        }
    }

    /// The executions from that one on that have not ended, in order.
    pub(crate) fn under_way(&self, from: u64) -> impl Iterator<Item = u64> {
        self.under_way.range(from..).copied()
    }

    /// Whether executions are to be run, or begun, from where the map is.
    pub(crate) fn owes_children(&self) -> bool {
        self.is_open() && !if self.express { &self.under_way } else { &self.unbegun }.is_empty()
    }

    pub(crate) fn under_way_len(&self) -> usize {
        self.under_way.len()
    }

    pub(crate) fn is_under_way(&self, index: u64) -> bool {
        self.under_way.contains(&index)
    }

    /// The executions that have not ended, and do not go on by themselves as far as is known.
    pub(crate) fn unbegun(&self) -> impl Iterator<Item = u64> {
        self.unbegun.iter().copied()
    }

    /// Those from the one index up to the other go on by themselves.
    pub(crate) fn began(&mut self, from: u64, below: u64) {
        self.unbegun.retain(|index| !(from..below).contains(index));
    }

    /// An execution has ended. Nothing, if nobody waits for it any more.
    pub(crate) fn end_child(&mut self, index: u64, end: &ChildEnd, at_ms: u64) {
        if !self.under_way.remove(&index) {
            return;
        }
        self.set_ended(index, Came::of(end), at_ms);
    }

    fn set_ended(&mut self, index: u64, ended: Came, at_ms: u64) {
        self.unbegun.remove(&index);
        let items = self.items_of(index);
        for (counts, many) in [(&mut self.of_executions, 1), (&mut self.of_items, items)] {
            counts.running = counts.running.saturating_sub(many);
            match &ended {
                Came::Same | Came::Put(_) => counts.succeeded += many,
                Came::Failed(_) => counts.failed += many,
                Came::TimedOut(_) => counts.timed_out += many,
                Came::Aborted => counts.aborted += many,
            }
        }
        if let Some(child) = self.children.get_mut(index) {
            (child.stopped_ms, child.ended) = (at_ms, Some(ended));
        }
    }

    /// Gives up what is under way.
    pub(crate) fn give_up(&mut self, at_ms: u64) {
        for index in std::mem::take(&mut self.under_way) {
            self.set_ended(index, Came::Aborted, at_ms);
            if !self.express {
                self.given_up.insert(index);
            }
        }
    }

    /// The results are where they should be.
    pub(crate) fn gathered(&mut self) {
        for counts in [&mut self.of_executions, &mut self.of_items] {
            counts.results_written = counts.succeeded + counts.failed + counts.timed_out;
        }
    }

    /// The run has ended. Nothing, if it had.
    pub(crate) fn end(&mut self, status: MapRunStatus, at_ms: u64) {
        if self.is_open() {
            self.give_up(at_ms);
            self.ended = Some((at_ms, status));
        }
    }

    /// The executions that were given up and have to be told.
    pub(crate) fn given_up(&self) -> &BTreeSet<u64> {
        &self.given_up
    }

    /// They have been told.
    pub(crate) fn told(&mut self) {
        self.given_up.clear();
        self.forget();
    }

    /// The map state was left.
    pub(crate) fn leave(&mut self) {
        self.left = true;
        self.forget();
    }

    /// Drops what nobody asks for any more.
    fn forget(&mut self) {
        if self.left && self.given_up.is_empty() {
            (self.items, self.batches, self.sizes) = (Items::default(), Batches::default(), Vec::new());
            self.children = Children::default();
        }
    }

    /// About how many bytes all that they put out has as text, beside items that were given to the map.
    pub(crate) fn bytes_of_outputs(&self) -> usize {
        let of = |(index, child): (usize, &Child)| match &child.ended {
            Some(Came::Same) => child.input.as_ref().map_or_else(|| self.items.size(index as u64), Payload::weight),
            Some(Came::Put(text)) => text.len(),
            _ => 0,
        };
        self.children.iter().enumerate().map(of).sum()
    }

    /// What the executions put out that succeeded, in the order of the items.
    pub(crate) fn outputs(&self) -> Vec<Value> {
        (0..self.started()).filter_map(|index| self.output(index)).map(Payload::into_value).collect()
    }

    /// What an execution put out that succeeded.
    fn output(&self, index: u64) -> Option<Payload> {
        match &self.children.get(index)?.ended {
            Some(Came::Same) => self.input(index),
            Some(Came::Put(text)) => parsed(text).map(Payload::from),
            _ => None,
        }
    }

    /// How an execution has ended; one that is under way as given up.
    fn ended_as(&self, index: u64) -> Option<Ended> {
        Some(match &self.children.get(index)?.ended {
            Some(Came::Same | Came::Put(_)) => Ended::Succeeded(self.output(index).unwrap_or_default()),
            Some(Came::Failed(fault)) => Ended::Failed((**fault).clone()),
            Some(Came::TimedOut(fault)) => Ended::TimedOut((**fault).clone()),
            Some(Came::Aborted) | None => Ended::Aborted,
        })
    }

    /// As it is told.
    pub(crate) fn described(&self, about: &About) -> MapRun {
        let machine = self.arn.rsplit_once(':').map_or(&*self.arn, |(machine, _)| machine);
        MapRun {
            arn: self.arn.to_string(),
            execution_arn: about.execution_arn.clone(),
            machine_arn: machine.replace(":mapRun:", ":stateMachine:"),
            status: self.ended.map_or(MapRunStatus::Running, |(_, status)| status),
            started_ms: self.started_ms,
            stopped_ms: self.ended.map(|(at_ms, _)| at_ms),
            max_concurrency: self.most,
            tolerated_failure_count: self.tolerance.count.unwrap_or(0),
            tolerated_failure_percentage: self.tolerance.percentage.unwrap_or(0.0),
            redrives: self.redrives,
            item_counts: self.of_items,
            execution_counts: self.of_executions,
        }
    }
}

/// The batches that have been made, and how many items they hold.
#[derive(Debug, Clone, Default, Encode, Decode, PartialEq)]
struct Batches {
    made: Items,
    sizes: Vec<u64>,
    items: u64,
}

/// As they are written down.
impl objects::Children for Distributed {
    fn arn(&self) -> &str {
        &self.arn
    }

    fn is_express(&self) -> bool {
        self.express
    }

    fn len(&self) -> u64 {
        self.of_executions.total
    }

    fn kind(&self, index: u64) -> objects::Kind {
        match self.children.get(index).map(|child| &child.ended) {
            Some(Some(Came::Same | Came::Put(_))) => objects::Kind::Succeeded,
            Some(Some(Came::Failed(_) | Came::TimedOut(_))) => objects::Kind::Failed,
            Some(Some(Came::Aborted) | None) => objects::Kind::Aborted,
            None => objects::Kind::Pending,
        }
    }

    fn child(&self, index: u64) -> objects::Child {
        let begun = self.children.get(index);
        let (started_ms, stopped_ms) = begun.map_or((0, 0), |child| (child.started_ms, child.stopped_ms));
        let ended = self.ended_as(index).unwrap_or(Ended::Pending);
        objects::Child { input: self.input(index).unwrap_or_default(), started_ms, stopped_ms, ended }
    }
}
