//! A place to run workflows in, that can crash.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use duramen_storage::{Log, MemoryLog};
use serde::Serialize;

use super::Stub;
use super::fuse::{Fuse, Stored};
use super::patience::Patience;
use super::store::Store;
use crate::builder::Place;
use crate::{Builder, Clock, Error, Handle, Runtime, TokioClock};

/// What the clock of a lab shows first, in ms since the Unix epoch.
const BEGINNING: u64 = 1_700_000_000_000;

/// A place to run workflows in: a log, in memory or in a folder, with a runtime that can be opened on it again and again.
/// All is the same for both. Dropping it stops everything where it stands.
///
/// It is given a function that registers the workflows on a [`Builder`], and may set anything else there; it is called for
/// each opening. The clock follows tokio's, so on a paused tokio runtime ([`virtual_time`](super::virtual_time)) waits take no
/// time. It begins at 2023-11-14 22:13:20 UTC unless [told otherwise](Self::starting_at), and does not go back in a crash.
///
/// ```
/// use duramen::testing::{Ended, Lab, ended, virtual_time};
/// use duramen::{Context, Failure};
/// use std::time::Duration;
///
/// async fn remind(ctx: Context, text: String) -> Result<String, Failure> {
///     ctx.wait("a day", Duration::from_secs(24 * 3600)).await?;
///     ctx.step("mail", || std::future::ready(Ok::<_, Failure>(format!("mailed: {text}")))).await
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// virtual_time(async {
///     for mut lab in [
///         Lab::in_memory(|builder| builder.workflow("remind", remind)),
///         Lab::in_folder(folder.path(), |builder| builder.workflow("remind", remind)),
///     ] {
///         lab.start::<String>("remind", "r", "water the plants").await?;
///         let runtime = lab.crash().await?;
///         let handle = runtime.get::<String>("remind", "r").await?;
///         assert_eq!(ended(&handle).await?, Ended::Succeeded("mailed: water the plants".to_owned()));
///         lab.shutdown().await?;
///     }
///     Ok(())
/// })?
/// # }
/// ```
pub struct Lab {
    pub(super) store: Store,
    setup: Arc<dyn Fn(Builder) -> Builder + Send + Sync>,
    stubs: Vec<Stub>,
    twice: bool,
    patience: Duration,
    starting_at_ms: u64,
    clock: Option<TokioClock>,
    pub(super) open: Option<Open>,
}

/// One life of a process, as it were.
pub(super) struct Open {
    pub(super) runtime: Runtime,
    pub(super) fuse: Arc<Fuse>,
}

/// How a scenario came out.
pub(super) enum Ran<T> {
    Ended(T),
    /// The process died.
    Died,
    /// It took longer than one has patience for.
    Overdue,
}

impl Lab {
    /// A lab on an empty log in memory.
    pub fn in_memory(setup: impl Fn(Builder) -> Builder + Send + Sync + 'static) -> Self {
        Self::new(Store::Memory(Arc::new(MemoryLog::new())), Arc::new(setup))
    }

    /// A lab on the log in a folder, which is made when there is none. It writes and syncs as it does in earnest, one batch
    /// at a time.
    pub fn in_folder(folder: impl Into<PathBuf>, setup: impl Fn(Builder) -> Builder + Send + Sync + 'static) -> Self {
        Self::new(Store::Folder(folder.into()), Arc::new(setup))
    }

    fn new(store: Store, setup: Arc<dyn Fn(Builder) -> Builder + Send + Sync>) -> Self {
        let patience = Duration::from_secs(60);
        let (stubs, starting_at_ms) = (Vec::new(), BEGINNING);
        Self { store, setup, stubs, twice: false, patience, starting_at_ms, clock: None, open: None }
    }

    /// The same workflows, stubs and settings on another store, with a clock of its own.
    pub(super) fn on(&self, store: Store, starting_at_ms: u64) -> Self {
        let (setup, stubs) = (Arc::clone(&self.setup), self.stubs.clone());
        let Self { twice, patience, .. } = *self;
        Self { store, setup, stubs, twice, patience, starting_at_ms, clock: None, open: None }
    }

