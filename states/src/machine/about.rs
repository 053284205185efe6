//! Who an execution is.

use bincode::{Decode, Encode};

/// The names of an execution and of its state machine, as the context object and the history show them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct About {
    /// The ARN of the execution.
    pub execution_arn: String,
    /// The name of the execution.
    pub execution_name: String,
    /// The ARN of the state machine.
    pub machine_arn: String,
    /// The name of the state machine.
    pub machine_name: String,
    /// The role in whose name it runs.
    pub role_arn: Option<String>,
    /// Whether it is an Express execution.
    pub express: bool,
}

impl About {
    /// An execution with that name of a state machine with that name, in the region `local` of the account 000000000000.
    #[must_use]
    pub fn new(machine_name: &str, execution_name: &str) -> Self {
        Self {
            execution_arn: format!("arn:aws:states:local:000000000000:execution:{machine_name}:{execution_name}"),
            execution_name: execution_name.to_owned(),
            machine_arn: format!("arn:aws:states:local:000000000000:stateMachine:{machine_name}"),
            machine_name: machine_name.to_owned(),
            role_arn: None,
            express: false,
        }
    }

    /// With those ARNs of the execution and of the state machine.
    #[must_use]
    pub fn arns(mut self, execution: impl Into<String>, machine: impl Into<String>) -> Self {
        (self.execution_arn, self.machine_arn) = (execution.into(), machine.into());
        self
    }

    /// With that role.
    #[must_use]
    pub fn role(mut self, arn: impl Into<String>) -> Self {
        self.role_arn = Some(arn.into());
        self
    }

    /// As an Express execution.
    #[must_use]
    pub fn express(mut self) -> Self {
        self.express = true;
        self
    }

    /// The region in the ARN of the state machine.
    pub(crate) fn region(&self) -> &str {
        self.machine_arn.split(':').nth(3).unwrap_or_default()
    }
}
