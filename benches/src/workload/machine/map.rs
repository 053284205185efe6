//! One durable execution with a map over many items.

use std::time::Instant;

use clap::Args;
use serde_json::{Value, json};

use super::{Durable, run};
use crate::report::Measured;
use crate::stats::count_u64;
use crate::workload::Session;

const MAP: &str = r#"{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true,
    "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Item", "States": {
        "Item": {"Type": "Pass", "End": true}}}}}}"#;

const TASKS: &str = r#"{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true,
    "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Item", "States": {
        "Item": {"Type": "Task", "Resource": "give", "End": true}}}}}}"#;

#[derive(Args)]
pub(crate) struct Map {
    /// How many items
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    items: u64,
    /// Each item is a Task of a Rust handler, and not a Pass state
    #[arg(long)]
    tasks: bool,
}

impl Map {
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let tasks = duramen_states::Tasks::new().handler("give", |call| async move { Ok(call.input.into_value()) });
        let text = if self.tasks { TASKS } else { MAP };
        let durable = Durable::open(&session.folder.join("data"), text, tasks).await?;
        let items: Value = (0..self.items).map(|number| json!({"number": number})).collect();
        session.progress.say(|| "warming up".to_owned());
        let few = json!([1, 2, 3]);
        run(&durable.machines, "warm-up", few.clone(), &few).await?;
        session.progress.say(|| format!("{} items", self.items));
        let syncs_before = durable.syncs();
        let begun = Instant::now();
        run(&durable.machines, "measured", items.clone(), &items).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let syncs = durable.syncs() - syncs_before;
        durable.close().await?;
        Ok(vec![
            Measured::of("machine-map")
                .parameter("items", self.items)
                .parameter("tasks", self.tasks)
                .figure("seconds", seconds)
                .figure("items_per_s", count_u64(self.items) / seconds)
                .figure("syncs", syncs),
        ])
    }
}
