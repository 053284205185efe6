//! The commands that work on definitions, through the program itself.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what is wrong by panicking")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const GOOD: &str = "{\n  \"StartAt\": \"Greet\",\n  \"States\": {\n    \"Greet\": {\n      \"Type\": \"Pass\",\n      \"End\": true\n    }\n  }\n}\n";
const BAD: &str = "{\n  \"StartAt\": \"Greet\",\n  \"States\": {\n    \"Greet\": {\n      \"Type\": \"Pass\",\n      \"InputPath\": \"$.a[b]\",\n      \"Next\": \"Nowhere\"\n    }\n  }\n}\n";

/// Runs `duramen asl` with these words, the text on its standard input.
fn asl(words: &[&str], text: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duramen"));
    command.arg("asl").args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that reads a file may have ended already.
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    child.wait_with_output().unwrap()
}

#[track_caller]
fn out(output: &Output, code: i32) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn object(output: &Output, code: i32) -> Value {
    serde_json::from_str(&out(output, code)).unwrap()
}

fn file(folder: &Path, text: &str) -> String {
    let path = folder.join("machine.asl.json");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn validate_says_that_all_is_well() {
    assert_eq!(out(&asl(&["validate", "-"], GOOD), 0), "<stdin>: no errors, no warnings\n");
    let said = object(&asl(&["validate", "-", "--output", "json"], GOOD), 0);
    assert_eq!(said, json!({"result": "OK", "diagnostics": []}));
}

#[test]
fn validate_shows_the_lines_of_all_errors_without_colours_where_no_terminal_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(folder.path(), BAD);
    let said = out(&asl(&["validate", &file], ""), 1);
    assert!(said.contains("[SCHEMA_VALIDATION_FAILED] Error: Value must be a valid JSONPath."), "{said}");
    assert!(said.contains("Help: Invalid path '$.a[b]'"), "{said}");
    assert!(said.contains(&format!("{file}:6:25")), "{said}");
    assert!(said.contains("6 │       \"InputPath\": \"$.a[b]\","), "{said}");
    assert!(said.contains("7 │       \"Next\": \"Nowhere\""), "{said}");
    assert!(said.contains("/States/Greet/Next"), "{said}");
    assert!(said.ends_with(&format!("{file}: 3 errors, no warnings\n")), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[test]
fn validate_gives_programs_an_object() {
    let said = object(&asl(&["validate", "--output", "json", "-"], BAD), 1);
    assert_eq!(said["result"], "FAIL");
    let path = said["diagnostics"].as_array().unwrap().iter().find(|one| one["line"] == 6).unwrap();
    assert_eq!(path["column"], 25);
    assert_eq!(path["severity"], "ERROR");
    assert_eq!(path["code"], "SCHEMA_VALIDATION_FAILED");
    assert_eq!(path["location"], "/States/Greet/InputPath");
    assert_eq!(path["pointer"], "/States/Greet/InputPath");
}

#[test]
fn validate_shows_what_is_not_json_and_what_is_beyond_the_text() {
    for text in ["", "{", "{\"StartAt\": ", "{\"Ü\": \"ü\n", "[]", "{}\n\n"] {
        let said = out(&asl(&["validate", "-"], text), 1);
        assert!(said.ends_with("<stdin>: 1 error, no warnings\n"), "{said}");
    }
}

#[test]
fn warnings_alone_are_no_failure() {
    let text = GOOD.replace("\"Pass\"", "\"Pass\",\n      \"Parameters\": {\"a\": \"$.b\"}");
    let said = out(&asl(&["validate", "-"], &text), 0);
    assert!(said.contains("[NO_DOLLAR] Warning"), "{said}");
    assert!(said.ends_with("no errors, 1 warning\n"), "{said}");
}

#[test]
fn validate_takes_the_type_and_the_names_of_handlers() {
    let task = |resource: &str| GOOD.replace("\"Pass\"", &format!("\"Task\", \"Resource\": \"{resource}\""));
    out(&asl(&["validate", "-"], &task("charge")), 1);
    out(&asl(&["validate", "-", "--any-handler"], &task("charge")), 0);
    let waits = task("arn:aws:states:::sqs:sendMessage.waitForTaskToken");
    out(&asl(&["validate", "-"], &waits), 0);
    out(&asl(&["validate", "-", "--type", "express"], &waits), 1);
}

#[test]
fn graph_draws_in_each_format() {
    let mermaid = out(&asl(&["graph", "-", "--format", "mermaid"], GOOD), 0);
    assert_eq!(mermaid, "flowchart TD\n  n0((Start))\n  n1[\"Greet\"]\n  n2((End))\n  n0 --> n1\n  n1 --> n2\n");
    assert!(out(&asl(&["graph", "-", "--format", "svg"], GOOD), 0).starts_with("<svg"));
    let ascii = out(&asl(&["graph", "-"], GOOD), 0);
    assert!(ascii.contains("Greet") && ascii.contains("Start") && ascii.lines().count() > 3, "{ascii}");
    let said = object(&asl(&["graph", "-", "--format", "mermaid", "--output", "json"], GOOD), 0);
    assert_eq!(said, json!({"format": "mermaid", "picture": mermaid}));
}

#[test]
fn graph_says_why_a_definition_cannot_be_drawn() {
    assert!(out(&asl(&["graph", "-"], BAD), 1).contains("\"Nowhere\""));
    assert_eq!(object(&asl(&["graph", "-", "--output", "json"], BAD), 1)["result"], "FAIL");
}

#[test]
fn fmt_lays_out_and_checks() {
    let narrow = "{\"States\":{\"Greet\":{\"End\":true,\"Type\":\"Pass\"}},\"StartAt\":\"Greet\"}";
    assert_eq!(out(&asl(&["fmt", "-"], narrow), 0), GOOD);
    assert_eq!(out(&asl(&["fmt", "-"], GOOD), 0), GOOD);
    assert_eq!(out(&asl(&["fmt", "-", "--check"], narrow), 1), "<stdin> is not laid out\n");
    assert_eq!(out(&asl(&["fmt", "-", "--check"], GOOD), 0), "");
    assert_eq!(object(&asl(&["fmt", "-", "--check", "--output", "json"], narrow), 1), json!({"changed": true}));
    let said = object(&asl(&["fmt", "-", "--output", "json"], narrow), 0);
    assert_eq!(said, json!({"changed": true, "definition": GOOD}));
}

#[test]
fn fmt_writes_into_the_file_and_leaves_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(folder.path(), &GOOD.replace('\n', " "));
    assert_eq!(out(&asl(&["fmt", &file, "--write"], ""), 0), "");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), GOOD);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn fmt_leaves_alone_what_is_not_json() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(folder.path(), "{\"a\": }");
    let failed = asl(&["fmt", &file, "--write"], "");
    assert_eq!(out(&failed, 1), "");
    assert!(String::from_utf8_lossy(&failed.stderr).contains("line 1, column 7"), "{failed:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"a\": }");
}

