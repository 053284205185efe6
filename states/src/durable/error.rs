//! Why something was not done.

use duramen_storage::ExecutionId;

/// Why something was not done.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No state machine is registered under the name.
    #[error("no state machine is registered as `{machine}`")]
    UnknownMachine {
        /// The name.
        machine: String,
    },
    /// A state machine has no such version or alias.
    #[error("the state machine `{machine}` has no version or alias `{version}`")]
    UnknownVersion {
        /// The name of the state machine.
        machine: String,
        /// The number of the version or the name of the alias.
        version: String,
    },
    /// Another state machine is registered under the name.
    #[error("another state machine is registered as `{machine}`: update it, or take another name")]
    MachineExists {
        /// The name.
        machine: String,
    },
    /// Aliases lead to a version that was to be deleted.
    #[error("version {version} of `{machine}` is in use by the aliases {}: let them lead elsewhere first", .aliases.join(", "))]
    VersionInUse {
        /// The name of the state machine.
        machine: String,
        /// The version.
        version: u32,
        /// The aliases that lead to it.
        aliases: Vec<String>,
    },
    /// An alias cannot be as it was given.
    #[error("the alias `{alias}` cannot be made: {why}")]
    Alias {
        /// The name of the alias.
        alias: String,
        /// What is wrong.
        why: String,
    },
    /// The call is not for that type of state machine.
    #[error("{what} cannot have {call}: {instead}")]
    WrongType {
        /// The state machine or execution.
        what: String,
        /// What was asked for.
        call: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// There is no such execution.
    #[error("there is no execution {execution}")]
    UnknownExecution {
        /// The id or ARN.
        execution: String,
    },
    /// The name is taken by an execution with another input, or by one that has ended where its name is not free then.
    #[error("the execution {execution} has that name already")]
    AlreadyStarted {
        /// The execution that has it.
        execution: ExecutionId,
    },
    /// The input is larger than it may be.
    #[error("the input has more than {bytes} bytes")]
    InputTooLarge {
        /// How many bytes it may have as JSON text.
        bytes: usize,
    },
    /// In the input more objects and arrays lie in each other than may.
    #[error("in the input more than {levels} levels lie in each other")]
    InputTooDeep {
        /// How many may.
        levels: usize,
    },
    /// The execution cannot be redriven.
    #[error("the execution {execution} cannot be redriven: {reason}")]
    NotRedrivable {
        /// The execution.
        execution: ExecutionId,
        /// Why, in the words of Step Functions.
        reason: &'static str,
    },
    /// A definition cannot be run.
    #[error("the definition of `{machine}` cannot be run: {why}")]
    Definition {
        /// The name under which it was registered.
        machine: String,
        /// All that is wrong.
        why: String,
    },
    /// There is no map run with that ARN, or it has ended where one was asked for that is under way.
    #[error("there is no such map run")]
    UnknownMapRun,
    /// It is no token of a task.
    #[error("Invalid Token: 'Invalid token'")]
    InvalidToken,
    /// It is the token of a task of which nothing is known here (any more).
    #[error("Task Does Not Exist: 'Provided task does not exist'")]
    TaskDoesNotExist,
    /// The task of the token has ended: by an answer, or because its time was up, or with what is around it.
    #[error("Task Timed Out: 'Provided task does not exist anymore'")]
    TaskTimedOut,
    /// What a task of a token is told to have put out is no JSON.
    #[error("Invalid Output: '{why}'")]
    InvalidOutput {
        /// What is wrong.
        why: String,
    },
    /// What is asked for cannot be had for now.
    #[error("{why}")]
    Unavailable {
        /// What is in the way.
        why: String,
    },
    /// There is no such activity.
    #[error("Activity Does Not Exist: '{activity}'")]
    ActivityDoesNotExist {
        /// The name or ARN.
        activity: String,
    },
    /// It is no name for an activity: 1 to 80 characters, none of them a space, a control character, or one of
    /// ``<>{}[]?*"#%\^|~`$&,;:/``. Or none for a state machine, which has at least one character and no `:`, behind which
    /// follow a version or an alias, and in the ARN of an execution its name.
    #[error("Invalid Name: '{name}'")]
    InvalidName {
        /// The name.
        name: String,
    },
    /// It is no ARN of an activity.
    #[error("Invalid Arn: 'Invalid ARN prefix: {arn}'")]
    InvalidArn {
        /// The ARN.
        arn: String,
    },
    /// The durable functions that were to be opened beside the state machines are on another log.
    #[error("the durable functions are on another log: give `Runtime::on_log` the log of the state machines")]
    OtherLog,
    /// The durable functions say no.
    #[error(transparent)]
    Functions(#[from] duramen::Error),
    /// The execution, the system or the log says no.
    #[error(transparent)]
    Execution(#[from] duramen_actors::Error),
}

impl Error {
    /// What AWS's API calls the error, if it knows it.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::InvalidToken => "InvalidToken",
            Self::TaskDoesNotExist => "TaskDoesNotExist",
            Self::TaskTimedOut => "TaskTimedOut",
            Self::InvalidOutput { .. } => "InvalidOutput",
            Self::ActivityDoesNotExist { .. } => "ActivityDoesNotExist",
            Self::InvalidName { .. } => "InvalidName",
            Self::InvalidArn { .. } => "InvalidArn",
            Self::UnknownMachine { .. } | Self::UnknownVersion { .. } => "StateMachineDoesNotExist",
            Self::UnknownExecution { .. } => "ExecutionDoesNotExist",
            Self::AlreadyStarted { .. } => "ExecutionAlreadyExists",
            Self::NotRedrivable { .. } => "ExecutionNotRedrivable",
            Self::MachineExists { .. } => "StateMachineAlreadyExists",
            Self::WrongType { .. } => "StateMachineTypeNotSupported",
            Self::VersionInUse { .. } => "ConflictException",
            Self::InputTooLarge { .. } => "InvalidExecutionInput",
            Self::Definition { .. } => "InvalidDefinition",
            _ => return None,
        })
    }
}
