//! Durable appends by many writers at once, beside a raw file with the same group commit.
//!
//! Each writer hands over its next record when the last one is durable. A few threads stand for all writers, as they do
//! in a runtime: an answer goes back to the thread, which then hands over the writer's next record.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, anyhow, ensure};
use clap::Args;
use duramen_storage::{Ack, Batch, ExecutionId, Log, RecordKind, SledLog, Version};

use super::Session;
use crate::raw::Growing;
use crate::report::Measured;
use crate::stats::count_u64;

/// About what a turn of a small step writes.
const RECORD_BYTES: usize = 250;
/// Threads that stand for all writers.
const THREADS: usize = 2;

#[derive(Args)]
pub(crate) struct Append {
    /// How long to measure each, after a warm-up of a fifth of it
    #[arg(long, default_value_t = 2.0, value_parser = super::seconds)]
    seconds: f64,
    /// How many writers
    #[arg(long, value_delimiter = ',', default_value = "1,64,1000,10000", value_parser = clap::value_parser!(u64).range(1..))]
    writers: Vec<u64>,
}

impl Append {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        self.writers.iter().map(|writers| self.measure(session, *writers)).collect()
    }

    fn measure(&self, session: &Session, writers: u64) -> anyhow::Result<Measured> {
        let folder = session.folder.join(format!("writers-{writers}"));
        std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let seconds = Duration::from_secs_f64(self.seconds);
        session.progress.say(|| format!("{writers} writers on the raw file"));
        let raw = RawLog::start(&folder)?;
        // Half before and half after, so that both stand under the same conditions.
        let raw_before = rate(&raw, writers, seconds / 2)?;
        session.progress.say(|| format!("{writers} writers on the log"));
        let log = Arc::new(SledLog::builder(folder.join("log")).open()?);
        let appends_per_s = rate(&log, writers, seconds)?;
        log.close()?;
        session.progress.say(|| format!("{writers} writers on the raw file"));
        let raw_appends_per_s = f64::midpoint(raw_before, rate(&raw, writers, seconds / 2)?);
        drop(raw);
        std::fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
        Ok(Measured::of("append")
            .parameter("writers", writers)
            .parameter("seconds", self.seconds)
            .figure("appends_per_s", appends_per_s)
            .figure("raw_appends_per_s", raw_appends_per_s)
            .figure("ratio_to_raw", appends_per_s / raw_appends_per_s))
    }
}

/// Where the writers write.
trait Target: Send + Sync + 'static {
    fn submit(&self, batch: Batch, ack: Ack);
}

impl Target for SledLog {
    fn submit(&self, batch: Batch, ack: Ack) {
        Log::submit(self, batch, ack);
    }
}

/// Durable appends a second.
fn rate<T: Target>(target: &Arc<T>, writers: u64, seconds: Duration) -> anyhow::Result<f64> {
    let threads = THREADS.min(usize::try_from(writers).unwrap_or(THREADS));
    let spread = writers.div_ceil(threads as u64);
    let from = Instant::now() + seconds / 5;
    let until = from + seconds;
    let counting: Vec<_> = (0..threads as u64)
        .map(|nth| {
            let target = Arc::clone(target);
            let mine = spread.min(writers.saturating_sub(nth * spread));
            std::thread::spawn(move || write(target.as_ref(), mine, from, until))
        })
        .collect();
    let mut durable = 0;
    for thread in counting {
        durable += thread.join().map_err(|_| anyhow!("a writing thread panicked"))??;
    }
    Ok(count_u64(durable) / seconds.as_secs_f64())
}

/// Stands for so many writers; counts the appends that became durable in the time.
fn write(target: &dyn Target, writers: u64, from: Instant, until: Instant) -> anyhow::Result<u64> {
    let (sender, durable) = channel::<(ExecutionId, Version)>();
    let now_ms = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0));
    for _ in 0..writers {
        let execution = ExecutionId::new(now_ms, std::array::from_fn(|_| fastrand::u8(..)));
        next(target, execution, Version::NONE, &sender);
    }
    let (mut counted, mut under_way) = (0, writers);
    while under_way > 0 {
        let (execution, version) = durable.recv_timeout(Duration::from_secs(30)).context("an append was refused")?;
        let now = Instant::now();
        counted += u64::from((from..until).contains(&now));
        if now < until {
            next(target, execution, version, &sender);
        } else {
            under_way -= 1;
        }
    }
    ensure!(counted > 0, "nothing became durable in time");
    Ok(counted)
}

fn next(target: &dyn Target, execution: ExecutionId, version: Version, durable: &Sender<(ExecutionId, Version)>) {
    let body = vec![b'x'; RECORD_BYTES];
    let durable = durable.clone();
    let ack: Ack = Box::new(move |outcome| match outcome {
        Ok(version) => drop(durable.send((execution, version))),
        Err(error) => eprintln!("duramen-bench: {error}"),
    });
    target.submit(Batch::new(execution, version).record(RecordKind(1), body), ack);
}

/// The raw file with a thread that writes and syncs all that waits at once.
struct RawLog {
    waiting: Mutex<Sender<(Batch, Ack)>>,
}

impl RawLog {
    fn start(folder: &Path) -> anyhow::Result<Arc<Self>> {
        let (sender, waiting) = channel();
        let file = Growing::create(folder)?;
        std::thread::spawn(move || commit(file, &waiting));
        Ok(Arc::new(Self { waiting: Mutex::new(sender) }))
    }
}

impl Target for RawLog {
    fn submit(&self, batch: Batch, ack: Ack) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // The thread is gone after an error it has told, and the answer that never comes is noticed.
        let _ = waiting.send((batch, ack));
    }
}

fn commit(mut file: Growing, waiting: &Receiver<(Batch, Ack)>) {
    let (mut bytes, mut acks) = (Vec::new(), Vec::new());
    while let Ok(first) = waiting.recv() {
        for (batch, ack) in std::iter::once(first).chain(waiting.try_iter()) {
            batch.records.iter().for_each(|record| bytes.extend_from_slice(&record.body));
            acks.push((ack, batch.expected.plus(1)));
        }
        if let Err(error) = file.append(&bytes) {
            eprintln!("duramen-bench: {error:#}");
            return;
        }
        bytes.clear();
        for (ack, version) in acks.drain(..) {
            ack(Ok(version));
        }
    }
}
