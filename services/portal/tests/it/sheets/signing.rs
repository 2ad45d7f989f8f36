//! The sheet, and signing without a provider.

use chrono::TimeDelta;
use comitia_platform::ApiError;
use comitia_platform::validate::timestamp;
use comitia_proto::identity::v1::{
    IssueOpenPermitRequest, IssueOpenPermitResponse, IssuePermitRequest, IssuePermitResponse,
    ListPollProvidersRequest, ListPollProvidersResponse,
};
use comitia_proto::spaces::v1::{ListProcessesRequest, ListProcessesResponse};
use comitia_proto::voting::v1::{
    Eligibility, EligibilityBasis, GetLogRequest, GetLogResponse, ListPollsRequest, ListPollsResponse, Log,
    Poll, PollAct, PollActKind, PollState, SheetText,
};

use super::{POLL, TITLE, log, path, sheet, site};
use crate::booth::PERMIT;
use crate::site::now;

#[tokio::test]
async fn a_sheet_says_what_is_stored_and_is_shared_by_all() {
    let mut poll = sheet(EligibilityBasis::Providers);
    poll.eligibility =
        Some(Eligibility { minimum_age: 16, provider_level: "eidas2".into(), ..poll.eligibility.unwrap() });
    let site = site(poll).await;
    let page = site.get(&path("")).await;
    page.is(200).shows(&[
        "Ce qui est conservé de vous",
        "votre territoire (quartier, commune, département) s’il est connu",
        "Il faut avoir au moins 16 ans.",
        "« eidas2 »",
        "Vous pouvez la signer jusqu’au 20 juin 2026 à 12:00",
        "Prochain palier",
        "max=\"100000\"",
        &format!("data-counts=\"/v1/polls/{POLL}/log/counts:watch\""),
    ]);
    assert!(page.header("cache-control").starts_with("public"), "{page:?}");
    // Asked again within the second, voting is not.
    site.get(&path("")).await.is(200);
    assert_eq!(site.double.calls::<GetLogRequest>().len(), 1);
    site.get(&format!("/en/votes/{POLL}")).await.is(200).shows(&["Sign with FranceConnect", "12,345"]);
}

#[tokio::test]
async fn a_sheet_shows_what_one_signs_and_that_it_stays_the_same() {
    let mut poll = sheet(EligibilityBasis::Anyone);
    let text = |language: &str, body: &str| SheetText { language: language.into(), body: body.into() };
    poll.signature_sheet.as_mut().unwrap().texts = vec![
        text("fr", "# Notre demande\n\nUn **tilleul** <b> dans chaque rue."),
        text("en", "A lime tree in each street."),
        text("oc", "Un telh dins cada carrièra."),
    ];
    let site = site(poll).await;
    let digest = "ab".repeat(32);
    let answer = Log { text_digest: digest.clone(), ..log() };
    site.double.give::<GetLogRequest, _>(GetLogResponse { log: Some(answer) });
    let page = site.get(&path("")).await;
    page.is(200).shows(&[
        "Ce que vous signez",
        "<h3>Notre demande</h3>",
        "Un <strong>tilleul</strong> &lt;b&gt; dans chaque rue.",
        "Le texte dans une autre langue : English",
        "Le texte dans une autre langue : OC",
        "<div lang=\"oc\">",
        "Ce texte ne change plus",
        &digest,
        &format!("href=\"/v1/polls/{POLL}/log/text\""),
    ]);
    // In the reader's language where it is written in it; else in its first.
    let english = site.get(&format!("/en/votes/{POLL}")).await;
    english
        .is(200)
        .shows(&["What you sign", "The text in another language: Français"])
        .hides(&["another language: English"]);

    let issued = IssueOpenPermitResponse { permit: PERMIT.into(), ..IssueOpenPermitResponse::default() };
    site.double.give::<IssueOpenPermitRequest, _>(issued);
    site.get(&path("sign")).await.is(200).shows(&["Relire le texte", "<strong>tilleul</strong>"]);
}

#[tokio::test]
async fn a_sheet_without_a_text_is_its_title() {
    let site = site(sheet(EligibilityBasis::Providers)).await;
    site.get(&path("")).await.is(200).hides(&["Ce que vous signez", "Ce texte ne change plus", "/log/text"]);
}

