//! Who: sessions, staff and roles, electoral rolls, access codes, permits, personal data.
//!
//! A person's id never leaves this service: sessions carry a pseudonym, permits a nullifier.

pub mod app;
pub mod consumers;
pub mod domain;
pub mod error;
pub mod grpc;
pub mod mail;
pub mod store;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use comitia_bus::{BusError, OutboxSignal};
use comitia_cache::Resilient;
use comitia_platform::Runtime;
use comitia_platform::auth::Verifier;
use comitia_platform::auth::revocations::Revocations;
use comitia_platform::database::{self, DatabaseConfig, DatabaseError, Migrations};
use comitia_platform::grpc::ServeError;
use comitia_platform::lifecycle::Lifecycle;
use comitia_platform::runtime::{ServerConfig, ServiceKeyError, ServiceKeys};
use comitia_platform::service::Service;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;

use crate::app::providers::ProviderError;
use crate::app::{App, Inner, Policy, attempts, keys, permits, providers, retention, revocations};
use crate::domain::providers::ProviderConfig;
use crate::domain::secrets::{DataKeys, LookupKey, SecretError};
use crate::mail::{MailConfig, MailConfigError, Mailer};

pub use crate::consumers::subscriptions;

/// The name of the service, of its schema and of its section in the configuration.
const SERVICE: &str = "identity";
/// The fewest characters of a key to sign in with: it is guarded by rate limits alone.
const MIN_SIGN_IN_KEY: usize = 16;
/// No group is smaller, whatever is configured: of two people, each knows what the other did.
const LEAST_GROUP: i64 = 3;
/// How often keys of other replicas are looked for.
const KEYS_EVERY: Duration = Duration::from_secs(30);
/// How often one-time codes that expired are deleted.
const CODES_EVERY: Duration = Duration::from_secs(60);
/// How long a one-time code is good.
pub const EMAIL_CODE: TimeDelta = TimeDelta::minutes(10);
/// How often what is over is deleted.
const RETENTION_EVERY: Duration = Duration::from_secs(3600);

/// The migrations of this service.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/identity");

/// The migrations of this service with those that every schema has.
#[must_use]
pub fn migrations() -> Migrations {
    Migrations { service: SERVICE, own: &MIGRATOR, repeatable: &[] }
}

/// The configuration of the service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens.
    pub server: ServerConfig,
    /// Its database.
    pub database: DatabaseConfig,
    /// Encrypts personal data and keys at rest: 32 bytes, base64.
    pub data_key: SecretString,
    /// Earlier data keys, which still open what they sealed.
    #[serde(default, deserialize_with = "comitia_platform::config::list")]
    pub previous_data_keys: Vec<SecretString>,
    /// Hashes what people are looked up by: 32 bytes, base64. Cannot be changed once there are rolls.
    pub lookup_key: SecretString,
    /// What the platform's operator signs in with, 16 characters or more; nobody can when it is absent.
    #[serde(default)]
    pub operator_key: Option<SecretString>,
    /// An earlier operator key, taken as well while its holders change to the new one.
    #[serde(default)]
    pub previous_operator_key: Option<SecretString>,
    /// Earlier `common.service_keys`, taken as well while these services are started again with the new ones.
    #[serde(default, deserialize_with = "ServiceKeys::checked")]
    pub previous_service_keys: ServiceKeys,
    /// How e-mail is sent.
    pub mail: MailConfig,
    /// How long an access token lives, seconds.
    #[serde(default = "default_access_token_seconds")]
    pub access_token_seconds: u32,
    /// How long a staff member's session lives, seconds.
    #[serde(default = "default_staff_session_seconds")]
    pub staff_session_seconds: u32,
    /// How long a participant's session lives, seconds.
    #[serde(default = "default_participant_session_seconds")]
    pub participant_session_seconds: u32,
    /// How long a permit lives, seconds; never beyond the close of its poll.
    #[serde(default = "default_permit_seconds")]
    pub permit_seconds: u32,
    /// How long a paper permit lives, seconds.
    #[serde(default = "default_paper_permit_seconds")]
    pub paper_permit_seconds: u32,
    /// How many days after its close the key of a poll is destroyed.
    #[serde(default = "default_poll_key_retention_days")]
    pub poll_key_retention_days: u32,
    /// How many wrong codes for one person may come from one address (IPv6: one /64) in a quarter of an hour.
    #[serde(default = "default_attempts_a_member")]
    pub attempts_a_member: u32,
    /// How many wrong codes may come from one address (IPv6: one /64) in a quarter of an hour, before they are answered
    /// with a limit. Right ones go on.
    #[serde(default = "default_attempts_an_address")]
    pub attempts_an_address: u32,
    /// How many one-time codes an hour one address (IPv6: one /64) may have sent to one e-mail address.
    #[serde(default = "default_emails_an_hour")]
    pub emails_an_hour: u32,
    /// How many permits an hour one address (IPv6: one /64) may have in a poll that is open to anyone.
    #[serde(default = "default_open_permits_an_address")]
    pub open_permits_an_address: u32,
    /// No figure of participation by area or age is about fewer people. What `voting.smallest_group` is, this should be.
    #[serde(default = "default_smallest_group")]
    pub smallest_group: u32,
    /// The OpenID providers that people sign in at, by their ids. An id is part of what nullifiers are made of: it stays as it is
    /// while polls are open.
    #[serde(default)]
    pub providers: BTreeMap<String, ProviderConfig>,
}

