//! `duramen asl fmt FILE`

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use duramen_states::definition::Definition;
use serde_json::json;
use tempfile::NamedTempFile;

use crate::output::{Outcome, Output};
use crate::source::Source;

#[derive(Args)]
pub(crate) struct Fmt {
    /// The definition; `-` is the standard input.
    file: Source,
    /// Write nothing but say whether it is laid out; if not, the exit code is 1.
    #[arg(long, conflicts_with = "write")]
    check: bool,
    /// Put the new layout into the file instead of writing it out.
    #[arg(long)]
    write: bool,
}

impl Fmt {
    pub(crate) fn run(self, output: Output) -> Result<Outcome> {
        let path = match (&self.file, self.write) {
            (Source::Stdin, true) => crate::output::usage("the standard input cannot be written to"),
            (Source::File(path), true) => Some(path),
            _ => None,
        };
        let text = self.file.read()?;
        let laid_out = Definition::format(&text).map_err(|problem| anyhow!("{}: {problem}", self.file))?;
        let changed = laid_out != text;
        if self.check {
            let said = if changed { format!("{} is not laid out\n", self.file) } else { String::new() };
            output.write(&said, &json!({ "changed": changed }))?;
            return Ok(if changed { Outcome::Faulty } else { Outcome::Done });
        }
        match path {
            Some(path) => {
                if changed {
                    replace(path, &laid_out).with_context(|| format!("{} cannot be written", self.file))?;
                }
                output.write("", &json!({ "changed": changed }))?;
            }
            None => output.write(&laid_out, &json!({ "changed": changed, "definition": laid_out }))?,
        }
        Ok(Outcome::Done)
    }
}

/// The file has the old text or the new one, whenever the process ends.
fn replace(path: &Path, text: &str) -> Result<()> {
    let path = fs::canonicalize(path)?;
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}
