//! What an evaluation may take.

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Evaluator, EvaluatorOptions};

use super::error::JsonataError;

/// How long an evaluation may take, ms.
const MAX_MS: u64 = 2000;

/// How deep evaluations may nest; a call of a function takes about three levels.
const MAX_STACK: usize = 6000;

/// How many items a sequence may have, as measured from Step Functions.
pub(super) const MAX_SEQUENCE: usize = 873_782;

pub(super) fn options() -> EvaluatorOptions {
    EvaluatorOptions {
        timeout_ms: Some(MAX_MS),
        cancel: None,
        max_stack_depth: Some(MAX_STACK),
        max_sequence_length: Some(MAX_SEQUENCE),
    }
}

pub(super) fn roomy<T>(work: impl FnOnce() -> T) -> T {
    work()
}

pub(super) fn guarded(ast: AstNode) -> AstNode {
    ast
}

pub(super) fn register(_: &mut Evaluator) -> Result<(), JsonataError> {
    Ok(())
}
