//! Map runs, as the service writes them.

use duramen_states::machine::{MapRun, MapRunCounts};
use serde_json::{Value, json};

pub(crate) fn listed(run: &MapRun) -> Value {
    json!({
        "executionArn": run.execution_arn, "mapRunArn": run.arn, "stateMachineArn": run.machine_arn,
        "startDate": run.started_ms, "stopDate": run.stopped_ms,
    })
}

pub(crate) fn described(run: &MapRun) -> Value {
    json!({
        "executionArn": run.execution_arn, "mapRunArn": run.arn, "status": run.status.as_str(),
        "startDate": run.started_ms, "stopDate": run.stopped_ms, "maxConcurrency": run.max_concurrency,
        "toleratedFailureCount": run.tolerated_failure_count,
        "toleratedFailurePercentage": run.tolerated_failure_percentage,
        "executionCounts": counts(&run.execution_counts), "itemCounts": counts(&run.item_counts),
    })
}

fn counts(of: &MapRunCounts) -> Value {
    json!({
        "pending": of.pending, "running": of.running, "succeeded": of.succeeded, "failed": of.failed,
        "timedOut": of.timed_out, "aborted": of.aborted, "total": of.total, "resultsWritten": of.results_written,
    })
}
