//! Sending a request, and what its response comes to.

use std::error::Error as _;

use data_encoding::BASE64;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, USER_AGENT};
use serde_json::{Map, Value, json};

use super::Http;
use super::address::{NOT_PUBLIC, names_private};
use super::connection::Auth;
use super::request::{Draft, Request, is_json};
use super::trace::{Exchange, Trace};
use crate::history::Fault;

/// As many bytes of a body are kept as the cause of a failure.
const CAUSE_BYTES: usize = 32_768;

/// A response that was read.
struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

fn fault(error: &str, cause: impl Into<String>) -> Fault {
    Fault { error: Some(error.to_owned()), cause: Some(cause.into()) }
}

impl Http {
    /// Makes the call that the parameters of a task describe.
    pub(crate) async fn invoke(&self, parameters: &Value, trace: Option<&Trace>) -> Result<Value, Fault> {
        let draft = Draft::of(parameters)?;
        let origin = draft.url.origin().ascii_serialization();
        if !self.origins.iter().any(|allowed| allowed.allows(&draft.url)) {
            return Err(fault("States.Permissions", format!("The origin '{origin}' is not allowed")));
        }
        if !self.private && names_private(&draft.url) {
            return Err(fault("States.Permissions", format!("The origin '{origin}' is not allowed: {NOT_PUBLIC}")));
        }
        let Some((name, connection)) = self.find(&draft.connection) else {
            return Err(fault("States.Permissions", format!("There is no connection '{}'", draft.connection)));
        };
        let plain = draft.clone().finish()?;
        let draft = draft.with(&connection.added)?;
        let response = match &connection.auth {
            Auth::Open => self.send(&plain, draft, trace).await?,
            Auth::Basic { user, password } => {
                let credentials = BASE64.encode(format!("{user}:{password}").as_bytes());
                self.send(&plain, draft.with_header("authorization", &format!("Basic {credentials}"))?, trace).await?
            }
            Auth::ApiKey { name, value } => self.send(&plain, draft.with_header(name, value)?, trace).await?,
            Auth::Client(oauth) => {
                let mut refused = None;
                loop {
                    let token = self.tokens.get(name, oauth, &self.trusted, refused.as_deref());
                    let token = token.await.map_err(|why| {
                        let cause = format!("The connection '{name}' has got no token: {why}");
                        fault("Events.ConnectionResource.InvalidConnectionState", cause)
                    })?;
                    let authorized = draft.clone().with_header("authorization", &format!("Bearer {token}"))?;
                    let response = self.send(&plain, authorized, trace).await?;
                    let is_refused = matches!(response.status.as_u16(), 401 | 407);
                    if !is_refused || refused.replace(token).is_some() {
                        break response;
                    }
                }
            }
        };
        result(response)
    }

    async fn send(&self, plain: &Request, draft: Draft, trace: Option<&Trace>) -> Result<Response, Fault> {
        let request = draft.finish()?;
        let watched = self.watch.as_ref().map(|_| Trace::revealing(self.reveal));
        let traces = [trace, watched.as_ref()];
        for trace in traces.into_iter().flatten() {
            trace.request(if trace.reveal { &request } else { plain });
        }
        let scheme = request.url.scheme().to_owned();
        let response = self.exchange(request).await;
        if let Ok(Response { status, headers, body }) = &response {
            for trace in traces.into_iter().flatten() {
                trace.response(&scheme, *status, headers, body);
            }
        }
        if let (Some(watch), Some((Some(request), response))) = (&self.watch, watched.map(|trace| trace.take())) {
            watch(&Exchange { request, response });
        }
        response
    }

    async fn exchange(&self, request: Request) -> Result<Response, Fault> {
        let client = self.client().map_err(|why| fault("States.Http.Socket", why))?;
        let method = reqwest::Method::from_bytes(request.method.as_bytes());
        let method = method.map_err(|error| fault("States.Runtime", error.to_string()))?;
        let mut headers: HeaderMap = HeaderMap::new();
        for (name, value) in request.headers {
            headers.append(name, value);
        }
        let mut building = client.request(method, request.url).headers(headers).header(USER_AGENT, &self.user_agent);
        if let Some(body) = request.body {
            building = building.body(body);
        }
        let mut response = building.send().await.map_err(unreached)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreached)? {
            body.extend_from_slice(&chunk);
            if body.len() > self.response_bytes {
                let cause = format!("The response has more than {} bytes", self.response_bytes);
                return Err(fault("States.DataLimitExceeded", cause));
            }
        }
        let of_type = text_of(&headers, CONTENT_TYPE.as_str());
        let binary = ["application/octet-stream", "image/", "video/", "audio/"];
        match String::from_utf8(body) {
            Ok(body) if !binary.iter().any(|front| of_type.starts_with(front)) => {
                Ok(Response { status, headers, body })
            }
            _ => Err(fault("States.Runtime", format!("The response is no text, but '{of_type}'"))),
        }
    }
}

/// What a response comes to. One that leads elsewhere is not followed.
fn result(response: Response) -> Result<Value, Fault> {
    let Response { status, headers, body } = response;
    if !status.is_success() {
        let end = (0..=CAUSE_BYTES.min(body.len())).rev().find(|end| body.is_char_boundary(*end)).unwrap_or(0);
        let cause = body.get(..end).unwrap_or_default();
        return Err(fault(&format!("States.Http.StatusCode.{}", status.as_u16()), cause));
    }
    let mut shown = Map::new();
    for name in headers.keys() {
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        shown.insert(name.as_str().to_owned(), json!(values.collect::<Vec<_>>()));
    }
    let parsed = is_json(&text_of(&headers, CONTENT_TYPE.as_str())).then(|| serde_json::from_str(&body).ok()).flatten();
    Ok(json!({
        "Headers": shown, "ResponseBody": parsed.unwrap_or(Value::String(body)), "StatusCode": status.as_u16(),
        "StatusText": status.canonical_reason().unwrap_or_default(),
    }))
}

fn text_of(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase()
}

/// Why there is no response.
fn unreached(error: reqwest::Error) -> Fault {
    let said = words(error);
    match said.contains(NOT_PUBLIC) {
        true => fault("States.Permissions", said),
        false => fault("States.Http.Socket", said),
    }
}

/// An error with all that led to it. It does not have the URL in it, which may have secrets in it.
#[allow(clippy::needless_pass_by_value, reason = "so it maps an error")]
pub(super) fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        said = format!("{said}: {inner}");
        source = inner.source();
    }
    said
}
