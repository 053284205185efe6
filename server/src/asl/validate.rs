//! `duramen asl validate FILE...`

use std::io::stdout;

use anyhow::Result;
use clap::{Args, ValueEnum};
use duramen_states::validate::{Handlers, MachineType, Options, validate};
use serde_json::{Value, json};

use crate::output::{Outcome, Output, has_colour, only_one_stdin};
use crate::report;
use crate::source::Source;

#[derive(Args)]
pub(crate) struct Validate {
    /// The definitions; `-` is the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<Source>,
    /// Which type of state machine they are to be.
    #[arg(long = "type", value_enum, default_value_t)]
    machine_type: Type,
    /// Allow any name as a Resource, as programs may register handlers under names of their own.
    #[arg(long)]
    any_handler: bool,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Type {
    #[default]
    Standard,
    Express,
}

impl Validate {
    pub(crate) fn run(self, output: Output) -> Result<Outcome> {
        only_one_stdin(&self.files.iter().map(|file| *file == Source::Stdin).collect::<Vec<_>>());
        let machine_type = match self.machine_type {
            Type::Standard => MachineType::Standard,
            Type::Express => MachineType::Express,
        };
        let handlers = if self.any_handler { Handlers::Any } else { Handlers::None };
        let options = Options::default().machine_type(machine_type).handlers(handlers);
        let (mut said, mut objects, mut outcome) = (String::new(), Vec::new(), Outcome::Done);
        for file in &self.files {
            let text = file.read()?;
            let found = validate(&text, &options);
            said += &report::text(&text, file, &found, has_colour(&stdout()))?;
            objects.push(report::object(&found));
            if report::has_errors(&found) {
                outcome = Outcome::Faulty;
            }
        }
        output.write(&said, &of_each(&self.files, objects))?;
        Ok(outcome)
    }
}

/// What is said of each file: the object itself for one file, a list of them with their files for several.
pub(super) fn of_each(files: &[Source], mut objects: Vec<Value>) -> Value {
    if let ([_], [object]) = (files, objects.as_mut_slice()) {
        return object.take();
    }
    for (file, object) in files.iter().zip(&mut objects) {
        if let Some(fields) = object.as_object_mut() {
            fields.insert("file".to_owned(), json!(file.to_string()));
        }
    }
    json!({ "files": objects })
}
