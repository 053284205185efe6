//! Reading the items of a distributed map. They come to the execution in pieces, each a record of its own, and the next one
//! when the one before it is durable: so how many there are is no matter of what a record may have.
//!
//! A reading that a process did not bring to its end begins again. It has another number then, and what the one before it
//! has brought is forgotten: all items are those of one reading.

use std::sync::Arc;

use duramen_actors::{Address, Error as ActorError};
use duramen_storage::Error as LogError;

use super::behavior::StateMachine;
use super::command::{Command, Reply};
use super::express::seed;
use crate::history::Fault;
use crate::machine::ItemsPart;
use crate::objects::{ReadOrder, reading_failed};
use crate::packed::Packed;
use crate::task::Tasks;

/// Reads the items that a call asks for, and brings them.
pub(super) async fn read(me: Address<StateMachine>, tasks: Tasks, call: u64, order: ReadOrder) {
    let brought = match tasks.items(order).await {
        Ok(read) => bring(&me, call, read.into_pieces()).await,
        Err(fault) => Err(fault),
    };
    if let Err(fault) = brought {
        me.tell(Command::Answer { call, answer: Err(fault) });
    }
}

async fn bring(me: &Address<StateMachine>, call: u64, pieces: Vec<Arc<Packed>>) -> Result<(), Fault> {
    let (reading, count) = (seed(me.new_execution()), pieces.len());
    let mut from = 0;
    for (behind, items) in (0..count).rev().zip(pieces) {
        let length = items.len() as u64;
        let part = ItemsPart { reading, from, items, last: behind == 0 };
        match me.insist(|| Command::ItemsRead { call, part: part.clone() }).await {
            Ok(Reply::Done) => from += length,
            // Nobody waits for them any more, or another reading brings them.
            Ok(_) => return Ok(()),
            Err(ActorError::Log(error @ LogError::TooLarge { .. })) => return Err(reading_failed(error.to_string())),
            Err(error) => {
                // What is owed is done after the next opening.
                tracing::debug!(execution = %me.execution(), call, %error, "items are not brought");
                return Ok(());
            }
        }
    }
    Ok(())
}
