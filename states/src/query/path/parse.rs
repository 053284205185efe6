//! From text to a compiled path.

use super::lexer::Lexer;
use super::{Path, Root, Segment, parse_filter};

/// How many segments a path may have.
const MAX_SEGMENTS: usize = 256;

/// A text is not a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid path '{path}' : {reason} at position {at}")]
pub struct PathError {
    /// The text.
    pub path: String,
    /// Where it goes wrong, in bytes from its start.
    pub at: usize,
    /// What is wrong there.
    pub reason: String,
}

pub(super) fn path(text: &str) -> Result<Path, PathError> {
    let mut lexer = Lexer::new(text);
    lexer.expect("$")?;
    let root = root(&mut lexer);
    let segments = segments(&mut lexer, |_| false)?;
    match lexer.peek() {
        None => Ok(Path { text: text.to_owned(), root, segments }),
        Some(c) => Err(lexer.error(format!("unexpected '{c}'"))),
    }
}

/// What stands behind the first `$`.
fn root(lexer: &mut Lexer<'_>) -> Root {
    if lexer.eat("$") {
        return Root::Context;
    }
    match lexer.peek() {
        Some(c) if c.is_alphabetic() || c == '_' => {
            Root::Variable(lexer.take_while(|c| c.is_alphanumeric() || c == '_').to_owned())
        }
        _ => Root::Input,
    }
}

/// Segments up to what can be none. `stop` says which further characters end a name behind a dot.
pub(super) fn segments(lexer: &mut Lexer<'_>, stop: fn(char) -> bool) -> Result<Vec<Segment>, PathError> {
    let mut segments = Vec::new();
    loop {
        if segments.len() > MAX_SEGMENTS {
            return Err(lexer.error(format!("more than {MAX_SEGMENTS} segments")));
        }
        if lexer.eat("..") {
            segments.push(Segment::Scan);
            segments.push(if lexer.peek() == Some('[') { bracket(lexer)? } else { dotted(lexer, stop)? });
        } else if lexer.eat(".") {
            segments.push(if lexer.peek() == Some('[') { bracket(lexer)? } else { dotted(lexer, stop)? });
        } else if lexer.peek() == Some('[') {
            segments.push(bracket(lexer)?);
        } else {
            return Ok(segments);
        }
    }
}

/// What stands behind a dot: a name or `*`.
fn dotted(lexer: &mut Lexer<'_>, stop: fn(char) -> bool) -> Result<Segment, PathError> {
    let start = lexer.clone();
    let name =
        lexer.take_while(|c| !matches!(c, '.' | '[' | ']' | '(' | ')' | '\'' | '"') && !c.is_whitespace() && !stop(c));
    match (name, lexer.peek()) {
        (_, Some('(')) => Err(start.error("functions are not part of paths")),
        ("", _) => Err(start.error("expected a name")),
        ("*", _) => Ok(Segment::Every),
        _ => Ok(Segment::Names(vec![name.to_owned()])),
    }
}

fn bracket(lexer: &mut Lexer<'_>) -> Result<Segment, PathError> {
    lexer.expect("[")?;
    lexer.spaces();
    let segment = match lexer.peek() {
        Some('\'' | '"') => Segment::Names(list(lexer, Lexer::quoted)?),
        Some('*') => {
            lexer.next();
            Segment::Every
        }
        Some('?') => {
            lexer.next();
            lexer.spaces();
            lexer.expect("(")?;
            let filter = lexer.nested(parse_filter::filter)?;
            lexer.spaces();
            lexer.expect(")")?;
            Segment::Filter(filter)
        }
        Some(_) => numbers(lexer)?,
        None => return Err(lexer.error("the bracket is not closed")),
    };
    lexer.spaces();
    lexer.expect("]")?;
    Ok(segment)
}

/// Indexes or a slice.
fn numbers(lexer: &mut Lexer<'_>) -> Result<Segment, PathError> {
    let start = lexer.clone();
    let first = lexer.integer()?;
    lexer.spaces();
    if lexer.eat(":") {
        lexer.spaces();
        let to = lexer.integer()?;
        lexer.spaces();
        if lexer.eat(":") {
            lexer.spaces();
            lexer.integer()?;
        }
        return Ok(Segment::Slice(first, to));
    }
    *lexer = start;
    let indexes = list(lexer, |lexer| {
        let missing = lexer.error("expected a quoted name, an index, a slice, '*' or a filter");
        lexer.integer()?.ok_or(missing)
    })?;
    Ok(Segment::Indexes(indexes))
}

/// One or more things between commas.
pub(super) fn list<'t, T>(
    lexer: &mut Lexer<'t>,
    mut read: impl FnMut(&mut Lexer<'t>) -> Result<T, PathError>,
) -> Result<Vec<T>, PathError> {
    let mut items = Vec::new();
    loop {
        lexer.spaces();
        items.push(read(lexer)?);
        lexer.spaces();
        if !lexer.eat(",") {
            return Ok(items);
        }
    }
}
