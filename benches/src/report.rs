//! What was measured, as a table for people or as JSON.

use std::fmt::Write;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// One value of a parameter or a figure.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    Count(u64),
    Number(f64),
    Right(bool),
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
        }
    }

    fn for_people(self) -> String {
        match self {
            Self::Right(right) => if right { "yes" } else { "NO" }.to_owned(),
            Self::Count(_) => grouped(self.number(), 0),
            Self::Number(number) if number.abs() >= 100.0 => grouped(number, 0),
            Self::Number(number) if number.abs() >= 10.0 => grouped(number, 1),
            Self::Number(number) if number.abs() >= 0.1 => grouped(number, 3),
            Self::Number(number) => grouped(number, 5),
        }
    }
}

fn grouped(number: f64, decimals: usize) -> String {
    let plain = format!("{number:.decimals$}");
    let whole = plain.find('.').unwrap_or(plain.len());
    let mut text = String::new();
    for (at, digit) in plain.chars().enumerate() {
        if at > 0 && at < whole && (whole - at).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The names of the figures down the side, a column for each row of the report.
pub(crate) fn table(report: &Report) -> String {
    let mut lines: Vec<Vec<String>> = Vec::new();
    for (nth, row) in report.rows.iter().enumerate() {
        let parameters = row.parameters.iter().map(|(name, value)| (format!("--{name}"), value.for_people()));
        let figures = row.figures.iter().map(|(name, spread)| ((*name).to_owned(), spread.for_people(row.runs)));
        for (at, (name, text)) in parameters.chain(figures).enumerate() {
            match lines.get_mut(at) {
                Some(line) => line.push(text),
                None if nth == 0 => lines.push(vec![name, text]),
                None => {}
            }
        }
    }
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(String::len).max().unwrap_or(0);
    let widths: Vec<_> = (0..=report.rows.len()).map(width).collect();
    let mut text = report.rows.first().map_or_else(String::new, |row| format!("{}\n", row.workload));
    for line in &lines {
        for (at, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let _ = if at == 0 { write!(text, "  {cell:width$}") } else { write!(text, "  {cell:>width$}") };
        }
        text.push('\n');
    }
    text
}

impl Spread {
    fn for_people(&self, runs: usize) -> String {
        let median = self.median.for_people();
        if runs == 1 || matches!(self.median, Value::Right(_)) {
            return median;
        }
        format!("{median} ({}..{})", self.least.for_people(), self.greatest.for_people())
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
