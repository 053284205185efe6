//! Which versions of which workflows are still in use.

use std::collections::BTreeMap;

use crate::{Error, Filter, InUse, Runtime, StatusKind};

impl Runtime {
    /// How many executions that have not ended run each version of each workflow, by workflow and version. A version that
    /// is not among them is not in use any more, and its code can be taken out.
    ///
    /// Reads a row for each such execution.
    ///
    /// # Errors
    /// Errors of the log.
    pub async fn versions(&self) -> Result<Vec<InUse>, Error> {
        let mut counts: BTreeMap<(String, u32), InUse> = BTreeMap::new();
        let mut filter = Filter::new().status(StatusKind::Running).status(StatusKind::Paused).page_size(1_000);
        loop {
            let page = self.list(&filter).await?;
            for listed in page.executions {
                let key = (listed.workflow.clone(), listed.version);
                let in_use = counts.entry(key).or_insert_with(|| InUse {
                    workflow: listed.workflow,
                    version: listed.version,
                    running: 0,
                    paused: 0,
                });
                match StatusKind::from(&listed.status) {
                    StatusKind::Paused => in_use.paused += 1,
                    _ => in_use.running += 1,
                }
            }
            match page.next {
                Some(next) => filter = filter.after(next),
                None => return Ok(counts.into_values().collect()),
            }
        }
    }
}
