//! Proposals: the queue, the answer, moderation, the table for spreadsheets.

use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::BudgetState;
use comitia_proto::common::v1::Role;
use comitia_proto::proposals::v1::*;
use comitia_proto::spaces::v1::{
    ListProposalAttachmentsRequest, ListProposalAttachmentsResponse, PhaseKind, RemoveAttachmentRequest,
    RemoveAttachmentResponse,
};
use comitia_proto::voting::v1::PollState;

use super::office;
use crate::city::{self, PROCESS, furnish, proposal};
use crate::site::Site;

async fn queue(roles: &[Role]) -> Site {
    let site = office(roles).await;
    furnish(&site, PhaseKind::Examination, BudgetState::Draft, PollState::Scheduled);
    site
}

fn path(rest: &str) -> String {
    format!("/fr/office{}{rest}", city::proposal_path())
}

#[tokio::test]
async fn the_queue_is_narrowed() {
    let site = queue(&[Role::Moderator]).await;
    site.get("/fr/office/proposals").await.is(200).shows(&[
        "&lt;b&gt;Arbres&lt;/b&gt;",
        "Déposée",
        "Quartier Nord",
    ]);
    let page =
        site.get(&format!("/fr/office/proposals?process={PROCESS}&state=new&area=north&q=arbre")).await;
    page.is(200).shows(&["export.csv?process=", "3 filtres actifs"]);
    let asked = site.double.calls::<ListProposalsRequest>().pop().unwrap().0;
    assert_eq!(
        (asked.state(), asked.area_code.as_str(), asked.query.as_str()),
        (ProposalState::Submitted, "north", "arbre")
    );
    site.get("/fr/office").await.is(200).shows(&["Une proposition attend une réponse"]);
    site.double.give::<ListProposalsRequest, _>(ListProposalsResponse::default());
    site.get("/fr/office/proposals").await.is(200).shows(&["Aucune proposition pour l’instant"]);
    site.get("/fr/office/proposals?q=x").await.is(200).shows(&["Aucune proposition ne correspond"]);
}

#[tokio::test]
async fn a_proposal_is_answered() {
    let site = queue(&[Role::BudgetOfficer]).await;
    site.get(&path(""))
        .await
        .is(200)
        .shows(&["Des arbres <strong>partout</strong>.", "Publier la réponse"])
        .hides(&["Masquer la proposition"]);
    site.post(&path("/answer"), &[("decision", "accepted"), ("cost", "cher")]).await.is(422).shows(&[
        "href=\"#answer\"",
        "href=\"#cost\"",
        "value=\"cher\"",
    ]);
    site.double.give::<AnswerProposalRequest, _>(AnswerProposalResponse::default());
    site.post(
        &path("/answer"),
        &[("decision", "accepted"), ("answer", "Oui.\r\nEn 2027."), ("cost", "12 500")],
    )
    .await
    .is(303);
    let asked = site.double.calls::<AnswerProposalRequest>().pop().unwrap().0;
    assert_eq!(
        (asked.state(), asked.answer.as_str(), asked.estimated_cost),
        (ProposalState::Accepted, "Oui.\nEn 2027.", 1_250_000)
    );
    site.double.on(|_: &AnswerProposalRequest| {
        Err::<AnswerProposalResponse, _>(
            ApiError::precondition(Reason::ProposalStateInvalid, "withdrawn").into(),
        )
    });
    site.post(&path("/answer"), &[("decision", "rejected"), ("answer", "Non.")])
        .await
        .is(422)
        .shows(&["a été retirée", "Non."]);
    site.post(&path("/moderate"), &[("hidden", "yes"), ("reason", "x")]).await.is(403);
}

