//! The checklist of a vote: planned, checked, signed by two people, scheduled.

use comitia_platform::error::ErrorCode;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::*;
use comitia_proto::common::v1::Role;
use comitia_proto::spaces::v1::PhaseKind;
use comitia_proto::voting::v1::PollState;

use super::{ROLL, office};
use crate::city::{self, BUDGET, PROCESS, furnish};
use crate::site::{Site, now};

const KINDS: [ChecklistItemKind; 5] = [
    ChecklistItemKind::RollLoaded,
    ChecklistItemKind::LettersOut,
    ChecklistItemKind::TestVoteDone,
    ChecklistItemKind::AlertsOn,
    ChecklistItemKind::BackupTaken,
];

fn path(rest: &str) -> String {
    format!("/fr/office{}{rest}", city::budget_path())
}

fn required() -> Budget {
    Budget { sign_off_required: true, ..city::budget(BudgetState::Draft) }
}

fn plan() -> VotePlan {
    VotePlan {
        roll_id: ROLL.into(),
        open_time: Some(timestamp(now() + chrono::TimeDelta::hours(1))),
        close_time: Some(timestamp(now() + chrono::TimeDelta::hours(20))),
        minimum_age: 16,
        paper_close_time: Some(timestamp(now() + chrono::TimeDelta::hours(20 + 48))),
        ..VotePlan::default()
    }
}

fn list(state: ChecklistItemState, sign_offs: Vec<SignOff>) -> VoteChecklist {
    let item = |kind: ChecklistItemKind| ChecklistItem {
        kind: kind.into(),
        state: state.into(),
        note: "Vu <b> mardi".into(),
        change_time: Some(timestamp(now())),
        own: false,
    };
    let counting = sign_offs.iter().filter(|one| one.withdraw_time.is_none()).count();
    VoteChecklist {
        budget_id: BUDGET.into(),
        plan: Some(plan()),
        items: KINDS.into_iter().map(item).collect(),
        sign_offs,
        required_sign_offs: 2,
        signed_off: counting >= 2,
        etag: "7".into(),
    }
}

fn signed(own: bool) -> SignOff {
    SignOff { sign_time: Some(timestamp(now())), own, ..SignOff::default() }
}

fn lost(why: SignOffChange) -> SignOff {
    let withdraw_time = Some(timestamp(now() + chrono::TimeDelta::minutes(5)));
    SignOff { withdraw_time, withdrawn_for: why.into(), ..signed(false) }
}

/// A budget officer before a budget that two people sign off.
async fn officer(list: VoteChecklist) -> Site {
    let site = office(&[Role::BudgetOfficer]).await;
    furnish(&site, PhaseKind::Vote, BudgetState::Draft, PollState::Scheduled);
    let double = &site.double;
    double.give::<GetBudgetRequest, _>(GetBudgetResponse { budget: Some(required()) });
    double.give::<ListBudgetsRequest, _>(ListBudgetsResponse {
        budgets: vec![required()],
        next_page_token: String::new(),
    });
    show(&site, list);
    double.on(|request: &ScheduleVoteRequest| {
        let state = if request.validate_only { BudgetState::Draft } else { BudgetState::Frozen };
        let budget = Some(city::budget(state));
        Ok(ScheduleVoteResponse { budget, elector_count: 1_204, ..ScheduleVoteResponse::default() })
    });
    site
}

fn show(site: &Site, list: VoteChecklist) {
    site.double.give::<GetVoteChecklistRequest, _>(GetVoteChecklistResponse { checklist: Some(list) });
}

