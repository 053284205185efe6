//! Hashes of texts.

use data_encoding::HEXLOWER;
use md5::Md5;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::Arguments;
use crate::query::java_text::java_text;

/// How many characters a text to hash may have.
const MAX_CHARACTERS: usize = 10_000;

pub(super) fn hash(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    let text = match arguments.value(0)? {
        Value::String(_) => arguments.short_text(0, MAX_CHARACTERS)?.to_owned(),
        other => java_text(other),
    };
    let algorithm = arguments.text(1)?;
    digest(&text, algorithm)
        .map(Value::String)
        .ok_or_else(|| format!("'{algorithm}' is not MD5, SHA-1, SHA-256, SHA-384 or SHA-512"))
}

/// The hash in lower-case hexadecimal; `None` for an unknown algorithm.
pub(in crate::query) fn digest(text: &str, algorithm: &str) -> Option<String> {
    Some(match algorithm {
        "MD5" => HEXLOWER.encode(&Md5::digest(text)),
        "SHA-1" => HEXLOWER.encode(&Sha1::digest(text)),
        "SHA-256" => HEXLOWER.encode(&Sha256::digest(text)),
        "SHA-384" => HEXLOWER.encode(&Sha384::digest(text)),
        "SHA-512" => HEXLOWER.encode(&Sha512::digest(text)),
        _ => return None,
    })
}
