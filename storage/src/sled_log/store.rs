//! The sled tree of a log with what sled leaves out: real syncs, and errors where it panics.

use std::collections::HashSet;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};
use std::{io, thread};

use sled::IVec;

use super::tail::{self, RecordKey, Tail};
use super::{folder, key};
use crate::committer::panic_text;
use crate::{Error, ExecutionId};

/// The newest layout of keys and files this program knows, and the one it writes: 2 has marks, and revisions in summaries,
/// of which a program that knows 1 would leave the former behind in a purge and take the latter for damage.
pub(super) const LAYOUT: u32 = 2;

/// How long the threads of a sled that was just closed in this process may hold its file.
const PATIENCE: Duration = Duration::from_secs(2);

/// An open tree.
pub(super) struct Store {
    // The order of the fields is that of dropping: the folder is free only when sled has let go of its files.
    db: sled::Db,
    file: File,
    moves: RwLock<()>,
    /// Executions that are being deleted, so that nothing is appended to them.
    deleting: Mutex<HashSet<ExecutionId>>,
    /// What is missing that was acknowledged before.
    damage: Vec<Error>,
    path: PathBuf,
    _lock: File,
}

impl Store {
    /// Opens the log with the notes of its durable records.
    pub(super) fn open(folder: &Path, cache_bytes: u64) -> Result<(Self, Tail), Error> {
        let lock = folder::lock(folder)?;
        let path = folder.join("log");
        let doing = || format!("opening {}", path.display());
        let is_new = !path.join("db").exists();
        let db = open_sled(&path, cache_bytes)?;
        let file = File::open(path.join("db")).map_err(|source| Error::io(doing(), source))?;
        let mut store = Self {
            db,
            file,
            moves: RwLock::new(()),
            deleting: Mutex::default(),
            damage: Vec::new(),
            path: path.clone(),
            _lock: lock,
        };
        store.check_layout(folder)?;
        let (mut tail, noted) = Tail::open(folder)?;
        store.damage = store.missing(&noted)?;
        // Opening had sled take a snapshot, so that only what comes later needs notes. Damage is told every time.
        if store.damage.is_empty() {
            tail.clear();
        }
        let left = store.keys(&key::summaries(key::DELETING), usize::MAX)?;
        store.set_deleting(left.iter().filter_map(|key| key::execution_of(key)));
        if is_new {
            store.sync()?;
            folder::sync_new(&path).map_err(|source| Error::io(format!("syncing {}", path.display()), source))?;
        }
        Ok((store, tail))
    }

    fn missing(&self, noted: &HashSet<RecordKey>) -> Result<Vec<Error>, Error> {
        let mut missing = Vec::new();
        for key in noted {
            match self.call("looking for a noted record", |db| db.contains_key(key)) {
                Ok(true) => {}
                Ok(false) => missing.push(tail::lost(key)),
                // It is there and damaged, which whoever reads it is told.
                Err(error) if is_damage(&error) => {}
                Err(error) => return Err(error),
            }
        }
        for damage in &missing {
            tracing::error!(%damage, "the log lost what it had acknowledged");
        }
        Ok(missing)
    }

    pub(super) fn damage(&self) -> &[Error] {
        &self.damage
    }

    /// Closes sled so that it will know every damage to its file that comes later.
    ///
    /// sled takes a snapshot of where its pages are only when it is opened. What it wrote since is taken at the next
    /// opening as far as it can be read, and the rest is left out silently; so it is opened once more.
    pub(super) fn close(self) {
        let Self { db, file, path, _lock, .. } = self;
        let cache_bytes = 1024 * 1024;
        let closed = guard("closing the log", || {
            drop((db, file));
            Ok(())
        });
        if let Err(error) = closed.and_then(|()| open_sled(&path, cache_bytes).map(drop)) {
            tracing::error!(%error, "the log could not take the snapshot that protects it");
        }
    }