fn default_access_token_seconds() -> u32 {
    600
}

fn default_staff_session_seconds() -> u32 {
    12 * 3600
}

fn default_participant_session_seconds() -> u32 {
    2 * 3600
}

fn default_permit_seconds() -> u32 {
    3600
}

fn default_paper_permit_seconds() -> u32 {
    14 * 24 * 3600
}

fn default_poll_key_retention_days() -> u32 {
    90
}

fn default_attempts_a_member() -> u32 {
    10
}

fn default_attempts_an_address() -> u32 {
    300
}

fn default_emails_an_hour() -> u32 {
    6
}

fn default_smallest_group() -> u32 {
    5
}

fn default_open_permits_an_address() -> u32 {
    300
}

/// The service cannot start, or ended in failure.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A configured key cannot be used.
    #[error("configuration: identity: {0}")]
    Secret(#[from] SecretError),
    /// The keys of the services cannot be used.
    #[error("configuration: {0}")]
    ServiceKey(#[from] ServiceKeyError),
    /// A configured provider cannot be used.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The mail configuration cannot be used.
    #[error("configuration: {0}")]
    Mail(#[from] MailConfigError),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The signing keys cannot be loaded.
    #[error("signing keys: {0}")]
    Keys(#[from] error::Error),
    /// The bus cannot be used.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// gRPC failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// The use cases as configured.
///
/// # Errors
/// When configuration cannot be used.
pub fn app(config: &Config, runtime: &Runtime) -> Result<App, StartError> {
    let seconds = |seconds: u32| TimeDelta::seconds(i64::from(seconds));
    Ok(App::new(Inner {
        pool: database::connect(&config.database)?,
        clock: runtime.clock.clone(),
        cache: Resilient::new(Arc::clone(&runtime.cache), runtime.clock.clone()),
        guessers: attempts::guessers(),
        data_keys: DataKeys::new(&config.data_key, &config.previous_data_keys)?,
        lookup: LookupKey::new(&config.lookup_key)?,
        providers: providers::connect(&config.providers, &runtime.clock)?,
        keyring: keys::Keyring::default(),
        revocations: Revocations::new(runtime.revocations.clone()),
        polls: permits::poll_cache(),
        outbox: OutboxSignal::new(),
        mailer: Mailer::new(&config.mail)?,
        operator_keys: config.operator_key.iter().chain(&config.previous_operator_key).cloned().collect(),
        service_keys: service_keys(&runtime.service_keys, &config.previous_service_keys),
        policy: Policy {
            access_token: seconds(config.access_token_seconds),
            staff_session: seconds(config.staff_session_seconds),
            participant_session: seconds(config.participant_session_seconds),
            permit: seconds(config.permit_seconds),
            paper_permit: seconds(config.paper_permit_seconds),
            email_code: EMAIL_CODE,
            poll_key: TimeDelta::days(i64::from(config.poll_key_retention_days)),
            attempts_a_member: config.attempts_a_member,
            attempts_an_address: config.attempts_an_address,
            emails_an_hour: config.emails_an_hour,
            open_permits_an_address: config.open_permits_an_address,
            smallest_group: i64::from(config.smallest_group).max(LEAST_GROUP),
        },
    }))
}

/// The keys of all services, with their names.
fn service_keys(present: &ServiceKeys, previous: &ServiceKeys) -> Vec<(&'static str, SecretString)> {
    let all = present.all().into_iter().chain(previous.all());
    all.filter_map(|(service, key)| Some((service, key?.clone()))).collect()
}

/// A key that two services have would make each of them the other.
fn check_service_keys(keys: &[(&'static str, SecretString)]) -> Result<(), ServiceKeyError> {
    for (index, (service, key)) in keys.iter().enumerate() {
        if key.expose_secret().chars().count() < ServiceKeys::MIN_CHARACTERS {
            return Err(ServiceKeyError::Short(service));
        }
        for (other, others) in &keys[..index] {
            if other != service && others.expose_secret() == key.expose_secret() {
                return Err(ServiceKeyError::Shared(other, service));
            }
        }
    }
    Ok(())
}

/// A verifier that knows keys and revoked sessions without asking: this service has them.
#[must_use]
pub fn verifier(app: &App) -> Verifier {
    let signing = app.clone();
    Verifier::new(
        app.clock.clone(),
        Arc::new(move || {
            let set = signing.keyring.set().map_err(Into::into);
            Box::pin(async move { set })
        }),
        app.revocations.clone(),
    )
}

/// Runs the service until the process stops.
///
/// # Errors
/// When it cannot start: configuration, pending migrations, damaged keys.
pub async fn serve(config: Config, listener: TcpListener, mut runtime: Runtime) -> Result<(), StartError> {
    let sign_in_keys = [
        ("identity.operator_key", &config.operator_key),
        ("identity.previous_operator_key", &config.previous_operator_key),
    ];
    for (name, key) in sign_in_keys {
        if key.as_ref().is_some_and(|key| key.expose_secret().chars().count() < MIN_SIGN_IN_KEY) {
            return Err(SecretError::Short(name, MIN_SIGN_IN_KEY).into());
        }
    }
    let app = app(&config, &runtime)?;
    check_service_keys(&app.service_keys)?;
    let stopping = runtime.lifecycle.stopping();
    database::ready(&app.pool, &config.database, &migrations(), &stopping).await?;
    keys::load(&app).await?;
    revocations::load(&app).await?;
    runtime.verifier = verifier(&app);
    follow_revocations(&app, &config.database, &runtime)?;
    start_jobs(&app, &runtime.lifecycle);

    let service = Service {
        name: SERVICE,
        pool: app.pool.clone(),
        outbox: app.outbox.clone(),
        consumers: consumers::start(&app, &*runtime.bus).await?,
        routes: grpc::routes(app),
    };
    Ok(service.serve(listener, &runtime).await?)
}

fn start_jobs(app: &App, lifecycle: &Lifecycle) {
    let jobs = app.clone();
    lifecycle.spawn_every("identity keys", KEYS_EVERY, move || {
        let app = jobs.clone();
        async move { keys::load(&app).await }
    });
    let jobs = app.clone();
    lifecycle.spawn_soon_and_every("identity retention", RETENTION_EVERY, move || {
        let app = jobs.clone();
        async move { retention::run(&app).await }
    });
    let jobs = app.clone();
    lifecycle.spawn_every("identity codes", CODES_EVERY, move || {
        let app = jobs.clone();
        async move { retention::codes(&app).await }
    });
}

/// Keeps the list of revoked sessions fresh over a connection of its own, so that staff can work while sign-ins hold
/// all other connections.
fn follow_revocations(app: &App, database: &DatabaseConfig, runtime: &Runtime) -> Result<(), DatabaseError> {
    if !app.revocations.claim() {
        return Ok(());
    }
    let own = DatabaseConfig { max_connections: 1, ..database.clone() };
    let pool = database::connect_named(&own, "comitia_identity revocations")?;
    let (app, stopping) = (app.clone(), runtime.lifecycle.stopping());
    runtime.lifecycle.spawn("identity revocations", async move {
        let fetch = |since| revocations::read(&app, &pool, since);
        app.revocations.follow(app.clock.clone(), stopping, fetch).await;
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_a_key_of_its_own() {
        let key = |byte: &str| Some(SecretString::from(byte.repeat(32)));
        let present = ServiceKeys { budgets: key("b"), voting: key("v"), ..ServiceKeys::default() };
        // An earlier key of the same service may be its present one, while keys are changed.
        let previous = ServiceKeys { budgets: key("b"), ..ServiceKeys::default() };
        assert_eq!(check_service_keys(&service_keys(&present, &previous)), Ok(()));
        for previous in [
            ServiceKeys { voting: key("b"), ..ServiceKeys::default() },
            ServiceKeys { gateway: key("v"), ..ServiceKeys::default() },
        ] {
            let refused = check_service_keys(&service_keys(&present, &previous));
            assert!(matches!(refused, Err(ServiceKeyError::Shared(..))), "{refused:?}");
        }
        let short = ServiceKeys { spaces: Some("s".repeat(31).into()), ..ServiceKeys::default() };
        assert_eq!(
            check_service_keys(&service_keys(&short, &present)),
            Err(ServiceKeyError::Short("spaces"))
        );
    }
}
