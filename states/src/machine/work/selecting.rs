//! What `ItemSelector` makes of the items of a map.

use serde_json::Value;

use crate::machine::context::map_item;
use crate::machine::failure::Failure;
use crate::machine::plan::Form;
use crate::machine::view::{About, View};
use crate::payload::Payload;

/// Makes items of items, one after another, with one context object for all of them.
pub(super) struct Selecting<'v, 's> {
    view: &'v View<'s>,
    form: Option<&'v Form>,
    input: &'v Payload,
    context: Value,
}

impl<'s> View<'s> {
    /// Of the items of a map that has that input.
    pub(super) fn selecting<'v>(&'v self, input: &'v Payload) -> Selecting<'v, 's> {
        let form = self.compiled.item_selector.as_ref();
        let context = form.map_or(Value::Null, |_| self.context().clone());
        Selecting { view: self, form, input, context }
    }

    /// Shows what `ItemSelector` makes of the items, if somebody looks.
    pub(super) fn inspect_selected(&self, items: impl Iterator<Item = Value>, input: &Payload) -> Result<(), Failure> {
        if self.inspection.is_none() || self.compiled.item_selector.is_none() {
            return Ok(());
        }
        let mut selecting = self.selecting(input);
        let selected = items.enumerate().map(|(index, item)| selecting.of(index, item));
        let selected = Value::Array(selected.collect::<Result<_, _>>()?);
        self.inspect(|seen| seen.put("afterItemSelector", &selected));
        Ok(())
    }
}

impl Selecting<'_, '_> {
    /// What is made of an item; the item itself without `ItemSelector`.
    pub(super) fn of(&mut self, index: usize, item: Value) -> Result<Value, Failure> {
        let Some(form) = self.form else { return Ok(item) };
        if let Some(fields) = self.context.as_object_mut() {
            fields.insert("Map".to_owned(), map_item(index, &item));
        }
        let about = About { dollar: Some(self.input), context: Some(&self.context), ..About::default() };
        self.view.form(form, "ItemSelector", about)
    }
}
