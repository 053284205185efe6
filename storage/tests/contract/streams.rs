//! Order and versions of records.

use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use duramen_storage::{Batch, Error, Record, RecordKind, Version};

use crate::subject::{execution, on_every_log, record};

fn numbers(records: &[Record]) -> Vec<u64> {
    records.iter().map(|record| record.version.get()).collect()
}

on_every_log! {
    fn versions_are_one_two_three_without_a_gap(subject) {
        let log = subject.log();
        let two = record(execution(1), 0, b"a").record(RecordKind(2), b"b".to_vec());
        assert_eq!(log.append(two).unwrap(), Version::new(2));
        assert_eq!(log.append(record(execution(1), 2, b"c")).unwrap(), Version::new(3));
        let records = log.read(execution(1), Version::NONE, 10).unwrap();
        assert_eq!(numbers(&records), [1, 2, 3]);
        assert_eq!(records[1].kind, RecordKind(2));
        assert_eq!(records[1].body, b"b");
        assert_eq!(log.last(execution(1)).unwrap().as_ref(), records.last());
    }

    fn reading_goes_on_behind_a_version(subject) {
        let log = subject.log();
        for version in 0..25 {
            log.append(record(execution(1), version, b"x")).unwrap();
            log.append(record(execution(2), version, b"y")).unwrap();
        }
        let mut found = Vec::new();
        while let Some(last) = Some(found.last().copied().unwrap_or(0)) {
            let page = log.read(execution(1), Version::new(last), 10).unwrap();
            assert!(page.iter().all(|record| record.body == b"x"));
            found.extend(numbers(&page));
            if page.len() < 10 { break }
        }
        assert_eq!(found, (1..=25).collect::<Vec<_>>());
        assert!(log.read(execution(1), Version::new(25), 10).unwrap().is_empty());
        assert!(log.read(execution(1), Version::new(u64::MAX), 10).unwrap().is_empty());
        assert!(log.read(execution(1), Version::NONE, 0).unwrap().is_empty());
        assert!(log.read(execution(3), Version::NONE, 10).unwrap().is_empty());
        assert!(log.last(execution(3)).unwrap().is_none());
    }

    fn streams_are_the_same_after_opening_again(subject) {
        for version in 0..300 {
            subject.log().append(record(execution(1), version, &version.to_be_bytes())).unwrap();
        }
        let before = subject.log().read(execution(1), Version::NONE, 1000).unwrap();
        let subject = subject.reopen();
        assert_eq!(subject.log().read(execution(1), Version::NONE, 1000).unwrap(), before);
        assert_eq!(subject.log().append(record(execution(1), 300, b"more")).unwrap(), Version::new(301));
    }

    fn a_wrong_version_is_refused_with_the_right_one(subject) {
        let log = subject.log();
        log.append(record(execution(1), 0, b"a")).unwrap();
        for expected in [0, 2, u64::MAX] {
            match log.append(record(execution(1), expected, b"b")) {
                Err(Error::Conflict { execution: of, expected: was, found }) => {
                    assert_eq!((of, was.get(), found.get()), (execution(1), expected, 1));
                }
                other => panic!("{other:?}"),
            }
        }
        let subject = subject.reopen();
        let refused = subject.log().append(record(execution(1), 0, b"b"));
        assert!(matches!(refused, Err(Error::Conflict { found, .. }) if found.get() == 1), "{refused:?}");
        assert_eq!(subject.log().append(record(execution(1), 1, b"b")).unwrap(), Version::new(2));
    }

    fn of_two_writers_on_one_version_exactly_one_wins(subject) {
        let rounds = 50;
        let barrier = Arc::new(Barrier::new(2));
        let writers: Vec<_> = (0..2u8).map(|writer| {
            let (log, barrier) = (subject.log().clone(), barrier.clone());
            thread::spawn(move || {
                (0..rounds).map(|version| {
                    barrier.wait();
                    let outcome = log.append(record(execution(1), version, &[writer]));
                    assert!(matches!(outcome, Ok(_) | Err(Error::Conflict { .. })), "{outcome:?}");
                    barrier.wait();
                    outcome.is_ok()
                }).collect::<Vec<bool>>()
            })
        }).collect();
        let won: Vec<Vec<bool>> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
        let records = subject.log().read(execution(1), Version::NONE, 1000).unwrap();
        assert_eq!(records.len() as u64, rounds);
        for (version, record) in records.iter().enumerate() {
            assert!(won[0][version] ^ won[1][version]);
            assert!(won[usize::from(record.body[0])][version]);
        }
    }

    fn batches_of_a_stream_may_be_handed_over_without_waiting(subject) {
        let (sender, receiver) = mpsc::channel();
        for version in 0..500 {
            let sender = sender.clone();
            let ack = Box::new(move |outcome| sender.send(outcome).unwrap());
            subject.log().submit(record(execution(1), version, b"x"), ack);
        }
        for version in 1..=500 {
            assert_eq!(receiver.recv().unwrap().unwrap(), Version::new(version));
        }
    }

    fn many_threads_write_many_streams(subject) {
        let writers: Vec<_> = (1..=4).map(|number| {
            let log = subject.log().clone();
            thread::spawn(move || {
                for version in 0..50 {
                    log.append(record(execution(number), version, &[number as u8])).unwrap();
                }
            })
        }).collect();
        for writer in writers {
            writer.join().unwrap();
        }
        for number in 1..=4 {
            let records = subject.log().read(execution(number), Version::NONE, 100).unwrap();
            assert_eq!(numbers(&records), (1..=50).collect::<Vec<_>>());
            assert!(records.iter().all(|record| record.body == [number as u8]));
        }
        assert_eq!(subject.log().figures().records, 200);
        assert_eq!(subject.log().figures().batches, 200);
    }

    fn an_empty_batch_tells_where_the_stream_stands(subject) {
        let log = subject.log();
        assert_eq!(log.append(Batch::new(execution(1), Version::NONE)).unwrap(), Version::NONE);
        log.append(record(execution(1), 0, b"a")).unwrap();
        assert_eq!(log.append(Batch::new(execution(1), Version::new(1))).unwrap(), Version::new(1));
    }

    fn an_acknowledgement_that_panics_harms_no_other(subject) {
        let log = subject.log();
        log.submit(record(execution(1), 0, b"a"), Box::new(|_| panic!("on purpose")));
        assert_eq!(log.append(record(execution(1), 1, b"b")).unwrap(), Version::new(2));
    }

    fn an_acknowledgement_may_hand_over_the_next_batch(subject) {
        fn go_on(log: &Arc<dyn duramen_storage::Log>, done: mpsc::Sender<u64>, version: u64) {
            let batch = record(execution(1), version, b"x");
            let next = log.clone();
            log.submit(batch, Box::new(move |outcome| {
                let version = outcome.unwrap().get();
                if version < 2000 { go_on(&next, done, version) } else { done.send(version).unwrap() }
            }));
        }
        let (sender, receiver) = mpsc::channel();
        go_on(subject.log(), sender, 0);
        assert_eq!(receiver.recv().unwrap(), 2000);
    }
}
