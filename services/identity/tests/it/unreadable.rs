//! Rows that this version cannot read are errors that name them.

use comitia_identity::app::staff;
use comitia_identity::error::Error;
use comitia_identity::store::polls;
use comitia_platform::ApiError;
use comitia_platform::error::{ErrorCode, chain};

use crate::world::World;

#[tokio::test]
async fn an_unknown_role_or_time_zone_is_an_error_that_names_table_column_and_row() {
    let world = World::new().await;
    let (ada, _) = world.administrator("ada@example.org").await;
    let roll = world.roll().await;
    let poll = world.poll(roll, &[], 0).await;
    let admin = world.database.admin_pool().unwrap();
    for change in [
        "UPDATE identity.staff SET roles = '{AUDITOR,JESTER}'",
        "UPDATE identity.polls SET time_zone = 'Mars/Base'",
    ] {
        sqlx::query(change).execute(&admin).await.unwrap();
    }

    let answer = ApiError::from(staff::list(&world.app, world.organization, 10, "").await.err().unwrap());
    assert_eq!(answer.code, ErrorCode::Internal);
    let text = chain(&answer);
    assert!(text.contains(&format!("identity.staff.roles, row {ada}")) && !text.contains("JESTER"), "{text}");

    let mut transaction = world.begin().await;
    let error = polls::get(&mut transaction, poll).await.err().unwrap();
    let text = chain(&ApiError::from(Error::from(error)));
    assert!(text.contains(&format!("identity.polls.time_zone, row {poll}")), "{text}");
}
