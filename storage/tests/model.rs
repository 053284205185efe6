//! Random operations on every log, against a model that is too simple to be wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests may panic")]

#[path = "contract/subject.rs"]
#[allow(dead_code, unused_macros, unused_imports, reason = "the suite of the contract uses the rest")]
mod subject;

use std::collections::{BTreeMap, BTreeSet};

use duramen_storage::{Batch, Error, Log, Query, RecordKind, Snapshot, Status, Summary, Version};
use proptest::collection::vec;
use proptest::prelude::*;

use subject::{Memory, OnSled, Subject, all_pages, execution, name_of, summary};

const EXECUTIONS: u64 = 6;
const NAMES: [&str; 4] = ["", "a", "ab", "b"];

#[derive(Debug, Clone)]
enum Step {
    Append(Turn),
    Purge { closed_before_ms: u64, max: usize },
    Reopen,
}

#[derive(Debug, Clone)]
struct Turn {
    number: u64,
    /// How far off the expected version is.
    off: u64,
    records: Vec<usize>,
    status: Option<(usize, bool)>,
    timers: Vec<(bool, u64)>,
    claim: bool,
    snapshot: Option<usize>,
    marks: Vec<usize>,
}

#[derive(Default)]
struct Stream {
    records: Vec<Vec<u8>>,
    summary: Option<Summary>,
    timers: BTreeSet<u64>,
    snapshot: Option<Vec<u8>>,
    marks: BTreeMap<String, Version>,
}

#[derive(Default)]
struct Model {
    streams: BTreeMap<u64, Stream>,
    names: BTreeMap<u64, u64>,
}

fn turn() -> impl Strategy<Value = Turn> {
    let size = prop_oneof![8 => 0..100_usize, 1 => 4090..4100_usize, 1 => 9000..20_000_usize];
    (
        1..=EXECUTIONS,
        prop_oneof![9 => Just(0_u64), 1 => 1..3_u64],
        vec(size.clone(), 0..4),
        proptest::option::of((0..6_usize, any::<bool>())),
        vec((any::<bool>(), 0..5_u64), 0..3),
        proptest::bool::weighted(0.2),
        proptest::option::weighted(0.2, size),
        vec(0..NAMES.len(), 0..3),
    )
        .prop_map(|(number, off, records, status, timers, claim, snapshot, marks)| Turn {
            number,
            off,
            records,
            status,
            timers,
            claim,
            snapshot,
            marks,
        })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => turn().prop_map(Step::Append),
        1 => (0..20_u64, 0..4_usize).prop_map(|(closed_before_ms, max)| Step::Purge { closed_before_ms, max }),
        1 => Just(Step::Reopen),
    ]
}

/// What an execution is told by; two each have the same name.
fn row(number: u64) -> Summary {
    Summary { name: (number % 3).to_string(), ..summary(number) }
}

fn body(number: u64, version: u64, size: usize) -> Vec<u8> {
    (0..size).map(|at| (number + version + at as u64) as u8).collect()
}

impl Model {
    fn append(&mut self, log: &dyn Log, turn: &Turn) {
        let stream = self.streams.entry(turn.number).or_default();
        let stands = stream.records.len() as u64;
        let mut batch = Batch::new(execution(turn.number), Version::new(stands + turn.off));
        let bodies: Vec<_> = (stands..).zip(&turn.records).map(|(at, size)| body(turn.number, at, *size)).collect();
        for body in &bodies {
            batch = batch.record(RecordKind(1), body.clone());
        }
        let after = turn.status.map(|(status, awake)| {
            let status = Status::ALL[status];
            let closed_ms = status.is_closed().then_some(turn.number + stands);
            Summary { status, awake, closed_ms, ..row(turn.number) }
        });
        if let Some(after) = &after {
            batch = batch.summary(stream.summary.as_ref().map(Summary::place), after.clone());
        }
        for (set, due_ms) in &turn.timers {
            batch = if *set { batch.set_timer(*due_ms) } else { batch.clear_timer(*due_ms) };
        }
        if turn.claim {
            batch = batch.claim(name_of(&row(turn.number)));
        }
        let state = turn.snapshot.map(|size| body(turn.number, 99, size));
        if let Some(state) = &state {
            let version = Version::new(stands + bodies.len() as u64);
            batch = batch.snapshot(Snapshot { version, kind: RecordKind(2), body: state.clone() });
        }
        for name in &turn.marks {
            batch = batch.mark(NAMES[*name]);
        }
        let holder = self.names.get(&(turn.number % 3)).filter(|holder| turn.claim && **holder != turn.number);
        match log.append(batch) {
            Err(Error::Conflict { found, .. }) => {
                assert_ne!(turn.off, 0);
                assert_eq!(found.get(), stands);
            }
            Err(Error::NameTaken { holder: by, .. }) => assert_eq!(Some(by), holder.copied().map(execution)),
            Err(error) => panic!("{error}"),
            Ok(version) => {
                assert_eq!((turn.off, holder), (0, None));
                if !bodies.is_empty() {
                    stream.marks.extend(turn.marks.iter().map(|name| (NAMES[*name].to_owned(), version)));
                }
                stream.records.extend(bodies);
                assert_eq!(version.get(), stream.records.len() as u64);
                stream.summary = after.or(stream.summary.take());
                for (set, due_ms) in &turn.timers {
                    if *set {
                        stream.timers.insert(*due_ms)
                    } else {
                        stream.timers.remove(due_ms)
                    };
                }
                stream.snapshot = state.or(stream.snapshot.take());
                if turn.claim {
                    self.names.insert(turn.number % 3, turn.number);
                }
            }
        }
    }

