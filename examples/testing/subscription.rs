//! The workflow under test: a subscription with a trial month.

use std::sync::Arc;
use std::time::Duration;

use duramen::{Builder, Context, Failure, Retry};
use serde::{Deserialize, Serialize};

use crate::bank::Bank;

/// Who subscribes, and for how much a month.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) customer: String,
    pub(crate) cents: u64,
}

/// A month for nothing, then the first payment, and a letter. A payment that comes to nothing closes the account again.
pub(crate) async fn subscribe(ctx: Context, bank: Arc<Bank>, of: Subscription) -> Result<String, Failure> {
    let saga = ctx.saga();
    saga.settle(async {
        let account: u32 = saga
            .step_with("open account", |step| bank.clone().open(step.key().to_owned()))
            .undo(|| bank.clone().close(of.customer.clone()))
            .await?;
        ctx.wait("trial month", Duration::from_secs(30 * 24 * 3600)).await?;
        ctx.step_with("charge", |step| bank.clone().charge(step.key().to_owned(), of.cents))
            .retry(Retry::exponential().limit(4).first(Duration::from_secs(3600)))
            .await?;
        let letter = format!("Dear {}, account {account} is paid.", of.customer);
        ctx.step("write", || std::future::ready(Ok::<_, Failure>(letter.clone()))).await
    })
    .await
}

/// Registers the workflow; the program itself does it by the same function.
pub(crate) fn workflows(bank: Arc<Bank>) -> impl Fn(Builder) -> Builder + Send + Sync + 'static {
    move |builder| {
        let bank = Arc::clone(&bank);
        builder.workflow("subscribe", move |ctx, of| subscribe(ctx, Arc::clone(&bank), of))
    }
}