    fn check_layout(&self, folder: &Path) -> Result<(), Error> {
        let found = self.call("reading the layout", |db| db.get(key::LAYOUT))?;
        match found.as_deref().map(|bytes| bytes.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))) {
            Some(Some(LAYOUT)) => Ok(()),
            Some(Some(layout)) if layout > LAYOUT => {
                Err(Error::NewerLayout { folder: PathBuf::from(folder), layout, known: LAYOUT })
            }
            Some(None) => Err(Error::io("reading the layout", io::Error::other("its row is damaged"))),
            // All that an older layout has means the same in this one.
            Some(Some(_)) | None => {
                self.call("writing the layout", |db| db.insert(key::LAYOUT, &LAYOUT.to_be_bytes()))?;
                self.sync()
            }
        }
    }

    /// Calls sled, which panics at some kinds of damage.
    pub(super) fn call<T>(&self, doing: &str, work: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, Error> {
        guard(doing, || work(&self.db))
    }

    /// Makes durable what was applied. `flush` alone hands it to the system but never syncs the file.
    pub(super) fn sync(&self) -> Result<(), Error> {
        self.call("writing the log", |db| db.flush())?;
        self.file.sync_data().map_err(|source| Error::io("syncing the log", source))
    }

    /// At most `max` keys that begin with `prefix`.
    pub(super) fn keys(&self, prefix: &[u8], max: usize) -> Result<Vec<IVec>, Error> {
        self.call("reading keys", |db| db.scan_prefix(prefix).keys().take(max).collect())
    }

    pub(super) fn is_deleting(&self, execution: ExecutionId) -> bool {
        self.deleting().contains(&execution)
    }

    pub(super) fn set_deleting(&self, executions: impl IntoIterator<Item = ExecutionId>) {
        self.deleting().extend(executions);
    }

    pub(super) fn set_deleted(&self, executions: &[ExecutionId]) {
        let mut deleting = self.deleting();
        for execution in executions {
            deleting.remove(execution);
        }
    }

    fn deleting(&self) -> MutexGuard<'_, HashSet<ExecutionId>> {
        self.deleting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// While this is held no summary moves from one place to another.
    pub(super) fn hold_places(&self) -> RwLockReadGuard<'_, ()> {
        self.moves.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held while summaries are moved.
    pub(super) fn move_places(&self) -> RwLockWriteGuard<'_, ()> {
        self.moves.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open_sled(path: &Path, cache_bytes: u64) -> Result<sled::Db, Error> {
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(cache_bytes)
        .mode(sled::Mode::HighThroughput)
        .use_compression(false)
        .flush_every_ms(None);
    let doing = format!("opening {}", path.display());
    let until = Instant::now() + PATIENCE;
    loop {
        match guard(&doing, || config.open()) {
            // The folder is ours, so only what is left of an earlier log in this process can hold the file.
            Err(error) if is_busy(&error) && Instant::now() < until => thread::sleep(Duration::from_millis(5)),
            outcome => return outcome,
        }
    }
}

/// Whether sled found what it has on disk damaged, and not the disk unable to read it.
pub(super) fn is_damage(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == io::ErrorKind::InvalidData)
}

fn is_busy(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.to_string().contains("could not acquire lock"))
}

fn guard<T>(doing: &str, work: impl FnOnce() -> sled::Result<T>) -> Result<T, Error> {
    let damaged = |how: String| Error::io(doing, io::Error::new(io::ErrorKind::InvalidData, how));
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(source))) => Err(Error::io(doing, source)),
        Ok(Err(sled::Error::Corruption { at, .. })) => Err(damaged(match at {
            Some(at) => format!("sled found its file damaged at {at:?}"),
            None => "sled found its file damaged".to_owned(),
        })),
        Ok(Err(error)) => Err(Error::io(doing, io::Error::other(error.to_string()))),
        Err(panic) => Err(damaged(format!("sled panicked: {}", panic_text(panic.as_ref())))),
    }
}
