//! What tasks and distributed maps do with objects.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use serde_json::{Value, json};

use super::{Answer, Call, Tasks};
use crate::history::Fault;
use crate::machine::Owed;
use crate::objects::{ObjectError, Objects, ReadOrder, read, reading_failed, write};
use crate::packed::Pieces;
use crate::query::Moment;

impl Tasks {
    /// With a store of objects, which `ItemReader`, `ResultWriter` and tasks of S3 use.
    #[must_use]
    pub fn objects(mut self, objects: impl Objects) -> Self {
        self.objects = Some(Arc::new(objects));
        self
    }

    /// Reads the items of a map.
    pub(crate) async fn items(&self, order: ReadOrder) -> Result<Pieces, Fault> {
        let read = AssertUnwindSafe(read(self.objects.as_deref(), order)).catch_unwind().await;
        read.unwrap_or_else(|_| Err(reading_failed("The store of objects panicked.".to_owned())))
    }

    /// Does what an execution is owed. A handler that panics has failed.
    pub(crate) async fn attempt(&self, owed: Owed) -> Answer {
        let name = owed.name().to_owned();
        let answer = AssertUnwindSafe(self.settle(owed)).catch_unwind().await;
        answer.unwrap_or_else(|_| {
            let cause = format!("The handler of '{name}' panicked");
            Err(Fault { error: Some("States.TaskFailed".to_owned()), cause: Some(cause) })
        })
    }

    /// Does what an execution is owed.
    pub(crate) async fn settle(&self, owed: Owed) -> Answer {
        match owed {
            Owed::Task(resource, call) => self.perform(&resource, call).await,
            Owed::Read(order) => self.items(*order).await.map(|items| items.into_value().into()),
            Owed::Write(order) => write(self.objects.as_deref(), &order).await.map(Into::into),
        }
    }
}

/// `getObject` of S3.
pub(super) async fn get(objects: &dyn Objects, call: &Call) -> Answer {
    let object = objects.get(text(call, "Bucket"), text(call, "Key")).await.map_err(|error| refused(&error, call))?;
    let answer = json!({
        "AcceptRanges": "bytes", "ContentLength": object.body.len(), "ContentType": "binary/octet-stream",
        "ETag": object.etag(), "LastModified": crate::machine::timestamp(modified_ms(object.modified_s)),
        "Metadata": {}, "ServerSideEncryption": "AES256", "Body": String::from_utf8_lossy(&object.body),
    });
    Ok(answer.into())
}

/// `putObject` of S3.
pub(super) async fn put(objects: &dyn Objects, call: &Call) -> Answer {
    let body = match call.input.get("Body") {
        None => Vec::new(),
        Some(Value::String(text)) => text.as_bytes().to_vec(),
        Some(other) => other.to_string().into_bytes(),
    };
    let object = crate::objects::Object { body, modified_s: 0 };
    let etag = object.etag();
    let put = objects.put(text(call, "Bucket"), text(call, "Key"), object.body).await;
    put.map_err(|error| refused(&error, call))?;
    Ok(json!({"ETag": etag, "ServerSideEncryption": "AES256"}).into())
}

fn text<'c>(call: &'c Call, name: &str) -> &'c str {
    call.input.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// How a task sees it that S3 refuses: by the name of the exception that the SDK has for it, and in the words of the SDK.
fn refused(error: &ObjectError, call: &Call) -> Fault {
    let (name, status) = match error {
        ObjectError::NoSuchKey => ("S3.NoSuchKeyException", 404),
        ObjectError::NoSuchBucket => ("S3.NoSuchBucketException", 404),
        ObjectError::AccessDenied => ("S3.S3Exception", 403),
        ObjectError::TooLarge { .. } | ObjectError::Failed(_) => {
            return Fault { error: Some("S3.S3Exception".to_owned()), cause: Some(error.to_string()) };
        }
    };
    let mut moment = Moment::new(call.at_ms, call.number);
    let (id, extended) = (moment.uuid(), moment.uuid());
    let cause = format!(
        "{error} (Service: S3, Status Code: {status}, Request ID: {id}, Extended Request ID: {extended}) (SDK Attempt Count: 1)"
    );
    Fault { error: Some(name.to_owned()), cause: Some(cause) }
}

fn modified_ms(seconds: i64) -> u64 {
    u64::try_from(seconds).unwrap_or(0).saturating_mul(1000)
}
