//! What is asked of those who know the query languages.

/// Looks at expressions. Each method gives what is wrong, nothing when all is well.
///
/// The texts come decoded, and a JSONata expression comes without its `{%` and `%}`.
pub trait Checker {
    /// A path as `InputPath` takes it: `$.a`, `$$.Execution.Id`, `$variable.b`.
    fn check_path(&self, text: &str) -> Vec<Fault>;

    /// A path that names one place, as `ItemsPath` and `SecondsPath` take it.
    fn check_reference_path(&self, text: &str) -> Vec<Fault>;

    /// A path to where a result is put, as `ResultPath` takes it.
    fn check_result_path(&self, text: &str) -> Vec<Fault>;

    /// What stands in a payload template under a key that ends in `.$`, and in `ErrorPath` and `CausePath`: a path or an
    /// intrinsic function.
    fn check_template(&self, text: &str) -> Vec<Fault>;

    /// A JSONata expression. `states` are the fields that `$states` has where it stands.
    fn check_jsonata(&self, text: &str, states: &[&str]) -> Vec<Fault>;

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
    /// What kind of fault it is.
    pub kind: FaultKind,
}

/// The kinds of [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// It is no expression of its language.
    Invalid,
    /// It is good in its language, but not allowed here.
    Unsupported,
    /// It is allowed, but will fail when it is evaluated.
    Failing,
    /// It is allowed here, but Step Functions does not know it.
    Newer,
}

impl Fault {
    /// An expression that its language does not allow.
    #[must_use]
    pub fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into(), kind: FaultKind::Invalid }
    }

    /// An expression that is good in its language, but not allowed here.
    #[must_use]
    pub fn unsupported(offset: usize, message: impl Into<String>) -> Self {
        Self { kind: FaultKind::Unsupported, ..Self::new(offset, message) }
    }

    /// An expression that is allowed, but will fail when it is evaluated.
    #[must_use]
    pub fn failing(offset: usize, message: impl Into<String>) -> Self {
        Self { kind: FaultKind::Failing, ..Self::new(offset, message) }
    }

    /// An expression that Step Functions does not know.
    #[must_use]
    pub fn newer(offset: usize, message: impl Into<String>) -> Self {
        Self { kind: FaultKind::Newer, ..Self::new(offset, message) }
    }
}
