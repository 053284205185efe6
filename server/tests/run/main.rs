//! Running definitions and trying states, through the program itself.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what is wrong by panicking")]

mod files;
mod http;

use std::io::{BufRead, BufReader, Read};
use std::process::Command;

use serde_json::{Value, json};

use files::{Files, err, object, out};

fn task() -> Value {
    json!({"StartAt": "Charge", "States": {
        "Charge": {"Type": "Task", "Resource": "charge", "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 60}],
            "Catch": [{"ErrorEquals": ["Stolen"], "Next": "Refused"}], "Next": "Enough?"},
        "Enough?": {"Type": "Choice", "Choices": [{"Variable": "$.paid", "NumericGreaterThan": 5, "Next": "Done"}],
            "Default": "Refused"},
        "Done": {"Type": "Succeed"},
        "Refused": {"Type": "Fail", "Error": "Refused", "Cause": "not today"}}})
}

const PAID: &str = r#"{"Charge": [{"error": "Busy", "cause": "later"}, {"result": {"paid": 7}, "seconds": 2}]}"#;

#[test]
fn a_run_tells_what_its_states_do_and_writes_the_output() {
    let files = Files::new(&task());
    files.put("mocks.json", PAID);
    let run = files.run(&["--mock", "mocks.json"]);
    assert_eq!(out(&run, 0), "{\n  \"paid\": 7\n}\n");
    assert_eq!(
        err(&run),
        "   0.000 s  > Charge (Task)\n\
         \x20  0.000 s  ~ Charge failed: Busy: later; retrier 1 tries it again in 60.000 s\n\
         \x20 62.000 s  < Charge after 62.000 s -> Enough?\n\
         \x20 62.000 s  < Enough? (Choice) by rule 1 -> Done\n\
         \x20 62.000 s  < Done (Succeed)\n\
         SUCCEEDED after 62.000 s, 14 events\n"
    );
    let quiet = files.run(&["--mock", "mocks.json", "--quiet"]);
    assert_eq!(err(&quiet), "SUCCEEDED after 62.000 s, 14 events\n");
}

#[test]
fn programs_get_one_object_with_the_history() {
    let files = Files::new(&task());
    files.put("mocks.json", PAID);
    let run = files.run(&["--mock", "mocks.json", "--output", "json", "--seed", "1"]);
    assert_eq!(err(&run), "");
    let said = object(&run, 0);
    assert_eq!(said["status"], "SUCCEEDED");
    assert_eq!(said["output"], json!({"paid": 7}));
    for absent in ["error", "cause", "state", "line"] {
        assert_eq!(said[absent], Value::Null);
    }
    assert_eq!(said["endedMs"].as_u64().unwrap() - said["startedMs"].as_u64().unwrap(), 62_000);
    assert_eq!(said["history"][0]["type"], "ExecutionStarted");
    assert!(said.get("coverage").is_none() && said.get("graph").is_none());
    let again = files.run(&["--mock", "mocks.json", "--output", "json", "--seed", "1"]);
    assert_eq!(again.stdout, run.stdout);
}

