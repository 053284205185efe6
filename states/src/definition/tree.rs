//! The text of a definition as a tree of spans: it knows where each value and each key stands, and notices keys that
//! stand twice.
//!
//! Nothing is decoded here but what the grammar needs, so the text of every number and string stays as it was written.

use super::syntax::{SyntaxError, SyntaxErrorKind};

/// How deep objects and arrays may lie in each other. The reader behind this one stops a little later.
pub(crate) const MAX_DEPTH: usize = 120;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Object,
    Array,
    Text,
    Number,
    Word,
}

/// A value: where it stands, under which key, and its first child and next sibling.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) shape: Shape,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) key: Option<(usize, usize)>,
    first: Option<usize>,
    next: Option<usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct Tree<'t> {
    text: &'t str,
    nodes: Vec<Node>,
}

impl<'t> Tree<'t> {
    /// Reads the text, which must be one JSON value and white space.
    pub(crate) fn read(text: &'t str) -> Result<Self, SyntaxError> {
        let mut scanner = Scanner { text, bytes: text.as_bytes(), at: 0, nodes: Vec::new() };
        scanner.skip_space();
        if scanner.at == scanner.bytes.len() {
            return Err(scanner.error(SyntaxErrorKind::Empty));
        }
        scanner.value(None, 0)?;
        scanner.skip_space();
        if scanner.at < scanner.bytes.len() {
            return Err(scanner.error(SyntaxErrorKind::Trailing));
        }
        Ok(Self { text, nodes: scanner.nodes })
    }

    pub(crate) fn root(&self) -> Option<&Node> {
        self.nodes.first()
    }

    pub(crate) fn children<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Node> {
        std::iter::successors(node.first.and_then(|at| self.nodes.get(at)), |child| {
            child.next.and_then(|at| self.nodes.get(at))
        })
    }

    /// The text of the value as it was written.
    pub(crate) fn text(&self, node: &Node) -> &'t str {
        self.text.get(node.start..node.end).unwrap_or_default()
    }

    /// The key as it was written, in its quotes.
    pub(crate) fn raw_key(&self, node: &Node) -> &'t str {
        node.key.and_then(|(start, end)| self.text.get(start..end)).unwrap_or_default()
    }

    /// Whether that is the key, decoded only where it has to be.
    pub(crate) fn has_key(&self, node: &Node, name: &str) -> bool {
        let raw = self.raw_key(node);
        let plain = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or_default();
        if plain.contains('\\') {
            self.key(node).is_some_and(|key| key == name)
        } else {
            node.key.is_some() && plain == name
        }
    }

    /// The key, decoded.
    pub(crate) fn key(&self, node: &Node) -> Option<String> {
        node.key?;
        serde_json::from_str(self.raw_key(node)).ok()
    }
}

struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    nodes: Vec<Node>,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn error(&self, kind: SyntaxErrorKind) -> SyntaxError {
        self.error_at(self.at, kind)
    }

    fn error_at(&self, offset: usize, kind: SyntaxErrorKind) -> SyntaxError {
        let (line, column) = super::position::line_and_column(self.text, offset);
        SyntaxError { kind, line, column, offset }
    }

    fn unexpected(&self, expected: &'static str, open: (&'static str, usize)) -> SyntaxError {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(found) => self.error(SyntaxErrorKind::Character { found, expected }),
            None => {
                let (line, column) = super::position::line_and_column(self.text, open.1);
                self.error(SyntaxErrorKind::End { inside: open.0, line, column })
            }
        }
    }

    fn push(&mut self, shape: Shape, key: Option<(usize, usize)>) -> usize {
        self.nodes.push(Node { shape, start: self.at, end: self.at, key, first: None, next: None });
        self.nodes.len() - 1
    }

    fn close(&mut self, node: usize) {
        let end = self.at;
        if let Some(node) = self.nodes.get_mut(node) {
            node.end = end;
        }
    }

    fn value(&mut self, key: Option<(usize, usize)>, depth: usize) -> Result<usize, SyntaxError> {
        match self.peek() {
            Some(b'{') => self.members(Shape::Object, key, depth + 1),
            Some(b'[') => self.members(Shape::Array, key, depth + 1),
            Some(b'"') => {
                let node = self.push(Shape::Text, key);
                self.string()?;
                self.close(node);
                Ok(node)
            }
            Some(b'-' | b'0'..=b'9') => {
                let node = self.push(Shape::Number, key);
                while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
                    self.at += 1;
                }
                self.close(node);
                Ok(node)
            }
            _ => self.word(key),
        }
    }

    fn word(&mut self, key: Option<(usize, usize)>) -> Result<usize, SyntaxError> {
        let start = self.at;
        let word: String = self
            .text
            .get(start..)
            .unwrap_or_default()
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
            .collect();
        if word.is_empty() {
            let expected =
                "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
            return Err(self.unexpected(expected, ("a value", start)));
        }
        let node = self.push(Shape::Word, key);
        self.at += word.len();
        if !matches!(word.as_str(), "true" | "false" | "null") {
            return Err(self.error(SyntaxErrorKind::Word(word)));
        }
        self.close(node);
        Ok(node)
    }

    fn members(&mut self, shape: Shape, key: Option<(usize, usize)>, depth: usize) -> Result<usize, SyntaxError> {
        if depth > MAX_DEPTH {
            return Err(self.error(SyntaxErrorKind::TooDeep(MAX_DEPTH)));
        }
        let (inside, close, between) = match shape {
            Shape::Object => ("an object", b'}', "was expecting comma to separate Object entries"),
            _ => ("an array", b']', "was expecting comma to separate Array entries"),
        };
        let open = (inside, self.at);
        let node = self.push(shape, key);
        self.at += 1;
        let mut last: Option<usize> = None;
        loop {
            self.skip_space();
            if last.is_none() && self.peek() == Some(close) {
                break;
            }
            let key = if shape == Shape::Object { Some(self.member_key(open)?) } else { None };
            if self.peek().is_none() {
                return Err(self.unexpected(between, open));
            }
            let child = self.value(key, depth)?;
            let slot = match last {
                None => self.nodes.get_mut(node).map(|node| &mut node.first),
                Some(before) => self.nodes.get_mut(before).map(|before| &mut before.next),
            };
            if let Some(slot) = slot {
                *slot = Some(child);
            }
            last = Some(child);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == close => break,
                _ => return Err(self.unexpected(between, open)),
            }
        }
        self.at += 1;
        self.close(node);
        Ok(node)
    }

    fn member_key(&mut self, open: (&'static str, usize)) -> Result<(usize, usize), SyntaxError> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("was expecting double-quote to start field name", open));
        }
        let start = self.at;
        self.string()?;
        let key = (start, self.at);
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("was expecting a colon to separate field name and value", open));
        }
        self.at += 1;
        self.skip_space();
        Ok(key)
    }

    fn string(&mut self) -> Result<(), SyntaxError> {
        let open = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.unexpected("", ("a string", open))),
                Some(b'"') => break,
                Some(b'\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u') => self.at += 1,
                        _ => return Err(self.error(SyntaxErrorKind::Escape)),
                    }
                }
                Some(byte) if byte < 0x20 => return Err(self.error(SyntaxErrorKind::Control(char::from(byte)))),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        Ok(())
    }
}
