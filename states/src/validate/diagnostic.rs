//! What is said about a definition.

use std::fmt;

use crate::definition::Pointer;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The definition cannot be used.
    Error,
    /// It can, but it may not do what is meant.
    Warning,
}

impl Severity {
    /// `ERROR` or `WARNING`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warning => "WARNING",
        }
    }
}

/// What kind of thing is said. The codes are AWS's, but for those marked as our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Code {
    InvalidJsonDescription,
    MissingDescription,
    SchemaValidationFailed,
    MissingEndState,
    MissingTransitionTarget,
    DuplicateStateName,
    InvalidStateName,
    DuplicateLabelName,
    InvalidLabelName,
    TooDeeplyNested,
    InvalidJsonataExpression,
    UnsupportedJsonataExpression,
    InvalidVariableName,
    ReservedVariableName,
    NoDollar,
    NoPath,
    PassResultIsStatic,
    /// Our own: a choice state may fail for want of a `Default`.
    NoDefault,
    /// Our own: a key stands twice in an object.
    DuplicateField,
    /// Our own: a variable is read that nothing assigns.
    UndefinedVariable,
    /// Our own: a variable of an inner machine has the name of one around it.
    ShadowedVariable,
    /// Our own: a field that does nothing where it stands.
    FieldHasNoEffect,
    /// Our own: a number that makes no sense beside another.
    DoubtfulValue,
    /// Our own: an expression has what Step Functions does not know yet.
    NewerSyntax,
}

impl Code {
    /// Whether Step Functions has no such code.
    pub(super) fn is_own(self) -> bool {
        matches!(
            self,
            Self::NoDefault
                | Self::DuplicateField
                | Self::UndefinedVariable
                | Self::ShadowedVariable
                | Self::FieldHasNoEffect
                | Self::DoubtfulValue
                | Self::NewerSyntax
        )
    }

    /// The code as AWS writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJsonDescription => "INVALID_JSON_DESCRIPTION",
            Self::MissingDescription => "MISSING_DESCRIPTION",
            Self::SchemaValidationFailed => "SCHEMA_VALIDATION_FAILED",
            Self::MissingEndState => "MISSING_END_STATE",
            Self::MissingTransitionTarget => "MISSING_TRANSITION_TARGET",
            Self::DuplicateStateName => "DUPLICATE_STATE_NAME",
            Self::InvalidStateName => "INVALID_STATE_NAME",
            Self::DuplicateLabelName => "DUPLICATE_LABEL_NAME",
            Self::InvalidLabelName => "INVALID_LABEL_NAME",
            Self::TooDeeplyNested => "TOO_DEEPLY_NESTED",
            Self::InvalidJsonataExpression => "INVALID_JSONATA_EXPRESSION",
            Self::UnsupportedJsonataExpression => "UNSUPPORTED_JSONATA_EXPRESSION",
            Self::InvalidVariableName => "INVALID_VARIABLE_NAME",
            Self::ReservedVariableName => "RESERVED_VARIABLE_NAME",
            Self::NoDollar => "NO_DOLLAR",
            Self::NoPath => "NO_PATH",
            Self::PassResultIsStatic => "PASS_RESULT_IS_STATIC",
            Self::NoDefault => "NO_DEFAULT",
            Self::DuplicateField => "DUPLICATE_FIELD",
            Self::UndefinedVariable => "UNDEFINED_VARIABLE",
            Self::ShadowedVariable => "SHADOWED_VARIABLE",
            Self::FieldHasNoEffect => "FIELD_HAS_NO_EFFECT",
            Self::DoubtfulValue => "DOUBTFUL_VALUE",
            Self::NewerSyntax => "NEWER_SYNTAX",
        }
    }
}

/// One thing that is said about a definition. Displayed as AWS does in `InvalidDefinition`: `CODE: message at location`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of thing.
    pub code: Code,
    /// What is wrong, in AWS's words where they are known.
    pub message: String,
    /// Why, where the message does not tell it: what is wrong inside of an expression, in our own words.
    pub reason: Option<String>,
    /// Where, as AWS writes it, such as `/States/A/Choices[0]/Next`. None for what concerns the text as a whole.
    pub location: Option<String>,
    /// Where, to be displayed as a JSON pointer into the text.
    pub pointer: Pointer,
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1 in characters.
    pub column: usize,
}

impl Diagnostic {
    /// An error that concerns the text as a whole.
    pub(super) fn of_text(code: Code, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            reason: None,
            location: None,
            pointer: Pointer::root(),
            line: 1,
            column: 1,
        }
    }

    /// Whether it is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = self.location.as_deref().unwrap_or("null");
        write!(f, "{}: {} at {location}", self.code.as_str(), self.message)
    }
}

/// The message of AWS's exception `InvalidDefinition` for the errors among the diagnostics; none when there are none.
///
/// ```
/// use duramen_states::validate::{Options, invalid_definition, validate};
///
/// let diagnostics = validate(r#"{"StartAt": "A"}"#, &Options::default());
/// assert_eq!(
///     invalid_definition(&diagnostics).unwrap(),
///     "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'"
/// );
/// ```
#[must_use]
pub fn invalid_definition(diagnostics: &[Diagnostic]) -> Option<String> {
    let errors: Vec<String> = diagnostics.iter().filter(|one| one.is_error()).map(ToString::to_string).collect();
    (!errors.is_empty()).then(|| format!("Invalid State Machine Definition: '{}'", errors.join(", ")))
}
