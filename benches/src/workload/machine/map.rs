//! One durable execution with a map over many items: in itself, or in executions of their own. The items are given to it, or
//! read from a file; its process may be killed in the middle.

mod kill;
mod source;

use std::time::Instant;

use clap::{Args, ValueEnum};
use duramen_states::Tasks;
use duramen_states::objects::Buckets;
use duramen_storage::{ExecutionId, Version};
use serde_json::json;

use super::{Durable, NAME, check, run};
use crate::folder::disk_bytes;
use crate::process::{forget_peak, peak_bytes};
use crate::report::Measured;
use crate::stats::count_u64;
use crate::workload::Session;

pub(crate) use kill::MapLoad;
use source::Source;

/// How many records are read at once.
const PAGE: usize = 256;

#[derive(Args)]
pub(crate) struct Map {
    #[command(flatten)]
    items: Items,
    /// Where the items run; once for each
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Mode::Inline, Mode::Express])]
    mode: Vec<Mode>,
    /// Run it a second time, kill the process in the middle and come back
    #[arg(long)]
    kill: bool,
}

/// What is mapped.
#[derive(Args, Clone, Copy)]
struct Items {
    /// How many items
    #[arg(long = "items", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// Where the items come from; those that are read only to items that have executions of their own
    #[arg(long, value_enum, default_value_t = Source::Input)]
    from: Source,
    /// About how many bytes each item that is read has
    #[arg(long, default_value_t = 100)]
    bytes: usize,
}

/// Where the items run.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Mode {
    /// In the execution itself.
    Inline,
    /// In the execution itself, each as a task of a handler.
    Tasks,
    /// Each in an Express execution of its own, in memory.
    Express,
    /// Each in a Standard execution of its own, on the log.
    Standard,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Tasks => "tasks",
            Self::Express => "express",
            Self::Standard => "standard",
        }
    }

    fn machine(self, from: Source) -> String {
        let config = match self {
            Self::Inline | Self::Tasks => json!({"Mode": "INLINE"}),
            Self::Express => json!({"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}),
            Self::Standard => json!({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}),
        };
        let item = match (self, from) {
            (Self::Tasks, _) => json!({"Type": "Task", "Resource": "give", "End": true}),
            (_, Source::Input) => json!({"Type": "Pass", "End": true}),
            // All that was read would be more than a payload may have.
            (..) => json!({"Type": "Pass", "OutputPath": "$.number", "End": true}),
        };
        let processor = json!({"ProcessorConfig": config, "StartAt": "Item", "States": {"Item": item}});
        let mut map = json!({"Type": "Map", "ItemProcessor": processor, "End": true});
        if let (Some(reader), Some(fields)) = (from.reader(), map.as_object_mut()) {
            fields.insert("ItemReader".to_owned(), reader);
        }
        json!({"StartAt": "Each", "States": {"Each": map}}).to_string()
    }
}

impl Items {
    /// The log of a folder, and beside it what is read.
    async fn open(self, mode: Mode, folder: &std::path::Path) -> anyhow::Result<Durable> {
        let tasks = Tasks::new().handler("give", |call| async move { Ok(call.input.into_value()) });
        let tasks = tasks.objects(Buckets::open(folder.join("objects"))?);
        Durable::open(&folder.join("log"), &mode.machine(self.from), tasks).await
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
        let (items, folder) = (self.items, session.folder.join(mode.name()));
        items.from.write(&folder.join("objects"), items.count, items.bytes)?;
        let durable = items.open(mode, &folder).await?;
        session.progress.say(|| "warming up".to_owned());
        if items.from == Source::Input {
            let few = json!([1, 2, 3]);
            run(&durable.machines, "warm-up", few.clone(), &few).await?;
        }
        session.progress.say(|| format!("{} items, {}", items.count, mode.name()));
        let (input, syncs_before) = (items.from.input(items.count), durable.syncs());
        forget_peak()?;
        let begun = Instant::now();
        let execution = durable.machines.start(NAME, "measured", input).await?;
        let end = durable.machines.result(execution).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let peak = peak_bytes()?;
        check(&end, &items.from.output(items.count))?;
        let syncs = durable.syncs() - syncs_before;
        let records = Records::of(&durable, execution)?;
        durable.close().await?;
        let disk = disk_bytes(&folder.join("log"))?;
        let measured = Measured::of("machine-map")
            .parameter("items", items.count)
            .parameter("mode", mode.name())
            .parameter("from", items.from.name())
            .figure("seconds", seconds)
            .figure("items_per_s", count_u64(items.count) / seconds)
            .figure("syncs", syncs)
            .figure("records", records.count)
            .figure("record_bytes", records.bytes)
            .figure("largest_record_bytes", records.largest)
            .figure("snapshot_bytes", records.snapshot)
            .figure("log_bytes", disk)
            .figure("peak_bytes", peak);
        if self.kill { kill::measure(items, mode, seconds, session, measured).await } else { Ok(measured) }
    }
}

/// The records of the execution itself, and their bytes.
#[derive(Default)]
struct Records {
    count: u64,
    bytes: u64,
    largest: u64,
    /// Those of its last snapshot; 0 if it has none.
    snapshot: u64,
}

impl Records {
    fn of(durable: &Durable, execution: ExecutionId) -> anyhow::Result<Self> {
        let snapshot = durable.log.snapshot(execution)?.map_or(0, |snapshot| snapshot.body.len() as u64);
        let (mut records, mut after) = (Self { snapshot, ..Self::default() }, Version::NONE);
        loop {
            let page = durable.log.read(execution, after, PAGE)?;
            let Some(last) = page.last() else { return Ok(records) };
            after = last.version;
            for record in &page {
                let bytes = record.body.len() as u64;
                records.count += 1;
                records.bytes += bytes;
                records.largest = records.largest.max(bytes);
            }
        }
    }
}
