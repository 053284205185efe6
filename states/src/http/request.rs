//! From the parameters of a task to a request.

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::connection::Added;
use super::encode::{Arrays, form, plain};
use crate::history::Fault;

/// Headers that a task may not give: they are for those who carry the request, and for connections.
const FORBIDDEN: &[&str] = &[
    "a-im",
    "accept-charset",
    "accept-datetime",
    "accept-encoding",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "forwarded",
    "from",
    "host",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "origin",
    "pragma",
    "proxy-authorization",
    "referer",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "warning",
];
const FORBIDDEN_FRONTS: &[&str] = &["x-forwarded-", "x-amz-", "x-amzn-"];
const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];

/// A request, before its body is written down.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub(super) method: String,
    pub(super) url: Url,
    /// The name or ARN of the connection.
    pub(super) connection: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    query: Vec<(String, String)>,
    body: Option<Value>,
    encoded: Option<Arrays>,
}

/// A request as it is sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) url: Url,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Option<String>,
}

/// What is wrong with the parameters cannot be made good by trying again.
fn wrong(cause: impl Into<String>) -> Fault {
    Fault { error: Some("States.Runtime".to_owned()), cause: Some(cause.into()) }
}

impl Draft {
    pub(super) fn of(parameters: &Value) -> Result<Self, Fault> {
        let text = |path: &str| parameters.pointer(path).and_then(Value::as_str);
        let missing = |field: &str| wrong(format!("The field '{field}' is missing or no text"));
        let endpoint = text("/ApiEndpoint").ok_or_else(|| missing("ApiEndpoint"))?;
        let url = Url::parse(endpoint).map_err(|error| wrong(format!("The ApiEndpoint '{endpoint}': {error}")))?;
        let method = text("/Method").ok_or_else(|| missing("Method"))?;
        if !METHODS.contains(&method) {
            return Err(wrong(format!("The method '{method}' is none of {}", METHODS.join(", "))));
        }
        let connection = text("/Authentication/ConnectionArn").or_else(|| text("/InvocationConfig/ConnectionArn"));
        let connection = connection.ok_or_else(|| missing("Authentication.ConnectionArn"))?;
        let mut headers = Vec::new();
        for (name, value) in pairs(parameters, "Headers")? {
            let lower = name.to_ascii_lowercase();
            if FORBIDDEN.contains(&lower.as_str()) || FORBIDDEN_FRONTS.iter().any(|front| lower.starts_with(front)) {
                return Err(wrong(format!("The header '{name}' may not be given")));
            }
            headers.push(header(&name, &value)?);
        }
        Ok(Self {
            method: method.to_owned(),
            url,
            connection: connection.to_owned(),
            headers,
            query: pairs(parameters, "QueryParameters")?,
            body: parameters.get("RequestBody").filter(|body| !body.is_null()).cloned(),
            encoded: encoding(parameters)?,
        })
    }

    /// With what a connection adds, in place of what the task gives.
    pub(super) fn with(mut self, added: &Added) -> Result<Self, Fault> {
        let given = added.headers.iter().map(|(name, value)| header(name, value)).collect::<Result<Vec<_>, _>>()?;
        self.headers.retain(|(name, _)| !given.iter().any(|(other, _)| other == name));
        self.headers.extend(given);
        self.query.retain(|(name, _)| !added.query.iter().any(|(other, _)| other == name));
        self.query.extend(added.query.iter().cloned());
        if !added.body.is_empty() {
            match self.body.get_or_insert_with(|| Value::Object(Map::new())) {
                Value::Object(fields) => fields.extend(added.body.clone()),
                _ => return Err(wrong("The connection adds fields to the RequestBody, which is no object")),
            }
        }
        Ok(self)
    }

    /// With a header, in place of one of that name.
    pub(super) fn with_header(mut self, name: &str, value: &str) -> Result<Self, Fault> {
        let (name, value) = header(name, value)?;
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value));
        Ok(self)
    }

    /// Writes the body down.
    pub(super) fn finish(self) -> Result<Request, Fault> {
        let Self { method, mut url, mut headers, query, body, encoded, .. } = self;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(&query);
        }
        let of_type = headers.iter().find(|(name, _)| name == reqwest::header::CONTENT_TYPE);
        let of_type = of_type.and_then(|(_, value)| value.to_str().ok()).map(str::to_ascii_lowercase);
        let body = match (body, encoded) {
            (None, _) => None,
            (Some(body), Some(arrays)) => {
                let form = form(&body, arrays);
                Some(form.ok_or_else(|| wrong("A RequestBody that is URL-encoded must be an object"))?)
            }
            (Some(Value::String(text)), None) if of_type.as_deref().is_some_and(|kind| !is_json(kind)) => Some(text),
            (Some(body), None) => Some(body.to_string()),
        };
        if body.is_some() && of_type.is_none() {
            let of_type = if encoded.is_some() { "application/x-www-form-urlencoded" } else { "application/json" };
            headers.push((reqwest::header::CONTENT_TYPE, HeaderValue::from_static(of_type)));
        }
        Ok(Request { method, url, headers, body })
    }
}

/// Whether a media type is one of JSON.
pub(super) fn is_json(of_type: &str) -> bool {
    let essence = of_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}