#[tokio::test]
async fn a_proposal_is_hidden_and_shown_with_a_reason() {
    let site = queue(&[Role::Moderator]).await;
    site.post(&path("/moderate"), &[("hidden", "yes"), ("reason", "")])
        .await
        .is(422)
        .shows(&["href=\"#reason\""]);
    site.double.give::<ModerateProposalRequest, _>(ModerateProposalResponse::default());
    let done = site.post(&path("/moderate"), &[("hidden", "yes"), ("reason", "Publicité")]).await;
    assert_eq!(done.header("location"), path("?done=hidden"));
    let hidden = Proposal { hidden: true, hidden_reason: "Publicité".into(), ..proposal() };
    site.double.give::<GetProposalRequest, _>(GetProposalResponse { proposal: Some(hidden) });
    site.get(&path("?done=hidden")).await.is(200).shows(&[
        "La proposition est masquée.",
        "Publicité",
        "Montrer la proposition",
        "Annuler : afficher de nouveau la proposition",
    ]);
    site.get(&path("")).await.hides(&["Annuler : afficher"]);
    let undone = [("hidden", "no"), ("reason", "Masquée par erreur, annulé aussitôt.")];
    let page = site.post(&path("/moderate"), &undone).await;
    assert_eq!(page.header("location"), path("?done=shown"));
    site.post(&path("/moderate"), &[("hidden", "no"), ("reason", "Erreur")]).await.is(303);
    assert!(!site.double.calls::<ModerateProposalRequest>().pop().unwrap().0.hidden);
    // An auditor reads.
    let site = queue(&[Role::Auditor]).await;
    site.get(&path("")).await.is(200).hides(&["Publier la réponse", "Masquer la proposition"]);
    site.post(&path("/answer"), &[("decision", "examined")]).await.is(403);
}

#[tokio::test]
async fn the_table_has_all_pages_and_no_formulas() {
    let site = queue(&[Role::Auditor]).await;
    site.double.on(|request: &ListProposalsRequest| {
        let formula = Proposal {
            title: "=1+1".into(),
            answer: "a;\"b\"".into(),
            estimated_cost: 1_250_050,
            ..proposal()
        };
        let (proposals, next) = match request.page_token.as_str() {
            "" => (vec![formula], "more"),
            _ => (vec![proposal()], ""),
        };
        Ok(ListProposalsResponse { proposals, next_page_token: next.into() })
    });
    let file = site.get(&format!("/fr/office/proposals/export.csv?process={PROCESS}&page_token=x")).await;
    file.is(200).shows(&["'=1+1;", "\"a;\"\"b\"\"\"", "<b>Arbres</b>"]);
    assert!(file.header("content-type").starts_with("text/csv"));
    assert_eq!(file.text.lines().count(), 3);
}

#[tokio::test]
async fn a_photo_is_removed_with_a_reason() {
    let site = queue(&[Role::Moderator]).await;
    let photo = city::attachments().remove(0);
    let id = photo.attachment_id.clone();
    site.double.give::<ListProposalAttachmentsRequest, _>(ListProposalAttachmentsResponse {
        attachments: vec![photo],
        removed: Vec::new(),
    });
    let remove = path(&format!("/files/{id}/remove"));
    site.get(&path("")).await.is(200).shows(&["Un quai sans arbres", &remove]);
    site.get(&remove).await.is(200).shows(&["lira ce motif", "La proposition reste en ligne"]);
    site.post(&remove, &[("reason", " ")]).await.is(422).shows(&["href=\"#reason\""]);
    site.double.give::<RemoveAttachmentRequest, _>(RemoveAttachmentResponse::default());
    let page = site.post(&remove, &[("reason", "On reconnaît des enfants")]).await;
    assert_eq!(page.header("location"), path("?done=file-removed"));
    let (request, _) = site.double.calls::<RemoveAttachmentRequest>().pop().unwrap();
    assert_eq!((request.attachment_id, request.reason.as_str()), (id, "On reconnaît des enfants"));
    let site = queue(&[Role::BudgetOfficer]).await;
    site.get(&remove).await.is(403);
}
