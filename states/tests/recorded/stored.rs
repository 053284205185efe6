//! The objects that cases put into buckets, in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use duramen_states::objects::{Listed, Object, ObjectError, Objects};
use futures::future::{BoxFuture, ready};

/// Bodies by bucket and key.
type Bodies = BTreeMap<(String, String), Vec<u8>>;

#[derive(Clone, Default)]
pub(crate) struct Stored(Arc<Mutex<Bodies>>);

impl Stored {
    /// Keeps a body. Bytes are recorded as a word that stands for them.
    pub(crate) fn keep(&self, bucket: &str, key: &str, body: &str) {
        let body = if body == "<py:bytearray>" { "byte array data" } else { body };
        self.0.lock().unwrap().insert((bucket.to_owned(), key.to_owned()), body.as_bytes().to_vec());
    }
}

impl Objects for Stored {
    fn get<'a>(&'a self, bucket: &'a str, key: &'a str) -> BoxFuture<'a, Result<Object, ObjectError>> {
        let found = self.0.lock().unwrap().get(&(bucket.to_owned(), key.to_owned())).cloned();
        let object = found.map(|body| Object { body, modified_s: 0 }).ok_or(ObjectError::NoSuchKey);
        Box::pin(ready(object))
    }

    fn put<'a>(&'a self, bucket: &'a str, key: &'a str, body: Vec<u8>) -> BoxFuture<'a, Result<(), ObjectError>> {
        self.0.lock().unwrap().insert((bucket.to_owned(), key.to_owned()), body);
        Box::pin(ready(Ok(())))
    }

    fn list<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<Listed>, ObjectError>> {
        let held = self.0.lock().unwrap();
        let found = held.iter().filter(|((name, key), _)| name == bucket && key.starts_with(prefix)).take(most);
        let listed = found.map(|((_, key), body)| Listed {
            key: key.clone(),
            size: body.len() as u64,
            modified_s: 0,
            etag: Object { body: body.clone(), modified_s: 0 }.etag(),
        });
        Box::pin(ready(Ok(listed.collect())))
    }
}
