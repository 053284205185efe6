//! The variables of a requirement: `${NAME}`.

use std::collections::BTreeMap;

use serde_json::Value;

/// What the variables of a requirement stand for, as far as that is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables {
    values: BTreeMap<String, Value>,
}

impl Variables {
    /// Those that a requirement declares. `${GEN_STR:n}` is `n` letters and digits by chance.
    pub(crate) fn declared(declared: &Value) -> Self {
        let mut values = BTreeMap::new();
        for (name, value) in declared.as_object().into_iter().flatten() {
            let length =
                value.as_str().and_then(|text| text.strip_prefix("${GEN_STR:")?.strip_suffix('}')?.parse().ok());
            let value = match length {
                Some(length) => Value::from((0..length).map(|_: usize| fastrand::alphanumeric()).collect::<String>()),
                None => value.clone(),
            };
            values.insert(name.clone(), value);
        }
        Self { values }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// The variable that has this value.
    pub(crate) fn holding(&self, value: &Value) -> Option<&str> {
        self.values.iter().find(|(_, held)| *held == value).map(|(name, _)| name.as_str())
    }

    pub(crate) fn bind(&mut self, name: &str, value: &Value) {
        self.values.insert(name.to_owned(), value.clone());
    }

    /// The value with all that is known put in: a text that is a variable becomes its value, one that contains some has
    /// their texts in it.
    pub(crate) fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.fill_text(text),
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), self.fill(field))).collect(),
            _ => value.clone(),
        }
    }

    fn fill_text(&self, text: &str) -> Value {
        if let Some(value) = name_in(text).and_then(|name| self.get(name)) {
            return value.clone();
        }
        let mut filled = text.to_owned();
        for (name, value) in &self.values {
            let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            filled = filled.replace(&format!("${{{name}}}"), &written);
        }
        Value::from(filled)
    }
}

/// The name of the variable that the text is as a whole.
pub(crate) fn name_in(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains('}') && !name.starts_with('/')).then_some(name)
}

#[test]
fn variables_are_put_in_where_they_stand() {
    let variables = Variables::declared(&serde_json::json!({ "NAME": "${GEN_STR:7}", "N": 3 }));
    let name = variables.get("NAME").unwrap().as_str().unwrap().to_owned();
    assert_eq!(name.len(), 7);
    let filled = variables.fill(&serde_json::json!([{ "a": "${N}" }, "Hello, ${NAME}!", "${OTHER}"]));
    assert_eq!(filled, serde_json::json!([{ "a": 3 }, format!("Hello, {name}!"), "${OTHER}"]));
}
