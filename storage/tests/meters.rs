//! What a log tells the recorder that was there when it was opened.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use duramen_storage::{Batch, ExecutionId, Log, RecordKind, SledLog, Version, meters};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

/// What a recorder was told since it was asked last, by name.
struct Told(Vec<(String, DebugValue)>);

impl Told {
    fn by(snapshotter: &Snapshotter) -> Self {
        let rows = snapshotter.snapshot().into_vec().into_iter();
        Self(rows.map(|(key, _, _, value)| (key.key().name().to_owned(), value)).collect())
    }

    fn value(&self, name: &str) -> &DebugValue {
        &self.0.iter().find(|(named, _)| named == name).unwrap_or_else(|| panic!("no {name} among {:?}", self.0)).1
    }

    fn counter(&self, name: &str) -> u64 {
        let DebugValue::Counter(count) = self.value(name) else { panic!("{name} is no counter") };
        *count
    }

    fn gauge(&self, name: &str) -> f64 {
        let DebugValue::Gauge(level) = self.value(name) else { panic!("{name} is no gauge") };
        level.into_inner()
    }

    fn histogram(&self, name: &str) -> Vec<f64> {
        let DebugValue::Histogram(values) = self.value(name) else { panic!("{name} is no histogram") };
        values.iter().map(|value| value.into_inner()).collect()
    }
}

fn batch(stream: u64, expected: u64, body: usize) -> Batch {
    Batch::new(ExecutionId::new(stream, [1; 10]), Version::new(expected)).record(RecordKind(1), vec![0; body])
}

#[test]
fn what_became_durable_is_counted_and_what_was_refused_is_not() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let folder = tempfile::tempdir().unwrap();
    let log = metrics::with_local_recorder(&recorder, || SledLog::builder(folder.path()).open()).unwrap();

    log.append(batch(1, 0, 100)).unwrap();
    log.append(batch(1, 1, 5_000).record(RecordKind(2), vec![0; 20])).unwrap();
    log.append(batch(1, 7, 1)).unwrap_err();
    log.close().unwrap();

    let told = Told::by(&snapshotter);
    assert_eq!(told.counter(meters::BATCHES), 2);
    assert_eq!(told.counter(meters::RECORDS), 3);
    assert_eq!(told.counter(meters::SYNCS), log.figures().syncs);
    assert_eq!(told.counter(meters::POISONED), 0);
    assert_eq!(told.histogram(meters::COMMIT_BATCHES), [1.0, 1.0]);
    assert_eq!(told.histogram(meters::COMMIT_BYTES), [100.0, 5_020.0]);
    let took = told.histogram(meters::SYNC_SECONDS);
    assert!(took.len() == 2 && took.iter().all(|seconds| (0.0..60.0).contains(seconds)), "{took:?}");
    assert!(told.gauge(meters::WAITING).abs() < f64::EPSILON, "nothing waits in a closed log");
}

#[test]
fn every_figure_is_there_and_described_from_the_opening_on() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let folder = tempfile::tempdir().unwrap();
    let _log = metrics::with_local_recorder(&recorder, || SledLog::builder(folder.path()).open()).unwrap();
    let rows = snapshotter.snapshot().into_vec();
    let mut names: Vec<_> = rows.iter().map(|(key, ..)| key.key().name().to_owned()).collect();
    names.sort_unstable();
    let mut expected = [
        meters::BATCHES,
        meters::COMMIT_BATCHES,
        meters::COMMIT_BYTES,
        meters::POISONED,
        meters::RECORDS,
        meters::SYNCS,
        meters::SYNC_SECONDS,
        meters::WAITING,
    ];
    expected.sort_unstable();
    assert_eq!(names, expected);
    for (key, unit, description, _) in rows {
        assert!(unit.is_some() && description.is_some(), "{} is not described", key.key().name());
    }
}
