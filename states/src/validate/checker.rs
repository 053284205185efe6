//! What is asked of those who know the query languages.

/// Looks at expressions. Each method gives what is wrong, nothing when all is well.
///
/// The texts come decoded, and a JSONata expression comes without its `{%` and `%}`.
pub trait Checker {
    /// A path as `InputPath` takes it: `$.a`, `$$.Execution.Id`, `$variable.b`.
    fn check_path(&self, text: &str) -> Vec<Fault>;

    /// A path that names one place, as `ResultPath` and `ItemsPath` take it.
    fn check_reference_path(&self, text: &str) -> Vec<Fault>;

    /// What stands in a payload template under a key that ends in `.$`, and in `ErrorPath` and `CausePath`: a path or an
    /// intrinsic function.
    fn check_template(&self, text: &str) -> Vec<Fault>;

    /// A JSONata expression.
    fn check_jsonata(&self, text: &str) -> Vec<Fault>;

    /// The pattern of `StringMatches`.
    fn check_pattern(&self, text: &str) -> Vec<Fault>;
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The byte of the expression at which it was noticed.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
    /// Whether the expression is good in its language, but not allowed here.
    pub unsupported: bool,
}

impl Fault {
    /// An expression that its language does not allow.
    #[must_use]
    pub fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into(), unsupported: false }
    }

    /// An expression that is good in its language, but not allowed here.
    #[must_use]
    pub fn unsupported(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into(), unsupported: true }
    }
}
