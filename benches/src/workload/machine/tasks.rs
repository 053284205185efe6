//! Tasks one after another, done by handlers of the program, in many durable executions at a time.

use clap::Args;
use serde_json::json;

use super::{Durable, Load};
use crate::report::Measured;
use crate::workload::Session;

/// How many tasks an execution has.
const IN_A_ROW: u64 = 10;

#[derive(Args)]
pub(crate) struct Tasks {
    /// How many executions at a time
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    concurrency: u64,
    /// How long to measure, after a warm-up of a fifth of it
    #[arg(long, default_value_t = 5.0, value_parser = crate::workload::seconds)]
    seconds: f64,
}

/// A machine with tasks in a row, each of which adds 1.
fn definition() -> String {
    let task = |number| {
        let next =
            if number == IN_A_ROW { r#""End": true"#.to_owned() } else { format!(r#""Next": "{}""#, number + 1) };
        format!(r#""{number}": {{"Type": "Task", "Resource": "add", {next}}}"#)
    };
    let states: Vec<String> = (1..=IN_A_ROW).map(task).collect();
    format!(r#"{{"StartAt": "1", "States": {{{}}}}}"#, states.join(", "))
}

impl Tasks {
    pub(crate) async fn run(&self, session: &Session) -> anyhow::Result<Vec<Measured>> {
        let tasks = duramen_states::Tasks::new()
            .handler("add", |call| async move { Ok(json!(call.input.as_u64().unwrap_or_default() + 1)) });
        let durable = Durable::open(&session.folder.join("data"), &definition(), tasks).await?;
        let (input, output) = (json!(0), json!(IN_A_ROW));
        let load = Load { concurrency: self.concurrency, seconds: self.seconds, input, output };
        let measured = load.parameters("machine-tasks");
        let loaded = load.run(&durable, &session.progress).await?;
        durable.close().await?;
        let measured = measured.figure("tasks_per_s", loaded.per_s(IN_A_ROW));
        Ok(vec![loaded.figures(measured)])
    }
}
