//! `ResultWriter`: what came of a distributed map, written into objects.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Objects;
use super::results::{Children, Kind, written};
use crate::definition::{OutputType, WriterConfig};
use crate::history::Fault;

/// How many bytes of results one object has at most, unless one result alone has more.
const OBJECT_BYTES: usize = 64 << 20;

/// What is to be written where.
#[derive(Debug, Clone)]
pub(crate) struct WriteOrder {
    pub(crate) arguments: Value,
    pub(crate) config: WriterConfig,
    pub(crate) run: Arc<dyn Children>,
}

/// Writes the objects and a manifest that names them; gives what the result of the state is then.
pub(crate) async fn write(objects: Option<&dyn Objects>, order: &WriteOrder) -> Result<Value, Fault> {
    let written = match objects {
        Some(objects) => order.write(objects).await,
        None => Err("There is no store of objects to write results to.".to_owned()),
    };
    written.map_err(|cause| Fault { error: Some("States.ResultWriterFailed".to_owned()), cause: Some(cause) })
}

/// One object of results.
#[derive(Debug, PartialEq)]
struct File {
    name: String,
    body: Vec<u8>,
}

/// Whether an object of some kind holds an execution.
type Holds = fn(Kind) -> bool;

/// The kinds of objects: executions that failed, that were not begun, and that succeeded.
const KINDS: [(&str, Holds); 3] = [
    ("FAILED", |kind| matches!(kind, Kind::Failed | Kind::Aborted)),
    ("PENDING", |kind| kind == Kind::Pending),
    ("SUCCEEDED", |kind| kind == Kind::Succeeded),
];

impl WriteOrder {
    async fn write(&self, objects: &dyn Objects) -> Result<Value, String> {
        let text = |name: &str| self.arguments.get(name).and_then(Value::as_str).unwrap_or_default();
        let (bucket, arn) = (text("Bucket"), self.run.arn());
        let name = arn.rsplit_once(':').map_or("", |(_, name)| name);
        let folder = match text("Prefix").trim_end_matches('/') {
            "" => name.to_owned(),
            prefix => format!("{prefix}/{name}"),
        };
        let mut listed = Map::new();
        for (kind, holds) in KINDS {
            let mut entries = Vec::new();
            for File { name, body } in self.files(kind, holds, OBJECT_BYTES) {
                let key = format!("{folder}/{name}");
                entries.push(json!({"Key": key, "Size": body.len()}));
                objects.put(bucket, &key, body).await.map_err(|error| error.to_string())?;
                tokio::task::yield_now().await;
            }
            listed.insert(kind.to_owned(), Value::Array(entries));
        }
        let manifest = json!({"DestinationBucket": bucket, "MapRunArn": arn, "ResultFiles": listed});
        let key = format!("{folder}/manifest.json");
        objects.put(bucket, &key, manifest.to_string().into_bytes()).await.map_err(|error| error.to_string())?;
        Ok(json!({"MapRunArn": arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}}))
    }

    /// The objects of a kind, each made when it is asked for.
    fn files(&self, kind: &'static str, holds: Holds, most_bytes: usize) -> Files<'_> {
        let left = VecDeque::new();
        Files { order: self, kind, holds, most_bytes, index: 0, left, number: 0 }
    }
}

struct Files<'o> {
    order: &'o WriteOrder,
    kind: &'static str,
    holds: Holds,
    most_bytes: usize,
    /// The execution that is come to next.
    index: u64,
    /// What is left of the last one.
    left: VecDeque<String>,
    /// How many objects have been made.
    number: usize,
}

impl Files<'_> {
    /// The next result as text.
    fn result(&mut self) -> Option<String> {
        let run = &*self.order.run;
        while self.left.is_empty() && self.index < run.len() {
            if (self.holds)(run.kind(self.index)) {
                let results = written(run, self.index, self.order.config.transformation);
                self.left.extend(results.iter().map(Value::to_string));
            }
            self.index += 1;
        }
        self.left.pop_front()
    }
}

impl Iterator for Files<'_> {
    type Item = File;

    fn next(&mut self) -> Option<File> {
        let lines = self.order.config.output_type == OutputType::Jsonl;
        let first = self.result()?;
        let mut body = if lines { first.into_bytes() } else { format!("[{first}").into_bytes() };
        while let Some(text) = self.result() {
            if body.len() + text.len() + 2 > self.most_bytes {
                self.left.push_front(text);
                break;
            }
            body.push(if lines { b'\n' } else { b',' });
            body.extend(text.into_bytes());
        }
        body.push(if lines { b'\n' } else { b']' });
        let extension = if lines { "jsonl" } else { "json" };
        let name = format!("{}_{}.{extension}", self.kind, self.number);
        self.number += 1;
        Some(File { name, body })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]
