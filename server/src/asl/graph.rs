//! `duramen asl graph FILE`

use std::io::stdout;

use anyhow::{Result, anyhow};
use clap::{Args, ValueEnum};
use duramen_states::definition::Definition;
use duramen_states::validate::{Diagnostic, Handlers, Options, validate};
use serde_json::json;

use crate::output::{Outcome, Output, has_colour};
use crate::report;
use crate::source::Source;

#[derive(Args)]
pub(crate) struct Graph {
    /// The definition; `-` is the standard input.
    file: Source,
    /// As what to draw it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    Svg,
    Mermaid,
    #[default]
    Ascii,
}

impl Graph {
    pub(crate) fn run(self, output: Output) -> Result<Outcome> {
        let text = self.file.read()?;
        let mut found = validate(&text, &Options::default().handlers(Handlers::Any));
        found.retain(Diagnostic::is_error);
        if !found.is_empty() {
            let said = report::text(&text, &self.file, &found, has_colour(&stdout()))?;
            output.write(&said, &report::object(&found))?;
            return Ok(Outcome::Faulty);
        }
        let definition = Definition::parse(&text).map_err(|problems| {
            let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
            anyhow!("{}: {}", self.file, said.join(", "))
        })?;
        let graph = definition.graph();
        let (format, mut picture) = match self.format {
            Format::Svg => ("svg", graph.to_svg()),
            Format::Mermaid => ("mermaid", graph.to_mermaid()),
            Format::Ascii => ("ascii", graph.to_ascii()),
        };
        if !picture.ends_with('\n') {
            picture.push('\n');
        }
        output.write(&picture, &json!({ "format": format, "picture": picture }))?;
        Ok(Outcome::Done)
    }
}
