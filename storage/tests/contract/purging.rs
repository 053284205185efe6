//! Deleting closed executions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use duramen_storage::{Batch, Query, RecordKind, Snapshot, Status, Summary, Version};

use crate::subject::{all_pages, close, execution, name_of, on_every_log, record, start, summary};

on_every_log! {
    fn closed_executions_go_with_all_that_belongs_to_them(subject) {
        let log = &**subject.log();
        start(log, &summary(1));
        close(log, &summary(1), 50);
        let snapshot = Snapshot { version: Version::new(2), kind: RecordKind(1), body: vec![1; 10_000] };
        let large = record(execution(1), 2, &[2; 2_000_000]).snapshot(snapshot).set_timer(500);
        log.append(large).unwrap();
        assert_eq!(log.purge(51, 10).unwrap(), 1);
        let subject = subject.reopen();
        let log = subject.log();
        assert!(log.read(execution(1), Version::NONE, 10).unwrap().is_empty());
        assert!(log.last(execution(1)).unwrap().is_none());
        assert!(log.summary(execution(1)).unwrap().is_none());
        assert!(log.list(&Query::new()).unwrap().rows.is_empty());
        assert!(log.snapshot(execution(1)).unwrap().is_none());
        assert!(log.timers(None, u64::MAX, 10).unwrap().is_empty());
        assert!(log.holder(&name_of(&summary(1))).unwrap().is_none());
        assert_eq!(log.purge(51, 10).unwrap(), 0);
    }

    fn a_name_is_free_again(subject) {
        let log = &**subject.log();
        start(log, &summary(1));
        close(log, &summary(1), 50);
        let second = Summary { name: summary(1).name, ..summary(2) };
        let batch = || record(execution(2), 0, b"started").summary(None, second.clone()).claim(name_of(&second));
        assert!(log.append(batch()).is_err());
        assert_eq!(log.purge(51, 10).unwrap(), 1);
        log.append(batch()).unwrap();
        assert_eq!(log.holder(&name_of(&second)).unwrap(), Some(execution(2)));
    }

    fn what_runs_or_closed_later_or_owes_work_stays(subject) {
        let log = &**subject.log();
        start(log, &summary(1));
        start(log, &summary(2));
        close(log, &summary(2), 60);
        let owing = Summary { status: Status::Failed, closed_ms: Some(10), ..summary(3) };
        start(log, &owing);
        start(log, &summary(4));
        let paused = Summary { status: Status::Paused, awake: false, ..summary(4) };
        log.append(record(execution(4), 1, b"paused").summary(Some(summary(4).place()), paused)).unwrap();
        assert_eq!(log.purge(60, 10).unwrap(), 0);
        assert_eq!(all_pages(log, &Query::new()), (1..=4).map(execution).collect::<Vec<_>>());
        assert_eq!(log.purge(61, 10).unwrap(), 1);
        assert_eq!(all_pages(log, &Query::new()), [execution(1), execution(3), execution(4)]);
    }

    fn the_earliest_go_first_and_no_more_than_asked(subject) {
        let log = &**subject.log();
        for number in 1..=10 {
            start(log, &summary(number));
            close(log, &summary(number), 1000 - number);
        }
        assert_eq!(log.purge(2000, 0).unwrap(), 0);
        assert_eq!(log.purge(2000, 4).unwrap(), 4);
        assert_eq!(all_pages(log, &Query::new()), (5..=10).map(execution).collect::<Vec<_>>());
        assert_eq!(log.purge(2000, 4).unwrap(), 4);
        assert_eq!(log.purge(2000, 4).unwrap(), 2);
    }

    fn others_append_meanwhile(subject) {
        let log = &**subject.log();
        for number in 1..=150 {
            let row = summary(number);
            let ended = Summary { status: Status::Stopped, awake: false, closed_ms: Some(500), ..row };
            let batch = (0..5).fold(Batch::new(execution(number), Version::NONE), |batch, _| {
                batch.record(RecordKind(1), vec![0; 20])
            });
            log.submit(batch.summary(None, ended), Box::new(|outcome| { outcome.unwrap(); }));
        }
        start(log, &summary(900));
        let done = AtomicBool::new(false);
        let appended = thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let mut version = 1;
                while !done.load(Ordering::Relaxed) {
                    version = log.append(record(execution(900), version, b"x")).unwrap().get();
                }
                version
            });
            let reader = scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    log.read(execution(77), Version::NONE, 100).unwrap();
                }
            });
            assert_eq!(log.purge(501, 1000).unwrap(), 150);
            done.store(true, Ordering::Relaxed);
            reader.join().unwrap();
            writer.join().unwrap()
        });
        assert_eq!(log.read(execution(900), Version::NONE, usize::MAX).unwrap().len() as u64, appended);
        assert_eq!(all_pages(log, &Query::new()), [execution(900)]);
        assert!(log.read(execution(77), Version::NONE, 100).unwrap().is_empty());
    }
}
