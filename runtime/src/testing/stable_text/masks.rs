//! What stands in a text in place of ids, tokens and recorded values.

use std::collections::BTreeMap;

use crate::{CallbackToken, ExecutionId, Payload};

/// Shorter values are too likely to be something else.
const TELLING: usize = 8;
/// The length of a UUID.
const UUID: usize = 36;

/// What is left to chance in a history, by the text that it has.
#[derive(Default)]
pub(super) struct Masks {
    nonces: Vec<u128>,
    values: BTreeMap<String, usize>,
}

/// Gives each text a number, in the order in which they come up.
#[derive(Default)]
struct Numbers<'t>(Vec<&'t str>);

impl<'t> Numbers<'t> {
    fn of(&mut self, text: &'t str) -> usize {
        let before = self.0.iter().position(|known| *known == text);
        before.unwrap_or_else(|| {
            self.0.push(text);
            self.0.len() - 1
        }) + 1
    }
}

impl Masks {
    /// A callback has this in its token.
    pub(super) fn nonce(&mut self, nonce: u128) {
        self.nonces.push(nonce);
    }

    /// What stands in place of a recorded value.
    pub(super) fn value(&mut self, value: &Payload) -> String {
        let text = value.to_string();
        let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&text);
        let next = self.values.len() + 1;
        format!("<value {}>", self.values.entry(bare.to_owned()).or_insert(next))
    }

    /// The text without what is left to chance.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // The longest first, as one may stand inside of another.
        let mut values: Vec<_> = self.values.iter().filter(|(value, _)| value.len() >= TELLING).collect();
        values.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        for (value, number) in values {
            text = text.replace(value, &format!("<value {number}>"));
        }
        without_ids(&self.without_tokens(&text))
    }

    fn without_tokens(&self, text: &str) -> String {
        let mut numbers = Numbers::default();
        let mut stable = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest.find(|letter| !is_of_token(letter)).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(word);
            if word.parse().is_ok_and(|token: CallbackToken| self.nonces.contains(&token.nonce)) {
                stable.push_str(&format!("<token {}>", numbers.of(word)));
            } else {
                stable.push_str(word);
            }
            let other = behind.find(is_of_token).unwrap_or(behind.len());
            let (other, behind) = behind.split_at(other);
            stable.push_str(other);
            rest = behind;
        }
        stable
    }
}

fn is_of_token(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-' || letter == '_'
}

fn without_ids(text: &str) -> String {
    let mut numbers = Numbers::default();
    let mut stable = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match rest.get(..UUID).filter(|id| is_id(id)) {
            Some(id) => {
                stable.push_str(&format!("<id {}>", numbers.of(id)));
                rest = rest.get(UUID..).unwrap_or_default();
            }
            None => {
                stable.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    stable
}

fn is_id(text: &str) -> bool {
    let hyphens = text.match_indices('-').map(|(at, _)| at);
    hyphens.eq([8, 13, 18, 23]) && text.parse::<ExecutionId>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_numbered_as_they_come_up() {
        let (one, two) = (ExecutionId::new(1, [1; 10]), ExecutionId::new(2, [2; 10]));
        let text = Masks::default().apply(&format!("é{one}/1 and {two}, {one}: 1-2-3"));
        assert_eq!(text, "é<id 1>/1 and <id 2>, <id 1>: 1-2-3");
    }

    #[test]
    fn values_are_replaced_wherever_they_stand_and_short_ones_where_they_are_recorded() {
        let mut masks = Masks::default();
        let long = masks.value(&Payload::of("a long one").unwrap());
        let short = masks.value(&Payload::of(&7).unwrap());
        assert_eq!(masks.apply(&format!("{long} {short}: 7 of a long one")), "<value 1> <value 2>: 7 of <value 1>");
    }

    #[test]
    fn tokens_of_the_callbacks_of_the_history_are_replaced() {
        let token = |nonce| CallbackToken::new(ExecutionId::new(1, [1; 10]), crate::OperationId::within(&[], 1), nonce);
        let mut masks = Masks::default();
        masks.nonce(5);
        let text = masks.apply(&format!("a/{}?b {}", token(5), token(6)));
        assert_eq!(text, format!("a/<token 1>?b {}", token(6)));
    }
}
