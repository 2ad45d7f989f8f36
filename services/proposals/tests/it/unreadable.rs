//! Rows that this version cannot read are errors that name them.

use comitia_platform::ApiError;
use comitia_platform::auth::Viewer;
use comitia_platform::error::chain;
use comitia_proposals::app::readers;

use crate::harness::{Harness, refusal};

#[tokio::test]
async fn an_unknown_state_or_author_is_an_error_that_names_table_column_and_row() {
    let harness = Harness::start().await;
    let proposal = harness.proposal().await;
    harness.database.drop_checks("proposals.proposals").await.unwrap();
    for state in [0, 99] {
        sqlx::query("UPDATE proposals.proposals SET state = $1")
            .bind(state)
            .execute(&harness.admin)
            .await
            .unwrap();
        assert_eq!(refusal(harness.get(&proposal).await).0, "INTERNAL INTERNAL");
    }
    let id = proposal.proposal_id.parse().unwrap();
    let error = readers::get(&harness.app, harness.city, id, Viewer::Staff).await.unwrap_err();
    let error = chain(&ApiError::from(error));
    assert!(error.contains(&format!("proposals.proposals.state, row {id}")), "{error}");

    sqlx::query("UPDATE proposals.proposals SET state = 1, author_kind = 9")
        .execute(&harness.admin)
        .await
        .unwrap();
    let error = readers::get(&harness.app, harness.city, id, Viewer::Staff).await.unwrap_err();
    let error = chain(&ApiError::from(error));
    assert!(error.contains(&format!("proposals.proposals.author_kind, row {id}")), "{error}");
}
