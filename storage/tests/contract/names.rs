//! Names.

use std::sync::mpsc;

use duramen_storage::{Error, Kind, Name, Version};

use crate::subject::{execution, on_every_log, record};

fn name(kind: u8, definition: &str, name: &str) -> Name {
    Name { kind: Kind(kind), definition: definition.to_owned(), name: name.to_owned() }
}

on_every_log! {
    fn one_execution_holds_a_name(subject) {
        let order = name(1, "order", "7");
        subject.log().append(record(execution(1), 0, b"a").claim(order.clone())).unwrap();
        let subject = subject.reopen();
        let log = subject.log();
        assert_eq!(log.holder(&order).unwrap(), Some(execution(1)));
        match log.append(record(execution(2), 0, b"a").claim(order.clone())) {
            Err(Error::NameTaken { name, holder }) => assert_eq!((*name, holder), (order, execution(1))),
            other => panic!("{other:?}"),
        }
    }

    fn the_holder_may_take_its_name_again(subject) {
        let order = name(1, "order", "7");
        subject.log().append(record(execution(1), 0, b"a").claim(order.clone())).unwrap();
        subject.log().append(record(execution(1), 1, b"b").claim(order)).unwrap();
    }

    fn names_are_apart_by_kind_definition_and_text(subject) {
        let names = [name(1, "ab", "c"), name(1, "a", "bc"), name(2, "ab", "c"), name(1, "abc", ""), name(1, "", "abc")];
        for (number, name) in (1..).zip(&names) {
            subject.log().append(record(execution(number), 0, b"a").claim(name.clone())).unwrap();
        }
        for (number, name) in (1..).zip(&names) {
            assert_eq!(subject.log().holder(name).unwrap(), Some(execution(number)));
        }
        assert_eq!(subject.log().holder(&name(3, "ab", "c")).unwrap(), None);
    }

    fn of_claims_handed_over_together_the_first_wins(subject) {
        let (sender, receiver) = mpsc::channel();
        for number in 1..=50 {
            let sender = sender.clone();
            let batch = record(execution(number), 0, b"a").claim(name(1, "order", "7"));
            subject.log().submit(batch, Box::new(move |outcome| sender.send((number, outcome)).unwrap()));
        }
        for number in 1..=50 {
            let (of, outcome) = receiver.recv().unwrap();
            assert_eq!(of, number);
            match outcome {
                Ok(version) => assert_eq!((number, version), (1, Version::new(1))),
                Err(Error::NameTaken { holder, .. }) => assert_eq!(holder, execution(1)),
                Err(other) => panic!("{other}"),
            }
        }
    }

    fn a_name_over_one_kib_is_too_large(subject) {
        let batch = |length| record(execution(1), 0, b"a").claim(name(1, "order", &"x".repeat(length)));
        let refused = subject.log().append(batch(1020));
        assert!(matches!(refused, Err(Error::TooLarge { what: "name", bytes: 1025, limit: 1024, .. })), "{refused:?}");
        subject.log().append(batch(1019)).unwrap();
    }
}
