//! What holds of all texts and values.

use duramen_states::query::timestamp::Timestamp;
use duramen_states::query::{Expr, Expression, Intrinsic, Moment, Path, Roots, Rule, Template};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f32>().prop_map(Value::from),
        "[a-c]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            btree_map("[a-c]", inner, 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\.[a-c]",
        "\\.\\.[a-c]",
        Just(".*".to_owned()),
        Just("..*".to_owned()),
        Just("[*]".to_owned()),
        (-3..4).prop_map(|index| format!("[{index}]")),
        (-3..4, -3..4).prop_map(|(a, b)| format!("[{a}:{b}]")),
        (-3..4, -3..4).prop_map(|(a, b)| format!("[{a}, {b}]")),
        ".{0,3}".prop_map(|name| format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))),
        (
            "[a-c]",
            prop_oneof!["[0-9]", "'[a-c]'", Just("null".to_owned()), Just("@.b".to_owned()), Just("$..a".to_owned())],
            prop_oneof![Just("=="), Just("!="), Just("<"), Just(">="), Just("in"), Just("size"), Just("anyof")]
        )
            .prop_map(|(name, right, operator)| format!("[?(@.{name} {operator} {right} || !(@.a && @ == 1))]")),
    ]
}

fn path() -> impl Strategy<Value = String> {
    (prop_oneof![Just("$"), Just("$$"), Just("$x")], vec(segment(), 0..6))
        .prop_map(|(root, segments)| root.to_owned() + &segments.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_parser_panic(text in ".{0,40}") {
        let _ = Path::parse(&text);
        let _ = Path::parse(&format!("$[?({text})]"));
        let _ = Intrinsic::parse(&text);
        let _ = Intrinsic::parse(&format!("States.Array({text}"));
        let _ = Expr::parse(&text);
        let _ = Expression::compile(&text);
        let _ = Timestamp::parse(&text);
        let _ = Rule::compile(&json!({"Variable": text, "StringMatches": text, "Not": text}));
        let _ = Template::compile(&json!({"a.$": text}));
    }

    #[test]
    fn no_text_of_the_language_makes_a_parser_panic(text in r"[\$@\.\[\]\*\?\(\)'a0-9:,=<>!&|~/\\ {}%-]{0,30}") {
        let _ = Path::parse(&format!("${text}"));
        let _ = Path::parse(&format!("$[?({text})]"));
        let _ = Intrinsic::parse(&format!("States.Format({text})"));
        let _ = Expression::compile(&text);
    }

    #[test]
    fn a_path_evaluates_and_prints_to_an_equal_one(text in path(), input in value()) {
        let path = Path::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let printed = path.to_string();
        let again = Path::parse(&printed).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&path, &again, "{} {}", &text, &printed);
        let roots = Roots::of(&input).context(&input);
        match path.evaluate(&roots) {
            Ok(found) => prop_assert!(path.is_definite() || found.is_array()),
            Err(miss) => prop_assert!(miss.to_string().contains(&text)),
        }
    }

    #[test]
    fn what_is_assigned_is_found(names in vec("[a-d]", 1..5), mut target in value(), new in value()) {
        let path = Path::parse(&format!("$.{}", names.join("."))).unwrap();
        let before = target.clone();
        match path.assign(&mut target, new.clone()) {
            Ok(()) => prop_assert_eq!(&*path.evaluate(&Roots::of(&target)).unwrap(), &new),
            Err(_) => prop_assert_eq!(before, target),
        }
    }

    #[test]
    fn json_goes_through_text_and_back(input in value()) {
        let call = Intrinsic::parse("States.StringToJson(States.JsonToString($))").unwrap();
        prop_assert_eq!(call.evaluate(&Roots::of(&input), &mut Moment::new(0, 0)).unwrap(), input);
    }

    #[test]
    fn texts_go_through_base64_and_back(text in "[^\\PC]{0,100}") {
        let input = json!(text);
        let call = Intrinsic::parse("States.Base64Decode(States.Base64Encode($))").unwrap();
        prop_assert_eq!(call.evaluate(&Roots::of(&input), &mut Moment::new(0, 0)).unwrap(), input);
    }
}
