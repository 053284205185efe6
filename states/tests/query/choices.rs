//! What rules of Choice states hold of.

use duramen_states::query::{Roots, Rule};
use serde_json::{Value, json};

fn holds(rule: &Value, input: &Value) -> Result<bool, String> {
    let rule = Rule::compile(rule).unwrap_or_else(|problems| panic!("{rule}: {problems:?}"));
    rule.holds(&Roots::of(input)).map_err(|error| format!("{}: {error}", error.error()))
}

/// The operator with a value of its own, and, where there is such a form, with a path to the value.
fn check(operator: &str, cases: &[(Value, Value, bool)]) {
    for (variable, operand, expected) in cases {
        let input = json!({"Variable": variable, "Value": operand});
        let rule = json!({"Variable": "$.Variable", operator: operand, "Next": "x"});
        assert_eq!(holds(&rule, &input), Ok(*expected), "{operator} {variable} {operand}");
        if !operator.starts_with("Is") && operator != "StringMatches" {
            let rule = json!({"Variable": "$.Variable", format!("{operator}Path"): "$.Value"});
            assert_eq!(holds(&rule, &input), Ok(*expected), "{operator}Path {variable} {operand}");
        }
    }
}

fn orders(kind: &str, less: &Value, more: &Value) {
    let table = [
        ("Equals", [false, true, false]),
        ("LessThan", [true, false, false]),
        ("GreaterThan", [false, false, true]),
        ("LessThanEquals", [true, true, false]),
        ("GreaterThanEquals", [false, true, true]),
    ];
    for (operator, [below, same, above]) in table {
        let cases = [
            (less.clone(), more.clone(), below),
            (less.clone(), less.clone(), same),
            (more.clone(), less.clone(), above),
        ];
        check(&format!("{kind}{operator}"), &cases);
    }
}

#[test]
fn texts_numbers_and_timestamps_are_ordered() {
    orders("String", &json!("AB"), &json!("ABC"));
    orders("String", &json!(""), &json!(" "));
    orders("String", &json!("\u{ff5e}"), &json!("\u{ff5f}"));
    orders("Numeric", &json!(0), &json!(0.5));
    orders("Numeric", &json!(-1), &json!(1));
    orders("Numeric", &json!(9_007_199_254_740_992_i64), &json!(9_007_199_254_740_993_i64));
    orders("Timestamp", &json!("2012-10-09T19:00:55Z"), &json!("2012-10-09T19:00:55.001Z"));
    orders("Timestamp", &json!("2012-10-09T19:00:55+01:00"), &json!("2012-10-09T19:00:55Z"));
}

#[test]
fn equal_values_written_in_other_ways_are_equal() {
    check("NumericEquals", &[(json!(0), json!(0.0), true), (json!(1.0), json!(1), true)]);
    check("TimestampEquals", &[(json!("2012-10-09T20:00:55.0+01:00"), json!("2012-10-09T19:00:55Z"), true)]);
    check(
        "BooleanEquals",
        &[(json!(true), json!(true), true), (json!(false), json!(false), true), (json!(true), json!(false), false)],
    );
}

#[test]
fn a_value_of_another_type_is_no_match() {
    let others = [json!(null), json!([]), json!([""]), json!({}), json!({"A": 0})];
    for (operator, operand, more) in [
        ("StringEquals", json!(""), vec![json!(0), json!(false)]),
        ("StringLessThanEquals", json!("z"), vec![json!(0), json!(false)]),
        ("NumericEquals", json!(0), vec![json!("0"), json!(""), json!(false)]),
        ("NumericLessThan", json!(1), vec![json!("0"), json!(false)]),
        ("BooleanEquals", json!(false), vec![json!(0), json!("false")]),
        ("TimestampEquals", json!("2012-10-09T19:00:55Z"), vec![json!("2012-10-09"), json!(0)]),
        ("StringMatches", json!("*"), vec![json!(0), json!(true)]),
    ] {
        let cases: Vec<_> =
            others.iter().chain(&more).map(|variable| (variable.clone(), operand.clone(), false)).collect();
        check(operator, &cases);
    }
}

#[test]
fn kinds_are_told_apart() {
    let values = [
        (json!(null), "IsNull"),
        (json!(1.5), "IsNumeric"),
        (json!("x"), "IsString"),
        (json!(true), "IsBoolean"),
        (json!([]), "none"),
        (json!({}), "none"),
    ];
    for operator in ["IsNull", "IsNumeric", "IsString", "IsBoolean"] {
        let cases: Vec<_> =
            values.iter().map(|(value, kind)| (value.clone(), json!(true), *kind == operator)).collect();
        check(operator, &cases);
        let cases: Vec<_> =
            values.iter().map(|(value, kind)| (value.clone(), json!(false), *kind != operator)).collect();
        check(operator, &cases);
    }
    check(
        "IsTimestamp",
        &[
            (json!("2012-10-09T19:00:55Z"), json!(true), true),
            (json!("2012-10-09T19:00:55"), json!(true), false),
            (json!("2023-02-24"), json!(false), true),
            (json!(5), json!(true), false),
        ],
    );
}

