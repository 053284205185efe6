//! Texts with placeholders in them.

use std::collections::BTreeMap;

use regex::Regex;

/// A recorded text as a pattern: placeholders stand for any text, those of which it is known for that one.
pub(crate) struct Pattern {
    regex: Option<Regex>,
    /// The placeholders, in the order in which they stand there.
    names: Vec<String>,
}

impl Pattern {
    pub(crate) fn new(text: &str, replacements: &[String], known: &BTreeMap<String, String>) -> Self {
        let mut words: Vec<String> =
            replacements.iter().filter(|word| !word.is_empty()).map(|word| regex::escape(word)).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.extend(["<[^<>]+>".to_owned(), "1{12}".to_owned(), "snf_role_arn".to_owned()]);
        let placeholder = Regex::new(&words.join("|")).unwrap();
        let (mut pattern, mut at, mut names) = ("(?s)^".to_owned(), 0, Vec::new());
        for found in placeholder.find_iter(text) {
            pattern.push_str(&regex::escape(&text[at..found.start()]));
            match known.get(found.as_str()) {
                Some(known) => pattern.push_str(&regex::escape(known)),
                None => {
                    pattern.push_str("(.+?)");
                    names.push(found.as_str().to_owned());
                }
            }
            at = found.end();
        }
        pattern.push_str(&regex::escape(&text[at..]));
        pattern.push('$');
        Self { regex: Regex::new(&pattern).ok(), names }
    }

    /// What the placeholders stand for, if the text is of that pattern.
    pub(crate) fn matches(&self, text: &str) -> Option<Vec<(String, String)>> {
        let captures = self.regex.as_ref()?.captures(text)?;
        let parts = captures.iter().skip(1).flatten().map(|part| part.as_str().to_owned());
        Some(self.names.iter().cloned().zip(parts).collect())
    }
}
