//! Says what is wrong with a text that is not JSON, in the words of the reader that AWS uses.

use super::diagnostic::{Code, Diagnostic};
use crate::definition::{SyntaxError, SyntaxErrorKind};

/// How many characters of the text a location repeats.
const SHOWN: usize = 500;

pub(super) fn diagnostic(text: &str, error: &SyntaxError) -> Diagnostic {
    let code = match error.kind {
        SyntaxErrorKind::Empty => {
            let message = "Definition must be a valid JSON object";
            return Diagnostic::of_text(Code::SchemaValidationFailed, message);
        }
        SyntaxErrorKind::TooDeep(_) => Code::TooDeeplyNested,
        _ => Code::InvalidJsonDescription,
    };
    let location = source(text, error.line, error.column);
    let message = match &error.kind {
        SyntaxErrorKind::Word(word) => format!(
            "Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        ),
        SyntaxErrorKind::Character { found, expected } => {
            format!("Unexpected character ('{found}' (code {})): {expected}", u32::from(*found))
        }
        SyntaxErrorKind::Control(control) => format!(
            "Illegal unquoted character ((CTRL-CHAR, code {})): has to be escaped using backslash to be included in string value",
            u32::from(*control)
        ),
        SyntaxErrorKind::End { inside: "an object", line, column } => end("Object", text, *line, *column),
        SyntaxErrorKind::End { inside: "an array", line, column } => end("Array", text, *line, *column),
        SyntaxErrorKind::End { inside: "a string", .. } => {
            "Unexpected end-of-input: was expecting closing quote for a string value".to_owned()
        }
        other => other.to_string(),
    };
    Diagnostic {
        message: format!("{message}\n at {location}"),
        location: Some(location),
        line: error.line,
        column: error.column,
        ..Diagnostic::of_text(code, "")
    }
}

fn end(what: &str, text: &str, line: usize, column: usize) -> String {
    let begun = source(text, line, column);
    format!("Unexpected end-of-input: expected close marker for {what} (start marker at {begun})")
}

fn source(text: &str, line: usize, column: usize) -> String {
    let shown: String = text.chars().take(SHOWN).collect();
    let hidden = text.chars().count().saturating_sub(SHOWN);
    let more = if hidden > 0 { format!("[truncated {hidden} chars]") } else { String::new() };
    format!("[Source: (String)\"{shown}\"{more}; line: {line}, column: {column}]")
}
