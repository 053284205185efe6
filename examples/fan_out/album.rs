//! The workflow: a thumbnail of each of a thousand pictures, some of which are damaged.

use std::sync::Arc;

use duramen::{Completion, Context, Failure, Outcomes, Retry};
use serde::{Deserialize, Serialize};

use crate::studio::Studio;

/// At most so many pictures are worked on at a time.
pub(crate) const AT_A_TIME: usize = 50;

/// Pictures, of which some are damaged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Album {
    pub(crate) pictures: u32,
    /// One picture of so many is damaged.
    pub(crate) damaged_of: u32,
    /// Whether the log is to have no event for the branches, only for their steps.
    pub(crate) flat: bool,
}

/// Gives the sizes of the thumbnails, and says what became of the other pictures. It is content while at most 5 % of all
/// are damaged; one more, and what is under way is given up.
pub(crate) async fn thumbnails(ctx: Context, studio: Arc<Studio>, album: Album) -> Result<Outcomes<u32>, Failure> {
    let studio = &studio;
    let map = ctx
        .map("thumbnails", 1..=album.pictures, |ctx, picture, _| async move {
            let damaged = picture % album.damaged_of == 0;
            ctx.step("shrink", || studio.clone().shrink(picture, damaged)).retry(Retry::none()).await
        })
        .item_names(|picture, _| format!("picture-{picture}"))
        .max_concurrency(AT_A_TIME)
        .completion(Completion::new().tolerate_percent(5.0));
    if album.flat { map.flat().await } else { map.await }
}
