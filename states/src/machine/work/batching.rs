//! `ItemBatcher`: the items of a map in batches.

use serde_json::{Map, Value};

use crate::machine::failure::Failure;
use crate::machine::view::{About, View};
use crate::payload::Payload;

/// Puts items into batches, one after another. A batch is text: it is as large as what goes to the log.
pub(super) struct Batching {
    most: usize,
    bytes: usize,
    /// How each batch begins.
    opening: String,
    /// The one that is being filled.
    batch: String,
    items: u64,
}

/// A batch, and how many items it has.
pub(super) type Batch = (String, u64);

/// How each batch ends.
const CLOSING: &str = "]}";

impl View<'_> {
    /// As the map says that has that input.
    pub(super) fn batching(&self, input: &Payload) -> Result<Batching, Failure> {
        let most = self.amount(self.compiled.batch_items.as_ref(), input)?.filter(|most| *most > 0);
        let bytes = self.amount(self.compiled.batch_bytes.as_ref(), input)?.filter(|bytes| *bytes > 0);
        let shared = match &self.compiled.batch_input {
            Some(form) => Some(self.form(form, "ItemBatcher/BatchInput", About::dollar(input))?),
            None => None,
        };
        let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
        let bytes = bytes.map_or(usize::MAX, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        Ok(Batching::new(most, bytes, shared))
    }
}

impl Batching {
    /// At most so many items and bytes each, but never less than one item. `shared` is what all of them have.
    fn new(most: usize, bytes: usize, shared: Option<Value>) -> Self {
        let mut fields = Map::new();
        fields.extend(shared.map(|shared| ("BatchInput".to_owned(), shared)));
        fields.insert("Items".to_owned(), Value::Array(Vec::new()));
        let empty = Value::Object(fields).to_string();
        let opening = empty.strip_suffix(CLOSING).unwrap_or_default().to_owned();
        Self { most, bytes, batch: opening.clone(), opening, items: 0 }
    }

    /// Takes in an item. The batch before it, if that is full.
    pub(super) fn push(&mut self, item: &Value) -> Option<Batch> {
        let item = item.to_string();
        let with_item = self.batch.len() + 1 + item.len() + CLOSING.len();
        let is_full = self.items > 0
            && (usize::try_from(self.items).unwrap_or(usize::MAX) >= self.most || with_item > self.bytes);
        let full = is_full.then(|| self.take()).flatten();
        if self.items > 0 {
            self.batch.push(',');
        }
        self.batch.push_str(&item);
        self.items += 1;
        full
    }

    /// The batch that is not full, if there is one.
    pub(super) fn take(&mut self) -> Option<Batch> {
        let (batch, items) = (self.opening.clone(), std::mem::take(&mut self.items));
        let taken = std::mem::replace(&mut self.batch, batch) + CLOSING;
        (items > 0).then_some((taken, items))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn batches(most: usize, bytes: usize, shared: Option<Value>) -> Vec<Value> {
        let mut batching = Batching::new(most, bytes, shared);
        let mut batches: Vec<_> = (1..=5).filter_map(|number| batching.push(&json!(number))).collect();
        batches.extend(batching.take());
        batches.iter().map(|(text, _)| serde_json::from_str(text).unwrap()).collect()
    }

    #[test]
    fn batches_have_as_many_items_as_they_may() {
        let shared = json!({"a": [1]});
        let of = |items: &[u8]| json!({"BatchInput": {"a": [1]}, "Items": items});
        assert_eq!(batches(2, usize::MAX, Some(shared)), [of(&[1, 2]), of(&[3, 4]), of(&[5])]);
        assert_eq!(batches(usize::MAX, usize::MAX, None), [json!({"Items": [1, 2, 3, 4, 5]})]);
    }

    #[test]
    fn batches_have_as_many_bytes_as_they_may_but_one_item_at_least() {
        let bytes = json!({"Items": [1, 2, 3]}).to_string().len();
        assert_eq!(batches(usize::MAX, bytes, None), [json!({"Items": [1, 2, 3]}), json!({"Items": [4, 5]})]);
        assert_eq!(batches(usize::MAX, bytes - 1, None).len(), 3);
        assert_eq!(batches(usize::MAX, 1, None).len(), 5);
    }
}
