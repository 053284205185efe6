//! From text to a condition.

use serde_json::{Number, Value};

use super::filter::{Filter, Inner};
use super::lexer::Lexer;
use super::operand::{Comparison, Operand, Pattern};
use super::parse::{self, PathError};

pub(super) fn filter(lexer: &mut Lexer<'_>) -> Result<Filter, PathError> {
    joined(lexer, "||", Filter::Any, |lexer| joined(lexer, "&&", Filter::All, term))
}

/// One or more conditions with an operator between.
fn joined(
    lexer: &mut Lexer<'_>,
    operator: &str,
    make: fn(Vec<Filter>) -> Filter,
    read: impl Fn(&mut Lexer<'_>) -> Result<Filter, PathError>,
) -> Result<Filter, PathError> {
    let first = read(lexer)?;
    lexer.spaces();
    if !lexer.rest().starts_with(operator) {
        return Ok(first);
    }
    let mut filters = vec![first];
    while lexer.eat(operator) {
        filters.push(read(lexer)?);
        lexer.spaces();
    }
    Ok(make(filters))
}

fn term(lexer: &mut Lexer<'_>) -> Result<Filter, PathError> {
    lexer.spaces();
    if lexer.eat("!") {
        return lexer.nested(term).map(|filter| Filter::Not(Box::new(filter)));
    }
    if lexer.eat("(") {
        let filter = lexer.nested(filter)?;
        lexer.spaces();
        lexer.expect(")")?;
        return Ok(filter);
    }
    let left = operand(lexer)?;
    lexer.spaces();
    let start = lexer.clone();
    match (comparison(lexer), left) {
        (Some(comparison), left) => {
            lexer.spaces();
            let right = operand(lexer)?;
            let patterns = [&left, &right].into_iter().filter(|side| matches!(side, Operand::Pattern(_))).count();
            if patterns != usize::from(comparison == Comparison::Matches) {
                return Err(start.error("a pattern stands on one side of '=~', and nowhere else"));
            }
            Ok(Filter::Compare(left, comparison, right))
        }
        (None, Operand::Path(path)) => Ok(Filter::Exists(path)),
        (None, _) => Err(start.error("expected a comparison")),
    }
}

fn comparison(lexer: &mut Lexer<'_>) -> Option<Comparison> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    Comparison::WRITTEN.into_iter().find_map(|(written, comparison)| {
        let rest = lexer.rest();
        let found = match rest.get(..written.len()) {
            Some(start) if written.starts_with(char::is_alphabetic) => {
                start.eq_ignore_ascii_case(written) && !rest.get(written.len()..)?.starts_with(is_word)
            }
            Some(start) => start == written,
            None => false,
        };
        found.then(|| {
            let rest = rest.get(..written.len()).unwrap_or_default().to_owned();
            lexer.eat(&rest);
            comparison
        })
    })
}

fn operand(lexer: &mut Lexer<'_>) -> Result<Operand, PathError> {
    lexer.spaces();
    let start = lexer.clone();
    match lexer.peek() {
        Some(c @ ('@' | '$')) => {
            lexer.next();
            let ends_name = |c| matches!(c, '=' | '!' | '<' | '>' | '&' | '|' | ',' | '~');
            let segments = lexer.nested(|lexer| parse::segments(lexer, ends_name))?;
            Ok(Operand::Path(Inner { at_item: c == '@', segments }))
        }
        Some('\'' | '"') => lexer.quoted().map(|text| Operand::Value(Value::String(text))),
        Some('/') => pattern(lexer),
        Some('[') => {
            lexer.next();
            lexer.spaces();
            if lexer.eat("]") {
                return Ok(Operand::List(Vec::new()));
            }
            let items = lexer.nested(|lexer| parse::list(lexer, operand))?;
            lexer.expect("]")?;
            if items.iter().any(|item| matches!(item, Operand::Pattern(_))) {
                return Err(start.error("a pattern stands on one side of '=~', and nowhere else"));
            }
            Ok(Operand::List(items))
        }
        _ => {
            let word = lexer.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
            match word {
                "true" => Ok(Operand::Value(Value::Bool(true))),
                "false" => Ok(Operand::Value(Value::Bool(false))),
                "null" => Ok(Operand::Value(Value::Null)),
                _ => match word.parse::<Number>() {
                    Ok(number) => Ok(Operand::Value(Value::Number(number))),
                    Err(_) => Err(start.error("expected a path, a text, a number, a list, true, false or null")),
                },
            }
        }
    }
}

fn pattern(lexer: &mut Lexer<'_>) -> Result<Operand, PathError> {
    let start = lexer.clone();
    lexer.expect("/")?;
    let from = lexer.at();
    loop {
        match lexer.next() {
            Some('\\') => {
                lexer.next();
            }
            Some('/') => break,
            Some(_) => {}
            None => return Err(start.error("the pattern is not closed")),
        }
    }
    let source = lexer.since(from);
    let source = source.strip_suffix('/').unwrap_or(source);
    let flags = lexer.take_while(char::is_alphabetic);
    Pattern::new(source, flags).map(Operand::Pattern).map_err(|reason| start.error(reason))
}
