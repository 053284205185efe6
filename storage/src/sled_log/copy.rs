//! Copying a folder that nobody has open, without writing anything in it.

use std::fs;
use std::io;
use std::path::Path;

use super::folder;
use crate::Error;

/// Copies the log in `from` into `to`, which is made.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let _lock = folder::hold(from)?;
    copy_folder(from, to).map_err(|source| Error::io(format!("copying {} to {}", from.display(), to.display()), source))
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, to) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
