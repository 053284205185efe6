//! What happens to an execution, in the words of AWS durable executions.

mod about;
mod history;
pub(crate) mod schema_1;
mod text;

use duramen_storage::ExecutionId;

pub use history::HistoryEvent;

use crate::{Failure, OperationId, Payload};

/// What has happened to an execution. The names are those of the event types of AWS Lambda durable executions, as far
/// as AWS has the thing; what it has not (cancelled losers, signals, updates, published values, recorded ones, patches)
/// is named in the same manner.
///
/// Events are written by their number: variants are only ever added at the end, and none is changed.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
#[non_exhaustive]
pub enum Event {
    /// Nothing → running.
    ExecutionStarted {
        /// What begins.
        begin: Box<Begin>,
    },
    /// Running → succeeded.
    ExecutionSucceeded {
        /// What the workflow returned.
        result: Payload,
    },
    /// Running → failed.
    ExecutionFailed {
        /// What the workflow returned.
        failure: Failure,
    },
    /// Running or paused → stopped; also when it was cancelled and its workflow then returned a failure.
    ExecutionStopped {
        /// Why, as the one who stopped it said, or what the workflow returned.
        failure: Failure,
    },
    /// An attempt of a step begins.
    StepStarted {
        /// The step.
        operation: OperationId,
        /// Its name.
        name: String,
        /// What part the step plays.
        role: StepRole,
        /// Which attempt; the first is 1.
        attempt: u32,
    },
    /// The step has its result, or a poll of a condition the state for the next one.
    StepSucceeded {
        /// The step.
        operation: OperationId,
        /// The attempt that succeeded.
        attempt: u32,
        /// What it returned.
        result: Payload,
        /// When the condition is polled again, in ms since the Unix epoch; `None` when the step has ended.
        again_at_ms: Option<u64>,
    },
    /// An attempt of a step failed.
    StepFailed {
        /// The step.
        operation: OperationId,
        /// The attempt that failed.
        attempt: u32,
        /// What it returned.
        failure: Failure,
        /// When it is tried again, in ms since the Unix epoch; `None` when the step has failed for good.
        retry_at_ms: Option<u64>,
    },
    /// A wait begins.
    WaitStarted {
        /// The wait.
        operation: OperationId,
        /// Its name.
        name: String,
        /// When it ends, in ms since the Unix epoch.
        until_ms: u64,
    },
    /// A wait has ended.
    WaitSucceeded {
        /// The wait.
        operation: OperationId,
    },
    /// A child context begins.
    ContextStarted {
        /// The context.
        operation: OperationId,
        /// Its name.
        name: String,
        /// What it is for.
        kind: ContextKind,
    },
    /// A child context has its result.
    ContextSucceeded {
        /// The context.
        operation: OperationId,
        /// What it returned.
        result: Payload,
    },
    /// A child context has failed.
    ContextFailed {
        /// The context.
        operation: OperationId,
        /// What it returned.
        failure: Failure,
    },
    /// Running → timed out.
    ExecutionTimedOut {
        /// What the workflow returned once its time was up.
        failure: Failure,
    },
    /// Running → paused: nothing more begins until it is resumed.
    ExecutionPaused {
        /// The operation that paused it; `None` when it was paused from outside.
        operation: Option<OperationId>,
        /// Why.
        reason: String,
        /// The steps that are still to be undone, the next one first.
        compensation: Vec<String>,
    },
    /// Paused → running.
    ExecutionResumed,
    /// The run has ended, and the workflow begins again from its beginning.
    ExecutionContinued {
        /// What begins.
        begin: Box<Begin>,
        /// What was sent to the run that ended and not taken by it.
        mail: Vec<Mail>,
    },
    /// The workflow runs again, from its beginning.
    RunStarted {
        /// How often it was begun again by then.
        run: u32,
    },
    /// The execution is to end: operations under way are cancelled, and what sagas did is undone.
    CancelRequested {
        /// Who wants it.
        reason: CancelReason,
        /// What cancelled operations fail with.
        failure: Failure,
    },
    /// A step nobody waits for any more: what it does is broken off.
    StepCancelled {
        /// The step.
        operation: OperationId,
    },
    /// A wait nobody waits for any more.
    WaitCancelled {
        /// The wait.
        operation: OperationId,
    },
    /// A child context was given up.
    ContextCancelled {
        /// The context.
        operation: OperationId,
    },
    /// A callback waits for somebody outside.
    CallbackStarted {
        /// The callback.
        operation: OperationId,
        /// Its name.
        name: String,
        /// The part of the token that cannot be guessed.
        nonce: u128,
        /// When it times out, in ms since the Unix epoch.
        timeout_at_ms: Option<u64>,
        /// How long at most between two heartbeats, in ms.
        heartbeat_ms: Option<u64>,
    },
    /// Somebody outside still works on it.
    CallbackHeartbeat {
        /// The callback.
        operation: OperationId,
    },
    /// The callback has its result.
    CallbackSucceeded {
        /// The callback.
        operation: OperationId,
        /// What was sent.
        result: Payload,
    },
    /// The callback has failed.
    CallbackFailed {
        /// The callback.
        operation: OperationId,
        /// What was sent.
        failure: Failure,
    },
    /// The time of the callback was up.
    CallbackTimedOut {
        /// The callback.
        operation: OperationId,
        /// Which time.
        failure: Failure,
    },
    /// A callback nobody waits for any more.
    CallbackCancelled {
        /// The callback.
        operation: OperationId,
    },
    /// Another workflow is invoked.
    ChainedInvokeStarted {
        /// The invocation.
        operation: OperationId,
        /// Its name.
        name: String,
        /// The execution that begins.
        invoked: Box<Invoked>,
    },
    /// The invoked execution is known to run by itself.
    ChainedInvokeConfirmed {
        /// The invocation.
        operation: OperationId,
    },
    /// The invoked execution succeeded.
    ChainedInvokeSucceeded {
        /// The invocation.
        operation: OperationId,
        /// What it returned.
        result: Payload,
    },
    /// The invoked execution failed, or could not be started.
    ChainedInvokeFailed {
        /// The invocation.
        operation: OperationId,
        /// What it returned.
        failure: Failure,
    },
    /// The time of the invoked execution was up.
    ChainedInvokeTimedOut {
        /// The invocation.
        operation: OperationId,
        /// What it returned.
        failure: Failure,
    },
    /// The invoked execution was stopped.
    ChainedInvokeStopped {
        /// The invocation.
        operation: OperationId,
        /// Why.
        failure: Failure,
    },
    /// An invocation nobody waits for any more: the execution is told to cancel itself.
    ChainedInvokeCancelled {
        /// The invocation.
        operation: OperationId,
        /// The execution.
        execution: ExecutionId,
    },
    /// A signal came in.
    SignalReceived {
        /// What came in.
        mail: Mail,
    },
    /// The workflow took a signal.
    SignalTaken {
        /// The operation that took it.
        operation: OperationId,
        /// The name of the signal.
        name: String,
        /// Its number.
        number: u64,
    },
    /// Somebody asked for an update.
    UpdateRequested {
        /// What was asked for.
        mail: Mail,
    },
    /// The workflow took a request for an update.
    UpdateTaken {
        /// The operation that took it.
        operation: OperationId,
        /// The name of the update.
        name: String,
        /// Its number.
        number: u64,
    },
    /// The workflow answered a request for an update.
    UpdateAnswered {
        /// The operation that took the request.
        operation: OperationId,
        /// By what the answer is found.
        request: u64,
        /// The answer.
        answer: Result<Payload, Failure>,
    },
    /// The workflow published a value for those who ask.
    Published {
        /// The operation.
        operation: OperationId,
        /// Under which name.
        name: String,
        /// The value.
        value: Payload,
    },
    /// A value that is another one each time was taken: a random number, an id.
    ValueRecorded {
        /// The operation.
        operation: OperationId,
        /// What kind of value.
        name: String,
        /// The value.
        value: Payload,
    },
    /// The workflow came by a patch for the first time, and takes the new way.
    PatchRecorded {
        /// The context in which it did; without a number for the workflow itself.
        context: OperationId,
        /// The id of the patch.
        patch: String,
    },
    /// An operation was not begun, because the execution has reached a limit.
    OperationRefused {
        /// The operation.
        operation: OperationId,
        /// Its name.
        name: String,
        /// What it failed with.
        failure: Failure,
    },
    /// Another execution was told what it was owed.
    Settled {
        /// What was owed.
        owed: Owed,
    },
    /// The execution was started by one of another kind, which waits for its end.
    CallerRecorded {
        /// Who waits.
        caller: Caller,
    },
}

