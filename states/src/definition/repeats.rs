//! Keys that are written twice in the same object. Only the last of them counts.

use std::collections::HashSet;

use super::pointer::Pointer;
use super::position::{Place, Positions};
use super::role::Role;
use super::tree::{Node, Tree};

/// A key that stands in its object a second time.
pub(crate) struct Repeat {
    pub(crate) pointer: Pointer,
    pub(crate) key: String,
    /// Whether it is the name of a state.
    pub(crate) is_state: bool,
    /// Where the second one's key stands.
    pub(crate) place: Place,
}

pub(crate) fn repeats(positions: &Positions<'_>) -> Vec<Repeat> {
    let mut found = Vec::new();
    if let Some(root) = positions.tree().root() {
        look_into(positions.tree(), root, &Pointer::root(), Role::Machine, &mut |pointer, key, is_state, span| {
            found.push(Repeat { pointer, key, is_state, place: positions.place_of(span.0, span.1) });
        });
    }
    found
}

fn look_into(
    tree: &Tree<'_>,
    node: &Node,
    at: &Pointer,
    role: Role,
    found: &mut impl FnMut(Pointer, String, bool, (usize, usize)),
) {
    let mut seen = HashSet::new();
    for (index, child) in tree.children(node).enumerate() {
        let inside = role.inside(tree, child);
        let Some(key) = tree.key(child) else {
            look_into(tree, child, &at.index(index), inside, found);
            continue;
        };
        let here = at.field(&key);
        if let Some(span) = child.key
            && !seen.insert(key.clone())
        {
            found(here.clone(), key, inside == Role::State, span);
        }
        look_into(tree, child, &here, inside, found);
    }
}
