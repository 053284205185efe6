//! What is told of the run of a distributed map.

use bincode::{Decode, Encode};

/// Where the run of a distributed map stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub enum MapRunStatus {
    /// Its executions run.
    Running,
    /// All have ended, and no more have failed than may.
    Succeeded,
    /// Items could not be read, results could not be written, or more executions failed than may.
    Failed,
    /// What is around it has ended before.
    Aborted,
}

impl MapRunStatus {
    /// Its name in AWS's API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Aborted => "ABORTED",
        }
    }
}

/// How many items, or executions, of a map run stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields are those of AWS's API")]
pub struct MapRunCounts {
    pub pending: u64,
    pub running: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub timed_out: u64,
    pub aborted: u64,
    pub total: u64,
    pub results_written: u64,
}

/// The run of a distributed map.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MapRun {
    /// Its ARN.
    pub arn: String,
    /// The ARN of the execution in which the map stands.
    pub execution_arn: String,
    /// The ARN of the state machine that its executions have: that of the execution with the label of the map.
    pub machine_arn: String,
    /// Where it stands.
    pub status: MapRunStatus,
    /// When it began, in ms since the Unix epoch.
    pub started_ms: u64,
    /// When it ended, in ms since the Unix epoch.
    pub stopped_ms: Option<u64>,
    /// How many executions may run at a time; 0 is as many as possible.
    pub max_concurrency: u64,
    /// How many items may fail.
    pub tolerated_failure_count: u64,
    /// Which part of the items may fail, from 0 to 100.
    pub tolerated_failure_percentage: f64,
    /// Of its items.
    pub item_counts: MapRunCounts,
    /// Of its executions. They are as many as the items, unless these are in batches.
    pub execution_counts: MapRunCounts,
}

/// What is to be changed of a map run that is under way. What is not given stays.
///
/// ```
/// use duramen_states::machine::MapRunUpdate;
///
/// let fewer = MapRunUpdate::default().max_concurrency(2);
/// assert_eq!(fewer.max_concurrency, Some(2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct MapRunUpdate {
    /// How many executions may run at a time; 0 is as many as possible. What runs already goes on.
    pub max_concurrency: Option<u64>,
    /// How many items may fail.
    pub tolerated_failure_count: Option<u64>,
    /// Which part of the items may fail, from 0 to 100.
    pub tolerated_failure_percentage: Option<f64>,
}

impl MapRunUpdate {
    /// With that many executions at a time.
    #[must_use]
    pub fn max_concurrency(mut self, most: u64) -> Self {
        self.max_concurrency = Some(most);
        self
    }

    /// With that many items that may fail.
    #[must_use]
    pub fn tolerated_failure_count(mut self, count: u64) -> Self {
        self.tolerated_failure_count = Some(count);
        self
    }

    /// With that part of the items that may fail, from 0 to 100.
    #[must_use]
    pub fn tolerated_failure_percentage(mut self, percentage: f64) -> Self {
        self.tolerated_failure_percentage = Some(percentage);
        self
    }
}
