//! What an operator sees of pools and processes, by the names that alerts and dashboards use. One test: telemetry is the
//! process'.

use comitia_platform::database::{self, DatabaseConfig, Migrations, Tenant};
use comitia_platform::telemetry::Telemetry;
use comitia_testkit::TestDatabase;
use sqlx::migrate::Migrator;

static NO_MIGRATIONS: Migrator = Migrator::DEFAULT;
const SERVICE: Migrations = Migrations { service: "voting", own: &NO_MIGRATIONS, repeatable: &[] };

/// The value of the first series with this name and these labels.
fn value(telemetry: &Telemetry, name: &str, labels: &[&str]) -> Option<f64> {
    let text = telemetry.prometheus_text();
    let series = text.lines().find(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
            && labels.iter().all(|label| line.contains(label))
    })?;
    series.rsplit_once(' ')?.1.parse().ok()
}

#[tokio::test]
async fn metrics_tell_how_pools_are_used_and_who_had_no_connection_in_time() {
    let telemetry = Telemetry::start("test", "off").unwrap();
    let database = TestDatabase::create(&SERVICE).await.unwrap();
    let config = DatabaseConfig { max_connections: 2, acquire_timeout_ms: 50, ..database.config("voting") };
    let pool = database::connect(&config).unwrap();
    let intake = database::connect_named(&config, "intake").unwrap();
    let [first, second] = [(); 2].map(|()| database::begin(&pool, Tenant::All));
    let held = (first.await.unwrap(), second.await.unwrap());
    assert!(database::begin(&pool, Tenant::All).await.is_err(), "both connections are taken");

    const VOTING: &str = r#"db_client_connection_pool_name="comitia_voting""#;
    const INTAKE: &str = r#"db_client_connection_pool_name="intake""#;
    const USED: &str = r#"db_client_connection_state="used""#;
    const IDLE: &str = r#"db_client_connection_state="idle""#;
    let value = |name: &str, labels: &[&str]| value(&telemetry, name, labels);
    assert_eq!(value("db_client_connection_max", &[VOTING]), Some(2.0));
    assert_eq!(value("db_client_connection_count", &[VOTING, USED]), Some(2.0));
    assert_eq!(value("db_client_connection_count", &[INTAKE, USED]), Some(0.0));
    assert_eq!(value("db_client_connection_timeouts_total", &[VOTING]), Some(1.0));
    assert_eq!(value("comitia_database_begin_duration_seconds_count", &[]), Some(2.0));
    drop(held);
    comitia_testkit::wait_until("free connections", std::time::Duration::from_secs(10), async || {
        value("db_client_connection_count", &[VOTING, IDLE]) == Some(2.0)
    })
    .await;
    drop(intake);

    assert!(value("process_resident_memory_bytes", &[]) > Some(1_000_000.0));
    assert!(value("process_open_fds", &[]) > Some(0.0));
    assert!(value("target_info", &[r#"service_name="test""#, r#"service_version=""#]) == Some(1.0));
}
