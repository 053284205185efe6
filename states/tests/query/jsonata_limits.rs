//! Expressions without an end fail, and nothing else does.

use duramen_states::query::jsonata::{Bindings, Expression, JsonataError, States};
use duramen_states::query::{Moment, NoVariables};
use serde_json::json;

use crate::jsonata::evaluate;

/// Each on a thread with no more stack than threads usually have.
fn fails(expression: &str) {
    let text = expression.to_owned();
    let outcome = std::thread::spawn(move || evaluate(&text, &json!({"text": "0123456789"})));
    let outcome = outcome.join().unwrap_or_else(|_| panic!("{expression}"));
    let limit = match outcome {
        Ok(value) => panic!("{expression}: {value:?}"),
        Err(error) => matches!(
            error,
            JsonataError::Timeout | JsonataError::StackOverflow | JsonataError::MemoryLimit | JsonataError::TooDeep
        ),
    };
    assert!(limit, "{expression}");
}

#[test]
fn a_recursion_without_an_end() {
    fails("($f := function($x) { $f($x) + 1 }; $f(1))");
    fails("($f := function($x) { $g($x) & 'a' }; $g := function($x) { $f($x) & 'b' }; $f(1))");
    fails("($f := function($x) { [$f($x)] }; $f(1))");
}

/// The words of Step Functions, as `https://github.com/floci-io/floci/issues/2737` repeats its answers. What has no code of
/// JSONata stands behind a colon.
#[test]
fn a_limit_is_said_as_step_functions_says_it() {
    let said = |text: &str| {
        let bindings = Bindings { states: States::default(), variables: &NoVariables };
        let expression = Expression::compile(text).unwrap();
        let error = expression.evaluate_field("Output/r", &bindings, &mut Moment::new(0, 0)).unwrap_err().to_string();
        let words = format!(
            "The JSONata expression '{text}' specified for the field 'Output/r' threw an error during evaluation"
        );
        error.strip_prefix(&words).unwrap_or_else(|| panic!("{error}")).to_owned()
    };
    let memory = ": Expression evaluation memory limit exceeded: Check for excessive memory usage";
    assert_eq!(said("[1..900000] ~> $count()"), memory);
    assert_eq!(said("$sum([1..900000])"), memory);
    assert_eq!(said("$range(1, 360146, 1)"), memory);
    assert_eq!(
        said("($f := function($x) { 1 + $f($x) }; $f(1))"),
        ": Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as tail-recursive."
    );
    assert_eq!(
        said("($f := function($x) { $f($x + 1) }; $f(1))"),
        ": Expression evaluation timeout: Check for infinite loop"
    );
    assert_eq!(said("$sum(['a'])"), ". T0412: Argument 1 of function \"sum\" must be an array of \"numbers\"");
    assert_eq!(said("$eval('1+1')"), ". T1006: Attempted to invoke a non-function");
    assert_eq!(said("$abs('x')"), ". T0410: Argument 1 of function \"abs\" does not match function signature");
}

/// The evaluator itself panics upon some texts, which must not reach who runs a definition.
#[test]
fn an_evaluator_that_panics_fails_the_expression() {
    let outcome = evaluate("$fromMillis(0, '[\u{77b}n]')", &json!({}));
    assert!(matches!(outcome, Err(JsonataError::Internal(_))), "{outcome:?}");
}

#[test]
fn a_tail_recursion_without_an_end() {
    fails("($f := function($x) { $f($x + 1) }; $f(1))");
}

#[test]
fn a_text_that_doubles() {
    fails("($f := function($s, $v) { $f($s & $s) }; $f($states.input.text))");
    fails("$reduce([1..100], function($s, $v) { $s & $s }, 'ab')");
    fails("$reduce([1..100], function($s, $v) { $join([$s, $s]) }, 'ab')");
    fails("$reduce([1..100], function($s, $v) { $replace($s, /./, $s) }, 'abcdefghi')");
}

#[test]
fn a_value_that_doubles() {
    fails("$reduce([1..100], function($a, $v) { [[$a, $a]] }, 'x')");
    fails("$string($reduce([1..100], function($a, $v) { {'a': $a, 'b': $a} }, 'x'))");
    fails("'' & $reduce([1..100], function($a, $v) { {'a': $a, 'b': $a} }, 'x')");
    fails("$reduce([1..100], function($a, $v) { $append($a, $a) }, [1, 2])");
    fails("$reduce([1..100], function($a, $v) { {'a': $a, 'b': $a} }, 'x') ~> $string");
}

