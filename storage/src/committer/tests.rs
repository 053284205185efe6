//! The committer over an engine that fails on demand.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use super::*;
use crate::{Kind, meters};

/// What the engine of a test did and is to do.
#[derive(Default)]
struct Script {
    staged: Mutex<Vec<ExecutionId>>,
    synced: Mutex<HashMap<ExecutionId, u64>>,
    lookups: AtomicUsize,
    syncs_that_succeed: Option<usize>,
    panics: bool,
    /// Syncs wait for a message here, if there is a sender.
    gate: Mutex<Option<mpsc::Receiver<()>>>,
}

struct Scripted {
    script: Arc<Script>,
    syncs: usize,
}

impl Engine for Scripted {
    type Write = ExecutionId;
    type Upkeep = &'static str;
    type Done = &'static str;

    fn version(&self, execution: ExecutionId) -> Result<Option<Version>, Error> {
        self.script.lookups.fetch_add(1, Ordering::Relaxed);
        Ok(Some(Version::new(self.script.synced.lock().unwrap().get(&execution).copied().unwrap_or(0))))
    }

    fn holder(&self, _name: &Name) -> Result<Option<ExecutionId>, Error> {
        Ok(None)
    }

    fn stage(&mut self, write: ExecutionId) -> Result<(), Error> {
        self.script.staged.lock().unwrap().push(write);
        Ok(())
    }

    fn upkeep(&mut self, upkeep: &'static str) -> Result<&'static str, Error> {
        Ok(upkeep)
    }

    fn sync(&mut self) -> Result<(), Error> {
        if let Some(gate) = self.script.gate.lock().unwrap().as_ref() {
            let _ = gate.recv();
        }
        if self.script.syncs_that_succeed.is_some_and(|succeed| self.syncs >= succeed) {
            assert!(!self.script.panics, "the disk is on fire");
            return Err(Error::io("syncing", io::Error::other("the disk is full")));
        }
        self.syncs += 1;
        for execution in self.script.staged.lock().unwrap().drain(..) {
            *self.script.synced.lock().unwrap().entry(execution).or_default() += 1;
        }
        Ok(())
    }
}

const BOUNDS: Bounds = Bounds { batches: 100, bytes: 1000 };

fn start(script: Script) -> (Arc<Script>, Committer<Scripted>) {
    let script = Arc::new(script);
    let engine = Scripted { script: script.clone(), syncs: 0 };
    (script, Committer::start(engine, BOUNDS, 100).unwrap())
}

fn stream(number: u64) -> ExecutionId {
    ExecutionId::new(number, [0; 10])
}

type Outcome = Result<Version, Error>;

fn submit(committer: &Committer<Scripted>, number: u64, expected: u64, outcomes: &mpsc::Sender<Outcome>) {
    let outcomes = outcomes.clone();
    let append = Append {
        execution: stream(number),
        expected: Version::new(expected),
        records: 1,
        claim: None,
        leaves: false,
        bytes: 1,
        write: stream(number),
        ack: Box::new(move |outcome| outcomes.send(outcome).unwrap()),
    };
    committer.submit(append);
}

fn assert_poisoned(outcome: &Outcome, by: &str) {
    match outcome {
        Err(Error::Poisoned { cause }) => assert!(cause.contains(by), "{cause}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_failed_sync_tells_nobody_success_and_poisons() {
    let (gate, receiver) = mpsc::channel();
    let script = Script { syncs_that_succeed: Some(1), gate: Mutex::new(Some(receiver)), ..Script::default() };
    let (script, committer) = start(script);
    let (sender, outcomes) = mpsc::channel();
    submit(&committer, 1, 0, &sender);
    gate.send(()).unwrap();
    assert_eq!(outcomes.recv().unwrap().unwrap(), Version::new(1));
    // These wait in one or more groups, behind the sync that fails.
    for number in 1..=10 {
        submit(&committer, number, u64::from(number == 1), &sender);
    }
    // A conflict too is only certain when what it rests on is.
    submit(&committer, 1, 7, &sender);
    drop(gate);
    for _ in 0..11 {
        assert_poisoned(&outcomes.recv().unwrap(), "the disk is full");
    }
    submit(&committer, 1, 1, &sender);
    assert_poisoned(&outcomes.recv().unwrap(), "the disk is full");
    assert!(matches!(committer.upkeep("tidy", Vec::new()), Err(Error::Poisoned { .. })));
    assert!(matches!(committer.close(), Err(Error::Poisoned { .. })));
    assert_eq!(committer.figures().waiting, 0);
    assert_eq!(committer.figures().batches, 1);
    assert_eq!(script.synced.lock().unwrap().len(), 1);
}

#[test]
fn a_panic_in_the_engine_poisons_with_its_text() {
    let script = Script { syncs_that_succeed: Some(0), panics: true, ..Script::default() };
    let (_, committer) = start(script);
    let (sender, outcomes) = mpsc::channel();
    submit(&committer, 1, 0, &sender);
    assert_poisoned(&outcomes.recv().unwrap(), "the disk is on fire");
    submit(&committer, 2, 0, &sender);
    assert_poisoned(&outcomes.recv().unwrap(), "the disk is on fire");
}

#[test]
fn what_waits_shares_a_sync() {
    let (gate, receiver) = mpsc::channel();
    let (_, committer) = start(Script { gate: Mutex::new(Some(receiver)), ..Script::default() });
    let (sender, outcomes) = mpsc::channel();
    submit(&committer, 1, 0, &sender);
    gate.send(()).unwrap();
    outcomes.recv().unwrap().unwrap();
    submit(&committer, 2, 0, &sender);
    // The committer is in the sync of the second batch, or on its way there, until the gate opens again.
    for number in 3..=50 {
        submit(&committer, number, 0, &sender);
    }
    drop(gate);
    for _ in 2..=50 {
        outcomes.recv().unwrap().unwrap();
    }
    assert_eq!(committer.figures().batches, 50);
    assert!(committer.figures().syncs <= 4, "{:?}", committer.figures());
}

#[test]
fn a_stream_that_stays_is_looked_up_once() {
    let (script, committer) = start(Script::default());
    let (sender, outcomes) = mpsc::channel();
    for expected in 0..20 {
        submit(&committer, 1, expected, &sender);
        outcomes.recv().unwrap().unwrap();
    }
    assert_eq!(script.lookups.load(Ordering::Relaxed), 1);
}

#[test]
fn more_streams_than_are_remembered_still_stand_where_they_do() {
    let (_, committer) = start(Script::default());
    let (sender, outcomes) = mpsc::channel();
    for expected in 0..3 {
        for number in 1..=500 {
            submit(&committer, number, expected, &sender);
        }
        for _ in 1..=500 {
            assert_eq!(outcomes.recv().unwrap().unwrap(), Version::new(expected + 1));
        }
    }
}

#[test]
fn who_hands_over_waits_while_the_queue_is_full() {
    let (gate, receiver) = mpsc::channel();
    let (_, committer) = start(Script { gate: Mutex::new(Some(receiver)), ..Script::default() });
    let (sender, outcomes) = mpsc::channel();
    let handed_over = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..=1000 {
                submit(&committer, number, 0, &sender);
                handed_over.fetch_add(1, Ordering::SeqCst);
            }
        });
        // No sync has ended, so at most one queue was taken and another is full.
        while handed_over.load(Ordering::SeqCst) < BOUNDS.batches {
            thread::yield_now();
        }
        assert!(handed_over.load(Ordering::SeqCst) <= 2 * BOUNDS.batches);
        drop(gate);
    });
    assert_eq!(outcomes.iter().take(1000).filter(Result::is_ok).count(), 1000);
}

