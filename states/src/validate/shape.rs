//! The words in which the shapes of objects are written down.

use crate::definition::QueryLanguage;

/// What the fields of an object are.
pub(super) struct Object {
    /// Lists of fields, which objects may have in common.
    pub(super) fields: &'static [&'static [Field]],
    pub(super) required: &'static [&'static str],
    pub(super) alternatives: &'static [Alternatives],
}

/// Fields of which there may be only one.
pub(super) struct Alternatives {
    pub(super) names: &'static [&'static str],
    pub(super) required: bool,
}

pub(super) struct Field {
    pub(super) name: &'static str,
    /// The only query language that has the field.
    pub(super) language: Option<QueryLanguage>,
    pub(super) shape: Shape,
}

/// What the value of a field is.
pub(super) enum Shape {
    Any,
    Text,
    /// A text that expressions may stand for.
    DynamicText,
    Flag,
    Word(&'static [&'static str]),
    /// What no expression may stand for, whatever the query language.
    Fixed(&'static Shape),
    /// A whole number within bounds, both inclusive.
    Whole(u64, u64),
    /// A number within bounds, both inclusive.
    Number(f64, f64),
    Timestamp,
    /// A path, or null.
    Path,
    /// A path that names one place.
    ReferencePath,
    /// A path to a place in the input, or null.
    ResultPath,
    /// A path in a choice rule.
    RulePath,
    /// A path or an intrinsic function.
    PathOrFunction,
    /// A payload template, in which keys may end in `.$`.
    Template,
    /// A value in which JSONata strings may stand.
    Expressions,
    Variables,
    Texts,
    ErrorNames,
    Object(&'static Object),
    /// An array of such objects; whether it may be empty.
    Objects(&'static Object, bool),
    /// A rule of a choice state inside another; several of them.
    InnerRule,
    InnerRules,
    Rules,
    Machine(&'static Object),
    Machines,
    Resource,
    Credentials,
}

const fn with(name: &'static str, language: Option<QueryLanguage>, shape: Shape) -> Field {
    Field { name, language, shape }
}

/// A field of both languages.
pub(super) const fn field(name: &'static str, shape: Shape) -> Field {
    with(name, None, shape)
}

/// A field of JSONPath.
pub(super) const fn path_field(name: &'static str, shape: Shape) -> Field {
    with(name, Some(QueryLanguage::JsonPath), shape)
}

/// A field of JSONata.
pub(super) const fn jsonata_field(name: &'static str, shape: Shape) -> Field {
    with(name, Some(QueryLanguage::Jsonata), shape)
}

/// Fields of which there must be exactly one.
pub(super) const fn one_of(names: &'static [&'static str]) -> Alternatives {
    Alternatives { names, required: true }
}

/// Fields of which there may be one.
pub(super) const fn at_most_one_of(names: &'static [&'static str]) -> Alternatives {
    Alternatives { names, required: false }
}
