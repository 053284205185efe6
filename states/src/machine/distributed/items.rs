//! The items of a map run, in pieces: those that were given to it as they are, those that were read as text.

use std::sync::Arc;

use bincode::{Decode, Encode};
use serde_json::Value;

use crate::packed::Packed;
use crate::payload::Payload;

#[derive(Debug, Clone, Default, Encode, Decode, PartialEq)]
pub(crate) struct Items {
    pieces: Vec<Piece>,
    length: u64,
}

#[derive(Debug, Clone, Encode, Decode, PartialEq)]
struct Piece {
    /// The index of its first item.
    from: u64,
    values: Values,
}

#[derive(Debug, Clone, Encode, Decode, PartialEq)]
enum Values {
    /// An array.
    Given(Payload),
    Packed(Arc<Packed>),
}

impl Items {
    /// Those of an array.
    pub(super) fn of(array: &Payload) -> Self {
        let length = array.as_array().map_or(0, Vec::len) as u64;
        Self { pieces: vec![Piece { from: 0, values: Values::Given(array.clone()) }], length }
    }

    /// Puts more behind them.
    pub(super) fn append(&mut self, more: &Arc<Packed>) {
        self.pieces.push(Piece { from: self.length, values: Values::Packed(Arc::clone(more)) });
        self.length += more.len() as u64;
    }

    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// How many bytes of text an item has that was read; 0 of those that were given.
    pub(super) fn size(&self, index: u64) -> usize {
        let text = |(piece, index): (&Piece, usize)| match &piece.values {
            Values::Given(_) => None,
            Values::Packed(packed) => packed.text(index).map(str::len),
        };
        self.piece(index).and_then(text).unwrap_or(0)
    }

    /// The piece in which an item is, and where in it.
    fn piece(&self, index: u64) -> Option<(&Piece, usize)> {
        let place = self.pieces.partition_point(|piece| piece.from <= index).checked_sub(1)?;
        let piece = self.pieces.get(place)?;
        Some((piece, usize::try_from(index - piece.from).ok()?))
    }

    /// How many bytes of text the items have that were read.
    pub(super) fn bytes(&self) -> usize {
        let of = |piece: &Piece| if let Values::Packed(packed) = &piece.values { packed.bytes() } else { 0 };
        self.pieces.iter().map(of).sum()
    }

    pub(crate) fn get(&self, index: u64) -> Option<Value> {
        let (piece, index) = self.piece(index)?;
        match &piece.values {
            Values::Given(array) => array.get(index).cloned(),
            Values::Packed(packed) => packed.get(index),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Value> {
        (0..self.length).filter_map(|index| self.get(index))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_are_found_in_whatever_piece_they_are() {
        let mut items = Items::of(&json!([1, 2]).into());
        for values in [vec![], vec![json!(3)], vec![json!(4), json!(5)]] {
            let mut packed = Packed::default();
            values.iter().for_each(|value| packed.push(value));
            items.append(&Arc::new(packed));
        }
        assert_eq!(items.len(), 5);
        assert_eq!(items.iter().collect::<Vec<_>>(), [json!(1), json!(2), json!(3), json!(4), json!(5)]);
        assert_eq!(items.get(5), None);
        assert_eq!(Items::default().get(0), None);
    }
}
