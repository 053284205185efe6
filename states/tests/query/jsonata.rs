//! What Step Functions adds to JSONata, and what expressions read.

use duramen_states::query::jsonata::{Bindings, Expected, Expression, JsonataError, States};
use duramen_states::query::{Moment, NoVariables};
use serde_json::{Map, Value, json};

pub(crate) fn evaluate(expression: &str, input: &Value) -> Result<Option<Value>, JsonataError> {
    let bindings = Bindings { states: States { input: Some(input), ..States::default() }, variables: &NoVariables };
    let expression = Expression::compile(expression).unwrap_or_else(|error| panic!("{error}"));
    expression.evaluate(&bindings, &mut Moment::new(1_510_067_557_121, 1))
}

pub(crate) fn check(cases: &[(&str, Value)]) {
    for (expression, expected) in cases {
        assert_eq!(evaluate(expression, &json!({})), Ok(Some(expected.clone())), "{expression}");
    }
}

#[test]
fn time_and_chance_come_from_the_moment() {
    check(&[
        ("$millis()", json!(1_510_067_557_121_i64)),
        ("$now()", json!("2017-11-07T15:12:37.121Z")),
        ("$now('[Y0001]')", json!("2017")),
    ]);
    let bindings = Bindings { states: States::default(), variables: &NoVariables };
    let expression = Expression::compile("[$uuid(), $random(), $shuffle([1..9])]").unwrap();
    let (mut a, mut b) = (Moment::new(0, 3), Moment::new(0, 3));
    let first = expression.evaluate(&bindings, &mut a).unwrap();
    assert_eq!(first, expression.evaluate(&bindings, &mut b).unwrap());
    assert_ne!(first, expression.evaluate(&bindings, &mut a).unwrap());
}

#[test]
fn whole_numbers_stay_whole() {
    for (expression, text) in
        [("1 + 2", "3"), ("3.0", "3"), ("10 / 4", "2.5"), ("9007199254740991", "9007199254740991"), ("-0", "0")]
    {
        assert_eq!(evaluate(expression, &json!({})).unwrap().unwrap().to_string(), text, "{expression}");
    }
    check(&[("[1 / 0]", json!(["Infinity"]))]);
}

#[test]
fn states_and_variables_are_there_and_functions_are_no_values() {
    let (input, result, error, context) = (json!(1), json!(2), json!({"Error": "E"}), json!({"State": {"Name": "s"}}));
    let states =
        States { input: Some(&input), result: Some(&result), error_output: Some(&error), context: Some(&context) };
    let variables: Map<String, Value> =
        [("v".to_owned(), json!([1])), ("values".to_owned(), json!(2))].into_iter().collect();
    let bindings = Bindings { states, variables: &variables };
    let evaluate = |text| Expression::compile(text).unwrap().evaluate(&bindings, &mut Moment::new(0, 0));
    assert_eq!(
        evaluate("$states"),
        Ok(Some(json!({"input": 1, "result": 2, "errorOutput": {"Error": "E"}, "context": {"State": {"Name": "s"}}})))
    );
    assert_eq!(evaluate("$states.errorOutput.Error & $states.context.State.Name & $v"), Ok(Some(json!("Es[1]"))));
    assert_eq!(evaluate("$v"), Ok(Some(json!([1]))));
    assert_eq!(evaluate("$values"), Ok(Some(json!(2))), "no function of the language has this name");
    assert_eq!(evaluate("$w"), Ok(None));
    assert_eq!(evaluate("$"), Ok(None));
    assert_eq!(evaluate("function($x) { $x }"), Err(JsonataError::Function));
    assert_eq!(evaluate("[$sum]"), Err(JsonataError::Function));
}

