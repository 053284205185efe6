//! The result of a step is recorded as JSON.

use duramen::{Context, Failure};

#[derive(serde::Deserialize)]
struct Label {
    parcel: String,
}

async fn label(ctx: Context, (): ()) -> Result<String, Failure> {
    let label = ctx.step("label", || async { Ok::<_, Failure>(Label { parcel: String::new() }) }).await?;
    Ok(label.parcel)
}

fn main() {
    let _ = duramen::Runtime::builder("data").workflow("label", label);
}
