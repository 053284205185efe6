//! `ItemReader`: the items of a distributed map.

use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::items::{Unreadable, items};
use super::manifest::{Part, athena, inventory};
use super::unpacked::unpacked;
use super::{Listed, ObjectError, Objects};
use crate::definition::{InputType, ManifestType, ReaderConfig, ReaderTransformation};
use crate::history::Fault;
use crate::packed::Pieces;

/// What is to be read.
#[derive(Debug, Clone)]
pub(crate) struct ReadOrder {
    /// The API of S3: `getObject` or `listObjectsV2`.
    pub(crate) api: String,
    pub(crate) arguments: Value,
    pub(crate) config: ReaderConfig,
    /// `ItemsPointer`, as it was found.
    pub(crate) pointer: Option<String>,
    /// How many items at most; 0 is any number.
    pub(crate) most: u64,
    /// More items than that are an error.
    pub(crate) most_items: u64,
    /// How many bytes may be read, unpacked and of all objects together.
    pub(crate) most_bytes: u64,
}

/// Reads the items.
pub(crate) async fn read(objects: Option<&dyn Objects>, order: ReadOrder) -> Result<Pieces, Fault> {
    let found = match objects {
        Some(objects) => Reading::new(objects, &order).run().await,
        None => Err("There is no store of objects to read items from.".to_owned()),
    };
    found.map_err(failed)
}

/// That items cannot be read, and why.
pub(crate) fn failed(cause: String) -> Fault {
    Fault { error: Some("States.ItemReaderFailed".to_owned()), cause: Some(cause) }
}

/// The items in a text that stands for what would be read: the content of the object, or a listing as an array.
pub(crate) fn items_in(data: &str, order: &ReadOrder) -> Result<Value, Fault> {
    let most = usize::try_from(order.most).ok().filter(|most| *most > 0).unwrap_or(usize::MAX);
    let listing = ReaderConfig { input_type: None, ..order.config.clone() };
    let (config, pointer) = match order.api.as_str() {
        "listObjectsV2" => (&listing, None),
        _ => (&order.config, order.pointer.as_deref()),
    };
    let mut read = Pieces::default();
    match items(data.as_bytes(), config, pointer, most, order.most_bytes, &mut read) {
        Ok(()) => Ok(read.into_value()),
        Err(Unreadable::Known(cause) | Unreadable::Here(cause)) => Err(failed(cause)),
    }
}

/// The items that were read so far.
struct Reading<'o> {
    objects: &'o dyn Objects,
    order: &'o ReadOrder,
    items: Pieces,
    /// How many are wanted. One more than may be is wanted, so that it is known when there are more.
    most: usize,
    bytes_left: u64,
}

impl<'o> Reading<'o> {
    fn new(objects: &'o dyn Objects, order: &'o ReadOrder) -> Self {
        let wanted = if order.most == 0 { u64::MAX } else { order.most };
        let most = usize::try_from(wanted.min(order.most_items.saturating_add(1))).unwrap_or(usize::MAX);
        Self { objects, order, items: Pieces::default(), most, bytes_left: order.most_bytes }
    }

    fn argument(&self, name: &str) -> &'o str {
        self.order.arguments.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    async fn run(mut self) -> Result<Pieces, String> {
        let (bucket, config) = (self.argument("Bucket"), &self.order.config);
        match self.order.api.as_str() {
            "getObject" => self.load(&Part::of(bucket, self.argument("Key")), config).await?,
            "listObjectsV2" => self.list(bucket, self.argument("Prefix")).await?,
            other => return Err(format!("Items cannot be read by {other}.")),
        }
        if self.items.len() as u64 > self.order.most_items {
            return Err(format!("There are more items than the {} that may be read.", self.order.most_items));
        }
        Ok(self.items)
    }

    fn is_full(&self) -> bool {
        self.items.len() >= self.most
    }

    /// The objects of a listing are the items, or the items are in them.
    async fn list(&mut self, bucket: &str, prefix: &str) -> Result<(), String> {
        let loads = self.order.config.transformation == ReaderTransformation::LoadAndFlatten;
        // A folder that was made by hand is an object too, an empty one.
        let is_folder = |object: &Listed| object.size == 0 && object.key.ends_with('/');
        let most = if loads { most_listed(self.order.most_items) } else { self.most };
        let listed = self.objects.list(bucket, prefix, most).await;
        let listed = listed.map_err(|error| format!("{error} (Bucket: {bucket}, Prefix: {prefix})"))?;
        if !loads {
            self.items.extend(listed.iter().map(described));
            return Ok(());
        }
        for object in listed.iter().filter(|object| !is_folder(object)) {
            if self.is_full() {
                break;
            }
            self.load(&Part::of(bucket, &object.key), &self.order.config).await?;
        }
        Ok(())
    }

