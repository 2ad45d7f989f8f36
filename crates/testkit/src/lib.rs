//! Real servers for tests.
//!
//! - [`PostgresServer`], [`RabbitMqServer`], [`RedisServer`], [`S3Server`]: a server of the test's own in a temporary folder,
//!   to be killed, frozen and started again.
//! - [`TestDatabase`], [`test_amqp_url`], [`test_redis_url`]: what a test shares with others, from the servers that
//!   `with-services` started, or from a private one where there are none.
//! - [`Installation`]: services as processes of their own on such servers; [`TcpSwitch`] in front of them, [`Ways`] between
//!   them, [`SmallDisk`] under them.
//! - [`service`]: what stands around a service in its own tests.
//! - [`OpenIdProvider`]: a certified provider that people sign in at, where it is installed.
//! - [`Authority`] and [`TlsFiles`] for certificates.
//! - [`wait_until`] and [`wait_for`] instead of sleeping; [`TraceReceiver`] for spans.

mod broker;
mod certificates;
mod database;
mod disk;
mod folder;
mod installation;
mod openid;
mod postgres;
mod redis;
mod s3;
mod server;
pub mod service;
mod shared;
mod switch;
mod traces;
mod wait;
mod ways;

pub use broker::RabbitMqServer;
pub use certificates::{Authority, Issued, TlsFiles};
pub use database::TestDatabase;
pub use disk::SmallDisk;
pub use installation::{Front, Installation, InstallationPlan, ServicePlan};
pub use openid::OpenIdProvider;
pub use postgres::PostgresServer;
pub use redis::RedisServer;
pub use s3::S3Server;
pub use shared::{AMQP_URL, POSTGRES_URL, REDIS_URL, test_amqp_url, test_postgres_url, test_redis_url};
pub use switch::TcpSwitch;
pub use traces::{ReceivedSpan, TraceReceiver};
pub use wait::{wait_for, wait_until};
pub use ways::Ways;