    /// Runs a [`Stub`] in place of the steps that it names, from the next opening on.
    #[must_use]
    pub fn stub(mut self, stub: &Stub) -> Self {
        self.stubs.push(stub.clone());
        self
    }

    /// Runs the body of every step twice, as [`Builder::every_step_twice`] says, from the next opening on.
    #[must_use]
    pub fn every_step_twice(mut self) -> Self {
        self.twice = true;
        self
    }

    /// What the clock shows when the lab is first opened, in ms since the Unix epoch.
    #[must_use]
    pub fn starting_at(mut self, ms: u64) -> Self {
        self.starting_at_ms = ms;
        self
    }

    /// How long a scenario may take on the clock on the wall before it counts as stuck; 60 s if not set.
    #[must_use]
    pub fn patience(mut self, limit: Duration) -> Self {
        self.patience = limit;
        self
    }

    /// The runtime, which is opened when it is not.
    ///
    /// Must be called on a tokio runtime, as [`Builder::open`].
    ///
    /// # Errors
    /// As [`Builder::open`].
    pub async fn open(&mut self) -> Result<Runtime, Error> {
        Ok(self.open_until(None).await?.runtime.clone())
    }

    /// Opens it for a life of so many batches, when it is not open.
    pub(super) async fn open_until(&mut self, batches: Option<usize>) -> Result<&Open, Error> {
        let open = match self.open.take() {
            Some(open) => open,
            None => self.begin_life(batches).await?,
        };
        Ok(self.open.insert(open))
    }

    async fn begin_life(&mut self, batches: Option<usize>) -> Result<Open, Error> {
        let clock = *self.clock.get_or_insert_with(|| TokioClock::starting_at(self.starting_at_ms));
        let mut builder = (self.setup)(self.store.builder().clock(clock));
        for stub in &self.stubs {
            builder = builder.stub(stub);
        }
        if self.twice {
            builder = builder.every_step_twice();
        }
        let fuse = Arc::new(Fuse::new(builder.open_log().await?, clock, batches));
        builder.place = Place::Log(Arc::clone(&fuse) as Arc<dyn Log>);
        Ok(Open { runtime: builder.open().await?, fuse })
    }

    /// The runtime, if it is open.
    #[must_use]
    pub fn runtime(&self) -> Option<&Runtime> {
        self.open.as_ref().map(|open| &open.runtime)
    }

