//! Everything in `clippy.toml` is reported where a workflow does it, with the reason that stands there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "it is no workflow")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What is listed for crates, or versions of them, that this workspace does not have.
const NOT_HERE: [&str; 9] = [
    "chrono::Local::now",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "rand::thread_rng",
    "reqwest::Client",
    "reqwest::blocking::Client",
    "reqwest::get",
    "time::OffsetDateTime::now_local",
    "time::OffsetDateTime::now_utc",
];

/// One line of `clippy.toml`.
struct Listed {
    path: String,
    reason: String,
    allow_invalid: bool,
}

fn listed() -> Vec<Listed> {
    let file = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("clippy.toml")).unwrap();
    let quoted = |line: &str, key: &str| {
        let (_, behind) = line.split_once(&format!("{key} = \"")).unwrap_or_else(|| panic!("no {key}: {line}"));
        behind.split_once('"').unwrap().0.to_owned()
    };
    let lines = file.lines().filter(|line| line.trim_start().starts_with('{'));
    let read = lines.map(|line| Listed {
        path: quoted(line, "path"),
        reason: quoted(line, "reason"),
        allow_invalid: line.contains("allow-invalid = true"),
    });
    read.collect()
}

/// A report of clippy: in which file, and what it says.
struct Report {
    file: String,
    text: String,
}

/// What clippy reports of this crate, also where the crate expects or allows it.
fn reports() -> Vec<Report> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut clippy = Command::new(cargo);
    clippy.args(["clippy", "--offline", "--lib", "--message-format", "json", "--"]).env_remove("CLIPPY_ARGS");
    for lint in ["disallowed_methods", "disallowed_types", "disallowed_macros"] {
        clippy.args(["--force-warn", &format!("clippy::{lint}")]);
    }
    let output = clippy.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).unwrap();
    let messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_lints = messages.filter(|message| {
        message["message"]["code"]["code"].as_str().is_some_and(|code| code.starts_with("clippy::disallowed_"))
    });
    let read = of_lints.map(|message| Report {
        file: message["message"]["spans"][0]["file_name"].as_str().unwrap().replace('\\', "/"),
        text: message["message"]["rendered"].as_str().unwrap().to_owned(),
    });
    read.collect()
}

#[test]
fn all_that_is_listed_is_reported_with_its_reason_and_nothing_of_a_good_workflow() {
    let (listed, reports) = (listed(), reports());
    assert!(listed.len() > 70, "only {} are listed", listed.len());
    let mut not_reported = Vec::new();
    for Listed { path, reason, allow_invalid } in &listed {
        let name = format!("`{path}`");
        let of_it = |report: &&Report| report.file.ends_with("forgetful.rs") && report.text.contains(&name);
        match reports.iter().find(of_it) {
            Some(report) => assert!(report.text.contains(reason.as_str()), "{}", report.text),
            None => not_reported.push(path.as_str()),
        }
        let of_std = path.starts_with("std::");
        assert_ne!(of_std, *allow_invalid, "{path}: only std is always there");
    }
    not_reported.sort_unstable();
    assert_eq!(not_reported, NOT_HERE);

    let of_workflow: Vec<_> = reports.iter().filter(|report| report.file.ends_with("workflow.rs")).collect();
    assert!(of_workflow.is_empty(), "{}", of_workflow[0].text);
}
