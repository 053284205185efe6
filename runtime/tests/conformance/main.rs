//! Holds the runtime against requirements for durable executions that were written for AWS's own SDKs.
//!
//! `DURAMEN_CASES` names the folder of the requirements: `SUITE/ID.yaml`. Each says what a handler does, its input, what
//! is sent to its callbacks, how it ends, and its history in order. The handlers are written here as workflows, a file for
//! each suite, under the ids of their requirements. Each runs on a log in memory and in virtual time.
//!
//! # What is compared
//! - The status, and the result where the requirement states one, as JSON.
//! - The history in order: type, sub-type, name, parent and details of each event. `recorded` says what our events are in
//!   AWS's words, `matching` how they are matched, and what of the two histories is left aside.
//!
//! - What a step logs, as far as a requirement says so. What the hooks of SDK plugins are to log is left aside, as there are
//!   no such hooks: those requirements are compared by history and result only.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod drive;
mod handler;
mod logs;
mod matching;
mod recorded;
mod requirement;
mod variables;

mod callback;
mod child;
mod invoke;
mod map;
mod parallel;
mod plugin;
mod step;
mod wait;
mod wait_for_callback;
mod wait_for_condition;

use std::collections::BTreeMap;
use std::path::PathBuf;

use drive::{Ended, Play, play};
use handler::Handler;
use requirement::Requirement;

/// So many requirements hold at least. Raised when more do, never lowered.
const HOLD: usize = 83;

fn handlers() -> BTreeMap<&'static str, Handler> {
    let suites = [
        step::handlers(),
        wait::handlers(),
        child::handlers(),
        callback::handlers(),
        invoke::handlers(),
        wait_for_condition::handlers(),
        wait_for_callback::handlers(),
        parallel::handlers(),
        map::handlers(),
        plugin::handlers(),
    ];
    let mut by_id = BTreeMap::new();
    for handler in suites.into_iter().flatten() {
        let id = handler.id;
        assert!(by_id.insert(id, handler).is_none(), "{id} is registered twice");
    }
    by_id
}

#[tokio::test(start_paused = true)]
async fn every_handler_runs_to_its_end() {
    for (id, handler) in handlers() {
        let played = play(&handler, &Play::sample(&handler)).await;
        let history: Vec<_> = played.history.iter().map(ToString::to_string).collect();
        assert_ne!(played.ended, Ended::NotYet, "{id} has not ended: {history:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_requirements_hold() {
    let Some(folder) = std::env::var_os("DURAMEN_CASES").map(PathBuf::from) else {
        println!("conformance: DURAMEN_CASES was not given, nothing is compared");
        return;
    };
    let (handlers, requirements) = (handlers(), Requirement::all_in(&folder));
    assert!(!requirements.is_empty(), "{} holds no requirements", folder.display());
    let mut suites: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut misses, mut missing) = (Vec::new(), Vec::new());
    for requirement in &requirements {
        let (hold, of) = suites.entry(requirement.suite.clone()).or_default();
        *of += 1;
        let Some(handler) = handlers.get(requirement.id.as_str()) else {
            missing.push(requirement.id.as_str());
            continue;
        };
        match requirement.check(handler).await {
            Ok(()) => *hold += 1,
            Err(difference) => misses.push(format!("{}: {difference}", requirement.title)),
        }
    }
    for (suite, (hold, of)) in &suites {
        let hooks = requirements.iter().filter(|case| case.suite == *suite && case.expects_hooks()).count();
        let aside =
            if hooks > 0 { format!(" ({hooks} history only: what hooks log is left aside)") } else { String::new() };
        println!("{suite}: {hold} of {of} hold{aside}");
    }
    for miss in &misses {
        println!("miss {miss}");
    }
    let hold: usize = suites.values().map(|(hold, _)| hold).sum();
    println!("total: {hold} of {} hold", requirements.len());
    assert!(missing.is_empty(), "no handler for {missing:?}");
    assert!(hold >= HOLD, "{hold} hold, and {HOLD} did");
}
