//! Timers.

use duramen_storage::{Batch, Log, Timer, Version};

use crate::subject::{execution, on_every_log};

fn set(log: &dyn Log, number: u64, due_ms: u64) {
    log.append(Batch::new(execution(number), Version::NONE).set_timer(due_ms)).unwrap();
}

fn timer(number: u64, due_ms: u64) -> Timer {
    Timer { due_ms, execution: execution(number) }
}

on_every_log! {
    fn timers_come_by_due_time_and_then_by_execution(subject) {
        let log = &**subject.log();
        for (number, due_ms) in [(3, 50), (1, 70), (2, 50), (1, 10), (4, 1 << 40)] {
            set(log, number, due_ms);
        }
        let all = [timer(1, 10), timer(2, 50), timer(3, 50), timer(1, 70), timer(4, 1 << 40)];
        assert_eq!(log.timers(None, u64::MAX, 10).unwrap(), all);
        let subject = subject.reopen();
        assert_eq!(subject.log().timers(None, u64::MAX, 10).unwrap(), all);
        assert_eq!(subject.log().timers(None, u64::MAX, 2).unwrap(), all[..2]);
    }

    fn a_page_begins_behind_a_timer_and_ends_before_a_time(subject) {
        let log = &**subject.log();
        for due_ms in [10, 20, 30] {
            set(log, 1, due_ms);
        }
        assert_eq!(log.timers(None, 30, 10).unwrap(), [timer(1, 10), timer(1, 20)]);
        assert_eq!(log.timers(Some(timer(1, 10)), 31, 10).unwrap(), [timer(1, 20), timer(1, 30)]);
        assert_eq!(log.timers(Some(timer(0, 20)), 31, 10).unwrap(), [timer(1, 20), timer(1, 30)]);
        assert!(log.timers(Some(timer(1, 20)), 20, 10).unwrap().is_empty());
        assert!(log.timers(Some(timer(1, 30)), 10, 10).unwrap().is_empty());
        assert!(log.timers(None, u64::MAX, 0).unwrap().is_empty());
    }

    fn many_that_are_due_at_the_same_time_are_paged_without_loss(subject) {
        let log = &**subject.log();
        for number in 0..25 {
            set(log, number, 7);
        }
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = log.timers(after, 100, 4).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(*last);
            all.extend(page);
        }
        assert_eq!(all, (0..25).map(|number| timer(number, 7)).collect::<Vec<_>>());
    }

    fn setting_twice_is_once_and_clearing_nothing_is_no_error(subject) {
        let log = &**subject.log();
        set(log, 1, 10);
        set(log, 1, 10);
        assert_eq!(log.timers(None, 100, 10).unwrap(), [timer(1, 10)]);
        log.append(Batch::new(execution(1), Version::NONE).clear_timer(10).clear_timer(11)).unwrap();
        assert!(log.timers(None, 100, 10).unwrap().is_empty());
    }

    fn changes_of_one_batch_apply_in_order(subject) {
        let log = &**subject.log();
        log.append(Batch::new(execution(1), Version::NONE).set_timer(1).clear_timer(1)).unwrap();
        log.append(Batch::new(execution(1), Version::NONE).clear_timer(2).set_timer(2)).unwrap();
        assert_eq!(log.timers(None, 100, 10).unwrap(), [timer(1, 2)]);
    }

    fn clearing_concerns_the_own_execution_only(subject) {
        let log = &**subject.log();
        set(log, 1, 10);
        set(log, 2, 10);
        log.append(Batch::new(execution(1), Version::NONE).clear_timer(10)).unwrap();
        assert_eq!(log.timers(None, 100, 10).unwrap(), [timer(2, 10)]);
    }
}
