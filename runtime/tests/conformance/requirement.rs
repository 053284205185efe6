//! Requirements, as they stand in files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use duramen::Failure;
use serde_json::Value;

use crate::drive::{Action, Ended, Play, Sent, play};
use crate::handler::Handler;
use crate::logs::{Logs, expects_hooks};
use crate::matching::{Matching, first_difference};
use crate::recorded::recorded;
use crate::variables::Variables;

/// Much longer than any handler leaves an execution to itself, and shorter than the waits that are not waited for.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// What one handler is to do.
pub(crate) struct Requirement {
    pub(crate) suite: String,
    pub(crate) id: String,
    /// Its id and what it is about.
    pub(crate) title: String,
    file: Value,
}

impl Requirement {
    /// All in a folder of suites, by suite and id.
    pub(crate) fn all_in(folder: &Path) -> Vec<Self> {
        let mut all: Vec<_> = entries(folder)
            .into_iter()
            .filter(|suite| suite.is_dir())
            .flat_map(|suite| entries(&suite))
            .filter(|file| file.extension().is_some_and(|extension| extension == "yaml"))
            .map(|file| Self::read(&file))
            .collect();
        let number = |id: &str| id.split('-').map(|part| part.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>();
        all.sort_by_key(|requirement| (requirement.suite.clone(), number(&requirement.id)));
        all
    }

    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let file: Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let part = |part: Option<&std::ffi::OsStr>| part.unwrap().to_string_lossy().into_owned();
        let (suite, id) = (part(path.parent().unwrap().file_name()), part(path.file_stem()));
        let title = format!("{suite} {id} ({})", file["description"].as_str().unwrap_or("?").trim());
        Self { suite, id, title, file }
    }

    /// Whether it also says what the hooks of plugins log.
    pub(crate) fn expects_hooks(&self) -> bool {
        expects_hooks(&self.file["ExpectedLogs"])
    }

    /// Runs the handler and compares what it did.
    ///
    /// # Errors
    /// The first difference.
    pub(crate) async fn check(&self, handler: &Handler) -> Result<(), String> {
        let variables = Variables::declared(&self.file["Variables"]);
        let actions = self.file["CallbackActions"].as_array();
        let actions = actions.into_iter().flatten().map(|action| read_action(&variables.fill(action))).collect();
        let input = variables.fill(&self.file["Input"]);
        let (logs, collecting) = Logs::collect();
        let played = play(handler, &Play { input, actions, patience: PATIENCE }).await;
        drop(collecting);
        if played.crashed != handler.crashes {
            return Err("the process was to die in it, and did not".to_owned());
        }
        let expected = &self.file["ExpectedResult"];
        let ours = recorded(played.execution, &played.history);
        let history = self.file["ExpectedExecutionHistory"].as_array().map_or(&[][..], Vec::as_slice);
        first_difference(history, &ours, &mut Matching::with(variables.clone()))?;
        compare_end(expected, &played.ended, &variables)?;
        logs.compare(&self.file["ExpectedLogs"], &variables)
    }
}

fn compare_end(expected: &Value, ended: &Ended, variables: &Variables) -> Result<(), String> {
    let Some(status) = expected["ExecutionStatus"].as_str() else { return Ok(()) };
    let ours = match ended {
        Ended::NotYet => "RUNNING",
        Ended::Succeeded(_) => "SUCCEEDED",
        Ended::Otherwise(status) => status,
    };
    if ours != status {
        return Err(format!("the status is {ours}, not {status}"));
    }
    match (expected.get("Result"), ended) {
        (Some(result), Ended::Succeeded(ours)) => {
            let (result, ours): (_, Value) = (variables.fill(result), ours.read().unwrap());
            if result == ours { Ok(()) } else { Err(format!("the result is {ours}, not {result}")) }
        }
        _ => Ok(()),
    }
}

fn read_action(action: &Value) -> Action {
    let payload = &action["Payload"];
    let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
    let what = match action["Operation"].as_str().unwrap() {
        "success" => Sent::Success(payload.clone()),
        "failure" => Sent::Failure(Failure::new(text("ErrorType"), text("ErrorMessage"))),
        "heartbeat" => Sent::Heartbeat,
        other => panic!("callbacks know no `{other}`"),
    };
    let delay = Duration::from_secs_f64(action["Delay"].as_f64().unwrap_or(0.0));
    Action { name: action["CallbackName"].as_str().unwrap().to_owned(), delay, what }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    read.map(|entry| entry.unwrap().path()).collect()
}
