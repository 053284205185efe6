//! Large payloads, and the limit.

use duramen_storage::{Batch, Error, RecordKind, Snapshot, Version};

use crate::subject::{Memory, OnSled, Subject, execution, on_every_log, record};

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 4096 + at) as u8).collect()
}

fn assert_limit_is_kept<S: Subject>() {
    let subject = S::new(100);
    let log = subject.log();
    log.append(record(execution(1), 0, &[0; 100])).unwrap();
    match log.append(record(execution(1), 1, &[0; 101])) {
        Err(Error::TooLarge { execution: of, what: "record", bytes: 101, limit: 100 }) => assert_eq!(of, execution(1)),
        other => panic!("{other:?}"),
    }
    let snapshot = Snapshot { version: Version::new(1), kind: RecordKind(1), body: vec![0; 101] };
    let refused = log.append(Batch::new(execution(1), Version::new(1)).snapshot(snapshot));
    assert!(matches!(refused, Err(Error::TooLarge { what: "snapshot", .. })), "{refused:?}");
    assert_eq!(log.append(record(execution(1), 1, b"fits")).unwrap(), Version::new(2));
}

#[test]
fn the_limit_is_kept_in_memory() {
    assert_limit_is_kept::<Memory>();
}

#[test]
fn the_limit_is_kept_on_sled() {
    assert_limit_is_kept::<OnSled>();
}

on_every_log! {
    fn payloads_of_every_size_come_back(subject) {
        let sizes = [0, 1, 4095, 4096, 4097, 8192, 8193, 100_000, 5_000_000];
        let mut batch = Batch::new(execution(1), Version::NONE);
        for size in sizes {
            batch = batch.record(RecordKind(1), bytes(size));
        }
        subject.log().append(batch).unwrap();
        let subject = subject.reopen();
        let records = subject.log().read(execution(1), Version::NONE, 100).unwrap();
        assert_eq!(records.len(), sizes.len());
        for (record, size) in records.iter().zip(sizes) {
            assert!(record.body == bytes(size), "{size} bytes");
        }
        assert!(subject.log().last(execution(1)).unwrap().unwrap().body == bytes(5_000_000));
    }
}
