//! Marks: single records that are found by name.

use duramen_storage::{Batch, Error, Log, MemoryLog, RecordKind, Version};

use crate::subject::{close, execution, on_every_log, record, start, summary};

fn name_and_version(name: &str, version: u64) -> (String, Version) {
    (name.to_owned(), Version::new(version))
}

on_every_log! {
    fn the_record_that_was_marked_last_is_given(subject) {
        let log = subject.log();
        assert_eq!(log.marked(execution(1), "total").unwrap(), None);
        log.append(record(execution(1), 0, b"a").mark("total")).unwrap();
        log.append(record(execution(1), 1, b"b").mark("total")).unwrap();
        log.append(record(execution(1), 2, b"c")).unwrap();
        let subject = subject.reopen();
        let marked = subject.log().marked(execution(1), "total").unwrap().unwrap();
        assert_eq!((marked.version, marked.kind, marked.body), (Version::new(2), RecordKind(1), b"b".to_vec()));
        assert_eq!(subject.log().marked(execution(2), "total").unwrap(), None);
        assert_eq!(subject.log().marked(execution(1), "tota").unwrap(), None);
    }

    fn the_last_record_of_a_batch_is_the_marked_one(subject) {
        let batch = record(execution(1), 0, b"a").mark("total").record(RecordKind(2), vec![7; 100_000]);
        subject.log().append(batch).unwrap();
        let marked = subject.log().marked(execution(1), "total").unwrap().unwrap();
        assert_eq!((marked.version, marked.kind, marked.body), (Version::new(2), RecordKind(2), vec![7; 100_000]));
    }

    fn marks_are_listed_by_name(subject) {
        let log = subject.log();
        log.append(record(execution(1), 0, b"a").mark("b").mark("a").mark("ä").mark("")).unwrap();
        log.append(record(execution(1), 1, b"b").mark("ab").mark("a").mark("a")).unwrap();
        log.append(record(execution(2), 0, b"c").mark("c")).unwrap();
        let expected = [("", 1), ("a", 2), ("ab", 2), ("b", 1), ("ä", 1)].map(|(name, at)| name_and_version(name, at));
        assert_eq!(log.marks(execution(1)).unwrap(), expected);
        assert_eq!(log.marks(execution(2)).unwrap(), [name_and_version("c", 1)]);
        assert_eq!(log.marks(execution(3)).unwrap(), []);
        let subject = subject.reopen();
        assert_eq!(subject.log().marks(execution(1)).unwrap(), expected);
    }

    fn marks_of_a_batch_without_records_are_passed_over(subject) {
        let log = subject.log();
        log.append(record(execution(1), 0, b"a").mark("total")).unwrap();
        log.append(record(execution(1), 1, b"b")).unwrap();
        let marks_only = Batch::new(execution(1), Version::new(2)).mark("total").mark("more");
        assert!(marks_only.is_empty());
        log.append(marks_only).unwrap();
        assert_eq!(log.marks(execution(1)).unwrap(), [name_and_version("total", 1)]);
    }

    fn marks_of_a_batch_that_is_refused_leave_no_trace(subject) {
        let log = subject.log();
        assert!(log.append(record(execution(1), 5, b"a").mark("total")).is_err());
        assert_eq!(log.marks(execution(1)).unwrap(), []);
    }

    fn a_mark_over_one_kib_is_too_large(subject) {
        let batch = |length| record(execution(1), 0, b"a").mark("x".repeat(length));
        let refused = subject.log().append(batch(1025));
        assert!(matches!(refused, Err(Error::TooLarge { what: "mark", bytes: 1025, limit: 1024, .. })), "{refused:?}");
        subject.log().append(batch(1024)).unwrap();
        assert_eq!(subject.log().marked(execution(1), &"x".repeat(1024)).unwrap().unwrap().body, b"a");
    }

    fn marks_go_with_their_execution(subject) {
        let log = &**subject.log();
        for number in 1..=2 {
            start(log, &summary(number));
            close(log, &summary(number), number * 10);
            log.append(record(execution(number), 2, b"a").mark("total").mark("more")).unwrap();
        }
        assert_eq!(log.purge(11, 10).unwrap(), 1);
        let subject = subject.reopen();
        assert_eq!(subject.log().marks(execution(1)).unwrap(), []);
        assert_eq!(subject.log().marked(execution(1), "total").unwrap(), None);
        assert_eq!(subject.log().marks(execution(2)).unwrap().len(), 2);
    }
}

#[test]
fn a_prefix_has_the_marks_of_its_batches() {
    let log = MemoryLog::new();
    for version in 0..3 {
        log.append(record(execution(1), version, &[version as u8]).mark("total")).unwrap();
    }
    assert_eq!(log.prefix(0).marked(execution(1), "total").unwrap(), None);
    assert_eq!(log.prefix(2).marked(execution(1), "total").unwrap().unwrap().body, [1]);
}
