//! What the recorder of a test was told.

#![allow(clippy::panic, reason = "a test says what is wrong by panicking")]

use std::collections::HashMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

/// A recorder that is in place on the thread of a test.
pub(crate) struct Recorder {
    snapshotter: Snapshotter,
    /// A snapshot sets gauges back to zero, as it does counters: their changes are added up here.
    levels: HashMap<String, f64>,
    _in_place: metrics::LocalRecorderGuard<'static>,
}

impl Recorder {
    pub(crate) fn begin() -> Self {
        let recorder: &'static DebuggingRecorder = Box::leak(Box::new(DebuggingRecorder::new()));
        let snapshotter = recorder.snapshotter();
        Self { snapshotter, levels: HashMap::new(), _in_place: metrics::set_default_local_recorder(recorder) }
    }

    pub(crate) fn told(&mut self) -> Told {
        let mut told = Vec::new();
        for (key, unit, description, value) in self.snapshotter.snapshot().into_vec() {
            let (name, labels) = key.key().clone().into_parts();
            assert!(unit.is_some() && description.is_some(), "{name:?} is not described");
            let labels = labels.iter().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
            if let DebugValue::Gauge(change) = &value {
                *self.levels.entry(name.as_str().to_owned()).or_default() += change.into_inner();
            }
            told.push((name.as_str().to_owned(), labels, value));
        }
        Told { told, levels: self.levels.clone() }
    }
}

type Row = (String, Vec<(String, String)>, DebugValue);

/// What a recorder was told: counts and samples since it was asked last, and where the gauges stand.
#[derive(Debug)]
pub(crate) struct Told {
    told: Vec<Row>,
    levels: HashMap<String, f64>,
}

impl Told {
    fn value(&self, name: &str, labels: &[(&str, &str)]) -> &DebugValue {
        let has =
            |had: &[(String, String)]| labels.iter().all(|(key, is)| had.iter().any(|(k, v)| k == key && v == is));
        let mut found = self.told.iter().filter(|(named, had, _)| named == name && has(had)).map(|(.., value)| value);
        let value = found.next().unwrap_or_else(|| panic!("no {name} {labels:?} among {self:?}"));
        assert!(found.next().is_none(), "more than one {name} {labels:?}");
        value
    }

    pub(crate) fn counter(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        let DebugValue::Counter(count) = self.value(name, labels) else { panic!("{name} is no counter") };
        *count
    }

    pub(crate) fn gauge(&self, name: &str) -> f64 {
        *self.levels.get(name).unwrap_or_else(|| panic!("no gauge {name} among {:?}", self.levels))
    }

    pub(crate) fn histogram(&self, name: &str, labels: &[(&str, &str)]) -> Vec<f64> {
        let DebugValue::Histogram(values) = self.value(name, labels) else { panic!("{name} is no histogram") };
        values.iter().map(|value| value.into_inner()).collect()
    }
}
