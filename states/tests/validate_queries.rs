//! What expressions say is looked at, and found at its line and column.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod validate_said;

use duramen_states::definition::Definition;
use duramen_states::validate::*;
use serde_json::{Value, json};
use validate_said::*;

/// The errors of one state, each with its reason if it has one, and with the part of the definition that begins at its line and
/// column.
fn at(state: Value) -> Vec<(String, String)> {
    let text = serde_json::to_string_pretty(&with(state)).unwrap();
    let found = validate(&text, &Options::default());
    let place = |one: &Diagnostic| text.lines().nth(one.line - 1).unwrap().chars().skip(one.column - 1).collect();
    let errors = found.iter().filter(|one| one.is_error());
    let words = |one: &Diagnostic| one.reason.clone().unwrap_or_else(|| one.message.clone());
    errors.map(|one| (format!("{}: {}", one.code.as_str(), words(one)), place(one))).collect()
}

#[test]
fn all_that_is_no_path_and_no_function_is_refused_in_the_words_of_aws() {
    let field = "The value for the field 'v.$' must be a valid JSONPath or a valid intrinsic function call";
    for (state, message, pointer) in [
        (json!({"Type": "Pass", "InputPath": "$.a[b]"}), "Value must be a valid JSONPath.", "InputPath"),
        (json!({"Type": "Pass", "OutputPath": "a"}), "Value must be a valid JSONPath.", "OutputPath"),
        (json!({"Type": "Pass", "Parameters": {"v.$": "$.a["}}), field, "Parameters/v.$"),
        (json!({"Type": "Pass", "Parameters": {"v.$": "a"}}), field, "Parameters/v.$"),
        (json!({"Type": "Pass", "Parameters": {"v.$": "States.Nothing()"}}), field, "Parameters/v.$"),
        (json!({"Type": "Pass", "Assign": {"v.$": r"States.Format('\n')"}}), field, "Assign/v.$"),
    ] {
        let found = validate(&with(state).to_string(), &Options::default());
        let said = format!("SCHEMA_VALIDATION_FAILED: {message} at /States/S/{pointer}");
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), [said]);
    }
}

/// The one error of a state, which must begin with these words and stand before these characters.
#[track_caller]
fn found(state: Value, words: &str, rest: &str) {
    let all = at(state);
    let [(said, place)] = all.as_slice() else { panic!("{all:?}") };
    assert!(said.starts_with(words) && place.starts_with(rest), "{said}, found before {place}");
}

#[test]
fn bad_paths_are_found_where_they_go_wrong() {
    found(
        json!({"Type": "Pass", "InputPath": "$.a[b]"}),
        "SCHEMA_VALIDATION_FAILED: Invalid path '$.a[b]' : expected a quoted name",
        "b]\"",
    );
    found(json!({"Type": "Pass", "OutputPath": "$.a.length()"}), "SCHEMA_VALIDATION_FAILED: Invalid path", "length()");
    found(
        json!({"Type": "Pass", "Parameters": {"l": [{"v.$": "$.a["}]}}),
        "SCHEMA_VALIDATION_FAILED: Invalid path",
        "\"",
    );
    found(
        json!({"Type": "Pass", "ResultPath": "$.a[*]"}),
        "SCHEMA_VALIDATION_FAILED: Value is not a Reference Path",
        "$.a[*]\"",
    );
}

#[test]
fn bad_intrinsic_functions_are_found_where_they_go_wrong() {
    let parameters = |call: &str| json!({"Type": "Pass", "Parameters": {"v.$": call}});
    let invalid = "SCHEMA_VALIDATION_FAILED: Invalid intrinsic function";
    found(parameters("States.Nothing()"), invalid, "States.Nothing()");
    found(parameters("States.Format('{}', States.MathAdd(1))"), invalid, "States.MathAdd(1)");
    found(parameters("States.Array($.a, $.b[)"), invalid, ")");
    found(parameters("States.Format('open"), invalid, "'open");
}

#[test]
fn bad_jsonata_is_refused_in_the_words_of_aws_where_it_goes_wrong() {
    let output = |body: &str| json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": format!("{{% {body} %}}")});
    for (body, message, rest) in [
        ("$a[1,2)", "Expected \"]\", got \",\"", ",2)"),
        ("1 +", "Unexpected end of expression", " %}"),
        ("{'a':}", "The symbol \"}\" cannot be used as a unary operator", "} %}"),
        ("'unterminated", "String literal must be terminated by a matching quote", "'unterminated"),
    ] {
        found(output(body), &format!("INVALID_JSONATA_EXPRESSION: {message}"), rest);
    }
    for (body, message, rest) in [
        ("$sum([1, phone.type])", "Reference to 'phone' at the top level is not supported.", "phone"),
        ("$$", "Reference to '$$' is not supported.", "$$"),
        ("$states.errorOutput.Error", "Field '$states.errorOutput' does not exist.", "$states.errorOutput"),
    ] {
        found(output(body), &format!("UNSUPPORTED_JSONATA_EXPRESSION: {message}"), rest);
    }
}

