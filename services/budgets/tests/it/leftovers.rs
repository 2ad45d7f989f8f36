//! What a budget does not spend goes to another one.

use comitia_pabulib::Election;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::{
    AllocationResult, Budget, BudgetState, CreateBudgetRequest, ExportResultRequest, GetResultRequest,
    UpdateBudgetRequest,
};
use comitia_proto::events::v1::PollAnnulled;
use comitia_recount::{Check, Choice, Count};
use comitia_testkit::wait_until;

use crate::world::{PATIENCE, World, group, project, refusal};

async fn create(world: &World, title: &str, to: &str) -> Result<Budget, ApiError> {
    let request = CreateBudgetRequest { leftover_budget_id: to.into(), ..world.new_budget(title) };
    let answer = world.budgets.clone().create_budget(world.officer(request)).await;
    Ok(answer.map_err(|status| ApiError::from_status(&status))?.into_inner().budget.unwrap())
}

/// A budget of 1,000.00 with projects of these costs, and its vote.
async fn vote(world: &World, title: &str, to: &str, costs: &[i64]) -> Budget {
    let budget = create(world, title, to).await.unwrap();
    schedule(world, &budget, costs).await
}

async fn schedule(world: &World, budget: &Budget, costs: &[i64]) -> Budget {
    let projects = costs.iter().zip(["a", "b", "c"]).map(|(cost, id)| project(id, *cost)).collect();
    world.add(budget, projects).await.unwrap();
    world.schedule(world.vote(budget)).await.unwrap()
}

async fn result(world: &World, budget: &Budget) -> Option<AllocationResult> {
    let request = world.public(GetResultRequest { budget_id: budget.budget_id.clone() });
    world.budgets.clone().get_result(request).await.ok().and_then(|answer| answer.into_inner().result)
}

async fn seal(world: &World, budget: &Budget) {
    world.tell(&world.closed(&budget.poll_id)).await;
    let ballots = vec![group(&[("a", 0)], 8), group(&[("b", 0)], 5)];
    world.tell(&world.sealed(&budget.poll_id, ballots)).await;
}

async fn link(world: &World, budget: &Budget, to: &str, keep: bool) -> Result<Budget, ApiError> {
    let request = UpdateBudgetRequest {
        budget_id: budget.budget_id.clone(),
        leftover_budget_id: to.into(),
        keep_leftover: keep,
        ..Default::default()
    };
    let answer = world.budgets.clone().update_budget(world.officer(request)).await;
    Ok(answer.map_err(|status| ApiError::from_status(&status))?.into_inner().budget.unwrap())
}

