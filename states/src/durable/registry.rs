//! The state machines that can be started, their versions and their aliases.

mod alias;
mod registration;
mod routes;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::Error;
use super::arns::Arns;
use crate::machine::Machine;
use crate::validate::MachineType;

pub use alias::Alias;
pub use registration::{Registered, Registration};
pub(crate) use routes::{Route, Routes};

/// The state machines that can be started. It is held in memory: what is registered, published and routed here is so until
/// the program ends. Executions under way keep the definition they were started with, whatever happens here.
///
/// ```
/// use std::sync::Arc;
///
/// use duramen_states::definition::Definition;
/// use duramen_states::{Alias, Registration, StateMachines};
/// use duramen_storage::MemoryLog;
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let old = Definition::parse(r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#).unwrap();
/// let new = Definition::parse(r#"{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}"#).unwrap();
/// let machines = StateMachines::builder(Arc::new(MemoryLog::new())).machine("order", &old)?.open().await?;
/// let registry = machines.registry();
/// let first = registry.publish("order")?;
/// registry.update("order", Registration::standard(&new))?;
/// let second = registry.publish("order")?;
/// registry.route("order", "live", Alias::to(first).and(second, 10))?;
///
/// // Nine of ten run the first version.
/// machines.start("order:live", "order-7", json!({})).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Registry {
    pub(crate) arns: Arns,
    machines: RwLock<BTreeMap<String, Entry>>,
}

/// A state machine with all that was published of it.
#[derive(Debug)]
struct Entry {
    machine_type: MachineType,
    current: Arc<Revision>,
    versions: BTreeMap<u32, Arc<Revision>>,
    /// The number of the last version; numbers are not used again.
    last: u32,
    aliases: BTreeMap<String, Alias>,
}

/// What a state machine is at some time.
#[derive(Debug)]
struct Revision {
    machine: Machine,
    role: Option<String>,
}

impl Revision {
    fn of(name: &str, registration: Registration) -> Result<Arc<Self>, Error> {
        if name.is_empty() || name.contains(':') {
            return Err(Error::InvalidName { name: name.to_owned() });
        }
        let machine = registration.compile(name)?;
        Ok(Arc::new(Self { machine, role: registration.role }))
    }

    fn is(&self, other: &Self) -> bool {
        self.machine.definition() == other.machine.definition() && self.role == other.role
    }
}

impl Registry {
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Entry>> {
        self.machines.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Entry>> {
        self.machines.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a state machine. Registering what is registered already changes nothing.
    ///
    /// # Errors
    /// [`Error::MachineExists`] when another one has the name; [`Error::InvalidName`] when it is none;
    /// [`Error::Definition`] when it cannot be run.
    pub fn create(&self, name: &str, registration: Registration) -> Result<(), Error> {
        let machine_type = registration.machine_type;
        let revision = Revision::of(name, registration)?;
        let mut machines = self.write();
        match machines.get(name) {
            Some(entry) if entry.machine_type == machine_type && entry.current.is(&revision) => Ok(()),
            Some(_) => Err(Error::MachineExists { machine: name.to_owned() }),
            None => {
                machines.insert(name.to_owned(), Entry::new(machine_type, revision));
                Ok(())
            }
        }
    }

    /// Registers a state machine in place of the one that had the name, with its versions and aliases.
    pub(crate) fn replace(&self, name: &str, registration: Registration) -> Result<(), Error> {
        let machine_type = registration.machine_type;
        let revision = Revision::of(name, registration)?;
        self.write().insert(name.to_owned(), Entry::new(machine_type, revision));
        Ok(())
    }

    /// Gives a state machine another definition. A role that is not given stays what it was. Versions stay what they are.
    ///
    /// # Errors
    /// [`Error::UnknownMachine`]; [`Error::WrongType`] when it is of the other type; [`Error::Definition`] when it cannot
    /// be run.
    pub fn update(&self, name: &str, registration: Registration) -> Result<(), Error> {
        let machine_type = registration.machine_type;
        let revision = Revision::of(name, registration)?;
        self.change(name, |entry| {
            if entry.machine_type != machine_type {
                return Err(Error::WrongType {
                    what: format!("the state machine `{name}`"),
                    call: "another type",
                    instead: "register one of that type under another name",
                });
            }
            let role = revision.role.clone().or_else(|| entry.current.role.clone());
            entry.current = Arc::new(Revision { machine: revision.machine.clone(), role });
            Ok(())
        })
    }

    /// Removes a state machine with its versions and aliases. Executions under way go on.
    ///
    /// # Errors
    /// [`Error::UnknownMachine`].
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        match self.write().remove(name) {
            Some(_) => Ok(()),
            None => Err(Error::UnknownMachine { machine: name.to_owned() }),
        }
    }

    /// What is known of a state machine.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Registered> {
        let machines = self.read();
        let entry = machines.get(name)?;
        Some(Registered {
            name: name.to_owned(),
            arn: self.arns.machine(name),
            machine_type: entry.machine_type,
            definition: entry.current.machine.definition().clone(),
            role: entry.current.role.clone(),
            versions: entry.versions.keys().copied().collect(),
            aliases: entry.aliases.clone(),
        })
    }

