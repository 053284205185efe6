//! What intrinsic functions give.

use duramen_states::query::{Intrinsic, Moment, Roots};
use serde_json::{Value, json};

fn call(text: &str, input: &Value) -> Result<Value, String> {
    let call = Intrinsic::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let roots = Roots::of(input);
    call.evaluate(&roots, &mut Moment::new(0, 1)).map_err(|error| format!("{}: {error}", error.error()))
}

fn check(input: &Value, cases: &[(&str, Value)]) {
    for (text, expected) in cases {
        assert_eq!(&call(text, input).unwrap_or_else(|error| panic!("{text}: {error}")), expected, "{text}");
    }
}

fn refused(input: &Value, cases: &[&str]) {
    for text in cases {
        let error = call(text, input).expect_err(text);
        let words =
            format!("States.Runtime: The function '{text}' had the following error: Invalid arguments in States.");
        assert!(error.starts_with(&words), "{error}");
    }
}

#[test]
fn format_fills_in_places() {
    let input = json!({
        "text": "HelloWorld", "null": null, "one": 1, "float": 1.1, "object": {"Arg1": 1, "Arg2": [], "a": [null, "x", true]},
        "template": r"\{\} is {} and \x", "large": 1e10, "small": 0.0001, "whole": 100.0
    });
    check(
        &input,
        &[
            ("States.Format('a {}.', $.text)", json!("a HelloWorld.")),
            ("States.Format('{}{}', $.null, $.one)", json!("null1")),
            ("States.Format('{}', $.float)", json!("1.1")),
            ("States.Format('{}', $.object)", json!("{Arg1=1, Arg2=[], a=[null, x, true]}")),
            ("States.Format($.template, 5)", json!(r"{} is 5 and \x")),
            (r"States.Format('\'\{\}\\ {}', 'x')", json!(r"'{}\ x")),
            ("States.Format('{} {}', $.large, $.small)", json!("1.0E10 1.0E-4")),
            ("States.Format('{}', $.whole)", json!("100.0")),
            ("States.Format('none { }')", json!("none { }")),
            ("States.Format('{}', true)", json!("true")),
            ("States.Format('{}', 'a, b)')", json!("a, b)")),
        ],
    );
    refused(&input, &["States.Format('{}')", "States.Format('a', 1)", "States.Format('{} {}', 1)", "States.Format(1)"]);
}

#[test]
fn json_becomes_text_and_text_json() {
    let input = json!({"texts": ["", " ", "null", "-0", "1.1", "\"x\"", "{\"a\": [1]}"], "o": {"Arg1": 1, "Arg2": []}, "bad": "{"});
    let values = [json!(null), json!(null), json!(null), json!(0), json!(1.1), json!("x"), json!({"a": [1]})];
    for (at, value) in values.iter().enumerate() {
        assert_eq!(&call(&format!("States.StringToJson($.texts[{at}])"), &input).unwrap(), value);
    }
    check(
        &input,
        &[
            ("States.JsonToString($.o)", json!("{\"Arg1\":1,\"Arg2\":[]}")),
            ("States.JsonToString(null)", json!("null")),
            ("States.JsonToString('x')", json!("\"x\"")),
            ("States.JsonToString(States.Array(1e20, 0.0001, 10.0, 7))", json!("[1.0E20,1.0E-4,10.0,7]")),
            (
                "States.JsonMerge(States.StringToJson('\\{\"a\":1,\"b\":1\\}'), States.StringToJson('{\"b\":{}}'), false)",
                json!({"a": 1, "b": {}}),
            ),
        ],
    );
    refused(
        &input,
        &[
            "States.StringToJson($.bad)",
            "States.StringToJson(1)",
            "States.JsonMerge($.o, $.o, true)",
            "States.JsonMerge($.o, 1, false)",
            "States.JsonMerge($.o, $.o, 0)",
        ],
    );
}

