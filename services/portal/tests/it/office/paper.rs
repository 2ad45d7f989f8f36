//! Paper: typed twice, compared, counted or set aside.

use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::{BudgetState, GetBudgetOfPollRequest, GetBudgetOfPollResponse};
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{IssuePaperPermitsRequest, IssuePaperPermitsResponse, PaperPermit};
use comitia_proto::spaces::v1::PhaseKind;
use comitia_proto::voting::v1::*;

use super::office;
use crate::city::{self, POLL, furnish};
use crate::site::Site;

const BATCH: &str = "0192f0c1-0000-7000-8000-0000000000bb";

fn batch(state: PaperBatchState) -> PaperBatch {
    PaperBatch {
        paper_batch_id: BATCH.into(),
        poll_id: POLL.into(),
        title: "Urne 12".into(),
        state: state.into(),
        ..PaperBatch::default()
    }
}

fn entered(number: &str, options: &[&str]) -> EnteredForm {
    let choices = options.iter().map(|id| Choice { option_id: (*id).into(), points: 0 }).collect();
    EnteredForm {
        form_number: number.into(),
        kind: PaperFormKind::Ballot.into(),
        ballot: Some(Ballot { choices }),
    }
}

async fn boxes(roles: &[Role], batch: PaperBatch) -> Site {
    let site = office(roles).await;
    furnish(&site, PhaseKind::Vote, BudgetState::Frozen, PollState::Open);
    let option = |id: &str, title: &str| PollOption {
        option_id: id.into(),
        title: title.into(),
        cost: 5_000,
        ..PollOption::default()
    };
    let poll = Poll {
        options: vec![option("1", "Banc"), option("2", "Arbre")],
        specification: Some(BallotSpecification {
            r#type: BallotType::Approval.into(),
            ..BallotSpecification::default()
        }),
        ..city::poll(PollState::Open)
    };
    site.double.give::<GetPollRequest, _>(GetPollResponse { poll: Some(poll) });
    site.double.give::<GetBudgetOfPollRequest, _>(GetBudgetOfPollResponse {
        budget: Some(city::budget(BudgetState::Frozen)),
    });
    site.double.give::<ListPaperBatchesRequest, _>(ListPaperBatchesResponse {
        paper_batches: vec![batch.clone()],
        next_page_token: String::new(),
    });
    site.double.give::<GetPaperBatchRequest, _>(GetPaperBatchResponse { paper_batch: Some(batch) });
    site.double.on(|request: &IssuePaperPermitsRequest| {
        let permit = |number: &String| PaperPermit {
            member_number: number.clone(),
            permit: if number == "9" { String::new() } else { format!("permit of {number}") },
            refusal: if number == "9" {
                "is younger than the minimum age of this poll".into()
            } else {
                String::new()
            },
        };
        Ok(IssuePaperPermitsResponse { permits: request.member_numbers.iter().map(permit).collect() })
    });
    site
}

async fn officer(batch: PaperBatch) -> Site {
    boxes(&[Role::BudgetOfficer], batch).await
}

fn path(rest: &str) -> String {
    format!("/fr/office/paper/{POLL}{rest}")
}

#[tokio::test]
async fn boxes_are_listed_and_opened() {
    let site = officer(batch(PaperBatchState::Entering)).await;
    site.get("/fr/office/paper")
        .await
        .is(200)
        .shows(&["Toute la ville", "Votes dont le papier se saisit maintenant"]);
    let page = site.get(&path("")).await;
    page.is(200).shows(&["Urne 12", "En saisie", "Ouvrir un lot"]);
    let id = page.hidden("request_id");
    site.post(&path(""), &[("title", ""), ("request_id", &id)]).await.is(422).shows(&["href=\"#title\""]);
    site.double.give::<CreatePaperBatchRequest, _>(CreatePaperBatchResponse {
        paper_batch: Some(batch(PaperBatchState::Entering)),
    });
    let done = site.post(&path(""), &[("title", "Urne 13"), ("request_id", &id)]).await;
    assert_eq!(done.header("location"), path(&format!("/{BATCH}")));
    site.double.on(|_: &CreatePaperBatchRequest| {
        Err::<CreatePaperBatchResponse, _>(ApiError::precondition(Reason::PollClosed, "closed").into())
    });
    site.post(&path(""), &[("title", "Urne 14"), ("request_id", &id)])
        .await
        .is(422)
        .shows(&["plus aucun lot", "value=\"Urne 14\""]);
    site.double.give::<ListPaperBatchesRequest, _>(ListPaperBatchesResponse::default());
    site.get(&path("")).await.is(200).shows(&["Aucun lot pour l’instant"]);
    let form = site.get(&path("/form")).await;
    form.is(200).shows(&["Banc", "50 €", "N° d’électeur", "Cochez vos choix"]);
    // Moderators have nothing to do with ballots; administrators look.
    boxes(&[Role::Moderator], batch(PaperBatchState::Entering)).await.get("/fr/office/paper").await.is(403);
    let site = boxes(&[Role::Administrator], batch(PaperBatchState::Entering)).await;
    site.get(&path("")).await.is(200).hides(&["Ouvrir un lot"]);
    site.get(&path(&format!("/{BATCH}"))).await.is(200).hides(&["Saisir des bulletins"]);
    site.post(&path(&format!("/{BATCH}")), &[("member-0", "1")]).await.is(403);
}

