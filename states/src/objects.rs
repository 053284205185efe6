//! Objects in buckets: what distributed maps read their items from and write their results to.
//!
//! Whatever holds them is behind [`Objects`]. [`Buckets`] is a folder on the local file system, in which each folder is a
//! bucket.

mod buckets;
mod items;
mod reader;
mod results;
mod writer;

use data_encoding::HEXLOWER;
use futures::future::BoxFuture;
use md5::{Digest, Md5};
use thiserror::Error;

pub use buckets::Buckets;
pub(crate) use reader::{ReadOrder, read};
pub(crate) use results::{Child, Ended, MapRun, transformed};
pub(crate) use writer::{WriteOrder, write};

/// Holds objects, each under a key in a bucket.
pub trait Objects: Send + Sync + 'static {
    /// The object under that key.
    fn get<'a>(&'a self, bucket: &'a str, key: &'a str) -> BoxFuture<'a, Result<Object, ObjectError>>;

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
    /// The same as [`Object::etag`].
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
            Self::Failed(_) => "InternalError",
        }
    }
}

fn etag(body: &[u8]) -> String {
    format!("\"{}\"", HEXLOWER.encode(&Md5::digest(body)))
}
