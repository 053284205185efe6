//! JSON values that are kept as text, one behind the other: they take a fraction of the memory that the values take, and
//! come to the log as they are.

use std::fmt::Write;
use std::sync::Arc;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use serde_json::Value;

/// How many bytes of text a piece has before the next one begins. A value that is larger has a piece of its own.
const PIECE_BYTES: usize = 1 << 20;

/// A piece: values on lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Packed {
    text: String,
    /// Where each line ends.
    ends: Vec<usize>,
}

impl Packed {
    pub(crate) fn push(&mut self, value: &Value) {
        // Nothing that is written to a text fails, and a value has no line break outside of its strings.
        let _ = write!(self.text, "{value}");
        self.end();
    }

    /// Takes in the text of a value as it is written without white space.
    pub(crate) fn push_text(&mut self, text: &str) {
        self.text.push_str(text);
        self.end();
    }

    fn end(&mut self) {
        self.ends.push(self.text.len());
        self.text.push('\n');
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Whether no more is to be put into it.
    pub(crate) fn is_full(&self) -> bool {
        self.text.len() >= PIECE_BYTES
    }

    /// The text of a value.
    pub(crate) fn text(&self, index: usize) -> Option<&str> {
        let from = match index.checked_sub(1) {
            Some(before) => self.ends.get(before)? + 1,
            None => 0,
        };
        self.text.get(from..*self.ends.get(index)?)
    }

    /// A value.
    pub(crate) fn get(&self, index: usize) -> Option<Value> {
        parsed(self.text(index)?)
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.text(index))
    }
}

/// The value of a text that was written here.
pub(crate) fn parsed(text: &str) -> Option<Value> {
    crate::payload::read(text).ok()
}

impl bincode::Encode for Packed {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.text.encode(encoder)
    }
}

impl<C> bincode::Decode<C> for Packed {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let text = String::decode(decoder)?;
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Ok(Self { text, ends })
    }
}

bincode::impl_borrow_decode!(Packed);

/// Values in as many pieces as they need.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    pieces: Vec<Packed>,
    length: usize,
}

impl Pieces {
    pub(crate) fn push(&mut self, value: &Value) {
        if self.pieces.last().is_none_or(Packed::is_full) {
            self.pieces.push(Packed::default());
        }
        if let Some(piece) = self.pieces.last_mut() {
            piece.push(value);
            self.length += 1;
        }
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// All values as an array.
    pub(crate) fn into_value(self) -> Value {
        Value::Array(self.pieces.iter().flat_map(Packed::texts).filter_map(parsed).collect())
    }

    /// The pieces, of which there is at least one.
    pub(crate) fn into_pieces(mut self) -> Vec<Arc<Packed>> {
        if self.pieces.is_empty() {
            self.pieces.push(Packed::default());
        }
        self.pieces.into_iter().map(Arc::new).collect()
    }
}

impl Extend<Value> for Pieces {
    fn extend<T: IntoIterator<Item = Value>>(&mut self, values: T) {
        values.into_iter().for_each(|value| self.push(&value));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values() -> Vec<Value> {
        vec![json!({"a": "one\ntwo", "b": [1.5, null]}), json!(""), json!(7), json!([[]])]
    }

    #[test]
    fn values_come_out_as_they_went_in() {
        let mut packed = Packed::default();
        values().iter().for_each(|value| packed.push(value));
        packed.push_text("{\"b\":1}");
        let got: Vec<_> = (0..packed.len()).filter_map(|index| packed.get(index)).collect();
        assert_eq!(got, [values(), vec![json!({"b": 1})]].concat());
        assert_eq!((packed.get(5), packed.text(4)), (None, Some("{\"b\":1}")));
        assert_eq!(packed.texts().count(), 5);
    }

    #[test]
    fn they_are_the_same_when_they_come_back_from_the_log() {
        let mut packed = Packed::default();
        for of in [packed.clone(), {
            values().iter().for_each(|value| packed.push(value));
            packed
        }] {
            let config = bincode::config::standard();
            let bytes = bincode::encode_to_vec(&of, config).unwrap();
            let (read, _): (Packed, usize) = bincode::decode_from_slice(&bytes, config).unwrap();
            assert_eq!(read, of);
        }
    }

    #[test]
    fn no_piece_has_more_than_it_may_and_one_value_more() {
        let large = json!("x".repeat(PIECE_BYTES / 3));
        let mut pieces = Pieces::default();
        pieces.extend([large.clone(), large.clone(), large.clone(), large, json!(1)]);
        assert_eq!(pieces.len(), 5);
        let lengths: Vec<_> = pieces.into_pieces().iter().map(|piece| piece.len()).collect();
        assert_eq!(lengths, [3, 2]);
        assert_eq!(Pieces::default().into_pieces().len(), 1);
    }
}
