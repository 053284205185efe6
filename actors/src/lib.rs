//! Event-sourced entities: actors whose state is what their events add up to.
//!
//! A [`Behavior`] says what an entity decides and what an event makes of its state; a [`System`] keeps its entities on a
//! [log](duramen_storage::Log), each reached by an [`Address`] that stays good whatever becomes of the entity.
//!
//! # What is promised
//!
//! - Nobody is answered, and no effect is begun, before the events that say so are durable.
//! - One turn is one batch: all commands that wait, the events that follow from them and the changes of the listing and
//!   the timers become durable together or not at all. What arrives meanwhile becomes the next turn.
//! - One writer for each entity, which the log proves: who was overtaken reads the log again.
//! - Effects are a function of the state. They are begun at least once, again after every crash; an answer counts once if
//!   `decide` asks the state whether it is still waited for.
//! - An entity that fails restarts from the log after a pause, and is quarantined when it keeps failing: it is paused, with
//!   the reason in its row of the listing, until it is [resumed](System::resume). All others go on.
//! - A behaviour may pause its entity too, which is listed as paused and goes on taking commands.
//! - An entity that only waits leaves memory, and comes back when something is asked of it or due.
//! - Recovery reads the newest snapshot and the records behind it, and of the others those that the behaviour asks for.
//! - When a write fails, nobody is told that it succeeded, and nothing goes on before the log is opened again.
//! - What is not admitted is refused at once with [`Error::Overloaded`].
//!
//! What a system tells the recorder of the `metrics` facade is listed in [`meters`].
//!
//! # The way of a command
//!
//! ```text
//! ask ──► inbox ──► decide ──► events ──► apply ──► advance ──► more events ──► one batch ──► log
//!           ▲                          (tentative state)                                       │
//!           │                                                                               durable
//!           └── tell ◄── tasks of effects ◄── perform ◄─────────────── replies are sent ◄──────┘
//! ```
//!
//! # A counter
//!
//! ```
//! use std::sync::Arc;
//!
//! use duramen_actors::{Address, Behavior, Decision, Error, Label, Moment, Standing, System};
//! use duramen_storage::{ExecutionId, Kind, Log, MemoryLog, RecordKind};
//!
//! struct Counter;
//!
//! enum Command {
//!     Add(u64),
//!     Get,
//! }
//!
//! #[derive(bincode::Encode, bincode::Decode)]
//! enum Event {
//!     Added { amount: u64 },
//! }
//!
//! struct State {
//!     execution: ExecutionId,
//!     count: u64,
//! }
//!
//! impl Behavior for Counter {
//!     type State = State;
//!     type Live = ();
//!     type Command = Command;
//!     type Event = Event;
//!     type Reply = u64;
//!     type Effect = ();
//!
//!     const KIND: Kind = Kind(1);
//!     const RECORD: RecordKind = RecordKind(1);
//!
//!     fn initial(&self, execution: ExecutionId) -> State {
//!         State { execution, count: 0 }
//!     }
//!
//!     fn animate(&self, _me: &Address<Self>) {}
//!
//!     // What follows from a command: only this may refuse.
//!     fn decide(&self, state: &State, command: Command, _at: Moment) -> Decision<Self> {
//!         match command {
//!             Command::Add(amount) => Decision::event(Event::Added { amount }, state.count + amount),
//!             Command::Get => Decision::reply(state.count),
//!         }
//!     }
//!
//!     // What an event makes of the state: it has happened, and cannot be refused.
//!     fn apply(&self, state: &mut State, event: &Event, _at_ms: u64) {
//!         match event {
//!             Event::Added { amount } => state.count += amount,
//!         }
//!     }
//!
//!     fn standing(&self, _state: &State) -> Standing {
//!         Standing::waiting()
//!     }
//!
//!     fn label(&self, state: &State) -> Label {
//!         Label { definition: "counter".to_owned(), name: state.execution.to_string(), revision: 1 }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
//!
//! let system = System::builder(Arc::clone(&log), Counter).open().await?;
//! let counter = system.new_execution();
//! system.start(counter, Command::Add(1)).await?;
//! assert_eq!(system.address(counter).ask(Command::Add(2)).await?, 3);
//! drop(system); // as in a crash
//!
//! let system = System::builder(log, Counter).open().await?;
//! assert_eq!(system.address(counter).ask(Command::Get).await?, 3);
//! # Ok(())
//! # }
//! ```

mod address;
mod behavior;
mod builder;
mod clock;
mod decision;
mod directory;
mod entity;
mod error;
mod fault;
mod hold;
mod insisting;
pub mod meters;
mod passivation;
mod recovery;
mod resident;
mod restart;
mod shared;
mod slot;
mod standing;
mod supervisor;
mod system;
mod timers;
mod turn;
mod work;

pub use address::{Address, WorkMark};
pub use behavior::Behavior;
pub use builder::Builder;
pub use clock::{Clock, SystemClock, TokioClock};
pub use decision::{Decision, Moment};
pub use error::Error;
pub use fault::Fault;
pub use restart::Restart;
pub use standing::{Label, Standing};
pub use system::System;
pub use turn::{Turn, decode as decode_turn, encode as encode_turn};
