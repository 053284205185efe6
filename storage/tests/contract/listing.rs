//! Listing executions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use duramen_storage::{Batch, ExecutionId, Kind, Query, Status, Summary, Version};

use crate::subject::{Subject, all_pages, execution, executions, on_every_log, start, summary};

/// Sixty executions of two definitions, two kinds and every status.
fn fill(subject: &impl Subject) -> Vec<Summary> {
    let rows: Vec<Summary> = (1..=60)
        .map(|number| Summary {
            kind: Kind((number % 2) as u8),
            definition: if number % 3 == 0 { "invoice" } else { "order" }.to_owned(),
            name: format!("{}-{number}", if number % 5 == 0 { "late" } else { "early" }),
            status: Status::ALL[number as usize % 6],
            awake: number % 4 == 0,
            ..summary(number)
        })
        .collect();
    for row in rows.iter().rev() {
        start(&**subject.log(), row);
    }
    rows
}

fn matching(rows: &[Summary], query: &Query) -> Vec<ExecutionId> {
    let found = rows.iter().filter(|row| query.matches(row)).map(|row| row.execution);
    if query.newest_first { found.rev().collect() } else { found.collect() }
}

on_every_log! {
    fn every_filter_alone_and_together(subject) {
        let rows = fill(&subject);
        let queries = [
            Query::new(),
            Query::new().status(Status::Running),
            Query::new().status(Status::Failed).status(Status::Paused),
            Query::new().awake(true),
            Query::new().awake(false),
            Query::new().status(Status::Running).awake(true),
            Query::new().kind(Kind(1)),
            Query::new().definition("invoice"),
            Query::new().name_prefix("late-"),
            Query::new().started_from_ms(20),
            Query::new().started_before_ms(20),
            Query::new().started_from_ms(20).started_before_ms(40),
            Query::new().started_from_ms(40).started_before_ms(20),
            Query::new().started_from_ms(u64::MAX),
            Query::new().started_before_ms(u64::MAX),
            Query::new().kind(Kind(0)).definition("order").status(Status::Succeeded).started_from_ms(10),
            Query::new().definition("nothing"),
        ];
        let subject = subject.reopen();
        for query in queries {
            for query in [query.clone(), query.newest_first()] {
                for page_size in [1, 7, 20, 1000] {
                    let query = query.clone().page_size(page_size);
                    assert_eq!(all_pages(&**subject.log(), &query), matching(&rows, &query), "{query:?}");
                }
            }
        }
    }

    fn the_last_page_says_that_it_is(subject) {
        let rows = fill(&subject);
        let first = subject.log().list(&Query::new().page_size(30)).unwrap();
        assert_eq!(first.next, Some(rows[29].execution));
        let last = subject.log().list(&Query::new().page_size(30).after(rows[29].execution)).unwrap();
        assert_eq!((last.rows.len(), last.next), (30, None));
    }

    fn a_page_may_begin_behind_an_execution_that_is_not_there(subject) {
        fill(&subject);
        let between = ExecutionId::new(30, [0xff; 10]);
        let page = subject.log().list(&Query::new().after(between).page_size(1)).unwrap();
        assert_eq!(executions(&page), [execution(31)]);
        let page = subject.log().list(&Query::new().after(between).newest_first().page_size(1)).unwrap();
        assert_eq!(executions(&page), [execution(30)]);
        let outside = Query::new().started_from_ms(50).after(execution(10)).page_size(1);
        assert_eq!(executions(&subject.log().list(&outside).unwrap()), [execution(50)]);
        let outside = Query::new().newest_first().started_before_ms(10).after(execution(50)).page_size(1);
        assert_eq!(executions(&subject.log().list(&outside).unwrap()), [execution(9)]);
    }

    fn a_listing_is_longer_than_one_scan(subject) {
        for number in 1..=600 {
            let status = Status::ALL[number as usize % 6];
            let batch = Batch::new(execution(number), Version::NONE);
            subject.log().append(batch.summary(None, Summary { status, ..summary(number) })).unwrap();
        }
        let all: Vec<_> = (1..=600).map(execution).collect();
        assert_eq!(all_pages(&**subject.log(), &Query::new().page_size(1000)), all);
        assert_eq!(all_pages(&**subject.log(), &Query::new().name_prefix("order-600")), [execution(600)]);
    }

    fn rows_that_move_meanwhile_are_listed_exactly_once(subject) {
        let rows = fill(&subject);
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut rows = rows.clone();
                for turn in 0..20 {
                    for row in &mut rows {
                        let after = Summary { status: Status::ALL[turn % 6], awake: turn % 2 == 0, ..row.clone() };
                        let batch = Batch::new(row.execution, Version::new(1));
                        subject.log().submit(batch.summary(Some(row.place()), after.clone()), Box::new(|outcome| {
                            outcome.unwrap();
                        }));
                        *row = after;
                    }
                }
                done.store(true, Ordering::Relaxed);
            });
            let all: Vec<_> = rows.iter().map(|row| row.execution).collect();
            while !done.load(Ordering::Relaxed) {
                assert_eq!(all_pages(&**subject.log(), &Query::new().page_size(25)), all);
                assert!(subject.log().summary(execution(17)).unwrap().is_some());
            }
        });
    }
}
