//! What went to and fro, for who tries a state or watches the calls.

use std::sync::{Mutex, PoisonError};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::request::Request;

/// A request, and what came of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Exchange {
    /// What was sent, as AWS's `TestState` shows it: an object with `protocol`, `method`, `url`, `headers` and, if there is
    /// one, `body`. What the connection adds is not in it, unless [`Http::reveal_secrets`](super::Http::reveal_secrets)
    /// says so.
    pub request: Value,
    /// What came back: an object with `protocol`, `statusCode`, `statusMessage`, `headers` and `body`; none, if nothing
    /// came that could be read.
    pub response: Option<Value>,
}

/// Takes note of a request and its response.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Whether what the connection adds is shown too.
    pub(crate) reveal: bool,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    request: Option<Value>,
    response: Option<Value>,
}

impl Trace {
    pub(crate) fn revealing(reveal: bool) -> Self {
        Self { reveal, seen: Mutex::default() }
    }

    pub(super) fn request(&self, request: &Request) {
        let mut shown = json!({
            "protocol": request.url.scheme(), "method": request.method, "url": request.url.as_str(),
            "headers": list(request.headers.iter().map(|(name, value)| (name, value))),
        });
        if let (Some(fields), Some(body)) = (shown.as_object_mut(), &request.body) {
            fields.insert("body".to_owned(), json!(body));
        }
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).request = Some(shown);
    }

    pub(super) fn response(&self, scheme: &str, status: reqwest::StatusCode, headers: &HeaderMap, body: &str) {
        let shown = json!({
            "protocol": scheme, "statusCode": status.as_str(),
            "statusMessage": status.canonical_reason().unwrap_or_default(), "headers": list(headers.iter()), "body": body,
        });
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).response = Some(shown);
    }

    /// The request and the response, as far as there were.
    pub(crate) fn take(&self) -> (Option<Value>, Option<Value>) {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        (seen.request, seen.response)
    }
}

/// Headers as AWS lists them.
fn list<'h>(headers: impl Iterator<Item = (&'h HeaderName, &'h HeaderValue)>) -> String {
    let one =
        |(name, value): (&HeaderName, &HeaderValue)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    format!("[{}]", headers.map(one).collect::<Vec<_>>().join(", "))
}
