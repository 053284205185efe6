//! A call of an intrinsic function is read and evaluated. The same moment gives the same value.
#![no_main]

use duramen_states::query::{Expr, Intrinsic, Moment, Roots, Template};
use duramen_states_fuzz::parts;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|data: &[u8]| {
    let Some((text, value)) = parts(data) else { return };
    let compiled = Intrinsic::parse(text);
    let template = Template::compile(&json!({"v.$": text}));
    // What begins like a path is one.
    if Intrinsic::is_meant(text) {
        assert_eq!(compiled.is_ok(), Expr::parse(text).is_ok());
        assert_eq!(compiled.is_ok(), template.is_ok());
    }
    let Ok(call) = compiled else { return };
    assert_eq!(call.text(), text);
    let variables = serde_json::Map::from_iter([("x".to_owned(), value.clone())]);
    let roots = Roots::of(&value).context(&value).variables(&variables);
    let evaluate = || call.evaluate(&roots, &mut Moment::new(1_700_000_000_000, 7));
    match (evaluate(), evaluate()) {
        (Ok(one), Ok(other)) => {
            assert_eq!(one, other);
            // It can be kept as text.
            assert_eq!(serde_json::from_str::<serde_json::Value>(&one.to_string()).unwrap(), one);
        }
        (Err(one), Err(other)) => {
            assert_eq!(one, other);
            assert!(one.error().starts_with("States."));
        }
        (one, other) => panic!("{one:?}, but {other:?}"),
    }
});
