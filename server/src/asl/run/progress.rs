//! What the states do, line for line, while they do it.

use std::io::{Write, stderr};
use std::sync::OnceLock;

use duramen_states::Fault;
use duramen_states::definition::{Definition, State, StateKind};
use duramen_states::http::Exchange;
use duramen_states::machine::{Seen, Sight};
use serde_json::Value;

use crate::output::visible;

pub(super) struct Progress {
    definition: Definition,
    colour: bool,
    started_ms: OnceLock<u64>,
}

impl Progress {
    pub(super) fn new(definition: &Definition, colour: bool) -> Self {
        Self { definition: definition.clone(), colour, started_ms: OnceLock::new() }
    }

    pub(super) fn tell(&self, sight: &Sight) {
        let Some(state) = self.definition.state_named(&sight.state) else { return };
        let Some((sign, shade, said)) = told(&self.definition, state, sight) else { return };
        let passed_ms = sight.at_ms.saturating_sub(*self.started_ms.get_or_init(|| sight.at_ms));
        let indent = "  ".repeat(sight.within.len());
        let place = match sight.within.last() {
            Some(within) if within.is_iteration => format!("[{}] ", within.index),
            Some(within) => format!("({}) ", within.index + 1),
            None => String::new(),
        };
        let sign = coloured(sign, shade, self.colour);
        // Whoever does not read it does not want to know it.
        let _ = writeln!(
            stderr(),
            "{:>10}  {indent}{place}{sign} {}",
            seconds(passed_ms),
            visible(&format!("{}{said}", sight.state))
        );
    }
}

/// What a task of HTTP sent, and how it was answered.
pub(super) fn tell_request(exchange: &Exchange, colour: bool) {
    let field = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let answer = match &exchange.response {
        Some(response) => format!("{} {}", field(response, "statusCode"), field(response, "statusMessage")),
        None => "no response".to_owned(),
    };
    let (method, url) = (field(&exchange.request, "method"), field(&exchange.request, "url"));
    let sign = coloured(".", 34, colour);
    let _ = writeln!(stderr(), "{:>10}  {sign} {method} {url} -> {}", "", answer.trim_end());
}

fn coloured(sign: &str, shade: u8, colour: bool) -> String {
    if colour { format!("\u{1b}[{shade}m{sign}\u{1b}[0m") } else { sign.to_owned() }
}

/// The sign, its colour, and what is said behind the name of the state. Nothing of what other lines tell.
fn told(definition: &Definition, state: &State, sight: &Sight) -> Option<(&'static str, u8, String)> {
    let kind = state.kind.name();
    let takes_time = matches!(kind, "Task" | "Wait" | "Parallel" | "Map");
    Some(match &sight.seen {
        Seen::Entered if takes_time => (">", 36, format!(" ({kind})")),
        Seen::Chose { rule } => {
            let StateKind::Choice(choice) = &state.kind else { return None };
            let (by, next) = match rule {
                Some(rule) => (format!("rule {}", rule + 1), choice.rules.get(*rule).map(|rule| rule.next)),
                None => ("default".to_owned(), choice.default),
            };
            let next = next.and_then(|next| definition.state(next)).map_or("", |next| next.name.as_str());
            ("<", 32, format!(" ({kind}) by {by} -> {next}"))
        }
        Seen::Retries { retrier, due_ms, fault } => {
            let pause = seconds(due_ms.saturating_sub(sight.at_ms));
            ("~", 33, format!(" failed: {}; retrier {} tries it again in {pause}", words(fault), retrier + 1))
        }
        Seen::Caught { catcher, fault } => {
            ("~", 33, format!(" failed: {}; caught by catcher {}", words(fault), catcher + 1))
        }
        Seen::Failed { fault, .. } => ("!", 31, format!(" failed: {}", words(fault))),
        Seen::Left { next, entered_ms } => {
            let next = next.as_ref().map(|next| format!(" -> {next}")).unwrap_or_default();
            match takes_time {
                true => ("<", 32, format!(" after {}{next}", seconds(sight.at_ms.saturating_sub(*entered_ms)))),
                false if kind == "Choice" => return None,
                false => ("<", 32, format!(" ({kind}){next}")),
            }
        }
        _ => return None,
    })
}

/// An error and its cause, in one line.
pub(in crate::asl) fn words(fault: &Fault) -> String {
    let cause = fault.cause.as_deref().unwrap_or_default();
    let cause: String = visible(cause).chars().take(200).collect();
    match (&fault.error, cause.is_empty()) {
        (Some(error), true) => visible(error),
        (Some(error), false) => format!("{}: {cause}", visible(error)),
        (None, true) => "no error was named".to_owned(),
        (None, false) => cause,
    }
}

pub(super) fn seconds(ms: u64) -> String {
    format!("{}.{:03} s", ms / 1000, ms % 1000)
}
