//! What a batch of the writer consists of, so that the check knows it again.
//!
//! A batch touches every kind of row: several records, some of them large enough to be cut into chunks, the summary,
//! whose note is the version, and a timer that is due at the version in ms. So a batch of which only a part was written
//! shows, whichever part it was.

use duramen_storage::{Batch, ExecutionId, Kind, Name, Place, RecordKind, Status, Summary, Version};

pub(crate) const KIND: Kind = Kind(1);
pub(crate) const RECORD: RecordKind = RecordKind(1);
const DEFINITION: &str = "crash-writer";
const PLACE: Place = Place { status: Status::Running, awake: true };

/// How many records the batch behind `version` has.
pub(crate) fn records_behind(execution: ExecutionId, version: Version) -> u64 {
    1 + mix(execution, version.get()) % 4
}

/// The body of one record, which no other record has.
pub(crate) fn body(execution: ExecutionId, version: Version) -> Vec<u8> {
    let mixed = mix(execution, version.get().wrapping_add(1 << 32));
    let length = if mixed.is_multiple_of(61) { 9_000 } else { 60 + mixed % 200 };
    let mut body = Vec::with_capacity(9_008);
    for number in 0..length.div_ceil(8) {
        body.extend_from_slice(&mixed.wrapping_mul(number | 1).to_le_bytes());
    }
    body
}

/// The batch behind `version`, and the version it leads to.
pub(crate) fn batch(execution: ExecutionId, version: Version) -> (Batch, Version) {
    let to = version.plus(records_behind(execution, version));
    let mut batch = Batch::new(execution, version);
    for number in version.get()..to.get() {
        batch = batch.record(RECORD, body(execution, Version::new(number + 1)));
    }
    let name = execution.to_string();
    let previous = (version != Version::NONE).then_some(PLACE);
    if previous.is_some() {
        batch = batch.clear_timer(version.get());
    } else {
        batch = batch.claim(Name { kind: KIND, definition: DEFINITION.to_owned(), name: name.clone() });
    }
    let summary = Summary {
        execution,
        kind: KIND,
        definition: DEFINITION.to_owned(),
        name,
        revision: 1,
        status: PLACE.status,
        awake: PLACE.awake,
        started_ms: execution.started_ms(),
        closed_ms: None,
        note: Some(to.to_string()),
    };
    (batch.summary(previous, summary).set_timer(to.get()), to)
}

/// Bits that depend on all bits of the execution and the number.
fn mix(execution: ExecutionId, number: u64) -> u64 {
    let mut mixed = number;
    for part in execution.as_bytes() {
        mixed = (mixed ^ u64::from(*part)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^= mixed >> 29;
    }
    mixed
}
