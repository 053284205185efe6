//! Base64.

use data_encoding::{BASE64, BASE64_NOPAD};
use serde_json::Value;

use super::Arguments;

/// How many characters a text to encode or decode may have.
const MAX_CHARACTERS: usize = 10_000;

pub(super) fn encode(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    Ok(BASE64.encode(arguments.short_text(0, MAX_CHARACTERS)?.as_bytes()).into())
}

pub(super) fn decode(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    let text = arguments.short_text(0, MAX_CHARACTERS)?;
    let bytes = BASE64_NOPAD
        .decode(text.trim_end_matches('=').as_bytes())
        .map_err(|error| format!("argument 1 is not Base64: {error}"))?;
    Ok(String::from_utf8_lossy(&bytes).into())
}
