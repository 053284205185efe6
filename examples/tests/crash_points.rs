//! Wherever the process dies in the course of an order, the order ends the same, and what has to be undone is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    reason = "a test, of a part of the example"
)]

#[path = "../order_saga/order.rs"]
mod order;
#[path = "../order_saga/shop.rs"]
mod shop;

use std::path::Path;
use std::sync::Arc;

use duramen::{Handle, Runtime, TokioClock};
use duramen_storage::{Log, MemoryLog};
use order::{Label, Order};
use shop::{Call, Phase, Shop};

type Error = Box<dyn std::error::Error + Send + Sync>;
type Outcome<T> = Result<T, Error>;

/// Runs an order to its end; gives its result, or the name of its failure.
async fn run(log: &Arc<MemoryLog>, calls: &Path, order: &Order) -> Result<String, String> {
    let shop = Arc::new(Shop::open(calls, 1).unwrap());
    let runtime = Runtime::on_log(Arc::clone(log) as Arc<dyn Log>)
        .clock(TokioClock::starting_at(1_700_000_000_000))
        .workflow("order", move |ctx, input| order::order(ctx, shop.clone(), input))
        .open()
        .await
        .unwrap();
    let handle: Handle<Label> = runtime.start("order", order.name(), order).await.unwrap();
    let result = handle.result().await;
    result.map(|label| label.parcel).map_err(|error| error.failure().expect("a failure").name().to_owned())
}

/// The undos that were done, in order.
fn undone(calls: &Path) -> Vec<String> {
    let calls = Call::read_all(calls).unwrap().into_iter();
    calls.filter(|call| call.phase == Phase::Done && call.action.starts_with("undo ")).map(|call| call.action).collect()
}

#[tokio::test(start_paused = true)]
async fn every_crash_point_of_every_order_ends_in_the_same_result() {
    let folder = tempfile::tempdir().unwrap();
    let mut crash_points = 0;
    for order in Order::all() {
        let whole = Arc::new(MemoryLog::new());
        let calls = folder.path().join(order.name());
        let expected = run(&whole, &calls, &order).await;
        let all_undone = undone(&calls);
        assert_eq!(expected.is_err(), !all_undone.is_empty(), "{expected:?}");
        for batches in 0..=whole.batches() {
            let calls = folder.path().join(format!("{}-{batches}", order.name()));
            let result = run(&Arc::new(whole.prefix(batches)), &calls, &order).await;
            assert_eq!(result, expected, "{} after {batches} batches", order.name());
            let rest = undone(&calls);
            assert!(all_undone.ends_with(&rest), "{} after {batches} batches undid {rest:?}", order.name());
            crash_points += 1;
        }
    }
    assert!(crash_points > 100, "{crash_points}");
}
