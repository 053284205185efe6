//! A counter that adds, sleeps and has work done, and what goes wrong with it on demand.

#![allow(dead_code, reason = "every test file uses another part of it")]
#![allow(unused_imports, reason = "every test file uses another part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

mod fixture;
mod log;
mod world;

use std::collections::BTreeSet;
use std::sync::Arc;

use duramen_actors::{Address, Behavior, Decision, Error, Fault, Label, Moment, Standing, Turn};
use duramen_storage::{ExecutionId, Kind, RecordKind, Status};

pub(crate) use fixture::{
    BASE_MS, builder, builder_of, count_of, eventually, execution, follow, open, quick, reopened, start, started,
    summary_of,
};
pub(crate) use log::HeldLog;
pub(crate) use world::{Mood, SetClock, World};

/// Counters of kind `KIND` that keep a snapshot after every `SNAPSHOTS` turns.
pub(crate) struct Counter<const KIND: u8 = 1, const SNAPSHOTS: u64 = 0> {
    pub(crate) world: Arc<World>,
}

/// The total at which a beacon is lit.
pub(crate) const BEACON: u64 = 770;

#[derive(Debug, Clone, PartialEq, Eq, Default, bincode::Encode, bincode::Decode)]
pub(crate) struct State {
    pub(crate) name: String,
    pub(crate) total: u64,
    /// How often something was added.
    pub(crate) adds: u64,
    /// How many of them the live part has taken notice of.
    pub(crate) seen: u64,
    /// Work that is under way, and the attempt.
    pub(crate) working: BTreeSet<(u32, u32)>,
    pub(crate) worked: u64,
    pub(crate) until_ms: BTreeSet<u64>,
    pub(crate) rang: u64,
    pub(crate) closed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub(crate) enum Event {
    Started { name: String },
    Added { amount: u64 },
    Seen { adds: u64 },
    Began { work: u32, attempt: u32 },
    Ended { work: u32, attempt: u32 },
    SleepsUntil { ms: u64 },
    Rang { ms: u64 },
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Start(String),
    Add(u64),
    Get,
    /// The handler panics.
    Panic,
    /// The handler says that the entity cannot go on.
    Fault,
    Work(u32),
    Worked {
        work: u32,
        attempt: u32,
    },
    /// The work is begun anew, under the next attempt.
    Again(u32),
    SleepUntil(u64),
    Close,
    /// As `Get`, and taken while paused.
    Peek,
    /// As `Close`, and taken while paused.
    Stop,
}

impl<const KIND: u8, const SNAPSHOTS: u64> Behavior for Counter<KIND, SNAPSHOTS> {
    type State = State;
    /// How often something was added of which no notice was taken yet.
    type Live = u64;
    type Command = Command;
    type Event = Event;
    type Reply = State;
    type Effect = (u32, u32);

    const KIND: Kind = Kind(KIND);
    const RECORD: RecordKind = RecordKind(100 + KIND as u16);
    const SNAPSHOT_EVERY: u64 = SNAPSHOTS;

    fn initial(&self, _: ExecutionId) -> State {
        self.world.goes("initial");
        State::default()
    }

    fn animate(&self, _: &Address<Self>) -> u64 {
        0
    }

    fn decide(&self, state: &State, command: Command, _: Moment) -> Decision<Self> {
        if command != Command::Peek && command != Command::Stop {
            self.world.goes("decide");
        }
        let events = match command {
            _ if state.closed => vec![],
            Command::Start(name) if state.name.is_empty() => vec![Event::Started { name }],
            Command::Add(amount) => vec![Event::Added { amount }],
            Command::Panic => panic!("asked to panic"),
            Command::Fault => return Decision::fault(Fault::new("asked to fault"), state.clone()),
            Command::Work(work) => vec![Event::Began { work, attempt: 1 }],
            Command::Worked { work, attempt } if state.working.contains(&(work, attempt)) => {
                vec![Event::Ended { work, attempt }]
            }
            Command::Again(work) => {
                let attempt = state.working.iter().find(|(had, _)| *had == work).unwrap().1;
                vec![Event::Began { work, attempt: attempt + 1 }]
            }
            Command::SleepUntil(ms) => vec![Event::SleepsUntil { ms }],
            Command::Close | Command::Stop => vec![Event::Closed],
            Command::Start(_) | Command::Get | Command::Peek | Command::Worked { .. } => vec![],
        };
        let mut after = state.clone();
        for event in &events {
            change(&mut after, event);
        }
        Decision { events, reply: after, fault: None }
    }

