//! The model: what becomes of an order, as ordinary async code that survives any crash.
//!
//! Read [`order`] from top to bottom, as if no process ever died. That is all there is to it.

use std::sync::Arc;
use std::time::Duration;

use duramen::{Context, Failure, Retry};
use serde::{Deserialize, Serialize};

use crate::shop::Shop;

/// What somebody ordered. An input stands in the log as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) number: u32,
    pub(crate) trouble: Trouble,
}

/// What goes wrong with an order: the demo decides it beforehand, so that it can tell whether all went as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Trouble {
    None,
    /// The bank does not answer the first charge.
    BankBusy,
    /// The mail server does not take the first e-mail.
    MailBusy,
    /// The bank refuses every charge.
    CardDeclined,
    /// No courier takes the parcel, when everything is paid.
    NoCourier,
}

/// What the warehouse puts aside for an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Hold {
    pub(crate) shelf: String,
}

/// What is stuck on the parcel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Label {
    pub(crate) parcel: String,
}

/// The workflow. A step may run more than once, as a process may die in the middle of it, and its result is recorded
/// once: so each call of the shop carries the order's number, by which the shop can tell a second call from a second
/// order. A step whose result is recorded does not run again, in whichever process the order goes on.
pub(crate) async fn order(ctx: Context, shop: Arc<Shop>, order: Order) -> Result<Label, Failure> {
    let saga = ctx.saga();
    saga.settle(async {
        let hold = saga
            .step("reserve", || shop.clone().reserve(order.clone()))
            .undo(|| shop.clone().undo_reserve(order.clone()))
            .await?;
        saga.step("charge", || shop.clone().charge(order.clone()))
            .undo(|| shop.clone().undo_charge(order.clone()))
            .retry(quickly())
            .await?;
        // The customer may still think better of it. A day would cost no more than this: no thread, no memory.
        ctx.wait("cooling off", Duration::from_millis(300)).await?;
        let (label, email) = tokio::join!(
            saga.step("label", || shop.clone().label(order.clone(), hold.clone()))
                .undo(|| shop.clone().undo_label(order.clone()))
                .retry(quickly()),
            ctx.step("email", || shop.clone().email(order.clone())).retry(quickly()),
        );
        email?;
        label
    })
    .await
}

/// Three attempts, so close together that the demo does not bore.
fn quickly() -> Retry {
    Retry::exponential().limit(3).first(Duration::from_millis(60))
}

impl Order {
    /// The orders of the demo: 15 end well, 5 do not.
    pub(crate) fn all() -> Vec<Self> {
        let trouble = |number| match number {
            3 | 9 | 14 => Trouble::CardDeclined,
            7 | 12 => Trouble::NoCourier,
            2 | 11 => Trouble::BankBusy,
            5 | 16 => Trouble::MailBusy,
            _ => Trouble::None,
        };
        (1..=20).map(|number| Self { number, trouble: trouble(number) }).collect()
    }

    /// The name it is started under: starting it again under that name gives the same execution.
    pub(crate) fn name(&self) -> String {
        format!("order-{}", self.number)
    }

    /// The name of the failure it must end in, if it must.
    pub(crate) fn expected_failure(&self) -> Option<&'static str> {
        match self.trouble {
            Trouble::CardDeclined => Some("CardDeclined"),
            Trouble::NoCourier => Some("NoCourier"),
            Trouble::None | Trouble::BankBusy | Trouble::MailBusy => None,
        }
    }
}
