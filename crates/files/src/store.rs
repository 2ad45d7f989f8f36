//! Where files are kept: a bucket or a folder, by the same names.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{
    Certificate, ClientOptions, Error, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, RetryConfig,
};
use secrecy::ExposeSecret as _;

use crate::config::{ConfigError, FilesConfig, S3Config};

/// How long a request to the server may take, and a connection to it.
const TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no file of this name.
    #[error("there is no such file in the store")]
    NotFound,
    /// There is another file of this name.
    #[error("there is another file of this name in the store")]
    Exists,
    /// The store is away, full, or refuses.
    #[error("the store of files: {0}")]
    Failed(#[source] Error),
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound { .. } => Self::NotFound,
            Error::AlreadyExists { .. } => Self::Exists,
            other => Self::Failed(other),
        }
    }
}

/// A file that is read.
pub struct Opened {
    /// Its bytes in all.
    pub size: u64,
    /// Its bytes, one part after the other.
    pub parts: BoxStream<'static, Result<Bytes, StoreError>>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("size", &self.size).finish_non_exhaustive()
    }
}

/// Keeps files. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    files: Arc<dyn ObjectStore>,
}

impl Store {
    /// The store that `config` asks for; none, if it names neither folder nor bucket. Connects to nothing yet.
    ///
    /// # Errors
    /// When the folder cannot be made, or a setting can never work.
    pub fn new(config: &FilesConfig) -> Result<Option<Self>, ConfigError> {
        let files: Arc<dyn ObjectStore> = match (&config.folder, &config.s3) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err(ConfigError::new("folder", "must not stand beside files.s3")),
            (Some(folder), None) => {
                let wrong =
                    |error: String| ConfigError::new("folder", format!("{}: {error}", folder.display()));
                std::fs::create_dir_all(folder).map_err(|error| wrong(error.to_string()))?;
                let files =
                    LocalFileSystem::new_with_prefix(folder).map_err(|error| wrong(error.to_string()))?;
                // What was acknowledged is on the disk. Folders without files go.
                Arc::new(files.with_fsync(true).with_automatic_cleanup(true))
            }
            (None, Some(s3)) => bucket(s3)?,
        };
        Ok(Some(Self { files }))
    }

    /// Keeps a file under a new name. The same file again is no error: the answer to the first time may have been lost.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when there is another file of this name.
    pub async fn put_new(&self, name: &str, bytes: Bytes) -> Result<(), StoreError> {
        let path = Path::from(name);
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.files.put_opts(&path, bytes.clone().into(), options).await.map_err(StoreError::from) {
            Err(StoreError::Exists) => {
                let kept = self.files.get(&path).await?.bytes().await?;
                let same = digest(&SHA256, &kept).as_ref() == digest(&SHA256, &bytes).as_ref();
                if same { Ok(()) } else { Err(StoreError::Exists) }
            }
            put => put.map(|_| ()),
        }
    }

    /// Opens a file.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none of this name.
    pub async fn open(&self, name: &str) -> Result<Opened, StoreError> {
        let found = self.files.get(&Path::from(name)).await?;
        let size = found.meta.size;
        Ok(Opened { size, parts: found.into_stream().map(|part| part.map_err(StoreError::from)).boxed() })
    }

    /// Removes a file. One that is not there is removed already.
    ///
    /// # Errors
    /// When the store is away or refuses.
    pub async fn remove(&self, name: &str) -> Result<(), StoreError> {
        match self.files.delete(&Path::from(name)).await.map_err(StoreError::from) {
            Err(StoreError::NotFound) => Ok(()),
            removed => removed,
        }
    }

    /// Whether it can be written, read and removed from: does all three with a file of its own.
    ///
    /// # Errors
    /// What cannot be done.
    pub async fn check(&self) -> Result<(), StoreError> {
        let name = format!("check/{}", comitia_core::id::new());
        self.put_new(&name, Bytes::from_static(b"comitia")).await?;
        self.open(&name).await?;
        self.remove(&name).await
    }
}

fn bucket(config: &S3Config) -> Result<Arc<dyn ObjectStore>, ConfigError> {
    let wrong =
        |key: &'static str| move |error: object_store::Error| ConfigError::new(key, error.to_string());
    let mut client = ClientOptions::new()
        .with_allow_http(config.allow_http)
        .with_timeout(TIMEOUT)
        .with_connect_timeout(CONNECT_TIMEOUT);
    if let Some(file) = &config.ca_file {
        let unread =
            |error: std::io::Error| ConfigError::new("s3.ca_file", format!("{}: {error}", file.display()));
        let ca = std::fs::read(file).map_err(unread)?;
        client = client.with_root_certificate(Certificate::from_pem(&ca).map_err(wrong("s3.ca_file"))?);
    }
    let retry = RetryConfig { max_retries: 3, retry_timeout: TIMEOUT, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_client_options(client)
        .with_retry(retry)
        .with_region(&config.region)
        .with_bucket_name(&config.bucket)
        .with_access_key_id(config.access_key_id.expose_secret())
        .with_secret_access_key(config.secret_access_key.expose_secret())
        .with_virtual_hosted_style_request(config.virtual_hosted);
    if let Some(endpoint) = &config.endpoint {
        if endpoint.starts_with("http://") && !config.allow_http {
            return Err(ConfigError::new(
                "s3.endpoint",
                "must begin with https://, or s3.allow_http be true",
            ));
        }
        builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
    }
    let files = builder.build().map_err(wrong("s3"))?;
    Ok(match config.prefix.as_str() {
        "" => Arc::new(files),
        prefix => Arc::new(PrefixStore::new(files, prefix)),
    })
}