#[test]
fn a_file_that_cannot_be_read_is_a_failure_and_a_wrong_word_is_wrong_usage() {
    let failed = asl(&["validate", "there/is/none", "--output", "json"], "");
    assert_eq!(out(&failed, 1), "");
    let said: Value = serde_json::from_slice(&failed.stderr).unwrap();
    assert!(said["error"].as_str().unwrap().starts_with("there/is/none cannot be read"), "{said}");
    for words in [
        &["validate"] as &[&str],
        &["graph", "-", "--format", "pdf"],
        &["fmt", "-", "--check", "--write"],
        &["fmt", "-", "--write"],
        &["unheard-of"],
    ] {
        let failed = asl(words, GOOD);
        assert_eq!(out(&failed, 2), "");
        assert!(String::from_utf8_lossy(&failed.stderr).starts_with("error: "), "{failed:?}");
    }
    let failed = asl(&["fmt", "-", "--write"], GOOD);
    let said = "error: the standard input cannot be written to\n\nUsage: duramen asl fmt [OPTIONS] <FILE>...\n\nFor more information, try '--help'.\n";
    assert_eq!(String::from_utf8_lossy(&failed.stderr), said);
}

#[test]
fn what_is_no_text_in_utf8_is_said_to_be_none_and_a_mark_in_front_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("machine");
    let path = path.to_str().unwrap();
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(GOOD.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let latin = [b"{\n\"".as_slice(), b"\xfc\": 1}"].concat();
    for (bytes, why) in [
        (utf16, "is a text in UTF-16; it must be in UTF-8"),
        (latin, "is no text in UTF-8: byte 4 (in line 2) does not belong there"),
    ] {
        std::fs::write(path, bytes).unwrap();
        for command in ["validate", "run", "test-state", "graph", "fmt"] {
            let failed = asl(&[command, path], "");
            assert_eq!(out(&failed, 1), "");
            assert_eq!(String::from_utf8_lossy(&failed.stderr), format!("error: {path} {why}\n"));
        }
    }
    std::fs::write(path, format!("\u{feff}{GOOD}")).unwrap();
    assert_eq!(out(&asl(&["validate", path], ""), 0), format!("{path}: no errors, no warnings\n"));
    assert_eq!(out(&asl(&["fmt", path], ""), 0), GOOD);
}

