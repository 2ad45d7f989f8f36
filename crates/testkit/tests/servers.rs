//! The servers of the test kit, killed, frozen and started again.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use comitia_testkit::{PostgresServer, RabbitMqServer, RedisServer, TestDatabase, wait_until};
use secrecy::ExposeSecret;
use sqlx::{Connection, PgConnection};

fn ask(port: u16, hello: &[u8]) -> std::io::Result<[u8; 5]> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_millis(300)))?;
    stream.write_all(hello)?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

fn port(url: &str) -> u16 {
    let digits = url.rsplit(':').next().unwrap().split('/').next().unwrap();
    digits.parse().unwrap()
}

#[tokio::test]
async fn redis_is_killed_frozen_and_back() {
    let redis = RedisServer::start().await.unwrap();
    let port = port(redis.url());
    redis.freeze();
    assert!(ask(port, b"PING\r\n").is_err());
    redis.thaw();
    assert_eq!(&ask(port, b"PING\r\n").unwrap(), b"+PONG");
    redis.kill();
    assert!(ask(port, b"PING\r\n").is_err());
    redis.restart().unwrap();
    assert_eq!(&ask(port, b"PING\r\n").unwrap(), b"+PONG");
}

#[tokio::test]
async fn rabbitmq_is_killed_frozen_and_back() {
    let broker = RabbitMqServer::start().await.unwrap();
    let port = port(broker.url());
    let hello = b"AMQP\x00\x00\x09\x01";
    assert!(ask(port, hello).is_ok());
    broker.freeze();
    assert!(ask(port, hello).is_err());
    broker.thaw();
    wait_until("an answer", Duration::from_secs(10), async || ask(port, hello).is_ok()).await;
    broker.kill();
    assert!(ask(port, hello).is_err());
    broker.restart().unwrap();
    assert!(ask(port, hello).is_ok());
    broker.stop();
    assert!(ask(port, hello).is_err());
}

#[tokio::test]
async fn postgresql_keeps_what_it_acknowledged_through_kills() {
    let server = PostgresServer::start().await.unwrap();
    let database = TestDatabase::create_on(&server, &[]).await.unwrap();
    let url = database.admin_url();
    let mut connection = PgConnection::connect(url.expose_secret()).await.unwrap();
    sqlx::query("CREATE TABLE t (n bigint)").execute(&mut connection).await.unwrap();
    let mut expected = 0_i64;
    for round in 0..3 {
        for number in 0..20 {
            sqlx::query("INSERT INTO t VALUES ($1)").bind(number).execute(&mut connection).await.unwrap();
            expected += 1;
        }
        server.kill();
        assert!(PgConnection::connect(url.expose_secret()).await.is_err(), "round {round}");
        server.restart().unwrap();
        connection = PgConnection::connect(url.expose_secret()).await.unwrap();
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM t").fetch_one(&mut connection).await.unwrap();
        assert_eq!(count, expected, "round {round}");
    }
    server.freeze();
    let frozen = tokio::time::timeout(Duration::from_millis(300), connection.ping()).await;
    assert!(frozen.is_err());
    server.thaw();
    sqlx::query("SELECT 1")
        .execute(&mut PgConnection::connect(url.expose_secret()).await.unwrap())
        .await
        .unwrap();
}