    fn purge(&mut self, log: &dyn Log, closed_before_ms: u64, max: usize) {
        let closed = |stream: &Stream| {
            let row = stream.summary.as_ref();
            row.is_some_and(|row| !row.awake && row.closed_ms.is_some_and(|closed| closed < closed_before_ms))
        };
        let gone: Vec<u64> =
            self.streams.iter().filter(|(_, stream)| closed(stream)).map(|(number, _)| *number).take(max).collect();
        assert_eq!(log.purge(closed_before_ms, max).unwrap(), gone.len());
        for number in gone {
            self.streams.remove(&number);
            self.names.retain(|_, holder| *holder != number);
        }
    }

    fn check(&self, log: &dyn Log) {
        for number in 1..=EXECUTIONS {
            let none = Stream::default();
            let stream = self.streams.get(&number).unwrap_or(&none);
            let records = log.read(execution(number), Version::NONE, usize::MAX).unwrap();
            assert!(records.iter().map(|record| &record.body).eq(&stream.records));
            assert_eq!(log.last(execution(number)).unwrap(), records.last().cloned());
            assert_eq!(log.summary(execution(number)).unwrap(), stream.summary);
            let snapshot = log.snapshot(execution(number)).unwrap();
            assert_eq!(snapshot.map(|snapshot| snapshot.body), stream.snapshot);
            assert!(log.marks(execution(number)).unwrap().into_iter().eq(stream.marks.clone()));
            for name in NAMES {
                let at = stream.marks.get(name).map(|version| version.get() as usize - 1);
                let marked = log.marked(execution(number), name).unwrap();
                assert_eq!(marked.as_ref(), at.map(|at| &records[at]));
            }
            let holder = log.holder(&name_of(&row(number))).unwrap();
            assert_eq!(holder, self.names.get(&(number % 3)).copied().map(execution));
        }
        let rows = || self.streams.iter().filter_map(|(number, stream)| Some((*number, stream.summary.as_ref()?)));
        let all: Vec<_> = rows().map(|(number, _)| execution(number)).collect();
        assert_eq!(all_pages(log, &Query::new().page_size(2)), all);
        let awake: Vec<_> = rows().filter(|(_, row)| row.awake).map(|(number, _)| execution(number)).collect();
        assert_eq!(all_pages(log, &Query::new().awake(true)), awake);
        let mut timers: Vec<_> = self
            .streams
            .iter()
            .flat_map(|(number, stream)| stream.timers.iter().map(|due_ms| (*due_ms, execution(*number))))
            .collect();
        timers.sort_unstable();
        let found = log.timers(None, u64::MAX, usize::MAX).unwrap();
        assert_eq!(found.iter().map(|timer| (timer.due_ms, timer.execution)).collect::<Vec<_>>(), timers);
    }
}

fn run<S: Subject>(steps: &[Step]) {
    let mut subject = S::new(1 << 20);
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Append(turn) => model.append(&**subject.log(), turn),
            Step::Purge { closed_before_ms, max } => model.purge(&**subject.log(), *closed_before_ms, *max),
            Step::Reopen => {
                subject = subject.reopen();
                model.check(&**subject.log());
            }
        }
    }
    model.check(&**subject.log());
    model.check(&**subject.reopen().log());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_log_in_memory_is_like_the_model(steps in vec(step(), 0..60)) {
        run::<Memory>(&steps);
    }

    #[test]
    fn the_log_on_sled_is_like_the_model(steps in vec(step(), 0..60)) {
        run::<OnSled>(&steps);
    }
}
