//! What a system tells the recorder of the [`metrics`](https://docs.rs/metrics) facade.
//!
//! Each of these has the label `behavior`, with [`Behavior::NAME`](crate::Behavior::NAME).
//!
//! | name | kind | unit | |
//! |---|---|---|---|
//! | [`duramen_entities_live`](LIVE) | gauge | | entities in memory |
//! | [`duramen_entities_asleep`](ASLEEP) | gauge | | entities that have left memory and are neither closed nor paused, less those that were so at the opening and came back: how many more sleep than when the log was opened, so it may be below zero |
//! | [`duramen_entities_paused`](PAUSED) | gauge | | entities that are listed as paused, whoever paused them; those that were so at the opening are among them |
//! | [`duramen_entity_inputs`](INPUTS) | histogram | | how many inputs a turn found in the inbox |
//! | [`duramen_entity_passivations_total`](PASSIVATIONS) | counter | | times an entity fell asleep |
//! | [`duramen_entity_recoveries_total`](RECOVERIES) | counter | | times an entity was brought in from the log, after a failure too |
//! | [`duramen_entity_recovery_seconds`](RECOVERY_SECONDS) | histogram | seconds | how long that took, once it had its turn |
//! | [`duramen_entity_recovery_turns`](RECOVERY_TURNS) | histogram | | turns that were read for it |
//! | [`duramen_entity_restarts_total`](RESTARTS) | counter | | failures after which an entity is restarted |
//! | [`duramen_entity_quarantines_total`](QUARANTINES) | counter | | failures after which an entity is paused |
//! | [`duramen_commands_overloaded_total`](OVERLOADED) | counter | | commands that were refused with [`Error::Overloaded`](crate::Error::Overloaded); the label `limit` says by which: `commands` under way, `live` entities, or the `inbox` |
//!
//! A system counts for the recorder that is there when it is opened: install it before. Several systems of one process
//! with the same name add up. What a system adds to a gauge it takes back when it ends.

use std::sync::atomic::{AtomicI64, Ordering};

use duramen_storage::Status;
use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

/// Entities in memory.
pub const LIVE: &str = "duramen_entities_live";
/// How many more entities are asleep than at the opening.
pub const ASLEEP: &str = "duramen_entities_asleep";
/// Entities that are paused.
pub const PAUSED: &str = "duramen_entities_paused";
/// How many inputs a turn found.
pub const INPUTS: &str = "duramen_entity_inputs";
/// Times an entity fell asleep.
pub const PASSIVATIONS: &str = "duramen_entity_passivations_total";
/// Times an entity was brought in from the log.
pub const RECOVERIES: &str = "duramen_entity_recoveries_total";
/// How long a recovery took, in seconds.
pub const RECOVERY_SECONDS: &str = "duramen_entity_recovery_seconds";
/// How many turns a recovery read.
pub const RECOVERY_TURNS: &str = "duramen_entity_recovery_turns";
/// Failures after which an entity is restarted.
pub const RESTARTS: &str = "duramen_entity_restarts_total";
/// Failures after which an entity is paused.
pub const QUARANTINES: &str = "duramen_entity_quarantines_total";
/// Commands that were refused because of a limit.
pub const OVERLOADED: &str = "duramen_commands_overloaded_total";

/// The handles of one system.
pub(crate) struct Meters {
    pub(crate) live: Level,
    pub(crate) asleep: Level,
    pub(crate) paused: Level,
    pub(crate) inputs: Histogram,
    pub(crate) passivations: Counter,
    pub(crate) recoveries: Counter,
    pub(crate) recovery_seconds: Histogram,
    pub(crate) recovery_turns: Histogram,
    pub(crate) restarts: Counter,
    pub(crate) quarantines: Counter,
    pub(crate) over_commands: Counter,
    pub(crate) over_live: Counter,
    pub(crate) over_inbox: Counter,
}

impl Meters {
    /// Registers with the recorder that is there now.
    pub(crate) fn register(behavior: &'static str) -> Self {
        describe();
        let level = |name| Level { gauge: gauge!(name, "behavior" => behavior), added: AtomicI64::new(0) };
        let over = |limit| counter!(OVERLOADED, "behavior" => behavior, "limit" => limit);
        Self {
            live: level(LIVE),
            asleep: level(ASLEEP),
            paused: level(PAUSED),
            inputs: histogram!(INPUTS, "behavior" => behavior),
            passivations: counter!(PASSIVATIONS, "behavior" => behavior),
            recoveries: counter!(RECOVERIES, "behavior" => behavior),
            recovery_seconds: histogram!(RECOVERY_SECONDS, "behavior" => behavior),
            recovery_turns: histogram!(RECOVERY_TURNS, "behavior" => behavior),
            restarts: counter!(RESTARTS, "behavior" => behavior),
            quarantines: counter!(QUARANTINES, "behavior" => behavior),
            over_commands: over("commands"),
            over_live: over("live"),
            over_inbox: over("inbox"),
        }
    }

    /// A row of the listing says another status now.
    pub(crate) fn refiled(&self, before: Option<Status>, now: Status) {
        match (before == Some(Status::Paused), now == Status::Paused) {
            (false, true) => self.paused.add(1),
            (true, false) => self.paused.add(-1),
            (false, false) | (true, true) => {}
        }
    }

    /// The system has ended.
    pub(crate) fn withdraw(&self) {
        for level in [&self.live, &self.asleep, &self.paused] {
            level.withdraw();
        }
    }
}

/// What one system adds to a gauge.
pub(crate) struct Level {
    gauge: Gauge,
    added: AtomicI64,
}

impl Level {
    pub(crate) fn add(&self, change: i32) {
        self.added.fetch_add(i64::from(change), Ordering::Relaxed);
        self.gauge.increment(f64::from(change));
    }

    fn withdraw(&self) {
        self.gauge.decrement(self.added.swap(0, Ordering::Relaxed) as f64);
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        self.withdraw();
    }
}

fn describe() {
    describe_gauge!(LIVE, Unit::Count, "Entities in memory.");
    describe_gauge!(ASLEEP, Unit::Count, "How many more entities are asleep than at the opening.");
    describe_gauge!(PAUSED, Unit::Count, "Entities that are paused.");
    describe_histogram!(INPUTS, Unit::Count, "How many inputs a turn found in the inbox.");
    describe_counter!(PASSIVATIONS, Unit::Count, "Times an entity fell asleep.");
    describe_counter!(RECOVERIES, Unit::Count, "Times an entity was brought in from the log.");
    describe_histogram!(RECOVERY_SECONDS, Unit::Seconds, "How long it took to bring an entity in from the log.");
    describe_histogram!(RECOVERY_TURNS, Unit::Count, "Turns that were read to bring an entity in from the log.");
    describe_counter!(RESTARTS, Unit::Count, "Failures after which an entity is restarted.");
    describe_counter!(QUARANTINES, Unit::Count, "Failures after which an entity is paused.");
    describe_counter!(OVERLOADED, Unit::Count, "Commands that were refused because of a limit.");
}
