//! The context object, which states see as `$$` or `$states.context`.

use serde_json::{Map, Value, json};

use super::about::About;
use super::frame::Frame;
use super::plan::Asks;
use super::state::{FrameId, State};
use crate::definition::StateKind;

/// The context object of the state that a frame is in, as much of it as is asked for.
pub(crate) fn context(state: &State, id: FrameId, name: &str, kind: &StateKind, asks: Asks) -> Value {
    let mut context = Map::new();
    if let Some(about) = &state.about {
        context.insert("Execution".to_owned(), execution(about, state, asks));
        context.insert("StateMachine".to_owned(), json!({"Id": about.machine_arn, "Name": about.machine_name}));
    }
    let Some(frame) = state.frame(id) else { return Value::Object(context) };
    if let Some(place) = &frame.place {
        let mut fields = Map::new();
        fields.insert("Name".to_owned(), json!(name));
        fields.insert("EnteredTime".to_owned(), json!(timestamp(place.entered_ms)));
        if matches!(kind, StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_)) {
            fields.insert("RetryCount".to_owned(), json!(place.retries.iter().sum::<u32>()));
        }
        context.insert("State".to_owned(), Value::Object(fields));
    }
    if let Some((index, item)) = item(state, frame) {
        context.insert("Map".to_owned(), map_item(index, item));
    }
    Value::Object(context)
}

/// `Map` of the context object.
pub(crate) fn map_item(index: usize, value: &Value) -> Value {
    json!({"Item": {"Index": index, "Value": value}})
}

fn execution(about: &About, state: &State, asks: Asks) -> Value {
    let mut fields = Map::new();
    fields.insert("Id".to_owned(), json!(about.execution_arn));
    if asks == Asks::All {
        fields.insert("Input".to_owned(), (*state.input).clone());
    }
    fields.insert("StartTime".to_owned(), json!(timestamp(state.started_ms)));
    fields.insert("Name".to_owned(), json!(about.execution_name));
    fields.insert("RoleArn".to_owned(), json!(about.role_arn));
    if !about.express {
        fields.insert("RedriveCount".to_owned(), json!(state.redrives));
        if let Some(at_ms) = state.redriven_ms {
            fields.insert("RedriveTime".to_owned(), json!(timestamp(at_ms)));
        }
    }
    Value::Object(fields)
}

/// The item of the innermost iteration around a frame.
fn item<'s>(state: &'s State, frame: &'s Frame) -> Option<(usize, &'s Value)> {
    match &frame.item {
        Some(item) => Some((frame.index, item)),
        None => item_of_parent(state, frame),
    }
}

fn item_of_parent<'s>(state: &'s State, frame: &'s Frame) -> Option<(usize, &'s Value)> {
    item(state, state.frame(frame.parent?)?)
}

/// A time as the language writes it: to the millisecond, in UTC.
pub(crate) fn timestamp(at_ms: u64) -> String {
    let (seconds, ms) = (at_ms / 1000, at_ms % 1000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days are counted in years that begin in March.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let of_era_year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + of_era_year + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

#[cfg(test)]
mod tests {
    use super::timestamp;
    use crate::query::timestamp::Timestamp;

    #[test]
    fn a_time_reads_back_as_it_was_written() {
        for at_ms in [0, 951_782_400_000, 951_868_799_999, 1_709_164_800_001, 1_764_031_263_123, 4_102_444_800_000] {
            let text = timestamp(at_ms);
            assert_eq!(Timestamp::parse(&text).and_then(|time| time.epoch_ms()), Some(at_ms), "{text}");
        }
        assert_eq!(timestamp(951_782_400_000), "2000-02-29T00:00:00.000Z");
    }
}
