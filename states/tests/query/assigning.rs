//! Putting values where reference paths point to.

use duramen_states::query::Path;
use serde_json::{Value, json};

fn assign(path: &str, mut target: Value, value: Value) -> Result<Value, String> {
    let path = Path::parse(path).unwrap();
    path.assign(&mut target, value).map(|()| target).map_err(|error| format!("{}: {error}", error.error()))
}

#[test]
fn a_value_is_put_where_the_path_points_to() {
    let cases = [
        ("$", json!({"a": 1}), json!(9)),
        ("$.a", json!({"a": 1}), json!({"a": 9})),
        ("$.b", json!({"a": 1}), json!({"a": 1, "b": 9})),
        ("$.b.c['d e']", json!({"a": 1}), json!({"a": 1, "b": {"c": {"d e": 9}}})),
        ("$.a[1]", json!({"a": [1, 2]}), json!({"a": [1, 9]})),
        ("$[0].x", json!([{}]), json!([{"x": 9}])),
    ];
    for (path, target, expected) in cases {
        assert_eq!(assign(path, target, json!(9)).unwrap(), expected, "{path}");
    }
}

#[test]
fn what_the_path_cannot_be_applied_to_stays_as_it_is() {
    for (path, target) in [
        ("$.a", json!("text")),
        ("$.a", json!([1])),
        ("$.a", json!(null)),
        ("$.a.b", json!({"a": 1})),
        ("$.a.b", json!({"a": null})),
        ("$.a[0]", json!({"a": {}})),
        ("$.a[2]", json!({"a": [1, 2]})),
        ("$.new[0]", json!({})),
        ("$.a[*]", json!({"a": [1]})),
    ] {
        let mut changed = target.clone();
        let error = Path::parse(path).unwrap().assign(&mut changed, json!(9)).unwrap_err();
        assert_eq!(changed, target, "{path}");
        assert_eq!(error.error(), "States.ResultPathMatchFailure");
        assert_eq!(error.to_string(), format!("Unable to apply ReferencePath {path} to input {target}"));
    }
}
