//! One durable execution with a map over many items: in itself, or in executions of their own.

use std::time::Instant;

use clap::{Args, ValueEnum};
use duramen_storage::{ExecutionId, Version};
use serde_json::{Value, json};

use super::{Durable, NAME, check, run};
use crate::report::Measured;
use crate::stats::count_u64;
use crate::workload::Session;

/// How many records are read at once.
const PAGE: usize = 256;

#[derive(Args)]
pub(crate) struct Map {
    /// How many items
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    items: u64,
    /// Where the items run; once for each
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Mode::Inline, Mode::Express])]
    mode: Vec<Mode>,
}

/// Where the items run.
#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    /// In the execution itself.
    Inline,
    /// Each in an Express execution of its own, in memory.
    Express,
    /// Each in a Standard execution of its own, on the log.
    Standard,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Express => "express",
            Self::Standard => "standard",
        }
    }

    fn machine(self) -> String {
        let config = match self {
            Self::Inline => json!({"Mode": "INLINE"}),
            Self::Express => json!({"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}),
            Self::Standard => json!({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}),
        };
        let processor =
            json!({"ProcessorConfig": config, "StartAt": "Item", "States": {"Item": {"Type": "Pass", "End": true}}});
        let map = json!({"Type": "Map", "ItemProcessor": processor, "End": true});
        json!({"StartAt": "Each", "States": {"Each": map}}).to_string()
    }
}

impl Map {
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let mut measured = Vec::new();
        for mode in &self.mode {
            measured.push(self.measure(*mode, session).await?);
        }
        Ok(measured)
    }

    async fn measure(&self, mode: Mode, session: &Session) -> anyhow::Result<Measured> {
        let folder = session.folder.join(mode.name());
        let durable = Durable::open(&folder, &mode.machine(), duramen_states::Tasks::new()).await?;
        let items: Value = (0..self.items).map(|number| json!({"number": number})).collect();
        session.progress.say(|| "warming up".to_owned());
        let few = json!([1, 2, 3]);
        run(&durable.machines, "warm-up", few.clone(), &few).await?;
        session.progress.say(|| format!("{} items, {}", self.items, mode.name()));
        let syncs_before = durable.syncs();
        let begun = Instant::now();
        let execution = durable.machines.start(NAME, "measured", items.clone()).await?;
        let end = durable.machines.result(execution).await?;
        let seconds = begun.elapsed().as_secs_f64();
        check(&end, &items)?;
        let syncs = durable.syncs() - syncs_before;
        let (records, bytes) = records(&durable, execution)?;
        durable.close().await?;
        Ok(Measured::of("machine-map")
            .parameter("items", self.items)
            .parameter("mode", mode.name())
            .figure("seconds", seconds)
            .figure("items_per_s", count_u64(self.items) / seconds)
            .figure("syncs", syncs)
            .figure("records", records)
            .figure("record_bytes", bytes))
    }
}

/// The records of the execution itself, and their bytes.
fn records(durable: &Durable, execution: ExecutionId) -> anyhow::Result<(u64, u64)> {
    let (mut count, mut bytes, mut after) = (0, 0, Version::NONE);
    loop {
        let page = durable.log.read(execution, after, PAGE)?;
        let Some(last) = page.last() else { return Ok((count, bytes)) };
        after = last.version;
        count += page.len() as u64;
        bytes += page.iter().map(|record| record.body.len() as u64).sum::<u64>();
    }
}
