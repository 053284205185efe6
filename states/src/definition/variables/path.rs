//! The variables in a path or an intrinsic function: `$name` in `$name.field` and in `States.Format('{}', $name)`.

/// The names of the variables, without `$`, in the order in which they stand. What is quoted does not count.
pub(crate) fn path_variables(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut quote = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                chars.next();
            }
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '$') => {
                let name: String = text
                    .get(at + 1..)
                    .unwrap_or_default()
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                if name.chars().next().is_some_and(|first| !first.is_numeric()) {
                    names.push(name);
                }
                if chars.peek().is_some_and(|(_, next)| *next == '$') {
                    chars.next();
                }
            }
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::path_variables;

    #[test]
    fn only_names_behind_a_dollar_outside_of_quotes_count() {
        assert_eq!(path_variables("$order.items[0]"), ["order"]);
        assert_eq!(path_variables("States.Format('$no {}', $yes, $.no, $$.no)"), ["yes"]);
        assert_eq!(path_variables("$['a$b'].c"), Vec::<String>::new());
        assert_eq!(path_variables("States.MathAdd(States.MathAdd($y, $x), $ü)"), ["y", "x", "ü"]);
        assert_eq!(path_variables("$9"), Vec::<String>::new());
    }
}
