//! Random workflows, crossed with every point at which the process may die, give the same result and the same history.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod follow;
mod outside;
mod plan;
mod rust;
#[path = "../tape/mod.rs"]
mod tape;

use outside::{Meddling, live, records};
use plan::{Plan, plans};
use proptest::prelude::*;
use tape::Tape;

fn on_virtual_time<T>(run: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(run)
}

/// Every life after a crash comes to the same, and what had happened before the crash stays as it is.
async fn same_after_every_crash(runs: &[Plan], meddling: Meddling) -> Result<(), TestCaseError> {
    let whole = Tape::new();
    let came = live(&whole, runs, meddling).await;
    let code = || runs.iter().map(Plan::to_rust).collect::<Vec<_>>().join("\n// The next run:\n");
    prop_assert!(!came.to.contains("stuck") && !came.to.contains("match the history"), "{} of\n{}", came.to, code());
    let exact = runs.iter().all(Plan::is_exact);
    for batches in 0..whole.batches() {
        let crashed = whole.prefix(batches);
        let before = records(&crashed);
        let again = live(&crashed, runs, meddling).await;
        let text = || format!("after {batches} of {} batches of\n{}", whole.batches(), code());
        prop_assert_eq!(&again.to, &came.to, "{}", text());
        if exact {
            prop_assert_eq!(&again.events, &came.events, "{}", text());
        }
        let after = records(&crashed);
        for (execution, records) in before {
            let now = after.iter().find(|(of, _)| *of == execution).map(|(_, records)| records.as_slice());
            prop_assert!(now.is_some_and(|now| now.starts_with(&records)), "{}", text());
        }
    }
    Ok(())
}

/// So many cases, or as many as `PROPTEST_CASES` says.
fn config(cases: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn every_crash_point_gives_the_same(plan in plans()) {
        on_virtual_time(same_after_every_crash(&[plan], Meddling::default()))?;
    }
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn every_crash_point_gives_the_same_over_several_runs(runs in prop::collection::vec(plans(), 2..4)) {
        on_virtual_time(same_after_every_crash(&runs, Meddling::default()))?;
    }

    #[test]
    fn every_crash_point_gives_the_same_when_it_is_cancelled(
        plan in plans().prop_filter("exact", Plan::is_exact),
        // Between whole seconds, at which everything else happens.
        seconds in 0_u64..25,
    ) {
        let meddling = Meddling { cancel_at: Some(seconds * 1000 + 500), ..Meddling::default() };
        on_virtual_time(same_after_every_crash(&[plan], meddling))?;
    }

    #[test]
    fn every_crash_point_gives_the_same_when_it_is_paused(
        runs in prop::collection::vec(plans().prop_filter("exact", Plan::is_exact), 1..3),
        seconds in 0_u64..10,
        longer in 1_u64..30,
        cancelled_after in prop::option::of(0_u64..40),
    ) {
        let paused = Some((seconds * 1000 + 600, (seconds + longer) * 1000 + 700));
        let meddling = Meddling { cancel_at: cancelled_after.map(|seconds| seconds * 1000 + 500), paused };
        on_virtual_time(same_after_every_crash(&runs, meddling))?;
    }
}