#[test]
fn a_place_is_shown_whatever_stands_there() {
    for text in ["{} ü", "{} \u{1F600}", "ü", "{\"a\": \u{feff}1}", "\n\n\u{a0}", "{\"a\":\u{2028}"] {
        let said = out(&asl(&["validate", "-"], text), 1);
        assert!(said.ends_with("<stdin>: 1 error, no warnings\n"), "{said}");
        assert!(!said.contains("[Source: "), "{said}");
        assert_eq!(object(&asl(&["validate", "-", "--output", "json"], text), 1)["result"], "FAIL");
    }
}

#[test]
fn of_a_long_line_the_place_is_shown_and_what_is_around_it() {
    let states: Vec<String> =
        (0..2000).map(|n| format!("\"S{n}\":{{\"Type\":\"Pass\",\"Next\":\"S{}\"}}", n + 1)).collect();
    let text = format!("{{\"StartAt\":\"S0\",\"States\":{{{}}}}}", states.join(","));
    let column = text.find("\"S2000\"").unwrap() + 1;
    let said = out(&asl(&["validate", "-"], &text), 1);
    assert!(said.starts_with("[MISSING_TRANSITION_TARGET] Error: Missing 'Next' target: S2000\n"), "{said}");
    assert!(said.contains(&format!("<stdin>:1:{column} ]")), "{said}");
    assert!(said.contains("\"Next\":\"S2000\"}}}\n") && said.contains("─────── /States/S1999/Next\n"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() < 100), "{said}");
}

#[test]
fn several_files_are_validated_and_laid_out_together() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (good, bad, narrow) = (put("good", GOOD), put("bad", BAD), put("narrow", &GOOD.replace('\n', " ")));
    let said = out(&asl(&["validate", &good, &bad], ""), 1);
    assert!(said.starts_with(&format!("{good}: no errors, no warnings\n")), "{said}");
    assert!(said.ends_with(&format!("{bad}: 3 errors, no warnings\n")), "{said}");
    let said = object(&asl(&["validate", &good, &bad, "--output", "json"], ""), 1);
    assert_eq!((&said["files"][0]["result"], &said["files"][0]["file"]), (&json!("OK"), &json!(good)));
    assert_eq!(said["files"][1]["result"], "FAIL");
    assert_eq!(out(&asl(&["fmt", "--check", &good, &narrow], ""), 1), format!("{narrow} is not laid out\n"));
    let said = object(&asl(&["fmt", "--write", &good, &narrow, "--output", "json"], ""), 0);
    assert_eq!(said["files"][1], json!({"changed": true, "file": narrow}));
    assert_eq!(std::fs::read_to_string(&narrow).unwrap(), GOOD);
    assert_eq!(out(&asl(&["fmt", "--check", &good, &narrow], ""), 0), "");
    out(&asl(&["fmt", &good, &narrow], ""), 2);
    out(&asl(&["validate", "-", "-"], GOOD), 2);
}
