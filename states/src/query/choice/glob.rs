//! Patterns with wildcards.

/// A pattern: `*` stands for any characters or none, a backslash before `*` or a backslash stands for that character itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Any,
    One(char),
}

impl Glob {
    /// The byte of a backslash that stands before anything else.
    pub(super) fn parse(pattern: &str) -> Result<Self, usize> {
        let mut pieces = Vec::new();
        let mut chars = pattern.char_indices();
        while let Some((at, c)) = chars.next() {
            pieces.push(match (c, chars.clone().next()) {
                ('*', _) => Piece::Any,
                ('\\', Some((_, escaped @ ('*' | '\\')))) => {
                    chars.next();
                    Piece::One(escaped)
                }
                ('\\', _) => return Err(at),
                _ => Piece::One(c),
            });
        }
        Ok(Self(pieces))
    }

    /// In time of the length of the text times that of the pattern at most.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut piece) = (0, 0);
        // Behind the last `*`, and up to where in the text it has taken.
        let mut back = None;
        loop {
            match (self.0.get(piece), text.get(at)) {
                (Some(Piece::Any), _) => {
                    piece += 1;
                    back = Some((piece, at));
                }
                (Some(Piece::One(expected)), Some(c)) if expected == c => {
                    piece += 1;
                    at += 1;
                }
                (None, None) => return true,
                _ => match back {
                    Some((behind, taken)) if taken < text.len() => {
                        back = Some((behind, taken + 1));
                        piece = behind;
                        at = taken + 1;
                    }
                    _ => return false,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn a_star_stands_for_any_characters() {
        let cases = [
            ("log-*.txt", "log-1.txt", true),
            ("log-*.txt", "log-.txt", true),
            ("log-*.txt", "log-1.txt.gz", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*b*c", "abbbcc", true),
            ("a*b*c", "acb", false),
            (r"\*", "*", true),
            (r"\*", "a", false),
            (r"\\*", r"\a", true),
            ("*ä*", "xäy", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Glob::parse(pattern).unwrap().matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!Glob::parse(&"a*".repeat(1000)).unwrap().matches(&format!("{}b", "a".repeat(999))));
    }

    #[test]
    fn a_backslash_stands_before_what_it_escapes() {
        assert_eq!(Glob::parse(r"ä\b"), Err(2));
        assert_eq!(Glob::parse(r"a\"), Err(1));
    }
}
