//! Signing keys: made at the first start, shared by the replicas through the database, rotated by hand or by age.

use std::sync::{LazyLock, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use comitia_platform::database::{self, Tenant};
use comitia_proto::identity::v1::JsonWebKey;
use opentelemetry::global;
use opentelemetry::metrics::Gauge;

use crate::app::App;
use crate::domain::tokens::{self, NewKey, SigningKey};
use crate::error::Error;
use crate::store::signing_keys::{self, StoredKey};

/// How long a retired key stays in the key set: longer than any token that it signed.
const SHOWN_AFTER_RETIREMENT: TimeDelta = TimeDelta::days(60);
/// How long a new key is published before it signs, so that every verifier has it first.
const SHOWN_BEFORE_USE: TimeDelta = TimeDelta::minutes(2);
/// How long a key signs before another one takes its place.
const LIFETIME: TimeDelta = TimeDelta::days(90);
const PRIVATE_KEY: &str = "signing_keys.private_key";

/// Made when the keys are first loaded, by when telemetry has started.
static AGE: LazyLock<Gauge<f64>> = LazyLock::new(|| {
    global::meter("comitia")
        .f64_gauge("comitia.identity.signing_key.age")
        .with_unit("s")
        .with_description("Age of the key that signs sessions and permits")
        .build()
});

/// The keys in memory.
#[derive(Default)]
pub struct Keyring {
    keys: RwLock<Option<Keys>>,
}

#[derive(Clone)]
struct Keys {
    signing: SigningKey,
    set: Vec<JsonWebKey>,
}

impl Keyring {
    fn read(&self) -> Result<Keys, Error> {
        let keys = self.keys.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        keys.ok_or(Error::Token(crate::domain::tokens::TokenError::Key))
    }

    /// The key that signs.
    ///
    /// # Errors
    /// Before the keys were loaded.
    pub fn signing(&self) -> Result<SigningKey, Error> {
        Ok(self.read()?.signing)
    }

    /// The public keys, newest first.
    ///
    /// # Errors
    /// Before the keys were loaded.
    pub fn set(&self) -> Result<Vec<JsonWebKey>, Error> {
        Ok(self.read()?.set)
    }
}

/// Loads the keys, and makes one when there is none or the newest is old. A lock makes sure that replicas that start
/// together make one key.
///
/// # Errors
/// When the database is away, or a key cannot be opened with the configured data keys.
pub async fn load(app: &App) -> Result<(), Error> {
    let now = app.clock.now();
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    signing_keys::lock(&mut transaction).await?;
    let mut stored = signing_keys::list(&mut transaction, now - SHOWN_AFTER_RETIREMENT).await?;
    if stored.iter().all(|key| key.retire_time.is_some() || now - key.create_time > LIFETIME) {
        let kid = add(app, &mut transaction, now).await?;
        signing_keys::retire_others(&mut transaction, &kid, now + SHOWN_BEFORE_USE).await?;
        stored = signing_keys::list(&mut transaction, now - SHOWN_AFTER_RETIREMENT).await?;
    }
    transaction.commit().await?;

    let signs = |key: &&StoredKey| {
        key.create_time + SHOWN_BEFORE_USE <= now && key.retire_time.is_none_or(|retired| retired > now)
    };
    // The first key of all signs at once: nobody has a key set yet.
    let Some(current) = stored.iter().find(signs).or_else(|| stored.first()) else {
        return Err(Error::Token(tokens::TokenError::Key));
    };
    AGE.record((now - current.create_time).as_seconds_f64(), &[]);
    let private_key = app.data_keys.open(PRIVATE_KEY, &current.private_key)?;
    let signing = SigningKey::new(current.kid.clone(), &private_key);
    let set = stored.into_iter().map(|key| tokens::json_web_key(key.kid, key.public_key)).collect();
    *app.keyring.keys.write().unwrap_or_else(std::sync::PoisonError::into_inner) =
        Some(Keys { signing, set });
    Ok(())
}

/// Adds a key and retires the others: they sign until the new one has been published for a while, and stay published as long
/// as their tokens live. With `revoke_earlier` they are deleted instead. Returns the new key's id and the time from which it
/// signs.
///
/// # Errors
/// As [`load`].
pub async fn rotate(app: &App, revoke_earlier: bool) -> Result<(String, DateTime<Utc>), Error> {
    let now = app.clock.now();
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    signing_keys::lock(&mut transaction).await?;
    let kid = add(app, &mut transaction, now).await?;
    let use_time = if revoke_earlier {
        signing_keys::delete_others(&mut transaction, &kid).await?;
        now
    } else {
        signing_keys::retire_others(&mut transaction, &kid, now + SHOWN_BEFORE_USE).await?;
        now + SHOWN_BEFORE_USE
    };
    transaction.commit().await?;
    load(app).await?;
    tracing::warn!(kid, revoke_earlier, "a new signing key");
    Ok((kid, use_time))
}

async fn add(app: &App, connection: &mut sqlx::PgConnection, now: DateTime<Utc>) -> Result<String, Error> {
    let new = NewKey::generate()?;
    let sealed = app.data_keys.seal(PRIVATE_KEY, &new.private_key)?;
    signing_keys::insert(connection, &new.kid, &sealed, &new.public_key, now).await?;
    Ok(new.kid)
}
