//! How an execution came out, as a value that can be compared.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::{Error, Failure, Handle, Status};

/// How an execution came out, or why it goes no further: [`ended`] gives it. It has no ids and no times, so it is the same for
/// each run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended<T> {
    /// The workflow returned this.
    Succeeded(T),
    /// The workflow returned a failure.
    Failed(Failure),
    /// Its time was up.
    TimedOut(Failure),
    /// It was stopped or cancelled.
    Stopped(Failure),
    /// It is paused, for this reason, and would go on only when it is resumed: [`Handle::result`] waits for that.
    Paused(String),
}

impl<T> Ended<T> {
    /// The result, if there is one.
    pub fn succeeded(self) -> Option<T> {
        match self {
            Self::Succeeded(result) => Some(result),
            _ => None,
        }
    }

    /// The failure with which it ended, if it ended with one.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) | Self::TimedOut(failure) | Self::Stopped(failure) => Some(failure),
            Self::Succeeded(_) | Self::Paused(_) => None,
        }
    }
}

/// Waits until an execution has ended, or is paused. A test that awaited [`Handle::result`] would wait for ever for one that a
/// fault has paused.
///
/// ```
/// use duramen::testing::{Ended, Lab, ended};
/// use duramen::{Context, Failure};
///
/// async fn pay(_: Context, cents: u64) -> Result<u64, Failure> {
///     if cents > 100 { Err(Failure::new("TooMuch", "at most 100")) } else { Ok(cents) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), duramen::Error> {
/// let mut lab = Lab::in_memory(|builder| builder.workflow("pay", pay));
/// let handle = lab.start::<u64>("pay", "invoice-12", 99).await?;
/// assert_eq!(ended(&handle).await?, Ended::Succeeded(99));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Payload`] when the result is not a `T`; [`Error::Execution`] when the runtime ends first; errors of the log.
pub async fn ended<T: DeserializeOwned>(handle: &Handle<T>) -> Result<Ended<T>, Error> {
    let result = tokio::select! {
        biased;
        result = handle.result() => result,
        reason = paused(handle) => return reason.map(Ended::Paused),
    };
    match result {
        Ok(result) => Ok(Ended::Succeeded(result)),
        Err(Error::Failed { failure, .. }) => Ok(Ended::Failed(*failure)),
        Err(Error::TimedOut { failure, .. }) => Ok(Ended::TimedOut(*failure)),
        Err(Error::Stopped { failure, .. }) => Ok(Ended::Stopped(*failure)),
        Err(error) => Err(error),
    }
}

/// Waits until an execution is paused, and gives the reason. No event says that a fault has paused it, so it is looked at,
/// less and less often.
async fn paused<T>(handle: &Handle<T>) -> Result<String, Error> {
    let mut pause = Duration::from_millis(1);
    loop {
        tokio::time::sleep(pause).await;
        if let Status::Paused { reason, .. } = handle.status().await? {
            return Ok(reason);
        }
        pause = pause.saturating_mul(2).min(Duration::from_secs(24 * 3600));
    }
}
