//! A folder that stands for buckets.

use std::fmt;
use std::path::{Path as FilePath, PathBuf};

use futures::future::BoxFuture;
use futures::stream::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt};

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

    fn bucket(&self, bucket: &str) -> Result<Path, ObjectError> {
        let path = Path::parse(bucket).map_err(|_| ObjectError::NoSuchBucket)?;
        match path.parts().count() == 1 && self.folder.join(bucket).is_dir() {
            true => Ok(path),
            false => Err(ObjectError::NoSuchBucket),
        }
    }
}

impl Objects for Buckets {
    fn get<'a>(&'a self, bucket: &'a str, key: &'a str) -> BoxFuture<'a, Result<Object, ObjectError>> {
        Box::pin(async move {
            self.bucket(bucket)?;
            let found = self.store.get(&path(bucket, key)?).await.map_err(failed)?;
            let modified_s = found.meta.last_modified.timestamp();
            Ok(Object { body: found.bytes().await.map_err(failed)?.to_vec(), modified_s })
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
            let root = self.bucket(bucket)?;
            let within = |path: &Path| path.as_ref().get(bucket.len() + 1..).map(str::to_owned);
            let all: Vec<_> = self.store.list(Some(&root)).try_collect().await.map_err(failed)?;
            let keys = all.into_iter().filter_map(|meta| Some((within(&meta.location)?, meta)));
            let mut found: Vec<_> = keys.filter(|(key, _)| key.starts_with(prefix)).collect();
            found.sort_by(|(a, _), (b, _)| a.cmp(b));
            found.truncate(most);
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
    Path::parse(format!("{bucket}/{key}")).map_err(|error| ObjectError::Failed(error.to_string()))
}

fn failed(error: StoreError) -> ObjectError {
    match error {
        StoreError::NotFound { .. } => ObjectError::NoSuchKey,
        other => ObjectError::Failed(other.to_string()),
    }
}