#[test]
fn what_has_a_current_value_is_no_reference_to_the_top_level() {
    for body in [
        "$states.input.(a + $.b)",
        "$states.input.items[price > 1]^(price).{name: price}",
        "$states.input{kind: $sum(price)}",
        "$map($states.input, function($v) { $v.a })",
        "$states.input ~> |a|{'b': c}|",
    ] {
        let state = json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": format!("{{% {body} %}}")});
        assert_eq!(at(state), [], "{body}");
    }
}

/// The field that AWS refuses where it does not exist is refused; of others that will be missed is warned.
#[test]
fn fields_of_states_are_there_where_there_is_something_in_them() {
    let states = |place: &str| {
        let expressions = |name: &str| match place {
            _ if name == place => json!({"r": "{% $states.result %}", "e": "{% $states.errorOutput %}"}),
            _ => json!({}),
        };
        let catch = json!({"ErrorEquals": ["States.ALL"], "Next": "S", "Assign": expressions("Catch/Assign"), "Output": expressions("Catch/Output")});
        let task = json!({"Type": "Task", "QueryLanguage": "JSONata", "Resource": "arn:aws:states:::sqs:sendMessage", "Next": "C",
            "Arguments": expressions("Arguments"), "Output": expressions("Output"), "Assign": expressions("Assign"), "Catch": [catch]});
        let rule = json!({"Condition": true, "Next": "S", "Assign": expressions("Choices/Assign"), "Output": expressions("Choices/Output")});
        let choice = json!({"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [rule], "Default": "S"});
        let end = json!({"Type": "Succeed", "QueryLanguage": "JSONata", "Output": expressions("Succeed")});
        let text = json!({"StartAt": "T", "States": {"T": task, "C": choice, "S": end}}).to_string();
        let said = validate(&text, &Options::default());
        assert!(said.iter().all(|one| one.code == Code::UnsupportedJsonataExpression), "{said:?}");
        said.into_iter().map(|one| (one.severity, one.message)).collect::<Vec<_>>()
    };
    let result = (Severity::Warning, "Field '$states.result' does not exist.".to_owned());
    let error = (Severity::Error, "Field '$states.errorOutput' does not exist.".to_owned());
    for place in ["Output", "Assign"] {
        assert_eq!(states(place), vec![error.clone()], "{place}");
    }
    for place in ["Catch/Output", "Catch/Assign"] {
        assert_eq!(states(place), vec![result.clone()], "{place}");
    }
    for place in ["Arguments", "Choices/Output", "Choices/Assign", "Succeed"] {
        let mut said = states(place);
        said.sort_by_key(|(severity, _)| *severity);
        assert_eq!(said, [error.clone(), result.clone()], "{place}");
    }
}

#[test]
fn what_step_functions_does_not_know_of_jsonata_is_warned_of() {
    let warnings = |body: &str| {
        let state = json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": format!("{{% {body} %}}")});
        assert_eq!(at(state.clone()), [], "{body}");
        warnings(&with(state))
    };
    let newer = |operator| {
        vec![format!(
            "NEWER_SYNTAX: The operator '{operator}' came with JSONata 2.1; Step Functions has JSONata 2.0 at /States/S/Output"
        )]
    };
    assert_eq!(warnings("$states.input.a ?? 1"), newer("??"));
    assert_eq!(warnings("[1].($states.input.a ?: 1)"), newer("?:"));
    assert_eq!(warnings("$states.input.a ? 1 : 2"), Vec::<String>::new());
    assert_eq!(warnings("'??' & '?:'"), Vec::<String>::new());
    let eval = ["UNSUPPORTED_JSONATA_EXPRESSION: The function $eval is not supported at /States/S/Output"];
    assert_eq!(warnings("1 + $eval('1')"), eval);
    assert_eq!(warnings("$map(['1'], $eval)"), eval);
    assert_eq!(warnings("($eval := function() { 1 }; $eval())"), Vec::<String>::new());
}

#[test]
fn a_result_is_put_into_the_input_and_nowhere_else() {
    for path in ["$$", "$$.a", "$x", "$x.a"] {
        let words =
            "SCHEMA_VALIDATION_FAILED: Value is not a Reference Path: a result is put into the input, which is '$'";
        found(json!({"Type": "Pass", "ResultPath": path}), words, path);
        let catch = json!([{"ErrorEquals": ["States.ALL"], "Next": "S", "ResultPath": path}]);
        found(json!({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Catch": catch}), words, path);
    }
    for path in [json!("$"), json!("$.a[0]"), json!(null)] {
        assert_eq!(at(json!({"Type": "Pass", "ResultPath": path})), []);
    }
}

#[test]
fn a_name_is_given_once_in_a_template() {
    let words = "SCHEMA_VALIDATION_FAILED: The field 'a' is given twice";
    found(json!({"Type": "Pass", "Parameters": {"l": [{"a": 1, "a.$": "$.a"}]}}), words, "\"$.a\"");
    found(json!({"Type": "Pass", "Assign": {"a": 1, "a.$": "$.a"}}), words, "\"$.a\"");
    assert_eq!(at(json!({"Type": "Pass", "Result": {"a": 1, "a.$": "$.a"}})), [], "which is no template");
    let jsonata = json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"a": 1, "a.$": "$.a"}});
    assert_eq!(at(jsonata), [], "where the ending means nothing");
}

#[test]
fn a_variable_may_have_the_name_of_a_function() {
    let definition = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"sum": 1}, "Next": "B"},
        "B": {"Type": "Pass", "Output": "{% $sum + $length('a') %}", "End": true}}});
    assert_eq!(validate(&definition.to_string(), &Options::default()), []);
    let definition = Definition::parse(&definition.to_string()).unwrap();
    assert_eq!(definition.variable_references()["B"].iter().collect::<Vec<_>>(), ["sum"]);
}

