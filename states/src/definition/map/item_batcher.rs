//! `ItemBatcher`: an iteration of a distributed map is given several items.

use crate::definition::expression::{Dynamic, Template};
use crate::definition::fields::Fields;
use crate::definition::problem::Problem;

/// The batcher of a map state.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemBatcher {
    /// `MaxItemsPerBatch` or `MaxItemsPerBatchPath`.
    pub max_items: Option<Dynamic<u64>>,
    /// `MaxInputBytesPerBatch` or `MaxInputBytesPerBatchPath`.
    pub max_input_bytes: Option<Dynamic<u64>>,
    /// `BatchInput`: what every batch is given beside its items.
    pub batch_input: Option<Template>,
}

impl ItemBatcher {
    pub(super) fn read(state: &Fields<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let value = state.get("ItemBatcher")?;
        let fields = Fields::of(value, &state.pointer("ItemBatcher"), state.language, problems)?;
        Some(Self {
            max_items: fields.amount("MaxItemsPerBatch", problems),
            max_input_bytes: fields.amount("MaxInputBytesPerBatch", problems),
            batch_input: fields.template("BatchInput"),
        })
    }
}
