//! Bodies as forms, URL-encoded.

use reqwest::Url;
use serde_json::Value;

/// How the items of an array are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Arrays {
    /// `a[0]=x&a[1]=y`
    #[default]
    Indices,
    /// `a=x&a=y`
    Repeat,
    /// `a=x,y`
    Commas,
    /// `a[]=x&a[]=y`
    Brackets,
}

impl Arrays {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "INDICES" => Self::Indices,
            "REPEAT" => Self::Repeat,
            "COMMAS" => Self::Commas,
            "BRACKETS" => Self::Brackets,
            _ => return None,
        })
    }
}

/// The fields of a value as a form. What is in an object is named with its field in brackets. Nothing, if the value is no
/// object.
pub(super) fn form(value: &Value, arrays: Arrays) -> Option<String> {
    let mut pairs = Vec::new();
    for (name, value) in value.as_object()? {
        put(&mut pairs, name.clone(), value, arrays);
    }
    Some(encoded(&pairs))
}

fn put(pairs: &mut Vec<(String, String)>, name: String, value: &Value, arrays: Arrays) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                put(pairs, format!("{name}[{field}]"), value, arrays);
            }
        }
        Value::Array(items) if arrays == Arrays::Commas && items.iter().all(|item| !is_deep(item)) => {
            pairs.push((name, items.iter().map(plain).collect::<Vec<_>>().join(",")));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = match arrays {
                    Arrays::Indices => format!("{name}[{index}]"),
                    Arrays::Brackets => format!("{name}[]"),
                    Arrays::Repeat | Arrays::Commas => name.clone(),
                };
                put(pairs, name, item, arrays);
            }
        }
        other => pairs.push((name, plain(other))),
    }
}

fn is_deep(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// A value as text, without quotes.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn encoded(pairs: &[(String, String)]) -> String {
    // A query is encoded as a form is.
    let Ok(mut url) = Url::parse("http://form") else { return String::new() };
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn decoded(value: &Value, arrays: Arrays) -> String {
        let text = form(value, arrays).unwrap();
        let url = Url::parse(&format!("http://form?{text}")).unwrap();
        url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }

    #[test]
    fn arrays_are_written_in_four_ways() {
        let value = json!({"a": ["x", 2, true], "b": 1.5});
        let written = |arrays| decoded(&value, arrays);
        assert_eq!(written(Arrays::Indices), "a[0]=x&a[1]=2&a[2]=true&b=1.5");
        assert_eq!(written(Arrays::Repeat), "a=x&a=2&a=true&b=1.5");
        assert_eq!(written(Arrays::Commas), "a=x,2,true&b=1.5");
        assert_eq!(written(Arrays::Brackets), "a[]=x&a[]=2&a[]=true&b=1.5");
    }

    #[test]
    fn objects_are_written_with_their_fields_in_brackets() {
        let value = json!({"a": {"b": {"c": "x y"}, "d": ["1&2", {"e": null}]}});
        assert_eq!(decoded(&value, Arrays::Indices), "a[b][c]=x y&a[d][0]=1&2&a[d][1][e]=");
        assert_eq!(form(&json!({"k": "x y&z"}), Arrays::Indices).unwrap(), "k=x+y%26z");
        assert_eq!(form(&json!([1]), Arrays::Indices), None);
    }
}
