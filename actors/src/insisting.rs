//! Asking again until it is taken: what entities owe each other must come to the other side's log.

use std::time::Duration;

use crate::{Address, Behavior, Error};

/// The pause before something is asked again.
const PAUSE: Duration = Duration::from_millis(100);

impl Error {
    /// Waits for 100 ms, if it may be otherwise then: another asking may be taken.
    ///
    /// # Errors
    /// The error itself, if it will not pass: [`Error::ShuttingDown`] and what the log says.
    pub async fn pass(self) -> Result<(), Self> {
        match self {
            Self::ShuttingDown | Self::Log(_) => Err(self),
            _ => {
                tokio::time::sleep(PAUSE).await;
                Ok(())
            }
        }
    }
}

impl<B: Behavior> Address<B> {
    /// As [`ask_from_inside`](Self::ask_from_inside), again and again for as long as what is in the way
    /// [may pass](Error::pass). The command may therefore take effect twice.
    ///
    /// # Errors
    /// What does not pass.
    pub async fn insist(&self, command: impl Fn() -> B::Command) -> Result<B::Reply, Error> {
        loop {
            match self.ask_from_inside(command()).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error.pass().await?,
            }
        }
    }

    /// As [`start_from_inside`](Self::start_from_inside), again and again like [`insist`](Self::insist).
    ///
    /// # Errors
    /// What does not pass, as `start_from_inside`.
    pub async fn insist_on_start(&self, command: impl Fn() -> B::Command) -> Result<B::Reply, Error> {
        loop {
            match self.start_from_inside(command()).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error.pass().await?,
            }
        }
    }
}
