//! What a store must do, on a folder and on a real S3 server.

use bytes::{Bytes, BytesMut};
use comitia_files::{FilesConfig, S3Config, Store, StoreError};
use comitia_testkit::S3Server;
use futures_util::TryStreamExt;
use tempfile::TempDir;

/// A store, and what has to live as long.
struct Kept<S> {
    store: Store,
    server: S,
}

fn folder() -> Kept<TempDir> {
    let server = TempDir::new().unwrap();
    let config = FilesConfig { folder: Some(server.path().join("files")), ..FilesConfig::default() };
    Kept { store: Store::new(&config).unwrap().unwrap(), server }
}

fn s3_config(endpoint: String, bucket: &str) -> FilesConfig {
    let s3 = S3Config {
        endpoint: Some(endpoint),
        region: "us-east-1".into(),
        bucket: bucket.into(),
        prefix: "city".into(),
        access_key_id: "test".into(),
        secret_access_key: "test".into(),
        virtual_hosted: false,
        allow_http: true,
        ca_file: None,
    };
    FilesConfig { s3: Some(s3), ..FilesConfig::default() }
}

async fn s3() -> Option<Kept<S3Server>> {
    let server = S3Server::start().await.unwrap()?;
    let store = Store::new(&s3_config(server.endpoint(), server.bucket())).unwrap().unwrap();
    Some(Kept { store, server })
}

macro_rules! contract {
    ($($name:ident),+ $(,)?) => {
        mod in_a_folder { $(#[tokio::test] async fn $name() { super::$name(&super::folder().store).await; })+ }
        mod on_s3 {
            $(#[tokio::test] async fn $name() {
                if let Some(kept) = super::s3().await { super::$name(&kept.store).await; }
            })+
        }
    };
}

contract!(
    a_file_is_read_as_it_was_written,
    a_name_is_written_once,
    the_same_file_again_is_no_error,
    what_is_removed_is_gone,
    what_is_not_there_is_not_found,
    it_says_that_it_can_be_written,
);

async fn read(store: &Store, name: &str) -> Bytes {
    let opened = store.open(name).await.unwrap();
    let bytes: BytesMut = opened.parts.try_collect::<Vec<_>>().await.unwrap().concat().as_slice().into();
    assert_eq!(opened.size, bytes.len() as u64);
    bytes.freeze()
}

async fn a_file_is_read_as_it_was_written(store: &Store) {
    let large = Bytes::from((0..3 << 20).map(|place: u32| (place % 251) as u8).collect::<Vec<_>>());
    store.put_new("a/b/photo.jpg", large.clone()).await.unwrap();
    store.put_new("a/b/empty", Bytes::new()).await.unwrap();
    assert_eq!(read(store, "a/b/photo.jpg").await, large);
    assert_eq!(read(store, "a/b/empty").await, Bytes::new());
}

async fn a_name_is_written_once(store: &Store) {
    store.put_new("a/once", Bytes::from_static(b"first")).await.unwrap();
    let again = store.put_new("a/once", Bytes::from_static(b"second")).await;
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
    assert_eq!(read(store, "a/once").await, "first");
}

async fn the_same_file_again_is_no_error(store: &Store) {
    for _ in 0..2 {
        store.put_new("a/same", Bytes::from_static(b"same")).await.unwrap();
    }
}

async fn what_is_removed_is_gone(store: &Store) {
    store.put_new("a/gone", Bytes::from_static(b"bytes")).await.unwrap();
    store.remove("a/gone").await.unwrap();
    assert!(matches!(store.open("a/gone").await, Err(StoreError::NotFound)));
    store.remove("a/gone").await.unwrap();
    store.put_new("a/gone", Bytes::from_static(b"others")).await.unwrap();
}

async fn what_is_not_there_is_not_found(store: &Store) {
    assert!(matches!(store.open("a/nothing").await, Err(StoreError::NotFound)));
}

async fn it_says_that_it_can_be_written(store: &Store) {
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_folder_that_is_a_file_is_said_at_the_start() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let config = FilesConfig { folder: Some(file.join("files")), ..FilesConfig::default() };
    let error = Store::new(&config).unwrap_err().to_string();
    assert!(error.starts_with("files.folder: "), "{error}");
}

#[tokio::test]
async fn a_folder_that_is_gone_is_said_by_the_check() {
    let Kept { store, server } = folder();
    std::fs::remove_dir_all(server.path()).unwrap();
    std::fs::write(server.path(), "").unwrap();
    assert!(matches!(store.check().await, Err(StoreError::Failed(_))));
    std::fs::remove_file(server.path()).unwrap();
}

#[tokio::test]
async fn a_bucket_that_is_not_there_and_a_server_that_is_away_are_said_by_the_check() {
    let Some(Kept { store, server }) = s3().await else { return };
    let other = Store::new(&s3_config(server.endpoint(), "another-bucket")).unwrap().unwrap();
    assert!(other.check().await.is_err());
    server.kill();
    assert!(matches!(store.check().await, Err(StoreError::Failed(_))));
}

#[test]
fn what_can_never_work_is_said_at_the_start() {
    assert!(Store::new(&FilesConfig::default()).unwrap().is_none());
    let mut config = s3_config("http://s3.internal".into(), "files");
    config.s3.as_mut().unwrap().allow_http = false;
    let error = Store::new(&config).unwrap_err().to_string();
    assert!(error.starts_with("files.s3.endpoint: "), "{error}");
    config.folder = Some("/tmp".into());
    let error = Store::new(&config).unwrap_err().to_string();
    assert_eq!(error, "files.folder: must not stand beside files.s3");
}
