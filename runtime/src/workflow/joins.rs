//! Several operations at once, by the order in which they end.
//!
//! Which of them ends first is decided by the history: they are looked at in the order in which it brings what they wait
//! for, live as in replay. Those that are not needed any more are given up, and that is recorded.

use super::together::Together;
use crate::Failure;

/// All results, in order; the first failure to come ends it.
pub(super) async fn all<F, T>(operations: impl IntoIterator<Item = F>) -> Result<Vec<T>, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut ends = Vec::new();
    let mut running = numbered(operations);
    ends.resize_with(running.running(), || None);
    while let Some((index, outcome)) = running.next().await {
        let value = outcome?;
        if let Some(end) = ends.get_mut(index) {
            *end = Some(value);
        }
    }
    Ok(ends.into_iter().flatten().collect())
}

/// How each of them ended, in order.
pub(super) async fn all_settled<F, T>(operations: impl IntoIterator<Item = F>) -> Vec<Result<T, Failure>>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut ends = Vec::new();
    let mut running = numbered(operations);
    ends.resize_with(running.running(), || None);
    while let Some((index, outcome)) = running.next().await {
        if let Some(end) = ends.get_mut(index) {
            *end = Some(outcome);
        }
    }
    ends.into_iter().flatten().collect()
}

/// The first to succeed.
pub(super) async fn any<F, T>(operations: impl IntoIterator<Item = F>) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut failures = Vec::new();
    let mut running = numbered(operations);
    while let Some((_, outcome)) = running.next().await {
        match outcome {
            Ok(value) => return Ok(value),
            Err(failure) => failures.push(failure),
        }
    }
    let texts: Vec<_> = failures.iter().map(ToString::to_string).collect();
    let cause = format!("none of {} succeeded: {}", failures.len(), texts.join("; "));
    Err(Failure::new(Failure::NONE_SUCCEEDED, cause).with_data(&failures))
}

/// The first to end.
pub(super) async fn race<F, T>(operations: impl IntoIterator<Item = F>) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    match numbered(operations).next().await {
        Some((_, outcome)) => outcome,
        None => Err(Failure::new(Failure::NONE_SUCCEEDED, "a race of nothing has no winner")),
    }
}

fn numbered<F, T>(
    operations: impl IntoIterator<Item = F>,
) -> Together<impl Future<Output = (usize, Result<T, Failure>)>>
where
    F: Future<Output = Result<T, Failure>>,
{
    operations.into_iter().enumerate().map(|(index, operation)| async move { (index, operation.await) }).collect()
}
