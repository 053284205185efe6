//! A place in a line that is too long to be shown whole.

use std::fmt::Write;
use std::ops::Range;

use crate::output::visible;
use crate::report::Said;

/// How many bytes a line may have to be shown whole.
const WHOLE: usize = 400;
/// How many characters are shown before the place, and of the place and behind it together.
const BEFORE: usize = 40;
const BEHIND: usize = 80;

/// A line of a text, and where something is in it.
pub(crate) struct Line<'t> {
    text: &'t str,
    /// Counted from 1.
    number: usize,
    /// In characters, counted from 1.
    column: usize,
    /// The bytes of the line that are meant.
    at: Range<usize>,
}

impl<'t> Line<'t> {
    /// The line in which bytes of a text begin.
    pub(crate) fn of(text: &'t str, bytes: &Range<usize>) -> Self {
        let (front, rest) = text.split_at_checked(bytes.start).unwrap_or((text, ""));
        let start = front.rfind('\n').map_or(0, |end| end + 1);
        let end = front.len() + rest.find('\n').unwrap_or(rest.len());
        Self {
            text: text.get(start..end).unwrap_or_default(),
            number: front.matches('\n').count() + 1,
            column: front.get(start..).unwrap_or_default().chars().count() + 1,
            at: front.len() - start..bytes.end.clamp(front.len(), end) - start,
        }
    }

    pub(crate) fn is_long(&self) -> bool {
        self.text.len() > WHOLE
    }

    /// What is around the place, and the place marked.
    pub(crate) fn draw(&self, name: &str, kind: &str, said: &Said<'_>) -> String {
        let (front, rest) = self.text.split_at_checked(self.at.start).unwrap_or((self.text, ""));
        let skipped = front.chars().count().saturating_sub(BEFORE);
        let shown: String = front.chars().skip(skipped).chain(rest.chars().take(BEHIND)).collect();
        let shown = visible(&shown);
        let ahead = if skipped > 0 { "…" } else { "" };
        let behind = if rest.chars().count() > BEHIND { "…" } else { "" };
        let meant = self.text.get(self.at.clone()).map_or(0, |meant| meant.chars().count()).clamp(1, BEHIND);
        let number = self.number.to_string();
        let margin = " ".repeat(number.len() + 2);
        let indent = " ".repeat(ahead.chars().count() + front.chars().count() - skipped);
        let code = said.code.map(|code| format!("[{code}] ")).unwrap_or_default();
        let mut drawn = format!("{code}{kind}: {}\n", said.message);
        let _ = writeln!(drawn, "{margin}╭─[ {name}:{number}:{} ]", self.column);
        let _ = writeln!(drawn, "{margin}│");
        let _ = writeln!(drawn, " {number} │ {ahead}{shown}{behind}");
        let marked = format!("{margin}│ {indent}{} {}", "─".repeat(meant), said.label);
        let _ = writeln!(drawn, "{}", marked.trim_end());
        if let Some(help) = said.help {
            let _ = writeln!(drawn, "{margin}│\n{margin}│ Help: {help}");
        }
        let _ = writeln!(drawn, "{}╯", "─".repeat(margin.len()));
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_marked_with_its_column_in_the_whole_line() {
        let text = format!("one\n{}äbad{}\nthree", "ü".repeat(300), "z".repeat(300));
        let start = text.find("bad").unwrap_or_default();
        let line = Line::of(&text, &(start..start + 3));
        assert!(line.is_long());
        let said = Said { code: Some("CODE"), message: "it is bad", label: "/here", help: Some("make it good") };
        let (before, behind) = ("ü".repeat(39), "z".repeat(77));
        let marks = " ".repeat(41);
        let drawn = format!(
            "[CODE] Error: it is bad\n   ╭─[ file:2:302 ]\n   │\n 2 │ …{before}äbad{behind}…\n   │ {marks}─── /here\n   │\n   │ Help: make it good\n───╯\n"
        );
        assert_eq!(line.draw("file", "Error", &said), drawn);
    }

    #[test]
    fn a_place_behind_the_text_is_at_its_end() {
        for at in [3, 9] {
            let line = Line::of("a\nb", &(at..at + 1));
            assert_eq!((line.number, line.column, line.at.clone(), line.is_long()), (2, 2, 1..1, false));
        }
        assert_eq!(Line::of("", &(0..1)).column, 1);
    }
}
