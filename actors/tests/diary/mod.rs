//! A diary counts its own records, pauses itself, ends owing something, and says which of its records it must see again.

#![allow(dead_code, reason = "every test file uses another part of it")]
#![allow(unused_imports, reason = "every test file uses another part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod witness;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use duramen_actors::{Address, Behavior, Builder, Decision, Error, Fault, Label, Moment, Standing, System, Turn};
use duramen_storage::{ExecutionId, Kind, Log, RecordKind, Status, Summary};

pub(crate) use witness::{Seen, Witness};

pub(crate) struct Diary {
    pub(crate) witness: Arc<Witness>,
}

#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub(crate) struct State {
    execution: ExecutionId,
    pub(crate) name: String,
    /// How many records there are, and how many of them have which events: what only `turned` can know.
    pub(crate) records: u64,
    pub(crate) events: Vec<usize>,
    pub(crate) words: u64,
    pub(crate) read: u64,
    pub(crate) paused: Option<String>,
    pub(crate) due_ms: Option<u64>,
    pub(crate) owed: BTreeSet<u32>,
    pub(crate) ended: bool,
    /// The records with pinned words.
    pub(crate) pinned: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub(crate) enum Event {
    Began { name: String },
    Wrote { word: u64, pinned: bool, mark: Option<String> },
    Read { words: u64 },
    Paused { why: String },
    Resumed,
    Owes { what: u32 },
    Settled { what: u32 },
    Ended,
    DueAt { ms: u64 },
    Rang,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Begin(String),
    Write(u64),
    /// The record is one to be seen again.
    Pin(u64),
    /// The record is marked under these names, and has a word for each.
    Mark(Vec<&'static str>),
    Pause(&'static str),
    Resume,
    Owe(u32),
    Settle(u32),
    /// As `Write`, and taken while paused.
    Scribble(u64),
    /// The diary ends, which is taken while paused.
    End,
    Wake(u64),
    Fault,
    Get,
}

fn wrote(word: u64) -> Event {
    Event::Wrote { word, pinned: false, mark: None }
}

fn words_of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<u64> {
    let word = |event: &Event| match event {
        Event::Wrote { word, .. } => Some(*word),
        _ => None,
    };
    events.into_iter().filter_map(word).collect()
}

/// The words that it was given and has not read.
pub(crate) struct Live {
    execution: ExecutionId,
    unread: Vec<u64>,
}

impl Behavior for Diary {
    type State = State;
    type Live = Live;
    type Command = Command;
    type Event = Event;
    type Reply = State;
    type Effect = u32;

    const KIND: Kind = Kind(7);
    const RECORD: RecordKind = RecordKind(700);
    const SNAPSHOTS: bool = true;

    fn initial(&self, execution: ExecutionId) -> State {
        State {
            execution,
            name: String::new(),
            records: 0,
            events: Vec::new(),
            words: 0,
            read: 0,
            paused: None,
            due_ms: None,
            owed: BTreeSet::new(),
            ended: false,
            pinned: Vec::new(),
        }
    }

    fn animate(&self, me: &Address<Self>) -> Live {
        self.witness.see(me.execution(), Seen::Animated);
        Live { execution: me.execution(), unread: Vec::new() }
    }

    fn decide(&self, state: &State, command: Command, _: Moment) -> Decision<Self> {
        let events = match command {
            Command::Begin(name) if state.name.is_empty() => vec![Event::Began { name }],
            Command::Write(word) | Command::Scribble(word) => vec![wrote(word)],
            Command::Pin(word) => vec![Event::Wrote { word, pinned: true, mark: None }],
            Command::Mark(names) => {
                let marked = |name: &str| Event::Wrote { word: 0, pinned: false, mark: Some(name.to_owned()) };
                names.into_iter().map(marked).collect()
            }
            Command::Pause(why) => vec![Event::Paused { why: why.to_owned() }],
            Command::Resume if state.paused.is_some() => vec![Event::Resumed],
            Command::Owe(what) => vec![Event::Owes { what }],
            Command::Settle(what) if state.owed.contains(&what) => vec![Event::Settled { what }],
            Command::End => vec![Event::Ended],
            Command::Wake(ms) => vec![Event::DueAt { ms }],
            Command::Fault => return Decision::fault(Fault::new("torn"), state.clone()),
            Command::Begin(_) | Command::Resume | Command::Settle(_) | Command::Get => vec![],
        };
        let mut after = state.clone();
        for event in &events {
            self.apply(&mut after, event, 0);
        }
        Decision { events, reply: after, fault: None }
    }

    fn apply(&self, state: &mut State, event: &Event, _: u64) {
        match event {
            Event::Began { name } => state.name.clone_from(name),
            Event::Wrote { pinned, .. } => {
                state.words += 1;
                if *pinned {
                    state.pinned.push(state.records + 1);
                }
            }
            Event::Read { words } => state.read += words,
            Event::Paused { why } => state.paused = Some(why.clone()),
            Event::Resumed => state.paused = None,
            Event::Owes { what } => {
                state.owed.insert(*what);
            }
            Event::Settled { what } => {
                state.owed.remove(what);
            }
            Event::Ended => state.ended = true,
            Event::DueAt { ms } => state.due_ms = Some(*ms),
            Event::Rang => state.due_ms = None,
        }
    }

    fn turned(&self, state: &mut State, turn: &Turn<Event>) {
        state.records += 1;
        state.events.push(turn.events().count());
    }

    fn standing(&self, state: &State) -> Standing {
        let busy = !state.owed.is_empty();
        if state.ended && !busy {
            return Standing::closed(Status::Succeeded);
        }
        let status = if state.paused.is_some() && !state.ended { Status::Paused } else { Status::Running };
        Standing { status, busy, wake_ms: state.due_ms.filter(|_| !state.ended) }
    }

    fn note(&self, state: &State) -> Option<String> {
        state.paused.clone()
    }

    fn label(&self, state: &State) -> Label {
        Label { definition: "diary".to_owned(), name: state.name.clone(), revision: 4 }
    }

    fn marks(&self, event: &Event) -> Option<String> {
        match event {
            Event::Wrote { mark, .. } => mark.clone(),
            _ => None,
        }
    }

    fn due(&self, state: &State, now_ms: u64) -> Vec<Event> {
        if state.due_ms.is_some_and(|ms| ms <= now_ms) { vec![Event::Rang] } else { vec![] }
    }

    fn advance(&self, state: &State, live: &mut Live, given: &[Event], _: Moment) -> Result<Vec<Event>, Fault> {
        live.unread.extend(words_of(given));
        if self.witness.faults.load(Ordering::SeqCst) {
            return Err(Fault::new("illegible"));
        }
        // It reads neither while it is paused nor when it has ended.
        if state.paused.is_some() || state.ended || live.unread.is_empty() {
            return Ok(vec![]);
        }
        let read = std::mem::take(&mut live.unread);
        let words = read.len() as u64;
        self.witness.see(live.execution, Seen::Read(read, state.records));
        Ok(vec![Event::Read { words }])
    }

    fn revives(&self, state: &State) -> bool {
        !state.ended
    }

    fn foresee(&self, _: &State, live: &mut Live, turns: &[Turn<Event>]) {
        let words = words_of(turns.iter().flat_map(Turn::events));
        self.witness.see(live.execution, Seen::Foreseen(words));
    }

    fn replay(&self, _: &State, live: &mut Live, turn: &Turn<Event>) -> Result<(), Fault> {
        let words = words_of(turn.events());
        self.witness.see(live.execution, Seen::Replayed(words.clone()));
        live.unread.extend(words);
        if turn.events().any(|event| matches!(event, Event::Read { .. })) {
            live.unread.clear();
        }
        if self.witness.faults.load(Ordering::SeqCst) { Err(Fault::new("illegible")) } else { Ok(()) }
    }

    fn effect(&self, _: &State, event: &Event) -> Option<u32> {
        match event {
            Event::Owes { what } => Some(*what),
            _ => None,
        }
    }

    fn pending(&self, state: &State) -> Vec<u32> {
        state.owed.iter().copied().collect()
    }

    fn perform(&self, effect: u32, _: &State, live: &mut Live, _: &Address<Self>) {
        self.witness.see(live.execution, Seen::Performed(effect));
    }

    fn accepts_while_paused(&self, command: &Command) -> bool {
        matches!(command, Command::Scribble(_) | Command::End | Command::Get)
    }

    fn recorded(&self, execution: ExecutionId, state: &State) {
        self.witness.see(execution, Seen::Recorded(state.records));
        assert!(!self.witness.must_panic(), "told to panic");
    }

    fn snapshot_due(&self, state: &State, turns: u64) -> bool {
        assert!(turns <= state.records, "more turns than there are records");
        let every = self.witness.snapshot_every.load(Ordering::SeqCst);
        every > 0 && turns >= every
    }

    fn snapshot(&self, state: &State) -> Option<Vec<u8>> {
        let bytes = bincode::encode_to_vec(state, bincode::config::standard()).unwrap();
        self.witness.asks_for_snapshot().then_some(bytes)
    }

    fn restore(&self, _: ExecutionId, body: &[u8]) -> Result<State, String> {
        let decoded = bincode::decode_from_slice(body, bincode::config::standard());
        decoded.map(|(state, _)| state).map_err(|error| error.to_string())
    }

    fn replayed(&self, state: &State) -> Vec<RangeInclusive<u64>> {
        let mut ranges: Vec<RangeInclusive<u64>> = Vec::new();
        for version in &state.pinned {
            match ranges.last_mut() {
                Some(last) if last.end() + 1 >= *version => *last = *last.start()..=*version,
                _ => ranges.push(*version..=*version),
            }
        }
        ranges
    }
}

pub(crate) fn builder(log: &Arc<impl Log>, witness: &Arc<Witness>) -> Builder<Diary> {
    let behavior = Diary { witness: Arc::clone(witness) };
    System::builder(Arc::clone(log) as Arc<dyn Log>, behavior).clock(Arc::new(witness.clock))
}

/// When the clock of a test starts.
pub(crate) const BASE_MS: u64 = 1_700_000_000_000;

/// The id of the diary of a test.
pub(crate) fn diary() -> ExecutionId {
    ExecutionId::new(BASE_MS, [4; 10])
}

pub(crate) async fn open(log: &Arc<impl Log>, witness: &Arc<Witness>) -> System<Diary> {
    builder(log, witness).open().await.unwrap()
}

pub(crate) async fn begin(system: &System<Diary>, execution: ExecutionId, name: &str) -> State {
    system.start(execution, Command::Begin(name.to_owned())).await.unwrap()
}

/// A system on `log` with the diary of the test in it.
pub(crate) async fn begun(log: &Arc<impl Log>, witness: &Arc<Witness>) -> System<Diary> {
    let system = open(log, witness).await;
    begin(&system, diary(), "mine").await;
    system
}

/// Asks the diary of the test.
pub(crate) async fn ask(system: &System<Diary>, command: Command) -> Result<State, Error> {
    system.address(diary()).ask(command).await
}

/// What the diary of the test has come to.
pub(crate) async fn state(system: &System<Diary>) -> State {
    ask(system, Command::Get).await.unwrap()
}

/// The row of the diary of the test.
pub(crate) fn row(log: &impl Log) -> Summary {
    log.summary(diary()).unwrap().unwrap()
}

/// Waits until it is so, which it must be within a minute of the clock of tokio.
pub(crate) async fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..60_000 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("never: {what}");
}
