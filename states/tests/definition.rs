//! What is read from a text in the Amazon States Language.

mod definition_machines;

use duramen_states::definition::*;
use proptest::prelude::*;
use serde_json::json;

const ORDER: &str = r#"{
  "Comment": "orders", "StartAt": "Split", "TimeoutSeconds": 60, "Version": "1.0",
  "States": {
    "Split": {"Type": "Parallel", "Next": "Each", "Branches": [
      {"StartAt": "Left", "States": {"Left": {"Type": "Wait", "SecondsPath": "$.n", "End": true}}},
      {"StartAt": "Right", "States": {"Right": {"Type": "Succeed"}}}]},
    "Each": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrencyPath": "$limit", "ToleratedFailurePercentage": 12.5,
      "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "Call",
        "States": {"Call": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
          "TimeoutSeconds": 9, "Parameters": {"a.$": "$.a"}, "ResultPath": null, "End": true,
          "Retry": [{"ErrorEquals": ["A", "B"], "MaxAttempts": 0, "JitterStrategy": "FULL"}]}}},
      "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig":
        {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x", "y"], "CSVDelimiter": "TAB", "MaxItems": 5}},
      "ItemBatcher": {"MaxItemsPerBatch": 3, "BatchInput": {"k": 1}},
      "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "WriterConfig": {"OutputType": "JSONL"}},
      "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Ask", "ResultPath": "$.error"}], "Next": "Ask"},
    "Ask": {"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [
      {"Condition": "{% $states.input.ok %}", "Next": "Stop", "Assign": {"x": 1}}], "Default": "Split"},
    "Stop": {"Type": "Fail", "QueryLanguage": "JSONata", "Error": "{% $x %}", "Cause": "because"}
  }
}"#;

#[allow(clippy::unwrap_used)]
fn order() -> Definition {
    Definition::parse(ORDER).unwrap()
}

#[test]
fn states_of_all_machines_are_found_by_name_and_know_their_machine() {
    let order = order();
    let root: Vec<&str> = order.root().states.iter().map(|id| order.state(*id).unwrap().name.as_str()).collect();
    assert_eq!(root, ["Split", "Each", "Ask", "Stop"]);
    let right = order.state_named("Right").unwrap();
    let branch = order.machine(right.machine);
    assert_eq!(branch.parent, Some(order.state_named("Split").unwrap().id));
    assert_eq!(right.pointer.to_string(), "/States/Split/Branches/1/States/Right");
    assert_eq!((order.states().len(), order.machines().len()), (7, 4));
    assert!(right.is_terminal() && !order.state_named("Ask").unwrap().is_terminal());
}

#[test]
fn fields_of_both_languages_are_read() {
    let order = order();
    assert_eq!((order.timeout_seconds(), order.version(), order.comment()), (Some(60), Some("1.0"), Some("orders")));
    let StateKind::Map(map) = &order.state_named("Each").unwrap().kind else { panic!() };
    assert_eq!(map.mode, ProcessorMode::Distributed(ExecutionType::Express));
    assert!(matches!(&map.max_concurrency, Some(Dynamic::Path(path)) if path.text == "$limit"));
    assert_eq!(map.tolerated_failure_percentage, Some(Dynamic::Fixed(12.5)));
    let reader = &map.item_reader.as_ref().unwrap().config;
    assert_eq!(reader.csv_headers, Some(CsvHeaders::Given(vec!["x".into(), "y".into()])));
    assert_eq!((reader.csv_delimiter.char(), &reader.max_items), ('\t', &Some(Dynamic::Fixed(5))));
    assert_eq!(map.item_batcher.as_ref().unwrap().max_items, Some(Dynamic::Fixed(3)));
    assert_eq!(map.result_writer.as_ref().unwrap().config.output_type, OutputType::Jsonl);
    assert!(matches!(&map.catch[0].result_path, Selection::Path(path) if path.text == "$.error"));

    let StateKind::Task(task) = &order.state_named("Call").unwrap().kind else { panic!() };
    assert_eq!(task.flow.result_path, Selection::Nothing);
    assert_eq!(task.flow.parameters.as_ref().unwrap().value, json!({"a.$": "$.a"}));
    assert_eq!((task.retry[0].max_attempts, task.retry[0].backoff_rate, task.retry[0].jitter), (0, 2.0, Jitter::Full));

    let StateKind::Choice(ask) = &order.state_named("Ask").unwrap().kind else { panic!() };
    assert!(matches!(&ask.rules[0].condition, Condition::Jsonata(body) if body.value == "{% $states.input.ok %}"));
    let StateKind::Fail(stop) = &order.state_named("Stop").unwrap().kind else { panic!() };
    assert!(matches!(&stop.error, Some(Dynamic::Jsonata(_))) && matches!(&stop.cause, Some(Dynamic::Fixed(_))));
}

#[test]
fn the_language_of_a_state_is_its_own_or_that_of_the_whole_but_not_that_of_the_state_around_it() {
    let text = r#"{"StartAt": "M", "States": {"M": {"Type": "Map", "QueryLanguage": "JSONata", "End": true,
        "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}}}}"#;
    let definition = Definition::parse(text).unwrap();
    assert_eq!(definition.state_named("M").unwrap().language, QueryLanguage::Jsonata);
    assert_eq!(definition.state_named("P").unwrap().language, QueryLanguage::JsonPath);
}

