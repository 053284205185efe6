//! From start to end of three states, by some durable executions at a time.

use clap::Args;
use serde_json::json;

use super::{Durable, Load, THREE_STATES};
use crate::report::Measured;
use crate::workload::Session;

#[derive(Args)]
pub(crate) struct Start {
    /// How many executions at a time
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..))]
    concurrency: u64,
    /// How long to measure, after a warm-up of a fifth of it
    #[arg(long, default_value_t = 5.0, value_parser = crate::workload::seconds)]
    seconds: f64,
}

impl Start {
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let durable = Durable::open(&session.folder.join("data"), THREE_STATES, duramen_states::Tasks::new()).await?;
        let (input, output) = (json!({"n": 1}), json!({"n": 1}));
        let load = Load { concurrency: self.concurrency, seconds: self.seconds, input, output };
        let measured = load.parameters("machine-start");
        let loaded = load.run(&durable, &session.progress).await?;
        durable.close().await?;
        Ok(vec![loaded.figures(measured)])
    }
}
