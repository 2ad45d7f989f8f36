//! The pages: the public site, the booth and the office, as HTML from the server. A page is one more client of the API: it calls what
//! everybody can call, as the person who looks, and decides nothing. There is no database here, and no door to the outside:
//! the gateway hands on what is not the API's.

mod assets;
mod cookie;
mod device;
mod engine;
pub mod error;
mod form;
mod frame;
mod host;
mod locale;
mod pages;
mod services;
mod session;
mod theme;
mod tiles;
mod ui;
mod visit;

use std::sync::Arc;

use comitia_platform::Runtime;
use comitia_platform::grpc::{AddressError, ServeError};
use comitia_platform::runtime::{ServerConfig, ServiceKeyError, ServiceKeys};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::services::Services;
use crate::session::Sessions;
use crate::tiles::{Tiles, TilesError};

pub use crate::session::KEPT_FOR as FILES_KEPT_FOR;
pub use crate::tiles::TilesConfig;

const SERVICE: &str = "portal";

/// The `portal` section of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens.
    pub server: ServerConfig,
    /// Whether cookies are for encrypted connections alone. Off only where people come by plain HTTP, as in development.
    #[serde(default = "yes")]
    pub secure_cookies: bool,
    /// Whether `/gallery` shows all components in all states; for development.
    #[serde(default)]
    pub gallery: bool,
    /// The tiles behind the pages' maps.
    #[serde(default)]
    pub tiles: TilesConfig,
    /// Another key of the portal: sessions in cookies that were sealed with it are opened, too. For the time in which
    /// `common.service_keys.portal` is changed.
    #[serde(default)]
    pub previous_service_key: Option<SecretString>,
}

fn yes() -> bool {
    true
}

/// Why the service could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address of a service is not one.
    #[error("endpoints: {0}")]
    Endpoint(#[from] AddressError),
    /// There is no key to seal sessions with.
    #[error("configuration: {0}")]
    ServiceKey(#[from] ServiceKeyError),
    /// The tiles are not ones.
    #[error("configuration: {0}")]
    Tiles(#[from] TilesError),
    /// The server failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// What pages share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    services: Services,
    sessions: Sessions,
    tiles: Option<Arc<Tiles>>,
}

/// Runs the service on `listener` until the process stops.
///
/// # Errors
/// When the configuration is wrong, or the server fails.
pub async fn serve(config: Config, listener: TcpListener, runtime: Runtime) -> Result<(), StartError> {
    let services = Services::new(&runtime)?;
    let key = runtime.service_keys.require(SERVICE)?;
    let previous = config.previous_service_key.as_ref();
    if previous.is_some_and(|key| key.expose_secret().chars().count() < ServiceKeys::MIN_CHARACTERS) {
        return Err(ServiceKeyError::Short("portal (portal.previous_service_key)").into());
    }
    let keys = session::Keys::new(key, previous);
    let sessions = Sessions::new(keys, config.secure_cookies, &runtime, services.clone());
    let tiles = Tiles::new(&config.tiles)?.map(Arc::new);
    let app = App { services, sessions, tiles };
    let router = pages::router(app, config.gallery);
    Ok(comitia_platform::grpc::serve_pages(SERVICE, listener, router, &runtime).await?)
}
