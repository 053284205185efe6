//! Callbacks are answered from outside, by their token.

use duramen_storage::Version;
use serde::Serialize;

use crate::error::CallbackRefused;
use crate::execution::{CallbackNews, Command, Reply};
use crate::runtime::payload_of;
use crate::{CallbackToken, Error, Event, Failure, Handle, Runtime};

impl Runtime {
    /// Answers a callback with a result. The first answer counts.
    ///
    /// # Errors
    /// [`Error::Callback`] when nobody waits for it; [`Error::Payload`] and [`Error::TooLarge`] for the value;
    /// [`Error::Execution`] when the execution cannot be asked.
    pub async fn succeed_callback(
        &self,
        token: &CallbackToken,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), Error> {
        let result = payload_of("the answer to the callback", value)?;
        self.check_size("the answer to the callback", &result)?;
        self.tell_callback(token, CallbackNews::Succeeded(result)).await
    }

    /// Answers a callback with a failure. The first answer counts.
    ///
    /// # Errors
    /// [`Error::Callback`] when nobody waits for it; [`Error::Execution`] when the execution cannot be asked.
    pub async fn fail_callback(&self, token: &CallbackToken, failure: Failure) -> Result<(), Error> {
        let limit = self.system().behavior().limits.payload;
        self.tell_callback(token, CallbackNews::Failed(failure.within(limit))).await
    }

    /// Says that a callback will be answered still; see [`Callback::heartbeat`](crate::Callback::heartbeat).
    ///
    /// # Errors
    /// [`Error::Callback`] when nobody waits for it; [`Error::Execution`] when the execution cannot be asked.
    pub async fn heartbeat_callback(&self, token: &CallbackToken) -> Result<(), Error> {
        self.tell_callback(token, CallbackNews::Heartbeat).await
    }

    async fn tell_callback(&self, token: &CallbackToken, what: CallbackNews) -> Result<(), Error> {
        let CallbackToken { execution, operation, nonce } = token.clone();
        match self.system().address(execution).ask(Command::Callback { operation, nonce, what }).await? {
            Reply::Done => Ok(()),
            Reply::Unknown => Err(Error::Callback { execution, why: CallbackRefused::Unknown }),
            Reply::NotAwaited | Reply::Closed => Err(Error::Callback { execution, why: self.why_not(token).await? }),
        }
    }

    /// What became of a callback that nobody waits for.
    async fn why_not(&self, token: &CallbackToken) -> Result<CallbackRefused, Error> {
        let first = self.read({
            let execution = token.execution;
            move |log| log.read(execution, Version::NONE, 1)
        });
        if first.await?.is_empty() {
            return Ok(CallbackRefused::Unknown);
        }
        let handle = Handle::<()>::new(self, token.execution, String::new(), String::new());
        let mut why = CallbackRefused::Unknown;
        for line in handle.history().await? {
            let of_callback = line.event.operation() == Some(&token.operation);
            match line.event {
                Event::CallbackStarted { nonce, .. } if of_callback && nonce == token.nonce => {
                    why = CallbackRefused::Closed;
                }
                _ if !of_callback || why == CallbackRefused::Unknown => {}
                Event::CallbackSucceeded { .. } | Event::CallbackFailed { .. } => return Ok(CallbackRefused::Answered),
                Event::CallbackTimedOut { .. } => return Ok(CallbackRefused::TimedOut),
                Event::CallbackCancelled { .. } => return Ok(CallbackRefused::Cancelled),
                _ => {}
            }
        }
        Ok(why)
    }
}
