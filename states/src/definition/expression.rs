//! Where expressions stand in a definition. They are kept as they were written, with their place, and compiled later.

use serde_json::Value;

use super::pointer::Pointer;

/// The query language of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum QueryLanguage {
    /// Paths, payload templates and intrinsic functions.
    #[default]
    JsonPath,
    /// `{% … %}` strings.
    Jsonata,
}

/// A text that is a path, an intrinsic function or a JSONata string, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// The text as written; a JSONata string with its `{%` and `%}`.
    pub text: String,
    /// Where it stands.
    pub pointer: Pointer,
}

/// Any JSON value in which expressions may stand: a payload template, or a value with JSONata strings in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The value as written.
    pub value: Value,
    /// Where it stands.
    pub pointer: Pointer,
}

/// A field whose value is written down, or found when the state runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Dynamic<T> {
    /// Written down.
    Fixed(T),
    /// From the field whose name ends in `Path`.
    Path(Expression),
    /// From a JSONata string in the field itself.
    Jsonata(Expression),
}

/// What `InputPath`, `OutputPath` or `ResultPath` says.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Selection {
    /// The field is absent, which means `$`.
    #[default]
    Whole,
    /// The field is null: nothing is selected, or the result is discarded.
    Nothing,
    /// The field is a path.
    Path(Expression),
}

/// The part of a JSONata string between `{%` and `%}`, without the white space around it. None when the text is not a
/// JSONata string.
///
/// ```
/// use duramen_states::definition::jsonata_body;
///
/// assert_eq!(jsonata_body("{% $states.input %}"), Some("$states.input"));
/// assert_eq!(jsonata_body("plain"), None);
/// ```
#[must_use]
pub fn jsonata_body(text: &str) -> Option<&str> {
    Some(text.strip_prefix("{%")?.strip_suffix("%}")?.trim())
}
