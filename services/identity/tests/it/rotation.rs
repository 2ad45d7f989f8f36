//! Secrets are changed while the service runs: replicas with the old and the new one work side by side.

use std::collections::HashSet;

use comitia_identity::app::{App, keys, sessions};
use comitia_identity::verifier;
use comitia_platform::database::{self, DatabaseConfig, Newer, Tenant};
use comitia_proto::identity::v1::key_service_client::KeyServiceClient;
use comitia_proto::identity::v1::{GetKeySetRequest, RotateSigningKeyRequest};
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use crate::served::{Served, refused};
use crate::world::{KEY, SERVICE_KEY, World};

const NEW_KEY: &str = "YW5vdGhlci1rZXktb2YtdGhlLXRlc3QtMzItYnl0ZXM=";

fn service_signs_in(app: &App, key: &str) -> bool {
    sessions::sign_in_service(app, "budgets", key).is_ok()
}

#[tokio::test]
async fn earlier_sign_in_keys_are_taken_while_they_are_named() {
    let world = World::new().await;
    let database = || world.database.config("identity");
    let change = json!({"operator_key": "new operator", "previous_operator_key": "operator",
        "previous_service_keys": {"budgets": SERVICE_KEY}});
    let during = world.replica_with(database(), "new service key", change);
    let after = world.replica_with(database(), "new service key", json!({"operator_key": "new operator"}));
    for app in [&during, &after] {
        keys::load(app).await.unwrap();
    }
    let operator = async |app: &App, key| sessions::sign_in_operator(app, None, None, key).await.is_ok();
    assert!(operator(&during, "operator").await && operator(&during, "new operator").await);
    assert!(!operator(&during, "guess").await);
    assert!(!operator(&after, "operator").await && operator(&after, "new operator").await);
    assert!(service_signs_in(&during, SERVICE_KEY) && service_signs_in(&during, "new service key"));
    assert!(!service_signs_in(&after, SERVICE_KEY) && service_signs_in(&after, "new service key"));
    assert!(!service_signs_in(&during, "") && !service_signs_in(&after, ""));
}

#[tokio::test]
async fn what_an_earlier_data_key_sealed_is_opened_however_it_is_named() {
    let world = World::new().await;
    let database = || world.database.config("identity");
    // As a variable of the environment gives it, and as a file does.
    for previous in [json!(format!("{NEW_KEY}, {KEY}")), json!([KEY])] {
        let change = json!({"data_key": NEW_KEY, "previous_data_keys": previous});
        keys::load(&world.replica_with(database(), SERVICE_KEY, change)).await.unwrap();
    }
    let unnamed = world.replica_with(database(), SERVICE_KEY, json!({"data_key": NEW_KEY}));
    assert!(keys::load(&unnamed).await.is_err(), "the signing key is sealed with the earlier data key");
}

/// The way of docs/operations/rotate-keys.md: a second login that becomes the service's role.
#[tokio::test]
async fn a_second_login_takes_over_while_the_first_is_still_in_use() {
    let world = World::new().await;
    let admin = world.database.admin_pool().unwrap();
    let login = format!("login_{}", world.organization.simple());
    for statement in [
        format!("CREATE ROLE {login} LOGIN PASSWORD 'second' IN ROLE comitia_identity"),
        format!("ALTER ROLE {login} SET role TO comitia_identity"),
        format!(
            "DO $$ BEGIN EXECUTE format('ALTER ROLE {login} IN DATABASE %I SET search_path TO identity', current_database()); END $$"
        ),
    ] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&admin).await.unwrap();
    }
    let config = world.database.config("identity");
    let options: PgConnectOptions = config.url.expose_secret().parse().unwrap();
    let url = options.username(&login).password("second").to_url_lossy().to_string();
    let second = world.replica_with(DatabaseConfig { url: url.into(), ..config }, SERVICE_KEY, json!({}));

    let whose = "SELECT session_user || ' as ' || current_user || ' in ' || current_schema()";
    let whose: String = sqlx::query_scalar(whose).fetch_one(&second.pool).await.unwrap();
    assert_eq!(whose, format!("{login} as comitia_identity in identity"));
    database::check(&second.pool, &comitia_identity::migrations(), Newer::Allow).await.unwrap();
    keys::load(&second).await.unwrap();
    let token = sessions::sign_in_service(&second, "budgets", SERVICE_KEY).unwrap().access_token;
    verifier(&world.app).session(&token).await.unwrap();

    // Row-level security binds it as it binds the role.
    world.roll().await;
    let rolls = async |tenant| -> i64 {
        let mut transaction = database::begin(&second.pool, tenant).await.unwrap();
        sqlx::query_scalar("SELECT count(*) FROM identity.rolls").fetch_one(&mut *transaction).await.unwrap()
    };
    assert_eq!(rolls(Tenant::Organization(world.organization)).await, 1);
    assert_eq!(rolls(Tenant::Organization(comitia_core::id::new())).await, 0);
    let owner =
        sqlx::query("ALTER TABLE identity.rolls DISABLE ROW LEVEL SECURITY").execute(&second.pool).await;
    assert!(owner.is_err(), "the login owns nothing");

    // What is connected stays connected when the login is shut.
    let mut connected = second.pool.acquire().await.unwrap();
    let shut = format!("ALTER ROLE {login} NOLOGIN");
    sqlx::raw_sql(sqlx::AssertSqlSafe(shut)).execute(&admin).await.unwrap();
    let _: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&mut *connected).await.unwrap();
    drop(connected);
    second.pool.close().await;
    let drop = format!("DROP ROLE {login}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(drop)).execute(&admin).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_alone_changes_the_signing_key() {
    let world = Served::new().await;
    let mut keys = KeyServiceClient::new(world.channel.clone());
    let asked = keys.clone();
    let set = async || asked.clone().get_key_set(GetKeySetRequest {}).await.unwrap().into_inner().keys;
    let before = set().await;
    let rotate = RotateSigningKeyRequest { revoke_earlier: false };
    let roll = world.roll("member_number\n1\n").await;
    let participant = world.sign_in(&roll, "1").await.access_token;
    let refusal = refused(keys.rotate_signing_key(world.to(&participant, rotate)).await);
    assert_eq!(refusal.reason_name(), "ROLE_MISSING");
    assert_eq!(refused(keys.rotate_signing_key(world.to("", rotate)).await).reason_name(), "SESSION_INVALID");

    let answer = keys.rotate_signing_key(world.to(&world.staff, rotate)).await.unwrap().into_inner();
    assert_eq!(answer.use_time.unwrap().seconds, world.clock.now().timestamp() + 120);
    // Both were made in the same second of the test's clock, so that their order is any.
    let after: HashSet<_> = set().await.into_iter().map(|key| key.kid).collect();
    assert_eq!(after, HashSet::from([answer.kid, before[0].kid.clone()]));

    // Revoked: the operator's own session is worth nothing either, a minute later at the latest.
    let rotate = RotateSigningKeyRequest { revoke_earlier: true };
    let answer = keys.rotate_signing_key(world.to(&world.staff, rotate)).await.unwrap().into_inner();
    let after: Vec<_> = set().await.into_iter().map(|key| key.kid).collect();
    assert_eq!(after, [answer.kid]);
    world.clock.advance(chrono::TimeDelta::minutes(1));
    assert!(keys.rotate_signing_key(world.to(&world.staff, rotate)).await.is_err());
    world.operator(true).await;
}
