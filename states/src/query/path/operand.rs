//! What conditions compare, and how.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::{Display, Formatter, Result as Written};

use regex::{Regex, RegexBuilder};
use serde_json::{Number, Value};

use super::filter::Inner;
use super::walk::{Stop, Walk};
use crate::query::value::compare_numbers;

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Value(Value),
    List(Vec<Operand>),
    Pattern(Pattern),
    Path(Inner),
}

/// A regular expression, which a text must match as a whole.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    pub(super) source: String,
    pub(super) flags: String,
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.flags == other.flags
    }
}

impl Pattern {
    pub(super) fn new(source: &str, flags: &str) -> Result<Self, String> {
        let mut builder = RegexBuilder::new(&format!("^(?:{})$", source.replace("\\/", "/")));
        builder.size_limit(1 << 20);
        for flag in flags.chars() {
            match flag {
                'i' => builder.case_insensitive(true),
                'm' => builder.multi_line(true),
                's' => builder.dot_matches_new_line(true),
                'x' => builder.ignore_whitespace(true),
                'u' | 'U' => builder.unicode(true),
                other => return Err(format!("'{other}' is no flag of a pattern")),
            };
        }
        let regex = builder.build().map_err(|error| format!("the pattern is not understood: {error}"))?;
        Ok(Self { source: source.to_owned(), flags: flags.to_owned(), regex })
    }
}

/// What an operand stands for.
pub(super) enum Side<'v, 'p> {
    /// A path led nowhere.
    Nothing,
    Value(Cow<'v, Value>),
    Pattern(&'p Pattern),
}

impl Operand {
    pub(super) fn value<'v, 'p>(&'p self, item: &'v Value, walk: &mut Walk<'v>) -> Result<Side<'v, 'p>, Stop> {
        Ok(match self {
            Self::Value(value) => Side::Value(Cow::Owned(value.clone())),
            Self::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item_of_list in items {
                    if let Side::Value(value) = item_of_list.value(item, walk)? {
                        values.push(value.into_owned());
                    }
                }
                Side::Value(Cow::Owned(Value::Array(values)))
            }
            Self::Pattern(pattern) => Side::Pattern(pattern),
            Self::Path(path) => path.value(item, walk)?.map_or(Side::Nothing, Side::Value),
        })
    }
}

/// How two sides are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Unequal,
    Identical,
    NotIdentical,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
    SubsetOf,
    AnyOf,
    NoneOf,
    All,
    Contains,
    Size,
    Empty,
}

impl Comparison {
    /// With what each is written. A longer one stands before one it starts with.
    pub(super) const WRITTEN: [(&'static str, Self); 18] = [
        ("===", Self::Identical),
        ("!==", Self::NotIdentical),
        ("==", Self::Equal),
        ("!=", Self::Unequal),
        ("=~", Self::Matches),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        (">", Self::Greater),
        ("in", Self::In),
        ("nin", Self::NotIn),
        ("subsetof", Self::SubsetOf),
        ("anyof", Self::AnyOf),
        ("noneof", Self::NoneOf),
        ("all", Self::All),
        ("contains", Self::Contains),
        ("size", Self::Size),
        ("empty", Self::Empty),
    ];
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let written = Self::WRITTEN.iter().find(|(_, comparison)| comparison == self);
        f.write_str(written.map_or("", |(written, _)| written))
    }
}

pub(super) fn compare(left: Side<'_, '_>, comparison: Comparison, right: Side<'_, '_>) -> bool {
    let (left, right) = match (left, right) {
        (Side::Value(left), Side::Value(right)) => (left, right),
        (Side::Value(text), Side::Pattern(pattern)) | (Side::Pattern(pattern), Side::Value(text)) => {
            return comparison == Comparison::Matches && text.as_str().is_some_and(|text| pattern.regex.is_match(text));
        }
        _ => return matches!(comparison, Comparison::Unequal | Comparison::NotIdentical | Comparison::NotIn),
    };
    let contains = |values: &Value, value: &Value| items(values).iter().any(|item| equal(item, value));
    let (left, right) = (&*left, &*right);
    match comparison {
        Comparison::Equal => equal(left, right),
        Comparison::Unequal => !equal(left, right),
        Comparison::Identical => same_kind(left, right) && equal(left, right),
        Comparison::NotIdentical => !(same_kind(left, right) && equal(left, right)),
        Comparison::Less => order(left, right).is_some_and(Ordering::is_lt),
        Comparison::LessOrEqual => order(left, right).is_some_and(Ordering::is_le),
        Comparison::Greater => order(left, right).is_some_and(Ordering::is_gt),
        Comparison::GreaterOrEqual => order(left, right).is_some_and(Ordering::is_ge),
        Comparison::Matches => false,
        Comparison::In => contains(right, left),
        Comparison::NotIn => !contains(right, left),
        Comparison::SubsetOf => left.is_array() && items(left).iter().all(|item| contains(right, item)),
        Comparison::AnyOf => items(left).iter().any(|item| contains(right, item)),
        Comparison::NoneOf => left.is_array() && !items(left).iter().any(|item| contains(right, item)),
        Comparison::All => left.is_array() && items(right).iter().all(|item| contains(left, item)),
        Comparison::Contains => match (left, right) {
            (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
            _ => contains(left, right),
        },
        Comparison::Size => size(left).is_some_and(|size| equal(&Value::from(size), right)),
        Comparison::Empty => size(left).is_some_and(|size| right.as_bool() == Some(size == 0)),
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn size(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::Object(fields) => Some(fields.len()),
        Value::String(text) => Some(text.chars().count()),
        _ => None,
    }
}

fn same_kind(left: &Value, right: &Value) -> bool {
    std::mem::discriminant(left) == std::mem::discriminant(right)
}

/// Numbers are equal by amount; a number and a text are equal if the text is that number.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right).is_some_and(Ordering::is_eq),
        (Value::Number(number), Value::String(text)) => {
            text.parse::<Number>().is_ok_and(|text| compare_numbers(number, &text).is_some_and(Ordering::is_eq))
        }
        (Value::String(text), Value::Number(number)) => *text == number.to_string(),
        _ => left == right,
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare_numbers(left, right),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
