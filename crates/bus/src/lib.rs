//! Events between services.
//!
//! A use case writes its change and its [`Event`]s in one transaction ([`outbox::append`]); the [`Relay`] of the
//! service publishes them in order on the [`Bus`] and removes what the bus has confirmed. A consumer calls
//! [`inbox::first_time`] in the transaction of its own effect, so that an event that arrives twice (and each may)
//! has its effect once.
//!
//! The bus has two adapters with one contract (`tests/contract.rs` runs against both): [`RabbitMq`] for services
//! that run apart, [`InProcess`] for embedded mode. Neither lets a service fail at start or while it runs: when
//! RabbitMQ is away the outbox holds the events and consumers wait for its return.

mod bus;
mod config;
mod delivery;
mod event;
mod in_process;
pub mod inbox;
mod metrics;
pub mod outbox;
mod rabbitmq;
mod relay;
mod subscription;
mod trace;

pub use bus::{Bus, BusError, ConsumerHandle, DeadLetter, PublishResult, Selection, Settled};
pub use config::{BusConfig, connect};
pub use event::Event;
pub use in_process::InProcess;
pub use outbox::OutboxSignal;
pub use rabbitmq::RabbitMq;
pub use relay::Relay;
pub use subscription::{Handler, HandlerError, RetryPolicy, Subscription, handler};
