//! The count, its curve, and what it reaches.

use chrono::TimeDelta;
use comitia_platform::validate::timestamp;
use comitia_proto::voting::v1::{
    EligibilityBasis, GetCountsRequest, GetCountsResponse, GetLogRequest, GetLogResponse, HourSignatures,
    Log, Poll, PollAct, PollActKind, SignatureCounts,
};

use super::{POLL, log, path, sheet, site};
use crate::site::{Site, now};

fn count(site: &Site, hours: &[(i64, i64)]) {
    let hour = |(ago, signatures): &(i64, i64)| HourSignatures {
        begin_time: Some(timestamp(now() - TimeDelta::hours(*ago))),
        signature_count: *signatures,
        ..HourSignatures::default()
    };
    let counts = SignatureCounts {
        signature_count: 12_345,
        hours: hours.iter().map(hour).collect(),
        ..SignatureCounts::default()
    };
    site.double.give::<GetCountsRequest, _>(GetCountsResponse { counts: Some(counts) });
}

#[tokio::test]
async fn the_count_has_its_curves_milestones_and_districts() {
    let site = site(sheet(EligibilityBasis::Providers)).await;
    count(&site, &[(30, 345), (2, 11_000), (1, 1_000)]);
    let page = site.get(&path("signatures")).await;
    page.is(200).shows(&[
        "12 345",
        "Par la signature n° 10 000, le 10 juin 2026 à 09:00.",
        "Pas encore atteint",
        "Signatures par jour",
        "Signatures par heure, sur les deux derniers jours",
        "Au plus haut, 11 000 signatures",
        "Centre",
        "Sans quartier",
        "12 000",
    ]);
    page.shows(&[
        &format!("href=\"/v1/polls/{POLL}/log/hours.csv\""),
        &format!("href=\"/v1/polls/{POLL}/log/checkpoint\""),
        &format!("comitia verify http://ville.example/v1/polls/{POLL}/log"),
        &format!("data-counts=\"/v1/polls/{POLL}/log/counts:watch\""),
        "line-chart",
    ]);
    assert!(page.header("cache-control").starts_with("public"), "{page:?}");
    // Built with the program that checks, the page may run it; built without, it leads to the command.
    let runs = page.header("content-security-policy").contains("'wasm-unsafe-eval'");
    page.shows(&[if runs { "Vérifier dans ce navigateur" } else { "utilisez la commande comitia verify" }]);
    page.hides(&["/log/text"]);
    site.get(&format!("/en/votes/{POLL}/signatures")).await.is(200).shows(&["By signature no. 10,000"]);
}

#[tokio::test]
async fn a_sheet_that_nobody_has_signed_has_no_curve() {
    let site = site(sheet(EligibilityBasis::Providers)).await;
    count(&site, &[]);
    let empty = Log { signature_count: 0, districts: Vec::new(), milestones: Vec::new(), ..log() };
    site.double.give::<GetLogRequest, _>(GetLogResponse { log: Some(empty) });
    let page = site.get(&path("signatures")).await;
    page.is(200).shows(&["Personne n’a encore signé."]).hides(&[
        "line-chart",
        "Les paliers",
        "Par territoire",
    ]);
}

#[tokio::test]
async fn what_was_taken_back_and_what_was_changed_is_said() {
    let act = |kind: PollActKind, reason: &str| PollAct {
        kind: kind.into(),
        reason: reason.into(),
        time: Some(timestamp(now() - TimeDelta::hours(5))),
        close_time: Some(timestamp(now() + TimeDelta::days(20))),
        ..PollAct::default()
    };
    let history =
        vec![act(PollActKind::Paused, "Une panne"), act(PollActKind::Extended, "Six heures perdues")];
    let site = site(Poll { history, ..sheet(EligibilityBasis::Providers) }).await;
    count(&site, &[(1, 12_348)]);
    let mut log = Log { withdrawn_count: 3, ..log() };
    log.milestones[0].holds = false;
    site.double.give::<GetLogRequest, _>(GetLogResponse { log: Some(log) });
    site.get(&path("signatures")).await.is(200).shows(&[
        "3 signatures ont été retirées",
        "Atteint, puis perdu",
        "Une panne",
        "la pétition a été prolongée jusqu’au 30 juin 2026 à 12:00",
        "Six heures perdues",
    ]);
}
