//! The folder of a log: who has it open, and making its files durable when they are new.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use crate::Error;

/// Takes the folder for this log until the file is dropped, making the folder if there is none.
pub(super) fn lock(folder: &Path) -> Result<File, Error> {
    let doing = || format!("locking {}", folder.display());
    fs::create_dir_all(folder).map_err(|source| Error::io(format!("making {}", folder.display()), source))?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join("LOCK"))
        .map_err(|source| Error::io(doing(), source))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(Error::Locked { folder: folder.to_owned(), holder: holder(&mut file) });
        }
        Err(TryLockError::Error(source)) => return Err(Error::io(doing(), source)),
    }
    note_holder(&mut file).map_err(|source| Error::io(doing(), source))?;
    Ok(file)
}

/// Keeps the folder as it is until the file is dropped, and writes nothing.
pub(super) fn hold(folder: &Path) -> Result<File, Error> {
    let doing = || format!("locking {}", folder.display());
    let mut file = File::open(folder.join("LOCK")).map_err(|source| Error::io(doing(), source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { folder: folder.to_owned(), holder: holder(&mut file) }),
        Err(TryLockError::Error(source)) => Err(Error::io(doing(), source)),
    }
}

fn note_holder(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", std::process::id())
}

/// The holder may be about to write its number, so that a file without one is possible.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse::<u32>().ok()) {
        Some(process) => format!("process {process}"),
        None => "another process".to_owned(),
    }
}

/// Syncs the files in `folder`, `folder` itself, and every folder above it that can be opened: a new file is only there
/// after a power loss when its folder was synced too, and sled syncs neither.
pub(super) fn sync_new(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            File::open(entry.path())?.sync_all()?;
        }
    }
    let folder = folder.canonicalize()?;
    File::open(&folder)?.sync_all()?;
    for above in folder.ancestors().skip(1) {
        // A folder further up that this user may not open existed before and needs no sync.
        match File::open(above).and_then(|above| above.sync_all()) {
            Ok(()) => {}
            Err(_) => break,
        }
    }
    Ok(())
}
