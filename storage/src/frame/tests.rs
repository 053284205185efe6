//! The bytes of each format, which later versions must still read, and what damage to them is taken for.

use super::*;
use crate::codec;
use crate::{ExecutionId, Kind, Status, Summary, Version};

const KEY: &[u8] = b"key";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

const GOLDEN_WHOLE: &str = "0100070000000568656c6c6fa780e0ec";
const GOLDEN_HEAD: &str = "02000700002710000000030000000000000003b1a21206d96699ce";
const GOLDEN_SUMMARY_V1: &str = "02056f72646572076f726465722d370101fd0068e5cf8b01000001fdf469e5cf8b0100000103776879";
const GOLDEN_SUMMARY_V2: &str =
    "02056f72646572076f726465722d370101fd0068e5cf8b01000001fdf469e5cf8b0100000103776879fb2c01";
const GOLDEN_HOLDER: &str = "09090909090909090909090909090909";

fn summary() -> Summary {
    Summary {
        execution: ExecutionId::from_bytes([9; 16]),
        kind: Kind(2),
        definition: "order".to_owned(),
        name: "order-7".to_owned(),
        revision: 300,
        status: Status::Paused,
        awake: true,
        started_ms: 1_700_000_000_000,
        closed_ms: Some(1_700_000_000_500),
        note: Some("why".to_owned()),
    }
}

#[test]
fn a_whole_payload_has_these_bytes() {
    assert_eq!(hex(&whole(KEY, 7, &[b"hel", b"lo"])), GOLDEN_WHOLE);
    assert_eq!(open(KEY, &bytes(GOLDEN_WHOLE)), Ok(Frame::Whole { kind: 7, payload: b"hello" }));
}

#[test]
fn a_head_has_these_bytes() {
    let payload = vec![5; 10_000];
    let head = Head::of(7, 3, &[&payload]);
    assert_eq!(hex(&head.value(KEY)), GOLDEN_HEAD);
    assert_eq!(open(KEY, &bytes(GOLDEN_HEAD)), Ok(Frame::Chunked(head)));
    assert_eq!((head.length, head.chunks, head.place), (10_000, 3, 3));
    assert_eq!(head.check(&payload), Ok(()));
    assert!(head.check(&payload[1..]).is_err());
    assert!(head.check(&[6; 10_000]).is_err());
}

#[test]
fn a_summary_has_these_bytes() {
    assert_eq!(hex(&codec::encode_summary(&summary())), GOLDEN_SUMMARY_V2);
    let read = codec::decode_summary(summary().execution, codec::SUMMARY_V2, &bytes(GOLDEN_SUMMARY_V2));
    assert_eq!(read, Ok(summary()));
}

#[test]
fn a_summary_as_first_published_is_of_the_first_revision() {
    let read = codec::decode_summary(summary().execution, codec::SUMMARY_V1, &bytes(GOLDEN_SUMMARY_V1));
    assert_eq!(read, Ok(Summary { revision: 1, ..summary() }));
}

#[test]
fn a_mark_has_these_bytes() {
    assert_eq!(codec::encode_mark(Version::new(258)), [0, 0, 0, 0, 0, 0, 1, 2]);
    assert_eq!(codec::decode_mark(codec::MARK_V1, &[0, 0, 0, 0, 0, 0, 1, 2]), Ok(Version::new(258)));
    assert_eq!(codec::decode_mark(codec::MARK_V1, &[1, 2]), Err(Fault::damaged("it has 2 bytes of 8")));
    assert!(codec::decode_mark(2, &[0; 8]).is_err());
}

#[test]
fn the_holder_of_a_name_has_these_bytes() {
    let holder = ExecutionId::from_bytes([9; 16]);
    assert_eq!(hex(&codec::encode_holder(holder)), GOLDEN_HOLDER);
    assert_eq!(codec::decode_holder(codec::NAME_V1, &bytes(GOLDEN_HOLDER)), Ok(holder));
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let value = bytes(GOLDEN_WHOLE);
    for at in 0..value.len() * 8 {
        let mut flipped = value.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        assert!(open(KEY, &flipped).is_err(), "bit {at}");
    }
    for length in 0..value.len() {
        assert!(open(KEY, &value[..length]).is_err(), "cut to {length}");
    }
    assert_eq!(open(b"kex", &value), Err(Fault::damaged("its checksum is wrong")));
}

#[test]
fn an_unknown_format_is_newer_whatever_follows() {
    assert_eq!(open(KEY, &[3]), Err(Fault::Newer(3)));
    assert_eq!(open(KEY, &[255, 1, 2, 3]), Err(Fault::Newer(255)));
    assert!(matches!(open(KEY, &[0, 1, 2, 3]), Err(Fault::Damaged(_))));
}

#[test]
fn rows_with_bytes_behind_their_end_or_huge_lengths_are_damaged() {
    let mut longer = bytes(GOLDEN_SUMMARY_V2);
    longer.push(0);
    assert!(codec::decode_summary(summary().execution, codec::SUMMARY_V2, &longer).is_err());
    let huge = [0, 253, 255, 255, 255, 255, 255, 255, 255, 127];
    assert!(codec::decode_summary(summary().execution, codec::SUMMARY_V2, &huge).is_err());
    assert!(codec::decode_summary(summary().execution, 3, &bytes(GOLDEN_SUMMARY_V1)).is_err());
}
