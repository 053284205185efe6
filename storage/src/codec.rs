//! The schema of the rows whose meaning the storage knows: summaries, names and marks. The only file that knows bincode.
//!
//! bincode is not self-describing, so a row is only decoded behind the CRC and the kind number of its frame. A changed
//! row gets a new kind number, and the old one stays readable here.

use bincode::{Decode, Encode};

use crate::frame::Fault;
use crate::{ExecutionId, Kind, Status, Summary, Version};

/// Of a corrupt length that has got past the CRC, no more than this is allocated.
const LIMIT: usize = 64 * 1024;
/// What ran before there were revisions.
const FIRST_REVISION: u32 = 1;

/// Summaries, as first published.
pub(crate) const SUMMARY_V1: u16 = 1;
/// Summaries with the revision of the definition.
pub(crate) const SUMMARY_V2: u16 = 2;
/// Holders of names, as first published.
pub(crate) const NAME_V1: u16 = 1;
/// Marks of records: the version, 8 bytes big-endian.
pub(crate) const MARK_V1: u16 = 1;

#[derive(Encode, Decode)]
struct SummaryV1 {
    kind: u8,
    definition: String,
    name: String,
    status: u8,
    awake: bool,
    started_ms: u64,
    closed_ms: Option<u64>,
    note: Option<String>,
}

#[derive(Encode, Decode)]
struct SummaryV2 {
    before: SummaryV1,
    revision: u32,
}

#[derive(Encode, Decode)]
struct NameV1 {
    holder: [u8; 16],
}

/// The payload of a summary of kind [`SUMMARY_V2`], but for the execution, which is in the key.
pub(crate) fn encode_summary(summary: &Summary) -> Vec<u8> {
    let before = SummaryV1 {
        kind: summary.kind.0,
        definition: summary.definition.clone(),
        name: summary.name.clone(),
        status: status_number(summary.status),
        awake: summary.awake,
        started_ms: summary.started_ms,
        closed_ms: summary.closed_ms,
        note: summary.note.clone(),
    };
    encode(&SummaryV2 { before, revision: summary.revision })
}

/// The summary of `execution` with this payload.
pub(crate) fn decode_summary(execution: ExecutionId, kind: u16, payload: &[u8]) -> Result<Summary, Fault> {
    let SummaryV2 { before: row, revision } = match kind {
        SUMMARY_V1 => SummaryV2 { before: decode(payload)?, revision: FIRST_REVISION },
        SUMMARY_V2 => decode(payload)?,
        _ => return Err(Fault::damaged(format_args!("there is no summary of kind {kind}"))),
    };
    let status = status_of(row.status)
        .ok_or_else(|| Fault::damaged(format_args!("there is no status with number {}", row.status)))?;
    Ok(Summary {
        execution,
        kind: Kind(row.kind),
        definition: row.definition,
        name: row.name,
        revision,
        status,
        awake: row.awake,
        started_ms: row.started_ms,
        closed_ms: row.closed_ms,
        note: row.note,
    })
}

/// The payload of the row that says who holds a name.
pub(crate) fn encode_holder(holder: ExecutionId) -> Vec<u8> {
    encode(&NameV1 { holder: *holder.as_bytes() })
}

/// Who holds a name, by this payload.
pub(crate) fn decode_holder(kind: u16, payload: &[u8]) -> Result<ExecutionId, Fault> {
    if kind != NAME_V1 {
        return Err(Fault::damaged(format_args!("there is no name of kind {kind}")));
    }
    let row: NameV1 = decode(payload)?;
    Ok(ExecutionId::from_bytes(row.holder))
}

/// The payload of the row that marks a record.
pub(crate) fn encode_mark(version: Version) -> [u8; 8] {
    version.get().to_be_bytes()
}

/// The record that is marked, by this payload.
pub(crate) fn decode_mark(kind: u16, payload: &[u8]) -> Result<Version, Fault> {
    if kind != MARK_V1 {
        return Err(Fault::damaged(format_args!("there is no mark of kind {kind}")));
    }
    let bytes = payload.try_into().map_err(|_| Fault::damaged(format_args!("it has {} bytes of 8", payload.len())))?;
    Ok(Version::new(u64::from_be_bytes(bytes)))
}

/// The number that stands for a status on disk; never reused.
pub(crate) const fn status_number(status: Status) -> u8 {
    match status {
        Status::Running => 0,
        Status::Paused => 1,
        Status::Succeeded => 2,
        Status::Failed => 3,
        Status::TimedOut => 4,
        Status::Stopped => 5,
    }
}

fn status_of(number: u8) -> Option<Status> {
    Status::ALL.into_iter().find(|status| status_number(*status) == number)
}

/// Encoding into memory fails for no row of this file: none has a length that is unknown, or a lock.
fn encode<T: Encode>(row: &T) -> Vec<u8> {
    bincode::encode_to_vec(row, bincode::config::standard().with_limit::<LIMIT>()).unwrap_or_default()
}

fn decode<T: Decode<()>>(payload: &[u8]) -> Result<T, Fault> {
    let config = bincode::config::standard().with_limit::<LIMIT>();
    let (row, read) = bincode::decode_from_slice(payload, config).map_err(Fault::damaged)?;
    if read != payload.len() {
        return Err(Fault::damaged(format_args!("{} bytes follow its end", payload.len() - read)));
    }
    Ok(row)
}
