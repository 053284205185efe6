//! The parser's names for tokens, as the reference implementation writes them.

const SYMBOLS: [(&str, &str); 40] = [
    ("Plus", "+"),
    ("Minus", "-"),
    ("Star", "*"),
    ("StarStar", "**"),
    ("Slash", "/"),
    ("Percent", "%"),
    ("Equal", "="),
    ("NotEqual", "!="),
    ("LessThan", "<"),
    ("LessThanOrEqual", "<="),
    ("GreaterThan", ">"),
    ("GreaterThanOrEqual", ">="),
    ("And", "and"),
    ("Or", "or"),
    ("In", "in"),
    ("Ampersand", "&"),
    ("Dot", "."),
    ("DotDot", ".."),
    ("Question", "?"),
    ("QuestionQuestion", "??"),
    ("QuestionColon", "?:"),
    ("Colon", ":"),
    ("ColonEqual", ":="),
    ("TildeArrow", "~>"),
    ("LeftParen", "("),
    ("RightParen", ")"),
    ("LeftBracket", "["),
    ("RightBracket", "]"),
    ("LeftBrace", "{"),
    ("RightBrace", "}"),
    ("Comma", ","),
    ("Semicolon", ";"),
    ("Caret", "^"),
    ("Pipe", "|"),
    ("Hash", "#"),
    ("At", "@"),
    ("True", "true"),
    ("False", "false"),
    ("Null", "null"),
    ("Eof", "(end)"),
];

/// Kinds of tokens that are named with what they are.
const KINDS: [&str; 4] = ["Identifier(", "Number(", "String(", "Variable("];

/// The codes of messages in which tokens are named.
const CODES: [&str; 4] = ["S0201", "S0202", "S0203", "S0211"];

/// The message with `","` where the parser says `Comma`.
pub(super) fn named(message: &str) -> String {
    if !CODES.iter().any(|code| message.starts_with(code)) {
        return message.to_owned();
    }
    let pieces = message.split_inclusive([' ', ',']).map(|piece| {
        let word = piece.trim_end_matches([' ', ',']);
        let behind = piece.get(word.len()..).unwrap_or_default();
        match SYMBOLS.iter().find(|(name, _)| *name == word) {
            Some((_, symbol)) => format!("\"{symbol}\"{behind}"),
            None => piece.to_owned(),
        }
    });
    let named: String = pieces.collect();
    // What a token is may have spaces and commas, and comes last.
    let kind = KINDS.iter().find_map(|kind| Some((named.split_once(*kind)?.0.len(), kind)));
    match kind.and_then(|(at, kind)| Some((at, message_end(&named, at + kind.len())?))) {
        Some((at, token)) => {
            let number = named.get(at..).is_some_and(|token| token.starts_with("Number("));
            let (before, quote) = (named.get(..at).unwrap_or_default(), if number { "" } else { "\"" });
            format!("{before}{quote}{}{quote}", if number { token.trim_end_matches(".0") } else { token })
        }
        None => named,
    }
}

/// What stands from there on up to the parenthesis at the end, without quotes.
fn message_end(message: &str, from: usize) -> Option<&str> {
    let token = message.get(from..)?.strip_suffix(')')?;
    Some(token.strip_prefix('"').and_then(|token| token.strip_suffix('"')).unwrap_or(token))
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn tokens_are_written_as_in_expressions() {
        assert_eq!(named("S0202: Expected RightBracket, got Comma"), "S0202: Expected \"]\", got \",\"");
        assert_eq!(named("S0202: Expected RightParen, got String(\"a, b\")"), "S0202: Expected \")\", got \"a, b\"");
        assert_eq!(named("S0201: Syntax error: Number(2.0)"), "S0201: Syntax error: 2");
        assert_eq!(
            named("S0211: The symbol RightBrace cannot be used as a unary operator"),
            "S0211: The symbol \"}\" cannot be used as a unary operator"
        );
        assert_eq!(named("S0104: At Dot"), "S0104: At Dot");
    }
}
