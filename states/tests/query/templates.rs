//! What payload templates give.

use duramen_states::query::jsonata::{Bindings, States};
use duramen_states::query::{Expr, JsonataTemplate, Moment, NoVariables, QueryError, Roots, Template};
use serde_json::{Map, Value, json};

fn evaluate(template: &Value, input: &Value) -> Result<Value, QueryError> {
    Template::compile(template).unwrap().evaluate(&Roots::of(input), &mut Moment::new(0, 1))
}

#[test]
fn fields_that_end_in_a_dollar_are_replaced() {
    let template = json!({
        "plain": "$.a", "a.$": "$.a", "deep": {"list": [{"x.$": "$.b[*]"}, "$.a"], "s.$": "States.Format('{}!', $.a)"}, "n": 1.5
    });
    assert_eq!(
        evaluate(&template, &json!({"a": "A", "b": [1, 2]})).unwrap(),
        json!({"plain": "$.a", "a": "A", "deep": {"list": [{"x": [1, 2]}, "$.a"], "s": "A!"}, "n": 1.5})
    );
}

#[test]
fn a_missing_path_names_the_field_with_its_ending() {
    let error = evaluate(&json!({"o": {"value.$": "$.none"}}), &json!({"x": 0})).unwrap_err();
    assert_eq!(error.error(), "States.Runtime");
    assert_eq!(error.field(), Some("value.$"));
    assert_eq!(
        error.to_string(),
        "The JSONPath '$.none' specified for the field 'value.$' could not be found in the input '{\"x\":0}'"
    );
}

/// The words of Step Functions, as tests that others run against it expect them: `https://github.com/floci-io/floci`
/// (`AslExecutorIntrinsic*Test`) and a suite for all functions that is run against the service.
#[test]
fn a_failed_function_is_named_as_it_is_written() {
    let said = |call: &str| {
        let error = evaluate(&json!({"v.$": call}), &json!({"other": 1})).unwrap_err();
        assert_eq!(error.error(), "States.Runtime");
        let words = format!("The function '{call}' had the following error: ");
        error.to_string().strip_prefix(&words).unwrap_or_else(|| panic!("{error}")).to_owned()
    };
    let missing = "The JsonPath argument for the field '$.nope' could not be found in the input '{\"other\":1}'";
    assert_eq!(said("States.Format('{}',$.nope)"), missing);
    assert_eq!(said("States.Array(States.Format('{}', $.nope))"), missing);
    assert_eq!(said("States.Array($.other[0])"), "Filter: [0] can only be applied to arrays. Current context is: 1");
    assert_eq!(said("States.MathAdd('a', 1)"), "Invalid arguments in States.MathAdd");
    assert_eq!(said("States.Array(States.ArrayRange(1, 1001, 1))"), "Invalid arguments in States.ArrayRange");
    assert_eq!(
        said("States.Format('{} {}', 'a')"),
        "Invalid arguments in States.Format: number of arguments do not match the occurrences of {}."
    );
}

#[test]
fn all_bad_places_are_named() {
    let problems = Template::compile(&json!({
        "a.$": 5, "b/c": [{"d.$": "$."}], "e.$": "States.None()", "f.$": "x", "g": 1, "g.$": "$"
    }))
    .unwrap_err();
    let pointers: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(pointers, ["/a.$", "/b~1c/0/d.$", "/e.$", "/f.$", "/g.$"]);
    assert_eq!(
        problems[0].message,
        "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call"
    );
}

#[test]
fn variables_can_be_listed() {
    let template = json!({"a.$": "$x.y", "b.$": "States.Array($y, $.z)", "c": "$z"});
    let template = Template::compile(&template).unwrap();
    let variables: Vec<_> = template.paths().iter().filter_map(|path| path.variable()).collect();
    assert_eq!(variables, ["x", "y"]);
}

#[test]
fn an_expression_is_a_path_or_a_call() {
    let input = json!({"e": "x"});
    for (text, expected) in [("$.e", json!("x")), ("States.Format('<{}>', $.e)", json!("<x>"))] {
        let value = Expr::parse(text)
            .unwrap()
            .evaluate("ErrorPath", &Roots::of(&input), &mut Moment::new(0, 0))
            .unwrap()
            .into_owned();
        assert_eq!(value, expected);
    }
    assert!(Expr::parse("e").is_err());
}

#[test]
fn expressions_in_jsonata_templates_are_found_wherever_they_stand() {
    let template = json!({
        "a": "{% $states.input.x + $n %}", "b": [" {% 1 %} ", "{% 'y' %}", {"c": "{%$n%}"}], "d": null, "e.$": "$", "{% 1 %}": 2
    });
    let template = JsonataTemplate::compile(&template).unwrap();
    let input = json!({"x": 1});
    let variables: Map<String, Value> = [("n".to_owned(), json!(2))].into_iter().collect();
    let bindings = Bindings { states: States { input: Some(&input), ..States::default() }, variables: &variables };
    assert_eq!(
        template.evaluate("Output", &bindings, &mut Moment::new(0, 1)).unwrap(),
        json!({"a": 3, "b": [" {% 1 %} ", "y", {"c": 2}], "d": null, "e.$": "$", "{% 1 %}": 2})
    );
    assert_eq!(template.expressions().len(), 3);
}

#[test]
fn an_expression_that_gives_nothing_names_its_field() {
    let template = JsonataTemplate::compile(&json!({"r": [{"result": "{%  $states.input.none %}"}]})).unwrap();
    let input = json!({});
    let bindings = Bindings { states: States { input: Some(&input), ..States::default() }, variables: &NoVariables };
    let error = template.evaluate("Output", &bindings, &mut Moment::new(0, 1)).unwrap_err();
    assert_eq!(error.error(), "States.QueryEvaluationError");
    assert_eq!(error.field(), "Output/r[0]/result");
    assert_eq!(
        error.to_string(),
        "The JSONata expression '$states.input.none' specified for the field 'Output/r[0]/result' returned nothing (undefined)."
    );
}

#[test]
fn bad_expressions_are_named_with_their_places() {
    let problems =
        JsonataTemplate::compile(&json!({"a": ["{% 1 + %}"], "b": "{% $a[ %}", "c": "{% 1 %}"})).unwrap_err();
    let pointers: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(pointers, ["/a/0", "/b"]);
}
