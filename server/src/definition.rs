//! The definition a command works on.

use std::io::stdout;

use anyhow::{Result, anyhow};
use duramen_states::definition::Definition;
use duramen_states::validate::{Diagnostic, Handlers, Options, validate};

use crate::output::{Output, has_colour};
use crate::report;
use crate::source::Source;

/// Reads a definition. One with errors is none: they are written, as `validate` writes them.
pub(crate) fn read(source: &Source, output: Output) -> Result<Option<Definition>> {
    let text = source.read()?;
    let mut found = validate(&text, &Options::default().handlers(Handlers::Any));
    found.retain(Diagnostic::is_error);
    if !found.is_empty() {
        let said = report::text(&text, source, &found, has_colour(&stdout()))?;
        output.write(&said, &report::object(&found))?;
        return Ok(None);
    }
    Definition::parse(&text).map(Some).map_err(|problems| {
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow!("{source}: {}", said.join(", "))
    })
}