#[test]
fn a_value_that_is_too_deep() {
    fails("$reduce([1..100000], function($a, $v) { [[$a]] }, 'x')");
    fails("$reduce([1..500], function($a, $v) { {'a': $a} }, 'x')");
}

#[test]
fn ranges_and_widths_that_are_too_large() {
    fails("[1..1000000000]");
    fails("[1..873783]");
    fails("$map([1..800000], function() { [1..800000] })");
    fails("$pad('a', 1000000000)");
    fails("'a' ~> $pad(1000000000)");
    fails("$map([1..1000], function() { $reverse([1..800000]) })");
}

#[test]
fn what_is_large_but_has_an_end_is_allowed() {
    assert_eq!(evaluate("$count([1..873782])", &json!({})), Ok(Some(json!(873_782))));
    assert_eq!(evaluate("$length($pad('a', 100000))", &json!({})), Ok(Some(json!(100_000))));
    assert_eq!(
        evaluate("($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(1000))", &json!({})),
        Ok(Some(json!(1000)))
    );
    assert_eq!(evaluate("($f := function($n) { $n = 0 ? 0 : $f($n - 1) }; $f(10000))", &json!({})), Ok(Some(json!(0))));
    assert_eq!(
        evaluate("$length($reduce([1..10], function($s, $v) { $s & $s }, 'ab'))", &json!({})),
        Ok(Some(json!(2048)))
    );
    assert_eq!(evaluate("$reduce([1..3], function($a, $v) { [[$a]] }, 'x')", &json!({})), Ok(Some(json!([[[["x"]]]]))));
}

#[test]
fn an_expression_that_nests_too_deep_is_refused_or_evaluated() {
    let nested = |open: &str, close: &str, depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for text in [
        nested("(", ")", 100_000),
        nested("[", "]", 100_000),
        nested("{'a':", "}", 100_000),
        nested("$abs(", ")", 100_000),
        "1 + ".repeat(100_000) + "1",
        "-".repeat(100_000) + "1",
        "a.".repeat(100_000) + "a",
        nested("function(){", "}", 100_000),
    ] {
        let worker = std::thread::spawn(move || {
            let expression = duramen_states::query::Expression::compile(&text);
            expression.map(|expression| expression.references().variables.len()).is_ok()
        });
        worker.join().unwrap();
    }
    for text in [nested("(", ")", 900), nested("[", "]", 900), nested("$abs(", ")", 900), "1 & ".repeat(900) + "1"] {
        let worker = std::thread::spawn(move || {
            if let Ok(expression) = duramen_states::query::Expression::compile(&text) {
                let _ = evaluate(expression.source(), &json!({}));
            }
        });
        worker.join().unwrap();
    }
}

#[test]
fn numerals_and_dates_that_are_too_long_however_they_are_called() {
    for call in [
        "$formatInteger(1e100, 'I')",
        "1e15 ~> $formatInteger('i')",
        "[1e15].$formatInteger('I')",
        "$map([1e15], $formatInteger(?, 'I'))",
        "($f := $formatInteger; $f(1e15, 'I'))",
        "($formatInteger := $formatInteger; $formatInteger(1e15, 'I'))",
        "$fromMillis(0, '[Y,9999999999]')",
        "$fromMillis(0, '[Y,1-99999999999999999999]')",
        "[0].$fromMillis('[Y, 9999999999]')",
        "$now('[Y,9999999999]')",
        "$toMillis('1970', '[Y,9999999999]')",
        "$formatNumber(1, $pad('', 1000000, '0'))",
        "[1].$formatNumber($pad('', 1000000, '0'))",
        "($f := $formatNumber; $f(1, $pad('', 1000000, '0')))",
        "$formatInteger(1, $pad('', 1000000, '0'))",
        "$string($reduce([1..900], function($a, $b) { [[$a]] }, [1..20000]), true)",
        "($p := $pad; $p('x', 1e12))",
        "$map(['x'], $pad(?, 1e12))",
        "($r := $replace; $r($pad('', 200000, 'x'), 'x', $pad('', 200000, 'y')))",
        "$pad('', 200000, 'x').$replace('x', $pad('', 200000, 'y'))",
        "$pad('', 200000, 'x') ~> $replace('x', $pad('', 200000, 'y'))",
    ] {
        fails(call);
    }
}

