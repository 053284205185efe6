//! Objects of one run, which go with it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use futures::future::{BoxFuture, ready};

use crate::objects::{Listed, Object, ObjectError, Objects};

/// Objects in memory. A bucket is there as soon as something is put into it.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<BTreeMap<String, BTreeMap<String, Object>>>);

impl Memory {
    fn look<R>(&self, bucket: &str, look: impl FnOnce(&BTreeMap<String, Object>) -> R) -> Result<R, ObjectError> {
        let buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.get(bucket).map(look).ok_or(ObjectError::NoSuchBucket)
    }
}

impl Objects for Memory {
    fn get<'a>(&'a self, bucket: &'a str, key: &'a str) -> BoxFuture<'a, Result<Object, ObjectError>> {
        let found = self.look(bucket, |objects| objects.get(key).cloned());
        Box::pin(ready(found.and_then(|found| found.ok_or(ObjectError::NoSuchKey))))
    }

    fn put<'a>(&'a self, bucket: &'a str, key: &'a str, body: Vec<u8>) -> BoxFuture<'a, Result<(), ObjectError>> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.entry(bucket.to_owned()).or_default().insert(key.to_owned(), Object { body, modified_s: 0 });
        Box::pin(ready(Ok(())))
    }

    fn list<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<Listed>, ObjectError>> {
        let listed = |(key, object): (&String, &Object)| Listed {
            key: key.clone(),
            size: object.body.len() as u64,
            modified_s: object.modified_s,
            etag: object.etag(),
        };
        let found = self.look(bucket, |objects| {
            objects.iter().filter(|(key, _)| key.starts_with(prefix)).take(most).map(listed).collect()
        });
        Box::pin(ready(found))
    }
}
