//! What a workflow may not take from the world directly, and what it says without waiting: recorded values, the time, a
//! published value, patches, the beginning of another run.

use std::borrow::Cow;
use std::panic::Location;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::Context;
use crate::{Event, Failure, Payload};

/// Names under which values are published are as long as the log allows a mark to be, in bytes.
const LONGEST_NAME: usize = 1024;

impl Context {
    /// What the clock showed when this turn of the workflow began, the same after any crash.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        UNIX_EPOCH.checked_add(Duration::from_millis(self.now_ms())).unwrap_or(UNIX_EPOCH)
    }

    /// The same, in ms since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.board().now_ms()
    }

    /// 64 random bits, recorded: the same after any crash.
    #[track_caller]
    #[must_use]
    pub fn random(&self) -> u64 {
        self.shielded().record_at("random", || fastrand::u64(..), Location::caller()).unwrap_or_default()
    }

    /// A random id (version 4), recorded: the same after any crash.
    #[track_caller]
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        let text = self.shielded().record_at("uuid", || Uuid::new_v4().to_string(), Location::caller());
        text.ok().and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// Records what `value` gives, and gives the same after any crash: for what is quick to have and cannot fail, as a
    /// setting or a random choice. What takes time, or can fail, belongs into a [`step`](Self::step).
    ///
    /// # Errors
    /// When the value has no JSON form, or is too large.
    #[track_caller]
    pub fn record<T>(&self, name: impl Into<Cow<'static, str>>, value: impl FnOnce() -> T) -> Result<T, Failure>
    where
        T: Serialize + DeserializeOwned,
    {
        self.record_at(name, value, Location::caller())
    }

    fn record_at<T>(
        &self,
        name: impl Into<Cow<'static, str>>,
        value: impl FnOnce() -> T,
        at: &'static Location<'static>,
    ) -> Result<T, Failure>
    where
        T: Serialize + DeserializeOwned,
    {
        let (operation, name) = (self.next_operation(at), name.into());
        let board = self.board();
        let value = match (board.recorded(&operation), board.was_refused(&operation)) {
            (Some(Event::ValueRecorded { value, .. }), _) => Ok(value),
            (_, Some(failure)) => Err(failure),
            _ => {
                Payload::of_result(&value()).and_then(|value| value.within(board.payload_limit(), "the recorded value"))
            }
        };
        let value = value.inspect_err(|failure| board.refuse(operation.clone(), name.to_string(), failure, at))?;
        let read = value.read();
        let event = Event::ValueRecorded { operation: operation.clone(), name: name.clone().into_owned(), value };
        board.begin(event, at, self.is_shielded(), false)?;
        read.map_err(|error| {
            let rust_type = std::any::type_name::<T>();
            board.fault(format!(
                "recorded value `{name}` (operation {operation} at {at}) is not a {rust_type}: {error}. The type has \
                 changed since it was recorded: let it read what was written before, and resume the execution"
            ));
            Failure::new(Failure::PAYLOAD_NOT_READABLE, error.to_string())
        })
    }

    /// Publishes a value under a name, in place of the one before: [`Handle::query`](crate::Handle::query) reads it
    /// without waking the workflow, also after the execution has ended.
    ///
    /// # Errors
    /// When the value has no JSON form, or is too large; when the name has more than 1,024 bytes; when the execution was
    /// cancelled.
    #[track_caller]
    pub fn publish(
        &self,
        name: impl Into<Cow<'static, str>>,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), Failure> {
        let (at, name) = (Location::caller(), name.into());
        let (operation, board) = (self.next_operation(at), self.board());
        if name.len() > LONGEST_NAME {
            let cause =
                format!("the name of a published value has {} bytes, at most {LONGEST_NAME} are allowed", name.len());
            return Err(Failure::new(Failure::INVALID_SETTING, cause));
        }
        let value = match board.was_refused(&operation) {
            Some(failure) => Err(failure),
            None => Payload::of_result(value)?.within(board.payload_limit(), "the published value"),
        };
        let value = value.inspect_err(|failure| board.refuse(operation.clone(), name.to_string(), failure, at))?;
        let event = Event::Published { operation, name: name.into_owned(), value };
        board.begin(event, at, self.is_shielded(), false)
    }

    /// Whether the code takes the new way at the patch `id`: `true` in executions that come by it for the first time, and
    /// in all their replays; `false` in those that had gone by before the patch was there.
    ///
    /// The first answer holds for the context and the contexts inside of it, as long as the run lasts. When no execution
    /// is under way any more that would answer `false`, the old way can be taken out; the call must stay until none is
    /// that has answered `true`.
    ///
    /// ```
    /// # use duramen::{Context, Failure};
    /// # async fn mail() -> Result<(), Failure> { Ok(()) }
    /// # async fn text() -> Result<(), Failure> { Ok(()) }
    /// async fn notify(ctx: Context, (): ()) -> Result<(), Failure> {
    ///     if ctx.patched("text instead of mail") {
    ///         ctx.step("text", text).await
    ///     } else {
    ///         ctx.step("mail", mail).await
    ///     }
    /// }
    /// ```
    #[track_caller]
    #[must_use]
    pub fn patched(&self, id: &str) -> bool {
        let at = Location::caller();
        self.board().check_context(self.path(), at);
        self.board().patched(self.path(), id, at)
    }

    /// Ends this run and begins the workflow again from its beginning, with this input: same execution, same handle, same
    /// deadline, a history that need not be replayed any more. What is under way is given up; signals and updates that were
    /// not taken go over into the next run. The future never ends.
    ///
    /// ```
    /// # use duramen::{Context, Failure};
    /// # use std::time::Duration;
    /// async fn every_day(ctx: Context, day: u64) -> Result<(), Failure> {
    ///     ctx.wait("a day", Duration::from_secs(24 * 3600)).await?;
    ///     ctx.step("report", move || report(day)).await?;
    ///     ctx.continue_as_new(day + 1).await
    /// }
    /// # async fn report(_: u64) -> Result<(), Failure> { Ok(()) }
    /// ```
    pub async fn continue_as_new<T>(&self, input: impl Serialize) -> T {
        let board = self.board();
        let input = Payload::of_result(&input).and_then(|input| input.within(board.limits.payload, "the next input"));
        match input {
            Ok(input) => board.continue_with(input),
            Err(failure) => board.fault(format!("the workflow cannot begin again: {failure}")),
        }
        std::future::pending().await
    }
}
