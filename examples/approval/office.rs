//! The world outside: a boss who gets mails, and a cash desk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use duramen::{CallbackToken, Failure};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::expense::Expense;

/// What the steps of the workflow call. Clones are of the same office.
#[derive(Clone)]
pub(crate) struct Office {
    mails: UnboundedSender<Mail>,
    payments: Arc<AtomicU32>,
}

/// What lies in the boss's inbox. Whoever has the token may answer; a token passes through an address as it is.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) reminder: bool,
    pub(crate) token: CallbackToken,
}

impl Office {
    /// An office, and the inbox of its boss.
    pub(crate) fn open() -> (Self, UnboundedReceiver<Mail>) {
        let (mails, inbox) = unbounded_channel();
        (Self { mails, payments: Arc::default() }, inbox)
    }

    pub(crate) async fn ask(self, expense: Expense, token: CallbackToken) -> Result<(), Failure> {
        println!("  to the boss: may we pay {} for {}?", expense.cost, expense.what);
        Ok(self.mails.send(Mail { reminder: false, token })?)
    }

    pub(crate) async fn remind(self, expense: Expense, token: CallbackToken) -> Result<(), Failure> {
        println!("  to the boss: {} still waits for your answer", expense.what);
        Ok(self.mails.send(Mail { reminder: true, token })?)
    }

    pub(crate) async fn apologize(self, expense: Expense) -> Result<(), Failure> {
        println!("  to the colleague: nobody has decided about {}, please ask again", expense.what);
        Ok(())
    }

    pub(crate) async fn pay(self, expense: Expense) -> Result<u32, Failure> {
        println!("  the cash desk pays {} for {}", expense.cost, expense.what);
        Ok(self.payments.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
