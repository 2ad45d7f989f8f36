//! The proof of a signature, from its receipt to the signed head.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::voting::v1::{
    Correction, EligibilityBasis, GetInclusionProofRequest, GetInclusionProofResponse, GetLogRequest,
    GetLogResponse, Log, LookUpTrackingCodeRequest, LookUpTrackingCodeResponse, TrackedState,
};
use comitia_transparency::sheet::{Leaf, identifier};
use comitia_transparency::{Checkpoint, Frontier, Hash, SigningKey, TrackingCode};

use super::{POLL, log, path, sheet, site};
use crate::booth::{self, counted};
use crate::site::{Page, Site};

const ORIGIN: &str = "comitia.example/polls/1";
pub const SIGNED: TrackingCode = TrackingCode([7; 16]);

fn leaf(code: TrackingCode, district: &str) -> Vec<u8> {
    let poll: uuid::Uuid = POLL.parse().unwrap();
    let identifier = identifier(poll.as_bytes(), &code.0);
    Leaf { withdrawal: false, identifier, paper: false, minute: 29_684_161, district: district.into() }
        .encode()
}

/// A site with a log of two signatures, of which this is the second, and the answer to its proof.
async fn proved() -> (Site, GetInclusionProofResponse) {
    proved_with(Vec::new()).await
}

/// The same, after these corrections.
pub async fn proved_with(corrections: Vec<Correction>) -> (Site, GetInclusionProofResponse) {
    let site = site(sheet(EligibilityBasis::Providers)).await;
    let (other, own) = (leaf(TrackingCode([1; 16]), ""), leaf(SIGNED, "c1"));
    let mut tree = Frontier::default();
    tree.push(Hash::leaf(&other), |_| ());
    tree.push(Hash::leaf(&own), |_| ());
    let key = SigningKey::from_seed(&[3; 32]);
    let head = Checkpoint { origin: ORIGIN.into(), size: 2, root: tree.root(), extensions: Vec::new() };
    let checkpoint = head.sign(std::slice::from_ref(&key)).unwrap();
    let verifier_keys = vec![key.verifier(ORIGIN)];
    let shown = Log { verifier_keys, checkpoint: checkpoint.clone(), corrections, ..log() };
    site.double.give::<GetLogRequest, _>(GetLogResponse { log: Some(shown) });
    let answer = GetInclusionProofResponse {
        leaf_index: 1,
        entry: own,
        hashes: vec![Hash::leaf(&other).0.to_vec()],
        checkpoint,
    };
    (site, answer)
}

pub async fn prove(site: &Site, code: &str) -> Page {
    site.post(&path("prove"), &[("code", code)]).await
}

#[tokio::test]
async fn a_receipt_shows_its_place_and_why_that_is_sure() {
    let (site, answer) = proved().await;
    site.double.give::<GetInclusionProofRequest, _>(answer);
    site.get(&path("prove")).await.is(200).shows(&["Le code est envoyé sans cookie"]);
    let page = prove(&site, &SIGNED.to_string().to_lowercase()).await;
    page.is(200).shows(&[
        "Cette signature est comptée",
        "n° 2 des 2 signatures",
        "Centre",
        "en ligne",
        "1 empreinte relie cette entrée",
        ORIGIN,
        "comitia verify http://ville.example/v1/polls/",
    ]);
    let asked = site.double.calls::<GetInclusionProofRequest>().remove(0);
    let poll: uuid::Uuid = POLL.parse().unwrap();
    assert_eq!(asked.0.identifier, hex::encode(identifier(poll.as_bytes(), &SIGNED.0)));
    assert!(!asked.1.contains_key("authorization"));
}

#[tokio::test]
async fn a_proof_that_does_not_hold_is_said_loudly() {
    let changes: [fn(&mut GetInclusionProofResponse); 5] = [
        |answer| answer.leaf_index = 0,
        |answer| answer.entry = leaf(TrackingCode([1; 16]), ""),
        |answer| answer.hashes[0][0] ^= 1,
        |answer| answer.hashes.clear(),
        |answer| answer.checkpoint = answer.checkpoint.replace("\n2\n", "\n3\n"),
    ];
    for change in changes {
        let (site, mut answer) = proved().await;
        change(&mut answer);
        site.double.give::<GetInclusionProofRequest, _>(answer);
        let page = prove(&site, &SIGNED.to_string()).await;
        page.is(500)
            .shows(&["La preuve ne tient pas", "Gardez votre reçu"])
            .hides(&["Cette signature est comptée"]);
    }
}

fn found(state: TrackedState) -> LookUpTrackingCodeResponse {
    LookUpTrackingCodeResponse { state: state.into(), ..counted(1) }
}

#[tokio::test]
async fn a_signature_is_on_its_way_unknown_taken_back_or_mistyped() {
    let (site, answer) = proved().await;
    let missing = || ApiError::new(ErrorCode::NotFound, Reason::LogEntryNotFound, "no");
    site.double.on(move |_: &GetInclusionProofRequest| Err::<GetInclusionProofResponse, _>(missing().into()));
    let code = SIGNED.to_string();
    prove(&site, &code).await.is(200).shows(&["Cette signature est acceptée", "d’ici deux secondes"]);
    site.double.on(|_: &LookUpTrackingCodeRequest| {
        let unknown = ApiError::new(ErrorCode::NotFound, Reason::BallotNotFound, "no");
        Err::<LookUpTrackingCodeResponse, _>(unknown.into())
    });
    prove(&site, &code).await.is(404).shows(&["Aucune signature ne porte ce code"]);
    prove(&site, "7KXM-").await.is(422).shows(&[
        "Ce n’est pas un code de suivi",
        "href=\"#code\"",
        "value=\"7KXM-\"",
    ]);

    site.double.give::<GetInclusionProofRequest, _>(answer);
    site.double.give::<LookUpTrackingCodeRequest, _>(found(TrackedState::Withdrawn));
    let page = prove(&site, &code).await;
    page.is(200).shows(&["Cette signature a été retirée"]).hides(&["Cette signature est comptée"]);
}

#[tokio::test]
async fn other_ballots_are_looked_up_and_signatures_proved() {
    let site = site(sheet(EligibilityBasis::Providers)).await;
    let page = site.get(&format!("/fr/receipts/{POLL}?code=ABC")).await;
    page.is(303);
    assert_eq!(page.header("location"), path("prove"));
    let site = booth::site(booth::poll(comitia_proto::voting::v1::BallotType::Approval)).await;
    let page = site.get(&booth::path("prove")).await;
    assert_eq!(page.header("location"), format!("/fr/receipts/{}", booth::POLL));
}
