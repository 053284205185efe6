//! The human who is asked before anything dangerous is done.

use std::collections::HashSet;

use anyhow::{Context as _, Result};
use duramen::{CallbackToken, Failure};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::tools::Call;

/// May the agent do this? Whoever has the token may answer.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) call: Call,
    pub(crate) token: CallbackToken,
}

/// Where questions are put. Clones lead to the same human.
#[derive(Clone)]
pub(crate) struct Mailbox(UnboundedSender<Question>);

pub(crate) struct Human {
    questions: UnboundedReceiver<Question>,
    asked: HashSet<CallbackToken>,
}

impl Mailbox {
    pub(crate) async fn ask(self, call: Call, token: CallbackToken) -> Result<(), Failure> {
        Ok(self.0.send(Question { call, token })?)
    }
}

impl Human {
    pub(crate) fn new() -> (Mailbox, Self) {
        let (sender, questions) = unbounded_channel();
        (Mailbox(sender), Self { questions, asked: HashSet::new() })
    }

    /// The next question. The same one may come again when a process died before the asking was recorded.
    pub(crate) async fn asked(&mut self) -> Result<Question> {
        loop {
            let question = self.questions.recv().await.context("nobody can ask any more")?;
            if self.asked.insert(question.token.clone()) {
                println!("  to a human: may it {}?", question.call);
                return Ok(question);
            }
        }
    }
}