#[tokio::test]
async fn a_sheet_that_cannot_be_signed_says_why() {
    let base = || sheet(EligibilityBasis::Providers);
    let at = |days| Some(timestamp(now() + TimeDelta::days(days)));
    let act =
        PollAct { kind: PollActKind::Paused.into(), reason: "Une panne <i>".into(), ..PollAct::default() };
    for (poll, texts) in [
        (
            Poll { state: PollState::Scheduled.into(), open_time: at(1), ..base() },
            ["Cette pétition n’est pas encore ouverte", "à partir du 11 juin 2026 à 12:00"],
        ),
        (
            Poll { state: PollState::Sealed.into(), close_time: at(-1), ..base() },
            ["Cette pétition est close", "jusqu’au 9 juin 2026 à 12:00"],
        ),
        (
            Poll { state: PollState::Closed.into(), close_reason: "Plus tôt".into(), ..base() },
            ["close avant l’heure", "Plus tôt"],
        ),
        (
            Poll { state: PollState::Annulled.into(), call_off_reason: "Un recours".into(), ..base() },
            ["Cette pétition a été annulée", "Un recours"],
        ),
        (
            Poll { paused: true, history: vec![act], ..base() },
            ["Les signatures sont suspendues", "Une panne &lt;i&gt;"],
        ),
    ] {
        let site = site(poll).await;
        let page = site.get(&path("")).await;
        page.is(200).shows(&texts).shows(&["12 345"]).hides(&["Signer avec"]);
    }
}

#[tokio::test]
async fn without_an_answer_from_identity_the_sheet_stays_readable() {
    let site = site(sheet(EligibilityBasis::Providers)).await;
    site.double.on(|_: &ListPollProvidersRequest| {
        Err::<ListPollProvidersResponse, _>(ApiError::unavailable("away").into())
    });
    let page = site.get(&path("")).await;
    page.is(200).shows(&["Il n’est pas possible de signer en ce moment", "12 345"]).hides(&["Signer avec"]);
    site.double.on(|_: &GetLogRequest| Err::<GetLogResponse, _>(ApiError::unavailable("away").into()));
    let other =
        Poll { poll_id: "0192f0c1-0000-7000-8000-00000000a003".into(), ..sheet(EligibilityBasis::Anyone) };
    super::serve(&site, other);
    site.double.on(|_: &GetLogRequest| Err::<GetLogResponse, _>(ApiError::unavailable("away").into()));
    site.get("/fr/votes/0192f0c1-0000-7000-8000-00000000a003").await.is(503);
}

#[tokio::test]
async fn who_is_on_a_roll_signs_with_their_session() {
    let mut site = site(sheet(EligibilityBasis::Roll)).await;
    site.get(&path("")).await.is(200).shows(&["Continuer vers la signature", &path("sign")]);
    let page = site.get(&path("sign")).await;
    page.is(303);
    assert!(page.header("location").starts_with("/fr/sign-in?return="), "{page:?}");

    site = site.sign_in().await;
    site.double.give::<IssuePermitRequest, _>(IssuePermitResponse {
        permit: PERMIT.into(),
        expire_time: Some(timestamp(now() + TimeDelta::minutes(30))),
        district: "c1".into(),
    });
    let check = site.get(&path("sign")).await;
    check.is(200).shows(&["Vérifiez, puis signez", "Centre", "Une signature est définitive."]);
    assert_eq!(check.hidden("permit"), PERMIT);
    // No provider vouches for a roll.
    assert!(site.double.calls::<ListPollProvidersRequest>().is_empty());
}

#[tokio::test]
async fn a_browser_signs_an_open_sheet_with_one_secret() {
    let mut site = site(sheet(EligibilityBasis::Anyone)).await;
    site.get(&path("")).await.is(200).shows(&["n’est pas une preuve", "Un secret au hasard"]);
    site.double.give::<IssueOpenPermitRequest, _>(IssueOpenPermitResponse {
        permit: PERMIT.into(),
        expire_time: Some(timestamp(now() + TimeDelta::minutes(30))),
    });
    let first = site.get(&path("sign")).await;
    first.is(200).shows(&["Une personne que personne n’a vérifiée"]);
    let cookie = first.header("set-cookie").to_owned();
    assert!(cookie.starts_with("browser=") && !cookie.contains("Max-Age"), "{cookie}");
    site.keep_cookie(&first);
    let second = site.get(&path("sign")).await;
    assert_eq!(second.header("set-cookie"), "");
    let secrets: Vec<_> = site
        .double
        .calls::<IssueOpenPermitRequest>()
        .into_iter()
        .map(|(asked, _)| asked.browser_secret)
        .collect();
    assert_eq!((secrets[0].len(), &secrets[0]), (43, &secrets[1]));
}

#[tokio::test]
async fn lists_say_what_can_be_signed() {
    let site = site(sheet(EligibilityBasis::Providers)).await;
    site.double.give::<ListPollsRequest, _>(ListPollsResponse {
        polls: vec![sheet(EligibilityBasis::Providers)],
        next_page_token: String::new(),
    });
    site.double.give::<ListProcessesRequest, _>(ListProcessesResponse::default());
    let title = TITLE.replace('<', "&lt;").replace('>', "&gt;");
    let votes = site.get("/fr/votes").await;
    votes
        .is(200)
        .shows(&[&title, "À signer", "Pétition", &path("")])
        .hides(&["Pour voter, vous devrez vous connecter"]);
    let home = site.get("/fr").await;
    home.is(200).shows(&["Pétitions à signer", &title, &path("")]).hides(&["Un vote est ouvert"]);
}
