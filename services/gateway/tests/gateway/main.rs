//! The gateway from outside, over HTTP, with doubles for the services behind it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests may panic")]

mod admission;
mod bodies;
mod casts;
mod double;
mod errors;
mod files;
mod heads;
mod limits;
mod modules;
mod organizations;
mod pages;
mod readiness;
mod reads;
mod streams;
mod waiting_room;
mod writes;

use std::sync::Arc;

use comitia_cache::Cache;
use comitia_core::Clock;
use comitia_gateway::{Config, StartError};
use comitia_platform::Runtime;
use comitia_platform::grpc::Endpoints;
use comitia_platform::runtime::{ServerConfig, ServiceKeys};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::double::Double;

/// A gateway in front of doubles.
struct Door {
    url: String,
    double: Double,
    runtime: Runtime,
    client: Client,
    server: JoinHandle<Result<(), StartError>>,
}

impl Door {
    async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    async fn open_with(configure: impl FnOnce(&mut Config)) -> Self {
        let double = Double::start().await;
        let address = double.address.clone();
        Self::open_before(double, &address, configure).await
    }

    /// A gateway that finds voting at another address than the other services.
    async fn open_before(double: Double, voting: &str, configure: impl FnOnce(&mut Config)) -> Self {
        let cache = Arc::new(comitia_cache::InProcess::new(Clock::system()));
        Self::open_with_all(cache, double, voting, configure).await
    }

    /// A gateway with this cache.
    async fn open_on(cache: Arc<dyn Cache>, double: Double, configure: impl FnOnce(&mut Config)) -> Self {
        let address = double.address.clone();
        Self::open_with_all(cache, double, &address, configure).await
    }

    async fn open_with_all(
        cache: Arc<dyn Cache>,
        double: Double,
        voting: &str,
        configure: impl FnOnce(&mut Config),
    ) -> Self {
        Self::open_for(runtime_with(cache, &double.address, voting), double, configure).await
    }

    async fn open_for(runtime: Runtime, double: Double, configure: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listen = listener.local_addr().unwrap();
        let mut config = Config::new(ServerConfig { listen });
        configure(&mut config);
        let server =
            comitia_core::task::spawn("gateway", comitia_gateway::serve(config, listener, runtime.clone()));
        let client = Client::builder().no_proxy().build().unwrap();
        Self { url: format!("http://{listen}"), double, runtime, client, server }
    }

    /// A request for the city.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).header("host", "city.example")
    }

    async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Response {
        self.request(Method::POST, path).json(&body).send().await.unwrap()
    }

    /// Stops the process and waits until the gateway has ended.
    async fn close(self) {
        self.runtime.lifecycle.stop();
        self.server.await.unwrap().unwrap();
    }
}

/// A process with voting at one address and the other services at another.
fn runtime(others: &str, voting: &str) -> Runtime {
    runtime_with(Arc::new(comitia_cache::InProcess::new(Clock::system())), others, voting)
}

fn runtime_with(cache: Arc<dyn Cache>, others: &str, voting: &str) -> Runtime {
    let endpoints = Endpoints {
        identity: others.to_owned(),
        spaces: others.to_owned(),
        proposals: others.to_owned(),
        budgets: others.to_owned(),
        voting: voting.to_owned(),
        portal: others.to_owned(),
    };
    let clock = Clock::system();
    Runtime::new(
        clock.clone(),
        Arc::new(comitia_bus::InProcess::new(clock)),
        cache,
        endpoints,
        ServiceKeys {
            gateway: Some("a service key of thirty-two characters".into()),
            ..ServiceKeys::default()
        },
    )
    .unwrap()
}

/// All values of a header, with commas between them; empty when it is absent.
fn header(response: &Response, name: &str) -> String {
    let values = response.headers().get_all(name).iter().map(|value| value.to_str().unwrap());
    values.collect::<Vec<_>>().join(", ")
}

async fn json(response: Response) -> Value {
    let text = response.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
