//! A folder that stands for buckets.

use std::fmt;
use std::path::{Path as FilePath, PathBuf};

use futures::future::BoxFuture;
use object_store::ObjectStoreExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;

use super::stores::{self, failed, first};
use super::{Listed, Object, ObjectError, Objects, etag};

/// A folder on the local file system. Each folder in it is a bucket, made when the first object is put there; a key with
/// slashes is a file in folders.
///
/// ```
/// use duramen_states::objects::{Buckets, Objects};
///
/// # let folder = std::env::temp_dir().join(format!("duramen-buckets-{}", std::process::id()));
/// let buckets = Buckets::open(&folder).unwrap();
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// buckets.put("orders", "2026/first.json", b"[1, 2]".to_vec()).await.unwrap();
/// assert_eq!(buckets.get("orders", "2026/first.json").await.unwrap().body, b"[1, 2]");
/// assert_eq!(buckets.list("orders", "2026/", usize::MAX).await.unwrap()[0].key, "2026/first.json");
/// # });
/// # std::fs::remove_dir_all(&folder).unwrap();
/// ```
pub struct Buckets {
    folder: PathBuf,
    store: LocalFileSystem,
}

impl Buckets {
    /// The buckets in that folder, which is made if it is not there.
    ///
    /// # Errors
    /// When there can be no such folder.
    pub fn open(folder: impl AsRef<FilePath>) -> Result<Self, ObjectError> {
        let folder = folder.as_ref().to_owned();
        std::fs::create_dir_all(&folder).map_err(|error| ObjectError::Failed(error.to_string()))?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(failed)?.with_fsync(true);
        Ok(Self { folder, store })
    }

    fn must_exist(&self, bucket: &str) -> Result<(), ObjectError> {
        let path = Path::parse(bucket).map_err(|_| ObjectError::NoSuchBucket)?;
        match path.parts().count() == 1 && self.folder.join(bucket).is_dir() {
            true => Ok(()),
            false => Err(ObjectError::NoSuchBucket),
        }
    }
}

impl Objects for Buckets {
    fn get<'a>(&'a self, bucket: &'a str, key: &'a str) -> BoxFuture<'a, Result<Object, ObjectError>> {
        self.get_at_most(bucket, key, u64::MAX)
    }

    fn get_at_most<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
        most_bytes: u64,
    ) -> BoxFuture<'a, Result<Object, ObjectError>> {
        Box::pin(async move {
            self.must_exist(bucket)?;
            stores::object(self.store.get(&path(bucket, key)?).await.map_err(failed)?, most_bytes).await
        })
    }

    fn put<'a>(&'a self, bucket: &'a str, key: &'a str, body: Vec<u8>) -> BoxFuture<'a, Result<(), ObjectError>> {
        Box::pin(async move { self.store.put(&path(bucket, key)?, body.into()).await.map(|_| ()).map_err(failed) })
    }

    fn list<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<Listed>, ObjectError>> {
        Box::pin(async move {
            self.must_exist(bucket)?;
            let found = first(&self.store, bucket, prefix, most, false).await?;
            let mut listed = Vec::with_capacity(found.len());
            for (key, meta) in found {
                let body = self.store.get(&meta.location).await.map_err(failed)?.bytes().await.map_err(failed)?;
                let modified_s = meta.last_modified.timestamp();
                listed.push(Listed { key, size: meta.size, modified_s, etag: etag(&body) });
            }
            Ok(listed)
        })
    }
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buckets").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// A key that leads out of its bucket names no object.
fn path(bucket: &str, key: &str) -> Result<Path, ObjectError> {
    if bucket.is_empty() || bucket.contains('/') {
        return Err(ObjectError::NoSuchBucket);
    }
    stores::path(&format!("{bucket}/{key}"))
}