    /// The items in an object, or in those that it names.
    async fn load(&mut self, part: &Part, config: &ReaderConfig) -> Result<(), String> {
        let body = self.body(part).await?;
        match manifest_type(config) {
            None => self.take(body, part, config, self.order.pointer.clone()).await,
            Some(ManifestType::S3Inventory) => {
                let (parts, config) = inventory(&body, &part.bucket).map_err(|cause| part.placed(&cause))?;
                self.load_all(&parts, |_, _| config.clone()).await
            }
            Some(ManifestType::AthenaData) => {
                let parts = athena(&body).map_err(|cause| part.placed(&cause))?;
                self.load_all(&parts, |part, body| {
                    let input_type = config.input_type.filter(|input_type| *input_type != InputType::Manifest);
                    let input_type = input_type.unwrap_or_else(|| looks_like(&part.key, body));
                    ReaderConfig { input_type: Some(input_type), ..config.clone() }
                })
                .await
            }
        }
    }

    async fn load_all(
        &mut self,
        parts: &[Part],
        config: impl Fn(&Part, &[u8]) -> ReaderConfig + Send + Sync,
    ) -> Result<(), String> {
        for part in parts {
            if self.is_full() {
                break;
            }
            let body = self.body(part).await?;
            let config = config(part, &body);
            self.take(body, part, &config, None).await?;
        }
        Ok(())
    }

    /// The content of an object. It counts against what may be read.
    fn body<'s>(&'s mut self, part: &'s Part) -> BoxFuture<'s, Result<Vec<u8>, String>> {
        Box::pin(async move {
            let said = |error: ObjectError| part.placed(&error.to_string());
            let object = self.objects.get_at_most(&part.bucket, &part.key, self.bytes_left).await.map_err(said)?;
            if !part.is(&object.body) {
                return Err(part.placed("The content is not the one that the manifest names."));
            }
            let body = unpacked(object.body, self.bytes_left).map_err(said)?;
            self.bytes_left -= (body.len() as u64).min(self.bytes_left);
            Ok(body)
        })
    }

    /// Reads on a thread of its own: it may take a while, and what is read comes from elsewhere.
    async fn take(
        &mut self,
        body: Vec<u8>,
        part: &Part,
        config: &ReaderConfig,
        pointer: Option<String>,
    ) -> Result<(), String> {
        let (config, most, most_bytes) = (config.clone(), self.most, self.bytes_left);
        let mut into = std::mem::take(&mut self.items);
        let read = move || {
            let done = items(&body, &config, pointer.as_deref(), most, most_bytes, &mut into);
            done.map(|()| into)
        };
        let broken = |_| Err(Unreadable::Here("The content cannot be read.".to_owned()));
        match tokio::task::spawn_blocking(read).await.unwrap_or_else(broken) {
            Ok(items) => self.items = items,
            Err(Unreadable::Known(cause)) => return Err(cause),
            Err(Unreadable::Here(cause)) => return Err(part.placed(&cause)),
        }
        Ok(())
    }
}

impl Part {
    fn of(bucket: &str, key: &str) -> Self {
        Self { bucket: bucket.to_owned(), key: key.to_owned(), md5: None }
    }

    /// A cause that says where.
    fn placed(&self, cause: &str) -> String {
        format!("{cause} (Bucket: {}, Key: {})", self.bucket, self.key)
    }
}

/// Without `ManifestType` a manifest is that of an inventory.
fn manifest_type(config: &ReaderConfig) -> Option<ManifestType> {
    config.manifest_type.or(match config.input_type {
        Some(InputType::Manifest) => Some(ManifestType::S3Inventory),
        _ => None,
    })
}

/// How items are written in an object of which nothing is said.
fn looks_like(key: &str, body: &[u8]) -> InputType {
    let key = key.strip_suffix(".gz").unwrap_or(key);
    match key.rsplit_once('.').map(|(_, extension)| extension) {
        _ if body.starts_with(b"PAR1") => InputType::Parquet,
        Some("csv") => InputType::Csv,
        _ => InputType::Jsonl,
    }
}

/// Empty objects have no items, so more are listed than items may be read, but not without bound.
fn most_listed(most_items: u64) -> usize {
    usize::try_from(most_items.saturating_mul(2)).unwrap_or(usize::MAX)
}

fn described(object: &Listed) -> Value {
    json!({
        "Etag": object.etag, "Key": object.key, "LastModified": object.modified_s,
        "Size": object.size, "StorageClass": "STANDARD",
    })
}
