//! `duramen asl graph FILE`

use anyhow::{Context, Result, anyhow};
use clap::Args;
use duramen_states::graph;
use serde_json::{Value, json};

use super::picture::Format;
use crate::definition;
use crate::output::{Outcome, Output};
use crate::source::Source;

#[derive(Args)]
pub(crate) struct Graph {
    /// The definition; `-` is the standard input.
    file: Source,
    /// As what to draw it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show what became of the states in an execution: a file with what `GetExecutionHistory` of Step Functions answers, or
    /// with what `duramen asl run --output json` writes; `-` is the standard input.
    #[arg(long, value_name = "FILE")]
    history: Option<Source>,
}

impl Graph {
    pub(crate) fn run(self, output: Output) -> Result<Outcome> {
        crate::output::only_one_stdin(&[self.file == Source::Stdin, self.history == Some(Source::Stdin)]);
        let Some(definition) = definition::read(&self.file, output)? else { return Ok(Outcome::Faulty) };
        let mut graph = definition.graph();
        if let Some(source) = &self.history {
            let history: Value =
                serde_json::from_str(&source.read()?).with_context(|| format!("{source} is not JSON"))?;
            let run = graph::Run::of_json(history.get("history").unwrap_or(&history));
            graph = graph.with_run(&run.map_err(|error| anyhow!("{source}: {error}"))?);
        }
        let picture = self.format.draw(&graph);
        output.write(&picture, &json!({ "format": self.format.name(), "picture": picture }))?;
        Ok(Outcome::Done)
    }
}
