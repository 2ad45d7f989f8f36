//! A vote that closes later, from the office to the pages that everybody reads.

use chrono::TimeDelta;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::*;
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{IssuePermitRequest, IssuePermitResponse};
use comitia_proto::spaces::v1::{GetProcessRequest, GetProcessResponse, PhaseKind, PhaseMove, Process};
use comitia_proto::voting::v1::*;

use super::office;
use crate::city::{self, POLL, budget_path, furnish, process_path};
use crate::site::{Site, now};

fn at(hours: i64) -> Option<prost_types::Timestamp> {
    Some(timestamp(now() + TimeDelta::hours(hours)))
}

fn path(rest: &str) -> String {
    format!("/fr/office/votes/{POLL}{rest}")
}

async fn open_vote(roles: &[Role], sign_off_required: bool) -> Site {
    let site = office(roles).await;
    furnish(&site, PhaseKind::Vote, BudgetState::Frozen, PollState::Open);
    let budget = Budget { sign_off_required, ..city::budget(BudgetState::Frozen) };
    site.double.give::<GetBudgetOfPollRequest, _>(GetBudgetOfPollResponse { budget: Some(budget) });
    site
}

fn extension(done: bool, own: bool) -> VoteExtension {
    VoteExtension {
        close_time: at(60),
        reason: "Le site était en panne".into(),
        propose_time: at(0),
        done_time: if done { at(0) } else { None },
        own,
    }
}

#[tokio::test]
async fn the_close_of_an_open_vote_is_put_off_with_a_public_reason() {
    let site = open_vote(&[Role::BudgetOfficer], false).await;
    site.get(&path("")).await.is(200).shows(&["Repousser la clôture"]);
    let page = site.get(&path("/extend")).await;
    page.is(200).shows(&["Voici ce qui va se passer", "ne peut plus être avancée", "name=\"close_day\""]);
    page.hides(&["demande deux personnes"]);
    let fields = [("close_day", "2026-06-01"), ("reason", ""), ("sure", "")];
    site.post(&path("/extend"), &fields).await.is(422).shows(&[
        "href=\"#close_day\"",
        "href=\"#reason\"",
        "href=\"#sure\"",
        "après la clôture actuelle",
    ]);
    assert!(site.double.calls::<ExtendVoteRequest>().is_empty());
    let answer = ExtendVoteResponse { extension: Some(extension(true, true)) };
    site.double.give::<ExtendVoteRequest, _>(answer);
    let fields = [
        ("close_day", "2026-06-20"),
        ("close_time", "18:00"),
        ("reason", "Le site était en panne"),
        ("sure", "yes"),
    ];
    let done = site.post(&path("/extend"), &fields).await;
    assert_eq!(done.header("location"), path("?done=extended"));
    let (asked, _) = site.double.calls::<ExtendVoteRequest>().pop().unwrap();
    let close = asked.close_time.and_then(|time| chrono::DateTime::from_timestamp(time.seconds, 0));
    assert_eq!(close.unwrap().to_rfc3339(), "2026-06-20T16:00:00+00:00");
    assert_eq!(asked.reason, "Le site était en panne");
    for (reason, words) in [
        (Reason::PhaseNotOpen, ["Prolongez d’abord la phase", "/phases\""]),
        (Reason::PollStateInvalid, ["dans moins d’une minute", "value=\"2026-06-20\""]),
        (Reason::SecondPersonRequired, ["Vous avez proposé cette date", "value=\"2026-06-20\""]),
    ] {
        site.double.on(move |_: &ExtendVoteRequest| {
            Err::<ExtendVoteResponse, _>(ApiError::precondition(reason, "no").into())
        });
        site.post(&path("/extend"), &fields).await.is(409).shows(&words);
    }
    let site = open_vote(&[Role::Auditor], false).await;
    site.get(&path("")).await.is(200).hides(&["Repousser la clôture"]);
    site.get(&path("/extend")).await.is(403);
    let site = office(&[Role::BudgetOfficer]).await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    site.get(&path("/extend")).await.is(409);
}

