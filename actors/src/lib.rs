//! The event-sourced entities of duramen.

mod address;
mod behavior;
mod clock;
mod directory;
mod entity;
mod error;
mod hold;
mod passivation;
mod recovery;
mod resident;
mod restart;
mod shared;
mod slot;
mod supervisor;
mod system;
mod timers;
mod turn;
mod work;

pub use address::{Address, WorkMark};
pub use behavior::{Behavior, Decision, Fault, Label, Moment, Standing};
pub use clock::{Clock, SystemClock, TokioClock};
pub use error::Error;
pub use restart::Restart;
pub use system::{Builder, System};
pub use turn::{Turn, decode as decode_turn, encode as encode_turn};
