//! What a validation takes for granted.

use std::collections::BTreeSet;

use super::checker::Checker;
use super::queries::Queries;

/// Options of [`validate`](super::validate). The default is what AWS does with a standard state machine, and some warnings
/// more.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options<'a> {
    /// Which type of state machine it is to be. Express machines cannot wait for jobs and tokens.
    pub machine_type: MachineType,
    /// Which resources that are not ARNs are allowed.
    pub handlers: Handlers,
    /// Looks at what expressions say. Without one only their outer form is looked at.
    pub checker: Option<&'a dyn Checker>,
    /// At how many diagnostics it stops.
    pub limit: usize,
    /// Whether warnings are given that only this library gives, beside those of Step Functions.
    pub lints: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            machine_type: MachineType::Standard,
            handlers: Handlers::None,
            checker: Some(&Queries),
            limit: 1000,
            lints: true,
        }
    }
}

impl<'a> Options<'a> {
    /// With that type of state machine.
    #[must_use]
    pub fn machine_type(mut self, machine_type: MachineType) -> Self {
        self.machine_type = machine_type;
        self
    }

    /// With those handlers.
    #[must_use]
    pub fn handlers(mut self, handlers: Handlers) -> Self {
        self.handlers = handlers;
        self
    }

    /// With that checker of expressions.
    #[must_use]
    pub fn checker(mut self, checker: &'a dyn Checker) -> Self {
        self.checker = Some(checker);
        self
    }

    /// Without the warnings that only this library gives, to say what Step Functions would say.
    ///
    /// ```
    /// use duramen_states::validate::{Options, validate};
    ///
    /// let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Choice",
    ///     "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "B"}]}, "B": {"Type": "Succeed"}}}"#;
    /// assert_eq!(validate(text, &Options::default()).len(), 1);
    /// assert_eq!(validate(text, &Options::default().without_lints()), []);
    /// ```
    #[must_use]
    pub fn without_lints(mut self) -> Self {
        self.lints = false;
        self
    }

    /// With that many diagnostics at most.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }
}

/// The type of a state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MachineType {
    /// Executions are recorded, and may last a year.
    #[default]
    Standard,
    /// Executions last five minutes at most.
    Express,
}

/// Which plain names a `Resource` may have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Handlers {
    /// None: a resource is an ARN.
    #[default]
    None,
    /// Any.
    Any,
    /// Those that the embedding program registered.
    Named(BTreeSet<String>),
}
