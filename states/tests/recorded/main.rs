//! Compares with answers recorded from the real Step Functions.
//!
//! The cases are read from the folder that the environment variable `DURAMEN_CASES` names: files of JSON lines, as a test
//! suite of another implementation recorded them. Without it there is nothing to compare with, and the test passes.
//! `DURAMEN_CASE` picks the cases whose name contains it.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod case;
mod compare;
mod functions;
mod matching;
mod service;
mod stored;
mod trial;

use std::collections::BTreeMap;
use std::path::Path;

use case::{Case, Kind};

/// How many cases of each kind in each file are known to be met. It may only grow.
const MET: &[(&str, Kind, usize)] = &[
    ("A-pure", Kind::History, 116),
    ("A-pure", Kind::Sync, 2),
    ("A-pure", Kind::TestState, 35),
    ("A-pure", Kind::Validate, 3),
    ("C-lambda", Kind::History, 48),
    ("C-lambda", Kind::Sync, 0),
    ("C-lambda", Kind::TestState, 29),
    ("B-activity", Kind::History, 1),
    ("D-s3", Kind::History, 13),
    ("D-s3", Kind::TestState, 1),
    // What else is in these needs the services themselves.
    ("E-sqs", Kind::TestState, 1),
    ("G-other", Kind::TestState, 21),
];

#[tokio::test(start_paused = true)]
async fn what_the_real_service_answered_is_answered() {
    let Some(folder) = std::env::var_os("DURAMEN_CASES") else {
        return println!("DURAMEN_CASES names no folder of cases: nothing is compared");
    };
    let only = std::env::var("DURAMEN_CASE").unwrap_or_default();
    let mut behind = Vec::new();
    let mut files: Vec<&str> = MET.iter().map(|(file, ..)| *file).collect();
    files.dedup();
    for file in files {
        let path = Path::new(&folder).join(format!("{file}.jsonl"));
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("{file}: there is no such file");
            continue;
        };
        let mut counts: BTreeMap<Kind, (usize, usize)> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let case: Case = serde_json::from_str(line).expect("a case");
            let Some(kind) = case.kind() else { continue };
            let is_asked = MET.iter().any(|(name, known, _)| *name == file && *known == kind);
            if !is_asked || !case.id.contains(&only) {
                continue;
            }
            let (met, all) = counts.entry(kind).or_default();
            *all += 1;
            match case.run().await {
                Ok(()) => *met += 1,
                Err(difference) => println!("miss: {file} {kind:?} {}\n      {difference}", case.name()),
            }
        }
        for (kind, (met, all)) in &counts {
            println!("{file} {kind:?}: {met} of {all}");
        }
        for (name, kind, least) in MET.iter().filter(|(name, ..)| *name == file) {
            let met = counts.get(kind).map_or(0, |(met, _)| *met);
            if only.is_empty() && met < *least {
                behind.push(format!("{name} {kind:?}: {met}, and were {least}"));
            }
        }
    }
    assert!(behind.is_empty(), "fewer cases are met than before: {behind:?}");
}