    /// The names of all state machines, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.read().keys().cloned().collect()
    }

    /// Publishes what a state machine is now as a version, and gives its number. What is the last version already is not
    /// published again: its number is given. Numbers begin with 1 and are not used again.
    ///
    /// # Errors
    /// [`Error::UnknownMachine`].
    pub fn publish(&self, name: &str) -> Result<u32, Error> {
        self.change(name, |entry| {
            if let Some(last) = entry.versions.get(&entry.last)
                && last.is(&entry.current)
            {
                return Ok(entry.last);
            }
            entry.last += 1;
            entry.versions.insert(entry.last, Arc::clone(&entry.current));
            Ok(entry.last)
        })
    }

    /// Deletes a version. Executions of it go on. Nothing, if there is no such version.
    ///
    /// # Errors
    /// [`Error::UnknownMachine`]; [`Error::VersionInUse`] while an alias leads to it.
    pub fn delete_version(&self, name: &str, version: u32) -> Result<(), Error> {
        self.change(name, |entry| {
            let leads = |(alias, routes): (&String, &Alias)| routes.leads_to(version).then(|| alias.clone());
            let aliases: Vec<String> = entry.aliases.iter().filter_map(leads).collect();
            if aliases.is_empty() {
                entry.versions.remove(&version);
                return Ok(());
            }
            Err(Error::VersionInUse { machine: name.to_owned(), version, aliases })
        })
    }

    /// Lets an alias lead to one version, or to two by their weights; another one of that name is changed.
    ///
    /// # Errors
    /// [`Error::UnknownMachine`]; [`Error::UnknownVersion`]; [`Error::Alias`] when its name or its weights cannot be.
    pub fn route(&self, name: &str, alias: &str, routes: Alias) -> Result<(), Error> {
        routes.check(alias)?;
        self.change(name, |entry| {
            let missing = routes.versions().find(|version| !entry.versions.contains_key(version));
            if let Some(version) = missing {
                return Err(Error::UnknownVersion { machine: name.to_owned(), version: version.to_string() });
            }
            entry.aliases.insert(alias.to_owned(), routes);
            Ok(())
        })
    }

    /// Deletes an alias.
    ///
    /// # Errors
    /// [`Error::UnknownMachine`]; [`Error::UnknownVersion`] when there is no such alias.
    pub fn delete_alias(&self, name: &str, alias: &str) -> Result<(), Error> {
        self.change(name, |entry| match entry.aliases.remove(alias) {
            Some(_) => Ok(()),
            None => Err(Error::UnknownVersion { machine: name.to_owned(), version: alias.to_owned() }),
        })
    }

    fn change<R>(&self, name: &str, change: impl FnOnce(&mut Entry) -> Result<R, Error>) -> Result<R, Error> {
        match self.write().get_mut(name) {
            Some(entry) => change(entry),
            None => Err(Error::UnknownMachine { machine: name.to_owned() }),
        }
    }

    /// What a text leads to: the name or ARN of a state machine, perhaps with a version or an alias behind it.
    pub(crate) fn resolve(&self, which: &str) -> Result<Routes, Error> {
        let unknown = || Error::UnknownMachine { machine: which.to_owned() };
        let named = self.arns.machine_of(which).ok_or_else(unknown)?;
        let machines = self.read();
        if let Some((name, entry)) = machines.get_key_value(named) {
            let route = Route::of(&entry.current, None, 1);
            return Ok(Routes::new(name, entry.machine_type, None, vec![route]));
        }
        let (name, qualifier) = named.rsplit_once(':').ok_or_else(unknown)?;
        let (name, entry) = machines.get_key_value(name).ok_or_else(unknown)?;
        let route = |version: u32, weight| {
            let revision = entry.versions.get(&version)?;
            Some(Route::of(revision, Some(self.arns.qualified(name, &version.to_string())), weight))
        };
        let routes = match entry.aliases.get(qualifier) {
            Some(alias) => {
                let routes = alias.weights().filter_map(|(version, weight)| route(version, weight)).collect();
                Some(Routes::new(name, entry.machine_type, Some(self.arns.qualified(name, qualifier)), routes))
            }
            None => qualifier
                .parse()
                .ok()
                .and_then(|version| route(version, 1))
                .map(|route| Routes::new(name, entry.machine_type, None, vec![route])),
        };
        routes.ok_or_else(|| Error::UnknownVersion { machine: name.clone(), version: qualifier.to_owned() })
    }
}

impl Entry {
    fn new(machine_type: MachineType, current: Arc<Revision>) -> Self {
        Self { machine_type, current, versions: BTreeMap::new(), last: 0, aliases: BTreeMap::new() }
    }
}
