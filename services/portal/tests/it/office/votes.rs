//! Votes: what each state shows, and what ends one.

use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::{BudgetState, GetBudgetOfPollRequest, GetBudgetOfPollResponse};
use comitia_proto::common::v1::Role;
use comitia_proto::spaces::v1::PhaseKind;
use comitia_proto::voting::v1::*;

use super::office;
use crate::city::{self, POLL, furnish};
use crate::site::Site;

async fn vote(roles: &[Role], state: PollState) -> Site {
    let site = office(roles).await;
    let budget = if state == PollState::Sealed { BudgetState::Decided } else { BudgetState::Frozen };
    furnish(&site, PhaseKind::Vote, budget, state);
    let answer = GetBudgetOfPollResponse { budget: Some(city::budget(budget)) };
    site.double.give::<GetBudgetOfPollRequest, _>(answer);
    let turnout = Turnout { ballot_count: 203, ..Turnout::default() };
    if state != PollState::Sealed {
        site.double.give::<GetTurnoutRequest, _>(GetTurnoutResponse { turnout: Some(turnout) });
    }
    site
}

fn path(rest: &str) -> String {
    format!("/fr/office/votes/{POLL}{rest}")
}

#[tokio::test]
async fn each_state_says_what_it_is_and_what_can_be_done() {
    let cases: [(PollState, &[&str], &[&str]); 6] = [
        (
            PollState::Scheduled,
            &["s’ouvrira tout seul", "Annuler avant l’ouverture"],
            &["Clore maintenant", "203"],
        ),
        (
            PollState::Open,
            &["203", "Clore maintenant", "Personne ne voit de résultat", "Actualiser"],
            &["Annuler avant"],
        ),
        (PollState::WaitingForPaper, &["attend la saisie", "Saisir les lots papier"], &["Clore maintenant"]),
        (
            PollState::Sealed,
            &["Voir le résultat", "Suivre les projets", "Quartier Nord"],
            &["Annuler le vote"],
        ),
        (PollState::Cancelled, &["Revenir au budget"], &["203", "Annuler le vote"]),
        (PollState::Annulled, &["pas de résultat"], &["Voir le résultat"]),
    ];
    for (state, shown, hidden) in cases {
        let site = vote(&[Role::BudgetOfficer], state).await;
        site.get(&path("")).await.is(200).shows(shown).hides(hidden);
        site.get("/fr/office/votes").await.is(200).shows(&["Toute la ville"]);
    }
    let site = vote(&[Role::Auditor], PollState::Open).await;
    site.get(&path("")).await.is(200).shows(&["203"]).hides(&["Clore maintenant"]);
    site.get(&path("/close")).await.is(403);
    site.get("/fr/office/votes/7").await.is(404);
    let site = office(&[Role::BudgetOfficer]).await;
    site.get("/fr/office/votes").await.is(200).shows(&["Aucun vote pour l’instant"]);
}

#[tokio::test]
async fn a_vote_is_closed_after_a_page_that_says_what_will_happen() {
    let site = vote(&[Role::BudgetOfficer], PollState::Open).await;
    site.get(&path("/close")).await.is(200).shows(&["C’est définitif", "recomptés et scellés"]);
    site.post(&path("/close"), &[("reason", " ")])
        .await
        .is(422)
        .shows(&["href=\"#reason\"", "href=\"#sure\""]);
    assert!(site.double.calls::<ClosePollRequest>().is_empty());
    site.double.give::<ClosePollRequest, _>(ClosePollResponse { poll: Some(city::poll(PollState::Sealed)) });
    let done = site.post(&path("/close"), &[("reason", "Panne"), ("sure", "yes")]).await;
    assert_eq!(done.header("location"), path("?done=sealed"));
    assert_eq!(site.double.calls::<ClosePollRequest>().pop().unwrap().0.reason, "Panne");
    site.double.on(|_: &ClosePollRequest| {
        Err::<ClosePollResponse, _>(ApiError::precondition(Reason::RecountMismatch, "no").into())
    });
    let refused = site.post(&path("/close"), &[("reason", "Panne"), ("sure", "yes")]).await;
    refused.is(409).shows(&["diffère des compteurs", "Panne"]);
    // Nothing of it where the state does not allow it.
    for act in ["/cancel", "/seal"] {
        site.get(&path(act)).await.is(409);
    }
    site.get(&path("/other")).await.is(404);
}

#[tokio::test]
async fn two_people_annul_a_vote() {
    let site = vote(&[Role::Administrator], PollState::Open).await;
    let proposed = Poll { call_off_reason: "Erreur <b>".into(), ..city::poll(PollState::Open) };
    site.double.give::<AnnulPollRequest, _>(AnnulPollResponse { poll: Some(proposed.clone()) });
    site.get(&path("/annul")).await.is(200).shows(&["Vous ne faites que proposer"]);
    let page = site.post(&path("/annul"), &[("reason", "Erreur <b>"), ("sure", "yes")]).await;
    assert_eq!(page.header("location"), path("?done=proposed"));
    site.double.give::<GetPollRequest, _>(GetPollResponse { poll: Some(proposed) });
    site.get(&path("")).await.is(200).shows(&["Une annulation est proposée", "Erreur &lt;b&gt;"]);
    site.get(&path("/annul"))
        .await
        .is(200)
        .shows(&["proposition d’une autre personne"])
        .hides(&["name=\"reason\""]);
    site.double.on(|_: &AnnulPollRequest| {
        Err::<AnnulPollResponse, _>(ApiError::precondition(Reason::SecondOfficerRequired, "no").into())
    });
    site.post(&path("/annul"), &[("sure", "yes")])
        .await
        .is(409)
        .shows(&["une autre personne doit confirmer"]);
    site.double
        .give::<AnnulPollRequest, _>(AnnulPollResponse { poll: Some(city::poll(PollState::Annulled)) });
    let done = site.post(&path("/annul"), &[("sure", "yes")]).await;
    assert_eq!(done.header("location"), path("?done=annulled"));
    assert_eq!(site.double.calls::<AnnulPollRequest>().pop().unwrap().0.reason, "");
}
