//! Files of connections.

use std::io::stderr;

use anyhow::{Result, anyhow};
use duramen_states::definition::Pointer;
use duramen_states::http::Connection;
use serde_json::{Map, Value};

use crate::output::has_colour;
use crate::report::{self, Said};
use crate::source::Source;

/// What is wrong with a file, and where.
struct Wrong {
    message: String,
    pointer: Pointer,
}

impl Wrong {
    fn new(pointer: &Pointer, message: impl Into<String>) -> Self {
        Self { message: message.into(), pointer: pointer.clone() }
    }
}

/// What environment variables are found in.
type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Reads a file of connections, by their names; what is wrong with it is shown with its line.
pub(super) fn read(source: &Source) -> Result<Vec<(String, Connection)>> {
    let text = source.read()?;
    let value: Value = serde_json::from_str(&text).map_err(|error| anyhow!("{source}: it is not JSON: {error}"))?;
    connections(&value, &|name| std::env::var(name).ok()).map_err(|Wrong { message, pointer }| {
        let said = Said { code: None, message: &message, label: &pointer.location(), help: None };
        match report::at(&text, &source.to_string(), &pointer, &said, has_colour(&stderr())) {
            Ok(shown) => anyhow!("{source} is no file of connections\n{}", shown.trim_end()),
            Err(_) => anyhow!("{source}: {message}"),
        }
    })
}

fn connections(value: &Value, environment: Environment<'_>) -> Result<Vec<(String, Connection)>, Wrong> {
    let root = Pointer::root();
    let one = |(name, value): (&String, &Value)| {
        let at = root.field(name);
        Ok((name.clone(), connection(&Fields::of(value, &at, environment)?)?))
    };
    object(value, &root)?.iter().map(one).collect()
}

const KINDS: [&str; 3] = ["apiKey", "basic", "oauth"];

fn connection(fields: &Fields<'_>) -> Result<Connection, Wrong> {
    fields.are_known(&["apiKey", "basic", "oauth", "headers", "query", "body"])?;
    let mut kinds = KINDS.into_iter().filter(|kind| fields.of.contains_key(*kind));
    let mut connection = match kinds.next() {
        None => Connection::open(),
        Some("apiKey") => {
            let key = fields.within("apiKey")?;
            key.are_known(&["name", "value"])?;
            Connection::api_key(key.text("name")?, key.text("value")?)
        }
        Some("basic") => {
            let basic = fields.within("basic")?;
            basic.are_known(&["user", "password"])?;
            Connection::basic(basic.text("user")?, basic.text("password")?)
        }
        Some(_) => oauth(&fields.within("oauth")?)?,
    };
    if let Some(another) = kinds.next() {
        return Err(Wrong::new(&fields.at.field(another), "a connection is of one kind only"));
    }
    for (name, value) in fields.texts("headers")? {
        connection = connection.header(name, value);
    }
    for (name, value) in fields.texts("query")? {
        connection = connection.query(name, value);
    }
    for (name, value) in fields.values("body")? {
        connection = connection.body(name, value);
    }
    Ok(connection)
}

fn oauth(fields: &Fields<'_>) -> Result<Connection, Wrong> {
    fields.are_known(&["endpoint", "client", "secret", "headers", "body"])?;
    let mut connection = Connection::oauth(fields.text("endpoint")?, fields.text("client")?, fields.text("secret")?);
    for (name, value) in fields.texts("headers")? {
        connection = connection.token_header(name, value);
    }
    for (name, value) in fields.values("body")? {
        connection = connection.token_parameter(name, value);
    }
    Ok(connection)
}

/// An object of the file.
struct Fields<'v> {
    of: &'v Map<String, Value>,
    at: Pointer,
    environment: Environment<'v>,
}

impl<'v> Fields<'v> {
    fn of(value: &'v Value, at: &Pointer, environment: Environment<'v>) -> Result<Self, Wrong> {
        Ok(Self { of: object(value, at)?, at: at.clone(), environment })
    }

    fn are_known(&self, known: &[&str]) -> Result<(), Wrong> {
        match self.of.keys().find(|name| !known.contains(&name.as_str())) {
            Some(other) => {
                let message = format!("there may be {}, but no `{other}`", known.join(", "));
                Err(Wrong::new(&self.at.field(other), message))
            }
            None => Ok(()),
        }
    }

    fn within(&self, name: &str) -> Result<Self, Wrong> {
        Self::of(self.of.get(name).unwrap_or(&Value::Null), &self.at.field(name), self.environment)
    }

