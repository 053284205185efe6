//! An undo is called when the steps are over, so it cannot borrow from among them.

use duramen::{Context, Failure};

async fn release(_hold: u32) -> Result<(), Failure> {
    Ok(())
}

async fn order(ctx: Context, item: String) -> Result<String, Failure> {
    let saga = ctx.saga();
    saga.settle(async {
        let hold: u32 = 7;
        saga.step("reserve", || async { Ok::<_, Failure>(()) }).undo(|| release(hold)).await?;
        Ok(item)
    })
    .await
}

fn main() {
    let _ = duramen::Runtime::builder("data").workflow("order", order);
}