#[tokio::test]
async fn a_vote_is_planned_first_and_the_plan_waits_for_signatures() {
    let nothing = VoteChecklist { plan: None, ..list(ChecklistItemState::Open, Vec::new()) };
    let site = officer(nothing).await;
    site.get(&path("")).await.is(200).shows(&["Liste de contrôle"]).hides(&["Programmer le vote"]);
    let page = site.get(&path("/checklist")).await;
    page.is(200).shows(&["pas encore de dates", "Préparer le vote", "Personne n’a encore signé"]);
    page.hides(&["name=\"sure\""]);
    site.double.give::<PlanVoteRequest, _>(PlanVoteResponse::default());
    let fields = |to| {
        [
            ("roll", ROLL),
            ("open_day", "2026-06-11"),
            ("open_time", "08:00"),
            ("close_day", "2026-06-11"),
            ("close_time", ""),
            ("paper_days", "3"),
            ("age", "16"),
            ("to", to),
        ]
    };
    let check = site.post(&path("/schedule"), &fields("check")).await;
    check.is(200).shows(&["rien n’est encore figé", "Garder pour la signature", "1 204 personnes"]);
    check.hides(&["sont figés", "name=\"sure\""]);
    assert!(site.double.calls::<PlanVoteRequest>().is_empty());
    let kept = site.post(&path("/schedule"), &fields("schedule")).await;
    kept.is(303);
    assert_eq!(kept.header("location"), format!("{}?done=planned", path("/checklist")));
    let asked = site.double.calls::<PlanVoteRequest>().pop().unwrap().0;
    let plan = asked.plan.unwrap();
    assert_eq!((asked.budget_id.as_str(), plan.minimum_age, plan.roll_id.as_str()), (BUDGET, 16, ROLL));
    assert!(site.double.calls::<ScheduleVoteRequest>().iter().all(|(request, _)| request.validate_only));
    // What was planned comes back to be changed.
    show(&site, list(ChecklistItemState::Open, Vec::new()));
    site.get(&path("/schedule")).await.is(200).shows(&["value=\"2\"", "value=\"16\""]);
    site.double.on(|_: &PlanVoteRequest| {
        let error =
            ApiError::precondition(Reason::PhaseNotOpen, "no").with_violation("plan.close_time", "no");
        Err::<PlanVoteResponse, _>(error.into())
    });
    site.post(&path("/schedule"), &fields("schedule")).await.is(422).shows(&["href=\"#close_day\""]);
}

#[tokio::test]
async fn items_are_checked_one_by_one() {
    let site = officer(list(ChecklistItemState::Open, Vec::new())).await;
    let page = site.get(&path("/checklist")).await;
    page.is(200).shows(&[
        "Courriers partis",
        "À vérifier",
        "Vu &lt;b&gt; mardi",
        "Vérifiez d’abord tous les points",
    ]);
    page.shows(&["1 204 personnes", "Rien ne s’oppose à ce vote", "autre personne de l’équipe, le"]);
    page.hides(&["name=\"sure\"", "<b> mardi"]);
    let item = path("/checklist/letters");
    site.get(&item).await.is(200).shows(&["sont postées", "value=\"open\" checked", "Vu &lt;b&gt; mardi"]);
    site.get(&path("/checklist/coffee")).await.is(404);
    site.post(&item, &[]).await.is(422).shows(&["href=\"#state\"", "Choisissez une réponse"]);
    let why = [("state", "not-needed"), ("note", " ")];
    site.post(&item, &why).await.is(422).shows(&["href=\"#note\"", "Dites pourquoi"]);
    let long = "x".repeat(1001);
    site.post(&item, &[("state", "done"), ("note", &long)]).await.is(422).shows(&["au plus"]);
    assert!(site.double.calls::<CheckItemRequest>().is_empty());
    site.double.give::<CheckItemRequest, _>(CheckItemResponse::default());
    let done = site.post(&item, &[("state", "not-needed"), ("note", "Codes remis\r\nau guichet")]).await;
    done.is(303);
    assert_eq!(done.header("location"), format!("{}?done=checked", path("/checklist")));
    let asked = site.double.calls::<CheckItemRequest>().pop().unwrap().0;
    assert_eq!((asked.kind(), asked.state()), (ChecklistItemKind::LettersOut, ChecklistItemState::NotNeeded));
    assert_eq!(asked.note, "Codes remis\nau guichet");
}

#[tokio::test]
async fn two_people_sign_and_then_the_vote_is_scheduled() {
    let site = officer(list(ChecklistItemState::Done, vec![signed(false)])).await;
    // Who has not signed finds it on the first page.
    site.get("/fr/office").await.is(200).shows(&["Signature demandée", "Il manque la vôtre"]);
    let page = site.get(&path("/checklist")).await;
    page.is(200).shows(&["autre personne de l’équipe a signé", "Signer", "les signatures sont retirées"]);
    assert_eq!(page.hidden("etag"), "7");
    site.double.give::<SignOffVoteRequest, _>(SignOffVoteResponse::default());
    let sign = [("etag", "7"), ("to", "sign"), ("sure", "yes")];
    site.post(&path("/checklist"), &sign[..2]).await.is(422).shows(&["href=\"#sure\""]);
    assert!(site.double.calls::<SignOffVoteRequest>().is_empty());
    let done = site.post(&path("/checklist"), &sign).await;
    assert_eq!(done.is(303).header("location"), format!("{}?done=signed", path("/checklist")));
    assert_eq!(site.double.calls::<SignOffVoteRequest>().pop().unwrap().0.etag, "7");

    show(&site, list(ChecklistItemState::Done, vec![signed(true)]));
    site.get(&path("/checklist"))
        .await
        .is(200)
        .shows(&["Vous avez signé le", "doit signer à son tour"])
        .hides(&["name=\"sure\""]);
    site.get("/fr/office").await.is(200).hides(&["Signature demandée"]);

    show(&site, list(ChecklistItemState::Done, vec![signed(true), signed(false)]));
    site.get(&path("/checklist")).await.is(200).shows(&["Programmer le vote", "sont figés"]);
    let schedule = [("etag", "7"), ("to", "schedule"), ("sure", "yes")];
    let done = site.post(&path("/checklist"), &schedule).await;
    assert_eq!(done.is(303).header("location"), format!("{}?done=scheduled", path("")));
    let asked = site.double.calls::<ScheduleVoteRequest>().pop().unwrap().0;
    assert_eq!((asked.validate_only, asked.close_time), (false, plan().close_time));
}

