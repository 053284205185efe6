//! Following a path through values.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::{Map, Value};

use super::miss::{MissKind, PathMiss};
use super::{Path, Root, Segment, print};
use crate::query::roots::Roots;
use crate::query::value::{MAX_SIZE, fits};

/// How many values a path may look at.
const MAX_STEPS: usize = 1_000_000;

/// Why a walk ends early.
#[derive(Debug)]
pub(super) enum Stop {
    Missing(String),
    Mismatch(String),
    Exhausted,
}

/// What a path finds.
pub(super) enum Found<'v> {
    /// What is at the one place of a definite path.
    One(Option<Cow<'v, Value>>),
    Many(Vec<Cow<'v, Value>>),
}

pub(super) fn evaluate<'a>(path: &Path, roots: &Roots<'a>) -> Result<Cow<'a, Value>, PathMiss> {
    let root = match &path.root {
        Root::Input => roots.input,
        Root::Context => roots.context,
        Root::Variable(name) => roots.variables.variable(name).ok_or_else(|| {
            PathMiss::new(path, MissKind::Unassigned, format!("The variable '{name}' is not assigned"))
        })?,
    };
    let mut walk = Walk { root, steps: MAX_STEPS };
    let nothing = || format!("No results for path: {}", print::prefix(&path.segments));
    let exhausted = || {
        let detail = format!("The path looks at more than {MAX_STEPS} values or finds more than {MAX_SIZE} bytes");
        PathMiss::new(path, MissKind::Exhausted, detail)
    };
    match walk.find(&path.segments, root) {
        Ok(Found::One(Some(value))) => Ok(value),
        Ok(Found::One(None)) => Err(PathMiss::new(path, MissKind::NotFound, nothing())),
        Ok(Found::Many(values)) => walk.collect(values).map(Cow::Owned).map_err(|_| exhausted()),
        Err(Stop::Exhausted) => Err(exhausted()),
        // What an indefinite path does not find is nothing, but it must not be applied to what it cannot apply to.
        Err(Stop::Missing(_)) if !path.is_definite() => Ok(Cow::Owned(Value::Array(Vec::new()))),
        Err(Stop::Missing(detail)) => Err(PathMiss::new(path, MissKind::NotFound, detail)),
        Err(Stop::Mismatch(detail)) => Err(PathMiss::new(path, MissKind::Mismatch, detail)),
    }
}

/// Whether the segments name one place.
pub(super) fn is_definite(segments: &[Segment]) -> bool {
    let last = segments.len().saturating_sub(1);
    segments.iter().enumerate().all(|(at, segment)| segment.is_definite(at == last))
}

/// One evaluation: where `$` is, and how many values it may still look at.
pub(super) struct Walk<'v> {
    pub(super) root: &'v Value,
    steps: usize,
}

impl<'v> Walk<'v> {
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Stop> {
        self.steps = self.steps.checked_sub(steps).ok_or(Stop::Exhausted)?;
        Ok(())
    }

