//! States that are entered one after another, by many durable executions at a time.

use clap::Args;
use serde_json::{Value, json};

use super::{Durable, Load};
use crate::report::Measured;
use crate::workload::Session;

/// Counts up to `most`; what is passed on has about 100 bytes.
const COUNT: &str = r#"{"StartAt": "Again", "States": {
    "Again": {"Type": "Choice", "Default": "Enough", "Choices": [
        {"Variable": "$.count", "NumericLessThanPath": "$.most", "Next": "Count"}]},
    "Count": {"Type": "Pass", "Next": "Again",
        "Parameters": {"count.$": "States.MathAdd($.count, 1)", "most.$": "$.most", "text.$": "$.text"}},
    "Enough": {"Type": "Succeed"}}}"#;

#[derive(Args)]
pub(crate) struct Transitions {
    /// How many executions at a time
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    concurrency: u64,
    /// How long to measure, after a warm-up of a fifth of it
    #[arg(long, default_value_t = 5.0, value_parser = crate::workload::seconds)]
    seconds: f64,
    /// How often each execution goes round, entering two states
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
}

fn payload(count: u64, most: u64) -> Value {
    json!({"count": count, "most": most, "text": "t".repeat(64)})
}

impl Transitions {
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let durable = Durable::open(&session.folder.join("data"), COUNT, duramen_states::Tasks::new()).await?;
        let (input, output) = (payload(0, self.rounds), payload(self.rounds, self.rounds));
        let load = Load { concurrency: self.concurrency, seconds: self.seconds, input, output };
        let measured = load.parameters("machine-transitions").parameter("rounds", self.rounds);
        let loaded = load.run(&durable, &session.progress).await?;
        durable.close().await?;
        // Each round enters two states; at last the choice is entered once more, and the end.
        let measured = measured.figure("transitions_per_s", loaded.per_s(2 * self.rounds + 2));
        Ok(vec![loaded.figures(measured)])
    }
}