/// A call of an execution of another kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
#[non_exhaustive]
pub struct Caller {
    /// The number of its kind in the log.
    pub kind: u8,
    /// The execution it belongs to.
    pub execution: ExecutionId,
    /// Which call of that.
    pub call: u64,
}

impl Caller {
    /// A call of an execution of the kind that has that number.
    #[must_use]
    pub fn new(kind: u8, execution: ExecutionId, call: u64) -> Self {
        Self { kind, execution, call }
    }
}

/// What an execution begins with.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
#[non_exhaustive]
pub struct Begin {
    /// The workflow that runs.
    pub workflow: String,
    /// Which version of it.
    pub version: u32,
    /// The name of the execution.
    pub name: String,
    /// What the workflow is called with.
    pub input: Payload,
    /// The execution that invoked it, if one did.
    pub parent: Option<Parent>,
    /// When its time is up, in ms since the Unix epoch.
    pub deadline_ms: Option<u64>,
    /// How often the workflow was begun again by then.
    pub run: u32,
}

/// The operation that invoked an execution.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
#[non_exhaustive]
pub struct Parent {
    /// The execution it belongs to.
    pub execution: ExecutionId,
    /// The operation.
    pub operation: OperationId,
}

/// An execution that another one begins.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
#[non_exhaustive]
pub struct Invoked {
    /// The execution.
    pub execution: ExecutionId,
    /// The workflow it runs.
    pub workflow: String,
    /// Which version of it; the newest there is when `None`.
    pub version: Option<u32>,
    /// The name it is started under.
    pub name: String,
    /// What it is called with.
    pub input: Payload,
    /// How long it may take, in ms.
    pub timeout_ms: Option<u64>,
}

