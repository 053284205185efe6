//! Why an execution failed, with the line of the definition.

use std::io::stderr;

use duramen_states::Fault;
use duramen_states::definition::{Definition, Pointer, Positions};
use duramen_states::machine::{Seen, Sight};
use duramen_states::rehearsal::RehearsalError;

use crate::asl::http;
use crate::output::has_colour;
use crate::report::{self, Said};
use crate::source::Source;

/// The definition that failed.
pub(super) struct Failing<'a> {
    pub(super) definition: &'a Definition,
    pub(super) source: &'a Source,
}

/// The state at which an execution failed.
#[derive(Debug, Clone)]
pub(super) struct Culprit {
    pub(super) state: String,
    pub(super) pointer: Pointer,
    pub(super) line: Option<usize>,
    /// Whether it calls an HTTP API.
    pub(super) is_http: bool,
}

/// The innermost state that failed, of those whose failing was the end.
pub(super) fn culprit(definition: &Definition, sights: &[Sight]) -> Option<Culprit> {
    let last = sights.iter().rev().take_while(|sight| matches!(sight.seen, Seen::Failed { .. })).last()?;
    let Seen::Failed { location, .. } = &last.seen else { return None };
    let state = definition.state_named(&last.state)?;
    let positions = Positions::of(definition.text()).ok();
    let field = location.iter().flat_map(|location| location.split('/')).fold(state.pointer.clone(), |at, part| {
        match part.parse() {
            Ok(index) => at.index(index),
            Err(_) => at.field(part),
        }
    });
    let place = positions.as_ref().and_then(|positions| positions.nearest(&field));
    Some(Culprit {
        state: state.name.clone(),
        pointer: field,
        line: place.map(|place| place.line),
        is_http: http::is_call(state),
    })
}

impl Failing<'_> {
    /// The failure of an execution.
    pub(super) fn execution(&self, culprit: Option<&Culprit>, fault: &Fault, help: Option<&str>) -> String {
        let message = fault.cause.as_deref().filter(|cause| !cause.is_empty()).unwrap_or("the execution failed");
        let code = fault.error.as_deref();
        let Some(culprit) = culprit else {
            return format!("error: {}\n", super::progress::words(fault));
        };
        let label = format!("the state '{}' failed here", culprit.state);
        self.shown(&culprit.pointer, &Said { code, message, label: &label, help })
    }

    /// Why a run could not go on.
    pub(super) fn rehearsal(&self, error: &RehearsalError, has_mocks: bool) -> String {
        let help = match error {
            RehearsalError::NoMock { state, is_reader: true, .. } => {
                format!(
                    "write {{\"{state}\": {{\"items\": [...]}}}} into a file and give it with --mock, or give --buckets"
                )
            }
            RehearsalError::NoMock { state, .. } => {
                let file = if has_mocks { "the file of mocks" } else { "a file and give it with --mock" };
                let is_http = self.definition.state_named(state).is_some_and(http::is_call);
                let calls = if is_http { ", or allow the host that it calls with --allow-host" } else { "" };
                format!(
                    "write {{\"{state}\": {{\"result\": ...}}}} into {file}{calls}; `duramen asl run --help` tells the rest"
                )
            }
            _ => String::new(),
        };
        let Some(state) = self.definition.state_named(error.state()) else { return error.to_string() };
        let help = Some(help.as_str()).filter(|help| !help.is_empty());
        let message = error.to_string();
        let shown = self.shown(&state.pointer, &Said { code: None, message: &message, label: "this state", help });
        format!("the execution cannot go on\n{}", shown.trim_end())
    }

    fn shown(&self, pointer: &Pointer, said: &Said<'_>) -> String {
        let name = self.source.to_string();
        let shown = report::at(self.definition.text(), &name, pointer, said, has_colour(&stderr()));
        shown.unwrap_or_else(|_| format!("error: {}\n", said.message))
    }
}
