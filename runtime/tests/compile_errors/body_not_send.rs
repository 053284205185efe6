//! What a step runs is run on another thread, so it cannot hold what must not leave this one.

use std::rc::Rc;

use duramen::{Context, Failure};

async fn count(ctx: Context, (): ()) -> Result<usize, Failure> {
    ctx.step("count", || async {
        let words = Rc::new(vec!["a", "chair"]);
        tokio::task::yield_now().await;
        Ok::<_, Failure>(words.len())
    })
    .await
}

fn main() {
    let _ = duramen::Runtime::builder("data").workflow("count", count);
}
