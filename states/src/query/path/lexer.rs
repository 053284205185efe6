//! Reading a path character by character.

use super::parse::PathError;

/// How deep parentheses, lists, and filters in filters may nest.
pub(super) const MAX_NESTING: usize = 16;

/// A place in a text.
#[derive(Clone)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    nesting: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, nesting: 0 }
    }

    /// Bytes from the start.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        let eaten = self.rest().starts_with(token);
        if eaten {
            self.at += token.len();
        }
        eaten
    }

    pub(super) fn expect(&mut self, token: &str) -> Result<(), PathError> {
        if self.eat(token) { Ok(()) } else { Err(self.error(format!("expected '{token}'"))) }
    }

    pub(super) fn spaces(&mut self) {
        self.take_while(char::is_whitespace);
    }

    pub(super) fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let start = self.at;
        while self.peek().is_some_and(&accept) {
            self.next();
        }
        self.since(start)
    }

    /// Reads something within something else, unless that is too deep.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, PathError>) -> Result<T, PathError> {
        if self.nesting >= MAX_NESTING {
            return Err(self.error(format!("more than {MAX_NESTING} levels of nesting")));
        }
        self.nesting += 1;
        let read = read(self);
        self.nesting -= 1;
        read
    }

    /// A text in the quotes that come next. A backslash before a quote of this kind or a backslash stands for it; any other stays as it is.
    pub(super) fn quoted(&mut self) -> Result<String, PathError> {
        let start = self.clone();
        let Some(quote @ ('\'' | '"')) = self.next() else { return Err(start.error("expected a quoted text")) };
        let mut text = String::new();
        loop {
            match self.next() {
                Some(c) if c == quote => return Ok(text),
                Some('\\') => match self.peek() {
                    Some(c) if c == quote || c == '\\' => {
                        text.push(c);
                        self.next();
                    }
                    _ => text.push('\\'),
                },
                Some(c) => text.push(c),
                None => return Err(start.error("the quote is not closed")),
            }
        }
    }

    /// A whole number with an optional minus sign.
    pub(super) fn integer(&mut self) -> Result<Option<i64>, PathError> {
        let start = self.clone();
        self.eat("-");
        self.take_while(|c| c.is_ascii_digit());
        match self.since(start.at) {
            "" => Ok(None),
            number => number.parse().map(Some).map_err(|_| start.error(format!("'{number}' is not an index"))),
        }
    }

    pub(super) fn error(&self, reason: impl Into<String>) -> PathError {
        PathError { path: self.text.to_owned(), at: self.at, reason: reason.into() }
    }
}
