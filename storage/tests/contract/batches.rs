//! A batch is written as a whole or not at all.

use duramen_storage::{Batch, Error, Query, RecordKind, Snapshot, Status, Summary, Version};

use crate::subject::{Subject, execution, name_of, on_every_log, record, start, summary};

/// A batch that changes everything a batch can change.
fn everything(number: u64, expected: u64) -> Batch {
    let snapshot = Snapshot { version: Version::new(expected + 1), kind: RecordKind(3), body: b"state".to_vec() };
    record(execution(number), expected, b"a")
        .record(RecordKind(2), b"b".to_vec())
        .summary(None, summary(number))
        .set_timer(100)
        .claim(name_of(&summary(number)))
        .snapshot(snapshot)
        .mark("total")
}

fn assert_no_trace(subject: &impl Subject, number: u64) {
    let log = subject.log();
    assert!(log.read(execution(number), Version::NONE, 10).unwrap().is_empty());
    assert!(log.summary(execution(number)).unwrap().is_none());
    assert!(log.snapshot(execution(number)).unwrap().is_none());
    assert!(log.marks(execution(number)).unwrap().is_empty());
    assert!(log.holder(&name_of(&summary(number))).unwrap().is_none());
    assert!(log.timers(None, u64::MAX, 10).unwrap().iter().all(|timer| timer.execution != execution(number)));
}

on_every_log! {
    fn all_of_a_batch_is_there_and_stays(subject) {
        subject.log().append(everything(1, 0)).unwrap();
        let subject = subject.reopen();
        let log = subject.log();
        assert_eq!(log.read(execution(1), Version::NONE, 10).unwrap().len(), 2);
        assert_eq!(log.summary(execution(1)).unwrap(), Some(summary(1)));
        assert_eq!(log.snapshot(execution(1)).unwrap().unwrap().body, b"state");
        assert_eq!(log.marked(execution(1), "total").unwrap().unwrap().body, b"b");
        assert_eq!(log.holder(&name_of(&summary(1))).unwrap(), Some(execution(1)));
        assert_eq!(log.timers(None, 101, 10).unwrap()[0].execution, execution(1));
    }

    fn a_batch_with_a_wrong_version_leaves_no_trace(subject) {
        assert!(matches!(subject.log().append(everything(1, 5)), Err(Error::Conflict { .. })));
        assert_no_trace(&subject, 1);
        assert_no_trace(&subject.reopen(), 1);
    }

    fn a_batch_with_a_name_that_is_taken_leaves_no_trace(subject) {
        start(&**subject.log(), &summary(1));
        let batch = everything(2, 0).claim(name_of(&summary(1)));
        assert!(matches!(subject.log().append(batch), Err(Error::NameTaken { holder, .. }) if holder == execution(1)));
        assert_no_trace(&subject, 2);
        assert_no_trace(&subject.reopen(), 2);
    }

    fn a_batch_with_a_record_that_is_too_large_leaves_no_trace(subject) {
        let batch = everything(1, 0).record(RecordKind(1), vec![0; (1 << 26) + 1]);
        assert!(matches!(subject.log().append(batch), Err(Error::TooLarge { what: "record", .. })));
        assert_no_trace(&subject, 1);
    }

    fn a_batch_without_records_is_checked_and_written(subject) {
        let log = subject.log();
        start(&**log, &summary(1));
        let asleep = Summary { awake: false, ..summary(1) };
        let quiet = |expected| {
            let expected = Version::new(expected);
            Batch::new(execution(1), expected).summary(Some(summary(1).place()), asleep.clone()).set_timer(7)
        };
        assert!(matches!(log.append(quiet(0)), Err(Error::Conflict { .. })));
        assert_eq!(log.summary(execution(1)).unwrap(), Some(summary(1)));
        assert_eq!(log.append(quiet(1)).unwrap(), Version::new(1));
        assert_eq!(log.summary(execution(1)).unwrap(), Some(asleep));
        assert_eq!(log.timers(None, 8, 1).unwrap().len(), 1);
        assert_eq!(log.append(record(execution(1), 1, b"awake again")).unwrap(), Version::new(2));
    }

    fn a_summary_that_moves_is_at_one_place_only(subject) {
        let log = subject.log();
        let mut before = summary(1);
        start(&**log, &before);
        for (version, status) in (1..).zip(Status::ALL) {
            let after = Summary { status, awake: version % 2 == 0, ..before.clone() };
            log.append(record(execution(1), version, b"x").summary(Some(before.place()), after.clone())).unwrap();
            let all = log.list(&Query::new()).unwrap();
            assert_eq!(all.rows, std::slice::from_ref(&after));
            assert_eq!(log.summary(execution(1)).unwrap(), Some(after.clone()));
            before = after;
        }
    }

    fn a_batch_of_many_records_is_one_batch(subject) {
        let batch = (0..1000).fold(Batch::new(execution(1), Version::NONE), |batch, number: u32| {
            batch.record(RecordKind(1), number.to_be_bytes().to_vec())
        });
        assert_eq!(subject.log().append(batch).unwrap(), Version::new(1000));
        assert_eq!(subject.log().figures().batches, 1);
        assert_eq!(subject.log().read(execution(1), Version::NONE, 2000).unwrap().len(), 1000);
    }

    fn the_first_two_kib_of_a_note_are_kept(subject) {
        let wordy = Summary { note: Some("ä".repeat(5000)), ..summary(1) };
        start(&**subject.log(), &wordy);
        assert_eq!(subject.log().summary(execution(1)).unwrap().unwrap().note, Some("ä".repeat(1024)));
    }
}
