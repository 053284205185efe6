//! Where in an expression its parser gave up, which the parser does not say.

use super::parse;

/// Longer expressions are not searched: every look reads the expression anew.
const MAX_BYTES: usize = 256 << 10;

/// The byte at which the token begins that the parser refused with that message.
///
/// The parser reads from left to right, so all that is longer than what it refused is refused in the same words; the shortest such beginning ends with
/// the token. What ends too soon is refused at its end.
pub(super) fn of_error(source: &str, message: &str) -> usize {
    let is_refused =
        |end: usize| source.get(..end).map(parse).and_then(Result::err).is_some_and(|found| found == message);
    if ["S0203", "S0207"].iter().any(|code| message.starts_with(code)) {
        return source.len();
    }
    if source.len() > MAX_BYTES || is_refused(0) {
        return 0;
    }
    let (mut good, mut refused) = (0, source.len());
    while let Some(middle) = between(source, good, refused) {
        if is_refused(middle) {
            refused = middle;
        } else {
            good = middle;
        }
    }
    token(source.get(..refused).unwrap_or(source))
}

/// A border of characters in the middle between two others.
fn between(source: &str, from: usize, to: usize) -> Option<usize> {
    let middle = from + (to - from) / 2;
    let up = (middle.max(from + 1)..to).find(|at| source.is_char_boundary(*at));
    up.or_else(|| (from + 1..middle).rev().find(|at| source.is_char_boundary(*at)))
}

/// Where the last token of a text begins.
fn token(text: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let word = text.trim_end_matches(is_word).len();
    if word < text.len() {
        return word;
    }
    match text.char_indices().next_back() {
        Some((at, quote @ ('"' | '\'' | '`'))) => text.get(..at).and_then(|before| before.rfind(quote)).unwrap_or(at),
        Some((at, _)) => at,
        None => 0,
    }
}
