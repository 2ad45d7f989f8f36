//! Nothing that an installation keeps or tells links two signatures of a person, or a signature to a person.
//!
//! People sign petitions, each on the whole way through gateway and provider, in a random order. Then all that the installation has left
//! is read: tables, events, logs of the services and of PostgreSQL, metrics, commands to Redis, spans. `COMITIA_UNLINKABILITY=1000x20`
//! says how many people sign how many petitions.

mod orders;
mod remains;
mod search;
mod signing;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use comitia_cli::commands::demo_petition::provider;
use comitia_cli::configuration::{Configuration, Source};
use comitia_core::Clock;
use comitia_identity::app::retention;
use comitia_identity::domain::providers::subject;
use comitia_identity::domain::secrets::{DataKeys, nullifier};
use comitia_platform::runtime::Runtime;
use comitia_testkit::{Installation, wait_until};
use serde_json::json;
use sqlx::PgPool;

use self::search::Traces;
use self::signing::{Petitions, Size};
use crate::city::{assert_problem, problem};
use crate::cluster::Cluster;

const PATIENCE: Duration = Duration::from_secs(120);
/// What keys of polls are sealed for.
const POLL_KEY: &str = "polls.poll_key";

#[tokio::test(flavor = "multi_thread")]
async fn journey_nothing_links_two_signatures_of_a_person() {
    let size = Size::configured();
    let begun = Instant::now();
    let petitions = Petitions::start(size).await;
    let identity = petitions.identity().await;
    let redis = petitions.listen_to_redis().await;
    let events = petitions.listen_to_events().await;
    petitions.sign_all().await;
    petitions.wait_for_log().await;
    assert_eq!(petitions.identity().await, identity, "no sign-in leaves a row with identity, or changes one");

    let remains = petitions.remains(redis, events).await;
    let traces = Traces::of(&petitions, &remains);
    remains.assert_read(&petitions);
    traces.assert_nothing_of_people_is_left(&remains);
    traces.assert_no_hash_of_a_name_is_left(&remains);
    search::assert_no_value_is_in_two_polls(&petitions.admin, &petitions.polls).await;
    search::assert_no_word_is_in_some_requests(&petitions, &remains);
    orders::assert_they_say_nothing(&petitions).await;

    let all = size.signatures();
    assert_eq!(
        recomputed(&petitions).await,
        all,
        "with the keys, the test can work out what it must not find"
    );
    end_the_keys(&petitions).await;
    assert_eq!(recomputed(&petitions).await, 0, "without the keys nobody can");
    petitions.assert_closed().await;
    println!(
        "{} people, {} petitions, {all} signatures in {:.0} s: {}",
        size.people,
        size.petitions,
        begun.elapsed().as_secs_f64(),
        remains.summary()
    );
}

/// How many stored pseudonyms whoever has the database, the configuration with all keys, and the providers' names of all people works
/// out: each value of identity's tables is tried as a key, as it is and as the data key opens it.
async fn recomputed(petitions: &Petitions) -> usize {
    let stored: Vec<(uuid::Uuid, Vec<u8>)> = sqlx::query_as("SELECT poll_id, nullifier FROM voting.ballots")
        .fetch_all(&petitions.admin)
        .await
        .unwrap();
    let stored: BTreeSet<_> = stored.into_iter().map(|(_, nullifier)| nullifier).collect();
    let data_keys = DataKeys::new(&Installation::KEY.into(), &[]).unwrap();
    let mut keys = BTreeSet::new();
    for value in bytes_of_identity(&petitions.admin).await {
        keys.extend(data_keys.open(POLL_KEY, &value).ok());
        keys.insert(value);
    }
    let subjects: Vec<_> = petitions.names().map(|name| subject(provider::ID, &name)).collect();
    let found: BTreeSet<_> =
        keys.iter().flat_map(|key| subjects.iter().map(|subject| nullifier(key, subject).to_vec())).collect();
    found.intersection(&stored).count()
}

/// Every value of bytes that identity stores.
async fn bytes_of_identity(admin: &PgPool) -> Vec<Vec<u8>> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT quote_ident(table_name), quote_ident(column_name) FROM information_schema.columns
         WHERE table_schema = 'identity' AND data_type = 'bytea'",
    )
    .fetch_all(admin)
    .await
    .unwrap();
    let mut values = Vec::new();
    for (table, column) in columns {
        let query = format!("SELECT {column} FROM identity.{table} WHERE {column} IS NOT NULL");
        let of_column: Vec<Vec<u8>> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_all(admin).await.unwrap();
        values.extend(of_column);
    }
    values
}

/// The sheets close, and identity's retention runs as configured: a day too early, and in time.
async fn end_the_keys(petitions: &Petitions) {
    let closed = Clock::system().now();
    for poll in &petitions.polls {
        let body = json!({"reason": "the time is over"});
        petitions.api.post(&format!("/v1/polls/{poll}:close"), Some(&petitions.token), &body).await.unwrap();
    }
    wait_until("identity has heard of it", PATIENCE, async || {
        let open: i64 = sqlx::query_scalar("SELECT count(*) FROM identity.polls WHERE NOT ended")
            .fetch_one(&petitions.admin)
            .await
            .unwrap();
        open == 0
    })
    .await;
    let clock = Clock::manual(closed);
    let app = identity(&petitions.cluster, clock.clone());
    let days = |days: i64| TimeDelta::days(days);
    clock.advance(days(89));
    retention::run(&app).await.unwrap();
    assert_eq!(
        recomputed(petitions).await,
        petitions.size.signatures(),
        "the keys are there as long as they are to be"
    );
    clock.advance(days(2));
    retention::run(&app).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT count(poll_key) FROM identity.polls")
        .fetch_one(&petitions.admin)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

/// identity's use cases as the installation is configured, at another time.
fn identity(cluster: &Cluster, clock: Clock) -> comitia_identity::app::App {
    let source = Source { file: Some(cluster.configuration()), ..Source::default() };
    let configuration = Configuration::load(&source).unwrap();
    let common = configuration.common;
    let bus =
        comitia_bus::connect(&comitia_bus::BusConfig::default(), clock.clone(), "unlinkability").unwrap();
    let cache = comitia_cache::connect(&comitia_cache::CacheConfig::default(), clock.clone()).unwrap();
    let runtime = Runtime::new(clock, bus, cache, common.endpoints, common.service_keys).unwrap();
    comitia_identity::app(&configuration.identity.unwrap(), &runtime).unwrap()
}

impl Petitions {
    /// Every row of identity's tables, but for the events that it has seen.
    async fn identity(&self) -> Vec<String> {
        let tables = remains::tables(&self.admin).await;
        let of_identity = tables.into_iter().filter(|(name, _)| name.starts_with("identity."));
        let counted = of_identity.filter(|(name, _)| !name.ends_with(".inbox") && !name.ends_with(".outbox"));
        counted.map(|(name, rows)| format!("{name}\n{rows}")).collect()
    }

    /// Nobody signs any more, nor begins to.
    async fn assert_closed(&self) {
        // A poll with its key is remembered for some seconds.
        let path = format!("/v1/polls/{}/providers/{}:beginSignIn", self.polls[0], provider::ID);
        let begun = self.api.post(&path, None, &json!({})).await;
        assert_problem(&problem(begun), 409, "POLL_CLOSED", "");
    }
}