#[test]
fn a_failure_is_shown_with_its_line_and_has_the_exit_code_3() {
    let files = Files::new(&task());
    files.put("mocks.json", r#"{"Charge": {"error": "Stolen"}}"#);
    let run = files.run(&["--mock", "mocks.json"]);
    assert_eq!(out(&run, 3), "");
    let said = err(&run);
    assert!(said.contains("~ Charge failed: Stolen; caught by catcher 1"), "{said}");
    assert!(said.contains("[Refused] Error: not today"), "{said}");
    let text = files.read("machine.asl.json");
    let line = text.lines().position(|line| line.contains("\"Refused\": {")).unwrap() + 1;
    assert!(said.contains(&format!("machine.asl.json:{line}:")), "{said}");
    assert!(said.contains("the state 'Refused' failed here"), "{said}");
    assert!(said.ends_with("FAILED after 0.000 s, 8 events\n"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
    let said = object(&files.run(&["--mock", "mocks.json", "--output", "json"]), 3);
    assert_eq!(
        (&said["status"], &said["error"], &said["cause"]),
        (&json!("FAILED"), &json!("Refused"), &json!("not today"))
    );
    assert_eq!((&said["state"], &said["line"]), (&json!("Refused"), &json!(line)));
}

#[test]
fn the_innermost_state_that_failed_is_shown_and_the_field_whose_expression_failed() {
    let definition = json!({"QueryLanguage": "JSONata", "StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true,
        "Branches": [{"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "Output": "{% $nothing.is.here + {} %}", "End": true}}}]}}});
    let files = Files::new(&definition);
    let run = files.run(&[]);
    let said = err(&run);
    out(&run, 3);
    assert!(said.contains("[States.QueryEvaluationError] Error: "), "{said}");
    assert!(
        said.contains("\"Output\": \"{% $nothing.is.here + {} %}\"") && said.contains("the state 'Inner' failed here"),
        "{said}"
    );
}

#[test]
fn a_task_without_a_mock_is_named_with_its_line_and_what_to_do() {
    let files = Files::new(&task());
    let run = files.run(&[]);
    assert_eq!(out(&run, 1), "");
    let said = err(&run);
    assert!(said.contains("the state 'Charge' has no mock, and nothing else stands for 'charge'"), "{said}");
    assert!(said.contains("machine.asl.json:4:5") && said.contains("{\"Charge\": {\"result\": ...}}"), "{said}");
}

#[test]
fn a_mock_of_nothing_is_warned_of_and_a_wrong_file_is_shown_with_its_line() {
    let files = Files::new(&task());
    files.put("mocks.json", r#"{"Charge": {"result": {"paid": 7}}, "Chrage": {"result": 1}}"#);
    let run = files.run(&["--mock", "mocks.json"]);
    out(&run, 0);
    assert!(err(&run).starts_with("warning: the mock 'Chrage' is of no state"), "{}", err(&run));
    files.put("mocks.json", "{\n  \"Charge\": [{\"reslut\": 1}]\n}");
    let said = err(&files.run(&["--mock", "mocks.json"]));
    assert!(said.starts_with("error: mocks.json is no file of mocks"), "{said}");
    assert!(said.contains("mocks.json:2:14") && said.contains("an answer needs `result` or `error`"), "{said}");
    files.put("mocks.json", "{\n  \"Charge\": [,]\n}");
    let run = files.run(&["--mock", "mocks.json", "--output", "json"]);
    out(&run, 1);
    let said: Value = serde_json::from_str(&err(&run)).unwrap();
    assert_eq!(said["error"], "mocks.json: it is not JSON: expected value at line 2 column 14");
}

#[test]
fn cases_of_step_functions_local_are_chosen_and_covered_together() {
    let files = Files::new(&task());
    let mocks = json!({
        "StateMachines": {"machine": {"TestCases": {"Paid": {"Charge": "Paid"}, "Stolen": {"Charge": "Stolen"}}}},
        "MockedResponses": {
            "Paid": {"0": {"Throw": {"Error": "Busy", "Cause": ""}}, "1": {"Return": {"paid": 7}}},
            "Stolen": {"0": {"Throw": {"Error": "Stolen", "Cause": ""}}}}});
    files.put("mocks.json", &mocks.to_string());
    let unsaid = files.run(&["--mock", "mocks.json"]);
    out(&unsaid, 1);
    assert!(err(&unsaid).contains("the file of mocks has machine#Paid, machine#Stolen"), "{}", err(&unsaid));
    out(&files.run(&["--mock", "mocks.json", "--case", "Paid"]), 0);
    let both =
        files.run(&["--mock", "mocks.json", "--case", "Paid", "--case", "Stolen", "--coverage", "--output", "json"]);
    let said = object(&both, 3);
    assert_eq!(said["runs"][0]["case"], "Paid");
    assert_eq!(said["runs"][1]["status"], "FAILED");
    assert_eq!(said["coverage"]["runs"], 2);
    assert_eq!(said["coverage"]["totals"]["states"], json!({"covered": 4, "of": 4}));
    assert_eq!(said["coverage"]["totals"]["choices"], json!({"covered": 1, "of": 2}));
    let text = out(&files.run(&["--mock", "mocks.json", "--case", "Paid", "--coverage"]), 0);
    assert!(
        text.contains("coverage of 1 run: 62 %") && text.contains("catcher  Charge: 1: Stolen -> Refused"),
        "{text}"
    );
}

#[test]
fn several_inputs_are_several_runs() {
    let files = Files::new(&json!({"StartAt": "A", "States": {"A": {"Type": "Choice",
        "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "B"}]}, "B": {"Type": "Succeed"}}}));
    files.put("two.json", "2");
    let run = files.run(&["--input", "1", "--input", "@two.json", "--output", "json"]);
    let said = object(&run, 3);
    assert_eq!(said["runs"][0]["output"], 1);
    assert_eq!(said["runs"][1]["error"], "States.NoChoiceMatched");
    let run = files.asl(&["run", "machine.asl.json", "--input", "-", "--quiet"], "1");
    assert_eq!(out(&run, 0), "1\n");
}

#[test]
fn the_end_of_the_time_has_the_exit_code_4() {
    let files = Files::new(&json!({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 100, "End": true}}}));
    let run = files.run(&["--timeout", "99"]);
    assert_eq!(out(&run, 4), "");
    assert!(
        err(&run).ends_with("error: the execution timed out\nTIMED_OUT after 99.000 s, 3 events\n"),
        "{}",
        err(&run)
    );
    assert_eq!(object(&files.run(&["--timeout", "99", "--output", "json"]), 4)["status"], "TIMED_OUT");
    out(&files.run(&["--timeout", "101"]), 0);
    let own = Files::new(&json!({"TimeoutSeconds": 5, "StartAt": "A",
        "States": {"A": {"Type": "Wait", "Seconds": 100, "End": true}}}));
    out(&own.run(&[]), 4);
}

#[cfg(unix)]
#[test]
fn an_interrupt_stops_the_execution_with_the_exit_code_5() {
    let files = Files::new(&json!({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1000, "End": true}}}));
    let mut child = files.start(&["run", "machine.asl.json"]);
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    errors.read_line(&mut said).unwrap();
    assert!(said.ends_with(" s  > A (Wait)\n"), "{said}");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    errors.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(5), "{said}");
    assert!(said.contains("error: the execution was stopped\nABORTED after "), "{said}");
}

#[test]
fn waits_wait_where_they_are_not_skipped() {
    let files = Files::new(&json!({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "End": true}}}));
    let said = object(&files.asl(&["run", "machine.asl.json", "--output", "json"], ""), 0);
    assert!(said["endedMs"].as_u64().unwrap() - said["startedMs"].as_u64().unwrap() >= 1000);
}

#[test]
fn a_run_is_drawn_and_its_history_can_be_drawn_later() {
    let files = Files::new(&task());
    files.put("mocks.json", PAID);
    let text = out(&files.run(&["--mock", "mocks.json", "--graph", "ascii"]), 0);
    assert!(text.contains("| + Charge (Task) r1 |") && text.contains("| Refused (Fail) |"), "{text}");
    let mut drawn = object(&files.run(&["--mock", "mocks.json", "--graph", "ascii", "--output", "json"]), 0);
    let picture = drawn["graph"]["picture"].take();
    assert_eq!(drawn["graph"]["format"], "ascii");
    assert!(text.ends_with(picture.as_str().unwrap()));
    files.put("run.json", &drawn.to_string());
    assert_eq!(
        out(&files.asl(&["graph", "machine.asl.json", "--history", "run.json"], ""), 0),
        picture.as_str().unwrap()
    );
    let history = json!({"events": drawn["history"]}).to_string();
    let said = out(&files.asl(&["graph", "machine.asl.json", "--history", "-", "--format", "mermaid"], &history), 0);
    assert!(said.contains("classDef done") && said.contains("classDef untouched"), "{said}");
    out(&files.run(&["--mock", "mocks.json", "--graph", "svg", "--graph-file", "run.svg", "--quiet"]), 0);
    assert!(files.read("run.svg").starts_with("<svg"));
    let wrong = files.asl(&["graph", "machine.asl.json", "--history", "-"], "{\"events\": [{}]}");
    out(&wrong, 1);
    assert_eq!(err(&wrong), "error: <stdin>: event 0 (counted from 0) has no `id` or no `type`\n");
}

#[test]
fn items_of_distributed_maps_come_from_mocks_or_buckets() {
    let files = Files::new(&json!({"StartAt": "Each", "States": {"Each": {"Type": "Map",
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "orders", "Key": "all.json"}},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "One",
            "States": {"One": {"Type": "Pass", "End": true}}}, "End": true}}}));
    let run = files.run(&[]);
    out(&run, 1);
    assert!(err(&run).contains("the state 'Each' has no mock for the items that it reads"), "{}", err(&run));
    assert!(err(&run).contains("--buckets"), "{}", err(&run));
    files.put("mocks.json", r#"{"Each": {"items": [1, 2]}}"#);
    assert_eq!(object(&files.run(&["--mock", "mocks.json", "--output", "json"]), 0)["output"], json!([1, 2]));
    std::fs::create_dir(files.folder().join("orders")).unwrap();
    files.put("orders/all.json", "[3]");
    let run = files.run(&["--buckets", ".", "--output", "json", "--graph", "ascii"]);
    let said = object(&run, 0);
    assert_eq!(said["output"], json!([3]));
    assert!(said["graph"]["picture"].as_str().unwrap().contains("+ One (Pass)"), "{said}");
}

#[test]
fn wrong_words_are_wrong_usage_and_wrong_values_are_failures() {
    let files = Files::new(&task());
    for words in [
        &["run"] as &[&str],
        &["run", "machine.asl.json", "--case", "A"],
        &["run", "machine.asl.json", "--graph-file", "x"],
        &["run", "-", "--input", "-"],
        &["run", "-", "--mock", "-"],
        &["run", "machine.asl.json", "--timeout", "soon"],
        &["test-state"],
        &["test-state", "-", "--input", "-"],
        &["test-state", "machine.asl.json", "--mock-result", "1", "--mock-error", "E"],
        &["test-state", "machine.asl.json", "--inspection", "ALL"],
        &["graph", "-", "--history", "-"],
    ] {
        let wrong = files.asl(words, "{}");
        assert_eq!(out(&wrong, 2), "", "{words:?}");
        assert!(err(&wrong).starts_with("error: "), "{words:?}: {}", err(&wrong));
    }
    for (input, said) in [
        ("{\"a\":", "error: the input must be JSON: EOF while parsing a value at line 1 column 5\n"),
        ("@none.json", "error: none.json cannot be read: No such file or directory (os error 2)\n"),
    ] {
        let wrong = files.run(&["--input", input]);
        assert_eq!(out(&wrong, 1), "");
        assert_eq!(err(&wrong), said);
    }
    files.put("input.json", "1");
    let said = "error: the input must be JSON, and is the name of a file: @input.json stands for what is in it: expected value";
    assert!(err(&files.run(&["--input", "input.json"])).starts_with(said));
    files.put("machine.asl.json", "{\"StartAt\": \"A\"}");
    assert!(out(&files.run(&[]), 1).contains("Error: "), "the findings of a validation");
}

#[test]
fn who_reads_no_further_is_no_failure_and_hides_none() {
    let machine = |last: &Value| {
        Files::new(
            &json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "x".repeat(200_000), "Next": "B"}, "B": last}}),
        )
    };
    let (done, failed) = (machine(&json!({"Type": "Succeed"})), machine(&json!({"Type": "Fail", "Error": "E"})));
    for (files, words, code) in [
        (&done, &["run", "machine.asl.json", "--output", "json"] as &[&str], 0),
        (&done, &["run", "machine.asl.json", "--quiet"], 0),
        (&failed, &["run", "machine.asl.json", "--output", "json"], 3),
        (&done, &["fmt", "machine.asl.json"], 0),
        (
            &failed,
            &["test-state", "machine.asl.json", "--state", "B", "--inspection", "debug", "--input", "@long.json"],
            3,
        ),
    ] {
        files.put("long.json", &format!("{:?}", "x".repeat(200_000)));
        let mut child = files.start(words);
        let mut first = [0; 10];
        let mut output = child.stdout.take().unwrap();
        output.read_exact(&mut first).unwrap();
        drop(output);
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{words:?}: {}", err(&ended));
        assert!(!err(&ended).contains("pipe"), "{}", err(&ended));
    }
}

