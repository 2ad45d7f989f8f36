//! One decision on many proposals: chosen in the queue or by a search, and what became of each.

use comitia_platform::Reason;
use comitia_proto::budgets::v1::BudgetState;
use comitia_proto::common::v1::Role;
use comitia_proto::proposals::v1::*;
use comitia_proto::spaces::v1::PhaseKind;
use comitia_proto::voting::v1::PollState;

use super::office;
use crate::city::{PROCESS, furnish, proposal};
use crate::site::Site;

const BATCH: &str = "/fr/office/proposals/batch";

async fn queue(roles: &[Role]) -> Site {
    let site = office(roles).await;
    furnish(&site, PhaseKind::Examination, BudgetState::Draft, PollState::Scheduled);
    site
}

fn id(number: usize) -> String {
    format!("0192f0c1-0000-7000-8000-{number:012}")
}

/// So many proposals, in pages of the API.
fn many(site: &Site, count: usize) {
    site.double.on(move |request: &ListProposalsRequest| {
        let begin: usize = request.page_token.parse().unwrap_or(0);
        let end = (begin + usize::try_from(request.page_size).unwrap()).min(count);
        let one =
            |number| Proposal { proposal_id: id(number), title: format!("Banc {number}"), ..proposal() };
        Ok(ListProposalsResponse {
            proposals: (begin..end).map(one).collect(),
            next_page_token: if end < count { end.to_string() } else { String::new() },
        })
    });
}

#[tokio::test]
async fn those_that_are_checked_are_answered_at_once() {
    let site = queue(&[Role::BudgetOfficer]).await;
    many(&site, 60);
    let asked = format!("/fr/office/proposals?process={PROCESS}&state=new&page_token=50");
    site.get(&asked).await.is(200).shows(&[
        &format!("name=\"proposal\" value=\"{}\"", id(51)),
        "aria-label=\"Choisir «\u{a0}Banc 51\u{a0}»\"",
        "name=\"state\" value=\"new\"",
        "name=\"page_token\" value=\"50\"",
        "Agir sur les propositions cochées",
    ]);
    let (first, second) = (id(51), id(53));
    let checked = [
        ("proposal", first.as_str()),
        ("proposal", &second),
        ("process", PROCESS),
        ("state", "new"),
        ("page_token", "50"),
    ];
    let page = site.post(BATCH, &checked).await;
    page.is(200)
        .shows(&["2 propositions choisies", "Banc 51", "Banc 53", "Publier la réponse à 2 propositions"])
        .hides(&["Banc 52", "Masquer ou montrer"]);
    let (chosen, request_id) = (page.hidden("chosen"), page.hidden("request_id"));
    let answer = |decision, text| {
        [("chosen", chosen.as_str()), ("request_id", &request_id), ("decision", decision), ("answer", text)]
    };
    let path = format!("{BATCH}/answer");
    site.post(&path, &answer("rejected", "")).await.is(422).shows(&[
        "href=\"#answer\"",
        "2 propositions choisies",
        &request_id,
    ]);
    assert!(site.double.calls::<BatchAnswerProposalsRequest>().is_empty());
    let outcome = |id: &str, reason: Reason| ProposalOutcome {
        proposal_id: id.into(),
        reason: reason.into(),
        message: String::new(),
    };
    site.double.give::<BatchAnswerProposalsRequest, _>(BatchAnswerProposalsResponse {
        outcomes: vec![outcome(&first, Reason::Unspecified), outcome(&second, Reason::ProposalStateInvalid)],
        done_count: 1,
        refused_count: 1,
    });
    for _ in 0..2 {
        // Who sends the form again sees the same.
        let page = site.post(&path, &answer("rejected", "Non.\r\nDésolés.")).await;
        page.is(200)
            .shows(&[
                "Une proposition a reçu cette réponse.",
                "Une proposition n’a pas changé",
                "Banc 53",
                "retirée par son auteur",
            ])
            .hides(&["Banc 51"]);
    }
    let calls = site.double.calls::<BatchAnswerProposalsRequest>();
    assert_eq!((calls.len(), &calls[0].0), (2, &calls[1].0));
    let asked = &calls[0].0;
    assert_eq!((asked.state(), asked.answer.as_str()), (ProposalState::Rejected, "Non.\nDésolés."));
    assert_eq!((&asked.proposal_ids, asked.request_id.as_str()), (&vec![first, second], request_id.as_str()));
    site.post(&format!("{BATCH}/moderate"), &[("chosen", &chosen)]).await.is(403);
}

#[tokio::test]
async fn all_that_a_search_finds_are_hidden_at_once() {
    let site = queue(&[Role::Moderator]).await;
    many(&site, 5_020);
    let page = site.post(BATCH, &[("all", "yes"), ("process", PROCESS), ("q", "banc")]).await;
    page.is(200).shows(&[
        "5\u{202f}000 propositions choisies",
        "seules les 5\u{202f}000 plus récentes",
        "Et 4\u{202f}900 autres.",
        "Masquer ou montrer",
    ]);
    let asked = site.double.calls::<ListProposalsRequest>();
    assert!(asked.iter().all(|(request, _)| request.query == "banc" && request.page_size == 1_000));
    let chosen = page.hidden("chosen");
    let path = format!("{BATCH}/moderate");
    site.post(&path, &[("chosen", &chosen), ("reason", "")])
        .await
        .is(422)
        .shows(&["href=\"#hidden\"", "href=\"#reason\""]);
    site.double.give::<BatchModerateProposalsRequest, _>(BatchModerateProposalsResponse {
        outcomes: Vec::new(),
        done_count: 5_000,
        refused_count: 0,
    });
    site.post(&path, &[("chosen", &chosen), ("hidden", "yes"), ("reason", "Publicité")])
        .await
        .is(200)
        .shows(&["5\u{202f}000 propositions sont masquées."])
        .hides(&["n’ont pas changé"]);
    let asked = site.double.calls::<BatchModerateProposalsRequest>().pop().unwrap().0;
    assert_eq!((asked.proposal_ids.len(), asked.hidden, asked.reason.as_str()), (5_000, true, "Publicité"));
}

#[tokio::test]
async fn what_is_not_chosen_or_forgotten_is_said() {
    let site = queue(&[Role::Moderator]).await;
    many(&site, 3);
    site.post(BATCH, &[("process", PROCESS)]).await.is(422).shows(&["Cochez au moins une proposition"]);
    for path in ["answer", "moderate"] {
        let forgotten = [("chosen", "0192f0c1-0000-7000-8000-00000000dead")];
        let page = site.post(&format!("{BATCH}/{path}"), &forgotten).await;
        page.is(422).shows(&["Choisissez à nouveau les propositions"]);
        let page = site.get(&format!("{BATCH}/{path}")).await;
        page.is(303);
        assert_eq!(page.header("location"), "/fr/office/proposals");
    }
    // An auditor reads.
    let site = queue(&[Role::Auditor]).await;
    site.get("/fr/office/proposals").await.is(200).hides(&["name=\"proposal\"", "Agir sur"]);
    site.post(BATCH, &[("all", "yes")]).await.is(403);
}
