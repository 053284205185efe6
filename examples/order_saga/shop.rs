//! The world outside: a warehouse, a bank, a courier and a mail server, all of which note every call in one file.
//!
//! The file is what the proof is read from. It knows nothing of duramen, and nothing is ever taken out of it.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use duramen::Failure;

use crate::order::{Hold, Label, Order, Trouble};
use crate::{Error, Outcome};

/// The steps that have an undo, which is called `undo` and the name of the step.
pub(crate) const UNDOABLE: [&str; 3] = ["reserve", "charge", "label"];

/// What a process calls from its steps.
pub(crate) struct Shop {
    /// Which process this is: the first, the second, the third.
    life: usize,
    calls: File,
    /// What was not answered once, and is answered when it is tried again: by order and action.
    unanswered: Mutex<HashSet<(u32, String)>>,
}

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) life: usize,
    pub(crate) order: u32,
    pub(crate) action: String,
    pub(crate) phase: Phase,
}

/// A call begins, and ends in one way or the other unless the process dies first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Begin,
    Done,
    Failed,
}

impl Shop {
    pub(crate) fn open(file: &Path, life: usize) -> Outcome<Self> {
        let before = Call::read_all(file)?.into_iter().filter(|call| call.phase == Phase::Failed);
        let unanswered = before.map(|call| (call.order, call.action)).collect();
        // A line is appended whole, by one write, or not at all.
        let calls = OpenOptions::new().append(true).create(true).open(file)?;
        Ok(Self { life, calls, unanswered: Mutex::new(unanswered) })
    }

    pub(crate) async fn reserve(self: Arc<Self>, order: Order) -> Result<Hold, Failure> {
        self.call(&order, "reserve", 30, None).await?;
        Ok(Hold { shelf: format!("shelf {}", order.number % 4 + 1) })
    }

    pub(crate) async fn undo_reserve(self: Arc<Self>, order: Order) -> Result<(), Failure> {
        self.call(&order, "undo reserve", 30, None).await
    }

    pub(crate) async fn charge(self: Arc<Self>, order: Order) -> Result<(), Failure> {
        let refusal = match order.trouble {
            Trouble::CardDeclined => Some(Failure::new("CardDeclined", "the bank says no")),
            Trouble::BankBusy => self.at_first(&order, "charge", "BankBusy"),
            _ => None,
        };
        self.call(&order, "charge", 60, refusal).await
    }

    pub(crate) async fn undo_charge(self: Arc<Self>, order: Order) -> Result<(), Failure> {
        self.call(&order, "undo charge", 60, None).await
    }

    pub(crate) async fn label(self: Arc<Self>, order: Order, hold: Hold) -> Result<Label, Failure> {
        let refusal = (order.trouble == Trouble::NoCourier)
            .then(|| Failure::new("NoCourier", format!("nobody comes to fetch it from {}", hold.shelf)));
        self.call(&order, "label", 50, refusal).await?;
        Ok(Label { parcel: format!("DU-{:04}", order.number) })
    }

    pub(crate) async fn undo_label(self: Arc<Self>, order: Order) -> Result<(), Failure> {
        self.call(&order, "undo label", 50, None).await
    }

    pub(crate) async fn email(self: Arc<Self>, order: Order) -> Result<(), Failure> {
        let refusal =
            if order.trouble == Trouble::MailBusy { self.at_first(&order, "email", "MailBusy") } else { None };
        self.call(&order, "email", 40, refusal).await
    }

    /// A call takes its time, so that a process can die in the middle of it.
    async fn call(&self, order: &Order, action: &str, ms: u64, refusal: Option<Failure>) -> Result<(), Failure> {
        self.note(order, action, Phase::Begin)?;
        tokio::time::sleep(Duration::from_millis(ms + u64::from(order.number % 5) * 20)).await;
        match refusal {
            None => Ok(self.note(order, action, Phase::Done)?),
            Some(failure) => {
                self.note(order, action, Phase::Failed)?;
                Err(failure)
            }
        }
    }

    fn at_first(&self, order: &Order, action: &str, name: &str) -> Option<Failure> {
        let mut unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        unanswered.insert((order.number, action.to_owned())).then(|| Failure::new(name, "no answer"))
    }

    fn note(&self, order: &Order, action: &str, phase: Phase) -> std::io::Result<()> {
        let line = format!("{}\t{}\t{action}\t{phase:?}\n", self.life, order.number);
        (&self.calls).write_all(line.as_bytes())
    }
}

impl Call {
    /// All calls so far; none when there is no file yet.
    pub(crate) fn read_all(file: &Path) -> Outcome<Vec<Self>> {
        if !file.exists() {
            return Ok(Vec::new());
        }
        let text = std::fs::read_to_string(file)?;
        text.lines().map(|line| Self::parse(line).ok_or_else(|| Error::from(format!("not a call: `{line}`")))).collect()
    }

    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        let call = Self {
            life: fields.next()?.parse().ok()?,
            order: fields.next()?.parse().ok()?,
            action: fields.next()?.to_owned(),
            phase: match fields.next()? {
                "Begin" => Phase::Begin,
                "Done" => Phase::Done,
                "Failed" => Phase::Failed,
                _ => return None,
            },
        };
        fields.next().is_none().then_some(call)
    }
}
