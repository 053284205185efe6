//! `duramen asl fmt FILE...`

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use duramen_states::definition::Definition;
use serde_json::json;
use tempfile::NamedTempFile;

use super::validate::of_each;
use crate::output::{Outcome, Output, only_one_stdin, usage};
use crate::source::Source;

#[derive(Args)]
pub(crate) struct Fmt {
    /// The definitions; `-` is the standard input. Several may be checked, or written into.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<Source>,
    /// Write nothing but say which are not laid out; if one is not, the exit code is 1.
    #[arg(long, conflicts_with = "write")]
    check: bool,
    /// Put the new layout into the files instead of writing it out.
    #[arg(long)]
    write: bool,
}

impl Fmt {
    pub(crate) fn run(self, output: Output) -> Result<Outcome> {
        if self.write && self.files.contains(&Source::Stdin) {
            usage("the standard input cannot be written to");
        }
        if self.files.len() > 1 && !self.check && !self.write {
            usage("of several files it is either --check or --write");
        }
        only_one_stdin(&self.files.iter().map(|file| *file == Source::Stdin).collect::<Vec<_>>());
        let (mut said, mut objects, mut any_changed) = (String::new(), Vec::new(), false);
        for file in &self.files {
            let text = file.read()?;
            let laid_out = Definition::format(&text).map_err(|problem| anyhow!("{file}: {problem}"))?;
            let changed = laid_out != text;
            any_changed |= changed;
            let mut object = json!({ "changed": changed });
            match file {
                _ if self.check && changed => said += &format!("{file} is not laid out\n"),
                _ if self.check => {}
                Source::File(path) if self.write => {
                    if changed {
                        replace(path, &laid_out).with_context(|| format!("{file} cannot be written"))?;
                    }
                }
                _ => {
                    object = json!({ "changed": changed, "definition": laid_out });
                    said += &laid_out;
                }
            }
            objects.push(object);
        }
        output.write(&said, &of_each(&self.files, objects))?;
        Ok(if self.check && any_changed { Outcome::Faulty } else { Outcome::Done })
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
