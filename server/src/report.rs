//! What is said about a definition, with the lines it is said about.

use std::ops::Range;

use anyhow::Result;
use ariadne::{Color, Config, IndexType, Label, Report, ReportKind, sources};
use duramen_states::definition::Positions;
use duramen_states::validate::{Diagnostic, Severity};
use serde_json::{Value, json};

use crate::source::Source;

/// For people: each finding with its line, and how many there are.
pub(crate) fn text(text: &str, source: &Source, found: &[Diagnostic], colour: bool) -> Result<String> {
    let name = source.to_string();
    let positions = Positions::of(text).ok();
    let mut out = Vec::new();
    let mut cache = sources([(name.clone(), text)]);
    for one in found {
        let (kind, shade) = match one.severity {
            Severity::Error => (ReportKind::Error, Color::Red),
            Severity::Warning => (ReportKind::Warning, Color::Yellow),
        };
        let span = (name.clone(), span(text, positions.as_ref(), one));
        let mut label = Label::new(span.clone()).with_color(shade);
        if let Some(location) = &one.location {
            label = label.with_message(location);
        }
        Report::build(kind, span)
            .with_config(Config::default().with_color(colour).with_index_type(IndexType::Byte))
            .with_code(one.code.as_str())
            .with_message(&one.message)
            .with_label(label)
            .finish()
            .write(&mut cache, &mut out)?;
    }
    let mut out = String::from_utf8(out)?;
    out += &format!("{name}: {}\n", summary(found));
    Ok(out)
}

/// For programs.
pub(crate) fn object(found: &[Diagnostic]) -> Value {
    let diagnostics: Vec<Value> = found
        .iter()
        .map(|one| {
            json!({
                "severity": one.severity.as_str(),
                "code": one.code.as_str(),
                "message": one.message,
                "location": one.location,
                "pointer": one.pointer.to_string(),
                "line": one.line,
                "column": one.column,
            })
        })
        .collect();
    json!({ "result": if has_errors(found) { "FAIL" } else { "OK" }, "diagnostics": diagnostics })
}

pub(crate) fn has_errors(found: &[Diagnostic]) -> bool {
    found.iter().any(Diagnostic::is_error)
}

fn summary(found: &[Diagnostic]) -> String {
    let errors = found.iter().filter(|one| one.is_error()).count();
    let counted = |count: usize, what: &str| match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    format!("{}, {}", counted(errors, "error"), counted(found.len() - errors, "warning"))
}

/// The bytes a finding is about: from its line and column to the end of the value or of the line, whichever comes first.
fn span(text: &str, positions: Option<&Positions<'_>>, one: &Diagnostic) -> Range<usize> {
    let line_start = text.split_inclusive('\n').take(one.line - 1).map(str::len).sum::<usize>().min(text.len());
    let line = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
    let column = line.char_indices().nth(one.column - 1).map_or(line.len(), |(at, _)| at);
    let start = line_start + column;
    let value = positions.and_then(|positions| positions.place(&one.pointer)).map(|place| place.span);
    let end = value.filter(|value| value.contains(&start)).map_or(start + 1, |value| value.end);
    start..end.min((line_start + line.len()).max(start))
}