#[test]
fn bad_choice_rules_are_found_where_they_go_wrong() {
    let choice = |rule: Value| {
        let mut rule = rule;
        rule["Next"] = json!("S");
        json!({"Type": "Choice", "Choices": [rule], "Default": "S"})
    };
    let end = json!({"Type": "Succeed"});
    let text = |state: Value| json!({"StartAt": "C", "States": {"C": state, "S": end}}).to_string();
    for (rule, words, rest) in [
        (json!({"Variable": "$.a[", "IsNull": true}), "Invalid path '$.a[' : the bracket is not closed", "\""),
        (json!({"Variable": "$.a", "StringEqualsPath": "$..b["}), "Invalid path '$..b['", "\""),
        (json!({"Variable": "$.a", "StringMatches": "a*x?q"}), "A backslash must stand before", ""),
        (json!({"And": [{"Not": {"Variable": "$x y", "IsNull": true}}]}), "Invalid path '$x y' : unexpected ' '", " y"),
    ] {
        let text = text(choice(rule)).replace("x?q", r"x\\q");
        let mut all = validate(&text, &Options::default());
        all.retain(Diagnostic::is_error);
        let [one] = all.as_slice() else { panic!("{all:?}") };
        assert!(one.message.starts_with(words), "{one}");
        assert!(text[one.column - 1..].starts_with(rest), "{one}, found before {}", &text[one.column - 1..]);
    }
    let many = choice(json!({"Variable": "$.a[*].b", "StringMatches": r"a\\*b*"}));
    assert_eq!(validate(&text(many), &Options::default()), []);
}

/// The definition with some name where the answer to an earlier call stood: `{{step0.activityArn}}`.
fn named(definition: &str) -> String {
    let mut parts = definition.split("{{step");
    let mut named = parts.next().unwrap().to_owned();
    for part in parts {
        named += "arn:aws:states:us-east-1:111111111111:activity:a";
        named += part.split_once("}}").unwrap().1;
    }
    named
}

/// Where recorded cases of the real service are at hand: it refuses what is found to be wrong.
#[test]
fn nothing_that_the_real_service_accepted_is_refused() {
    let Some(folder) = std::env::var_os("DURAMEN_CASES") else { return };
    let mut looked_at = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            let refused = case["recorded"].to_string().contains("InvalidDefinition")
                || case["recorded"].to_string().contains("\"FAIL\"");
            let steps = case["steps"].as_array().unwrap();
            for definition in steps.iter().filter_map(|step| step["params"]["definition"].as_str()).filter(|_| !refused)
            {
                looked_at += 1;
                let definition = &named(definition);
                let alone = serde_json::from_str::<Value>(definition).is_ok_and(|value| value.get("States").is_none());
                let said = if alone { validate_state } else { validate }(definition, &Options::default());
                let errors: Vec<_> = said.iter().filter(|one| one.is_error()).map(ToString::to_string).collect();
                assert!(errors.is_empty(), "{}: {errors:?}\n{definition}", case["id"]);
            }
        }
    }
    println!("{looked_at} definitions");
    assert!(looked_at > 0, "the folder has no cases");
}
