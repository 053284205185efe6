//! The executions of a map run: who they are and what they are given. All of it follows from the run and the index of the
//! item, so that starting one twice is starting the same.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::Machine;
use super::about::About;
use super::distributed::RunNumber;
use super::event::{Carry, Event};
use super::state::State;
use crate::payload::Payload;

/// An execution of a map run.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    pub(crate) about: About,
    /// Which machine of the definition it runs.
    pub(crate) part: u32,
    pub(crate) index: u64,
    pub(crate) input: Payload,
    /// Its item, if it was given something else.
    pub(crate) item: Carry,
    /// How often it went on after it had ended without success.
    pub(crate) redrives: u64,
}

impl Child {
    /// What it begins with.
    pub(crate) fn begins(self) -> [Event; 2] {
        let Self { about, index, input, item, .. } = self;
        [Event::Started { about, input }, Event::IsItem { index, item }]
    }
}

impl Machine {
    /// That part of the definition as a state machine of its own.
    pub(crate) fn part(&self, part: u32) -> Self {
        Self { plan: self.plan.rooted(part), limits: self.limits }
    }
}

/// The execution that an item of a map run has.
pub(crate) fn child(state: &State, run: RunNumber, index: u64) -> Option<Child> {
    let (about, run) = (state.about.as_ref()?, state.map_run(run)?);
    let names = Names::of(&run.arn, index, run.express);
    let mut child = About::new(&run_machine(&run.arn, &about.machine_name), &names.name)
        .arns(names.execution_arn, names.machine_arn);
    (child.role_arn, child.express) = (about.role_arn.clone(), run.express);
    let (item, input) = (Payload::from(run.items().get(index)?), run.input(index)?);
    let redrives = run.redrives_of(index);
    Some(Child { about: child, part: run.processor, index, item: Carry::of(item, &input), input, redrives })
}

/// The name of the state machine of a map run: that of the machine around it, and the label.
pub(crate) fn run_machine(arn: &str, machine: &str) -> String {
    let run = arn.rsplit_once(':').map_or(arn, |(run, _)| run);
    let label = run.rsplit_once('/').map_or("", |(_, label)| label);
    format!("{machine}/{label}")
}

/// How an execution of a map run is called.
pub(crate) struct Names {
    pub(crate) name: String,
    pub(crate) execution_arn: String,
    pub(crate) machine_arn: String,
}

impl Names {
    pub(crate) fn of(run: &str, index: u64, express: bool) -> Self {
        let machine = run.rsplit_once(':').map_or(run, |(machine, _)| machine);
        let (begins, ends) = (prefix(run), uuid(&format!("{run}#{index}")));
        let name = format!("{begins}{}", ends.get(begins.len()..).unwrap_or_default());
        let execution_arn = match express {
            true => format!("{}:{name}:{}", machine.replace(":mapRun:", ":express:"), uuid(&name)),
            false => format!("{}:{name}", machine.replace(":mapRun:", ":execution:")),
        };
        Self { name, execution_arn, machine_arn: machine.replace(":mapRun:", ":stateMachine:") }
    }

    /// A number that is that of no other execution, from which all that is left to chance in it follows.
    pub(crate) fn seed(name: &str) -> u64 {
        let ends: String = name.replace('-', "").chars().skip(16).collect();
        u64::from_str_radix(&ends, 16).unwrap_or(0)
    }
}

/// How the names of all executions of a map run begin.
pub(crate) fn prefix(run: &str) -> String {
    uuid(run).chars().take(14).collect()
}

fn uuid(of: &str) -> String {
    let hash = HEXLOWER.encode(&Sha256::digest(of));
    let part = |range: std::ops::Range<usize>| hash.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}

/// When the execution began that has that map run, in ms since the Unix epoch.
pub(crate) fn begun_ms(run: &str) -> Option<u64> {
    let (_, uuid) = run.rsplit_once(':')?;
    u64::from_str_radix(&uuid.replace('-', "").chars().take(12).collect::<String>(), 16).ok()
}

/// The last part of the ARN of a map run: the time at which its execution began, by which that is found, and chance.
pub(crate) fn run_id(begun_ms: u64, chance: &str) -> String {
    let time = begun_ms & 0xffff_ffff_ffff;
    format!("{:08x}-{:04x}{}", time >> 16, time & 0xffff, chance.get(13..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "arn:aws:states:r:1:mapRun:m/Label:0";

    #[test]
    fn the_names_of_an_execution_follow_from_its_run_and_its_item() {
        let names = |index, express| Names::of(RUN, index, express);
        assert_eq!(names(1, false).execution_arn, names(1, false).execution_arn);
        assert_ne!(names(1, false).name, names(2, false).name);
        assert_ne!(Names::seed(&names(1, false).name), Names::seed(&names(2, false).name));
        assert_eq!(names(1, false).name.len(), 36);
        assert!(names(1, false).name.starts_with(&prefix(RUN)));
        assert_ne!(prefix(RUN), prefix("arn:aws:states:r:1:mapRun:m/Label:1"));
        assert_eq!(names(1, false).machine_arn, "arn:aws:states:r:1:stateMachine:m/Label");
        assert!(names(1, false).execution_arn.starts_with("arn:aws:states:r:1:execution:m/Label:"));
        assert!(names(1, true).execution_arn.starts_with("arn:aws:states:r:1:express:m/Label:"));
        assert_eq!(names(1, true).execution_arn.split(':').count(), 9);
        assert_eq!(run_machine(RUN, "m"), "m/Label");
    }

    #[test]
    fn the_id_of_a_run_says_when_its_execution_began() {
        let id = run_id(1_700_000_000_123, "01234567-89ab-4cde-8f01-23456789abcd");
        assert_eq!(id.len(), 36);
        assert!(id.ends_with("-4cde-8f01-23456789abcd"), "{id}");
        assert_eq!(begun_ms(&format!("arn:aws:states:r:1:mapRun:m/l:{id}")), Some(1_700_000_000_123));
        assert_eq!(begun_ms("no run"), None);
    }
}