#[tokio::test]
async fn where_two_are_asked_for_somebody_else_confirms() {
    let site = open_vote(&[Role::BudgetOfficer], true).await;
    site.get(&path("/extend")).await.is(200).shows(&["demande deux personnes", "Proposer de repousser"]);
    let answer = ExtendVoteResponse { extension: Some(extension(false, true)) };
    site.double.give::<ExtendVoteRequest, _>(answer);
    let fields = [("close_day", "2026-06-20"), ("reason", "Panne"), ("sure", "yes")];
    let done = site.post(&path("/extend"), &fields).await;
    assert_eq!(done.header("location"), path("?done=extension-proposed"));

    let proposed = |own| GetProposedExtensionResponse { extension: Some(extension(false, own)) };
    site.double.give::<GetProposedExtensionRequest, _>(proposed(true));
    site.get(&path(""))
        .await
        .is(200)
        .shows(&["Une clôture repoussée est proposée", "Le site était en panne"]);
    site.get(&path("/extend")).await.is(200).shows(&["name=\"close_day\"", "Rien n’a changé"]);
    site.double.give::<GetProposedExtensionRequest, _>(proposed(false));
    let page = site.get(&path("/extend")).await;
    page.is(200).shows(&["Nouvelle clôture", "Le site était en panne", "value=\"confirm\""]);
    page.hides(&["name=\"close_day\"", "demande deux personnes"]);
    let until = page.hidden("until");
    let fields = [("to", "confirm"), ("until", until.as_str())];
    site.post(&path("/extend"), &fields).await.is(422).shows(&["href=\"#sure\""]);
    let answer = ExtendVoteResponse { extension: Some(extension(true, false)) };
    site.double.give::<ExtendVoteRequest, _>(answer);
    let fields = [("to", "confirm"), ("until", until.as_str()), ("sure", "yes")];
    let done = site.post(&path("/extend"), &fields).await;
    assert_eq!(done.header("location"), path("?done=extended"));
    let (asked, _) = site.double.calls::<ExtendVoteRequest>().pop().unwrap();
    assert_eq!((asked.close_time, asked.reason.as_str()), (at(60), ""));
}

fn extended() -> Poll {
    let act = PollAct {
        kind: PollActKind::Extended.into(),
        reason: "Le site était <en panne>".into(),
        time: at(-1),
        close_time: at(36),
        previous_close_time: at(12),
    };
    Poll { first_close_time: at(12), history: vec![act], ..city::poll(PollState::Open) }
}

#[tokio::test]
async fn everybody_reads_that_a_vote_closes_later_and_why() {
    let site = Site::signed_in().await;
    furnish(&site, PhaseKind::Vote, BudgetState::Frozen, PollState::Open);
    site.double.give::<GetPollRequest, _>(GetPollResponse { poll: Some(extended()) });
    let listed = Poll { history: Vec::new(), ..extended() };
    site.double.give::<ListPollsRequest, _>(ListPollsResponse { polls: vec![listed], ..Default::default() });
    let budget = Some(city::budget(BudgetState::Frozen));
    site.double.give::<GetBudgetOfPollRequest, _>(GetBudgetOfPollResponse { budget });
    site.double
        .give::<IssuePermitRequest, _>(IssuePermitResponse { permit: "permit".into(), ..Default::default() });
    let told = ["La clôture du vote est repoussée", "au lieu du", "Le site était &lt;en panne&gt;"];
    site.get(&format!("/fr{}", budget_path())).await.is(200).shows(&told);
    site.get(&format!("/fr/votes/{POLL}")).await.is(200).shows(&told);
    let process = site.get(&format!("/fr{}", process_path())).await;
    process.is(200).shows(&["Des dates ont changé", "Le vote « Toute la ville » ferme le", "Pourquoi"]);
    let english = site.get(&format!("/en{}", budget_path())).await;
    english.is(200).shows(&["The vote closes later", "instead of"]);
}

#[tokio::test]
async fn moved_phases_are_told_until_they_are_over_and_for_a_month() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Scheduled);
    let moved = |title: &str, moved: i64, end: i64, reason: &str| PhaseMove {
        title: title.into(),
        move_time: at(moved),
        previous_start_time: at(-24),
        previous_end_time: at(10),
        start_time: at(-24),
        end_time: at(end),
        reason: reason.into(),
        ..PhaseMove::default()
    };
    let process = Process {
        phase_moves: vec![
            moved("Dépôt", -1, 38, "Grève des transports"),
            moved("Ancienne", -2_000, -1_500, "oublié"),
            moved("Sans motif", -10, -5, ""),
        ],
        ..city::process(PhaseKind::Submission)
    };
    site.double.give::<GetProcessRequest, _>(GetProcessResponse { process: Some(process) });
    let page = site.get(&format!("/fr{}", process_path())).await;
    page.is(200).shows(&["Des dates ont changé", "« Dépôt »", "Grève des transports", "Sans motif"]);
    page.hides(&["oublié", "Ancienne"]);
}
