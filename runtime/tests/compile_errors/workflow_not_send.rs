//! A workflow may go on on another thread than it began on, so it cannot hold what must not leave its thread.

use std::rc::Rc;
use std::time::Duration;

use duramen::{Context, Failure};

async fn count(ctx: Context, (): ()) -> Result<usize, Failure> {
    let words = Rc::new(vec!["a", "chair"]);
    ctx.wait("a while", Duration::from_secs(1)).await?;
    Ok(words.len())
}

fn main() {
    let _ = duramen::Runtime::builder("data").workflow("count", count);
}
