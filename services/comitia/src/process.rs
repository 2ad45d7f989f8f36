//! Runs services in this process.

use std::fmt;
use std::net::SocketAddr;

use anyhow::Context;
use clap::ValueEnum;
use comitia_bus::Subscription;
use comitia_core::Clock;
use comitia_platform::database::{DatabaseConfig, Migrations};
use comitia_platform::health;
use comitia_platform::lifecycle::Lifecycle;
use comitia_platform::runtime::{CommonConfig, Runtime};
use comitia_platform::telemetry::Telemetry;
use comitia_platform::tls::Tls;
use tokio::net::TcpListener;

use crate::configuration::{Configuration, section};

/// What a service with a database has, and one without has not.
macro_rules! stored {
    (stored, $has:expr, $has_not:expr) => {
        $has
    };
    (stateless, $has:expr, $has_not:expr) => {
        $has_not
    };
}

/// The services, each listed once: its section in the configuration, its crate, and whether it has a database and queues.
macro_rules! services {
    ($($(#[$doc:meta])* $variant:ident: $section:ident, $library:ident, $kind:ident;)*) => {
        /// A service that this binary can run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
        pub enum Service {
            $($(#[$doc])* $variant,)*
        }

        impl Service {
            /// Every service.
            pub const ALL: [Self; [$(stringify!($section)),*].len()] = [$(Self::$variant),*];

            /// Its name, as in configuration.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($section),)*
                }
            }

            /// Its migrations, if it has a database.
            pub fn migrations(self) -> Option<Migrations> {
                match self {
                    $(Self::$variant => stored!($kind, Some($library::migrations()), None),)*
                }
            }

            fn subscriptions(self) -> Vec<Subscription> {
                match self {
                    $(Self::$variant => stored!($kind, $library::subscriptions(), Vec::new()),)*
                }
            }

            /// The database that configuration gives it.
            pub fn database(self, configuration: &Configuration) -> Option<DatabaseConfig> {
                match self {
                    $(Self::$variant => stored!(
                        $kind,
                        configuration.$section.as_ref().map(|config| config.database.clone()),
                        None
                    ),)*
                }
            }

            /// The address that configuration gives it.
            fn listen(self, configuration: &Configuration) -> anyhow::Result<SocketAddr> {
                let listen = match self {
                    $(Self::$variant => configuration.$section.as_ref().map(|config| config.server.listen),)*
                };
                section(listen.as_ref(), self.name())
            }

            /// Runs it on `listener` until the process stops.
            fn spawn(
                self,
                listener: TcpListener,
                configuration: &Configuration,
                runtime: &Runtime,
            ) -> anyhow::Result<()> {
                match self {
                    $(Self::$variant => {
                        let config = section(configuration.$section.as_ref(), self.name())?;
                        let own = runtime.clone();
                        runtime.lifecycle.spawn_essential(self.name(), async move {
                            let health = own.health.clone();
                            let result = $library::serve(config, listener, own).await;
                            health.set_ready(self.name(), false);
                            result
                        });
                    })*
                }
                Ok(())
            }
        }
    };
}

services! {
    /// The public door: HTTP/JSON, and the way to the pages.
    Gateway: gateway, comitia_gateway, stateless;
    /// Sessions, staff, electoral rolls, permits.
    Identity: identity, comitia_identity, stored;
    /// Organizations, processes, areas.
    Spaces: spaces, comitia_spaces, stored;
    /// Proposals.
    Proposals: proposals, comitia_proposals, stored;
    /// Budgets, projects, results.
    Budgets: budgets, comitia_budgets, stored;
    /// Polls and ballots.
    Voting: voting, comitia_voting, stored;
    /// The pages.
    Portal: portal, comitia_portal, stateless;
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Services that run in this process.
pub struct Process {
    runtime: Runtime,
    telemetry: Telemetry,
    configuration: Configuration,
    /// Where the gateway listens, if it runs here.
    pub gateway: Option<SocketAddr>,
}

impl Process {
    /// Starts `services`. With `local`, they find each other on the ports that the system gives them here, whatever
    /// `common.endpoints` says.
    ///
    /// # Errors
    /// When configuration is incomplete or an address is taken. A database, bus or cache that is away is no error
    /// here: a service that cannot do without it says so and stops the process.
    pub async fn start(
        mut configuration: Configuration,
        services: &[Service],
        local: bool,
        telemetry: Telemetry,
    ) -> anyhow::Result<Self> {
        let mut listeners = Vec::new();
        for &service in services {
            let listener = health::bind(service.listen(&configuration)?).await?;
            let address = listener.local_addr()?;
            if local {
                let scheme = if configuration.common.tls.is_some() { "https" } else { "http" };
                let endpoint = format!("{scheme}://{address}");
                configuration.common.endpoints.set(service.name(), endpoint);
            }
            listeners.push((service, listener, address));
        }
        let admin = health::bind(configuration.common.admin_listen).await?;

        let clock = Clock::system();
        let name = services.iter().map(|service| service.name()).collect::<Vec<_>>().join("+");
        let common = &configuration.common;
        let bus = comitia_bus::connect(&common.bus, clock.clone(), &format!("comitia-{name}"))
            .context("configuration: common.bus.url")?;
        let cache = comitia_cache::connect(&common.cache, clock.clone())
            .context("configuration: common.cache.url")?;
        // All queues exist before anything is published: an event that no queue wants would be lost.
        for subscription in Service::ALL.into_iter().flat_map(Service::subscriptions) {
            bus.declare(&subscription).await?;
        }
        let tls = tls(common, clock.clone()).await?;
        for service in services.iter().filter(|service| **service != Service::Identity) {
            common.service_keys.require(service.name()).context("configuration")?;
        }
        let (endpoints, keys) = (common.endpoints.clone(), common.service_keys.clone());
        let runtime = Runtime::with_tls(clock, bus, cache, endpoints, keys, tls)
            .and_then(|runtime| runtime.with_revocations(common.revocations.clone()))
            .context("configuration: common.endpoints")?;

        // Before the admin port answers: a process without parts is ready.
        for (service, ..) in &listeners {
            runtime.health.set_ready(service.name(), false);
        }
        let (health, stopping, metrics) =
            (runtime.health.clone(), runtime.lifecycle.stopping(), telemetry.clone());
        runtime.lifecycle.spawn("admin", async move {
            if let Err(error) = health::serve_admin(admin, health, metrics, stopping).await {
                tracing::error!(%error, "admin port");
            }
        });
        let mut gateway = None;
        for (service, listener, address) in listeners {
            if service == Service::Gateway {
                gateway = Some(address);
            }
            tracing::info!(%service, %address, "starting");
            service.spawn(listener, &configuration, &runtime)?;
        }
        Ok(Self { runtime, telemetry, configuration, gateway })
    }

    /// Waits until every service of this process is ready.
    ///
    /// # Errors
    /// When the process stops before.
    pub async fn ready(&self) -> anyhow::Result<()> {
        let stopping = self.runtime.lifecycle.stopping();
        while !self.runtime.health.not_ready().is_empty() {
            anyhow::ensure!(
                !stopping.is_cancelled(),
                "a service could not start; its reason is in the log above"
            );
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Start and stop of this process.
    pub fn lifecycle(&self) -> Lifecycle {
        self.runtime.lifecycle.clone()
    }

    /// Waits for a signal or for a failed service, then drains. Gives whether everything went well.
    ///
    /// # Errors
    /// When signals cannot be listened to.
    pub async fn run(self) -> anyhow::Result<bool> {
        let in_time = self
            .runtime
            .lifecycle
            .run_until_signal(&self.configuration.common.lifecycle, &self.runtime.health)
            .await?;
        self.runtime.bus.close().await;
        let telemetry = self.telemetry;
        tokio::task::spawn_blocking(move || telemetry.flush()).await?;
        Ok(in_time && !self.runtime.lifecycle.failed())
    }
}

/// The memory of this process is written to no core dump, whatever limits and handlers the machine has, and is no other
/// process' of the same user to read.
///
/// # Errors
/// When the system refuses.
pub fn forbid_core_dumps() -> std::io::Result<()> {
    Ok(rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?)
}

/// What the configuration says that services speak TLS with; nothing where they do not.
///
/// # Errors
/// When its files cannot be used.
pub async fn tls(common: &CommonConfig, clock: Clock) -> anyhow::Result<Option<Tls>> {
    Ok(match common.tls.clone() {
        Some(config) => Some(Tls::start(config, clock).await.context("configuration: common.tls")?),
        None => None,
    })
}

#[cfg(test)]
mod tests {
    use rustix::process::{DumpableBehavior, dumpable_behavior};

    #[test]
    fn memory_is_not_dumped() {
        super::forbid_core_dumps().unwrap();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