#[test]
fn presence_can_be_asked_of_anything() {
    let input = json!({"a": {"null": null}, "text": "t"});
    for (path, present) in
        [("$.a", true), ("$.a.null", true), ("$.b", false), ("$.b.c", false), ("$.text.x", false), ("$x", false)]
    {
        assert_eq!(holds(&json!({"Variable": path, "IsPresent": true}), &input), Ok(present), "{path}");
        assert_eq!(holds(&json!({"Variable": path, "IsPresent": false}), &input), Ok(!present), "{path}");
    }
}

#[test]
fn what_is_missing_is_an_error_otherwise() {
    for rule in [
        json!({"Variable": "$.none", "StringEquals": "x"}),
        json!({"Variable": "$.none", "IsNull": true}),
        json!({"Variable": "$.x", "StringEqualsPath": "$.none"}),
        json!({"Not": {"Variable": "$.none", "IsNumeric": true}}),
    ] {
        assert_eq!(
            holds(&rule, &json!({"x": "x"})).unwrap_err(),
            "States.Runtime: Invalid path '$.none': The choice state's condition path references an invalid value."
        );
    }
}

#[test]
fn rules_are_joined_and_stop_as_soon_as_they_are_decided() {
    let (yes, no) = (json!({"Variable": "$.x", "NumericEquals": 1}), json!({"Variable": "$.x", "NumericEquals": 2}));
    let missing = json!({"Variable": "$.none", "NumericEquals": 2});
    let input = json!({"x": 1});
    let cases = [
        (json!({"And": [yes, yes]}), Some(true)),
        (json!({"And": [yes, no]}), Some(false)),
        (json!({"And": [no, missing]}), Some(false)),
        (json!({"Or": [no, yes]}), Some(true)),
        (json!({"Or": [no, no]}), Some(false)),
        (json!({"Or": [yes, missing]}), Some(true)),
        (json!({"Not": no}), Some(true)),
        (json!({"Not": {"Or": [no, {"And": [yes, {"Not": no}]}]}, "Next": "x", "Comment": "c"}), Some(false)),
        (json!({"Or": [missing, yes]}), None),
    ];
    for (rule, expected) in cases {
        assert_eq!(holds(&rule, &input).ok(), expected, "{rule}");
    }
}

#[test]
fn wildcards_match() {
    check(
        "StringMatches",
        &[
            (json!("log-1.txt"), json!("log-*.txt"), true),
            (json!("log-1.gz"), json!("log-*.txt"), false),
            (json!("a*"), json!("a\\*"), true),
            (json!("ab"), json!("a\\*"), false),
        ],
    );
}

#[test]
fn all_39_operators_compile() {
    let mut operators = 0;
    for kind in ["String", "Numeric", "Timestamp", "Boolean"] {
        let value = match kind {
            "String" => json!("x"),
            "Numeric" => json!(1),
            "Timestamp" => json!("2012-10-09T19:00:55Z"),
            _ => json!(true),
        };
        for order in ["Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"] {
            for (ending, operand) in [("", value.clone()), ("Path", json!("$.x"))] {
                let rule = json!({"Variable": "$", format!("{kind}{order}{ending}"): operand});
                operators += usize::from(Rule::compile(&rule).is_ok());
            }
        }
    }
    for is in ["Null", "Present", "Numeric", "String", "Boolean", "Timestamp"] {
        operators += usize::from(Rule::compile(&json!({"Variable": "$", format!("Is{is}"): true})).is_ok());
    }
    operators += usize::from(Rule::compile(&json!({"Variable": "$", "StringMatches": "*"})).is_ok());
    assert_eq!(operators, 39);
}

#[test]
fn bad_rules_are_refused_with_the_place() {
    for (rule, pointer) in [
        (json!(5), ""),
        (json!({}), ""),
        (json!({"Variable": "$"}), ""),
        (json!({"StringEquals": "x"}), ""),
        (json!({"Variable": "x", "StringEquals": "x"}), "/Variable"),
        (json!({"Variable": "$", "StringEquals": 5}), "/StringEquals"),
        (json!({"Variable": "$", "StringEqualsPath": "x"}), "/StringEqualsPath"),
        (json!({"Variable": "$", "TimestampEquals": "x"}), "/TimestampEquals"),
        (json!({"Variable": "$", "StringMatches": "\\a"}), "/StringMatches"),
        (json!({"Variable": "$", "IsNull": 1}), "/IsNull"),
        (json!({"Variable": "$", "Equals": 1}), "/Equals"),
        (json!({"Variable": "$", "BooleanLessThan": true}), "/BooleanLessThan"),
        (json!({"Variable": "$", "IsNull": true, "IsPresent": true}), ""),
        (json!({"And": []}), "/And"),
        (json!({"And": [{"Not": {"Variable": "$", "IsNull": 1}}]}), "/And/0/Not/IsNull"),
    ] {
        let problems = Rule::compile(&rule).unwrap_err();
        assert_eq!(problems.iter().map(|problem| problem.pointer.as_str()).collect::<Vec<_>>(), [pointer], "{rule}");
    }
}

#[test]
fn the_paths_of_a_rule_are_known() {
    let rule =
        json!({"And": [{"Variable": "$guess", "StringEqualsPath": "$answer"}, {"Variable": "$.x", "IsNull": true}]});
    let rule = Rule::compile(&rule).unwrap();
    assert_eq!(rule.paths().iter().map(|path| path.text()).collect::<Vec<_>>(), ["$guess", "$answer", "$.x"]);
}
