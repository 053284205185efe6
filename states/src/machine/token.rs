//! Tokens, with which a task is answered from elsewhere. A token says whose it is.

use data_encoding::BASE64URL_NOPAD;

use super::about::About;

/// A token of a task of that execution; `secret` makes it one of its own.
pub(crate) fn token(about: Option<&About>, secret: &str) -> String {
    let (machine, name) = about.map_or(("", ""), |about| (about.machine_name.as_str(), about.execution_name.as_str()));
    BASE64URL_NOPAD.encode(serde_json::json!([machine, name, secret]).to_string().as_bytes())
}

/// The state machine and the name of the execution that a token belongs to; none if it is no token.
pub(crate) fn owner_of(token: &str) -> Option<(String, String)> {
    let text = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let (machine, name, _): (String, String, String) = serde_json::from_slice(&text).ok()?;
    Some((machine, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_whose_it_is() {
        let token = token(Some(&About::new("m/1", "run \"2\"")), "x");
        assert_eq!(owner_of(&token), Some(("m/1".to_owned(), "run \"2\"".to_owned())));
        assert_eq!(owner_of("no token"), None);
        assert_eq!(owner_of(""), None);
    }
}