#[test]
fn a_name_claimed_twice_in_one_group_goes_to_the_first() {
    let (gate, receiver) = mpsc::channel();
    let (_, committer) = start(Script { gate: Mutex::new(Some(receiver)), ..Script::default() });
    let (sender, outcomes) = mpsc::channel();
    for number in 1..=3 {
        let sender = sender.clone();
        let name = Name { kind: Kind(1), definition: "order".to_owned(), name: "7".to_owned() };
        let ack = Box::new(move |outcome: Outcome| sender.send(outcome.is_ok()).unwrap());
        let (execution, expected) = (stream(number), Version::NONE);
        let claim = (number > 1).then_some(name);
        committer.submit(Append {
            execution,
            expected,
            records: 1,
            claim,
            leaves: true,
            bytes: 1,
            write: execution,
            ack,
        });
    }
    drop(gate);
    assert_eq!(outcomes.iter().take(3).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn a_poisoned_log_is_counted_once_and_nothing_is_left_waiting() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let script = Script { syncs_that_succeed: Some(0), ..Script::default() };
    let (_, committer) = metrics::with_local_recorder(&recorder, || start(script));
    let (sender, outcomes) = mpsc::channel();
    for number in 1..=3 {
        submit(&committer, number, 0, &sender);
        assert_poisoned(&outcomes.recv().unwrap(), "the disk is full");
    }
    committer.close().unwrap_err();
    let told = snapshotter.snapshot().into_vec().into_iter();
    let told: HashMap<_, _> = told.map(|(key, _, _, value)| (key.key().name().to_owned(), value)).collect();
    assert_eq!(told[meters::POISONED], DebugValue::Counter(1));
    assert_eq!(told[meters::BATCHES], DebugValue::Counter(0));
    assert_eq!(told[meters::WAITING], DebugValue::Gauge(0.0.into()));
}
