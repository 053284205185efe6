//! The table for people.

use std::fmt::Write;

use super::{Report, Spread, Value};

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

impl Value {
    fn for_people(self) -> String {
        match self {
            Self::Right(right) => if right { "yes" } else { "NO" }.to_owned(),
            Self::Text(text) => text.to_owned(),
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
