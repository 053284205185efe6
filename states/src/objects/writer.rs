//! `ResultWriter`: what came of a distributed map, written into objects.

use serde_json::{Map, Value, json};

use super::Objects;
use super::results::{Ended, MapRun};
use crate::definition::{OutputType, WriterConfig};
use crate::history::Fault;

/// How many bytes of results one object has at most, unless one result alone has more.
const OBJECT_BYTES: usize = 64 << 20;

/// What is to be written where.
#[derive(Debug, Clone)]
pub(crate) struct WriteOrder {
    pub(crate) arguments: Value,
    pub(crate) config: WriterConfig,
    pub(crate) run: MapRun,
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

impl WriteOrder {
    async fn write(&self, objects: &dyn Objects) -> Result<Value, String> {
        let text = |name: &str| self.arguments.get(name).and_then(Value::as_str).unwrap_or_default();
        let bucket = text("Bucket");
        let folder = match text("Prefix").trim_end_matches('/') {
            "" => self.run.name().to_owned(),
            prefix => format!("{prefix}/{}", self.run.name()),
        };
        let mut listed = Map::new();
        for (kind, files) in self.files(OBJECT_BYTES) {
            let mut entries = Vec::new();
            for File { name, body } in files {
                let key = format!("{folder}/{name}");
                entries.push(json!({"Key": key, "Size": body.len()}));
                objects.put(bucket, &key, body).await.map_err(|error| error.to_string())?;
            }
            listed.insert(kind.to_owned(), Value::Array(entries));
        }
        let manifest = json!({"DestinationBucket": bucket, "MapRunArn": self.run.arn, "ResultFiles": listed});
        let key = format!("{folder}/manifest.json");
        objects.put(bucket, &key, manifest.to_string().into_bytes()).await.map_err(|error| error.to_string())?;
        Ok(json!({"MapRunArn": self.run.arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}}))
    }

    /// The objects of each kind: executions that failed, that were not begun, and that succeeded.
    fn files(&self, most_bytes: usize) -> [(&'static str, Vec<File>); 3] {
        let of = |kind: &'static str, holds: fn(&Ended) -> bool| {
            let results = self.run.written(self.config.transformation, holds);
            (kind, self.split(kind, &results, most_bytes))
        };
        [
            of("FAILED", |ended| matches!(ended, Ended::Failed(_) | Ended::TimedOut(_) | Ended::Aborted)),
            of("PENDING", |ended| matches!(ended, Ended::Pending)),
            of("SUCCEEDED", |ended| matches!(ended, Ended::Succeeded(_))),
        ]
    }

    fn split(&self, kind: &str, results: &[Value], most_bytes: usize) -> Vec<File> {
        let lines = self.config.output_type == OutputType::Jsonl;
        let mut bodies: Vec<Vec<u8>> = Vec::new();
        for result in results {
            let text = result.to_string();
            match bodies.last_mut() {
                Some(body) if body.len() + text.len() + 2 <= most_bytes => {
                    body.push(if lines { b'\n' } else { b',' });
                    body.extend(text.into_bytes());
                }
                _ => bodies.push(if lines { text.into_bytes() } else { format!("[{text}").into_bytes() }),
            }
        }
        let extension = if lines { "jsonl" } else { "json" };
        let file = |(number, mut body): (usize, Vec<u8>)| {
            body.push(if lines { b'\n' } else { b']' });
            File { name: format!("{kind}_{number}.{extension}"), body }
        };
        bodies.into_iter().enumerate().map(file).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]
mod tests {
    use super::*;
    use crate::definition::WriterTransformation;
    use crate::objects::Child;

    fn order(transformation: WriterTransformation, output_type: OutputType) -> WriteOrder {
        let child = |ended| Child { input: json!({"n": 1}).into(), started_ms: 0, stopped_ms: 1000, ended };
        let children = vec![
            child(Ended::Succeeded(json!([1, 2]).into())),
            child(Ended::Failed(Fault { error: Some("Bad".to_owned()), cause: None })),
            child(Ended::Succeeded(json!("x").into())),
            child(Ended::Aborted),
            child(Ended::Pending),
        ];
        let run = MapRun { arn: "arn:aws:states:r:1:mapRun:machine/label:run".to_owned(), express: false, children };
        WriteOrder { arguments: json!({}), config: WriterConfig { transformation, output_type }, run }
    }

    fn text(files: &[File]) -> Vec<(&str, &str)> {
        files.iter().map(|file| (file.name.as_str(), std::str::from_utf8(&file.body).unwrap())).collect()
    }

    #[test]
    fn compact_results_are_the_outputs() {
        let [failed, pending, succeeded] = order(WriterTransformation::Compact, OutputType::Json).files(1000);
        assert_eq!(text(&succeeded.1), [("SUCCEEDED_0.json", "[[1,2],\"x\"]")]);
        let failed: Value = serde_json::from_slice(&failed.1[0].body).unwrap();
        assert_eq!((&failed[0]["Status"], &failed[0]["Error"]), (&json!("FAILED"), &json!("Bad")));
        assert_eq!(failed[1]["Status"], "ABORTED");
        assert_eq!(pending.1.len(), 1);
    }

    #[test]
    fn flat_results_are_the_elements_of_the_outputs_and_may_stand_on_lines() {
        let [.., succeeded] = order(WriterTransformation::Flatten, OutputType::Jsonl).files(1000);
        assert_eq!(text(&succeeded.1), [("SUCCEEDED_0.jsonl", "1\n2\n\"x\"\n")]);
    }

    #[test]
    fn what_is_too_much_for_one_object_is_split() {
        let [.., succeeded] = order(WriterTransformation::Flatten, OutputType::Json).files(6);
        assert_eq!(text(&succeeded.1), [("SUCCEEDED_0.json", "[1,2]"), ("SUCCEEDED_1.json", "[\"x\"]")]);
    }

    #[test]
    fn untransformed_results_say_all_of_their_executions() {
        let [.., succeeded] = order(WriterTransformation::None, OutputType::Json).files(usize::MAX);
        let results: Value = serde_json::from_slice(&succeeded.1[0].body).unwrap();
        assert_eq!(results[0]["Output"], "[1,2]");
        assert_eq!(results[0]["Input"], "{\"n\":1}");
        assert_eq!(results[0]["StateMachineArn"], "arn:aws:states:r:1:stateMachine:machine/label");
        assert!(
            results[0]["ExecutionArn"].as_str().unwrap().starts_with("arn:aws:states:r:1:execution:machine/label:")
        );
        assert_ne!(results[0]["Name"], results[1]["Name"]);
    }
}
