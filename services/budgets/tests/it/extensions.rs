//! A vote that is open closes later: by one person, or by two where the budget asks for two.

use chrono::TimeDelta;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::{Budget, ExtendVoteRequest, GetProposedExtensionRequest, VoteExtension};
use comitia_proto::voting::v1::PollState;
use sqlx::Row;

use crate::doubles::Voting;
use crate::world::{World, at, project, refusal};

async fn scheduled(world: &World) -> Budget {
    let budget = world.budget().await;
    world.add(&budget, vec![project("a", 40_000), project("b", 70_000)]).await.unwrap();
    world.schedule(world.vote(&budget)).await.unwrap();
    world.read(&budget.budget_id).await
}

/// A scheduled budget whose vote two people extend. That it was scheduled without them is not what is tried here.
async fn for_two(world: &World) -> Budget {
    let budget = scheduled(world).await;
    let asks = "UPDATE budgets.budgets SET sign_off_required = true WHERE budget_id = $1::uuid";
    sqlx::query(asks).bind(&budget.budget_id).execute(&world.database.admin_pool().unwrap()).await.unwrap();
    budget
}

async fn extend(
    world: &World,
    budget: &Budget,
    who: &str,
    hour: i64,
    reason: &str,
) -> Result<VoteExtension, ApiError> {
    let request = ExtendVoteRequest {
        budget_id: budget.budget_id.clone(),
        close_time: Some(timestamp(at(hour))),
        reason: reason.into(),
    };
    let answer = world.budgets.clone().extend_vote(world.person(who, request)).await;
    Ok(answer.map_err(|status| ApiError::from_status(&status))?.into_inner().extension.unwrap())
}

async fn proposed(world: &World, budget: &Budget, who: &str) -> Option<VoteExtension> {
    let request = GetProposedExtensionRequest { budget_id: budget.budget_id.clone() };
    let answer = world.budgets.clone().get_proposed_extension(world.person(who, request)).await;
    answer.unwrap().into_inner().extension
}

#[tokio::test]
async fn an_open_vote_closes_later_with_its_phase_and_its_reason() {
    let world = World::new().await;
    let budget = scheduled(&world).await;
    world.clock.advance(TimeDelta::hours(40));
    let done = extend(&world, &budget, "ann", 80, " the site was away ").await.unwrap();
    assert_eq!((done.close_time, done.reason.as_str()), (Some(timestamp(at(80))), "the site was away"));
    assert!(done.done_time.is_some());
    assert_eq!(world.doubles.holds.lock().unwrap()[&budget.poll_id].close_time, done.close_time);
    let told = world.doubles.extended.lock().unwrap()[&budget.poll_id].clone();
    assert_eq!((told.close_time, told.reason.as_str()), (done.close_time, "the site was away"));
    // Asked again, it is done; voting is not bothered.
    world.doubles.set_voting(Voting::Away);
    assert_eq!(extend(&world, &budget, "ann", 80, "the site was away").await.unwrap(), done);
    world.doubles.set_voting(Voting::Well);
    assert_eq!(refusal(extend(&world, &budget, "ann", 70, "back").await).1, ["close_time"]);
    extend(&world, &budget, "ben", 90, "once more").await.unwrap();
    assert!(proposed(&world, &budget, "ann").await.is_none());
    // The budget does not change: what was frozen stays, and scheduling again is the same call.
    world.schedule(world.vote(&budget)).await.unwrap();
}

#[tokio::test]
async fn what_cannot_close_later_says_why() {
    let world = World::new().await;
    let draft = world.budget().await;
    let reason = |answer| refusal(answer).0;
    assert_eq!(reason(extend(&world, &draft, "ann", 80, "why").await), Reason::VoteNotScheduled);
    let budget = scheduled(&world).await;
    *world.doubles.state.lock().unwrap() = PollState::Scheduled;
    assert_eq!(reason(extend(&world, &budget, "ann", 80, "why").await), Reason::PollNotOpen);
    *world.doubles.state.lock().unwrap() = PollState::Open;
    world.clock.advance(TimeDelta::hours(40));
    let nothing = refusal(extend(&world, &budget, "ann", 80, " ").await);
    assert_eq!(nothing, (Reason::FieldInvalid, vec!["reason".to_owned()]));
    let long = refusal(extend(&world, &budget, "ann", 80, &"x".repeat(1_001)).await);
    assert_eq!(long, (Reason::FieldInvalid, vec!["reason".to_owned()]));
    let outside = refusal(extend(&world, &budget, "ann", 241, "why").await);
    assert_eq!(outside, (Reason::PhaseNotOpen, vec!["close_time".to_owned()]));
    // voting has the last word, and nothing is noted as done.
    world.doubles.set_voting(Voting::Picky);
    assert_eq!(reason(extend(&world, &budget, "ann", 80, "why").await), Reason::PollStateInvalid);
    world.doubles.set_voting(Voting::Away);
    assert_eq!(reason(extend(&world, &budget, "ann", 80, "why").await), Reason::DependencyUnavailable);
    world.doubles.set_voting(Voting::Well);
    extend(&world, &budget, "ann", 80, "why").await.unwrap();
    world.clock.advance(TimeDelta::hours(41));
    assert_eq!(reason(extend(&world, &budget, "ann", 90, "why").await), Reason::PollClosed);
}

#[tokio::test]
async fn where_the_budget_asks_for_two_one_proposes_and_another_one_does_it() {
    let world = World::new().await;
    let budget = for_two(&world).await;
    world.clock.advance(TimeDelta::hours(40));
    let nothing_done = || world.doubles.extended.lock().unwrap().is_empty();
    let mine = extend(&world, &budget, "ann", 80, "rain").await.unwrap();
    assert!(mine.done_time.is_none() && mine.own && nothing_done());
    let seen = proposed(&world, &budget, "ben").await.unwrap();
    assert_eq!((seen.close_time, seen.reason.as_str(), seen.own), (mine.close_time, "rain", false));
    let alone = refusal(extend(&world, &budget, "ann", 80, "").await);
    assert_eq!(alone.0, Reason::SecondPersonRequired);
    // Another date, or another reason, is another proposal.
    let other = extend(&world, &budget, "ben", 85, "snow").await.unwrap();
    assert!(other.done_time.is_none() && nothing_done());
    assert_eq!(refusal(extend(&world, &budget, "cleo", 80, "").await).1, ["reason"]);
    let done = extend(&world, &budget, "ann", 85, "").await.unwrap();
    assert!(done.done_time.is_some() && !done.own);
    let told = world.doubles.extended.lock().unwrap()[&budget.poll_id].clone();
    assert_eq!((told.close_time, told.reason.as_str()), (Some(timestamp(at(85))), "snow"));
    assert!(proposed(&world, &budget, "ben").await.is_none());
    // Two who confirm at once do it once.
    extend(&world, &budget, "ann", 95, "wind").await.unwrap();
    let (ben, cleo) =
        tokio::join!(extend(&world, &budget, "ben", 95, ""), extend(&world, &budget, "cleo", 95, ""));
    assert_eq!(ben.unwrap().close_time, cleo.unwrap().close_time);
    let rows = sqlx::query("SELECT count(*) FROM budgets.vote_extensions WHERE done_by <> proposed_by")
        .fetch_one(&world.database.admin_pool().unwrap())
        .await
        .unwrap();
    assert_eq!(rows.get::<i64, _>(0), 2);
}
