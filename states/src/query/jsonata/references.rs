//! What an expression reads from outside.

use std::collections::BTreeSet;

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};
use jsonata_core::value::with_stack;

use super::functions;

/// What an expression reads from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct References {
    /// Names of variables it does not assign itself, without `$`. Those that are also names of functions stand among the functions: what they stand for
    /// depends on whether such a variable is assigned.
    pub variables: BTreeSet<String>,
    /// Whether it reads `$states`.
    pub states: bool,
    /// Which fields of `$states` it reads; `None` if it may read any.
    pub state_fields: Option<BTreeSet<String>>,
    /// Names of functions it calls or passes on and does not define itself, without `$`.
    pub functions: BTreeSet<String>,
    /// Names of functions that it does not call itself.
    pub(super) handed_on: BTreeSet<String>,
    /// Names that it gives to something itself.
    pub(super) defined: BTreeSet<String>,
    /// Whether it reads `$` or `$$` where nothing is current.
    pub context: bool,
    /// Names of fields it reads where nothing is current, outside of the functions it defines.
    pub fields: BTreeSet<String>,
    /// Operators it has that JSONata got after version 2.0: `??`, `?:`.
    pub newer_operators: BTreeSet<&'static str>,
}

impl References {
    pub(super) fn of(ast: &AstNode) -> Self {
        let references = Self { state_fields: Some(BTreeSet::new()), ..Self::default() };
        let mut search = Search { references, scope: Vec::new(), within: 0, lambdas: 0 };
        search.node(ast);
        search.references
    }

    /// The variables it reads where those names are assigned: of them, and of all others but functions.
    pub fn variables_among<'r>(&'r self, assigned: &dyn Fn(&str) -> bool) -> impl Iterator<Item = &'r str> {
        let hiding = self.functions.iter().filter(move |name| assigned(name));
        self.variables.iter().chain(hiding).map(String::as_str)
    }

    /// All names that may stand for a variable.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.variables.iter().chain(&self.functions)
    }

    pub(super) fn reads_state(&self, field: &str) -> bool {
        self.state_fields.as_ref().is_none_or(|fields| fields.contains(field))
    }
}

struct Search {
    references: References,
    /// Names the expression has assigned so far.
    scope: Vec<String>,
    /// How many steps and functions give `$` a value here.
    within: usize,
    /// How many functions that the expression defines this stands in.
    lambdas: usize,
}

impl Search {
    /// From here on the name is that of something in the expression.
    fn define(&mut self, name: &str) {
        self.references.defined.insert(name.to_owned());
        self.scope.push(name.to_owned());
    }

    fn node(&mut self, node: &AstNode) {
        with_stack(|| self.look(node));
    }

