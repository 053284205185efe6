//! The compiled forms of what may stand in a field.

use crate::definition::{Dynamic, Expression, Problem, QueryLanguage, Selection, Template};
use crate::query::{self, Expr, JsonataTemplate, Path};

/// A payload template of either language.
#[derive(Debug, Clone)]
pub(crate) enum Form {
    Path(query::Template),
    Jsonata(JsonataTemplate),
}

/// `InputPath`, `OutputPath` or `ResultPath`.
#[derive(Debug, Clone)]
pub(crate) enum Select {
    Whole,
    Nothing,
    Path(Path),
}

/// A field that gives one value: by a path, an intrinsic function or a JSONata expression.
#[derive(Debug, Clone)]
pub(crate) enum Query {
    /// From the field of that name.
    Path(&'static str, Expr),
    Jsonata(&'static str, query::Expression),
}

/// A value that is written down or looked up.
#[derive(Debug, Clone)]
pub(crate) enum Lookup<T> {
    Fixed(T),
    Query(Query),
}

pub(crate) type Amount = Lookup<u64>;
pub(crate) type Number = Lookup<f64>;
pub(crate) type Text = Lookup<String>;

/// Where the items of a map come from.
#[derive(Debug, Clone)]
pub(crate) enum Items {
    Path(Path),
    Jsonata(JsonataTemplate),
}

/// Gathers what cannot be compiled.
pub(super) struct Compiler<'p> {
    pub(super) language: QueryLanguage,
    pub(super) problems: &'p mut Vec<Problem>,
}

impl Compiler<'_> {
    pub(super) fn form(&mut self, template: Option<&Template>) -> Option<Form> {
        let template = template?;
        let compiled = match self.language {
            QueryLanguage::JsonPath => query::Template::compile(&template.value).map(Form::Path),
            QueryLanguage::Jsonata => JsonataTemplate::compile(&template.value).map(Form::Jsonata),
        };
        match compiled {
            Ok(form) => Some(form),
            Err(problems) => {
                let said = problems.iter().map(|problem| Problem::at(&template.pointer, problem.to_string()));
                self.problems.extend(said);
                None
            }
        }
    }

    pub(super) fn jsonata(&mut self, template: Option<&Template>) -> Option<JsonataTemplate> {
        match self.form(template) {
            Some(Form::Jsonata(template)) => Some(template),
            _ => None,
        }
    }

    pub(super) fn path(&mut self, expression: &Expression) -> Option<Path> {
        match Path::parse(&expression.text) {
            Ok(path) => Some(path),
            Err(error) => {
                self.problems.push(Problem::at(&expression.pointer, error.to_string()));
                None
            }
        }
    }

    pub(super) fn select(&mut self, selection: &Selection) -> Select {
        match selection {
            Selection::Whole => Select::Whole,
            Selection::Nothing => Select::Nothing,
            Selection::Path(expression) => match self.path(expression) {
                Some(path) => Select::Path(path),
                None => Select::Whole,
            },
        }
    }

    /// The JSONata expression in a field that may also be a text; none for a text, which needs no compiling.
    pub(super) fn expression(&mut self, written: Option<&Expression>, field: &'static str) -> Option<Text> {
        let written = written?;
        if self.language != QueryLanguage::Jsonata || query::Expression::delimited(&written.text).is_none() {
            return None;
        }
        self.lookup(Some(&Dynamic::Jsonata(written.clone())), field, field)
    }

    /// `field` is the name of the field without `Path`, `path_field` that with it.
    pub(super) fn lookup<T: Clone>(
        &mut self,
        dynamic: Option<&Dynamic<T>>,
        field: &'static str,
        path_field: &'static str,
    ) -> Option<Lookup<T>> {
        Some(match dynamic? {
            Dynamic::Fixed(value) => Lookup::Fixed(value.clone()),
            Dynamic::Path(expression) => match Expr::parse(&expression.text) {
                Ok(expr) => Lookup::Query(Query::Path(path_field, expr)),
                Err(message) => {
                    self.problems.push(Problem::at(&expression.pointer, message));
                    return None;
                }
            },
            Dynamic::Jsonata(expression) => {
                let body = query::Expression::delimited(&expression.text).unwrap_or(&expression.text);
                match query::Expression::compile(body) {
                    Ok(compiled) => Lookup::Query(Query::Jsonata(field, compiled)),
                    Err(error) => {
                        self.problems.push(Problem::at(&expression.pointer, error.to_string()));
                        return None;
                    }
                }
            }
        })
    }
}
