//! What conditions in paths hold of.

use serde_json::json;

use crate::paths::find;

#[test]
fn a_condition_picks_items() {
    let input = json!({
        "limit": 2,
        "rows": [
            {"id": 1, "name": "ink", "tags": ["a", "b"], "ok": true},
            {"id": 2, "name": "Pen", "tags": [], "none": null},
            {"id": 3, "name": "paper", "tags": ["b"], "sub": {"x": 1}},
            {"id": "4", "name": ""},
        ],
    });
    let cases = [
        ("@.id == 1", json!([1])),
        ("1 == @.id", json!([1])),
        ("@.id != 1", json!([2, 3, "4"])),
        ("@.id < 3", json!([1, 2])),
        ("@.id <= $.limit", json!([1, 2])),
        ("@.id > 2", json!([3])),
        ("@.id >= 2", json!([2, 3])),
        ("@.id == 4", json!(["4"])),
        ("@.id === 4", json!([])),
        ("@.id !== '4'", json!([1, 2, 3])),
        ("@.id == 1.0", json!([1])),
        ("@.name == 'ink'", json!([1])),
        ("@.name == \"ink\"", json!([1])),
        ("@['name'] == 'ink'", json!([1])),
        ("@.name > 'ink'", json!([3])),
        ("@.ok", json!([1])),
        ("!@.ok", json!([2, 3, "4"])),
        ("@.ok == true", json!([1])),
        ("@.none", json!([2])),
        ("@.none == null", json!([2])),
        ("@.none != 1", json!([1, 2, 3, "4"])),
        ("@.sub.x == 1", json!([3])),
        ("@.sub.x.y == 1", json!([])),
        ("@.name =~ /p.*/i", json!([2, 3])),
        ("@.name =~ /p/i", json!([])),
        ("@.name =~ /.*e.*/", json!([2, 3])),
        ("@.id in [1, 3]", json!([1, 3])),
        ("@.name in ['ink', 'paper']", json!([1, 3])),
        ("@.id nin [1, 3]", json!([2, "4"])),
        ("'b' in @.tags", json!([1, 3])),
        ("@.tags subsetof ['a', 'b', 'c']", json!([1, 2, 3])),
        ("@.tags anyof ['a']", json!([1])),
        ("@.tags noneof ['a']", json!([2, 3])),
        ("@.tags all ['a', 'b']", json!([1])),
        ("@.tags contains 'a'", json!([1])),
        ("@.name contains 'ap'", json!([3])),
        ("@.tags size 1", json!([3])),
        ("@.name size 3", json!([1, 2])),
        ("@.tags empty true", json!([2])),
        ("@.tags empty false", json!([1, 3])),
        ("@.name empty true", json!(["4"])),
        ("@.id == 1 || @.id == 3", json!([1, 3])),
        ("@.id > 1 && @.name == 'paper'", json!([3])),
        ("@.id == 1 || @.id == 2 && @.name == 'x'", json!([1])),
        ("(@.id == 1 || @.id == 2) && @.name == 'Pen'", json!([2])),
        ("!(@.id == 1)", json!([2, 3, "4"])),
        ("@.sub[*] size 0", json!([1, 2, "4"])),
        ("@.tags[0] == 'a'", json!([1])),
        ("@.tags[?(@ == 'b')]", json!([1, 3])),
        ("@.id == $.rows[2].id", json!([3])),
    ];
    for (condition, expected) in cases {
        let path = format!("$.rows[?({condition})].id");
        assert_eq!(find(&path, &input).unwrap(), expected, "{path}");
    }
}

#[test]
fn a_condition_on_scalars_asks_about_the_item() {
    assert_eq!(find("$[?(@ > 1)]", &json!([1, 2, "x", 3])).unwrap(), json!([2, 3]));
}

#[test]
fn a_condition_on_an_object_asks_about_the_object() {
    let input = json!({"o": {"a": 1}});
    assert_eq!(find("$.o[?(@.a == 1)]", &input).unwrap(), json!([{"a": 1}]));
    assert_eq!(find("$.o[?(@.a == 2)]", &input).unwrap(), json!([]));
}

#[test]
fn a_condition_behind_a_scan_asks_about_all_objects() {
    let input = json!({"a": [{"x": 1}, {"x": 2, "y": {"x": 1}}]});
    assert_eq!(find("$..[?(@.x == 1)]", &input).unwrap(), json!([{"x": 1}, {"x": 1}]));
}
