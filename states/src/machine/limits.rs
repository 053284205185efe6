//! How much one execution may take.

use crate::history::Fault;

/// How many bytes the name of an error may have.
const ERROR_BYTES: usize = 1024;

/// Limits of an execution. The default is generous; [`Limits::aws`] are those of Step Functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How many bytes an input, output or result may have as JSON text, the input of an execution too.
    pub payload_bytes: usize,
    /// How many bytes the cause of an error may have; what is longer is cut off. The name of an error is cut after 1 KiB.
    pub cause_bytes: usize,
    /// How many events the history may have.
    pub history_events: u64,
    /// How many events one turn may have before others come to their turn.
    pub turn_events: usize,
    /// How many ms an Express execution may take.
    pub express_ms: u64,
    /// Whether the name of an execution that has ended is refused even for the same input, as long as the log has it.
    pub refuse_closed_names: bool,
    /// For how many ms behind its end an execution may be redriven.
    pub redrive_ms: u64,
    /// How many bytes a variable may have as JSON text.
    pub variable_bytes: usize,
    /// How many bytes may be assigned to variables at once.
    pub assigned_bytes: usize,
    /// How many bytes all variables of an execution may have together.
    pub variables_bytes: usize,
    /// How many items an `ItemReader` may read; more are an error.
    pub reader_items: u64,
    /// How many bytes an `ItemReader` may read, unpacked and of all objects together. The items may then have 48 MiB as JSON
    /// text in an execution on a log, where they stand in one record.
    pub reader_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload_bytes: 16 * 1024 * 1024,
            cause_bytes: 1024 * 1024,
            history_events: u64::MAX,
            turn_events: 4096,
            express_ms: u64::MAX,
            refuse_closed_names: false,
            redrive_ms: u64::MAX,
            variable_bytes: 16 * 1024 * 1024,
            assigned_bytes: 16 * 1024 * 1024,
            variables_bytes: 256 * 1024 * 1024,
            reader_items: 10_000_000,
            reader_bytes: 1 << 30,
        }
    }
}

impl Limits {
    /// The limits of Step Functions: 256 KiB a payload, a variable and all that is assigned at once, 10 MiB for all variables,
    /// 32 KiB a cause, 25,000 events, five minutes for an Express execution; the name of an execution that has ended is not
    /// free, and it may be redriven for 14 days.
    #[must_use]
    pub fn aws() -> Self {
        Self {
            payload_bytes: 262_144,
            cause_bytes: 32_768,
            history_events: 25_000,
            express_ms: 5 * 60 * 1000,
            refuse_closed_names: true,
            redrive_ms: 14 * 24 * 60 * 60 * 1000,
            variable_bytes: 262_144,
            assigned_bytes: 262_144,
            variables_bytes: 10 * 1024 * 1024,
            ..Self::default()
        }
    }

    /// With that many bytes a payload.
    #[must_use]
    pub fn payload_bytes(mut self, bytes: usize) -> Self {
        self.payload_bytes = bytes;
        self
    }

    /// With that many bytes for the cause of an error.
    #[must_use]
    pub fn cause_bytes(mut self, bytes: usize) -> Self {
        self.cause_bytes = bytes;
        self
    }

    /// An error as long as it may be.
    pub(crate) fn cut(&self, mut fault: Fault) -> Fault {
        for (text, bytes) in [(&mut fault.error, ERROR_BYTES), (&mut fault.cause, self.cause_bytes)] {
            if let Some(text) = text.as_mut().filter(|text| text.len() > bytes) {
                let end = (0..=bytes).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
                text.truncate(end);
                text.shrink_to_fit();
            }
        }
        fault
    }

    /// With that many events in the history.
    #[must_use]
    pub fn history_events(mut self, events: u64) -> Self {
        self.history_events = events;
        self
    }

    /// With that many items of an `ItemReader`.
    #[must_use]
    pub fn reader_items(mut self, items: u64) -> Self {
        self.reader_items = items;
        self
    }

    /// With that many bytes that an `ItemReader` may read.
    #[must_use]
    pub fn reader_bytes(mut self, bytes: u64) -> Self {
        self.reader_bytes = bytes;
        self
    }

    /// With that many events in a turn, at least 1.
    #[must_use]
    pub fn turn_events(mut self, events: usize) -> Self {
        self.turn_events = events.max(1);
        self
    }

    /// With that many ms for an Express execution.
    #[must_use]
    pub fn express_ms(mut self, ms: u64) -> Self {
        self.express_ms = ms;
        self
    }

    /// With that many ms behind its end in which an execution may be redriven.
    #[must_use]
    pub fn redrive_ms(mut self, ms: u64) -> Self {
        self.redrive_ms = ms;
        self
    }

    /// With that many bytes for a variable, for all that is assigned at once, and for all variables of an execution.
    #[must_use]
    pub fn variable_bytes(mut self, one: usize, assigned: usize, all: usize) -> Self {
        (self.variable_bytes, self.assigned_bytes, self.variables_bytes) = (one, assigned, all);
        self
    }

    /// With names of executions that stay taken when they have ended, or not.
    #[must_use]
    pub fn refuse_closed_names(mut self, refuse: bool) -> Self {
        self.refuse_closed_names = refuse;
        self
    }
}
