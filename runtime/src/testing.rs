//! A kit for tests of workflows, behind the cargo feature `testing`: meant for `[dev-dependencies]`.
//!
//! | | |
//! |---|---|
//! | [`virtual_time`] | waits and retries take no time |
//! | [`Lab`] | one place to run workflows, in memory or in a folder, that can crash and open again |
//! | [`Lab::crash_everywhere`] | the same result, wherever the process dies |
//! | [`Lab::every_step_twice`] | every step is run twice, which idempotent ones do not mind |
//! | [`Stub`] | something else in place of a step, by its name |
//! | [`record`], [`assert_replays`] | histories kept in files, which today's code must still replay |
//! | [`stable_text`] | a history as a text that is the same for each run |
//! | [`Builder::check`] | the executions of a real folder that a build would break; needs no feature |
//!
//! ```
//! use duramen::testing::{Ended, Lab, Stub, ended, virtual_time};
//! use duramen::{Builder, Context, Failure, Retry};
//! use std::time::Duration;
//!
//! async fn order(ctx: Context, item: String) -> Result<String, Failure> {
//!     let receipt: u32 = ctx.step("charge", || charge(item.clone())).retry(Retry::exponential()).await?;
//!     ctx.wait("cooling off", Duration::from_secs(30 * 24 * 3600)).await?;
//!     ctx.step("send", || async move { Ok::<_, Failure>(format!("parcel for receipt {receipt}")) }).await
//! }
//! # async fn charge(_: String) -> Result<u32, Failure> { Err(Failure::new("NoNetwork", "this is a test")) }
//!
//! fn workflows(builder: Builder) -> Builder {
//!     builder.workflow("order", order)
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! virtual_time(async {
//!     // The bank fails twice, and then takes the money. The month of the wait passes at once.
//!     let charge = Stub::returns("charge", &7_u32).failing_attempts(2, Failure::new("Busy", "try again"));
//!     let mut lab = Lab::in_memory(workflows).stub(&charge);
//!     let handle = lab.start::<String>("order", "order-7", "a chair").await?;
//!     assert_eq!(ended(&handle).await?, Ended::Succeeded("parcel for receipt 7".to_owned()));
//!     assert_eq!(charge.calls(), 3);
//!
//!     // Wherever the process dies, the end is the same.
//!     let crashes = lab
//!         .crash_everywhere(async |runtime| {
//!             let handle = runtime.start::<String>("order", "order-7", "a chair").await?;
//!             ended(&handle).await
//!         })
//!         .await?;
//!     crashes.assert_no_difference();
//!     Ok(())
//! })?
//! # }
//! ```
//!
//! [`Builder::check`]: crate::Builder::check

mod crash_everywhere;
mod crashes;
mod ended;
mod fuse;
mod lab;
mod patience;
mod recording;
mod replaying;
mod stable_text;
mod store;
mod stub;
mod virtual_time;

pub use crashes::{Crashes, Difference, Differs};
pub use ended::{Ended, ended};
pub use lab::Lab;
pub use recording::{RecordingError, record};
pub use replaying::{Replayed, assert_replays, replays};
pub use stable_text::stable_text;
pub use stub::Stub;
pub use virtual_time::virtual_time;
