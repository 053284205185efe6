//! What has happened to an execution, read from the log, and watched as it happens.

use std::collections::VecDeque;

use duramen_actors::decode_turn;
use duramen_storage::{Error as LogError, Record, Version};
use futures::Stream;
use futures::stream::try_unfold;
use tokio::sync::Notify;

use crate::{Error, Event, Handle, HistoryEvent};

/// How many records are read at once.
const PAGE: usize = 256;

impl<T> Handle<T> {
    /// All that has happened to it, as far as it is durable.
    ///
    /// # Errors
    /// [`Error::NotFound`] once it was deleted; errors of the log, which name a record that is damaged.
    pub async fn history(&self) -> Result<Vec<HistoryEvent>, Error> {
        let mut reader = Reader::default();
        loop {
            let complete = !reader.read(self).await?;
            if complete {
                let history: Vec<_> = reader.ready.into();
                return if history.is_empty() { Err(self.not_found()) } else { Ok(history) };
            }
        }
    }

    /// The events behind event number `after` (0 for all), those that have happened and then each as it happens: once it
    /// is durable. The stream ends behind the event that ends the execution; what comes to nothing can go on behind the
    /// number of the last event that came.
    ///
    /// The stream yields [`Error::NotFound`] once the execution was deleted; [`Error::Execution`] when the runtime ends;
    /// errors of the log, which name a record that is damaged. It is over after an error.
    ///
    /// ```
    /// # use duramen::{Context, Failure, Runtime};
    /// # use futures::TryStreamExt;
    /// # async fn hello(ctx: Context, (): ()) -> Result<u32, Failure> {
    /// #     ctx.step("count", || async { Ok::<_, Failure>(3) }).await
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let runtime = Runtime::builder(folder.path()).workflow("hello", hello).open().await?;
    /// let handle = runtime.start::<u32>("hello", "h", ()).await?;
    /// let mut events = std::pin::pin!(handle.events(0));
    /// while let Some(event) = events.try_next().await? {
    ///     println!("{event}"); // from ExecutionStarted to ExecutionSucceeded
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(&self, after: u64) -> impl Stream<Item = Result<HistoryEvent, Error>> + Send + use<T> {
        let (handle, told) = (self.clone(), self.runtime().system().behavior().watchers.watch(self.execution()));
        try_unfold((Reader::default(), false), move |(mut reader, over)| {
            let (handle, told) = (handle.clone(), told.clone());
            async move {
                if over {
                    return Ok(None);
                }
                let next = next_event(&handle, &mut reader, after, &told).await?;
                Ok(next.map(|event| {
                    let over = event.event.ends_execution();
                    (event, (reader, over))
                }))
            }
        })
    }

    /// The history as text: a line for each event.
    ///
    /// # Errors
    /// As [`history`](Self::history).
    pub async fn history_text(&self) -> Result<String, Error> {
        Ok(self.history().await?.iter().map(|line| format!("{line}\n")).collect())
    }

    pub(crate) fn decode(&self, record: &Record) -> Result<(u64, Vec<Event>), Error> {
        let turn = decode_turn(self.runtime().system().behavior(), record.kind, &record.body).map_err(|how| {
            LogError::Corrupt { execution: self.execution(), version: record.version, what: "record", how: how.into() }
        })?;
        let events = turn.given.into_iter().chain(turn.asked).collect();
        Ok((turn.at_ms, events))
    }
}

/// The next event behind number `after`, as soon as it is durable; none when no more will come.
async fn next_event<T>(
    handle: &Handle<T>,
    reader: &mut Reader,
    after: u64,
    told: &Notify,
) -> Result<Option<HistoryEvent>, Error> {
    loop {
        // Listened for before the log is read, so that nothing falls between.
        let mut news = std::pin::pin!(told.notified());
        news.as_mut().enable();
        while let Some(event) = reader.ready.pop_front() {
            if event.number > after {
                return Ok(Some(event));
            }
        }
        let before = reader.last;
        reader.read(handle).await?;
        if reader.last != before {
            continue;
        }
        if before == Version::NONE {
            return Err(handle.not_found());
        }
        if let Some(error) = handle.runtime().system().failure() {
            return Err(error.into());
        }
        if !handle.status().await?.is_closed() {
            news.await;
            continue;
        }
        // It may have ended between the reading and the question.
        reader.read(handle).await?;
        if reader.last == before {
            return Ok(None);
        }
    }
}

/// Reads a history a page at a time.
#[derive(Default)]
struct Reader {
    last: Version,
    events: u64,
    ready: VecDeque<HistoryEvent>,
}

impl Reader {
    /// Reads a page; whether there may be more.
    async fn read<T>(&mut self, handle: &Handle<T>) -> Result<bool, Error> {
        let (execution, after) = (handle.execution(), self.last);
        let page = handle.runtime().read(move |log| log.read(execution, after, PAGE)).await?;
        let more = page.len() == PAGE;
        for record in page {
            self.last = record.version;
            let (at_ms, events) = handle.decode(&record)?;
            for event in events {
                self.events += 1;
                self.ready.push_back(HistoryEvent { number: self.events, at_ms, event });
            }
        }
        Ok(more)
    }
}
