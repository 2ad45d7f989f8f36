//! Rows that this version cannot read are errors that name them.

use comitia_budgets::store;
use comitia_platform::ApiError;
use comitia_platform::database::{self, Tenant};
use comitia_platform::error::chain;
use comitia_proto::budgets::v1::GetBudgetRequest;
use uuid::Uuid;

use crate::world::{World, project, reason};

#[tokio::test]
async fn an_unknown_state_is_an_error_that_names_table_column_and_row() {
    let world = World::new().await;
    let budget = world.budget().await;
    let added = world.add(&budget, vec![project("a", 1_000)]).await.unwrap();
    let admin = world.database.admin_pool().unwrap();
    for table in ["budgets.budgets", "budgets.projects"] {
        world.database.drop_checks(table).await.unwrap();
    }
    sqlx::query("UPDATE budgets.budgets SET state = 'ajar'").execute(&admin).await.unwrap();
    sqlx::query("UPDATE budgets.projects SET status = 'lost'").execute(&admin).await.unwrap();

    let request = GetBudgetRequest { budget_id: budget.budget_id.clone() };
    let refused = world.budgets.clone().get_budget(world.public(request)).await;
    assert_eq!(reason(refused), comitia_platform::Reason::Internal);
    let pool = world.database.pool("budgets").unwrap();
    let mut transaction = database::begin(&pool, Tenant::All).await.unwrap();
    let id: Uuid = budget.budget_id.parse().unwrap();
    let error = chain(&ApiError::from(store::budgets::get(&mut transaction, id).await.err().unwrap()));
    assert!(error.contains(&format!("budgets.budgets.state, row {id}")), "{error}");
    let id: Uuid = added[0].project_id.parse().unwrap();
    let error = chain(&ApiError::from(store::projects::get(&mut transaction, id).await.err().unwrap()));
    assert!(error.contains(&format!("budgets.projects.status, row {id}")), "{error}");
}
