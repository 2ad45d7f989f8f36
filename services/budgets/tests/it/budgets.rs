//! Creating, reading and changing budgets.

use comitia_platform::{ApiError, Reason, page};
use comitia_proto::budgets::v1::{
    BallotRule, BudgetState, CreateBudgetRequest, GetBudgetRequest, ListBudgetsRequest, UpdateBudgetRequest,
};
use comitia_proto::voting::v1::BallotType;
use sqlx::Row;

use crate::world::{World, reason, refusal};

#[tokio::test]
async fn a_budget_is_created_once_and_anybody_reads_it() {
    let world = World::new().await;
    world.areas(&["north"]);
    let mut budgets = world.budgets.clone();
    let request = CreateBudgetRequest {
        request_id: comitia_core::id::new().to_string(),
        area_code: "north".into(),
        ..world.new_budget("Green city")
    };
    let made =
        budgets.create_budget(world.officer(request.clone())).await.unwrap().into_inner().budget.unwrap();
    let again =
        budgets.create_budget(world.officer(request.clone())).await.unwrap().into_inner().budget.unwrap();
    assert_eq!(made, again);
    assert_eq!(world.read(&made.budget_id).await, made);
    assert_eq!((made.state(), made.poll_id.as_str(), made.amount), (BudgetState::Draft, "", 100_000));

    let other = CreateBudgetRequest { title: "Other".into(), ..request };
    assert_eq!(reason(budgets.create_budget(world.officer(other)).await), Reason::RequestIdReused);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_makes_nothing() {
    let world = World::new().await;
    let good = world.new_budget("Green city");
    let cumulative = BallotRule { r#type: BallotType::Cumulative.into(), ..Default::default() };
    let cases = [
        (CreateBudgetRequest { amount: -5, ..good.clone() }, "amount"),
        (CreateBudgetRequest { currency: "EURO".into(), ..good.clone() }, "currency"),
        (CreateBudgetRequest { title: "x".repeat(201), ..good.clone() }, "title"),
        (CreateBudgetRequest { process_id: "7".into(), ..good.clone() }, "process_id"),
        (
            CreateBudgetRequest { ballot_rule: Some(cumulative), ..good.clone() },
            "ballot_rule.max_total_points",
        ),
        (CreateBudgetRequest { allocation_rule: None, ..good.clone() }, "allocation_rule.kind"),
        (CreateBudgetRequest { request_id: "7".into(), ..good.clone() }, "request_id"),
        (CreateBudgetRequest { area_code: "nroth".into(), ..good.clone() }, "area_code"),
    ];
    world.areas(&["south", "north"]);
    for (request, field) in cases {
        let answer = world.budgets.clone().create_budget(world.officer(request)).await;
        let (reason, fields) = refusal(answer.map_err(|status| ApiError::from_status(&status)));
        assert_eq!((reason, fields), (Reason::FieldInvalid, vec![field.to_owned()]));
    }
    let nowhere = CreateBudgetRequest { process_id: comitia_core::id::new().to_string(), ..good.clone() };
    let answer = world.budgets.clone().create_budget(world.officer(nowhere)).await;
    assert_eq!(reason(answer), Reason::ResourceNotFound);

    let citizen = world.of(world.doubles.organization, "PARTICIPANT", good.clone());
    assert_eq!(reason(world.budgets.clone().create_budget(citizen).await), Reason::RoleMissing);
    assert_eq!(reason(world.budgets.clone().create_budget(world.public(good)).await), Reason::SessionInvalid);

    let admin = world.database.admin_pool().unwrap();
    let count: i64 =
        sqlx::query("SELECT count(*) FROM budgets.budgets").fetch_one(&admin).await.unwrap().get(0);
    assert_eq!(count, 0);
}

#[tokio::test]
async fn budgets_are_listed_by_title_page_by_page() {
    let world = World::new().await;
    for title in ["Delta", "alpha", "Beta", "Beta", "Café"] {
        world.budgets.clone().create_budget(world.officer(world.new_budget(title))).await.unwrap();
    }
    let mut titles = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListBudgetsRequest {
            process_id: world.doubles.process.to_string(),
            page_size: 2,
            page_token: page_token.clone(),
        };
        let page = world.budgets.clone().list_budgets(world.public(request)).await.unwrap().into_inner();
        titles.extend(page.budgets.into_iter().map(|budget| budget.title));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(titles, ["Beta", "Beta", "Café", "Delta", "alpha"]);
    let process = world.doubles.process;
    let scope = format!("ListBudgets {} {process}", world.doubles.organization);
    // Anybody can make a token: what PostgreSQL would choke on is refused as any other wrong one.
    let zero = page::token(&scope, &format!("{process} a\0b"));
    for page_token in ["bm90IG1pbmU", &zero, &page::token(&scope, "no id")] {
        let page_token = page_token.to_owned();
        let forged = ListBudgetsRequest { process_id: process.to_string(), page_token, ..Default::default() };
        let answer = world.budgets.clone().list_budgets(world.public(forged)).await;
        assert_eq!(reason(answer), Reason::PageTokenInvalid);
    }
}

#[tokio::test]
async fn a_change_needs_the_present_etag() {
    let world = World::new().await;
    let mut budgets = world.budgets.clone();
    let made = world.budget().await;
    let change = UpdateBudgetRequest {
        budget_id: made.budget_id.clone(),
        title: "Greener city".into(),
        etag: made.etag.clone(),
        ..Default::default()
    };
    let changed =
        budgets.update_budget(world.officer(change.clone())).await.unwrap().into_inner().budget.unwrap();
    assert_eq!((changed.title.as_str(), changed.amount), ("Greener city", made.amount));
    assert_ne!(changed.etag, made.etag);
    assert_eq!(reason(budgets.update_budget(world.officer(change.clone())).await), Reason::EtagMismatch);

    let bad = UpdateBudgetRequest { etag: String::new(), amount: -1, ..change };
    let answer = budgets.update_budget(world.officer(bad)).await;
    let (_, fields) = refusal(answer.map_err(|status| ApiError::from_status(&status)));
    assert_eq!(fields, ["amount"]);
    assert_eq!(world.read(&made.budget_id).await, changed);
}

#[tokio::test]
async fn tenants_do_not_see_one_another() {
    let world = World::new().await;
    let made = world.budget().await;
    let stranger = comitia_core::id::new();
    let read = GetBudgetRequest { budget_id: made.budget_id.clone() };
    let answer = world.budgets.clone().get_budget(world.anybody(stranger, read)).await;
    assert_eq!(reason(answer), Reason::ResourceNotFound);
    let list = ListBudgetsRequest { process_id: made.process_id.clone(), ..Default::default() };
    let page = world.budgets.clone().list_budgets(world.anybody(stranger, list)).await.unwrap().into_inner();
    assert!(page.budgets.is_empty());
    let change =
        UpdateBudgetRequest { budget_id: made.budget_id.clone(), title: "Mine".into(), ..Default::default() };
    let answer = world.budgets.clone().update_budget(world.of(stranger, "ADMINISTRATOR", change)).await;
    assert_eq!(reason(answer), Reason::ResourceNotFound);

    // The database itself shows nothing to a transaction that names no tenant.
    let pool = world.database.pool("budgets").unwrap();
    for table in ["budgets", "projects", "schedules", "results", "outcomes", "progress_reports"] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM budgets.{table}"));
        let count: i64 = sqlx::query(sql).fetch_one(&pool).await.unwrap().get(0);
        assert_eq!(count, 0, "{table}");
    }
}
