//! Where the data goes, and how much of the disk it takes.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The directory for temporary folders; says so when it is in memory.
pub(crate) fn place(asked: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let place = asked.unwrap_or_else(|| {
        let target = PathBuf::from("target");
        if target.is_dir() { target } else { PathBuf::from(".") }
    });
    fs::create_dir_all(&place).with_context(|| format!("making {}", place.display()))?;
    if is_in_memory(&place) {
        eprintln!(
            "duramen-bench: {} is in memory, where syncs cost nothing: give a directory on a disk with --dir",
            place.display()
        );
    }
    Ok(place)
}

fn is_in_memory(place: &Path) -> bool {
    let (Ok(place), Ok(mounts)) = (place.canonicalize(), fs::read_to_string("/proc/self/mounts")) else {
        return false;
    };
    let mut found = (0, false);
    for line in mounts.lines() {
        let mut words = line.split_ascii_whitespace().skip(1);
        let (Some(point), Some(kind)) = (words.next(), words.next()) else { continue };
        // Of two mounts on one point the later one hides the earlier.
        if place.starts_with(point) && point.len() >= found.0 {
            found = (point.len(), matches!(kind, "tmpfs" | "ramfs"));
        }
    }
    found.1
}

/// How many bytes of the disk the files in a folder take.
pub(crate) fn disk_bytes(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        bytes +=
            if entry.file_type()?.is_dir() { disk_bytes(&entry.path())? } else { entry.metadata()?.blocks() * 512 };
    }
    Ok(bytes)
}