#[tokio::test]
async fn a_signature_that_was_taken_away_says_why_and_a_late_one_is_refused_in_words() {
    let why = [
        (SignOffChange::Projects, "les projets ont changé"),
        (SignOffChange::Terms, "les règles du budget ont changé"),
        (SignOffChange::Plan, "qui votent ont changé"),
        (SignOffChange::Items, "un point de la liste a changé"),
        (SignOffChange::CalledOff, "annulé avant son ouverture"),
    ];
    let site = officer(list(ChecklistItemState::Done, why.map(|(why, _)| lost(why)).to_vec())).await;
    site.get(&path("/checklist"))
        .await
        .is(200)
        .shows(&why.map(|(_, text)| text))
        .shows(&["Retirée", "Signer"]);
    site.get("/fr/office").await.is(200).hides(&["Signature demandée"]);
    let sign = [("etag", "6"), ("to", "sign"), ("sure", "yes")];
    for (code, reason, text) in [
        (ErrorCode::Aborted, Reason::EtagMismatch, "entre-temps"),
        (ErrorCode::PermissionDenied, Reason::SecondPersonRequired, "doit signer à son tour"),
        (ErrorCode::FailedPrecondition, Reason::ChecklistIncomplete, "Vérifiez d’abord tous les points"),
    ] {
        site.double.on(move |_: &SignOffVoteRequest| {
            Err::<SignOffVoteResponse, _>(ApiError::new(code, reason, "no").into())
        });
        site.post(&path("/checklist"), &sign).await.is(409).shows(&[text]);
    }
    // What Comitia itself has against the vote stands there, and nobody signs it.
    site.double.on(|_: &ScheduleVoteRequest| {
        let error = ApiError::precondition(Reason::NobodyEligible, "no").with_violation("roll_id", "no");
        Err::<ScheduleVoteResponse, _>(error.into())
    });
    site.get(&path("/checklist"))
        .await
        .is(200)
        .shows(&["Cette liste n’a aucun membre"])
        .hides(&["name=\"sure\""]);
}

#[tokio::test]
async fn a_new_budget_asks_for_signatures_unless_somebody_unticks_the_box() {
    let site = officer(list(ChecklistItemState::Open, Vec::new())).await;
    let new = format!("/fr/office/budgets/new?process={PROCESS}");
    site.get(&new).await.is(200).shows(&[
        "name=\"sign_off\"",
        "Deux personnes signent avant",
        "ne peut plus être levée",
    ]);
    site.double.give::<CreateBudgetRequest, _>(CreateBudgetResponse { budget: Some(required()) });
    let fields = [
        ("title", "Gare"),
        ("amount", "300"),
        ("currency", "EUR"),
        ("ballot", "approval"),
        ("rule", "greedy"),
        ("sign_off", "yes"),
    ];
    for (fields, required) in [(&fields[..], true), (&fields[..5], false)] {
        site.post(&new, fields).await.is(303);
        let asked = site.double.calls::<CreateBudgetRequest>().pop().unwrap().0;
        assert_eq!(asked.sign_off_required, required);
    }
    // Where it is asked for, nothing can lift it; elsewhere it can be asked for.
    site.get(&path("/edit")).await.is(200).hides(&["name=\"sign_off\""]);
    let plain = city::budget(BudgetState::Draft);
    site.double.give::<GetBudgetRequest, _>(GetBudgetResponse { budget: Some(plain.clone()) });
    site.get(&path("/edit")).await.is(200).shows(&["name=\"sign_off\"", "ne peut plus être levée ensuite"]);
    site.double.give::<UpdateBudgetRequest, _>(UpdateBudgetResponse { budget: Some(plain) });
    site.post(&path("/edit"), &fields).await.is(303);
    assert!(site.double.calls::<UpdateBudgetRequest>().pop().unwrap().0.require_sign_off);
}

#[tokio::test]
async fn the_checklist_is_for_budget_officers() {
    let site = office(&[Role::Moderator]).await;
    furnish(&site, PhaseKind::Vote, BudgetState::Draft, PollState::Scheduled);
    for page in ["/checklist", "/checklist/roll"] {
        site.get(&path(page)).await.is(403);
    }
}
