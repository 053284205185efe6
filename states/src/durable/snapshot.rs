//! Executions as bytes, from which recovery may begin.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use bincode::Decode;
use duramen_storage::ExecutionId;

use super::awaited::Awaited;
use super::entity::Entity;
use super::link::{Debt, Parent};
use crate::machine::{Machine, State};

/// The number of the layout: to be raised with every change of it. A snapshot of another one is passed over, and the events
/// are read.
const FORM: u8 = 4;

/// The largest snapshot that is taken, in bytes: what is larger takes longer to write than the records behind it to read.
const LARGEST: usize = 8 << 20;

/// The bytes of a snapshot. What is too large is found out before all of it is written.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LARGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// As it is written down, in this order.
#[derive(Decode)]
struct Written {
    machine: String,
    name: String,
    definition: String,
    part: Option<u32>,
    state: State,
    parent: Option<Parent>,
    awaited: BTreeMap<u64, Awaited>,
    let_go: BTreeMap<u64, Awaited>,
    debts: BTreeSet<Debt>,
    caller: Option<duramen::Parent>,
    told_by: BTreeSet<(ExecutionId, u64)>,
}

impl Entity {
    /// Whether it is time for a snapshot, so many turns behind the last one. The more there is to write, the longer it waits.
    pub(super) fn is_due_for_a_snapshot(&self, turns: u64, every: u64) -> bool {
        let size = u64::try_from(self.state.size()).unwrap_or(u64::MAX);
        every > 0 && !self.is_express() && turns >= every.max(size)
    }

    pub(super) fn to_snapshot(&self) -> Option<Vec<u8>> {
        // All of them are named, so that none is forgotten that is added.
        let Self {
            machine,
            definition,
            name,
            state,
            part,
            parent,
            awaited,
            let_go,
            debts,
            caller,
            told_by,
            execution: _,
            broken: _,
        } = self;
        let text = machine.as_ref()?.definition().text();
        let mut bytes = Bounded(vec![FORM]);
        let written = (definition, name, text, part, state, (parent, awaited, let_go, debts, caller, told_by));
        bincode::encode_into_std_write(written, &mut bytes, bincode::config::standard()).ok()?;
        Some(bytes.0)
    }

    pub(super) fn of_snapshot(
        execution: ExecutionId,
        body: &[u8],
        compile: impl FnOnce(&str) -> Result<Machine, String>,
    ) -> Result<Self, String> {
        let (form, body) = body.split_first().ok_or("it is empty")?;
        if *form != FORM {
            return Err(format!("it has layout {form}, and {FORM} is read here"));
        }
        let decoded = bincode::decode_from_slice(body, bincode::config::standard());
        let (written, _): (Written, usize) = decoded.map_err(|error| error.to_string())?;
        let mut entity = Self::new(execution);
        let machine = compile(&written.definition)?;
        entity.machine = Some(match written.part {
            Some(part) => machine.part(part),
            None => machine,
        });
        entity.part = written.part;
        entity.state = written.state.indexed();
        (entity.definition, entity.name, entity.parent) = (written.machine, written.name, written.parent);
        (entity.awaited, entity.let_go, entity.debts) = (written.awaited, written.let_go, written.debts);
        (entity.caller, entity.told_by) = (written.caller, written.told_by);
        Ok(entity)
    }
}
