//! Expressions without an end fail, and nothing else does.

use duramen_states::query::jsonata::JsonataError;
use serde_json::json;

use crate::jsonata::evaluate;

/// Each on a thread with no more stack than threads usually have.
fn fails(expression: &str) {
    let text = expression.to_owned();
    let outcome = std::thread::spawn(move || evaluate(&text, &json!({"text": "0123456789"})));
    let outcome = outcome.join().unwrap_or_else(|_| panic!("{expression}"));
    let limit = match outcome {
        Ok(value) => panic!("{expression}: {value:?}"),
        Err(JsonataError::Failed { code, message }) => {
            code.as_ref().is_none_or(|code| ["D1011", "D1012", "D2014", "D2015", "U1001"].contains(&code.as_str()))
                && (code.is_some() || message.starts_with("The evaluation makes a text"))
        }
        Err(error) => matches!(error, JsonataError::TooLarge | JsonataError::TooDeep),
    };
    assert!(limit, "{expression}");
}

#[test]
fn a_recursion_without_an_end() {
    fails("($f := function($x) { $f($x) + 1 }; $f(1))");
    fails("($f := function($x) { $g($x) & 'a' }; $g := function($x) { $f($x) & 'b' }; $f(1))");
    fails("($f := function($x) { [$f($x)] }; $f(1))");
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
