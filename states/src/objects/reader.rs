//! `ItemReader`: the items of a distributed map.

use serde_json::{Value, json};

use super::items::items;
use super::{ObjectError, Objects};
use crate::definition::{ReaderConfig, ReaderTransformation};
use crate::history::Fault;

/// What is to be read.
#[derive(Debug, Clone)]
pub(crate) struct ReadOrder {
    /// The API of S3: `getObject` or `listObjectsV2`.
    pub(crate) api: String,
    pub(crate) arguments: Value,
    pub(crate) config: ReaderConfig,
    /// How many items at most; 0 is any number.
    pub(crate) most: u64,
}

/// Reads the items.
pub(crate) async fn read(objects: Option<&dyn Objects>, order: &ReadOrder) -> Result<Value, Fault> {
    let found = match objects {
        Some(objects) => order.read(objects).await,
        None => Err("There is no store of objects to read items from.".to_owned()),
    };
    let failed = |cause| Fault { error: Some("States.ItemReaderFailed".to_owned()), cause: Some(cause) };
    found.map(Value::Array).map_err(failed)
}

impl ReadOrder {
    async fn read(&self, objects: &dyn Objects) -> Result<Vec<Value>, String> {
        let text = |name: &str| self.arguments.get(name).and_then(Value::as_str).unwrap_or_default();
        let said = |error: ObjectError| error.to_string();
        let most = usize::try_from(self.most).ok().filter(|most| *most > 0).unwrap_or(usize::MAX);
        match self.api.as_str() {
            "getObject" => {
                let object = objects.get(text("Bucket"), text("Key")).await.map_err(said)?;
                items(&object.body, &self.config, most)
            }
            "listObjectsV2" => {
                let loads = self.config.transformation == ReaderTransformation::LoadAndFlatten;
                let listed = if loads { usize::MAX } else { most };
                let listed = objects.list(text("Bucket"), text("Prefix"), listed).await.map_err(said)?;
                if !loads {
                    let item = |object: super::Listed| {
                        json!({
                            "Etag": object.etag, "Key": object.key, "LastModified": object.modified_s,
                            "Size": object.size, "StorageClass": "STANDARD",
                        })
                    };
                    return Ok(listed.into_iter().map(item).collect());
                }
                let mut all = Vec::new();
                for object in listed {
                    if all.len() >= most {
                        break;
                    }
                    let body = objects.get(text("Bucket"), &object.key).await.map_err(said)?.body;
                    all.extend(items(&body, &self.config, most - all.len())?);
                }
                Ok(all)
            }
            other => Err(format!("Items cannot be read by {other}.")),
        }
    }
}
