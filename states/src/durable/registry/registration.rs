//! What a state machine is registered with, and what is known of one.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Error;
use super::alias::Alias;
use crate::definition::Definition;
use crate::machine::Machine;
use crate::validate::{Handlers, MachineType, Options, validate};

/// What a state machine is registered with.
///
/// Standard machines have durable executions, of which each happens once; Express ones have executions of which the log
/// holds no more than that they were accepted and how they ended, or nothing at all.
#[derive(Debug, Clone)]
pub struct Registration {
    definition: Definition,
    pub(super) machine_type: MachineType,
    pub(super) role: Option<String>,
}

impl Registration {
    /// A Standard state machine.
    #[must_use]
    pub fn standard(definition: &Definition) -> Self {
        Self { definition: definition.clone(), machine_type: MachineType::Standard, role: None }
    }

    /// An Express state machine. It cannot wait for jobs, tokens and activities, and has no distributed maps.
    #[must_use]
    pub fn express(definition: &Definition) -> Self {
        Self { machine_type: MachineType::Express, ..Self::standard(definition) }
    }

    /// With the ARN of the role in whose name its executions run.
    #[must_use]
    pub fn role(mut self, arn: impl Into<String>) -> Self {
        self.role = Some(arn.into());
        self
    }

    pub(super) fn compile(&self, name: &str) -> Result<Machine, Error> {
        let refused = |why: Vec<String>| Error::Definition { machine: name.to_owned(), why: why.join(", ") };
        let machine = Machine::new(&self.definition)
            .map_err(|problems| refused(problems.iter().map(ToString::to_string).collect()))?;
        if self.machine_type == MachineType::Express {
            // What is wrong with it as a Standard one too is not the matter here.
            let standard = self.errors(MachineType::Standard);
            let express: Vec<String> = self.errors(MachineType::Express).difference(&standard).cloned().collect();
            if !express.is_empty() {
                return Err(refused(express));
            }
        }
        Ok(machine)
    }

    fn errors(&self, machine_type: MachineType) -> BTreeSet<String> {
        let options = Options::default().machine_type(machine_type).handlers(Handlers::Any);
        let said = validate(self.definition.text(), &options);
        said.iter().filter(|said| said.is_error()).map(ToString::to_string).collect()
    }
}

/// What is known of a registered state machine.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Registered {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its type.
    pub machine_type: MachineType,
    /// Its definition now.
    pub definition: Definition,
    /// The role in whose name its executions run.
    pub role: Option<String>,
    /// The numbers of its versions, in order.
    pub versions: Vec<u32>,
    /// Its aliases, by name.
    pub aliases: BTreeMap<String, Alias>,
}
