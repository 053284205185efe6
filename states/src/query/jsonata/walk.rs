//! Going through an expression from node to node.

use jsonata_core::ast::{AstNode, Stage};
use jsonata_core::value::with_stack;

/// Visits the nodes right below one. A visitor may go on below them, however deep that is.
pub(super) fn each_child(node: &mut AstNode, visit: &mut dyn FnMut(&mut AstNode)) {
    let mut visit = |node: &mut AstNode| with_stack(|| visit(node));
    match node {
        AstNode::Binary { lhs, rhs, .. } => [lhs, rhs].into_iter().for_each(|side| visit(side)),
        AstNode::Unary { operand, .. } => visit(operand),
        AstNode::Function { args, .. } => args.iter_mut().for_each(visit),
        AstNode::Call { procedure, args } => {
            visit(procedure);
            args.iter_mut().for_each(visit);
        }
        AstNode::Lambda { body, .. } => visit(body),
        AstNode::Array(items) | AstNode::ArrayGroup(items) | AstNode::Block(items) => items.iter_mut().for_each(visit),
        AstNode::Object(pairs) => pairs.iter_mut().flat_map(|(key, value)| [key, value]).for_each(visit),
        AstNode::ObjectTransform { input, pattern } => {
            visit(input);
            pattern.iter_mut().flat_map(|(key, value)| [key, value]).for_each(visit);
        }
        AstNode::Conditional { condition, then_branch, else_branch } => {
            [condition, then_branch].into_iter().for_each(|part| visit(part));
            else_branch.as_deref_mut().into_iter().for_each(visit);
        }
        AstNode::FunctionApplication(node) => visit(node),
        AstNode::Sort { input, terms } => {
            visit(input);
            terms.iter_mut().for_each(|(term, _)| visit(term));
        }
        AstNode::Transform { location, update, delete } => {
            [location, update].into_iter().for_each(|part| visit(part));
            delete.as_deref_mut().into_iter().for_each(visit);
        }
        AstNode::Path { steps } => {
            for step in steps {
                visit(&mut step.node);
                for stage in &mut step.stages {
                    if let Stage::Filter(filter) = stage {
                        visit(filter);
                    }
                }
            }
        }
        AstNode::String(_)
        | AstNode::Name(_)
        | AstNode::Number(_)
        | AstNode::Boolean(_)
        | AstNode::Null
        | AstNode::Undefined
        | AstNode::Placeholder
        | AstNode::Regex { .. }
        | AstNode::Variable(_)
        | AstNode::ParentVariable(_)
        | AstNode::Wildcard
        | AstNode::Descendant
        | AstNode::Parent(_) => {}
    }
}