#[test]
fn what_is_looked_at_is_called_as_before() {
    for (expression, given) in [
        ("$formatInteger(1999, 'I')", json!("MCMXCIX")),
        ("1999 ~> $formatInteger('I')", json!("MCMXCIX")),
        ("[1, 4].$formatInteger('i')", json!(["i", "iv"])),
        ("$map([1, 4], $formatInteger(?, 'i'))", json!(["i", "iv"])),
        ("$formatInteger(1e46, 'w')", json!("ten billion trillion trillion trillion")),
        ("($formatInteger := function($x) { $x }; $formatInteger(1e300))", json!(1e300)),
        ("$length($replace($pad('{x}', 60000), '{x}', $pad('', 60000, 'y')))", json!(119_997)),
        ("$pad('{x}', 60000) ~> $replace('{x}', $pad('', 60000, 'y')) ~> $length", json!(119_997)),
        ("$string([1, {'a': 'b'}], true)", json!("[\n  1,\n  {\n    \"a\": \"b\"\n  }\n]")),
        ("[[7]] ~> $string(false)", json!("[[7]]")),
        ("$fromMillis(0)", json!("1970-01-01T00:00:00.000Z")),
        ("[0].$fromMillis('[Y]-[M,2-2]')", json!("1970-01")),
        ("0 ~> $fromMillis", json!("1970-01-01T00:00:00.000Z")),
        ("$fromMillis(0, undefined, '+0100')", json!("1970-01-01T01:00:00.000+01:00")),
        ("'1970-01-02' ~> $toMillis('[Y]-[M]-[D]')", json!(86_400_000)),
        (
            "$replace($replace($states.input.text, '1', 'x'), '2', $replace('ab', 'a', $states.input.text))",
            json!("0x0123456789b3456789"),
        ),
        ("$states.input.text ~> $replace('01', 'a') ~> $replace('a', $states.input.text)", json!("012345678923456789")),
        ("($f := function($m) { 'z' }; $replace($states.input.text, /[0-8]/, $f))", json!("zzzzzzzzz9")),
        ("[$max([1..3])..5]", json!([3, 4, 5])),
        ("[[1..2], $count([0..3])..5]", json!([[1, 2], 4, 5])),
    ] {
        assert_eq!(evaluate(expression, &json!({"text": "0123456789"})), Ok(Some(given)), "{expression}");
    }
}

/// The first of them stands once, however often it is looked at.
#[test]
fn what_nests_stays_as_large_as_it_is_written() {
    let nested = |call: fn(String) -> String| (0..60).fold("$states.input.text".to_owned(), |inner, _| call(inner));
    let replaced = nested(|inner| format!("$replace({inner}, '9', $states.input.text)"));
    assert!(Expression::compile(&replaced).is_ok());
    let chained = nested(|inner| format!("({inner} ~> $replace('x', $states.input.text))"));
    assert_eq!(evaluate(&chained, &json!({"text": "0"})), Ok(Some(json!("0"))));
    let ranges = (0..60).fold("1".to_owned(), |inner, _| format!("$sum([{inner}..1])"));
    assert_eq!(evaluate(&ranges, &json!({})), Ok(Some(json!(1))));
}

/// Each with each they would be ten thousand millions, and nobody would look at the clock.
#[test]
fn many_values_are_compared_in_time() {
    for (expression, given) in [
        ("$count($distinct([1..100000]))", json!(100_000)),
        ("$count($distinct($map([1..100000], function($v) { $v % 7 })))", json!(7)),
        ("($d := $distinct; $count($d([1..100000])))", json!(100_000)),
        ("[1..100000] ~> $distinct ~> $count", json!(100_000)),
        ("$map([[1..100000]], $distinct) ~> $count", json!(100_000)),
        ("$map([[1, 1], [2, 2]], $distinct(?))", json!([[1], [2]])),
        ("($distinct := function($x) { 'mine' }; $distinct([1, 1]))", json!("mine")),
        ("$count($keys($map([1..20000], function($v) { {$string($v): 1} })))", json!(20_000)),
        (
            "$distinct([1, 'a', 1, [2, {'b': 1, 'c': 0}], 'a', null, [2, {'c': -0, 'b': 1}], null, true, '1', false])",
            json!([1, "a", [2, {"b": 1, "c": 0}], null, true, "1", false]),
        ),
        ("[$distinct({'a': [1, 1]}), $distinct([2]), $distinct(7)]", json!([{"a": [1, 1]}, 2, 7])),
        ("$keys([{'b': 1, 'a': 2}, 3, {'c': 1, 'b': 2}])", json!(["b", "a", "c"])),
        ("[[{'b': 1}, {'a': 2}]] ~> $map(function($v) { $keys($v) })", json!(["b", "a"])),
        ("$keys({'only': 1})", json!("only")),
    ] {
        assert_eq!(evaluate(expression, &json!({})), Ok(Some(given)), "{expression}");
    }
    assert_eq!(evaluate("$keys([1, 2])", &json!({})), Ok(None));
}
