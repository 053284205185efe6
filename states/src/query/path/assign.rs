//! Putting a value where a path points to.

use serde_json::{Map, Value};

use super::{Path, Segment};
use crate::query::value::MAX_DEPTH;

/// A value cannot be put where the path points to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Unable to apply ReferencePath {path} to input {input}")]
pub struct AssignError {
    /// The path as written.
    pub path: String,
    /// What it was to be applied to, as JSON.
    pub input: String,
}

impl AssignError {
    /// The error of Step Functions.
    pub const fn error(&self) -> &'static str {
        "States.ResultPathMatchFailure"
    }
}

pub(super) fn assign(path: &Path, target: &mut Value, value: Value) -> Result<(), AssignError> {
    if !path.has_reference_segments() || path.segments.len() > MAX_DEPTH || !applies(&path.segments, target) {
        return Err(AssignError { path: path.text.clone(), input: target.to_string() });
    }
    if let Some(place) = place(&path.segments, target) {
        *place = value;
    }
    Ok(())
}

/// Whether all that is already there is of the right kind, so that nothing is half done.
fn applies(segments: &[Segment], target: &Value) -> bool {
    let mut at = target;
    for segment in segments {
        match (segment, at) {
            (Segment::Names(names), Value::Object(fields)) => match names.first().and_then(|name| fields.get(name)) {
                Some(field) => at = field,
                // All behind it is made; no array can be.
                None => return tail(segments, segment),
            },
            (Segment::Indexes(indexes), Value::Array(items)) => {
                match item(indexes).and_then(|index| items.get(index)) {
                    Some(found) => at = found,
                    None => return false,
                }
            }
            _ => return false,
        }
    }
    true
}

/// Whether but names stand from this segment on.
fn tail(segments: &[Segment], from: &Segment) -> bool {
    segments
        .iter()
        .skip_while(|segment| !std::ptr::eq(*segment, from))
        .all(|segment| matches!(segment, Segment::Names(_)))
}

fn place<'t>(segments: &[Segment], target: &'t mut Value) -> Option<&'t mut Value> {
    let mut at = target;
    for segment in segments {
        at = match segment {
            Segment::Names(names) => {
                if at.is_null() {
                    *at = Value::Object(Map::new());
                }
                at.as_object_mut()?.entry(names.first()?.as_str()).or_insert(Value::Null)
            }
            Segment::Indexes(indexes) => at.get_mut(item(indexes)?)?,
            _ => return None,
        };
    }
    Some(at)
}

fn item(indexes: &[i64]) -> Option<usize> {
    indexes.first().and_then(|index| usize::try_from(*index).ok())
}
