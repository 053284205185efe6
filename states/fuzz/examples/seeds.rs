//! Makes the first inputs of the targets of recorded cases and of the expressions whose values are known:
//!
//!     cargo run --example seeds -- CASES
//!
//! CASES is a folder of `.jsonl` files in which definitions stand as texts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

type Seeds = BTreeMap<&'static str, BTreeSet<String>>;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| panic!("name the folder of the cases"));
    let mut seeds = Seeds::new();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            for line in std::fs::read_to_string(path)?.lines() {
                texts(&serde_json::from_str(line)?, &mut seeds);
            }
        }
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let known: Value = serde_json::from_str(&std::fs::read_to_string(here.join("../tests/jsonata/expected.json"))?)?;
    for case in known["cases"].as_array().into_iter().flatten() {
        add(&mut seeds, "jsonata", case["expression"].as_str().unwrap_or_default());
    }
    for (target, texts) in &seeds {
        let folder = here.join("corpus").join(target);
        std::fs::create_dir_all(&folder)?;
        for (number, text) in texts.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number:04}")), text)?;
        }
        println!("{target}: {} seeds", texts.len());
    }
    Ok(())
}

fn add(seeds: &mut Seeds, target: &'static str, text: &str) {
    seeds.entry(target).or_default().insert(text.to_owned());
}

fn texts(value: &Value, seeds: &mut Seeds) {
    match value {
        Value::String(text) => {
            if text.starts_with('$') {
                add(seeds, "path", text);
            } else if text.starts_with("States.") && text.contains('(') {
                add(seeds, "intrinsic", text);
            } else if let Some(body) = text.strip_prefix("{%").and_then(|text| text.strip_suffix("%}")) {
                add(seeds, "jsonata", body.trim());
            } else if text.starts_with('{')
                && let Ok(inner @ Value::Object(_)) = serde_json::from_str(text)
            {
                if inner.get("States").is_some() || inner.get("Type").is_some() {
                    add(seeds, "definition", text);
                    add(seeds, "machine", text);
                }
                texts(&inner, seeds);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, seeds)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, seeds)),
        _ => {}
    }
}