#[tokio::test]
async fn forms_are_typed_line_by_line() {
    let site = officer(PaperBatch {
        own_entry: 1,
        own_forms: vec![entered("007", &["1"])],
        first_entry_count: 1,
        ..batch(PaperBatchState::Entering)
    })
    .await;
    let here = path(&format!("/{BATCH}"));
    site.get(&here).await.is(200).shows(&[
        "value=\"008\"",
        "value=\"009\"",
        "Votre saisie : un bulletin",
        "Retirer",
        "première saisie",
    ]);
    let wrong = [
        ("number-0", "008"),
        ("member-0", "1001"),
        ("marks-0", "1 7"),
        ("number-1", "008"),
        ("member-1", ""),
        ("marks-1", "2"),
        ("number-2", "010"),
        ("member-2", ""),
        ("marks-2", ""),
    ];
    let page = site.post(&here, &wrong).await;
    page.is(422).shows(&[
        "href=\"#marks-0\"",
        "Aucun projet ne porte le numéro 7",
        "href=\"#member-1\"",
        "value=\"1 7\"",
    ]);
    page.hides(&["href=\"#member-2\""]);
    let young = [("number-0", "008"), ("member-0", "9"), ("marks-0", "1")];
    site.post(&here, &young).await.is(422).shows(&["href=\"#member-0\"", "trop jeune", "value=\"9\""]);
    assert!(site.double.calls::<EnterPaperBallotsRequest>().is_empty());
    site.double.give::<EnterPaperBallotsRequest, _>(EnterPaperBallotsResponse::default());
    let good = [
        ("number-0", "008"),
        ("member-0", "1001"),
        ("marks-0", "2,1"),
        ("number-1", "009"),
        ("member-1", "1002"),
        ("marks-1", "b"),
        ("number-2", "010"),
        ("member-2", "1003"),
        ("marks-2", "X"),
    ];
    assert_eq!(site.post(&here, &good).await.header("location"), here);
    let asked = site.double.calls::<EnterPaperBallotsRequest>().pop().unwrap().0;
    assert!(asked.keep_other_forms && asked.remove_form_numbers.is_empty());
    let sent: Vec<_> = asked
        .forms
        .iter()
        .map(|form| (form.form_number.as_str(), form.permit.as_str(), form.kind()))
        .collect();
    assert_eq!(
        sent,
        [
            ("008", "permit of 1001", PaperFormKind::Ballot),
            ("009", "permit of 1002", PaperFormKind::Blank),
            ("010", "permit of 1003", PaperFormKind::Invalid),
        ]
    );
    assert!(asked.forms[1].ballot.is_none());
    site.post(&here, &[("remove", "007")]).await.is(303);
    let asked = site.double.calls::<EnterPaperBallotsRequest>().pop().unwrap().0;
    assert_eq!((asked.forms.len(), asked.remove_form_numbers), (0, vec!["007".to_owned()]));
    site.double.on(|_: &EnterPaperBallotsRequest| {
        Err::<EnterPaperBallotsResponse, _>(
            ApiError::invalid_field("forms[1].ballot.choices", "must be at most 1").into(),
        )
    });
    site.post(&here, &good).await.is(422).shows(&["href=\"#marks-1\"", "enfreignent les règles"]);
    site.double.on(|_: &EnterPaperBallotsRequest| {
        Err::<EnterPaperBallotsResponse, _>(
            ApiError::precondition(Reason::SecondOfficerRequired, "no").into(),
        )
    });
    site.post(&here, &good).await.is(409).shows(&["Il faut une autre personne", "value=\"2,1\""]);
}

