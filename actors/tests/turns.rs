//! The bytes of a turn: kept as they are for ever, and refused when they are damaged.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod counter;

use counter::{Counter, Event};
use duramen_actors::{Turn, decode_turn, encode_turn};
use duramen_storage::RecordKind;

const RECORD: RecordKind = RecordKind(101);

fn decode(bytes: &[u8]) -> Result<Turn<Event>, String> {
    decode_turn(&Counter::<1, 0> { world: std::sync::Arc::default() }, RECORD, bytes)
}

fn turn() -> Turn<Event> {
    Turn {
        at_ms: 1_700_000_000_000,
        given: vec![Event::Started { name: "ada".to_owned() }, Event::Added { amount: 300 }],
        asked: vec![Event::Seen { adds: 1 }],
        polled: true,
    }
}

/// Never to be changed: logs are full of such records.
const GOLDEN: [u8; 22] = [
    0xfd, 0x00, 0x68, 0xe5, 0xcf, 0x8b, 0x01, 0x00, 0x00, // when
    2,    // events that were given
    0, 3, b'a', b'd', b'a', // started
    1, 0xfb, 0x2c, 0x01, // added
    1,    // event that was asked for
    2, 1, // seen
];

fn golden() -> Vec<u8> {
    // Polled.
    GOLDEN.into_iter().chain([1]).collect()
}

#[test]
fn a_turn_has_the_bytes_it_always_had() {
    assert_eq!(encode_turn(&turn()).unwrap(), golden());
    assert_eq!(decode(&golden()).unwrap(), turn());
}

#[test]
fn a_turn_with_bytes_behind_it_is_refused() {
    let mut bytes = golden();
    bytes.extend([0, 0]);
    assert_eq!(decode(&bytes).unwrap_err(), "2 bytes stand behind its events");
}

#[test]
fn a_turn_that_is_cut_off_is_refused() {
    for length in 0..golden().len() {
        assert!(decode(&golden()[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn a_huge_length_is_refused_before_anything_is_allocated() {
    // So many events, or so long a name, as no machine has memory for: an attempt to allocate would abort.
    for (at, bytes_before) in [(9, &golden()[..9]), (11, &golden()[..11])] {
        for length in [u64::MAX, 1 << 60, 1 << 45] {
            let mut bytes = bytes_before.to_vec();
            bytes.push(0xfd);
            bytes.extend(length.to_le_bytes());
            bytes.extend([0; 64]);
            let refused = decode(&bytes).unwrap_err();
            assert!(refused.starts_with("its events do not decode"), "{length} at {at}: {refused}");
        }
    }
}

#[test]
fn a_turn_of_a_schema_that_is_not_known_is_refused_by_number() {
    let behavior = Counter::<1, 0> { world: std::sync::Arc::default() };
    let refused = decode_turn(&behavior, RecordKind(9), &golden()).unwrap_err();
    assert!(refused.contains("schema 9") && refused.contains("schema 101"), "{refused}");
}