#[test]
fn what_is_said_of_a_failure_does_not_steer_the_terminal_and_has_an_end() {
    let cause = format!("\u{1b}[2Jgone\r{}", "page ".repeat(10_000));
    let files = Files::new(
        &json!({"StartAt": "A\u{1b}[1m", "States": {"A\u{1b}[1m": {"Type": "Fail", "Error": "E\u{7}", "Cause": cause}}}),
    );
    let run = files.run(&[]);
    out(&run, 3);
    let said = err(&run);
    assert!(said.contains("[E ] Error:  [2Jgone page page") && said.len() < 6000, "{said}");
    assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
}

#[test]
fn buckets_that_are_not_there_are_not_made() {
    let files = Files::new(&task());
    let run = files.run(&["--buckets", "nowhere"]);
    out(&run, 1);
    assert_eq!(err(&run), "error: nowhere is no folder\n");
    assert!(!files.folder().join("nowhere").exists());
}

#[test]
fn a_state_is_tried_alone() {
    let files = Files::new(&task());
    let charge =
        |words: &[&str]| files.asl(&[&["test-state", "machine.asl.json", "--state", "Charge"], words].concat(), "");
    let text = out(&charge(&["--mock-result", "{\"paid\": 1}"]), 0);
    assert_eq!(text, "SUCCEEDED\nnext: Enough?\noutput: {\n  \"paid\": 1\n}\n");
    let said = object(&charge(&["--mock-result", "{\"paid\": 1}", "--output", "json"]), 0);
    assert_eq!(
        said,
        json!({"status": "SUCCEEDED", "output": {"paid": 1}, "error": null, "cause": null, "nextState": "Enough?"})
    );
    let said = object(&charge(&["--mock-error", "Busy", "--output", "json", "--inspection", "debug"]), 0);
    assert_eq!(said["status"], "RETRIABLE");
    assert_eq!(said["inspectionData"]["errorDetails"]["retryBackoffIntervalSeconds"], 60);
    let spent = charge(&["--mock-error", "{\"error\": \"Busy\", \"cause\": \"later\"}", "--retries", "3"]);
    assert_eq!(out(&spent, 3), "FAILED\n");
    assert_eq!(err(&spent), "error: Busy: later\n");
    let caught = object(&charge(&["--mock-error", "Stolen", "--output", "json"]), 0);
    assert_eq!((&caught["status"], &caught["nextState"]), (&json!("CAUGHT_ERROR"), &json!("Refused")));
    files.put("mocks.json", r#"{"Charge": [{"result": {"paid": 9}}, {"error": "E"}]}"#);
    let said = object(&charge(&["--mock", "mocks.json", "--output", "json"]), 0);
    assert_eq!(said["output"], json!({"paid": 9}));
    let lacking = files.asl(&["test-state", "machine.asl.json", "--state", "Done", "--mock", "mocks.json"], "");
    out(&lacking, 1);
    assert_eq!(err(&lacking), "error: mocks.json has no answer for the state 'Done'\n");
    let alone = charge(&[]);
    out(&alone, 3);
    assert!(
        err(&alone).ends_with("help: with --mock-result or --mock-error something stands for what the state calls\n")
    );
    let unsaid = files.asl(&["test-state", "machine.asl.json"], "");
    out(&unsaid, 1);
    let said = "machine.asl.json is a state machine: say with --state which of its states to try: Charge, Enough?, Done, Refused";
    assert_eq!(err(&unsaid), format!("error: {said}\n"));
    let unknown = files.asl(&["test-state", "machine.asl.json", "--state", "None"], "");
    out(&unknown, 1);
    assert_eq!(err(&unknown), "error: machine.asl.json has no state 'None', but Charge, Enough?, Done, Refused\n");
}

#[test]
fn a_state_is_tried_with_variables_and_a_context() {
    let files = Files::new(&json!({}));
    let state = json!({"Type": "Pass", "QueryLanguage": "JSONata", "End": true,
        "Output": "{% [$states.input, $x, $states.context.Execution.Name] %}"})
    .to_string();
    let words = [
        "test-state",
        "-",
        "--input",
        "1",
        "--variables",
        "{\"x\": 2}",
        "--context",
        "{\"Execution\": {\"Name\": \"n\"}}",
    ];
    let said = object(&files.asl(&[&words as &[&str], &["--output", "json"]].concat(), &state), 0);
    assert_eq!(said["output"], json!([1, 2, "n"]));
    let wrong = files.asl(&["test-state", "-", "--variables", "[]"], &state);
    out(&wrong, 1);
    assert_eq!(err(&wrong), "error: the variables must be an object\n");
    let invalid = files.asl(&["test-state", "-", "--output", "json"], "{\"Type\": \"Pass\", \"Foo\": 1}");
    assert_eq!(object(&invalid, 1)["result"], "FAIL");
}

#[test]
fn an_express_execution_has_five_minutes() {
    let files = Files::new(&json!({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 301, "End": true}}}));
    out(&files.run(&[]), 0);
    out(&files.run(&["--type", "express", "--aws-limits"]), 4);
}

