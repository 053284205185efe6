//! What paths find.

use duramen_states::query::path::{MissKind, PathMiss};
use duramen_states::query::{Path, Roots};
use serde_json::{Map, Value, json};

pub(crate) fn find(path: &str, input: &Value) -> Result<Value, PathMiss> {
    let path = Path::parse(path).unwrap_or_else(|error| panic!("{error}"));
    path.evaluate(&Roots::of(input)).map(std::borrow::Cow::into_owned)
}

fn check(input: &Value, cases: &[(&str, Value)]) {
    for (path, expected) in cases {
        assert_eq!(&find(path, input).unwrap(), expected, "{path}");
    }
}

#[test]
fn a_definite_path_gives_the_value() {
    let input = json!({
        "a": {"b": [10, 20, 30]}, "with space": 1, "it's": 2, "ä": 3, "delivery-partner": 4, "a.b": 5, "null": null,
        r#"Test\""Name""#: 6, "x\\y": 7
    });
    check(
        &input,
        &[
            ("$", input.clone()),
            ("$.a.b", json!([10, 20, 30])),
            ("$.a.b[0]", json!(10)),
            ("$.a.b[-1]", json!(30)),
            ("$['a']['b'][1]", json!(20)),
            ("$[\"a\"].b", json!([10, 20, 30])),
            ("$.['a']", json!({"b": [10, 20, 30]})),
            ("$['with space']", json!(1)),
            (r"$['it\'s']", json!(2)),
            ("$[\"it's\"]", json!(2)),
            ("$.ä", json!(3)),
            ("$.delivery-partner", json!(4)),
            ("$['a.b']", json!(5)),
            ("$.null", json!(null)),
            (r#"$['Test\""Name"']"#, json!(6)),
            (r"$['x\\y']", json!(7)),
            ("$['ä','a.b','none']", json!({"ä": 3, "a.b": 5})),
        ],
    );
}

#[test]
fn an_indefinite_path_gives_an_array() {
    let input = json!({"list": [1, 2, 3, 4, 5], "rows": [{"a": 1, "b": 2}, {"a": 3}], "o": {"x": {"a": 7}, "y": 8}});
    check(
        &input,
        &[
            ("$.list[*]", json!([1, 2, 3, 4, 5])),
            ("$.list[0,2]", json!([1, 3])),
            ("$.list[-1, 0]", json!([5, 1])),
            ("$.list[9,0]", json!([1])),
            ("$.list[1:3]", json!([2, 3])),
            ("$.list[1:]", json!([2, 3, 4, 5])),
            ("$.list[:2]", json!([1, 2])),
            ("$.list[-2:]", json!([4, 5])),
            ("$.list[:-3]", json!([1, 2])),
            ("$.list[:]", json!([1, 2, 3, 4, 5])),
            ("$.list[3:1]", json!([])),
            ("$.list[1:9]", json!([2, 3, 4, 5])),
            ("$.list[-3:-1]", json!([3, 4])),
            ("$.list[-2:2]", json!([4, 5, 1, 2])),
            ("$.list[-9:1]", json!([1, 2, 3, 4, 5, 1])),
            ("$.list[1:-1]", json!([])),
            ("$.list[:-9]", json!([])),
            ("$.list[-9:]", json!([1, 2, 3, 4, 5])),
            ("$.list[7:]", json!([])),
            ("$.rows[*].a", json!([1, 3])),
            ("$.rows[*].b", json!([2])),
            ("$.rows[*]['a','b']", json!([{"a": 1, "b": 2}, {"a": 3}])),
            ("$.rows[*][0]", json!([])),
            ("$.o.*", json!([{"a": 7}, 8])),
            ("$.o[*].a", json!([7])),
            ("$..a", json!([1, 3, 7])),
            ("$.o..a", json!([7])),
            ("$..['b']", json!([2])),
            ("$..list[0]", json!([1])),
            ("$..[0]", json!([1, {"a": 1, "b": 2}])),
            ("$.o..*", json!([{"a": 7}, 8, 7])),
            ("$..none", json!([])),
            ("$.*.none", json!([])),
            ("$['list','none'][*]", json!([1, 2, 3, 4, 5])),
        ],
    );
}

#[test]
fn nothing_behind_a_missing_field_is_an_empty_array() {
    check(&json!({}), &[("$[*]", json!([])), ("$.a.b[*]", json!([])), ("$.a[1:]", json!([])), ("$.a[*].b", json!([]))]);
}

#[test]
fn a_definite_path_that_leads_nowhere_says_where_it_ends() {
    let input = json!({"a": {"list": [1]}, "text": "t"});
    let cases = [
        ("$.none", "No results for path: $['none']"),
        ("$.no.such.path", "Missing property in path $['no']"),
        ("$.a.none.such", "Missing property in path $['a']['none']"),
        ("$.a.list[1]", "No results for path: $['a']['list'][1]"),
        ("$.a.list[-2]", "No results for path: $['a']['list'][-2]"),
        ("$.text.a", "Expected to find an object with property ['a'] in path $['text'] but found 'string'"),
        ("$.text[0]", "Filter: [0] can only be applied to arrays. Current context is: \"t\""),
        ("$.text[0].a[1]", "Filter: [0]['a'][1] can only be applied to arrays. Current context is: \"t\""),
    ];
    for (path, detail) in cases {
        let miss = find(path, &input).unwrap_err();
        assert_eq!(miss.detail, detail, "{path}");
        assert_eq!(miss.cause(), format!("Invalid path '{path}' : {detail}"));
        assert_eq!(miss.error(), "States.Runtime");
    }
    assert_eq!(find("$.text[1:]", &input).unwrap_err().kind, MissKind::Mismatch);
}

#[test]
fn the_cause_in_a_field_names_the_field_and_the_input() {
    let miss = find("$.none", &json!({"int-literal": 0})).unwrap_err();
    assert_eq!(
        miss.cause_in_field("value.$", &json!({"int-literal": 0})),
        "The JSONPath '$.none' specified for the field 'value.$' could not be found in the input '{\"int-literal\":0}'"
    );
}

#[test]
fn a_path_starts_at_the_input_the_context_object_or_a_variable() {
    let input = json!({"a": 1});
    let context = json!({"Execution": {"Id": "x"}});
    let variables: Map<String, Value> = [("count".to_owned(), json!([4, {"é": 5}]))].into_iter().collect();
    let roots = Roots::of(&input).context(&context).variables(&variables);
    let find = |path: &str| Path::parse(path).unwrap().evaluate(&roots).map(std::borrow::Cow::into_owned);
    assert_eq!(find("$$").unwrap(), context);
    assert_eq!(find("$$.Execution.Id").unwrap(), json!("x"));
    assert_eq!(find("$count").unwrap(), json!([4, {"é": 5}]));
    assert_eq!(find("$count[1].é").unwrap(), json!(5));
    assert_eq!(find("$count[*]").unwrap(), json!([4, {"é": 5}]));
    assert_eq!(find("$other.x").unwrap_err().kind, MissKind::Unassigned);
    assert_eq!(Path::parse("$count.x").unwrap().variable(), Some("count"));
    assert_eq!(Path::parse("$.x").unwrap().variable(), None);
}

#[test]
fn which_paths_are_definite_and_which_are_references() {
    let cases = [
        ("$", true, true),
        ("$.a.b", true, true),
        ("$['a'][0]", true, true),
        ("$.a[-1]", true, false),
        ("$['a','b']", true, false),
        ("$['a','b'].c", false, false),
        ("$.a[*]", false, false),
        ("$.a[0,1]", false, false),
        ("$.a[0:1]", false, false),
        ("$..a", false, false),
        ("$.a[?(@.b)]", false, false),
        ("$$.a", true, false),
        ("$x.a", true, false),
    ];
    for (text, definite, reference) in cases {
        let path = Path::parse(text).unwrap();
        assert_eq!(path.is_definite(), definite, "{text}");
        assert_eq!(path.is_reference(), reference, "{text}");
    }
}

#[test]
fn what_is_not_a_path_is_refused_with_the_place() {
    let cases = [
        ("", 0),
        ("a", 0),
        (" $", 0),
        ("$.", 2),
        ("$..", 3),
        ("$.a.", 4),
        ("$[", 2),
        ("$[]", 2),
        ("$['a'", 5),
        ("$['a", 2),
        ("$[a]", 2),
        ("$.a b", 3),
        ("$.length()", 2),
        ("$[?()]", 4),
        ("$[?(@.a ==)]", 10),
        ("$[?(@.a]", 7),
        ("$[1.5]", 3),
        ("$[99999999999999999999]", 2),
        ("$[?('a')]", 7),
        ("$[?(@.a =~ 'b')]", 8),
        ("$[?(@ =~ /(/)]", 9),
        ("$-a", 1),
        ("$x-y", 2),
    ];
    for (text, at) in cases {
        let error = Path::parse(text).unwrap_err();
        assert_eq!(error.at, at, "{error}");
    }
}

#[test]
fn a_path_that_explodes_ends_in_an_error() {
    let mut value = json!(1);
    for _ in 0..60 {
        value = json!([value, [1]]);
    }
    let miss = find("$..*..*..*..*", &value).unwrap_err();
    assert_eq!(miss.kind, MissKind::Exhausted);
    let wide = json!((0..2000).collect::<Vec<_>>());
    let miss = find("$[?($[?($[?(@ > 5)])])]", &wide).unwrap_err();
    assert_eq!(miss.kind, MissKind::Exhausted);
    let text = json!({"a": "x".repeat(1 << 20), "list": (0..100).collect::<Vec<_>>()});
    let all = format!("$[{}]", vec!["'a'"; 40].join(","));
    assert!(find(&all, &text).is_ok());
    let nested = format!("${}", "[?(@)]".repeat(300));
    assert!(Path::parse(&nested).is_err());
    let deep = format!("$[?{}@.a{}]", "(".repeat(5000), ")".repeat(5000));
    assert!(Path::parse(&deep).is_err());
    let not = format!("$[?({}@.a)]", "!".repeat(5000));
    assert!(Path::parse(&not).is_err());
}

#[test]
fn a_printed_path_parses_to_an_equal_one() {
    for text in [
        "$",
        "$$.a",
        "$x['a b'][0]",
        r"$['it\'s','\\']",
        "$.a[*]..b[1:][:-2][0,-1]",
        "$..[?(@.a == 1 && (@.b || !(@.c =~ /x\\/y/i)) && $.d in ['a', 2, null])]",
        "$[?(!@.a && @.b size 2)]",
    ] {
        let path = Path::parse(text).unwrap();
        let printed = path.to_string();
        assert_eq!(Path::parse(&printed).unwrap_or_else(|error| panic!("{error}")), path, "{text} {printed}");
    }
}