#[test]
fn all_problems_are_said_with_their_place() {
    let text = "{\"StartAt\": \"A\",\n \"States\": {\n  \"A\": {\"Type\": \"Pass\", \"Next\": \"C\"},\n  \"B\": {\"Type\": \"Wait\", \"Seconds\": -1, \"End\": true}}}";
    let problems = Definition::parse(text).unwrap_err();
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "there is no state `C` in the same machine at /States/A/Next (line 3, column 33)",
            "`Seconds` must be a whole number that is not negative at /States/B/Seconds (line 4, column 36)",
        ]
    );
}

#[test]
fn a_name_stands_for_one_state_only() {
    let twice = r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "A": {"Type": "Succeed"}}}"#;
    assert!(Definition::parse(twice).is_err());
    let nested = r#"{"StartAt": "A", "States": {"A": {"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}]}}}"#;
    assert!(Definition::parse(nested).unwrap_err()[0].message.contains("two states"));
    // The keys of a payload are the writer's own.
    let payload =
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"States": {"A": 1, "A": 2}}, "End": true}}}"#;
    assert!(Definition::parse(payload).is_ok());
}

#[test]
fn a_text_that_is_too_deep_or_too_long_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let text = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let problems = Definition::parse(&text).unwrap_err();
        assert!(problems[0].message.contains("120 deep"), "{}", problems[0].message);
    }
    let long = format!("{{\"Comment\": \"{}\"}}", "a".repeat(MAX_BYTES));
    assert!(Definition::parse(&long).unwrap_err()[0].message.contains("at most"));
}

#[test]
fn one_state_alone_is_read_with_the_states_it_may_go_on_to() {
    let wait = Definition::parse_state(r#"{"Type": "Wait", "Seconds": 1}"#).unwrap();
    assert!(wait.state_named(Definition::SINGLE_STATE).unwrap().is_terminal());
    let choice = r#"{"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "A"}], "Default": "B"}"#;
    assert_eq!(Definition::parse_state(choice).unwrap().states().len(), 3);
    let problems = Definition::parse_state("{\"Type\": \"Wait\",\n \"Seconds\": -1}").unwrap_err();
    assert_eq!((problems[0].pointer.location().as_str(), problems[0].line), ("/Seconds", 2));
}

#[test]
fn the_id_is_that_of_the_content() {
    let order = order();
    let spaced = ORDER.replace(": ", " :\n\t").replace("orders", "\\u006frders");
    assert_eq!(Definition::parse(&spaced).unwrap().id(), order.id());
    assert_ne!(
        Definition::parse(&ORDER.replace("\"TimeoutSeconds\": 9", "\"TimeoutSeconds\": 8")).unwrap().id(),
        order.id()
    );
    assert_eq!(order.id().to_string().len(), 64);
}

#[test]
fn laying_out_puts_fields_in_order_and_keeps_what_is_written() {
    let text = r#"{"States":{"A":{"End":true,"Result":{"z":1.50,"a":[1e3,"\u0041"]},"Type":"Pass","z":0,"z":1}},"StartAt":"A"}"#;
    let expected = "{\n  \"StartAt\": \"A\",\n  \"States\": {\n    \"A\": {\n      \"Type\": \"Pass\",\n      \"Result\": {\n        \
                    \"z\": 1.50,\n        \"a\": [1e3, \"\\u0041\"]\n      },\n      \"z\": 0,\n      \"z\": 1,\n      \"End\": true\n    }\n  }\n}\n";
    assert_eq!(Definition::format(text).unwrap(), expected);
    assert!(Definition::format("{\"a\": }").is_err());
}

#[test]
fn variables_are_found_where_they_are_read() {
    let text = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Pass", "InputPath": "$in.a", "Result": {"no.$": "$no"}, "Parameters": {"VariablePath": "$no",
            "b.$": "States.Format('$no {}', $x)"}, "Assign": {"y.$": "$z"}, "Next": "B"},
        "B": {"Type": "Choice", "Choices": [{"And": [{"Variable": "$v", "StringEqualsPath": "$w"}], "Next": "C"}]},
        "C": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"o": "{% ($l := $q; $l + $states.input.i) %}"}, "End": true}}}"#;
    let found = Definition::parse(text).unwrap().variable_references();
    assert_eq!(serde_json::to_value(found).unwrap(), json!({"A": ["in", "x", "z"], "B": ["v", "w"], "C": ["q"]}));
}

proptest! {
    #[test]
    fn laying_out_loses_nothing_and_is_done_once(definition in definition_machines::definition()) {
        let text = definition.to_string();
        let laid_out = Definition::format(&text).unwrap();
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&laid_out).unwrap(), definition);
        prop_assert_eq!(Definition::format(&laid_out).unwrap(), laid_out);
    }

    #[test]
    fn every_value_is_found_in_the_text(definition in definition_machines::definition(), wide in any::<bool>()) {
        let text = if wide { serde_json::to_string_pretty(&definition).unwrap() } else { definition.to_string() };
        let positions = Positions::of(&text).unwrap();
        let parsed = Definition::parse(&text).unwrap();
        for state in parsed.states() {
            let place = positions.place(&state.pointer).unwrap();
            let there: serde_json::Value = serde_json::from_str(&text[place.span.clone()]).unwrap();
            prop_assert_eq!(&there, definition.pointer(&state.pointer.to_string()).unwrap());
            let line = text.lines().nth(place.line - 1).unwrap();
            prop_assert_eq!(line.chars().nth(place.column - 1), Some('{'));
            prop_assert_eq!(parsed.state_named(&state.name).unwrap().id, state.id);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]{}:,\"\\\\a-zé0-9 .$-]{0,60}") {
        let _ = Definition::parse(&text);
        let _ = Definition::format(&text);
    }
}
