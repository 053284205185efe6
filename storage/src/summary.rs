//! What is known of an execution without reading its history, and how executions are listed.

use crate::ExecutionId;
use crate::limits::MAX_NOTE_BYTES;

/// Which behaviour an execution has, by number: the storage does not know more of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(pub u8);

/// Where an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Status {
    /// It goes on by itself: something runs, or it waits for a time or for somebody.
    Running,
    /// It was taken out of its course, by a fault or from outside, and goes on when it is resumed.
    Paused,
    /// It ended with a result.
    Succeeded,
    /// It ended with a failure.
    Failed,
    /// It ended because its time was up.
    TimedOut,
    /// It was ended from outside.
    Stopped,
}

impl Status {
    /// Every status, in the order of the enum.
    pub const ALL: [Self; 6] =
        [Self::Running, Self::Paused, Self::Succeeded, Self::Failed, Self::TimedOut, Self::Stopped];

    /// Whether nothing more will happen to an execution with this status.
    #[must_use]
    pub fn is_closed(self) -> bool {
        !matches!(self, Self::Running | Self::Paused)
    }
}

/// One row of the listing: an execution without its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The execution.
    pub execution: ExecutionId,
    /// The behaviour it has.
    pub kind: Kind,
    /// The workflow or state machine it runs.
    pub definition: String,
    /// The name it was started under, unique among executions of the same kind and definition. Together with the
    /// definition it has at most 1 KiB.
    pub name: String,
    /// Which revision of the definition it runs; 1 in rows that were written before there were revisions.
    pub revision: u32,
    /// Where it stands.
    pub status: Status,
    /// Whether it is in memory or owes work. Opening a store wakes the executions for which this is so, and no others.
    pub awake: bool,
    /// When it was started, in ms since the Unix epoch: the time in the id, by which listings and purges find it.
    pub started_ms: u64,
    /// When it was closed, in ms since the Unix epoch.
    pub closed_ms: Option<u64>,
    /// What to tell a person about it: why it is paused. The first 2 KiB are kept.
    pub note: Option<String>,
}

impl Summary {
    /// Where the row is filed; the next change of the row names it.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { status: self.status, awake: self.awake }
    }

    /// As much of a note as a log keeps: its first 2 KiB, up to the end of a character.
    ///
    /// ```
    /// use duramen_storage::Summary;
    ///
    /// assert_eq!(Summary::kept_of_note("declined"), "declined");
    /// assert_eq!(Summary::kept_of_note(&"ä".repeat(2000)), "ä".repeat(1024));
    /// ```
    #[must_use]
    pub fn kept_of_note(note: &str) -> &str {
        let end = (0..=MAX_NOTE_BYTES.min(note.len())).rev().find(|at| note.is_char_boundary(*at));
        end.and_then(|end| note.get(..end)).unwrap_or_default()
    }
}

/// Where a summary is filed in the log's index: by status, running ones apart by whether they are awake.
///
/// A batch that changes a summary names the place of the row it replaces, so that the log need not look for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The status of the row.
    pub status: Status,
    /// Whether the row said awake.
    pub awake: bool,
}

/// Which executions to list, and in which order. Every restriction must hold; without any, all executions are listed.
///
/// ```
/// use duramen_storage::{Query, Status};
///
/// let failed_orders = Query::new().status(Status::Failed).definition("order").newest_first().page_size(20);
/// assert_eq!(failed_orders.page_size, 20);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// Only these statuses; all when empty.
    pub statuses: Vec<Status>,
    /// Only executions that are (or are not) awake.
    pub awake: Option<bool>,
    /// Only this behaviour.
    pub kind: Option<Kind>,
    /// Only this workflow or state machine.
    pub definition: Option<String>,
    /// Only names that begin so.
    pub name_prefix: Option<String>,
    /// Only executions started at or after this time, in ms since the Unix epoch.
    pub started_from_ms: Option<u64>,
    /// Only executions started before this time, in ms since the Unix epoch.
    pub started_before_ms: Option<u64>,
    /// The latest started first, instead of the earliest.
    pub newest_first: bool,
    /// At most so many rows a page.
    pub page_size: usize,
    /// Begin behind this execution: the `next` of the page before.
    pub after: Option<ExecutionId>,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            statuses: Vec::new(),
            awake: None,
            kind: None,
            definition: None,
            name_prefix: None,
            started_from_ms: None,
            started_before_ms: None,
            newest_first: false,
            page_size: 100,
            after: None,
        }
    }
}

impl Query {
    /// All executions, the earliest started first, 100 a page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Also executions with this status; without a call, all statuses.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.statuses.push(status);
        self
    }

    /// Only executions that are awake (`true`) or not (`false`).
    #[must_use]
    pub fn awake(mut self, awake: bool) -> Self {
        self.awake = Some(awake);
        self
    }

    /// Only executions with this behaviour.
    #[must_use]
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Only executions of this workflow or state machine.
    #[must_use]
    pub fn definition(mut self, definition: impl Into<String>) -> Self {
        self.definition = Some(definition.into());
        self
    }

    /// Only executions whose name begins so.
    #[must_use]
    pub fn name_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.name_prefix = Some(prefix.into());
        self
    }

    /// Only executions started at or after `ms` since the Unix epoch.
    #[must_use]
    pub fn started_from_ms(mut self, ms: u64) -> Self {
        self.started_from_ms = Some(ms);
        self
    }

    /// Only executions started before `ms` since the Unix epoch.
    #[must_use]
    pub fn started_before_ms(mut self, ms: u64) -> Self {
        self.started_before_ms = Some(ms);
        self
    }

    /// The latest started first.
    #[must_use]
    pub fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }

    /// At most `rows` rows a page; 0 counts as 1.
    #[must_use]
    pub fn page_size(mut self, rows: usize) -> Self {
        self.page_size = rows.max(1);
        self
    }

    /// Go on behind this execution: the `next` of the page before.
    #[must_use]
    pub fn after(mut self, execution: ExecutionId) -> Self {
        self.after = Some(execution);
        self
    }

    /// Whether this row is asked for, its page aside.
    #[must_use]
    pub fn matches(&self, row: &Summary) -> bool {
        (self.statuses.is_empty() || self.statuses.contains(&row.status))
            && self.awake.is_none_or(|awake| awake == row.awake)
            && self.kind.is_none_or(|kind| kind == row.kind)
            && self.definition.as_ref().is_none_or(|definition| *definition == row.definition)
            && self.name_prefix.as_ref().is_none_or(|prefix| row.name.starts_with(prefix.as_str()))
            && self.started_from_ms.is_none_or(|from| row.started_ms >= from)
            && self.started_before_ms.is_none_or(|before| row.started_ms < before)
    }
}

/// Some rows of a listing, and where it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The rows, in the order of the query.
    pub rows: Vec<Summary>,
    /// Give this to [`Query::after`] for the next page; `None` when there is no more.
    pub next: Option<ExecutionId>,
}
