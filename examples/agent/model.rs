//! The model: a trait, and a stub that costs money all the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use duramen::Failure;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::tools::Call;

/// What was said so far, the goal first.
pub(crate) type Transcript = Vec<String>;

/// Whatever answers a transcript: a provider's API in earnest.
pub(crate) trait Model: Send + Sync {
    /// The next turn. A call that is repeated under the same key must not be paid again.
    fn answer(self: Arc<Self>, key: String, transcript: Transcript) -> BoxFuture<'static, Result<Turn, Failure>>;
}

/// What the model says, and what saying it cost.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Turn {
    pub(crate) says: Say,
    pub(crate) cents: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Say {
    /// It wants a tool to be called.
    Call(Call),
    /// It is done.
    Done(String),
}

/// A model that follows a script: its turns are the same whenever it is given the same transcript.
#[derive(Default)]
pub(crate) struct Scripted {
    bill: Mutex<Bill>,
}

/// What a provider's invoice would show.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bill {
    /// How often the model was called.
    pub(crate) calls: u32,
    /// The cost of each call that was paid, in cents, by its key.
    pub(crate) paid: HashMap<String, u32>,
}

impl Scripted {
    pub(crate) fn bill(&self) -> Bill {
        self.bill.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Model for Scripted {
    fn answer(self: Arc<Self>, key: String, transcript: Transcript) -> BoxFuture<'static, Result<Turn, Failure>> {
        Box::pin(async move {
            let says = match transcript.len() {
                1 => Say::Call(Call::List("old".to_owned())),
                3 => Say::Call(Call::Delete("everything".to_owned())),
                5 => Say::Call(Call::Read("a.txt".to_owned())),
                7 => Say::Call(Call::Delete("old".to_owned())),
                _ => Say::Done("the old files are gone, the new ones are kept".to_owned()),
            };
            let cents = 3;
            {
                let mut bill = self.bill.lock().unwrap_or_else(PoisonError::into_inner);
                bill.calls += 1;
                bill.paid.insert(key, cents);
            }
            // Long enough for a process to die in the middle of it.
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(Turn { says, cents })
        })
    }
}
