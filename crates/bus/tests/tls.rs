//! A broker that speaks TLS, with a certificate of an authority that the system does not know.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests, and what they call")]

mod common;

use comitia_bus::{BusConfig, BusError, RabbitMq, connect};
use comitia_core::Clock;
use comitia_testkit::{Authority, RabbitMqServer, TlsFiles, wait_until};
use secrecy::SecretString;

use common::PATIENCE;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amqps_is_spoken_with_a_broker_of_the_configured_authority_alone() {
    let authority = Authority::new().unwrap();
    let files = TlsFiles::new(&authority.issue(&["127.0.0.1"]).unwrap(), &[&authority]).unwrap();
    let broker = RabbitMqServer::start_with_tls(&files).await.unwrap();
    let url = broker.tls_url().unwrap();

    let config = BusConfig { url: Some(SecretString::from(url)), ca_file: Some(files.ca()) };
    let bus = connect(&config, Clock::system(), "tls").unwrap();
    let stranger = RabbitMq::connect(url, Clock::system(), "stranger").unwrap();
    wait_until("the bus", PATIENCE, async || bus.is_up()).await;
    assert!(!comitia_bus::Bus::is_up(&stranger), "nobody knows the broker's authority");
    bus.close().await;

    let nowhere = BusConfig { ca_file: Some("/nowhere/ca.crt".into()), ..config };
    let Err(BusError::Invalid(why)) = connect(&nowhere, Clock::system(), "tls") else { panic!("accepted") };
    assert!(why.contains("/nowhere/ca.crt"), "{why}");
}
