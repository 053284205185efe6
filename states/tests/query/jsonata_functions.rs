//! The functions that Step Functions adds to JSONata, and the one it takes away.
//!
//! The values are those of its documentation (`https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html`); what odd arguments give is
//! what `https://github.com/floci-io/floci/pull/2676` and `https://github.com/floci-io/floci/issues/2662` report that the service gives.

use duramen_states::query::Expression;
use duramen_states::query::jsonata::JsonataError;
use serde_json::json;

use crate::jsonata::{check, evaluate};

fn nothing(expressions: &[&str]) {
    for expression in expressions {
        assert_eq!(evaluate(expression, &json!({})), Ok(None), "{expression}");
    }
}

fn fails(cases: &[(&str, &str)]) {
    for (expression, message) in cases {
        let failed = evaluate(expression, &json!({}));
        let Err(JsonataError::Failed { message: found, .. }) = failed else { panic!("{expression}: {failed:?}") };
        assert_eq!(found, *message, "{expression}");
    }
}

fn mismatch(name: &str, argument: usize) -> String {
    format!("T0410: Argument {argument} of function \"{name}\" does not match function signature")
}

#[test]
fn partition_cuts_an_array_into_chunks() {
    check(&[
        ("$partition([1, 2, 3, 4], 2)", json!([[1, 2], [3, 4]])),
        ("$partition([1, 2, 3, 4, 5], 2)", json!([[1, 2], [3, 4], [5]])),
        ("$partition([1, 2, 3], 5)", json!([[1, 2, 3]])),
        ("$partition([1, 2, 3], 1e300)", json!([[1, 2, 3]])),
        ("$partition([1, 2, 3, 4, 5], 2.9)", json!([[1, 2], [3, 4], [5]])),
        ("$partition([1, 2])", json!([[1, 2]])),
        ("$partition(['😀', null, {}], 1)", json!([["😀"], [null], [{}]])),
        ("[1, 2, 3] ~> $partition(2)", json!([[1, 2], [3]])),
    ]);
    nothing(&["$partition([], 2)", "$partition($missing, 2)", "$partition([1], 0)", "$partition([1], -0.5)"]);
    let negative = "D3137: Second argument must be zero or greater";
    fails(&[
        ("$partition([1], -1)", negative),
        ("$partition([1], -2)", negative),
        ("$partition(1, 2)", "T0412: Argument 1 of function \"partition\" must be an array of undefined"),
        ("$partition([1], 'a')", &mismatch("partition", 2)),
        ("$partition([1], 1, 1)", &mismatch("partition", 3)),
    ]);
}

#[test]
fn range_counts_and_takes_whole_numbers() {
    check(&[
        ("$range(0, 6, 2)", json!([0, 2, 4, 6])),
        ("$range(0, 10, 5)", json!([0, 5, 10])),
        ("$range(0, 10, 4)", json!([0, 4, 8])),
        ("$range(3, 1, -1)", json!([3, 2, 1])),
        ("$range(-1.7, 2, 1)", json!([-1, 0, 1, 2])),
        ("$range(4, 4, 1)", json!(4)),
        ("$count($range(1, 200000, 1))", json!(200_000)),
        ("$count($range(1, 360145, 1))", json!(360_145)),
        ("$count($range(-9e18, 9e18, 9e18))", json!(3)),
    ]);
    nothing(&["$range(1, 3)", "$range(1, 2, 0)", "$range(1, 2, 0.5)", "$range(3, 1, 1)", "$range(1, 3, -1)"]);
    fails(&[
        ("$range('a', 1, 1)", &mismatch("range", 1)),
        ("$range($missing, 1, 1)", &mismatch("range", 1)),
        ("$range(1, null, 1)", &mismatch("range", 2)),
        ("$range(1, 2, 'a')", &mismatch("range", 3)),
        ("$range(1, 2, 1, 1)", &mismatch("range", 4)),
    ]);
    for long in ["$range(1, 360146, 1)", "$range(0, 1e9, 1)", "$range(-1e300, 1e300, 1)"] {
        assert_eq!(evaluate(long, &json!({})), Err(JsonataError::MemoryLimit), "{long}");
    }
}