    /// What the clock shows, in ms since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.clock.map_or(self.starting_at_ms, |clock| clock.now_ms())
    }

    /// How many batches became durable since the last opening.
    #[must_use]
    pub fn batches(&self) -> usize {
        self.stored().len()
    }

    pub(super) fn stored(&self) -> Vec<Stored> {
        self.open.as_ref().map(|open| open.fuse.stored()).unwrap_or_default()
    }

    pub(super) fn starting_at_ms(&self) -> u64 {
        self.starting_at_ms
    }

    pub(super) fn stuck(&self) -> Error {
        Error::Setting(format!("the scenario has not ended in {:?}", self.patience))
    }

    /// Starts an execution, as [`Runtime::start`], and opens the runtime before when it is not open.
    ///
    /// # Errors
    /// As [`Runtime::start`] and [`Builder::open`].
    pub async fn start<T>(
        &mut self,
        workflow: impl Into<String>,
        name: impl Into<String>,
        input: impl Serialize,
    ) -> Result<Handle<T>, Error> {
        self.open().await?.start(workflow, name, input).await
    }

    /// The process dies, as it were, and is started again: what is durable is there, and nothing else. Handles from before
    /// answer with [`Error::Execution`].
    ///
    /// # Errors
    /// As [`Builder::open`].
    pub async fn crash(&mut self) -> Result<Runtime, Error> {
        self.die().await;
        self.open().await
    }

    /// Runs a scenario until `batches` further batches are durable and one more is asked for; there the process dies, as it
    /// were, and is started again. Gives what the scenario gave, if it ended before.
    ///
    /// The scenario is dropped where it stands. What was done outside by then was done.
    ///
    /// ```
    /// use duramen::testing::{Lab, Stub, ended, virtual_time};
    /// use duramen::{Context, Failure};
    ///
    /// async fn trip(ctx: Context, (): ()) -> Result<u32, Failure> {
    ///     let flight: u32 = ctx.step("flight", || async { Ok::<_, Failure>(1) }).await?;
    ///     let hotel: u32 = ctx.step("hotel", || async { Ok::<_, Failure>(2) }).await?;
    ///     Ok(flight + hotel)
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// virtual_time(async {
    ///     let (flight, hotel) = (Stub::returns("flight", &1), Stub::returns("hotel", &2));
    ///     let mut lab = Lab::in_memory(|builder| builder.workflow("trip", trip)).stub(&flight).stub(&hotel);
    ///     let scenario = async |runtime: duramen::Runtime| {
    ///         ended(&runtime.start::<u32>("trip", "t", ()).await?).await
    ///     };
    ///     // It dies when the start and the result of the flight are durable: the hotel is booked, and nobody knows it.
    ///     assert!(lab.crash_after(2, scenario).await?.is_none());
    ///     let trip = scenario(lab.open().await?).await?;
    ///     assert_eq!(trip.succeeded(), Some(3));
    ///     assert_eq!((flight.calls(), hotel.calls()), (1, 2));
    ///     Ok(())
    /// })?
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Builder::open`]; [`Error::Setting`] when the scenario has not ended in the [time it has](Self::patience).
    pub async fn crash_after<T>(
        &mut self,
        batches: usize,
        scenario: impl AsyncFn(Runtime) -> T,
    ) -> Result<Option<T>, Error> {
        self.open_until(None).await?.fuse.burn_after(batches);
        let ran = self.run(None, &scenario).await?;
        self.crash().await?;
        match ran {
            Ran::Ended(outcome) => Ok(Some(outcome)),
            Ran::Died => Ok(None),
            Ran::Overdue => Err(self.stuck()),
        }
    }

    /// Runs a scenario, in a life of so many batches if it has to be opened for it.
    pub(super) async fn run<T>(
        &mut self,
        batches: Option<usize>,
        scenario: &impl AsyncFn(Runtime) -> T,
    ) -> Result<Ran<T>, Error> {
        let mut patience = Patience::begin(self.patience);
        let open = self.open_until(batches).await?;
        // In this order: what a dead process would have said, nobody hears.
        Ok(tokio::select! {
            biased;
            () = open.fuse.burnt() => Ran::Died,
            outcome = scenario(open.runtime.clone()) => Ran::Ended(outcome),
            () = patience.over() => Ran::Overdue,
        })
    }

    /// Everything stops where it stands.
    pub(super) async fn die(&mut self) {
        let Some(Open { runtime, fuse }) = self.open.take() else { return };
        fuse.burn();
        runtime.system().stop();
        self.store.cut_off();
        let log = Arc::clone(fuse.inner());
        // It frees the folder; whether the last writes were good is not for a dead process to ask.
        let _ = tokio::task::spawn_blocking(move || log.close()).await;
    }

    /// Ends in order, as [`Runtime::shutdown`] with 5 s for the steps that run. It can be opened again.
    ///
    /// # Errors
    /// When the last writes failed.
    pub async fn shutdown(&mut self) -> Result<(), Error> {
        let Some(Open { runtime, .. }) = self.open.take() else { return Ok(()) };
        runtime.shutdown(Duration::from_secs(5)).await?;
        self.store.cut_off();
        Ok(())
    }
}

/// Everything stops where it stands, as in a crash, also for those who still have a handle; the folder is free.
impl Drop for Lab {
    fn drop(&mut self) {
        if let Some(Open { runtime, fuse }) = self.open.take() {
            fuse.burn();
            runtime.system().stop();
            // What is wrong with the last writes, the next opening finds.
            let _ = fuse.inner().close();
        }
    }
}

impl std::fmt::Debug for Lab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lab").field("runtime", &self.runtime()).field("stubs", &self.stubs).finish_non_exhaustive()
    }
}
