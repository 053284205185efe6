//! Where an entity stands and what it is called: what the engine and the listing know of it.

use duramen_storage::Status;

/// Where an entity stands, so that the engine knows whether it may leave memory and when it must be back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The status. With [`Status::Paused`] the behaviour pauses itself: the entity is listed as paused, with its
    /// [note](crate::Behavior::note), and takes commands and advances as ever; what it does not do meanwhile is for the
    /// behaviour to say. An entity that has ended and owes effects still is [`Status::Running`] until they are done with.
    pub status: Status,
    /// Whether effects are owed: such an entity stays in memory.
    pub busy: bool,
    /// When the next thing is [`due`](crate::Behavior::due), in ms since the Unix epoch. From then on `due` must give at
    /// least one event, and what that leads to must be due later or not at all. A paused entity that has left memory is
    /// not woken by it.
    pub wake_ms: Option<u64>,
}

impl Standing {
    /// It goes on, and owes nothing: it waits for a command.
    #[must_use]
    pub fn waiting() -> Self {
        Self { status: Status::Running, busy: false, wake_ms: None }
    }

    /// It has ended. A command may open it again: what is decided then counts as ever.
    #[must_use]
    pub fn closed(status: Status) -> Self {
        Self { status, busy: false, wake_ms: None }
    }
}

/// What an entity is listed as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The workflow, the state machine, the kind of entity.
    pub definition: String,
    /// Its name, unique among entities of that definition.
    pub name: String,
    /// Which revision of the definition it runs; 1 where there are none.
    pub revision: u32,
}
