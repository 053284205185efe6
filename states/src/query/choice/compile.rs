//! From JSON to a compiled rule.

use serde_json::{Map, Value};

use super::glob::Glob;
use super::{Is, Kind, Node, Order, Right, Test};
use crate::query::error::{Problem, pointer};
use crate::query::path::Path;
use crate::query::timestamp::Timestamp;
use crate::query::value::MAX_DEPTH;

/// What a rule may have beside its condition.
const OTHERS: [&str; 5] = ["Next", "Comment", "Assign", "Output", "Variable"];

pub(super) fn rule(rule: &Value) -> Result<Node, Vec<Problem>> {
    let mut problems = Vec::new();
    match node(rule, "", 0, &mut problems) {
        Some(node) if problems.is_empty() => Ok(node),
        _ => Err(problems),
    }
}

fn node(rule: &Value, at: &str, depth: usize, problems: &mut Vec<Problem>) -> Option<Node> {
    let Some(fields) = rule.as_object().filter(|_| depth <= MAX_DEPTH) else {
        problems.push(Problem::new(at, "A choice rule must be an object"));
        return None;
    };
    let mut conditions = fields.iter().filter(|(name, _)| !OTHERS.contains(&name.as_str()));
    let (Some((name, operand)), None) = (conditions.next(), conditions.next()) else {
        problems.push(Problem::new(at, "A choice rule must have exactly one condition"));
        return None;
    };
    let operand_at = pointer(at, name);
    let mut many = |make: fn(Vec<Node>) -> Node| match operand.as_array() {
        Some(rules) if !rules.is_empty() => {
            let nodes = rules.iter().enumerate();
            let nodes: Vec<_> =
                nodes.map(|(index, rule)| node(rule, &format!("{operand_at}/{index}"), depth + 1, problems)).collect();
            nodes.into_iter().collect::<Option<_>>().map(make)
        }
        _ => {
            problems.push(Problem::new(&operand_at, format!("'{name}' must be a non-empty array of rules")));
            None
        }
    };
    match name.as_str() {
        "And" => many(Node::All),
        "Or" => many(Node::Any),
        "Not" => node(operand, &operand_at, depth + 1, problems).map(|node| Node::Not(Box::new(node))),
        _ => {
            let variable = variable(fields, at, problems);
            let test = test(name, operand).map_err(|message| problems.push(Problem::new(&operand_at, message))).ok();
            Some(Node::Test(variable?, test?))
        }
    }
}

fn variable(fields: &Map<String, Value>, at: &str, problems: &mut Vec<Problem>) -> Option<Path> {
    match fields.get("Variable") {
        None => problems.push(Problem::new(at, "These fields are required: [Variable]")),
        Some(Value::String(text)) => match Path::parse(text) {
            Ok(path) => return Some(path),
            Err(error) => problems.push(Problem::new(&pointer(at, "Variable"), error.to_string())),
        },
        Some(_) => problems.push(Problem::new(&pointer(at, "Variable"), "'Variable' must be a path")),
    }
    None
}

/// The test an operator stands for.
fn test(name: &str, operand: &Value) -> Result<Test, String> {
    let unknown = || format!("'{name}' is not an operator of a choice rule");
    if name == "StringMatches" {
        let glob = operand.as_str().and_then(|pattern| Glob::parse(pattern).ok());
        return glob
            .map(Test::Matches)
            .ok_or_else(|| format!("'{name}' must be a text in which a backslash stands before '*' or a backslash"));
    }
    if let Some(is) = name.strip_prefix("Is") {
        let is = match is {
            "Null" => Is::Null,
            "Present" => Is::Present,
            "Numeric" => Is::Number,
            "String" => Is::Text,
            "Boolean" => Is::Boolean,
            "Timestamp" => Is::Timestamp,
            _ => return Err(unknown()),
        };
        return operand
            .as_bool()
            .map(|expected| Test::Is(is, expected))
            .ok_or_else(|| format!("'{name}' must be a boolean"));
    }
    let kinds =
        [("String", Kind::Text), ("Numeric", Kind::Number), ("Boolean", Kind::Boolean), ("Timestamp", Kind::Timestamp)];
    let (order, kind) =
        kinds.iter().find_map(|(prefix, kind)| Some((name.strip_prefix(prefix)?, *kind))).ok_or_else(unknown)?;
    let (order, path) = order.strip_suffix("Path").map_or((order, false), |order| (order, true));
    let order = match order {
        "Equals" => Order::Equal,
        "LessThan" if kind != Kind::Boolean => Order::Less,
        "GreaterThan" if kind != Kind::Boolean => Order::Greater,
        "LessThanEquals" if kind != Kind::Boolean => Order::LessOrEqual,
        "GreaterThanEquals" if kind != Kind::Boolean => Order::GreaterOrEqual,
        _ => return Err(unknown()),
    };
    let right = if path {
        let text = operand.as_str().ok_or_else(|| format!("'{name}' must be a path"))?;
        Right::Path(Path::parse(text).map_err(|error| error.to_string())?)
    } else {
        let (fits, expected) = match kind {
            Kind::Text => (operand.is_string(), "a string"),
            Kind::Number => (operand.is_number(), "a number"),
            Kind::Boolean => (operand.is_boolean(), "a boolean"),
            Kind::Timestamp => (operand.as_str().is_some_and(|text| Timestamp::parse(text).is_some()), "a timestamp"),
        };
        if !fits {
            return Err(format!("'{name}' must be {expected}"));
        }
        Right::Value(operand.clone())
    };
    Ok(Test::Compare(kind, order, right))
}
