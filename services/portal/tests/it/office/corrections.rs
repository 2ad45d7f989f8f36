//! The integrity of signatures in the office: minutes, preview, two people, appeals.

use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::BudgetState;
use comitia_proto::common::v1::Role;
use comitia_proto::spaces::v1::PhaseKind;
use comitia_proto::voting::v1::*;
use prost_types::Timestamp;

use super::office;
use crate::city::furnish;
use crate::sheets::{self, POLL};
use crate::site::Site;

const PROPOSAL: &str = "0192f0c1-0000-7000-8000-00000000d001";

fn path(rest: &str) -> String {
    format!("/fr/office/votes/{POLL}/corrections{rest}")
}

fn correction() -> Correction {
    Correction {
        number: 1,
        act: CorrectionAct::Quarantine.into(),
        selection: Some(SignatureSelection { end_leaf: 3, ..SignatureSelection::default() }),
        reason: "Un programme".into(),
        effect: Some(CorrectionEffect { signature_count: 3, ..CorrectionEffect::default() }),
        in_force: true,
        ..Correction::default()
    }
}

fn proposal(own_proposal: bool) -> CorrectionProposal {
    CorrectionProposal {
        proposal_id: PROPOSAL.into(),
        poll_id: POLL.into(),
        act: CorrectionAct::Invalidation.into(),
        selection: Some(SignatureSelection { first_leaf: 40, end_leaf: 45, ..SignatureSelection::default() }),
        reason: "Toutes à la même seconde".into(),
        own_proposal,
        ..CorrectionProposal::default()
    }
}

async fn desk(roles: &[Role], own_proposal: bool) -> Site {
    let site = office(roles).await;
    furnish(&site, PhaseKind::Vote, BudgetState::Frozen, PollState::Open);
    sheets::serve(&site, sheets::sheet(EligibilityBasis::Providers));
    let double = &site.double;
    let log = Log { corrections: vec![correction()], ..sheets::log() };
    double.give::<GetLogRequest, _>(GetLogResponse { log: Some(log) });
    double.give::<ListCorrectionProposalsRequest, _>(ListCorrectionProposalsResponse {
        proposals: vec![proposal(own_proposal)],
    });
    let minute = SignatureMinute {
        begin_time: Some(Timestamp { seconds: 29_684_161 * 60, nanos: 0 }),
        online_count: 1_234,
        paper_count: 7,
        first_leaf: 40,
        end_leaf: 1_281,
        ..SignatureMinute::default()
    };
    double.give::<ListSignatureMinutesRequest, _>(ListSignatureMinutesResponse {
        minutes: vec![minute],
        size: 1_281,
    });
    double.give::<PreviewCorrectionRequest, _>(PreviewCorrectionResponse {
        effect: Some(CorrectionEffect {
            signature_count: 5,
            lost_milestone_ids: vec!["answer".into()],
            ..CorrectionEffect::default()
        }),
        signature_count: 12_345,
    });
    site
}

#[tokio::test]
async fn minutes_lead_to_a_preview_and_a_proposal() {
    let site = desk(&[Role::BudgetOfficer], true).await;
    site.get(&path("")).await.is(200).shows(&[
        "Intégrité des signatures",
        "1 234",
        "n° 41 à 1 281",
        "new?first=41&amp;last=1281&amp;minute=29684161",
        "Annuler : elles ne comptent pas : Entrées n° 41 à 45 du registre",
        "(votre proposition)",
        "3 signatures sont mises de côté",
        "Noter un recours",
    ]);
    let form = site.get(&path("/new?first=41&last=1281&minute=29684161")).await;
    form.is(200).shows(&[
        "value=\"41\"",
        "value=\"1281\"",
        "Seulement celles de cette minute",
        "Ou revenir sur une décision",
    ]);
    let fields = [
        ("act", "quarantine"),
        ("first", "41"),
        ("last", "1281"),
        ("minute", "29684161"),
        ("channel", "online"),
    ];
    let preview = site.post(&path("/new"), &fields).await;
    preview.is(200).shows(&[
        "5 signatures sont mises de côté",
        "Le palier « 10 000 signatures » n’est plus tenu.",
        "12 345 signatures comptent",
        "Rien ne change avant qu’une autre personne",
    ]);
    let id = preview.hidden("request_id");
    let mut step = fields.to_vec();
    step.extend([("step", "propose"), ("request_id", id.as_str()), ("reason", "")]);
    site.post(&path("/new"), &step).await.is(422).shows(&["href=\"#reason\""]);
    site.double.give::<ProposeCorrectionRequest, _>(ProposeCorrectionResponse::default());
    *step.last_mut().unwrap() = ("reason", "Une rafale");
    let done = site.post(&path("/new"), &step).await;
    assert_eq!(done.header("location"), path("?done=proposed"));
    let asked = site.double.calls::<ProposeCorrectionRequest>().remove(0).0;
    assert_eq!(
        (asked.act(), asked.reason.as_str(), asked.request_id),
        (CorrectionAct::Quarantine, "Une rafale", id)
    );
    let selection = asked.selection.unwrap();
    assert_eq!((selection.first_leaf, selection.end_leaf), (40, 1_281));
    assert_eq!(selection.channel(), SignatureChannel::Online);
    let time = |minute: i64| Some(Timestamp { seconds: minute * 60, nanos: 0 });
    assert_eq!((selection.begin_time, selection.end_time), (time(29_684_161), time(29_684_162)));
}

