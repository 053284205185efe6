//! The evaluator's messages, in the words of the reference implementation.

/// Messages that begin so, and what all of the message is then.
const WHOLE: [(&str, &str); 8] = [
    ("T1006: Attempted to invoke a non-function", "T1006: Attempted to invoke a non-function"),
    ("T2003: ", "T2003: The left side of the range operator (..) must evaluate to an integer"),
    ("T2004: ", "T2004: The right side of the range operator (..) must evaluate to an integer"),
    ("D3010: ", "D3010: Second argument of replace function cannot be an empty string"),
    ("D3020: ", "D3020: Third argument of split function must evaluate to a positive number"),
    (
        "D3085: ",
        "D3085: The mantissa part of a sub-picture must contain at least one character that is either an 'optional digit character' or a member of the 'decimal digit family'",
    ),
    (
        "D3086: ",
        "D3086: The sub-picture must not contain a passive character that is preceded by an active character and that is followed by another active character",
    ),
    ("D3138: ", "D3138: The $single() function expected exactly 1 matching result.  Instead it matched more."),
];

/// The message as the reference implementation has it, as far as the evaluator tells what it needs.
pub(super) fn worded(message: &str) -> String {
    if let Some((_, whole)) = WHOLE.iter().find(|(begins, _)| message.starts_with(begins)) {
        return (*whole).to_owned();
    }
    let within = |before: &str, behind: &str| message.strip_prefix(before)?.strip_suffix(behind);
    let is_number = " operator must evaluate to a number";
    for side in ["T2001: The left side of the ", "T2002: The right side of the "] {
        if let Some(operator) = within(side, is_number) {
            return format!("{side}\"{operator}\"{is_number}");
        }
    }
    if let Some(text) = within("D3030: Cannot convert '", "' to number") {
        return format!("D3030: Unable to cast value to a number: {}", serde_json::Value::from(text));
    }
    if let Some(radix) = within("D3100: Radix must be between 2 and 36, got ", "") {
        return format!("D3100: The radix of the formatBase function must be between 2 and 36.  It was given {radix}");
    }
    if let Some(picture) = within("D3130: ", "") {
        return format!(
            "D3130: Formatting or parsing an integer as a sequence starting with {} is not supported by this implementation",
            serde_json::Value::from(picture)
        );
    }
    if message == "D3137: " {
        return "D3137: $error() function evaluated".to_owned();
    }
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use super::worded;

    #[test]
    fn what_the_evaluator_says_is_said_as_in_the_reference_implementation() {
        for (message, words) in [
            (
                "T2001: The left side of the + operator must evaluate to a number",
                "T2001: The left side of the \"+\" operator must evaluate to a number",
            ),
            ("T1006: Attempted to invoke a non-function: $x", "T1006: Attempted to invoke a non-function"),
            ("D3030: Cannot convert 'a\"' to number", "D3030: Unable to cast value to a number: \"a\\\"\""),
            ("D3141: what somebody wrote", "D3141: what somebody wrote"),
        ] {
            assert_eq!(worded(message), words);
        }
    }
}
