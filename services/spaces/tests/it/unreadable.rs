//! Rows that this version cannot read are errors that name them.

use comitia_platform::ApiError;
use comitia_platform::auth::Viewer;
use comitia_platform::error::chain;
use comitia_spaces::app::{organizations, processes};
use comitia_spaces::error::Error;
use uuid::Uuid;

use crate::harness::{Harness, refusal};

fn named<T>(result: Result<T, Error>) -> String {
    chain(&ApiError::from(result.err().unwrap()))
}

#[tokio::test]
async fn an_unknown_kind_is_an_error_that_names_table_column_and_row() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let process = harness.process(city, &[(1, 2)]).await;
    harness.publish(city, &process).await;
    for table in ["spaces.phases", "spaces.organization_texts"] {
        harness.database.drop_checks(table).await.unwrap();
    }
    sqlx::query("UPDATE spaces.phases SET kind = 99").execute(&harness.admin).await.unwrap();

    let id: Uuid = process.process_id.parse().unwrap();
    let error = named(processes::get(&harness.app, city, id, Viewer::Staff).await);
    let phase = &process.phases[0].phase_id;
    assert!(error.contains(&format!("spaces.phases.kind, row {phase}")), "{error}");
    assert_eq!(refusal(harness.get(city, &process).await).0, "INTERNAL INTERNAL");

    sqlx::query("INSERT INTO spaces.organization_texts (organization_id, kind, language, body) VALUES ($1, 0, 'en', 'x')")
        .bind(city)
        .execute(&harness.admin)
        .await
        .unwrap();
    let error = named(organizations::get(&harness.app, city).await);
    assert!(error.contains(&format!("spaces.organization_texts.kind, row {city}")), "{error}");
}