#[test]
fn hash_gives_hexadecimal_digits() {
    check(&[
        ("$hash('input', 'SHA-1')", json!("140f86aae51ab9e1cda9b4254fe98a74eb54c1a1")),
        ("$hash('input data', 'MD5')", json!("812f45842bc6d66ee14572ce20db8e86")),
        ("$hash('', 'MD5')", json!("d41d8cd98f00b204e9800998ecf8427e")),
        ("$length($hash('ä😀', 'SHA-256'))", json!(64)),
        ("$length($hash('a', 'SHA-384'))", json!(96)),
        ("'a' ~> $hash('SHA-512') ~> $length", json!(128)),
    ]);
    nothing(&["$hash('a')", "$hash('a', $missing)"]);
    let algorithm =
        |name| format!("D3137: Hash algorithm '{name}' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5");
    fails(&[
        ("$hash('a', 'x')", &algorithm("x")),
        ("$hash('a', 'sha-1')", &algorithm("sha-1")),
        ("$hash(1, 'MD5')", &mismatch("hash", 1)),
        ("$hash($missing, 'MD5')", &mismatch("hash", 1)),
        ("$hash('a', 1)", &mismatch("hash", 2)),
        ("$hash('a', 'MD5', 1)", &mismatch("hash", 3)),
    ]);
}

#[test]
fn random_is_that_of_java_where_it_has_a_seed() {
    check(&[
        ("$random(42)", json!(0.727_563_680_032_868_1)),
        ("$random(42.9) = $random(42)", json!(true)),
        ("$random() >= 0 and $random() < 1", json!(true)),
        ("$random() = $random()", json!(false)),
        ("$random(1e300) = $random(9223372036854775807)", json!(true)),
    ]);
    fails(&[("$random('a')", &mismatch("random", 1)), ("$random(1, 2)", &mismatch("random", 2))]);
}

#[test]
fn uuid_is_another_each_time() {
    check(&[
        ("$length($uuid())", json!(36)),
        ("$uuid() = $uuid()", json!(false)),
        ("$contains($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)", json!(true)),
    ]);
    fails(&[("$uuid(1)", &mismatch("uuid", 1))]);
}

#[test]
fn parse_reads_json_and_nothing_else() {
    check(&[
        ("$parse('{\"a\": [1, 2.5]}').a[1]", json!(2.5)),
        ("$parse('{\"a\":1}').a", json!(1)),
        ("$parse('null')", json!(null)),
        ("$exists($parse('{\"a\": null}').a)", json!(true)),
        ("$parse(' [1e2, 1.0, -0] ')", json!([100, 1, 0])),
        ("$parse('\"\\\\u00e4\"')", json!("ä")),
        ("$map(['1', '[2]'], $parse)", json!([1, [2]])),
    ]);
    nothing(&["$parse($missing)"]);
    let invalid = "D3137: Invalid JSON";
    fails(&[
        ("$parse('')", invalid),
        ("$parse('{')", invalid),
        ("$parse('1 2')", invalid),
        ("$parse('{\"a\": 1, \"a\": 2}')", invalid),
        ("$parse('1e400')", invalid),
        ("$parse('NaN')", invalid),
        ("$parse(1)", &mismatch("parse", 1)),
        ("$parse('1', 1)", &mismatch("parse", 2)),
    ]);
    let deep = format!("$parse('{}{}')", "[".repeat(2000), "]".repeat(2000));
    fails(&[(&deep, invalid)]);
}

#[test]
fn there_is_no_eval() {
    let none = "T1006: Attempted to invoke a non-function";
    fails(&[("$eval('1')", none), ("'1' ~> $eval()", none), ("($f := $eval; $f('1'))", none)]);
    assert!(evaluate("$map(['1'], $eval)", &json!({})).is_err());
    assert_eq!(evaluate("$exists($eval)", &json!({})), Ok(Some(json!(false))));
    assert_eq!(evaluate("($eval := function($x) { $x }; $eval(2))", &json!({})), Ok(Some(json!(2))));
}

#[test]
fn further_functions_are_those_of_javascript() {
    check(&[
        ("$sort($shuffle([1, 2, 3]))", json!([1, 2, 3])),
        ("$encodeUrl('https://x/a b?c=ä')", json!("https://x/a%20b?c=%C3%A4")),
    ]);
    assert!(Expression::compile("$nothing()").is_ok(), "what is no function is found out when it is called");
}