#[test]
fn arrays_are_made_and_taken_apart() {
    let input = json!({"list": [1, 2, 3, 4, 5, 6, 7], "mixed": [1, 1, 1.0, "1", [], [], {"a": 1, "b": 2}, {"b": 2, "a": 1}, null, null]});
    check(
        &input,
        &[
            ("States.Array()", json!([])),
            ("States.Array('a', 1, null, $.list[0])", json!(["a", 1, null, 1])),
            ("States.ArrayPartition($.list, 3)", json!([[1, 2, 3], [4, 5, 6], [7]])),
            ("States.ArrayPartition(States.Array(), 3)", json!([])),
            ("States.ArrayContains($.list, 5)", json!(true)),
            ("States.ArrayContains($.list, '5')", json!(false)),
            ("States.ArrayRange(1, 9, 2)", json!([1, 3, 5, 7, 9])),
            ("States.ArrayRange(5, 1, -2)", json!([5, 3, 1])),
            ("States.ArrayRange(1, 0, 1)", json!([])),
            ("States.ArrayRange(0.4, 2.6, 1)", json!([0, 1, 2])),
            ("States.ArrayRange(5.4, -0.6, -2.4)", json!([5, 3, 1])),
            ("States.ArrayRange(1.6, 1.4, 1)", json!([1])),
            ("States.ArrayGetItem($.list, 0)", json!(1)),
            ("States.ArrayLength($.list)", json!(7)),
            ("States.ArrayUnique($.mixed)", json!([1, 1.0, "1", [], {"a": 1, "b": 2}, null])),
            ("States.ArrayLength(States.ArrayRange(1, 1000, 1))", json!(1000)),
        ],
    );
    refused(
        &input,
        &[
            "States.ArrayPartition($.list, 0)",
            "States.ArrayPartition('x', 1)",
            "States.ArrayRange(1, 2, 0)",
            "States.ArrayRange(1, 1001, 1)",
            "States.ArrayRange(1, 1000000000000, 1)",
            "States.ArrayGetItem($.list, 7)",
            "States.ArrayGetItem($.list, -1)",
            "States.ArrayLength('x')",
            "States.ArrayUnique(1)",
            "States.ArrayContains(1, 1)",
        ],
    );
}

#[test]
fn texts_are_encoded_hashed_and_split() {
    let input = json!({"long": "x".repeat(10_001), "lines": "a,b;\n,,c"});
    check(
        &input,
        &[
            ("States.Base64Encode('Data to encode')", json!("RGF0YSB0byBlbmNvZGU=")),
            ("States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", json!("Data to encode")),
            ("States.Base64Decode('')", json!("")),
            ("States.Hash('input data', 'MD5')", json!("812f45842bc6d66ee14572ce20db8e86")),
            ("States.Hash('input data', 'SHA-1')", json!("aaff4a450a104cd177d28d18d74485e8cae074b7")),
            (
                "States.Hash('input data', 'SHA-256')",
                json!("b4a697a057313163aee33cd8d40c66e9f0f177e00cac2de32475ffff6169c3e3"),
            ),
            ("States.StringSplit($.lines, ',')", json!(["a", "b;\n", "c"])),
            ("States.StringSplit($.lines, ',;')", json!(["a", "b", "\n", "c"])),
            ("States.StringSplit('', ',')", json!([])),
            ("States.StringSplit('ab', '')", json!(["ab"])),
        ],
    );
    for (algorithm, length) in [("SHA-384", 96), ("SHA-512", 128)] {
        let hash = call(&format!("States.Hash('input data', '{algorithm}')"), &input).unwrap();
        assert_eq!(hash.as_str().unwrap().len(), length);
    }
    refused(
        &input,
        &[
            "States.Base64Encode($.long)",
            "States.Base64Decode($.long)",
            "States.Hash($.long, 'MD5')",
            "States.Hash('a', 'MD4')",
            "States.Base64Decode('?')",
            "States.Base64Encode(1)",
            "States.StringSplit(1, ',')",
        ],
    );
}

