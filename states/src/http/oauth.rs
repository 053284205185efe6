//! Tokens that are fetched with the credentials of a client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Lock, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::Certificate;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::connection::OAuth;
use super::encode::{Arrays, form};
use super::send::words;

/// How long before its end a token is fetched anew.
const EARLY: Duration = Duration::from_secs(30);
/// How long fetching may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How many bytes the answer may have.
const MOST: usize = 64 * 1024;

/// The tokens of connections, by their names.
#[derive(Default)]
pub(super) struct Tokens {
    kept: Lock<HashMap<String, Arc<Mutex<Option<Token>>>>>,
    /// One that reaches any address: where tokens come from the program says, and not a definition.
    client: OnceLock<Result<reqwest::Client, String>>,
}

#[derive(Clone)]
struct Token {
    text: String,
    until: Option<Instant>,
}

impl Tokens {
    /// A token that is not the one that was not taken, fetched if need be. While it is fetched, others wait for it.
    pub(super) async fn get(
        &self,
        name: &str,
        oauth: &OAuth,
        trusted: &[Certificate],
        refused: Option<&str>,
    ) -> Result<String, String> {
        let place = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(kept.entry(name.to_owned()).or_default())
        };
        let mut place = place.lock().await;
        if let Some(token) = &*place
            && refused != Some(token.text.as_str())
            && token.until.is_none_or(|until| until > Instant::now())
        {
            return Ok(token.text.clone());
        }
        *place = None;
        let token = self.fetch(oauth, trusted).await?;
        *place = Some(token.clone());
        Ok(token.text)
    }

    async fn fetch(&self, oauth: &OAuth, trusted: &[Certificate]) -> Result<Token, String> {
        let client = self.client.get_or_init(|| super::building(trusted).timeout(TIMEOUT).build().map_err(words));
        let client = client.as_ref().map_err(Clone::clone)?;
        let mut fields = json!({
            "grant_type": "client_credentials", "client_id": oauth.client, "client_secret": oauth.secret,
        });
        if let Some(fields) = fields.as_object_mut() {
            fields.extend(oauth.added.body.clone());
        }
        let mut request = client
            .post(&oauth.endpoint)
            .header(reqwest::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(reqwest::header::ACCEPT, "application/json")
            .body(form(&fields, Arrays::Indices).unwrap_or_default());
        for (name, value) in &oauth.added.headers {
            request = request.header(name, value);
        }
        let mut response = request.send().await.map_err(words)?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("it was answered with the status {status}"));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(words)? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST {
                return Err("the answer is too long".to_owned());
            }
        }
        let answer: Value = serde_json::from_slice(&body).map_err(|_| "the answer is no JSON".to_owned())?;
        let text = answer.get("access_token").and_then(Value::as_str).ok_or("the answer has no access_token")?;
        let seconds = answer.get("expires_in").and_then(|seconds| match seconds {
            Value::String(digits) => digits.parse().ok(),
            other => other.as_u64(),
        });
        // A time beyond what can be counted is none.
        let until =
            seconds.and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds).saturating_sub(EARLY)));
        Ok(Token { text: text.to_owned(), until })
    }
}
