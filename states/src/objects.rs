//! Objects in buckets: what distributed maps read their items from and write their results to.
//!
//! Whatever holds them is behind [`Objects`]. [`Buckets`] is a folder on the local file system, in which each folder is a
//! bucket; [`Stores`] are the stores of the crate [`object_store`], one for each bucket, S3 with the feature `s3`.

mod buckets;
mod items;
mod manifest;
#[cfg(feature = "parquet")]
mod parquet;
mod reader;
mod results;
mod stores;
mod unpacked;
mod writer;

use data_encoding::HEXLOWER;
use futures::future::BoxFuture;
use md5::{Digest, Md5};
use thiserror::Error;

pub use buckets::Buckets;
/// The crate whose stores [`Stores`] takes.
pub use object_store;
pub(crate) use reader::{ReadOrder, failed as reading_failed, items_in, read};
pub(crate) use results::{Child, Children, Ended, Kind, transformed};
pub use stores::Stores;
pub(crate) use writer::{WriteOrder, write};

/// Holds objects, each under a key in a bucket.
pub trait Objects: Send + Sync + 'static {
    /// The object under that key.
    fn get<'a>(&'a self, bucket: &'a str, key: &'a str) -> BoxFuture<'a, Result<Object, ObjectError>>;

    /// The object under that key, if it has at most so many bytes. A store that knows the size of an object before it
    /// reads it looks at that first.
    ///
    /// # Errors
    /// [`ObjectError::TooLarge`] when it has more; as [`get`](Self::get).
    fn get_at_most<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
        most_bytes: u64,
    ) -> BoxFuture<'a, Result<Object, ObjectError>> {
        Box::pin(async move {
            let object = self.get(bucket, key).await?;
            within(object.body.len() as u64, most_bytes)?;
            Ok(object)
        })
    }

    /// Puts an object there, in place of the one that had the key.
    fn put<'a>(&'a self, bucket: &'a str, key: &'a str, body: Vec<u8>) -> BoxFuture<'a, Result<(), ObjectError>>;

    /// The objects whose keys begin with the prefix, in the order of their keys, and at most so many.
    fn list<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<Listed>, ObjectError>>;
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its content.
    pub body: Vec<u8>,
    /// When it was last written, in seconds since the Unix epoch.
    pub modified_s: i64,
}

impl Object {
    /// The hash of the content by which versions are told apart, in quotes as HTTP has it.
    #[must_use]
    pub fn etag(&self) -> String {
        etag(&self.body)
    }
}

/// What a listing says of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last written, in seconds since the Unix epoch.
    pub modified_s: i64,
    /// What its versions are told apart by, as the store has it: the same as [`Object::etag`] for a store that has nothing
    /// of its own.
    pub etag: String,
}

/// Why objects cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// There is no object under that key.
    #[error("The specified key does not exist.")]
    NoSuchKey,
    /// There is no such bucket.
    #[error("The specified bucket does not exist")]
    NoSuchBucket,
    /// The store does not let it be done.
    #[error("Access Denied")]
    AccessDenied,
    /// The object has more bytes than may be read.
    #[error("The object has {bytes} bytes, of which {most_bytes} may be read at most.")]
    TooLarge {
        /// How many it has, at least.
        bytes: u64,
        /// How many may be read.
        most_bytes: u64,
    },
    /// The store failed, in its own words.
    #[error("{0}")]
    Failed(String),
}

impl ObjectError {
    /// The name that S3 has for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchKey => "NoSuchKey",
            Self::NoSuchBucket => "NoSuchBucket",
            Self::AccessDenied => "AccessDenied",
            Self::TooLarge { .. } => "EntityTooLarge",
            Self::Failed(_) => "InternalError",
        }
    }
}

fn within(bytes: u64, most_bytes: u64) -> Result<(), ObjectError> {
    if bytes > most_bytes { Err(ObjectError::TooLarge { bytes, most_bytes }) } else { Ok(()) }
}

fn etag(body: &[u8]) -> String {
    format!("\"{}\"", HEXLOWER.encode(&Md5::digest(body)))
}
