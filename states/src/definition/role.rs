//! Which part of the language an object or an array of a definition is, as far as its keys tell.

use super::tree::{Node, Tree};

/// What a value is. All that is the writer's own, such as payloads, is [`Payload`](Self::Payload).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Machine,
    States,
    State,
    Branches,
    Handlers,
    Handler,
    Rules,
    Rule,
    Payload,
}

impl Role {
    /// What the child of something of this role is.
    pub(crate) fn inside(self, tree: &Tree<'_>, child: &Node) -> Self {
        let is = |name| tree.has_key(child, name);
        match self {
            Self::Machine if is("States") => Self::States,
            Self::States => Self::State,
            Self::State if is("Branches") => Self::Branches,
            Self::State if is("ItemProcessor") || is("Iterator") => Self::Machine,
            Self::State if is("Retry") || is("Catch") => Self::Handlers,
            Self::State if is("Choices") => Self::Rules,
            Self::Branches => Self::Machine,
            Self::Handlers => Self::Handler,
            Self::Rules => Self::Rule,
            Self::Rule if is("And") || is("Or") => Self::Rules,
            Self::Rule if is("Not") => Self::Rule,
            _ => Self::Payload,
        }
    }
}