/// The fields of an object; those that are arrays once for each item.
fn pairs(parameters: &Value, field: &str) -> Result<Vec<(String, String)>, Fault> {
    let fields = match parameters.get(field) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err(wrong(format!("The field '{field}' must be an object"))),
    };
    let mut pairs = Vec::new();
    for (name, value) in fields {
        match value {
            Value::Null => {}
            Value::Array(items) => pairs.extend(items.iter().map(|item| (name.clone(), plain(item)))),
            other => pairs.push((name.clone(), plain(other))),
        }
    }
    Ok(pairs)
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Fault> {
    let bad = || wrong(format!("The header '{name}' cannot be sent"));
    let value = HeaderValue::from_str(value).map_err(|_| bad())?;
    Ok((HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?, value))
}

/// How the body is encoded as a form, if it is.
fn encoding(parameters: &Value) -> Result<Option<Arrays>, Fault> {
    let Some(transform) = parameters.get("Transform").filter(|transform| !transform.is_null()) else { return Ok(None) };
    match transform.get("RequestBodyEncoding").and_then(Value::as_str) {
        Some("URL_ENCODED") => {}
        Some("NONE") | None => return Ok(None),
        Some(other) => return Err(wrong(format!("The RequestBodyEncoding '{other}' is neither NONE nor URL_ENCODED"))),
    }
    match transform.pointer("/RequestEncodingOptions/ArrayFormat").and_then(Value::as_str) {
        None => Ok(Some(Arrays::default())),
        Some(name) => Arrays::named(name)
            .map(Some)
            .ok_or_else(|| wrong(format!("The ArrayFormat '{name}' is none of INDICES, REPEAT, COMMAS, BRACKETS"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn draft(more: Value) -> Result<Draft, Fault> {
        let mut parameters = json!({
            "ApiEndpoint": "https://api.example.com/v1?a=1", "Method": "POST", "Authentication": {"ConnectionArn": "c"},
        });
        if let Value::Object(more) = more {
            parameters.as_object_mut().unwrap().extend(more);
        }
        Draft::of(&parameters)
    }

    fn header_of(request: &Request, name: &str) -> Vec<String> {
        let found = request.headers.iter().filter(|(other, _)| other == name);
        found.map(|(_, value)| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_body_is_json_if_nothing_else_is_said() {
        let request = draft(json!({"RequestBody": {"a": [1]}, "QueryParameters": {"q": "x y", "n": [1, true]}}));
        let request = request.unwrap().finish().unwrap();
        assert_eq!(request.body.as_deref(), Some(r#"{"a":[1]}"#));
        assert_eq!(header_of(&request, "content-type"), ["application/json"]);
        assert_eq!(request.url.as_str(), "https://api.example.com/v1?a=1&q=x+y&n=1&n=true");
        let text =
            draft(json!({"RequestBody": "a,b", "Headers": {"Content-Type": "text/csv"}})).unwrap().finish().unwrap();
        assert_eq!(
            (text.body.as_deref(), header_of(&text, "content-type")),
            (Some("a,b"), vec!["text/csv".to_owned()])
        );
    }

    #[test]
    fn a_body_may_be_a_form() {
        let transform =
            json!({"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": "COMMAS"}});
        let request =
            draft(json!({"RequestBody": {"a": ["x", "y"]}, "Transform": transform})).unwrap().finish().unwrap();
        assert_eq!(request.body.as_deref(), Some("a=x%2Cy"));
        assert_eq!(header_of(&request, "content-type"), ["application/x-www-form-urlencoded"]);
    }

    #[test]
    fn what_the_connection_adds_goes_before_what_the_task_gives() {
        let added = Added {
            headers: vec![("X-Who".to_owned(), "connection".to_owned())],
            query: vec![("q".to_owned(), "connection".to_owned())],
            body: json!({"a": 2}).as_object().unwrap().clone(),
        };
        let given =
            json!({"Headers": {"x-who": "task"}, "QueryParameters": {"q": "task"}, "RequestBody": {"a": 1, "b": 1}});
        let request = draft(given).unwrap().with(&added).unwrap().finish().unwrap();
        assert_eq!(header_of(&request, "x-who"), ["connection"]);
        assert_eq!(request.url.query(), Some("a=1&q=connection"));
        assert_eq!(request.body.as_deref(), Some(r#"{"a":2,"b":1}"#));
        assert!(draft(json!({"RequestBody": [1]})).unwrap().with(&added).is_err());
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        for more in [
            json!({"ApiEndpoint": "no url"}),
            json!({"Method": "TRACE"}),
            json!({"Authentication": {}}),
            json!({"Headers": {"Host": "x"}}),
            json!({"Headers": {"authorization": "x"}}),
            json!({"Headers": {"X-Amz-Date": "x"}}),
            json!({"Headers": {"a b": "x"}}),
            json!({"Headers": {"a": "x\r\ny: z"}}),
            json!({"QueryParameters": [1]}),
            json!({"Transform": {"RequestBodyEncoding": "GZIP"}}),
            json!({"Transform": {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": "X"}}}),
        ] {
            let fault = draft(more.clone()).unwrap_err();
            assert_eq!(fault.error.as_deref(), Some("States.Runtime"), "{more}");
        }
    }
}
