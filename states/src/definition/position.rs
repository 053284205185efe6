//! Lines and columns: where what a pointer names stands in the text.

use std::ops::Range;

use super::pointer::{Pointer, Step};
use super::syntax::SyntaxError;
use super::tree::{Node, Tree};

/// A place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1 in characters.
    pub column: usize,
    /// The bytes of the value.
    pub span: Range<usize>,
}

/// Finds where the values of one JSON text stand.
///
/// ```
/// use duramen_states::definition::{Pointer, Positions};
///
/// let text = "{\n  \"States\": {\"A\": [1, 22]}\n}";
/// let positions = Positions::of(text).unwrap();
/// let place = positions.place(&Pointer::root().field("States").field("A").index(1)).unwrap();
/// assert_eq!((place.line, place.column, &text[place.span]), (2, 23, "22"));
/// ```
#[derive(Debug, Clone)]
pub struct Positions<'t> {
    text: &'t str,
    tree: Tree<'t>,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl<'t> Positions<'t> {
    /// Reads the text.
    ///
    /// # Errors
    ///
    /// When it is not one JSON value, or its objects and arrays lie more than 120 deep in each other.
    pub fn of(text: &'t str) -> Result<Self, SyntaxError> {
        let tree = Tree::read(text)?;
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Ok(Self { text, tree, lines })
    }

    /// Where the value stands that the pointer names; of fields that stand twice, the last, which is the one that
    /// counts. None when there is no such value.
    #[must_use]
    pub fn place(&self, pointer: &Pointer) -> Option<Place> {
        let node = self.find(pointer)?;
        Some(self.place_of(node.start, node.end))
    }

    /// Where the key of that field stands, in its quotes. None for elements of arrays and for the root.
    #[must_use]
    pub fn key(&self, pointer: &Pointer) -> Option<Place> {
        let (start, end) = self.find(pointer)?.key?;
        Some(self.place_of(start, end))
    }

    /// The nearest value that exists on the way to what the pointer names.
    #[must_use]
    pub fn nearest(&self, pointer: &Pointer) -> Option<Place> {
        self.place(pointer).or_else(|| self.nearest(pointer.parent()?))
    }

    /// The place of those bytes.
    pub(crate) fn place_of(&self, start: usize, end: usize) -> Place {
        let line = self.lines.partition_point(|begin| *begin <= start);
        let begin = line.checked_sub(1).and_then(|line| self.lines.get(line)).copied().unwrap_or_default();
        let column = self.text.get(begin..start).map_or(0, |before| before.chars().count()) + 1;
        Place { line, column, span: start..end }
    }

    pub(crate) fn tree(&self) -> &Tree<'t> {
        &self.tree
    }

    fn find(&self, pointer: &Pointer) -> Option<&Node> {
        let mut node = self.tree.root()?;
        for step in pointer.steps() {
            let mut children = self.tree.children(node);
            node = match step {
                Step::Index(index) => children.nth(*index)?,
                Step::Field(name) => children.filter(|child| self.tree.has_key(child, name)).last()?,
            };
        }
        Some(node)
    }
}

/// The line and the column of that byte, both counted from 1.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}
