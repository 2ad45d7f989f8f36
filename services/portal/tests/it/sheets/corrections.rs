//! What was set aside of a sheet, on its public pages.

use chrono::TimeDelta;
use comitia_platform::validate::timestamp;
use comitia_proto::voting::v1::*;

use super::proof::{SIGNED, prove, proved_with};
use super::{log, path, sheet, site};
use crate::site::now;

/// A quarantine of entries 1 to 3 that lost a milestone, with an appeal.
pub fn quarantine() -> Correction {
    Correction {
        number: 1,
        act: CorrectionAct::Quarantine.into(),
        selection: Some(SignatureSelection {
            end_leaf: 3,
            channel: SignatureChannel::Online.into(),
            district: "c1".into(),
            ..SignatureSelection::default()
        }),
        reason: "Un programme <b>a signé</b>".into(),
        decide_time: Some(timestamp(now() - TimeDelta::hours(2))),
        effect: Some(CorrectionEffect {
            signature_count: 2_345,
            lost_milestone_ids: vec!["answer".into()],
            ..CorrectionEffect::default()
        }),
        in_force: true,
        appeals: vec![CorrectionAppeal {
            note: "L’auteur saisit le tribunal".into(),
            note_time: Some(timestamp(now())),
        }],
        ..Correction::default()
    }
}

#[tokio::test]
async fn the_register_says_how_many_why_and_what_it_did() {
    let site = site(sheet(EligibilityBasis::Providers)).await;
    site.double.give::<GetCountsRequest, _>(GetCountsResponse { counts: Some(SignatureCounts::default()) });
    let back = Correction {
        number: 2,
        act: CorrectionAct::Restoration.into(),
        earlier_number: 1,
        reason: "Le programme était celui de la mairie".into(),
        effect: Some(CorrectionEffect {
            signature_count: 2_344,
            regained_milestone_ids: vec!["answer".into()],
            ..CorrectionEffect::default()
        }),
        ..Correction::default()
    };
    let corrections = vec![quarantine(), back];
    let log = Log { set_aside_count: 2_345, corrections, ..log() };
    site.double.give::<GetLogRequest, _>(GetLogResponse { log: Some(log) });
    let page = site.get(&path("signatures")).await;
    page.is(200).shows(&[
        "2 345 signatures sont écartées par une décision publique",
        "href=\"#corrections\"",
        "2 345 signatures sont mises de côté, jusqu’à une décision.",
        "Entrées n° 1 à 3 du registre ; en ligne ; secteur « Centre »",
        "Un programme &lt;b&gt;a signé&lt;/b&gt;",
        "Le palier « 10 000 signatures » n’est plus tenu.",
        "Recours noté le",
        "L’auteur saisit le tribunal",
        "2 344 signatures comptent de nouveau : elles avaient été écartées par la décision n° 1.",
        "Le palier « 10 000 signatures » est tenu.",
        "/log/corrections\"",
    ]);
}

#[tokio::test]
async fn who_proves_a_signature_is_told_that_it_is_set_aside() {
    for (is_final, title) in
        [(false, "Cette signature est mise de côté"), (true, "Cette signature ne compte pas")]
    {
        let (site, answer) = proved_with(vec![Correction { is_final, ..quarantine() }]).await;
        site.double.give::<GetInclusionProofRequest, _>(answer);
        let page = prove(&site, &SIGNED.to_string()).await;
        page.is(200)
            .shows(&[title, "n° 2 du registre", "Un programme", "signatures#corrections"])
            .hides(&["Cette signature est comptée"]);
    }
}

#[tokio::test]
async fn a_sheet_without_corrections_does_not_speak_of_them() {
    let site = site(sheet(EligibilityBasis::Providers)).await;
    site.double.give::<GetCountsRequest, _>(GetCountsResponse { counts: Some(SignatureCounts::default()) });
    site.get(&path("signatures")).await.is(200).hides(&["Signatures écartées ou rétablies", "#corrections"]);
}