#[test]
fn the_example_of_the_readme_runs_and_is_laid_out() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/asl");
    let asl = |words: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_duramen")).arg("asl").args(words).current_dir(folder).output().unwrap()
    };
    out(&asl(&["validate", "order.asl.json"]), 0);
    out(&asl(&["fmt", "order.asl.json", "--check"]), 0);
    let words =
        ["run", "order.asl.json", "--input", "@order.input.json", "--mock", "order.mocks.json", "--fast-forward"];
    let run = asl(&words);
    assert!(out(&run, 0).contains("printed at last"));
    for line in
        include_str!("../../../README.md").lines().filter(|line| line.starts_with("  ") && line.contains(" s  "))
    {
        assert!(err(&run).contains(line), "the README shows `{line}`");
    }
    assert!(err(&run).ends_with("SUCCEEDED after 3664.000 s, 44 events\n"), "{}", err(&run));
    let words = ["test-state", "order.asl.json", "--state", "Charge", "--input", "@order.input.json"];
    let tried = asl(&[&words as &[&str], &["--mock-error", "Card.Busy", "--inspection", "debug"]].concat());
    assert!(out(&tried, 0).starts_with("RETRIABLE\n"));
}

#[test]
fn the_help_tells_the_exit_codes_and_the_form_of_mocks() {
    let files = Files::new(&json!({}));
    let help = Command::new(env!("CARGO_BIN_EXE_duramen")).arg("--help").output().unwrap();
    let text = out(&help, 0);
    for line in [
        "0  done",
        "2  the command line",
        "3  the execution failed",
        "4  the execution took too long",
        "5  the execution was stopped",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let text = out(&files.asl(&["--help"], ""), 0);
    assert!(text.contains("Examples:\n  duramen asl validate order.asl.json\n"), "{text}");
    let text = out(&files.asl(&["run", "--help"], ""), 0);
    assert!(text.contains("\"oauth\": {\"endpoint\"") && text.contains("--allow-host <HOST[:PORT]>"), "{text}");
    assert!(text.contains("\"iterations\"") && text.contains("Step Functions Local"), "{text}");
}
