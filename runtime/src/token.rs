//! The tokens by which callbacks are answered.

use std::fmt;
use std::str::FromStr;

use duramen_storage::ExecutionId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Event, OperationId};

/// Names one callback of one execution, in a way that nobody can guess: who has it may answer, once.
///
/// As a text it is letters, digits, `-` and `_`, so that it passes through addresses and forms as it is.
///
/// ```
/// use duramen::{CallbackToken, Context, Failure};
///
/// async fn approve(ctx: Context, amount: u32) -> Result<bool, Failure> {
///     let mut approval = ctx.callback::<bool>("approval");
///     let token = approval.token();
///     ctx.step("ask", || mail(amount, token.clone())).await?;
///     approval.await
/// }
///
/// async fn mail(amount: u32, token: CallbackToken) -> Result<(), Failure> {
///     println!("May {amount} be paid? https://example.org/approve/{token}");
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallbackToken {
    pub(crate) execution: ExecutionId,
    pub(crate) operation: OperationId,
    pub(crate) nonce: u128,
}

/// The form of the bytes behind the text.
const FORM: u8 = 1;

impl CallbackToken {
    pub(crate) fn new(execution: ExecutionId, operation: OperationId, nonce: u128) -> Self {
        Self { execution, operation, nonce }
    }

    /// The token of the callback that begins with this event of the execution's [history](crate::Handle::history), for
    /// when it did not come through to who should answer; `None` of any other event. AWS's history shows it, too.
    #[must_use]
    pub fn of_event(execution: ExecutionId, event: &Event) -> Option<Self> {
        match event {
            Event::CallbackStarted { operation, nonce, .. } => Some(Self::new(execution, operation.clone(), *nonce)),
            _ => None,
        }
    }

    /// The execution whose callback it is.
    #[must_use]
    pub fn execution(&self) -> ExecutionId {
        self.execution
    }
}

impl fmt::Display for CallbackToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![FORM];
        bytes.extend_from_slice(self.execution.as_bytes());
        bytes.extend_from_slice(&self.nonce.to_be_bytes());
        for number in self.operation.path() {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        f.write_str(&data_encoding::BASE64URL_NOPAD.encode(&bytes))
    }
}

/// A text that is not the token of a callback.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the token of a callback: it is damaged, or was never one")]
pub struct NotAToken {
    text: String,
}

impl FromStr for CallbackToken {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        read(text).ok_or_else(|| NotAToken { text: text.chars().take(100).collect() })
    }
}

fn read(text: &str) -> Option<CallbackToken> {
    let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let (form, rest) = bytes.split_first()?;
    let (execution, rest) = rest.split_first_chunk::<16>()?;
    let (nonce, rest) = rest.split_first_chunk::<16>()?;
    let (numbers, odd) = rest.as_chunks::<4>();
    if *form != FORM || numbers.is_empty() || !odd.is_empty() {
        return None;
    }
    let path: Vec<_> = numbers.iter().map(|number| u32::from_be_bytes(*number)).collect();
    let execution = ExecutionId::from_bytes(*execution);
    Some(CallbackToken { execution, operation: OperationId::of_path(&path), nonce: u128::from_be_bytes(*nonce) })
}

impl Serialize for CallbackToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CallbackToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> CallbackToken {
        let execution = ExecutionId::new(1_700_000_000_000, [7; 10]);
        CallbackToken::new(execution, OperationId::within(&[2, 300], 1), u128::MAX - 5)
    }

    #[test]
    fn a_token_is_read_from_its_text() {
        assert_eq!(token().to_string().parse(), Ok(token()));
        let json = serde_json::to_string(&token()).unwrap();
        assert_eq!(serde_json::from_str::<CallbackToken>(&json).unwrap(), token());
    }

    #[test]
    fn a_token_is_read_from_the_event_that_begins_the_callback() {
        let CallbackToken { execution, operation, nonce } = token();
        let (began, over) = (operation.clone(), Event::CallbackHeartbeat { operation });
        let name = "approval".to_owned();
        let began = Event::CallbackStarted { operation: began, name, nonce, timeout_at_ms: None, heartbeat_ms: None };
        assert_eq!(CallbackToken::of_event(execution, &began), Some(token()));
        assert_eq!(CallbackToken::of_event(execution, &over), None);
    }

    #[test]
    fn a_text_that_is_damaged_is_no_token() {
        let text = token().to_string();
        for damaged in ["", "?", "AAAA", &text[1..], &text[..text.len() - 3], &format!("{text}AA")] {
            assert!(damaged.parse::<CallbackToken>().is_err(), "{damaged}");
        }
    }
}