    fn text(&self, name: &str) -> Result<String, Wrong> {
        let at = self.at.field(name);
        let value = self.of.get(name).ok_or_else(|| Wrong::new(&self.at, format!("`{name}` is missing")))?;
        self.in_text(value, &at)
    }

    fn in_text(&self, value: &Value, at: &Pointer) -> Result<String, Wrong> {
        match self.resolved(value, at)? {
            Value::String(text) => Ok(text),
            _ => Err(Wrong::new(at, "it must be a text, or {\"env\": NAME} for that of an environment variable")),
        }
    }

    /// The value, or what the environment variable has that it names.
    fn resolved(&self, value: &Value, at: &Pointer) -> Result<Value, Wrong> {
        let named = value.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.get("env"));
        let Some(name) = named.and_then(Value::as_str) else { return Ok(value.clone()) };
        match (self.environment)(name) {
            Some(text) => Ok(Value::String(text)),
            None => Err(Wrong::new(&at.field("env"), format!("the environment variable {name} is not set"))),
        }
    }

    /// Each field of the object under that name, if there is one.
    fn each<T>(
        &self,
        name: &str,
        one: impl Fn(&Value, &Pointer) -> Result<T, Wrong>,
    ) -> Result<Vec<(String, T)>, Wrong> {
        let Some(value) = self.of.get(name) else { return Ok(Vec::new()) };
        let at = self.at.field(name);
        let fields = object(value, &at)?.iter();
        fields.map(|(name, value)| Ok((name.clone(), one(value, &at.field(name))?))).collect()
    }

    fn texts(&self, name: &str) -> Result<Vec<(String, String)>, Wrong> {
        self.each(name, |value, at| self.in_text(value, at))
    }

    fn values(&self, name: &str) -> Result<Vec<(String, Value)>, Wrong> {
        self.each(name, |value, at| self.resolved(value, at))
    }
}

fn object<'v>(value: &'v Value, at: &Pointer) -> Result<&'v Map<String, Value>, Wrong> {
    value.as_object().ok_or_else(|| Wrong::new(at, "it must be an object"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Result<Vec<String>, (String, String)> {
        let environment = |name: &str| (name == "KEY").then(|| "secret".to_owned());
        match connections(value, &environment) {
            Ok(read) => Ok(read.iter().map(|(name, connection)| format!("{name}: {connection:?}")).collect()),
            Err(wrong) => Err((wrong.pointer.location(), wrong.message)),
        }
    }

    #[test]
    fn each_kind_is_read_and_secrets_come_from_the_environment() {
        let secret = json!({"env": "KEY"});
        let all = json!({
            "key": {"apiKey": {"name": "x-key", "value": secret}, "headers": {"x-more": secret}},
            "basic": {"basic": {"user": "me", "password": "plain"}, "query": {"v": "2"}},
            "arn:aws:events:us-east-1:1:connection/o/1": {"oauth": {"endpoint": "https://a/t", "client": "me",
                "secret": secret, "headers": {"a": "b"}, "body": {"n": 7}}, "body": {"deep": {"env": 7}}},
            "open": {},
        });
        let said = ["key: ApiKey", "basic: Basic", "arn:aws:events:us-east-1:1:connection/o/1: OAuth", "open: Open"];
        assert_eq!(read(&all).unwrap(), said);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let key = |value: Value| json!({"c": {"apiKey": {"name": "k", "value": value}}});
        for (value, place, message) in [
            (json!([]), "/", "it must be an object"),
            (json!({"c": 1}), "/c", "it must be an object"),
            (json!({"c": {"apikey": {}}}), "/c/apikey", "no `apikey`"),
            (json!({"c": {"basic": {"user": "u"}}}), "/c/basic", "`password` is missing"),
            (json!({"c": {"basic": {"user": "u", "password": "p"}, "oauth": {}}}), "/c/oauth", "one kind"),
            (key(json!(7)), "/c/apiKey/value", "it must be a text"),
            (key(json!({"env": "NONE"})), "/c/apiKey/value/env", "variable NONE is not set"),
            (key(json!({"env": "KEY", "or": "x"})), "/c/apiKey/value", "it must be a text"),
            (json!({"c": {"headers": {"a": 1}}}), "/c/headers/a", "it must be a text"),
        ] {
            let (at, said) = read(&value).unwrap_err();
            assert_eq!(at, place, "{said}");
            assert!(said.contains(message), "{said}");
        }
    }
}
