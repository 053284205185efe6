//! The workflow: a shopping cart that lives for as long as its customer takes.

use std::time::Duration;

use duramen::{Context, Failure};
use serde::{Deserialize, Serialize};

/// The highest discount anybody gets, in percent.
const MOST_PERCENT: u32 = 30;

/// Something that is put into the cart, by the signal `add`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) cents: u32,
}

/// What is in the cart: the workflow's own variable, and nowhere else.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Cart {
    pub(crate) items: Vec<Item>,
    pub(crate) percent_off: u32,
}

/// Takes items by the signal `add`, a discount by the update `discount`, and ends by the signal `checkout`. Publishes
/// its `total`.
pub(crate) async fn cart(ctx: Context, customer: String) -> Result<Cart, Failure> {
    // What is sent meanwhile waits, and is not lost.
    ctx.step("open account", || open_account(customer.clone())).await?;
    let mut cart = Cart::default();
    loop {
        ctx.publish("total", &cart.total())?;
        // The order is that of the code, not of chance, or a replay might go another way. The cart is full before it is
        // checked out, as `add` comes first.
        tokio::select! {
            biased;
            item = ctx.signal("add") => cart.items.push(item?),
            discount = ctx.update("discount").validate(|percent| cart.admits(*percent)) => {
                let discount = discount?;
                cart.percent_off = *discount.value();
                discount.accept(&cart.total());
            }
            checkout = ctx.signal::<()>("checkout") => {
                checkout?;
                return Ok(cart);
            }
        }
    }
}

impl Cart {
    /// What is to be paid, in cents.
    pub(crate) fn total(&self) -> u32 {
        let full: u32 = self.items.iter().map(|item| item.cents).sum();
        full - full * self.percent_off / 100
    }

    fn admits(&self, percent: u32) -> Result<(), Failure> {
        if self.items.is_empty() {
            return Err(Failure::new("EmptyCart", "there is nothing to take a discount off"));
        }
        if percent > MOST_PERCENT {
            return Err(Failure::new("TooMuch", format!("{percent} % off is more than {MOST_PERCENT} %")));
        }
        Ok(())
    }
}

async fn open_account(customer: String) -> Result<(), Failure> {
    println!("  an account is opened for {customer}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(())
}