mod tests {
    use super::*;
    use crate::definition::WriterTransformation;
    use crate::objects::{Child, Ended};

    #[derive(Debug)]
    struct Ran(Vec<Ended>);

    impl Children for Ran {
        fn arn(&self) -> &str {
            "arn:aws:states:r:1:mapRun:machine/label:run"
        }

        fn is_express(&self) -> bool {
            false
        }

        fn len(&self) -> u64 {
            self.0.len() as u64
        }

        fn kind(&self, index: u64) -> Kind {
            match self.child(index).ended {
                Ended::Succeeded(_) => Kind::Succeeded,
                Ended::Failed(_) | Ended::TimedOut(_) => Kind::Failed,
                Ended::Aborted => Kind::Aborted,
                Ended::Pending => Kind::Pending,
            }
        }

        fn child(&self, index: u64) -> Child {
            let ended = self.0[usize::try_from(index).unwrap()].clone();
            Child { input: json!({"n": 1}).into(), started_ms: 0, stopped_ms: 1000, ended }
        }
    }

    fn order(transformation: WriterTransformation, output_type: OutputType) -> WriteOrder {
        let run = Arc::new(Ran(vec![
            Ended::Succeeded(json!([1, 2]).into()),
            Ended::Failed(Fault { error: Some("Bad".to_owned()), cause: None }),
            Ended::Succeeded(json!("x").into()),
            Ended::Aborted,
            Ended::Pending,
        ]));
        WriteOrder { arguments: json!({}), config: WriterConfig { transformation, output_type }, run }
    }

    fn all(order: &WriteOrder, most_bytes: usize) -> [Vec<File>; 3] {
        KINDS.map(|(kind, holds)| order.files(kind, holds, most_bytes).collect())
    }

    fn text(files: &[File]) -> Vec<(&str, &str)> {
        files.iter().map(|file| (file.name.as_str(), std::str::from_utf8(&file.body).unwrap())).collect()
    }

    #[test]
    fn compact_results_are_the_outputs() {
        let [failed, pending, succeeded] = all(&order(WriterTransformation::Compact, OutputType::Json), 1000);
        assert_eq!(text(&succeeded), [("SUCCEEDED_0.json", "[[1,2],\"x\"]")]);
        let failed: Value = serde_json::from_slice(&failed[0].body).unwrap();
        assert_eq!((&failed[0]["Status"], &failed[0]["Error"]), (&json!("FAILED"), &json!("Bad")));
        assert_eq!(failed[1]["Status"], "ABORTED");
        assert_eq!(pending.len(), 1);
    }

    #[test]
    fn flat_results_are_the_elements_of_the_outputs_and_may_stand_on_lines() {
        let [.., succeeded] = all(&order(WriterTransformation::Flatten, OutputType::Jsonl), 1000);
        assert_eq!(text(&succeeded), [("SUCCEEDED_0.jsonl", "1\n2\n\"x\"\n")]);
    }

    #[test]
    fn what_is_too_much_for_one_object_is_split() {
        let [.., succeeded] = all(&order(WriterTransformation::Flatten, OutputType::Json), 6);
        assert_eq!(text(&succeeded), [("SUCCEEDED_0.json", "[1,2]"), ("SUCCEEDED_1.json", "[\"x\"]")]);
    }

    #[test]
    fn untransformed_results_say_all_of_their_executions() {
        let [.., succeeded] = all(&order(WriterTransformation::None, OutputType::Json), usize::MAX);
        let results: Value = serde_json::from_slice(&succeeded[0].body).unwrap();
        assert_eq!(results[0]["Output"], "[1,2]");
        assert_eq!(results[0]["Input"], "{\"n\":1}");
        assert_eq!(results[0]["StateMachineArn"], "arn:aws:states:r:1:stateMachine:machine/label");
        assert!(
            results[0]["ExecutionArn"].as_str().unwrap().starts_with("arn:aws:states:r:1:execution:machine/label:")
        );
        assert_ne!(results[0]["Name"], results[1]["Name"]);
    }
}
