//! The workflow: an expense that somebody must approve, is reminded of, and may forget.

use std::time::Duration;

use duramen::{Context, Failure};
use futures::future::{Either, select};
use serde::{Deserialize, Serialize};

use crate::office::Office;

/// How long the boss has; days in earnest, and they would cost no more.
const PATIENCE: Duration = Duration::from_millis(1_000);
/// After which time the boss is reminded, again and again.
const REMINDER: Duration = Duration::from_millis(300);

/// What is to be paid.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Expense {
    pub(crate) what: String,
    pub(crate) cost: u32,
}

/// What the boss answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Decision {
    Approve,
    Reject(String),
}

/// Asks the boss, reminds the boss, and pays what is approved. Gives the number of the payment.
pub(crate) async fn expense(ctx: Context, office: Office, expense: Expense) -> Result<u32, Failure> {
    let mut approval = ctx.callback::<Decision>("approval").timeout(PATIENCE);
    // The answer may come while the question is still on its way: the callback has begun.
    let token = approval.token();
    ctx.step("ask", || office.clone().ask(expense.clone(), token.clone())).await?;

    let decision = loop {
        // The wait that loses is given up. The callback is only borrowed, and so is there for the next round.
        match select(&mut approval, ctx.wait("reminder", REMINDER)).await {
            Either::Left((decision, _)) => break decision,
            Either::Right((waited, _)) => waited?,
        }
        ctx.step("remind", || office.clone().remind(expense.clone(), token.clone())).await?;
    };

    match decision {
        Ok(Decision::Approve) => ctx.step("pay", || office.clone().pay(expense.clone())).await,
        Ok(Decision::Reject(why)) => Err(Failure::new("Rejected", why)),
        Err(failure) if failure.name() == Failure::CALLBACK_TIMEOUT => {
            ctx.step("apologize", || office.clone().apologize(expense.clone())).await?;
            Err(failure)
        }
        Err(failure) => Err(failure),
    }
}
