//! The layout of definitions: indented by two, the fields in the customary order, nothing lost.

use super::problem::Problem;
use super::role::Role;
use super::tree::{Node, Shape, Tree};
use super::{Definition, Positions};

/// The order of fields in each kind of object: those named first and last; all others stay between them as they were.
struct Order {
    first: &'static [&'static str],
    last: &'static [&'static str],
}

const MACHINE: Order = Order {
    first: &["StartAt", "Comment", "Version", "QueryLanguage", "TimeoutSeconds", "ProcessorConfig"],
    last: &["States"],
};
const STATE: Order = Order {
    first: &["Type", "Comment", "QueryLanguage", "Resource", "Credentials", "Label"],
    last: &["Retry", "Catch", "Default", "Next", "End"],
};
const HANDLER: Order = Order { first: &["ErrorEquals"], last: &["Comment", "Next"] };
const RULE: Order = Order { first: &["Condition", "Variable"], last: &["Assign", "Output", "Comment", "Next"] };
const PLAIN: Order = Order { first: &[], last: &[] };

impl Definition {
    /// The text of a definition laid out anew: two spaces for each level, `StartAt` first in a machine, `Type` first in
    /// a state and where it goes on last. Numbers and strings stay as they are written, and so does the order of all
    /// fields that are not part of the language. To lay out again what is laid out changes nothing.
    ///
    /// # Errors
    ///
    /// When the text is not JSON. It need not be a good definition otherwise.
    ///
    /// ```
    /// use duramen_states::definition::Definition;
    ///
    /// let text = r#"{"States":{"A":{"End":true,"Type":"Pass"}},"StartAt":"A"}"#;
    /// let laid_out = Definition::format(text).unwrap();
    /// assert!(laid_out.starts_with("{\n  \"StartAt\": \"A\",\n  \"States\": {\n    \"A\": {\n      \"Type\": \"Pass\",\n"));
    /// ```
    pub fn format(text: &str) -> Result<String, Problem> {
        let positions = Positions::of(text)?;
        super::read_value(text)?;
        let tree = positions.tree();
        let mut out = String::with_capacity(text.len() * 2);
        if let Some(root) = tree.root() {
            write(tree, root, Role::Machine, 0, &mut out);
        }
        out.push('\n');
        Ok(out)
    }
}

fn write(tree: &Tree<'_>, node: &Node, role: Role, depth: usize, out: &mut String) {
    let (open, close) = match node.shape {
        Shape::Object => ('{', '}'),
        Shape::Array => ('[', ']'),
        _ => return out.push_str(tree.text(node)),
    };
    out.push(open);
    let children = ordered(tree, node, role);
    // A list of plain values stays on one line when it fits there.
    let short = node.shape == Shape::Array
        && children.iter().all(|child| !matches!(child.shape, Shape::Object | Shape::Array))
        && children.iter().map(|child| tree.text(child).len() + 2).sum::<usize>() + 2 * depth < 100;
    for (index, child) in children.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if !short {
            new_line(depth + 1, out);
        } else if index > 0 {
            out.push(' ');
        }
        if child.key.is_some() {
            out.push_str(tree.raw_key(child));
            out.push_str(": ");
        }
        write(tree, child, role.inside(tree, child), depth + 1, out);
    }
    if !short && !children.is_empty() {
        new_line(depth, out);
    }
    out.push(close);
}

fn new_line(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

fn ordered<'a>(tree: &'a Tree<'_>, node: &'a Node, role: Role) -> Vec<&'a Node> {
    let order = match role {
        Role::Machine => MACHINE,
        Role::State => STATE,
        Role::Handler => HANDLER,
        Role::Rule => RULE,
        _ => PLAIN,
    };
    let mut children: Vec<&Node> = tree.children(node).collect();
    children.sort_by_key(|child| {
        let find = |names: &[&str]| names.iter().position(|name| tree.has_key(child, name));
        match (find(order.first), find(order.last)) {
            (Some(at), _) => (0, at),
            (_, Some(at)) => (2, at),
            _ => (1, 0),
        }
    });
    children
}
