//! The variables in a JSONata expression that it does not bind itself.

use std::collections::BTreeSet;

use crate::query::jsonata::is_function;

/// The names of the variables, without `$`, that come from outside the expression.
pub(crate) fn jsonata_variables(text: &str) -> BTreeSet<String> {
    let mut scanner = Scanner { text, at: 0, value_before: false, free: BTreeSet::new(), bound: BTreeSet::new() };
    scanner.run();
    let Scanner { free, bound, .. } = scanner;
    free.into_iter().filter(|name| !bound.contains(name) && name != "states" && !is_function(name)).collect()
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    /// Whether what stands before is a value, so that a slash divides it and does not begin a pattern.
    value_before: bool,
    free: BTreeSet<String>,
    bound: BTreeSet<String>,
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn run(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            match c {
                '"' | '\'' | '`' => self.quoted(c),
                '/' if self.rest().starts_with("/*") => {
                    self.at += self.rest().find("*/").map_or(self.rest().len(), |end| end + 2);
                }
                '/' if !self.value_before => self.quoted('/'),
                '$' => self.variable(),
                _ if c.is_alphanumeric() || c == '_' || c == 'λ' => self.word(),
                _ => {
                    self.at += c.len_utf8();
                    if !c.is_whitespace() {
                        self.value_before = matches!(c, ')' | ']' | '}');
                    }
                }
            }
        }
    }

    fn quoted(&mut self, quote: char) {
        let mut chars = self.rest().char_indices().skip(1);
        let mut end = self.rest().len();
        while let Some((at, c)) = chars.next() {
            if c == '\\' && quote != '`' {
                chars.next();
            } else if c == quote {
                end = at + c.len_utf8();
                break;
            }
        }
        self.at += end;
        self.value_before = true;
    }

    fn name(&mut self) -> String {
        let name: String = self.rest().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        self.at += name.len();
        name
    }

    fn variable(&mut self) {
        self.at += 1;
        self.value_before = true;
        if self.rest().starts_with('$') {
            self.at += 1;
            return;
        }
        let name = self.name();
        if name.is_empty() {
            return;
        }
        let behind = self.rest().trim_start();
        if behind.starts_with(":=") {
            self.bound.insert(name);
        } else if !behind.starts_with('(') {
            self.free.insert(name);
        }
    }

    fn word(&mut self) {
        let word = self.name();
        self.value_before = !matches!(word.as_str(), "and" | "or" | "in");
        let behind = self.rest().trim_start();
        if matches!(word.as_str(), "function" | "λ")
            && let Some(parameters) = behind.strip_prefix('(')
        {
            let parameters = parameters.split(')').next().unwrap_or_default();
            for name in parameters.split(',').filter_map(|parameter| parameter.trim().strip_prefix('$')) {
                self.bound.insert(name.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::jsonata_variables;

    fn free(text: &str) -> Vec<String> {
        jsonata_variables(text).into_iter().collect()
    }

    #[test]
    fn what_the_expression_binds_itself_does_not_count() {
        assert_eq!(free("$total + $states.input.n"), ["total"]);
        assert_eq!(free("($x := $y * 2; $x)"), ["y"]);
        assert_eq!(free("$map($items, function($v, $i) { $v + $offset })"), ["items", "offset"]);
        assert_eq!(free("$names ~> $map($uppercase)"), ["names"]);
    }

    #[test]
    fn what_is_quoted_or_commented_does_not_count() {
        assert_eq!(free("'$a' & \"$b\" & `$c` & /* $d */ $e"), ["e"]);
        assert_eq!(free("$match($s, /$x+/)"), ["s"]);
        assert_eq!(free("$a / $b / $c"), ["a", "b", "c"]);
        assert_eq!(free("'unclosed $a"), Vec::<String>::new());
    }
}
