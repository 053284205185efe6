//! What follows from a command, and all it may depend on beside the state.

use crate::{Behavior, Fault};

/// When a command is decided, and the randomness it may use: the only ways for either to reach pure code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// ms since the Unix epoch.
    pub now_ms: u64,
    /// 64 random bits.
    pub entropy: u64,
}

/// What follows from a command.
#[derive(Debug)]
pub struct Decision<B: Behavior> {
    /// What has happened; may be empty.
    pub events: Vec<B::Event>,
    /// What the command is answered with, once the events are durable.
    pub reply: B::Reply,
    /// Why the entity cannot go on, if it cannot: it is paused.
    pub fault: Option<Fault>,
}

impl<B: Behavior> Decision<B> {
    /// Nothing happens; only an answer is given.
    pub fn reply(reply: B::Reply) -> Self {
        Self { events: Vec::new(), reply, fault: None }
    }

    /// One event happens.
    pub fn event(event: B::Event, reply: B::Reply) -> Self {
        Self { events: vec![event], reply, fault: None }
    }

    /// The entity cannot go on.
    pub fn fault(fault: Fault, reply: B::Reply) -> Self {
        Self { events: Vec::new(), reply, fault: Some(fault) }
    }
}