    fn nodes<'n>(&mut self, nodes: impl IntoIterator<Item = &'n AstNode>) {
        nodes.into_iter().for_each(|node| self.node(node));
    }

    /// What is assigned in there is not seen behind it.
    fn scoped(&mut self, look: impl FnOnce(&mut Self)) {
        let mark = self.scope.len();
        look(self);
        self.scope.truncate(mark);
    }

    /// In there `$` is something.
    fn inside(&mut self, look: impl FnOnce(&mut Self)) {
        self.within += 1;
        look(self);
        self.within -= 1;
    }

    fn variable(&mut self, name: &str) {
        if self.scope.iter().any(|bound| bound == name) {
            return;
        }
        match name {
            "" | "$" => self.references.context |= self.within == 0,
            "states" => {
                self.references.states = true;
                self.references.state_fields = None;
            }
            // A name may be that of a function passed on, or of a variable.
            _ if is_function(name) => {
                self.references.functions.insert(name.to_owned());
                self.references.handed_on.insert(name.to_owned());
            }
            _ => {
                self.references.variables.insert(name.to_owned());
            }
        }
    }

    fn look(&mut self, node: &AstNode) {
        match node {
            AstNode::Variable(name) => self.variable(name),
            AstNode::Name(name) if self.within == 0 && self.lambdas == 0 => {
                self.references.fields.insert(name.clone());
            }
            AstNode::ParentVariable(_) => self.references.context |= self.within == 0,
            AstNode::Path { steps } => self.path(steps),
            AstNode::Binary { op: BinaryOp::ColonEqual, lhs, rhs } => {
                let name = match &**lhs {
                    AstNode::Variable(name) => name.clone(),
                    other => {
                        self.node(other);
                        String::new()
                    }
                };
                // A function may call itself by the name it gets; any other value is made before the name is there.
                if matches!(**rhs, AstNode::Lambda { .. }) {
                    self.define(&name);
                    self.node(rhs);
                } else {
                    self.node(rhs);
                    self.define(&name);
                }
            }
            AstNode::Binary { op, lhs, rhs } => {
                match op {
                    BinaryOp::Coalesce => self.references.newer_operators.insert("??"),
                    BinaryOp::Default => self.references.newer_operators.insert("?:"),
                    _ => false,
                };
                self.nodes([&**lhs, &**rhs]);
            }
            AstNode::Unary { operand, .. } => self.node(operand),
            AstNode::Function { name, args, .. } => {
                self.nodes(args);
                if !self.scope.contains(name) {
                    self.references.functions.insert(name.clone());
                    // With `?` it makes a function, which is called elsewhere.
                    if args.iter().any(|arg| matches!(arg, AstNode::Placeholder)) {
                        self.references.handed_on.insert(name.clone());
                    }
                }
            }
            AstNode::Call { procedure, args } => {
                self.node(procedure);
                self.nodes(args);
            }
            AstNode::Lambda { params, body, .. } => self.scoped(|search| {
                params.iter().for_each(|name| search.define(name));
                search.lambdas += 1;
                search.node(body);
                search.lambdas -= 1;
            }),
            AstNode::Array(items) | AstNode::ArrayGroup(items) => self.nodes(items),
            AstNode::Block(items) => self.scoped(|search| search.nodes(items)),
            AstNode::Object(pairs) => self.pairs(pairs),
            AstNode::ObjectTransform { input, pattern } => {
                self.node(input);
                self.inside(|search| search.pairs(pattern));
            }
            AstNode::Conditional { condition, then_branch, else_branch } => {
                self.nodes([&**condition, &**then_branch]);
                self.nodes(else_branch.as_deref());
            }
            AstNode::FunctionApplication(node) => self.inside(|search| search.node(node)),
            AstNode::Sort { input, terms } => {
                self.node(input);
                self.inside(|search| search.nodes(terms.iter().map(|(term, _)| term)));
            }
            AstNode::Transform { location, update, delete } => self.inside(|search| {
                search.nodes([&**location, &**update]);
                search.nodes(delete.as_deref());
            }),
            AstNode::String(_)
            | AstNode::Name(_)
            | AstNode::Number(_)
            | AstNode::Boolean(_)
            | AstNode::Null
            | AstNode::Undefined
            | AstNode::Placeholder
            | AstNode::Regex { .. }
            | AstNode::Wildcard
            | AstNode::Descendant
            | AstNode::Parent(_) => {}
        }
    }

    fn pairs(&mut self, pairs: &[(AstNode, AstNode)]) {
        self.nodes(pairs.iter().flat_map(|(key, value)| [key, value]));
    }

    fn path(&mut self, steps: &[PathStep]) {
        let of_states = steps.first().is_some_and(|step| {
            matches!(&step.node, AstNode::Variable(name) if name == "states") && step.stages.is_empty()
        });
        let mut steps = steps.iter().enumerate();
        if of_states && !self.scope.iter().any(|bound| bound == "states") {
            self.references.states = true;
            steps.next();
            match steps.clone().next().map(|(_, step)| &step.node) {
                Some(AstNode::Name(name)) => {
                    if let Some(fields) = &mut self.references.state_fields {
                        fields.insert(name.clone());
                    }
                }
                _ => self.references.state_fields = None,
            }
        }
        for (at, step) in steps {
            if at == 0 {
                self.node(&step.node);
            } else {
                self.inside(|search| search.node(&step.node));
            }
            for name in step.focus.iter().chain(&step.index_var) {
                self.define(name);
            }
            for stage in &step.stages {
                match stage {
                    Stage::Filter(filter) => self.inside(|search| search.node(filter)),
                    Stage::Index(name) => self.define(name),
                    Stage::KeepArray => {}
                }
            }
        }
    }
}

/// Whether this name, without `$`, is that of a function of the language or of those that Step Functions adds.
fn is_function(name: &str) -> bool {
    functions::is_known(name) || LANGUAGE.contains(&name)
}

/// The functions of the language.
const LANGUAGE: [&str; 61] = [
    "abs",
    "append",
    "assert",
    "average",
    "base64decode",
    "base64encode",
    "boolean",
    "ceil",
    "clone",
    "contains",
    "count",
    "decodeUrl",
    "decodeUrlComponent",
    "distinct",
    "each",
    "encodeUrl",
    "encodeUrlComponent",
    "error",
    "eval",
    "exists",
    "filter",
    "floor",
    "formatBase",
    "formatInteger",
    "formatNumber",
    "fromMillis",
    "join",
    "keys",
    "length",
    "lookup",
    "lowercase",
    "map",
    "match",
    "max",
    "merge",
    "min",
    "not",
    "number",
    "pad",
    "parseInteger",
    "power",
    "reduce",
    "replace",
    "reverse",
    "round",
    "sift",
    "single",
    "sort",
    "split",
    "spread",
    "sqrt",
    "string",
    "substring",
    "substringAfter",
    "substringBefore",
    "sum",
    "toMillis",
    "trim",
    "type",
    "uppercase",
    "zip",
];
