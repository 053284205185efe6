//! From text to a compiled call.

use serde_json::{Number, Value};

use super::table;
use super::text::ESCAPED;
use super::{Argument, Call};
use crate::query::path::Path;

/// How deep calls may stand in calls.
const MAX_NESTING: usize = 10;

/// A text is not a call of an intrinsic function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid intrinsic function '{text}' : {reason} at position {at}")]
pub struct IntrinsicSyntaxError {
    /// The text.
    pub text: String,
    /// Where it goes wrong, in bytes from its start.
    pub at: usize,
    /// What is wrong there.
    pub reason: String,
}

pub(super) fn call(text: &str) -> Result<Call, IntrinsicSyntaxError> {
    let mut parser = Parser { text, at: 0 };
    parser.spaces();
    let call = parser.call(0)?;
    parser.spaces();
    if parser.rest().is_empty() { Ok(call) } else { Err(parser.error("expected the end")) }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

type Parsed<T> = Result<T, IntrinsicSyntaxError>;

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn word(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let word = rest.get(..rest.find(|c| !accept(c)).unwrap_or(rest.len())).unwrap_or_default();
        self.at += word.len();
        word
    }

    fn eat(&mut self, token: &str) -> bool {
        let eaten = self.rest().starts_with(token);
        self.at += if eaten { token.len() } else { 0 };
        eaten
    }

    fn expect(&mut self, token: &str) -> Parsed<()> {
        if self.eat(token) { Ok(()) } else { Err(self.error(format!("expected '{token}'"))) }
    }

    fn call(&mut self, depth: usize) -> Parsed<Call> {
        if depth >= MAX_NESTING {
            return Err(self.error(format!("more than {MAX_NESTING} levels of functions")));
        }
        let start = self.at;
        self.expect("States.")?;
        let name = self.word(|c| c.is_ascii_alphanumeric() || c == '_');
        let Some(function) = table::function(name) else {
            self.at = start;
            return Err(self.error(format!("'States.{name}' is not an intrinsic function")));
        };
        self.spaces();
        self.expect("(")?;
        let mut arguments = Vec::new();
        self.spaces();
        if !self.eat(")") {
            loop {
                self.spaces();
                arguments.push(self.argument(depth)?);
                self.spaces();
                if self.eat(")") {
                    break;
                }
                self.expect(",")?;
            }
        }
        if arguments.len() < function.least || arguments.len() > function.most {
            let (least, most, given) = (function.least, function.most, arguments.len());
            let takes = if least == most { format!("{least}") } else { format!("at least {least}") };
            self.at = start;
            return Err(self.error(format!("'States.{name}' takes {takes} arguments, but {given} are given")));
        }
        Ok(Call { function, arguments })
    }

    fn argument(&mut self, depth: usize) -> Parsed<Argument> {
        match self.rest().chars().next() {
            Some('\'') => self.quoted(),
            Some('$') => self.path(),
            Some('S') => self.call(depth + 1).map(Argument::Call),
            _ => {
                let start = self.at;
                let word = self.word(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
                match (word, word.parse::<Number>()) {
                    ("true", _) => Ok(Argument::Value(Value::Bool(true))),
                    ("false", _) => Ok(Argument::Value(Value::Bool(false))),
                    ("null", _) => Ok(Argument::Value(Value::Null)),
                    (_, Ok(number)) => Ok(Argument::Value(Value::Number(number))),
                    _ => {
                        self.at = start;
                        Err(self.error(
                            "expected a text in single quotes, a number, true, false, null, a path or a function",
                        ))
                    }
                }
            }
        }
    }

    fn quoted(&mut self) -> Parsed<Argument> {
        let start = self.at;
        self.expect("'")?;
        let mut value = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\'' => {
                    let raw = self.rest().get(..at).unwrap_or_default().to_owned();
                    self.at += at + 1;
                    return Ok(Argument::Text { raw, value: value.into() });
                }
                '\\' => match chars.next() {
                    Some((_, c)) if ESCAPED.contains(&c) => value.push(c),
                    _ => {
                        self.at += at;
                        return Err(self.error(r"a backslash must stand before one of ' { } \"));
                    }
                },
                c => value.push(c),
            }
        }
        self.at = start;
        Err(self.error("the quote is not closed"))
    }

    /// A path, which ends where the argument does: at a comma or parenthesis that is in no bracket of its own.
    fn path(&mut self) -> Parsed<Argument> {
        let start = self.at;
        let (mut brackets, mut quote, mut escaped) = (0_usize, None, false);
        let end = self.rest().find(|c| {
            match (quote, c) {
                _ if escaped => escaped = false,
                (Some(_), '\\') => escaped = true,
                (Some(open), c) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') if brackets > 0 => quote = Some(c),
                (None, '[') => brackets += 1,
                (None, ']') => brackets = brackets.saturating_sub(1),
                (None, ',' | ')') if brackets == 0 => return true,
                (None, _) => {}
            }
            false
        });
        let text = self.rest().get(..end.unwrap_or(self.rest().len())).unwrap_or_default();
        self.at += text.len();
        Path::parse(text.trim_end()).map(Argument::Path).map_err(|error| {
            self.at = start + error.at;
            self.error(error.reason)
        })
    }

    fn error(&self, reason: impl Into<String>) -> IntrinsicSyntaxError {
        IntrinsicSyntaxError { text: self.text.to_owned(), at: self.at, reason: reason.into() }
    }
}
