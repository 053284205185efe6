//! How much one execution may take.

/// Limits of an execution. The default is generous; [`Limits::aws`] are those of Step Functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How many bytes an input, output or result may have as JSON text.
    pub payload_bytes: usize,
    /// How many events the history may have.
    pub history_events: u64,
    /// How many events one turn may have before others come to their turn.
    pub turn_events: usize,
    /// How many items an `ItemReader` may read; more are an error.
    pub reader_items: u64,
    /// How many bytes an `ItemReader` may read, unpacked and of all objects together.
    pub reader_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload_bytes: 16 * 1024 * 1024,
            history_events: u64::MAX,
            turn_events: 4096,
            reader_items: 10_000_000,
            reader_bytes: 1 << 30,
        }
    }
}

impl Limits {
    /// The limits of Step Functions: 256 KiB a payload, 25,000 events.
    #[must_use]
    pub fn aws() -> Self {
        Self { payload_bytes: 262_144, history_events: 25_000, ..Self::default() }
    }

    /// With that many bytes a payload.
    #[must_use]
    pub fn payload_bytes(mut self, bytes: usize) -> Self {
        self.payload_bytes = bytes;
        self
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
}
