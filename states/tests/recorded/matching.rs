//! Texts with placeholders in them.

use regex::Regex;

/// A recorded text as a pattern: placeholders stand for any text.
pub(crate) struct Pattern(Option<Regex>);

impl Pattern {
    pub(crate) fn new(text: &str, replacements: &[String]) -> Self {
        let mut words: Vec<String> =
            replacements.iter().filter(|word| !word.is_empty()).map(|word| regex::escape(word)).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.extend(["<[^<>]+>".to_owned(), "1{12}".to_owned(), "snf_role_arn".to_owned()]);
        let placeholder = Regex::new(&words.join("|")).unwrap();
        let (mut pattern, mut at) = ("(?s)^".to_owned(), 0);
        for found in placeholder.find_iter(text) {
            pattern.push_str(&regex::escape(&text[at..found.start()]));
            pattern.push_str(".+?");
            at = found.end();
        }
        pattern.push_str(&regex::escape(&text[at..]));
        pattern.push('$');
        Self(Regex::new(&pattern).ok())
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|pattern| pattern.is_match(text))
    }
}
