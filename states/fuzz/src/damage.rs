//! Changes to JSON that leave JSON: a reader of definitions would refuse nearly all of what comes of changed bytes.

use fastrand::Rng;
use libfuzzer_sys::fuzzer_mutate;
use serde_json::{Value, json};

/// Names of fields that mean something in a definition.
const FIELDS: [&str; 72] = [
    "Type",
    "Comment",
    "Next",
    "End",
    "QueryLanguage",
    "InputPath",
    "OutputPath",
    "ResultPath",
    "Parameters",
    "Parameters.$",
    "Result",
    "ResultSelector",
    "Arguments",
    "Output",
    "Assign",
    "Resource",
    "Credentials",
    "RoleArn",
    "RoleArn.$",
    "TimeoutSeconds",
    "TimeoutSecondsPath",
    "HeartbeatSeconds",
    "HeartbeatSecondsPath",
    "Retry",
    "Catch",
    "ErrorEquals",
    "IntervalSeconds",
    "MaxAttempts",
    "BackoffRate",
    "MaxDelaySeconds",
    "JitterStrategy",
    "Choices",
    "Default",
    "Variable",
    "Condition",
    "And",
    "Or",
    "Not",
    "Seconds",
    "SecondsPath",
    "Timestamp",
    "TimestampPath",
    "Error",
    "ErrorPath",
    "Cause",
    "CausePath",
    "Branches",
    "ItemProcessor",
    "Iterator",
    "ProcessorConfig",
    "Mode",
    "ExecutionType",
    "Items",
    "ItemsPath",
    "ItemSelector",
    "ItemReader",
    "ReaderConfig",
    "ItemBatcher",
    "BatchInput",
    "ResultWriter",
    "WriterConfig",
    "MaxConcurrency",
    "MaxConcurrencyPath",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
    "ToleratedFailureCountPath",
    "Label",
    "StartAt",
    "States",
    "Version",
    "a",
    "a.$",
];

/// Texts that mean something in a definition.
const TEXTS: [&str; 44] = [
    "Pass",
    "Task",
    "Choice",
    "Wait",
    "Succeed",
    "Fail",
    "Parallel",
    "Map",
    "JSONata",
    "JSONPath",
    "$",
    "$$",
    "$.a",
    "$.a[0]",
    "$..a",
    "$.a[*]",
    "$x",
    "$x.a",
    "$$.Execution.Input",
    "$$.Map.Item.Value",
    "$$.State.RetryCount",
    "States.Array($.a, $x)",
    "States.MathAdd($.n, 1)",
    "States.Format('{}', $.a)",
    "States.ALL",
    "States.TaskFailed",
    "States.Timeout",
    "Odd",
    "fail",
    "echo",
    "{% $states.input %}",
    "{% $states.result %}",
    "{% $states.errorOutput %}",
    "{% $x + 1 %}",
    "{% $states.context.Map.Item.Index %}",
    "{% [1..3] %}",
    "{% $states.input.n < 12 %}",
    "{% $random() %}",
    "INLINE",
    "DISTRIBUTED",
    "STANDARD",
    "FULL",
    "2024-02-29T12:00:00Z",
    "arn:aws:states:::lambda:invoke.waitForTaskToken",
];

/// Changes a JSON text; any other text as libFuzzer does.
pub fn mutate_json(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = Rng::with_seed(seed.into());
    let value = data.get(..size).and_then(|text| serde_json::from_slice::<Value>(text).ok());
    match value {
        Some(mut value) if random.u8(..16) > 0 => {
            damage(&mut value, &mut random);
            put(&value.to_string(), data, max_size).unwrap_or(size)
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
}

/// Changes the JSON text behind the first NUL, or what stands before it.
pub fn mutate_with_json(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = Rng::with_seed(seed.into());
    let text = data.get(..size).and_then(|text| std::str::from_utf8(text).ok()).map(str::to_owned);
    let Some(text) = text else { return fuzzer_mutate(data, size, max_size) };
    let (before, behind) = text.split_once('\0').unwrap_or((&text, "{}"));
    let change = |text: &str, random: &mut Rng| {
        let mut value = serde_json::from_str::<Value>(text).ok()?;
        damage(&mut value, random);
        Some(value.to_string())
    };
    let changed = match random.u8(..8) {
        0 => change(behind, &mut random).map(|behind| format!("{before}\0{behind}")),
        1 => None,
        _ => change(before, &mut random).map(|before| format!("{before}\0{behind}")),
    };
    match changed {
        Some(changed) => put(&changed, data, max_size).unwrap_or(size),
        None => fuzzer_mutate(data, size, max_size),
    }
}

fn put(text: &str, data: &mut [u8], max_size: usize) -> Option<usize> {
    let room = data.get_mut(..text.len()).filter(|_| text.len() <= max_size)?;
    room.copy_from_slice(text.as_bytes());
    Some(text.len())
}

fn damage(value: &mut Value, random: &mut Rng) {
    for _ in 0..random.usize(1..4) {
        let mut all = Vec::new();
        gather(value, "", &mut all);
        let at = all[random.usize(..all.len())].clone();
        let other = all[random.usize(..all.len())].clone();
        let other = value.pointer(&other).cloned().unwrap_or_default();
        let Some(place) = value.pointer_mut(&at) else { continue };
        match random.u8(..9) {
            0 => *place = other,
            1 => *place = leaf(random),
            2 => text(place, random),
            3 | 4 => match place {
                Value::Object(fields) if !fields.is_empty() => {
                    let key = fields.keys().nth(random.usize(..fields.len())).cloned().unwrap_or_default();
                    let taken = fields.shift_remove(&key).unwrap_or_default();
                    if random.bool() {
                        fields.insert(name(random), taken);
                    }
                }
                Value::Array(items) if !items.is_empty() => {
                    let at = random.usize(..items.len());
                    items.remove(at);
                }
                place => *place = leaf(random),
            },
            _ => match place {
                Value::Object(fields) => {
                    fields.insert(name(random), if random.bool() { other } else { leaf(random) });
                }
                Value::Array(items) => items.push(other),
                place => text(place, random),
            },
        }
    }
}

fn gather(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                gather(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), all);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                gather(item, &format!("{at}/{index}"), all);
            }
        }
        _ => {}
    }
}

fn name(random: &mut Rng) -> String {
    FIELDS[random.usize(..FIELDS.len())].to_owned()
}

fn leaf(random: &mut Rng) -> Value {
    match random.u8(..12) {
        0 => Value::Null,
        1 => random.bool().into(),
        2 => random.u8(..4).into(),
        3 => json!(-1.5),
        4 => u64::MAX.into(),
        5 => json!([]),
        6 => json!({}),
        7 => json!({"a.$": "$.a"}),
        _ => TEXTS[random.usize(..TEXTS.len())].into(),
    }
}

/// Changes a few bytes of a text.
fn text(place: &mut Value, random: &mut Rng) {
    let Value::String(text) = place else {
        *place = leaf(random);
        return;
    };
    let mut bytes = text.clone().into_bytes();
    let size = bytes.len();
    bytes.resize(size + 16, 0);
    let room = bytes.len();
    let size = fuzzer_mutate(&mut bytes, size, room);
    bytes.truncate(size);
    *text = String::from_utf8_lossy(&bytes).into_owned();
}