#[tokio::test]
async fn districts_leave_to_the_city_what_they_do_not_spend() {
    let world = World::new().await;
    let city = create(&world, "City", "").await.unwrap();
    // 300.25 and 0.01 are left, and a third vote is annulled.
    let north = vote(&world, "North", &city.budget_id, &[69_975, 30_026]).await;
    let south = vote(&world, "South", &city.budget_id, &[50_000, 49_999]).await;
    let west = vote(&world, "West", &city.budget_id, &[1, 1]).await;
    create(&world, "Not voted on", &city.budget_id).await.unwrap();
    let city = schedule(&world, &city, &[100_000, 30_026]).await;

    // The city's poll is sealed first: its result waits for all of them, whatever happens meanwhile.
    seal(&world, &city).await;
    seal(&world, &north).await;
    assert!(result(&world, &city).await.is_none());
    assert_eq!(world.read(&city.budget_id).await.state(), BudgetState::Counting);
    let named = PollAnnulled { poll_id: west.poll_id.clone() };
    let annulled = comitia_bus::Event::new(
        &world.clock,
        "voting.poll.annulled",
        Some(world.doubles.organization),
        west.poll_id.clone(),
        &named,
    );
    world.tell(&annulled).await;
    assert!(result(&world, &city).await.is_none());
    seal(&world, &south).await;
    wait_until("the city's result", PATIENCE, async || result(&world, &city).await.is_some()).await;

    let of_north = result(&world, &north).await.unwrap();
    assert_eq!((of_north.amount, of_north.spent), (100_000, 69_975));
    assert_eq!(of_north.leftover_budget_id, city.budget_id);
    let of_city = result(&world, &city).await.unwrap();
    let left: Vec<_> = of_city.leftovers.iter().map(|left| (left.title.as_str(), left.amount)).collect();
    assert_eq!(left, [("North", 30_025), ("South", 1)]);
    assert_eq!((of_city.amount, of_city.spent), (130_026, 130_026), "exactly enough for both");
    assert!(
        of_city.trace.contains("\"budget_parts\":[{\"from\":\"own\",\"amount\":\"1000\"}"),
        "{}",
        of_city.trace
    );

    // An auditor has the file alone.
    let request = ExportResultRequest { budget_id: city.budget_id.clone(), ..Default::default() };
    let file = world.budgets.clone().export_result(world.public(request)).await.unwrap().into_inner().content;
    let check = |file: &str| {
        let election = Election::parse(file.as_bytes()).unwrap();
        Count::new(election, &Choice::default()).map(|count| count.seal)
    };
    assert!(matches!(check(&file).unwrap(), Check::Verified(_)), "{file}");
    let other = file.replace(":300.25,", ":300.24,").replace(":0.01", ":0.02");
    assert!(matches!(check(&other).unwrap(), Check::Altered(_)));
    assert!(check(&file.replace(":300.25,", ":300.24,")).is_err(), "the parts do not make the whole");
}

#[tokio::test]
async fn leftovers_go_where_they_can() {
    let world = World::new().await;
    let field = |name: &str| (Reason::FieldInvalid, vec![name.to_owned()]);
    let leftover = field("leftover_budget_id");
    let nowhere = comitia_core::id::new().to_string();
    assert_eq!(refusal(create(&world, "North", &nowhere).await), leftover);
    assert_eq!(refusal(create(&world, "North", "city").await), leftover);
    let city = create(&world, "City", "").await.unwrap();
    let quarter = create(&world, "Quarter", &city.budget_id).await.unwrap();
    let north = create(&world, "North", &quarter.budget_id).await.unwrap();
    assert_eq!(north.leftover_budget_id, quarter.budget_id);
    for (budget, to) in [(&city, &north), (&city, &city)] {
        assert_eq!(refusal(link(&world, budget, &to.budget_id, false).await), leftover);
    }
    assert_eq!(refusal(link(&world, &north, &city.budget_id, true).await), field("keep_leftover"));
    // Two changes that together would make a circle: one of them is refused.
    let (one, two) = (create(&world, "One", "").await.unwrap(), create(&world, "Two", "").await.unwrap());
    let (there, back) =
        tokio::join!(link(&world, &one, &two.budget_id, false), link(&world, &two, &one.budget_id, false));
    assert!(there.is_ok() != back.is_ok());
    assert_eq!(link(&world, &north, "", false).await.unwrap().leftover_budget_id, quarter.budget_id);
    assert_eq!(link(&world, &north, "", true).await.unwrap().leftover_budget_id, "");

    // Nothing comes to a budget any more whose vote is scheduled, but for what was said before.
    let city = schedule(&world, &city, &[1, 1]).await;
    assert_eq!(refusal(link(&world, &north, &city.budget_id, false).await), leftover);
    seal(&world, &city).await;
    wait_until("the result", PATIENCE, async || result(&world, &city).await.is_some()).await;
    world.add(&quarter, vec![project("a", 1)]).await.unwrap();
    let late = refusal(world.schedule(world.vote(&quarter)).await);
    assert_eq!(late, (Reason::LeftoverTooLate, vec!["budget_id".to_owned()]));
    assert_eq!(world.read(&quarter.budget_id).await.state(), BudgetState::Draft);
}