#[tokio::test]
async fn what_is_typed_wrong_or_changes_nothing_is_said() {
    let site = desk(&[Role::Administrator], true).await;
    site.post(&path("/new"), &[("first", "9"), ("last", "3")]).await.is(422).shows(&[
        "href=\"#act\"",
        "href=\"#last\"",
        "value=\"9\"",
    ]);
    site.double.on(|_: &PreviewCorrectionRequest| {
        let empty = ApiError::precondition(Reason::CorrectionEmpty, "none");
        Err::<PreviewCorrectionResponse, _>(empty.into())
    });
    site.post(&path("/new"), &[("act", "quarantine"), ("first", "1"), ("last", "3")])
        .await
        .is(409)
        .shows(&["Aucune signature qui compte n’est choisie"]);
    // About an earlier decision, there is no range.
    let form = site.get(&path("/new?earlier=1")).await;
    form.is(200)
        .shows(&["Rétablir : elles comptent de nouveau", "Annuler pour de bon"])
        .hides(&["name=\"first\""]);
}

#[tokio::test]
async fn another_person_confirms_or_drops() {
    let site = desk(&[Role::BudgetOfficer], false).await;
    let here = path(&format!("/{PROPOSAL}"));
    site.get(&here).await.is(200).shows(&[
        "5 signatures sont annulées",
        "Toutes à la même seconde",
        "Confirmer la décision",
        "Abandonner la proposition",
    ]);
    site.post(&here, &[]).await.is(422).shows(&["href=\"#sure\""]);
    site.double.give::<ConfirmCorrectionRequest, _>(ConfirmCorrectionResponse::default());
    let done = site.post(&here, &[("sure", "yes")]).await;
    assert_eq!(done.header("location"), path("?done=confirmed"));
    site.double.give::<DropCorrectionRequest, _>(DropCorrectionResponse {});
    let dropped = site.post(&here, &[("step", "drop")]).await;
    assert_eq!(dropped.header("location"), path("?done=dropped"));
    site.double.on(|_: &ConfirmCorrectionRequest| {
        let second = ApiError::precondition(Reason::SecondOfficerRequired, "another");
        Err::<ConfirmCorrectionResponse, _>(second.into())
    });
    site.post(&here, &[("sure", "yes")]).await.is(409).shows(&["une autre personne doit confirmer"]);
    site.get(&path("/0192f0c1-0000-7000-8000-00000000dddd")).await.is(404);

    let own = desk(&[Role::BudgetOfficer], true).await;
    own.get(&here).await.is(200).shows(&["Vous l’avez proposé"]).hides(&["Confirmer la décision"]);
}

#[tokio::test]
async fn an_appeal_is_noted_and_roles_are_held() {
    let site = desk(&[Role::Administrator], false).await;
    site.double.give::<NoteAppealRequest, _>(NoteAppealResponse::default());
    site.post(&path("/appeal"), &[("number", "4"), ("note", "")])
        .await
        .is(422)
        .shows(&["href=\"#number\"", "href=\"#note\""]);
    let done = site.post(&path("/appeal"), &[("number", "1"), ("note", "L’auteur saisit le tribunal")]).await;
    assert_eq!(done.header("location"), path("?done=noted"));
    assert_eq!(site.double.calls::<NoteAppealRequest>().remove(0).0.number, 1);

    let auditor = desk(&[Role::Auditor], false).await;
    auditor.get(&path("")).await.is(200).hides(&[
        "Noter un recours",
        "new?first",
        "Écarter ou rétablir des signatures",
    ]);
    auditor.get(&path("/new")).await.is(403);
    auditor.post(&path(&format!("/{PROPOSAL}")), &[("sure", "yes")]).await.is(403);
    desk(&[Role::Moderator], false).await.get(&path("")).await.is(403);
}
