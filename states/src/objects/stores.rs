//! Stores of the crate `object_store`, one for each bucket.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use futures::stream::StreamExt;
use object_store::path::Path;
use object_store::{Error as StoreError, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt};

use super::{Listed, Object, ObjectError, Objects, within};

/// How many stores are kept open. The names of buckets come from definitions and their data.
const OPEN: usize = 64;

type Open = dyn Fn(&str) -> Result<Arc<dyn ObjectStore>, ObjectError> + Send + Sync;

/// Objects in any store of the crate [`object_store`]: a function gives the store of a bucket.
///
/// ```
/// use std::sync::Arc;
///
/// use duramen_states::objects::object_store::memory::InMemory;
/// use duramen_states::objects::{ObjectError, Objects, Stores};
///
/// let orders = Arc::new(InMemory::new());
/// let stores = Stores::new(move |bucket| match bucket {
///     "orders" => Ok(orders.clone()),
///     _ => Err(ObjectError::NoSuchBucket),
/// });
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// stores.put("orders", "first.json", b"[1]".to_vec()).await.unwrap();
/// assert_eq!(stores.get("orders", "first.json").await.unwrap().body, b"[1]");
/// assert_eq!(stores.get("others", "first.json").await, Err(ObjectError::NoSuchBucket));
/// # });
/// ```
pub struct Stores {
    open: Box<Open>,
    opened: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
    /// Whether they list objects in the order of their keys, so that what comes later need not be looked at.
    ordered: bool,
}

impl Stores {
    /// The store of each bucket is what that function gives for its name. It is kept for a while, so the function is not
    /// asked each time.
    pub fn new<F>(open: F) -> Self
    where
        F: Fn(&str) -> Result<Arc<dyn ObjectStore>, ObjectError> + Send + Sync + 'static,
    {
        Self { open: Box::new(open), opened: Mutex::default(), ordered: false }
    }

    /// The buckets of S3, or of a service that speaks its API. The builder says all but the bucket; what it should take
    /// from the environment (region, credentials, endpoint) is taken by `AmazonS3Builder::from_env`.
    ///
    /// ```
    /// use duramen_states::objects::Stores;
    /// use duramen_states::objects::object_store::aws::AmazonS3Builder;
    ///
    /// // A local service, which has its buckets in the path, not in the name of the host.
    /// let local = AmazonS3Builder::from_env()
    ///     .with_endpoint("http://localhost:9000")
    ///     .with_allow_http(true)
    ///     .with_virtual_hosted_style_request(false)
    ///     .with_region("eu-central-1");
    /// let stores = Stores::s3(local);
    /// ```
    ///
    /// rustls needs to be told once for each process with what it encrypts. If nothing is installed yet, ring is.
    #[cfg(feature = "s3")]
    #[must_use]
    pub fn s3(builder: object_store::aws::AmazonS3Builder) -> Self {
        // An error says that something was installed before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let open = move |bucket: &str| -> Result<Arc<dyn ObjectStore>, ObjectError> {
            Ok(Arc::new(builder.clone().with_bucket_name(bucket).build().map_err(failed)?))
        };
        Self { ordered: true, ..Self::new(open) }
    }

    fn store(&self, bucket: &str) -> Result<Arc<dyn ObjectStore>, ObjectError> {
        if bucket.is_empty() || bucket.contains('/') {
            return Err(ObjectError::NoSuchBucket);
        }
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = opened.get(bucket) {
            return Ok(Arc::clone(store));
        }
        let store = (self.open)(bucket)?;
        if opened.len() >= OPEN {
            opened.clear();
        }
        opened.insert(bucket.to_owned(), Arc::clone(&store));
        Ok(store)
    }
}

impl Objects for Stores {
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
            let found = self.store(bucket)?.get(&path(key)?).await.map_err(failed)?;
            object(found, most_bytes).await
        })
    }

    fn put<'a>(&'a self, bucket: &'a str, key: &'a str, body: Vec<u8>) -> BoxFuture<'a, Result<(), ObjectError>> {
        Box::pin(async move {
            let store = self.store(bucket)?;
            store.put(&path(key)?, body.into()).await.map(|_| ()).map_err(failed)
        })
    }

    fn list<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
        most: usize,
    ) -> BoxFuture<'a, Result<Vec<Listed>, ObjectError>> {
        Box::pin(async move {
            let store = self.store(bucket)?;
            let listed = |meta: ObjectMeta| Listed {
                key: meta.location.as_ref().to_owned(),
                size: meta.size,
                modified_s: meta.last_modified.timestamp(),
                etag: meta.e_tag.unwrap_or_default(),
            };
            let found = first(&*store, "", prefix, most, self.ordered).await?;
            Ok(found.into_values().map(listed).collect())
        })
    }
}

/// The first objects in the order of their keys, of those whose keys begin with the prefix. All stand under `root`, which
/// is no part of their keys.
pub(super) async fn first(
    store: &dyn ObjectStore,
    root: &str,
    prefix: &str,
    most: usize,
    ordered: bool,
) -> Result<BTreeMap<String, ObjectMeta>, ObjectError> {
    // A store lists whole folders, where a prefix may end in the midst of a name.
    let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
    let folder = [root, folder].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let folder = (!folder.is_empty()).then(|| path(&folder)).transpose()?;
    let behind = if root.is_empty() { 0 } else { root.len() + 1 };
    let mut found = BTreeMap::new();
    let mut all = store.list(folder.as_ref());
    while let Some(meta) = all.next().await {
        let meta = meta.map_err(failed)?;
        let Some(key) = meta.location.as_ref().get(behind..).filter(|key| key.starts_with(prefix)) else { continue };
        let key = key.to_owned();
        found.insert(key, meta);
        if found.len() > most {
            found.pop_last();
        }
        if ordered && found.len() >= most {
            break;
        }
    }
    Ok(found)
}

/// What was found, if it has at most so many bytes.
pub(super) async fn object(found: GetResult, most_bytes: u64) -> Result<Object, ObjectError> {
    within(found.meta.size, most_bytes)?;
    let modified_s = found.meta.last_modified.timestamp();
    Ok(Object { body: found.bytes().await.map_err(failed)?.to_vec(), modified_s })
}

/// A key that leads out of its bucket names no object.
pub(super) fn path(key: &str) -> Result<Path, ObjectError> {
    Path::parse(key).map_err(|error| ObjectError::Failed(error.to_string()))
}

pub(super) fn failed(error: StoreError) -> ObjectError {
    match error {
        StoreError::NotFound { source, .. } if source.to_string().contains("NoSuchBucket") => ObjectError::NoSuchBucket,
        StoreError::NotFound { .. } => ObjectError::NoSuchKey,
        StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => ObjectError::AccessDenied,
        other => ObjectError::Failed(other.to_string()),
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores").finish_non_exhaustive()
    }
}
