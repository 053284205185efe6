//! What is said about a definition, with the lines it is said about.

use std::ops::Range;

use anyhow::Result;
use ariadne::{Cache, Color, Config, IndexType, Label, Report, ReportKind, sources};
use duramen_states::definition::{Pointer, Positions};
use duramen_states::validate::{Diagnostic, Severity};
use serde_json::{Value, json};

use crate::excerpt::Line;
use crate::source::Source;

/// As much of a message is shown as is read; answers of HTTP APIs may be whole pages.
const MESSAGE_CHARS: usize = 2000;

/// For people: each finding with its line, and how many there are.
pub(crate) fn text(text: &str, source: &Source, found: &[Diagnostic], colour: bool) -> Result<String> {
    let name = source.to_string();
    let positions = Positions::of(text).ok();
    let mut out = Vec::new();
    let mut cache = sources([(name.clone(), text)]);
    for one in found {
        // Of what is no JSON AWS quotes the text and the place, which are shown here.
        let (message, label) = match one.message.split_once("\n at [Source: ") {
            Some((message, _)) => (message, ""),
            None => (one.message.as_str(), one.location.as_deref().unwrap_or_default()),
        };
        let said = Said { code: Some(one.code.as_str()), message, label, help: one.reason.as_deref() };
        let span = (name.clone(), first_line(text, positions.as_ref(), &one.pointer, one.line, one.column));
        draw(text, span, one.severity, &said, colour, &mut cache, &mut out)?;
    }
    let mut out = String::from_utf8(out)?;
    out += &format!("{name}: {}\n", summary(found));
    Ok(out)
}

/// For people: what went wrong at a place of a text.
pub(crate) fn at(text: &str, name: &str, pointer: &Pointer, said: &Said<'_>, colour: bool) -> Result<String> {
    let positions = Positions::of(text).ok();
    let place = positions.as_ref().and_then(|positions| positions.nearest(pointer));
    let (line, column) = place.as_ref().map_or((1, 1), |place| (place.line, place.column));
    // Of what has many lines its name says more than its first bracket.
    let is_long = place.is_some_and(|place| text.get(place.span).is_some_and(|value| value.contains('\n')));
    let key = positions.as_ref().and_then(|positions| positions.key(pointer)).filter(|_| is_long);
    let bytes = match key {
        Some(key) => key.span,
        None => first_line(text, positions.as_ref(), pointer, line, column),
    };
    let mut out = Vec::new();
    let span = (name.to_owned(), bytes);
    draw(text, span, Severity::Error, said, colour, &mut sources([(name.to_owned(), text)]), &mut out)?;
    Ok(String::from_utf8(out)?)
}

fn draw(
    text: &str,
    span: (String, Range<usize>),
    severity: Severity,
    said: &Said<'_>,
    colour: bool,
    cache: &mut impl Cache<String>,
    out: &mut Vec<u8>,
) -> Result<()> {
    let (kind, shade, word) = match severity {
        Severity::Error => (ReportKind::Error, Color::Red, "Error"),
        Severity::Warning => (ReportKind::Warning, Color::Yellow, "Warning"),
    };
    let (message, label, code, help) =
        (shown(said.message), shown(said.label), said.code.map(shown), said.help.map(shown));
    let said = &Said { message: &message, label: &label, code: code.as_deref(), help: help.as_deref() };
    let line = Line::of(text, &span.1);
    if line.is_long() {
        out.extend(line.draw(&span.0, word, said).into_bytes());
        return Ok(());
    }
    let mut label = Label::new(span.clone()).with_color(shade);
    if !said.label.is_empty() {
        label = label.with_message(said.label);
    }
    let mut report = Report::build(kind, span)
        .with_config(Config::default().with_color(colour).with_index_type(IndexType::Byte))
        .with_message(said.message)
        .with_label(label);
    if let Some(code) = said.code {
        report = report.with_code(code);
    }
    if let Some(help) = said.help {
        report = report.with_help(help);
    }
    Ok(report.finish().write(cache, out)?)
}

/// What is said about a place.
pub(crate) struct Said<'a> {
    pub(crate) code: Option<&'a str>,
    pub(crate) message: &'a str,
    /// What is written beside the place, if anything.
    pub(crate) label: &'a str,
    pub(crate) help: Option<&'a str>,
}

/// A message without what would steer a terminal, and not without end.
fn shown(message: &str) -> String {
    let mut shown: String = message
        .chars()
        .take(MESSAGE_CHARS)
        .map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { ' ' } else { c })
        .collect();
    if message.chars().nth(MESSAGE_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

/// For programs.
pub(crate) fn object(found: &[Diagnostic]) -> Value {
    let diagnostics: Vec<Value> = found
        .iter()
        .map(|one| {
            let mut said = json!({
                "severity": one.severity.as_str(),
                "code": one.code.as_str(),
                "message": one.message,
                "location": one.location,
                "pointer": one.pointer.to_string(),
                "line": one.line,
                "column": one.column,
            });
            if let (Some(reason), Some(fields)) = (&one.reason, said.as_object_mut()) {
                fields.insert("reason".to_owned(), json!(reason));
            }
            said
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

/// The bytes from a line and column to the end of the value there or of the line, whichever comes first.
fn first_line(
    text: &str,
    positions: Option<&Positions<'_>>,
    pointer: &Pointer,
    line: usize,
    column: usize,
) -> Range<usize> {
    let line_start = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>().min(text.len());
    let line_text = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
    let column = line_text.char_indices().nth(column - 1).map_or(line_text.len(), |(at, _)| at);
    let start = line_start + column;
    let value = positions.and_then(|positions| positions.place(pointer)).map(|place| place.span);
    let one = text.get(start..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
    let end = value.filter(|value| value.contains(&start)).map_or(start + one, |value| value.end);
    start..end.min((line_start + line_text.len()).max(start))
}
