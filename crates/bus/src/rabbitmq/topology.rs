//! Exchange and queues.
//!
//! `comitia.events` is the topic exchange. A subscription has its work queue; a queue `<queue>.retry.<delay>` for
//! each delay, whose messages go back to the work queue when their time is over; and `<queue>.dead`. All are quorum
//! queues, and what a queue gives up is moved at least once. A delay that is taken out of the policy leaves its
//! empty queue behind, a routing key its binding: remove them with the broker's tools when no old version runs.

use std::time::Duration;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, ExchangeKind};

use crate::Subscription;
use crate::metrics::Depth;

pub(super) const EXCHANGE: &str = "comitia.events";
/// Deliveries without an answer after which the broker gives a message up: the consumer died on it, again and
/// again. Well above what restarts of the broker cause.
const DELIVERY_LIMIT: i64 = 20;
/// Newer brokers have a limit by default. Looking at a dead letter counts as a delivery and must not end it.
const DEAD_DELIVERY_LIMIT: i64 = 1_000_000_000;

pub(super) fn retry_queue(queue: &str, delay: Duration) -> String {
    format!("{queue}.retry.{}", delay.as_millis())
}

pub(super) fn dead_queue(queue: &str) -> String {
    format!("{queue}.dead")
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

fn table<const N: usize>(entries: [(&str, AMQPValue); N]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in entries {
        table.insert(name.into(), value);
    }
    table
}

/// Arguments of a quorum queue from which messages go to the queue `next`.
fn leading_to(next: &str) -> FieldTable {
    table([
        ("x-queue-type", text("quorum")),
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text(next)),
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-overflow", text("reject-publish")),
    ])
}

/// Makes the exchange exist.
pub(super) async fn declare_exchange(connection: &Connection) -> lapin::Result<()> {
    let channel = connection.create_channel().await?;
    let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
    channel.exchange_declare(EXCHANGE.into(), ExchangeKind::Topic, options, FieldTable::default()).await?;
    channel.close(200, "done".into()).await
}

/// Makes the queues of `subscription` exist, bound. `subscription` was checked: its names fit.
pub(super) async fn declare(connection: &Connection, subscription: &Subscription) -> lapin::Result<()> {
    // A refusal closes the channel, so this one is not shared.
    let channel = connection.create_channel().await?;
    let queue = subscription.queue.as_str();
    let dead = dead_queue(queue);
    let declare = async |name: &str, arguments: FieldTable| {
        channel.queue_declare(name.into(), QueueDeclareOptions::durable(), arguments).await.map(|_| ())
    };
    let arguments = table([
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", AMQPValue::LongLongInt(DEAD_DELIVERY_LIMIT)),
    ]);
    declare(&dead, arguments).await?;
    let mut arguments = leading_to(&dead);
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(DELIVERY_LIMIT));
    declare(queue, arguments).await?;
    for delay in &subscription.retry.delays {
        let mut arguments = leading_to(queue);
        let millis = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        arguments.insert("x-message-ttl".into(), AMQPValue::LongLongInt(millis));
        declare(&retry_queue(queue, *delay), arguments).await?;
    }
    for key in &subscription.routing_keys {
        let options = QueueBindOptions::default();
        channel
            .queue_bind(queue.into(), EXCHANGE.into(), key.as_str().into(), options, FieldTable::default())
            .await?;
    }
    channel.close(200, "done".into()).await
}

/// How many messages wait in the queues of `subscription`. Those that a consumer has in hand are not counted.
pub(super) async fn depth(connection: &Connection, subscription: &Subscription) -> lapin::Result<Depth> {
    let channel = connection.create_channel().await?;
    let count = async |name: &str| {
        let options = QueueDeclareOptions::durable().passive();
        let queue = channel.queue_declare(name.into(), options, FieldTable::default()).await?;
        Ok::<_, lapin::Error>(u64::from(queue.message_count()))
    };
    let queue = subscription.queue.as_str();
    let (work, dead) = (count(queue).await?, count(&dead_queue(queue)).await?);
    let mut retry = 0;
    for delay in &subscription.retry.delays {
        retry += count(&retry_queue(queue, *delay)).await?;
    }
    channel.close(200, "done".into()).await?;
    Ok(Depth { work, retry, dead })
}