    fn apply(&self, state: &mut State, event: &Event, _: u64) {
        self.world.goes("apply");
        change(state, event);
    }

    fn standing(&self, state: &State) -> Standing {
        let status = if state.closed { Status::Succeeded } else { Status::Running };
        Standing { status, busy: !state.working.is_empty(), wake_ms: state.until_ms.first().copied() }
    }

    fn beacon(&self, state: &State) -> bool {
        state.total == BEACON
    }

    fn label(&self, state: &State) -> Label {
        Label { definition: "counter".to_owned(), name: state.name.clone(), revision: 1 }
    }

    fn due(&self, state: &State, now_ms: u64) -> Vec<Event> {
        let due: Vec<_> = state.until_ms.range(..=now_ms).map(|ms| Event::Rang { ms: *ms }).collect();
        if !due.is_empty() {
            self.world.goes("due");
        }
        due
    }

    fn advance(&self, _: &State, live: &mut u64, given: &[Event], _: Moment) -> Result<Vec<Event>, Fault> {
        *live += adds_of(given);
        self.world.advances()?;
        let adds = std::mem::take(live);
        Ok(if adds == 0 { vec![] } else { vec![Event::Seen { adds }] })
    }

    fn replay(&self, _: &State, live: &mut u64, turn: &Turn<Event>) -> Result<(), Fault> {
        *live += adds_of(&turn.given);
        if turn.polled {
            *live = 0;
        }
        self.world.replays()
    }

    fn effect(&self, _: &State, event: &Event) -> Option<(u32, u32)> {
        match event {
            Event::Began { work, attempt } => Some((*work, *attempt)),
            _ => None,
        }
    }

    fn pending(&self, state: &State) -> Vec<(u32, u32)> {
        state.working.iter().copied().collect()
    }

    fn perform(&self, (work, attempt): (u32, u32), _: &State, _: &mut u64, me: &Address<Self>) {
        self.world.performs(work, attempt);
        let (world, me, mark) = (Arc::clone(&self.world), me.clone(), me.work());
        tokio::spawn(async move {
            world.let_one_end().await;
            me.tell(Command::Worked { work, attempt });
            drop(mark);
        });
    }

    fn accepts_while_paused(&self, command: &Command) -> bool {
        matches!(command, Command::Peek | Command::Stop)
    }

    fn ended(&self, reason: &Error) {
        self.world.note_end(reason);
    }

    fn departed(&self, execution: ExecutionId, _: &State) {
        self.world.note_departure(execution);
        self.world.goes("departed");
    }

    fn snapshot(&self, state: &State) -> Option<Vec<u8>> {
        Some(bincode::encode_to_vec(state, bincode::config::standard()).unwrap())
    }

    fn restore(&self, _: ExecutionId, body: &[u8]) -> Result<State, String> {
        self.world.note_restored();
        bincode::decode_from_slice(body, bincode::config::standard())
            .map(|(state, _)| state)
            .map_err(|error| error.to_string())
    }
}

fn adds_of(events: &[Event]) -> u64 {
    events.iter().filter(|event| matches!(event, Event::Added { .. })).count() as u64
}

pub(crate) fn change(state: &mut State, event: &Event) {
    match event {
        Event::Started { name } => state.name.clone_from(name),
        Event::Added { amount } => {
            state.total += amount;
            state.adds += 1;
        }
        Event::Seen { adds } => state.seen += adds,
        Event::Began { work, attempt } => {
            state.working.retain(|(had, _)| had != work);
            state.working.insert((*work, *attempt));
        }
        Event::Ended { work, attempt } => {
            if state.working.remove(&(*work, *attempt)) {
                state.worked += 1;
            }
        }
        Event::SleepsUntil { ms } => {
            state.until_ms.insert(*ms);
        }
        Event::Rang { ms } => {
            state.until_ms.remove(ms);
            state.rang += 1;
        }
        Event::Closed => state.closed = true,
    }
}
