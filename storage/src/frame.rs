//! The format of one stored value, byte by byte.
//!
//! ```text
//! format 1, whole:   1 | kind u16 | length u32 | payload | crc u32
//! format 2, a head:  2 | kind u16 | length u32 | chunks u32 | place u64 | payload crc u32 | crc u32
//! ```
//!
//! Numbers are big-endian. The last CRC covers the key under which the value is stored and all bytes before the CRC, so
//! that a value in the wrong place is found as surely as a changed one. A head stands for a payload that is stored in
//! chunks of [`CHUNK`] bytes under keys that contain `place`; the chunks carry nothing of their own, the payload CRC
//! covers them. Formats are only ever added: a byte that is not known here is refused before anything else is looked at.

#[cfg(test)]
mod tests;

use std::fmt;

use crc32fast::Hasher;

/// The newest format this program reads.
pub(crate) const NEWEST: u8 = HEAD;
/// The largest payload that is stored whole, and the size of the chunks of larger ones: a page of sled holds several
/// values, and pages over 128 KiB would go to files that sled never syncs.
pub(crate) const CHUNK: usize = 4096;

const WHOLE: u8 = 1;
const HEAD: u8 = 2;
const CRC_BYTES: usize = 4;

/// What a stored value turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    /// The payload is here.
    Whole { kind: u16, payload: &'a [u8] },
    /// The payload is in chunks.
    Chunked(Head),
}

/// Where the chunks of a large payload are, and how to know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) kind: u16,
    pub(crate) length: u32,
    pub(crate) chunks: u32,
    pub(crate) place: u64,
    pub(crate) crc: u32,
}

/// Why a stored value cannot be given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A later duramen wrote it.
    Newer(u8),
    /// It is not what was written.
    Damaged(String),
}

impl Fault {
    pub(crate) fn damaged(how: impl fmt::Display) -> Self {
        Self::Damaged(how.to_string())
    }
}

/// The value that stores a payload of several parts whole under `key`.
pub(crate) fn whole(key: &[u8], kind: u16, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut value = Vec::with_capacity(1 + 2 + 4 + length + CRC_BYTES);
    value.push(WHOLE);
    value.extend_from_slice(&kind.to_be_bytes());
    value.extend_from_slice(&clamp(length).to_be_bytes());
    for part in parts {
        value.extend_from_slice(part);
    }
    seal(key, value)
}

impl Head {
    /// The head of a payload of several parts whose chunks are stored at `place`.
    pub(crate) fn of(kind: u16, place: u64, parts: &[&[u8]]) -> Self {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let mut crc = Hasher::new();
        for part in parts {
            crc.update(part);
        }
        Self { kind, length: clamp(length), chunks: clamp(length.div_ceil(CHUNK)), place, crc: crc.finalize() }
    }

    /// The value that stores this head under `key`.
    pub(crate) fn value(&self, key: &[u8]) -> Vec<u8> {
        let mut value = Vec::with_capacity(27);
        value.push(HEAD);
        value.extend_from_slice(&self.kind.to_be_bytes());
        value.extend_from_slice(&self.length.to_be_bytes());
        value.extend_from_slice(&self.chunks.to_be_bytes());
        value.extend_from_slice(&self.place.to_be_bytes());
        value.extend_from_slice(&self.crc.to_be_bytes());
        seal(key, value)
    }

    /// Whether this is the payload that the head was made of.
    pub(crate) fn check(&self, payload: &[u8]) -> Result<(), Fault> {
        if payload.len() != self.length as usize {
            return Err(Fault::damaged(format_args!("it has {} bytes of {}", payload.len(), self.length)));
        }
        if crc32fast::hash(payload) != self.crc {
            return Err(Fault::damaged("the checksum of its chunks is wrong"));
        }
        Ok(())
    }
}

/// Reads the value that was stored under `key`.
pub(crate) fn open<'a>(key: &[u8], value: &'a [u8]) -> Result<Frame<'a>, Fault> {
    match value.first() {
        None => return Err(Fault::damaged("it is empty")),
        Some(0) => return Err(Fault::damaged("there is no format 0")),
        Some(&format) if format > NEWEST => return Err(Fault::Newer(format)),
        Some(_) => {}
    }
    let (content, crc) = value.split_last_chunk::<CRC_BYTES>().ok_or_else(|| Fault::damaged("it is cut short"))?;
    if checksum(key, content) != u32::from_be_bytes(*crc) {
        return Err(Fault::damaged("its checksum is wrong"));
    }
    parse(content).ok_or_else(|| Fault::damaged("its length is wrong"))
}

fn parse(content: &[u8]) -> Option<Frame<'_>> {
    let (&format, rest) = content.split_first()?;
    let (kind, rest) = rest.split_first_chunk().map(|(bytes, rest)| (u16::from_be_bytes(*bytes), rest))?;
    let (length, rest) = rest.split_first_chunk().map(|(bytes, rest)| (u32::from_be_bytes(*bytes), rest))?;
    if format == WHOLE {
        return (rest.len() == length as usize).then_some(Frame::Whole { kind, payload: rest });
    }
    let (chunks, rest) = rest.split_first_chunk().map(|(bytes, rest)| (u32::from_be_bytes(*bytes), rest))?;
    let (place, rest) = rest.split_first_chunk().map(|(bytes, rest)| (u64::from_be_bytes(*bytes), rest))?;
    let (crc, rest) = rest.split_first_chunk().map(|(bytes, rest)| (u32::from_be_bytes(*bytes), rest))?;
    rest.is_empty().then_some(Frame::Chunked(Head { kind, length, chunks, place, crc }))
}

fn seal(key: &[u8], mut value: Vec<u8>) -> Vec<u8> {
    let crc = checksum(key, &value);
    value.extend_from_slice(&crc.to_be_bytes());
    value
}

fn checksum(key: &[u8], content: &[u8]) -> u32 {
    let mut crc = Hasher::new();
    crc.update(key);
    crc.update(content);
    crc.finalize()
}

/// Lengths are checked against the limit of the log long before, which is at most `u32::MAX`.
fn clamp(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
