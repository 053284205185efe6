//! Closing.

use std::sync::mpsc;

use duramen_storage::{Error, Query, Version};

use crate::subject::{execution, on_every_log, record};

on_every_log! {
    fn what_was_handed_over_is_written_first(subject) {
        let (sender, receiver) = mpsc::channel();
        for version in 0..200 {
            let sender = sender.clone();
            let ack = Box::new(move |outcome: Result<Version, Error>| sender.send(outcome.is_ok()).unwrap());
            subject.log().submit(record(execution(1), version, b"x"), ack);
        }
        subject.log().close().unwrap();
        assert_eq!(receiver.try_iter().filter(|written| *written).count(), 200);
        let subject = subject.reopen();
        assert_eq!(subject.log().read(execution(1), Version::NONE, 1000).unwrap().len(), 200);
    }

    fn a_closed_log_says_so(subject) {
        let log = subject.log();
        log.append(record(execution(1), 0, b"x")).unwrap();
        log.close().unwrap();
        log.close().unwrap();
        assert!(matches!(log.append(record(execution(1), 1, b"x")), Err(Error::Closed)));
        assert!(matches!(log.read(execution(1), Version::NONE, 1), Err(Error::Closed)));
        assert!(matches!(log.list(&Query::new()), Err(Error::Closed)));
        assert!(matches!(log.purge(1, 1), Err(Error::Closed)));
        assert_eq!(log.figures().records, 1);
        assert_eq!(log.figures().waiting, 0);
    }

    fn an_acknowledgement_may_close_the_log(subject) {
        let (sender, receiver) = mpsc::channel();
        let log = subject.log().clone();
        subject.log().submit(record(execution(1), 0, b"x"), Box::new(move |outcome| {
            outcome.unwrap();
            sender.send(log.close()).unwrap();
        }));
        receiver.recv().unwrap().unwrap();
        assert!(matches!(subject.log().append(record(execution(1), 1, b"x")), Err(Error::Closed)));
    }
}
