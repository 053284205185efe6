//! The workflow: a loop of a model and tools, within a budget, with a human before what cannot be undone.

use std::sync::Arc;

use duramen::{Context, Failure, Retry};
use serde::{Deserialize, Serialize};

use crate::human::Mailbox;
use crate::model::{Model, Say, Transcript};
use crate::tools::Call;

/// So many turns of the model are one run. Then the workflow begins again with what it has come to, so that however long
/// it works, there is little to replay.
const TURNS_A_RUN: u32 = 2;

/// What is to be done, and how far it has come: all that one run hands over to the next.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) transcript: Transcript,
    pub(crate) budget_cents: u32,
}

/// What the agent is given to work with.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) model: Arc<dyn Model>,
    pub(crate) human: Mailbox,
}

/// Works until the model is done, or its budget is spent.
pub(crate) async fn agent(ctx: Context, desk: Desk, mut task: Task) -> Result<String, Failure> {
    for _ in 0..TURNS_A_RUN {
        let turn = ctx
            .step_with("model", |step| desk.model.clone().answer(step.key().to_owned(), task.transcript.clone()))
            .await?;
        let Some(left) = task.budget_cents.checked_sub(turn.cents) else {
            return Err(Failure::new("BudgetSpent", format!("{} cents are left", task.budget_cents)));
        };
        task.budget_cents = left;
        let call = match turn.says {
            Say::Done(result) => return Ok(result),
            Say::Call(call) => call,
        };
        // What goes wrong with a tool is for the model to know, and no end of the work.
        let outcome = use_tool(&ctx, &desk, &call).await.unwrap_or_else(|failure| failure.to_string());
        task.transcript.extend([call.to_string(), outcome]);
    }
    ctx.continue_as_new(task).await
}

async fn use_tool(ctx: &Context, desk: &Desk, call: &Call) -> Result<String, Failure> {
    if call.is_dangerous() {
        let () = ctx.wait_for_callback("human", |token| desk.human.clone().ask(call.clone(), token)).await?;
    }
    ctx.step("tool", || call.clone().run()).retry(Retry::none()).await
}
