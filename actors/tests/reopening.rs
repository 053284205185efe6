//! Entities that go on again behind their end, and behaviours that apply their events as they decide them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use duramen_actors::{Address, Behavior, Decision, Fault, Label, Moment, Standing, System, TokioClock};
use duramen_storage::{ExecutionId, Kind, Log, MemoryLog, RecordKind, Status};

/// A door: whenever it is touched while it is open, it creaks.
struct Door {
    /// Whether the next creak breaks it.
    breaks: Arc<AtomicBool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct State {
    made: bool,
    shut: bool,
    touched: u32,
    creaked: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, bincode::Encode, bincode::Decode)]
enum Event {
    Opened,
    Shut,
    Touched,
    Creaked,
}

enum Command {
    Open,
    Shut,
    Touch,
    Look,
}

impl Behavior for Door {
    type State = State;
    type Live = ();
    type Command = Command;
    type Event = Event;
    type Reply = State;
    type Effect = ();

    const KIND: Kind = Kind(9);
    const RECORD: RecordKind = RecordKind(900);
    const PROCEEDS: bool = true;

    fn initial(&self, _: ExecutionId) -> State {
        State::default()
    }

    fn animate(&self, _: &Address<Self>) {}

    fn decide(&self, state: &State, command: Command, _: Moment) -> Decision<Self> {
        match command {
            Command::Open => Decision::event(Event::Opened, state.clone()),
            Command::Shut => Decision::event(Event::Shut, state.clone()),
            Command::Touch => Decision::event(Event::Touched, state.clone()),
            Command::Look => Decision::reply(state.clone()),
        }
    }

    fn apply(&self, state: &mut State, event: &Event, _: u64) {
        match event {
            Event::Opened => (state.made, state.shut) = (true, false),
            Event::Shut => state.shut = true,
            Event::Touched => state.touched += 1,
            Event::Creaked => state.creaked += 1,
        }
    }

    fn standing(&self, state: &State) -> Standing {
        if state.shut { Standing::closed(Status::Succeeded) } else { Standing::waiting() }
    }

    fn label(&self, _: &State) -> Label {
        Label { definition: "door".to_owned(), name: "one".to_owned(), revision: 1 }
    }

    fn proceed(&self, state: &mut State, (): &mut (), _: &[Event], at: Moment) -> Result<Vec<Event>, Fault> {
        let mut asked = Vec::new();
        while !state.shut && state.creaked < state.touched {
            self.apply(state, &Event::Creaked, at.now_ms);
            asked.push(Event::Creaked);
            assert!(!self.breaks.swap(false, Ordering::SeqCst), "it breaks");
        }
        Ok(asked)
    }
}

async fn open(log: &Arc<MemoryLog>, breaks: &Arc<AtomicBool>) -> System<Door> {
    let door = Door { breaks: Arc::clone(breaks) };
    let log: Arc<dyn Log> = Arc::<MemoryLog>::clone(log);
    System::builder(log, door).clock(Arc::new(TokioClock::starting_at(1_700_000_000_000))).open().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn one_that_has_ended_goes_on_again_when_a_command_opens_it() {
    let (log, breaks) = (Arc::new(MemoryLog::new()), Arc::default());
    let system = open(&log, &breaks).await;
    let door = system.new_execution();
    system.start(door, Command::Open).await.unwrap();
    system.address(door).ask(Command::Shut).await.unwrap();
    system.address(door).ask(Command::Touch).await.unwrap();
    let row = log.summary(door).unwrap().unwrap();
    assert_eq!((row.status, row.closed_ms.is_some()), (Status::Succeeded, true));
    drop(system);

    let system = open(&log, &breaks).await;
    assert!(!system.is_live(door));
    system.address(door).ask(Command::Open).await.unwrap();
    let row = log.summary(door).unwrap().unwrap();
    assert_eq!((row.status, row.closed_ms), (Status::Running, None));
    let looked = system.address(door).ask(Command::Look).await.unwrap();
    assert_eq!(looked, State { made: true, shut: false, touched: 1, creaked: 1 });
    drop(system);

    let system = open(&log, &breaks).await;
    assert_eq!(system.address(door).ask(Command::Look).await.unwrap(), looked);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_recorded_of_a_turn_that_panics_on_the_state_itself() {
    let (log, breaks) = (Arc::new(MemoryLog::new()), Arc::new(AtomicBool::new(false)));
    let system = open(&log, &breaks).await;
    let door = system.new_execution();
    system.start(door, Command::Open).await.unwrap();
    system.address(door).ask(Command::Touch).await.unwrap();
    let batches = log.batches();
    breaks.store(true, Ordering::SeqCst);
    system.address(door).ask(Command::Touch).await.unwrap_err();
    assert_eq!(log.batches(), batches);
    let looked = system.address(door).ask(Command::Look).await.unwrap();
    assert_eq!(looked, State { made: true, shut: false, touched: 1, creaked: 1 }, "it is read from the log again");
    system.address(door).ask(Command::Touch).await.unwrap();
    assert_eq!(system.address(door).ask(Command::Look).await.unwrap().creaked, 2);
}
