//! How a service with a database serves and stops: the same for all of them.

use comitia_bus::{ConsumerHandle, OutboxSignal, Relay};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::grpc::{self, ServeError};
use crate::{Runtime, retention};

/// A service that is ready to serve. Its own jobs run already.
pub struct Service {
    /// Its name, which is its schema's too.
    pub name: &'static str,
    /// Its database.
    pub pool: PgPool,
    /// What its use cases wake the relay with.
    pub outbox: OutboxSignal,
    /// What it consumes.
    pub consumers: Vec<ConsumerHandle>,
    /// Its gRPC services.
    pub routes: Routes,
}

impl Service {
    /// Serves until the process stops. Then, in this order: the last calls are answered, the consumers stop, the relay
    /// ends, so that the events of the last calls leave too.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn serve(self, listener: TcpListener, runtime: &Runtime) -> Result<(), ServeError> {
        let Self { name, pool, outbox, consumers, routes } = self;
        let answered = CancellationToken::new();
        // Also when the server fails.
        let _answered = answered.clone().drop_guard();
        let relay = Relay::new(pool.clone(), outbox, name);
        runtime.lifecycle.spawn("relay", relay.run(runtime.bus.clone(), answered));
        retention::spawn(runtime, pool, name);

        let served = grpc::serve(name, listener, routes, runtime).await;
        for consumer in consumers {
            consumer.stop().await;
        }
        served
    }
}