/// Something that was sent to an execution by name.
#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
#[non_exhaustive]
pub struct Mail {
    /// Its number among all that was sent to the execution; the first is 1.
    pub number: u64,
    /// For a request, by what its answer is found.
    pub request: Option<u64>,
    /// The name of the signal or update.
    pub name: String,
    /// What was sent.
    pub value: Payload,
}

/// What part a step plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
#[non_exhaustive]
pub enum StepRole {
    /// It does something.
    Do,
    /// It undoes what a step of a saga did, or may have done.
    Undo,
    /// It looks whether something is so, and carries a state from poll to poll.
    Condition,
}

/// What a child context is for: the sub-types of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
#[non_exhaustive]
pub enum ContextKind {
    /// A part of the workflow.
    Child,
    /// A map over items.
    Map,
    /// One item of a map.
    MapIteration,
    /// Several branches at once.
    Parallel,
    /// One of them.
    ParallelBranch,
    /// A callback and the step that submits its token.
    WaitForCallback,
    /// A block that is tried again as a whole.
    WithRetry,
}

/// Who wants an execution to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bincode::Encode, bincode::Decode)]
#[non_exhaustive]
pub enum CancelReason {
    /// Somebody outside.
    Asked,
    /// Its time is up.
    TimedOut,
}

/// What one execution still owes another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, bincode::Encode, bincode::Decode)]
#[non_exhaustive]
pub enum Owed {
    /// To tell the execution that invoked it how it ended.
    TellParent,
    /// To tell an execution it invoked to cancel itself.
    CancelInvoked(ExecutionId),
}
