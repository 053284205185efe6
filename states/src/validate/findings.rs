//! Gathers what is said, with its place in the text, up to a bound.

use std::cell::RefCell;

use super::diagnostic::{Code, Diagnostic, Severity};
use crate::definition::{Pointer, Positions, Step};

/// How many bytes all locations and messages may have, so that long names said often do not fill the memory.
const MAX_BYTES: usize = 4 << 20;

pub(super) struct Findings<'a> {
    positions: &'a Positions<'a>,
    limit: usize,
    /// What locations begin with when the text is only a part.
    prefix: Option<&'a Pointer>,
    said: RefCell<(usize, Vec<Diagnostic>)>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(positions: &'a Positions<'a>, limit: usize, prefix: Option<&'a Pointer>) -> Self {
        Self { positions, limit, prefix, said: RefCell::default() }
    }

    fn is_full(&self) -> bool {
        let said = self.said.borrow();
        said.1.len() >= self.limit || said.0 > MAX_BYTES
    }

    pub(super) fn say(&self, severity: Severity, code: Code, at: &Pointer, message: String) {
        if self.is_full() {
            return;
        }
        let location = match self.prefix {
            None => at.location(),
            Some(prefix) => at.steps().into_iter().fold(prefix.clone(), |at, step| joined(&at, step)).location(),
        };
        let place = self.positions.nearest(at).map_or((1, 1), |place| (place.line, place.column));
        self.push(severity, code, at, message, Some(location), place);
    }

    /// Says it at a byte of the string that stands there, counted in the decoded string. The message may have its reason.
    pub(super) fn say_inside(
        &self,
        (severity, code): (Severity, Code),
        at: &Pointer,
        (text, offset): (&str, usize),
        (message, reason): (String, Option<String>),
    ) {
        let before = self.said.borrow().1.len();
        self.say(severity, code, at, message);
        let mut said = self.said.borrow_mut();
        if said.1.len() == before {
            return;
        }
        said.0 += reason.as_ref().map_or(0, String::len);
        let Some(last) = said.1.last_mut() else { return };
        last.reason = reason;
        // With escapes in the string its columns are others than those of its text: then its beginning must do.
        if self.positions.place(at).is_some_and(|place| place.span.len() == text.len() + 2) {
            last.column += 1 + text.get(..offset).unwrap_or(text).chars().count();
        }
    }

    /// Says something about the whole, without a location.
    pub(super) fn say_of_whole(&self, code: Code, message: &str) {
        self.push(Severity::Error, code, &Pointer::root(), message.to_owned(), None, (1, 1));
    }

    /// Says something about a place that no pointer reaches.
    pub(super) fn say_at(&self, severity: Severity, code: Code, at: &Pointer, place: (usize, usize), message: String) {
        self.push(severity, code, at, message, Some(at.location()), place);
    }

    fn push(
        &self,
        severity: Severity,
        code: Code,
        at: &Pointer,
        message: String,
        location: Option<String>,
        (line, column): (usize, usize),
    ) {
        let mut said = self.said.borrow_mut();
        said.0 += message.len() + location.as_ref().map_or(0, String::len);
        if said.1.len() < self.limit && said.0 <= MAX_BYTES {
            said.1.push(Diagnostic {
                severity,
                code,
                message,
                reason: None,
                location,
                pointer: at.clone(),
                line,
                column,
            });
        }
    }

    /// All that was said, errors and warnings in the order in which the rules came upon them.
    pub(super) fn finish(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.said.borrow_mut().1)
    }
}

fn joined(pointer: &Pointer, step: &Step) -> Pointer {
    match step {
        Step::Field(name) => pointer.field(name),
        Step::Index(index) => pointer.index(*index),
    }
}