#[tokio::test]
async fn differences_stand_side_by_side() {
    let difference = PaperDifference {
        form_number: "3".into(),
        difference: "ballot".into(),
        first: Some(entered("3", &["1"])),
        second: Some(entered("3", &["1", "2"])),
    };
    let missing = PaperDifference {
        form_number: "4".into(),
        difference: "missing in first entry".into(),
        ..PaperDifference::default()
    };
    let site = officer(PaperBatch {
        own_entry: 2,
        first_entry_count: 1,
        second_entry_count: 2,
        differences: vec![difference, missing],
        ..batch(PaperBatchState::Entering)
    })
    .await;
    let page = site.get(&path(&format!("/{BATCH}"))).await;
    page.is(200).shows(&[
        "2 différences",
        "Le choix",
        "Manque dans la première",
        "Deuxième saisie (la vôtre)",
        ">1 2<",
    ]);
    page.hides(&["Compter ce lot"]);
}

#[tokio::test]
async fn a_box_is_counted_once_it_agrees() {
    let site = officer(PaperBatch {
        own_entry: 2,
        first_entry_count: 2,
        second_entry_count: 2,
        ..batch(PaperBatchState::Agreed)
    })
    .await;
    let here = path(&format!("/{BATCH}"));
    site.get(&here).await.is(200).shows(&["Compter ce lot", "identiques"]);
    let commit = format!("{here}/commit");
    site.get(&commit).await.is(200).shows(&["2 bulletins sont comptés", "C’est définitif"]);
    site.post(&commit, &[]).await.is(422);
    site.double.on(|_: &CommitPaperBatchRequest| {
        Err::<CommitPaperBatchResponse, _>(ApiError::precondition(Reason::PaperDeadlinePassed, "late").into())
    });
    site.post(&commit, &[("sure", "yes")]).await.is(409).shows(&["est passé"]);
    site.double.give::<CommitPaperBatchRequest, _>(CommitPaperBatchResponse::default());
    assert_eq!(site.post(&commit, &[("sure", "yes")]).await.header("location"), path("?done=committed"));
    let rejection = PaperRejection { form_number: "5".into(), reason: "voted online".into() };
    let site = officer(PaperBatch {
        counted_count: 1,
        rejected_count: 1,
        rejections: vec![rejection],
        ..batch(PaperBatchState::Committed)
    })
    .await;
    site.get(&here)
        .await
        .is(200)
        .shows(&["La personne a voté en ligne", "Bulletins non comptés"])
        .hides(&["Saisir des bulletins", "Écarter ce lot"]);
}

#[tokio::test]
async fn two_officers_set_a_box_aside() {
    let here = path(&format!("/{BATCH}/aside"));
    let site = officer(batch(PaperBatchState::Entering)).await;
    site.get(&here).await.is(200).shows(&["Vous ne faites que proposer"]);
    site.post(&here, &[("sure", "yes")]).await.is(422).shows(&["href=\"#reason\""]);
    let proposed = PaperBatch {
        set_aside_reason: "Urne ouverte".into(),
        own_proposal: true,
        ..batch(PaperBatchState::Entering)
    };
    site.double.give::<SetPaperBatchAsideRequest, _>(SetPaperBatchAsideResponse {
        paper_batch: Some(proposed.clone()),
    });
    let page = site.post(&here, &[("reason", "Urne ouverte"), ("sure", "yes")]).await;
    assert_eq!(page.header("location"), path("?done=proposed"));
    let site = officer(proposed.clone()).await;
    site.get(&here).await.is(200).shows(&["Vous l’avez proposé", "Urne ouverte"]).hides(&["name=\"sure\""]);
    let site = officer(PaperBatch { own_proposal: false, ..proposed }).await;
    site.double.give::<SetPaperBatchAsideRequest, _>(SetPaperBatchAsideResponse {
        paper_batch: Some(batch(PaperBatchState::SetAside)),
    });
    site.get(&here).await.is(200).shows(&["Confirmer", "Urne ouverte"]);
    assert_eq!(site.post(&here, &[("sure", "yes")]).await.header("location"), path("?done=aside"));
    assert_eq!(site.double.calls::<SetPaperBatchAsideRequest>().pop().unwrap().0.reason, "");
}