#[test]
fn numbers_are_rounded_half_up_before_they_are_added() {
    let input = json!(null);
    check(
        &input,
        &[
            ("States.MathAdd(-9, 3)", json!(-6)),
            ("States.MathAdd(1.49, 1.5)", json!(3)),
            ("States.MathAdd(1.5, 1.51)", json!(4)),
            ("States.MathAdd(-1.49, -1.5)", json!(-2)),
            ("States.MathAdd(-1.5, -1.51)", json!(-3)),
            ("States.MathAdd(-0.5, 0.5)", json!(1)),
        ],
    );
    refused(&input, &["States.MathAdd('1', 2)", "States.MathAdd(9223372036854775807, 1)", "States.MathAdd(1e300, 1)"]);
}

#[test]
fn chance_comes_from_the_moment() {
    let random = Intrinsic::parse("States.MathRandom(1, 1000000)").unwrap();
    let input = json!(null);
    let roots = Roots::of(&input);
    let (mut a, mut b) = (Moment::new(0, 5), Moment::new(0, 5));
    let first = random.evaluate(&roots, &mut a).unwrap();
    assert_eq!(first, random.evaluate(&roots, &mut b).unwrap());
    assert_ne!(first, random.evaluate(&roots, &mut a).unwrap());
    assert_eq!(call("States.MathRandom(0, 999, 3)", &input), call("States.MathRandom(0, 999, 3)", &input));
    assert_eq!(call("States.MathRandom(-5.4, -4, 3)", &input), Ok(json!(-5)));
    assert_eq!(call("States.UUID()", &input).unwrap().as_str().unwrap().len(), 36);
    refused(&input, &["States.MathRandom(1, 1)", "States.MathRandom(2, 1)", "States.MathRandom('a', 1)"]);
}

#[test]
fn a_missing_argument_is_an_error_of_the_path() {
    let error = call("States.Format('{}', $.none)", &json!({})).unwrap_err();
    assert!(error.starts_with("States.Runtime: Invalid path '$.none'"), "{error}");
}

#[test]
fn what_is_not_a_call_is_refused() {
    let nested = format!("{}States.UUID(){}", "States.Array(".repeat(10), ")".repeat(10));
    let within = format!("{}States.UUID(){}", "States.Array(".repeat(9), ")".repeat(9));
    assert!(Intrinsic::parse(&within).is_ok());
    for text in [
        "",
        "States.",
        "States.None()",
        "States.UUID",
        "States.UUID(",
        "States.UUID(1)",
        "States.ArrayLength()",
        "States.MathAdd(1)",
        "States.Format('a)",
        "States.Format(\"a\")",
        "States.UUID() x",
        "States.Array(1,)",
        "States.Array(,)",
        "States.Array($.)",
        "States.Array(x)",
        r"States.Array('a\b')",
        "States.UUID()[0]",
        &nested,
    ] {
        assert!(Intrinsic::parse(text).is_err(), "{text}");
    }
    assert_eq!(Intrinsic::parse("States.Array(1, $.a[?(@.b == ',)'])").unwrap_err().at, 33);
    assert!(Intrinsic::parse("States.Array($.a[?(@.b == ',)')], $x)").is_ok());
}

#[test]
fn calls_that_explode_end_in_an_error() {
    let input = json!("x".repeat(256 * 1024));
    let mut text = "$".to_owned();
    for _ in 0..9 {
        text = format!("States.Array({text}, {text}, {text}, {text})");
    }
    let error = call(&text, &input).unwrap_err();
    assert!(error.contains("the arguments have more than"), "{error}");
}

#[test]
fn its_paths_are_known() {
    let call = Intrinsic::parse("States.Format('{}', States.MathAdd($x.a, $.b))").unwrap();
    let paths: Vec<_> = call.paths().iter().map(|path| path.text().to_owned()).collect();
    assert_eq!(paths, ["$x.a", "$.b"]);
}
