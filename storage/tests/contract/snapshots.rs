//! Snapshots.

use duramen_storage::{Batch, RecordKind, Snapshot, Version};

use crate::subject::{execution, on_every_log, record};

fn snapshot(version: u64, length: usize) -> Snapshot {
    Snapshot { version: Version::new(version), kind: RecordKind(9), body: vec![version as u8; length] }
}

on_every_log! {
    fn the_newest_snapshot_is_given(subject) {
        let log = subject.log();
        assert_eq!(log.snapshot(execution(1)).unwrap(), None);
        for version in 0..3 {
            log.append(record(execution(1), version, b"x").snapshot(snapshot(version + 1, 10))).unwrap();
        }
        assert_eq!(log.snapshot(execution(1)).unwrap(), Some(snapshot(3, 10)));
        assert_eq!(log.snapshot(execution(2)).unwrap(), None);
        let subject = subject.reopen();
        assert_eq!(subject.log().snapshot(execution(1)).unwrap(), Some(snapshot(3, 10)));
    }

    fn snapshots_of_any_size_replace_each_other(subject) {
        let sizes = [100_000, 50_000, 10, 4088, 4089, 0, 5_000, 5_000, 70_000, 1];
        for (version, length) in (1..).zip(sizes) {
            let batch = Batch::new(execution(1), Version::NONE).snapshot(snapshot(version, length));
            subject.log().append(batch).unwrap();
            assert_eq!(subject.log().snapshot(execution(1)).unwrap(), Some(snapshot(version, length)));
        }
        let subject = subject.reopen();
        assert_eq!(subject.log().snapshot(execution(1)).unwrap(), Some(snapshot(10, 1)));
    }

    fn snapshots_handed_over_together_end_with_the_last(subject) {
        for version in 1..=20 {
            let batch = Batch::new(execution(1), Version::NONE).snapshot(snapshot(version, 20_000));
            subject.log().submit(batch, Box::new(|outcome| { outcome.unwrap(); }));
        }
        subject.log().append(Batch::new(execution(1), Version::NONE)).unwrap();
        assert_eq!(subject.log().snapshot(execution(1)).unwrap(), Some(snapshot(20, 20_000)));
    }
}
