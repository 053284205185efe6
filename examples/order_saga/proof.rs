//! The proof: what the shop noted, held against what the log recorded.

use duramen::Event;

use crate::order::Order;
use crate::parent::Demo;
use crate::path::{How, Path, recorded};
use crate::shop::{Phase, UNDOABLE};

/// What is claimed, and all that speaks against it.
pub(crate) struct Claim {
    pub(crate) text: String,
    pub(crate) faults: Vec<String>,
}

/// All that the demo claims.
pub(crate) fn of(demo: &Demo) -> Vec<Claim> {
    vec![
        ended_right(demo),
        killed_in_the_middle(demo),
        recorded_first(demo),
        nothing_lost(demo),
        none_again(demo),
        undone(demo),
    ]
}

/// Each history must begin with what the log had when the process before died.
fn nothing_lost(demo: &Demo) -> Claim {
    let (mut events, mut faults) = (0, Vec::new());
    for life in 1..demo.records.len() {
        for Order { number, .. } in Order::all() {
            let before = demo.history(life, number);
            events += before.len();
            if !demo.history(life + 1, number).starts_with(before) {
                faults.push(format!("order {number} lost what was recorded when process {life} was killed"));
            }
        }
    }
    Claim {
        text: format!("nothing recorded was lost: all {events} events in the log at a kill are there after it"),
        faults,
    }
}

/// Each order must end as its trouble says.
fn ended_right(demo: &Demo) -> Claim {
    let (mut sent, mut failed, mut faults) = (0, 0, Vec::new());
    for order in Order::all() {
        let end = demo.history(demo.records.len(), order.number).last().map(|last| &last.event);
        match (order.expected_failure(), end) {
            (None, Some(Event::ExecutionSucceeded { .. })) => sent += 1,
            (Some(name), Some(Event::ExecutionFailed { failure })) if failure.name() == name => failed += 1,
            (_, end) => {
                let end = end.map_or_else(|| "no history".to_owned(), ToString::to_string);
                faults.push(format!("order {} ended with: {end}", order.number));
            }
        }
    }
    let all = Order::all().len();
    Claim { text: format!("all {all} orders ended as they should: {sent} sent, {failed} failed"), faults }
}

/// A kill between two steps would show nothing.
fn killed_in_the_middle(demo: &Demo) -> Claim {
    let (mut counts, mut faults) = (Vec::new(), Vec::new());
    for life in 1..demo.records.len() {
        let broken_off: usize = Order::all().iter().map(|order| broken_off(demo, life, order.number)).sum();
        if broken_off == 0 {
            faults.push(format!("process {life} was killed when no step ran"));
        }
        counts.push(broken_off.to_string());
    }
    Claim { text: format!("the kills came in the middle: of {} steps", counts.join(" and of ")), faults }
}

fn broken_off(demo: &Demo, life: usize, number: u32) -> usize {
    let path = Path::of(demo, number);
    let runs = path.operations.iter().flat_map(|operation| &operation.runs);
    runs.filter(|run| run.life == life && run.how == How::BrokenOff).count()
}

/// The shop must not have been called for a step of which the log says nothing.
fn recorded_first(demo: &Demo) -> Claim {
    let mut faults = Vec::new();
    for call in &demo.calls {
        let known = recorded(demo.history(call.life, call.order));
        if !known.iter().any(|step| step.action == call.action) {
            faults.push(format!("process {} called {} of order {} unrecorded", call.life, call.action, call.order));
        }
    }
    let begun = demo.calls.iter().filter(|call| call.phase == Phase::Begin).count();
    Claim {
        text: format!("no step ran before the log said so: {begun} calls of the shop, each of a recorded step"),
        faults,
    }
}

/// A step whose result was recorded must not be called by a later process; and each process must have called exactly
/// the attempts whose end it recorded, beside one of each step for which its death came first.
fn none_again(demo: &Demo) -> Claim {
    let (mut counts, mut faults) = (Vec::new(), Vec::new());
    let last = demo.records.len();
    for life in 1..=last {
        let mut over = 0;
        for Order { number, .. } in Order::all() {
            let before = recorded(demo.history(life - 1, number));
            for step in recorded(demo.history(life, number)).iter().filter(|step| step.action != "wait") {
                let action = &step.action;
                let begun =
                    |life| demo.calls_of(life, number, action).filter(|call| call.phase == Phase::Begin).count();
                let then = before.iter().find(|then| then.action == *action).map_or(0, |then| then.attempts.len());
                let (recorded, run) = (step.attempts.len().saturating_sub(then), begun(life));
                let spare = usize::from(life < last && !step.over);
                if run < recorded || run > recorded + spare {
                    faults.push(format!(
                        "{action} of order {number}: process {life} ran it {run} times, recorded {recorded}"
                    ));
                }
                let again: usize = (life + 1..=last).map(begun).sum();
                if step.over && again > 0 {
                    faults.push(format!("{action} of order {number} was recorded by process {life}, and ran again"));
                }
                over += usize::from(step.over);
            }
        }
        counts.push(over.to_string());
    }
    counts.pop();
    Claim {
        text: format!(
            "no recorded step ran again: of {} steps recorded when the kills came, none",
            counts.join(" and ")
        ),
        faults,
    }
}

/// By the calls alone: what a failing order began must be undone, the newest first; nothing of any other.
fn undone(demo: &Demo) -> Claim {
    let (mut orders, mut undos, mut faults) = (0, 0, Vec::new());
    for order in Order::all() {
        let calls = || demo.calls.iter().filter(|call| call.order == order.number);
        let mut did: Vec<String> = Vec::new();
        let mut undid: Vec<String> = Vec::new();
        for call in calls().filter(|call| call.phase == Phase::Begin) {
            let (list, action) = match call.action.strip_prefix("undo ") {
                Some(action) => (&mut undid, action),
                None => (&mut did, call.action.as_str()),
            };
            if UNDOABLE.contains(&action) && !list.iter().any(|listed| listed == action) {
                list.push(action.to_owned());
            }
        }
        let finished = |action: &String| {
            let action = format!("undo {action}");
            calls().any(|call| call.action == action && call.phase == Phase::Done)
        };
        let wanted: Vec<String> = match order.expected_failure() {
            Some(_) => did.iter().rev().cloned().collect(),
            None => Vec::new(),
        };
        if undid != wanted || !undid.iter().all(finished) {
            faults.push(format!("order {} did {did:?} and undid {undid:?}", order.number));
        }
        orders += usize::from(!undid.is_empty());
        undos += undid.len();
    }
    Claim { text: format!("each failing order was undone in reverse: {undos} steps of {orders} orders"), faults }
}
