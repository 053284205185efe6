//! What was measured, as a table for people or as JSON.

mod table;

pub(crate) use table::table;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// One value of a parameter or a figure.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    Count(u64),
    Number(f64),
    Right(bool),
    Text(&'static str),
}

type Named = (&'static str, Value);

/// What one run of a workload measured.
pub(crate) struct Measured {
    workload: &'static str,
    parameters: Vec<Named>,
    figures: Vec<Named>,
}

impl Measured {
    pub(crate) fn of(workload: &'static str) -> Self {
        Self { workload, parameters: Vec::new(), figures: Vec::new() }
    }

    pub(crate) fn parameter(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }

    pub(crate) fn figure(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.figures.push((name, value.into()));
        self
    }
}

/// What all runs of a workload measured.
pub(crate) struct Report {
    rows: Vec<Row>,
}

struct Row {
    workload: &'static str,
    parameters: Vec<Named>,
    runs: usize,
    figures: Vec<(&'static str, Spread)>,
}

/// A figure over all runs.
struct Spread {
    median: Value,
    least: Value,
    greatest: Value,
}

impl Report {
    /// Puts the runs together, each of which measured the same things.
    pub(crate) fn over(runs: Vec<Vec<Measured>>) -> Self {
        let count = runs.len();
        let mut rows: Vec<(Measured, Vec<Vec<Value>>)> = Vec::new();
        for run in runs {
            for (nth, measured) in run.into_iter().enumerate() {
                let values: Vec<_> = measured.figures.iter().map(|(_, value)| *value).collect();
                match rows.get_mut(nth) {
                    Some((_, had)) => had.iter_mut().zip(values).for_each(|(had, value)| had.push(value)),
                    None => rows.push((measured, values.into_iter().map(|value| vec![value]).collect())),
                }
            }
        }
        let rows = rows.into_iter().map(|(measured, values)| {
            let names = measured.figures.into_iter().map(|(name, _)| name);
            let figures = names.zip(values.into_iter().filter_map(Spread::of)).collect();
            Row { workload: measured.workload, parameters: measured.parameters, runs: count, figures }
        });
        Self { rows: rows.collect() }
    }

    /// One object a line.
    pub(crate) fn json(&self) -> serde_json::Result<String> {
        let lines: Result<String, _> = self.rows.iter().map(|row| Ok(serde_json::to_string(row)? + "\n")).collect();
        lines
    }
}

impl Spread {
    fn of(mut values: Vec<Value>) -> Option<Self> {
        values.sort_by(|a, b| a.number().total_cmp(&b.number()));
        let median = *values.get((values.len() - 1) / 2)?;
        let (least, greatest) = (*values.first()?, *values.last()?);
        // A thing that was wrong once is wrong.
        Some(Self { median: if let Value::Right(_) = median { least } else { median }, least, greatest })
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("workload", self.workload)?;
        for (name, value) in &self.parameters {
            map.serialize_entry(name, value)?;
        }
        for (name, spread) in &self.figures {
            map.serialize_entry(name, &spread.median)?;
        }
        if self.runs > 1 {
            map.serialize_entry("runs", &self.runs)?;
            map.serialize_entry("min", &Part { row: self, of: |spread| &spread.least })?;
            map.serialize_entry("max", &Part { row: self, of: |spread| &spread.greatest })?;
        }
        map.end()
    }
}

/// One end of all figures of a row.
struct Part<'a> {
    row: &'a Row,
    of: fn(&Spread) -> &Value,
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.row.figures.iter().map(|(name, spread)| (name, (self.of)(spread))))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::Number(number) => serializer.serialize_f64(rounded(*number)),
            Self::Right(right) => serializer.serialize_bool(*right),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// Five digits, which is more than any measurement here is good for.
fn rounded(number: f64) -> f64 {
    format!("{number:.4e}").parse().unwrap_or(number)
}

impl Value {
    fn number(self) -> f64 {
        match self {
            Self::Count(count) => crate::stats::count_u64(count),
            Self::Number(number) => number,
            Self::Right(right) => f64::from(u8::from(right)),
            Self::Text(_) => 0.0,
        }
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(right: bool) -> Self {
        Self::Right(right)
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(text)
    }
}
