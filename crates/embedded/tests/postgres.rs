//! The private PostgreSQL, started for real.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use comitia_embedded::{EmbeddedError, Options, PrivatePostgres};
use secrecy::ExposeSecret;
use sqlx::{Connection, PgConnection};

async fn number(server: &PrivatePostgres, sql: &'static str) -> i64 {
    let mut connection = PgConnection::connect(server.admin_url("comitia").expose_secret()).await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
}

async fn run(server: &PrivatePostgres, sql: &'static str) {
    let mut connection = PgConnection::connect(server.admin_url("comitia").expose_secret()).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
}

#[tokio::test]
async fn what_was_committed_survives_a_stop_a_kill_and_a_second_start() {
    let data = tempfile::tempdir().unwrap();
    let server = PrivatePostgres::start(Options::new(data.path())).await.unwrap();
    server.ensure_database("comitia").await.unwrap();
    server.ensure_database("comitia").await.unwrap();
    run(&server, "CREATE TABLE t (n bigint); INSERT INTO t VALUES (1)").await;
    let started = Instant::now();
    server.stop().await;
    assert!(started.elapsed() < Duration::from_secs(10));

    let server = PrivatePostgres::start(Options::new(data.path())).await.unwrap();
    run(&server, "INSERT INTO t VALUES (2)").await;
    server.process().kill();
    drop(server);

    let server = PrivatePostgres::start(Options::new(data.path())).await.unwrap();
    assert_eq!(number(&server, "SELECT sum(n)::bigint FROM t").await, 3);
    server.stop().await;
}

#[tokio::test]
async fn a_second_instance_is_told_that_the_folder_is_in_use() {
    let data = tempfile::tempdir().unwrap();
    let server = PrivatePostgres::start(Options::for_tests(data.path())).await.unwrap();
    let error = PrivatePostgres::start(Options::for_tests(data.path())).await.unwrap_err();
    assert!(matches!(error, EmbeddedError::InUse(_)), "{error}");
    server.stop().await;
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let data = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = PrivatePostgres::start(Options::for_tests(data.path()).port(port)).await.unwrap_err();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}

#[tokio::test]
async fn nobody_gets_in_without_the_password() {
    let data = tempfile::tempdir().unwrap();
    let server = PrivatePostgres::start(Options::for_tests(data.path())).await.unwrap();
    let url = format!("postgres://comitia:guess@127.0.0.1:{}/postgres", server.port());
    let error = PgConnection::connect(&url).await.unwrap_err();
    assert!(error.to_string().contains("password authentication failed"), "{error}");
    server.stop().await;
}

#[tokio::test]
async fn a_setting_that_is_wrong_shows_what_the_server_says() {
    let data = tempfile::tempdir().unwrap();
    let options = Options::for_tests(data.path()).setting("shared_buffers", "much");
    let error = PrivatePostgres::start(options).await.unwrap_err();
    assert!(error.to_string().contains("shared_buffers"), "{error}");
}

#[tokio::test]
async fn a_server_left_by_a_killed_run_is_stopped_and_its_data_kept() {
    let data = tempfile::tempdir().unwrap();
    let server = PrivatePostgres::start(Options::for_tests(data.path())).await.unwrap();
    server.ensure_database("comitia").await.unwrap();
    run(&server, "CREATE TABLE t (n bigint); INSERT INTO t VALUES (7)").await;
    // The lock goes and the server stays, as when this process is killed on a machine without death signals. A
    // frozen server would not hear the signal of the drop before the next start finds it.
    server.process().freeze();
    let left = server.process().pid();
    drop(server);

    let server = PrivatePostgres::start(Options::for_tests(data.path())).await.unwrap();
    assert_ne!(server.process().pid(), left);
    assert_eq!(number(&server, "SELECT n FROM t").await, 7);
    server.stop().await;
}