/// In the reference implementation the bindings of an evaluation stand before the functions of the language.
#[test]
fn a_variable_hides_the_function_of_its_name() {
    let names = ["sum", "random", "partition", "length", "uuid", "string", "map", "now", "eval"];
    let variables: Map<String, Value> = names.into_iter().map(|name| (name.to_owned(), json!([1, 2]))).collect();
    let bindings = Bindings { states: States::default(), variables: &variables };
    let evaluate = |text: &str| Expression::compile(text).unwrap().evaluate(&bindings, &mut Moment::new(0, 0));
    for name in names {
        assert_eq!(evaluate(&format!("${name}")), Ok(Some(json!([1, 2]))), "{name}");
        assert_eq!(evaluate(&format!("$count(${name}[1])")), Ok(Some(json!(1))), "{name}");
        let Err(JsonataError::Failed { code, .. }) = evaluate(&format!("${name}([3])")) else { panic!("{name}") };
        assert_eq!(code.as_deref(), Some("T1006"), "{name}");
    }
    assert_eq!(evaluate("($sum := function($x) { $x + 1 }; $sum(1))"), Ok(Some(json!(2))));
    assert_eq!(evaluate("$max([1, 2])"), Ok(Some(json!(2))));
}

#[test]
fn what_may_be_a_function_or_a_variable_is_known_as_both() {
    let expression = Expression::compile("$sum($x) ~> $length").unwrap();
    let references = expression.references();
    assert_eq!(references.variables_among(&|_| false).collect::<Vec<_>>(), ["x"]);
    assert_eq!(references.variables_among(&|name| name == "sum").collect::<Vec<_>>(), ["x", "sum"]);
}

#[test]
fn a_value_of_another_type_is_named() {
    let expression = Expression::compile(" $ItemsVar ").unwrap();
    let error = expression.expect("Items", Expected::Array, json!({"foo": "bar"})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "The JSONata expression '$ItemsVar' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'object' for value: {\"foo\":\"bar\"}"
    );
    assert_eq!(expression.expect("Items", Expected::Array, json!([])).unwrap(), json!([]));
}

#[test]
fn what_an_expression_reads_is_known() {
    type Case = (&'static str, &'static [&'static str], Option<&'static [&'static str]>);
    let cases: [Case; 13] = [
        ("1", &[], None),
        ("$a + $b.c", &["a", "b"], None),
        ("$states.input.x & $states.result", &[], Some(&["input", "result"])),
        ("($x := $y; $x)", &["y"], None),
        ("($x := $x; $x)", &["x"], None),
        ("(($x := 1); $x)", &["x"], None),
        ("$map($list, function($v) { $v + $k })", &["k", "list"], None),
        ("($f := function($n) { $f($n) }; $f(1))", &[], None),
        ("$list@$l#$i.{'a': $l, 'i': $i}", &["list"], None),
        ("$list[$sum($) > $limit]^($key)", &["key", "limit", "list"], None),
        ("$o ~> |$|{'a': $b}|", &["b", "o"], None),
        ("$c ? $t : $e", &["c", "e", "t"], None),
        ("$list{$k: $v}", &["k", "list", "v"], None),
    ];
    for (text, variables, fields) in cases {
        let expression = Expression::compile(text).unwrap();
        let references = expression.references();
        assert_eq!(references.variables.iter().collect::<Vec<_>>(), variables, "{text}");
        assert_eq!(references.states, fields.is_some(), "{text}");
        let fields: Vec<_> = fields.into_iter().flatten().map(|field| (*field).to_owned()).collect();
        assert_eq!(references.state_fields.iter().flatten().cloned().collect::<Vec<_>>(), fields, "{text}");
    }
    assert_eq!(Expression::compile("$states").unwrap().references().state_fields, None);
    assert!(Expression::compile("$").unwrap().references().context);
    assert!(!Expression::compile("$x.(a + $)").unwrap().references().context);
}

#[test]
fn an_expression_is_shared_between_threads() {
    let expression = Expression::compile("$sum([1..100])").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let bindings = Bindings { states: States::default(), variables: &NoVariables };
                assert_eq!(expression.evaluate(&bindings, &mut Moment::new(0, 0)), Ok(Some(json!(5050))));
            });
        }
    });
}

#[test]
fn only_a_whole_text_is_an_expression() {
    assert_eq!(Expression::delimited("{% 1 %}"), Some("1"));
    assert_eq!(Expression::delimited("{%1%}"), Some("1"));
    for text in [" {% 1 %}", "{% 1 %} ", "a{% 1 %}", "{%", "{%}", "1"] {
        assert_eq!(Expression::delimited(text), None, "{text}");
    }
}