    /// What the segments find from a value on.
    pub(super) fn find(&mut self, segments: &[Segment], start: &'v Value) -> Result<Found<'v>, Stop> {
        let definite = is_definite(segments);
        let mut found = Vec::new();
        self.follow(segments, 0, true, start, &mut found)?;
        Ok(if definite { Found::One(found.pop()) } else { Found::Many(found) })
    }

    /// The values as an array, if they are not too large.
    pub(super) fn collect(&mut self, found: Vec<Cow<'v, Value>>) -> Result<Value, Stop> {
        let mut left = MAX_SIZE;
        if found.iter().all(|value| fits(value, &mut left)) {
            Ok(Value::Array(found.into_iter().map(Cow::into_owned).collect()))
        } else {
            Err(Stop::Exhausted)
        }
    }

    /// Applies the segments from `at` on to a value. `definite` says whether those before named one place, so that what is missing is an error.
    fn follow(
        &mut self,
        segments: &[Segment],
        at: usize,
        definite: bool,
        value: &'v Value,
        found: &mut Vec<Cow<'v, Value>>,
    ) -> Result<(), Stop> {
        self.spend(1)?;
        let Some(segment) = segments.get(at) else {
            found.push(Cow::Borrowed(value));
            return Ok(());
        };
        let last = at + 1 == segments.len();
        let definite_here = definite && segment.is_definite(last);
        let so_far = |to: usize| print::prefix(segments.get(..to).unwrap_or_default());
        match segment {
            Segment::Names(names) => {
                let Some(fields) = value.as_object() else {
                    return if definite { Err(no_object(&so_far(at), segment, value)) } else { Ok(()) };
                };
                if names.len() > 1 && last {
                    found.push(Cow::Owned(Value::Object(picked(fields, names))));
                    return self.spend(names.len());
                }
                for name in names {
                    match fields.get(name) {
                        Some(field) => self.follow(segments, at + 1, definite_here, field, found)?,
                        None if definite_here && !last => {
                            return Err(Stop::Missing(format!("Missing property in path {}", so_far(at + 1))));
                        }
                        None => {}
                    }
                }
                Ok(())
            }
            Segment::Every => children(value).try_for_each(|child| self.follow(segments, at + 1, false, child, found)),
            Segment::Indexes(indexes) => {
                let Some(items) = self.items(definite, segments, at, value)? else { return Ok(()) };
                indexes
                    .iter()
                    .filter_map(|index| items.get(place(*index, items.len())?))
                    .try_for_each(|item| self.follow(segments, at + 1, definite_here, item, found))
            }
            Segment::Slice(from, to) => {
                let Some(items) = self.items(definite, segments, at, value)? else { return Ok(()) };
                sliced(*from, *to, items.len())
                    .filter_map(|index| items.get(place(index, items.len())?))
                    .try_for_each(|item| self.follow(segments, at + 1, false, item, found))
            }
            Segment::Filter(filter) => match value {
                Value::Array(items) => items.iter().try_for_each(|item| {
                    self.spend(1)?;
                    if filter.holds(item, self)? { self.follow(segments, at + 1, false, item, found) } else { Ok(()) }
                }),
                Value::Object(_) if filter.holds(value, self)? => self.follow(segments, at + 1, false, value, found),
                _ => Ok(()),
            },
            Segment::Scan => self.scan(segments, at + 1, value, found),
        }
    }

    /// Applies the segments from `at` on to a value and to all that is in it.
    fn scan(
        &mut self,
        segments: &[Segment],
        at: usize,
        value: &'v Value,
        found: &mut Vec<Cow<'v, Value>>,
    ) -> Result<(), Stop> {
        self.spend(1)?;
        // A filter looks at the items of an array, which the scan comes to anyway if they are objects.
        let passes = matches!((segments.get(at), value), (Some(Segment::Filter(_)), Value::Array(_)));
        if !passes {
            self.follow(segments, at, false, value, found)?;
        }
        children(value)
            .filter(|child| child.is_object() || child.is_array())
            .try_for_each(|child| self.scan(segments, at, child, found))
    }

    /// The items of an array; `None` where there is no array and that is no error.
    fn items(
        &self,
        definite: bool,
        segments: &[Segment],
        at: usize,
        value: &'v Value,
    ) -> Result<Option<&'v [Value]>, Stop> {
        let (so_far, rest) = segments.split_at_checked(at).unwrap_or_default();
        match value {
            Value::Array(items) => Ok(Some(items)),
            _ if !definite => Ok(None),
            Value::Null => Err(Stop::Missing(format!("The path {} is null", print::prefix(so_far)))),
            other => Err(Stop::Mismatch(format!(
                "Filter: {} can only be applied to arrays. Current context is: {other}",
                print::fragment(rest)
            ))),
        }
    }
}

fn no_object(so_far: &str, segment: &Segment, value: &Value) -> Stop {
    Stop::Missing(match value {
        Value::Null if so_far == "$" => "Unable to apply Path transformation to null or empty input.".to_owned(),
        _ => format!(
            "Expected to find an object with property {segment} in path {so_far} but found '{}'",
            crate::query::value::kind(value)
        ),
    })
}

fn picked(fields: &Map<String, Value>, names: &[String]) -> Map<String, Value> {
    names.iter().filter_map(|name| Some((name.clone(), fields.get(name)?.clone()))).collect()
}

fn children(value: &Value) -> impl Iterator<Item = &Value> {
    let (items, fields) = match value {
        Value::Array(items) => (Some(items), None),
        Value::Object(fields) => (None, Some(fields)),
        _ => (None, None),
    };
    items.into_iter().flatten().chain(fields.into_iter().flat_map(Map::values))
}

/// The indexes of a slice. Of one with two edges neither counts from the end: as in Jayway's library each index between them
/// does that on its own, so that `[-2:1]` ends with the first item and `[1:-1]` is empty.
fn sliced(from: Option<i64>, to: Option<i64>, len: usize) -> Range<i64> {
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let edge = |index: i64| if index < 0 { (len + index).max(0) } else { index };
    match (from, to) {
        (Some(from), Some(to)) => from.max(-len)..to.min(len),
        (from, to) => from.map_or(0, edge)..to.map_or(len, edge).min(len),
    }
}

/// Where an index points to; negative ones count from the end.
fn place(index: i64, len: usize) -> Option<usize> {
    let index = if index < 0 { i64::try_from(len).ok()?.checked_add(index)? } else { index };
    usize::try_from(index).ok()
}
