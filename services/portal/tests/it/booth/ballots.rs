//! The list of votes, the ballot as a form, and its check.

use std::io::Write as _;

use chrono::TimeDelta;
use comitia_platform::ApiError;
use comitia_platform::validate::timestamp;
use comitia_proto::budgets::v1::{GetBudgetOfPollRequest, GetBudgetOfPollResponse};
use comitia_proto::identity::v1::IssuePermitRequest;
use comitia_proto::voting::v1::{
    BallotType, CategoryLimit, ExclusionGroup, GetPollRequest, GetPollResponse, ListPollsRequest,
    ListPollsResponse, Poll, PollOption, PollState,
};

use super::{PERMIT, check, filled, path, poll, serve, site};
use crate::site::{Site, now};

#[tokio::test]
async fn the_list_says_what_is_open_coming_and_over() {
    let site = Site::open().await;
    let at = |title: &str, state: PollState, opens: i64, closes: i64| Poll {
        poll_id: format!("0192f0c1-0000-7000-8000-{:012}", title.len()),
        title: title.into(),
        state: state.into(),
        open_time: Some(timestamp(now() + TimeDelta::hours(opens))),
        close_time: Some(timestamp(now() + TimeDelta::hours(closes))),
        ..Poll::default()
    };
    let polls = vec![
        at("Ouvert", PollState::Open, -5, 12),
        at("Bientôt", PollState::Scheduled, 24, 48),
        at("Fini depuis hier", PollState::Sealed, -48, -24),
    ];
    site.double.give::<ListPollsRequest, _>(ListPollsResponse { polls, next_page_token: String::new() });
    let page = site.get("/fr/votes").await;
    page.is(200).shows(&[
        "Ouverts maintenant",
        "Ouvert jusqu’au 10 juin 2026 à minuit",
        "À venir",
        "Terminés",
        "Dépouillé",
    ]);
    assert!(page.header("cache-control").starts_with("public"), "{page:?}");
    site.get("/en/votes").await.is(200).shows(&["Open now", "Open until midnight on 10 June 2026"]);

    site.double.give::<ListPollsRequest, _>(ListPollsResponse::default());
    site.get("/fr/votes").await.is(200).shows(&["Aucun vote pour le moment"]);
    assert!(site.double.calls::<IssuePermitRequest>().is_empty());
}

#[tokio::test]
async fn a_ballot_is_for_people_who_have_signed_in() {
    let site = Site::open().await;
    serve(&site, poll(BallotType::Approval));
    let page = site.get(&path("")).await;
    page.is(303);
    assert!(page.header("location").starts_with("/fr/sign-in?return=%2Ffr%2Fvotes%2F"), "{page:?}");
    assert!(site.double.calls::<IssuePermitRequest>().is_empty());
    site.get("/fr/votes/7").await.is(404);
}

#[tokio::test]
async fn a_ballot_has_rules_costs_and_what_projects_are_about() {
    let mut of_all_rules = poll(BallotType::Knapsack);
    let specification = of_all_rules.specification.as_mut().unwrap();
    specification.max_choices = 4;
    specification.category_limits =
        vec![CategoryLimit { category: "Parcs".into(), max_choices: 1, ..CategoryLimit::default() }];
    specification.exclusion_groups = vec![ExclusionGroup { option_ids: vec!["p/0".into(), "p/1".into()] }];
    let site = site(of_all_rules).await;
    let page = site.get(&path("")).await;
    page.is(200)
        .shows(&[
            "Budget du centre",
            "Étape 1 sur 3",
            "L’ensemble peut coûter 600 € au plus.",
            "Choisissez-en 4 au plus.",
        ])
        .shows(&[
            "Dans la catégorie « Parcs » : Choisissez-en 1 au plus.",
            "l’un de ceux-ci : Projet 0",
            "100 €",
            "800 €",
        ])
        .shows(&[
            "Votre bulletin comptera pour : Centre.",
            "Ouvert jusqu’au 11 juin 2026 à 12:00",
            "12 rue de la Paix",
        ])
        .shows(&["<details", "Ce que p/3 apporte.", "Projet 0 &lt;b&gt;", "/assets/js-ballot."])
        .hides(&["Projet 0 <b>"]);
    assert_eq!(page.hidden("permit"), PERMIT);
    assert_eq!(page.header("cache-control"), "private, no-store");
    // Two forms are two casts.
    assert_ne!(page.hidden("secret"), site.get(&path("")).await.hidden("secret"));
    let english = site.get(&path("").replace("/fr/", "/en/")).await;
    english.is(200).shows(&["How to vote", "All together may cost at most €600.", "Open until 11 June 2026"]);
}

#[tokio::test]
async fn the_check_shows_the_ballot_and_leads_back_to_it() {
    let site = site(poll(BallotType::Knapsack)).await;
    let check = check(&site, &[("choice", "p/1"), ("choice", "p/3")]).await;
    check.is(200).shows(&[
        "Vérifiez votre bulletin",
        "Projet 1",
        "Projet 3",
        "600 €",
        "Coût",
        "Reste",
        "0 €",
    ]);
    check.hides(&["Projet 2 "]);
    let mut fields = filled(&check, &[]);
    fields.push(("do", "change"));
    let form = site.post(&path("check"), &fields).await;
    form.is(200).shows(&["value=\"p/1\" checked", "value=\"p/3\" checked"]).hides(&["value=\"p/2\" checked"]);
    assert_eq!(form.hidden("secret"), check.hidden("secret"));
}

#[tokio::test]
async fn what_breaks_a_rule_is_said_and_kept() {
    let site = site(poll(BallotType::Knapsack)).await;
    let page = check(&site, &[("choice", "p/3"), ("choice", "p/7")]).await;
    page.is(422)
        .shows(&[
            "Un problème est survenu",
            "L’ensemble coûte 1 200 €. L’ensemble peut coûter 600 € au plus.",
        ])
        .shows(&[
            "href=\"#ballot\"",
            "value=\"p/3\" checked",
            "value=\"p/7\" checked",
            "Erreur : Budget du centre",
        ]);
    assert_eq!(page.hidden("permit"), PERMIT);

    let site = self::site(poll(BallotType::Ranking)).await;
    let page = check(&site, &[("rank.p/3", "1"), ("rank.p/7", "premier"), ("rank.p/5", "1")]).await;
    page.is(422).shows(&["href=\"#o7\"", "value=\"premier\"", "doit être un nombre entier à partir de 1"]);
    let page = check(&site, &[("rank.p/3", "1"), ("rank.p/5", "1")]).await;
    page.is(422).shows(&["href=\"#o5\"", "a le même rang"]);

    let site = self::site(poll(BallotType::Cumulative)).await;
    let page = check(&site, &[("points.p/3", "7"), ("points.p/5", "8")]).await;
    page.is(422).shows(&["Vous avez donné 15 points. Vous avez 10 points en tout."]);
}

#[tokio::test]
async fn an_empty_ballot_is_warned_of() {
    let site = site(poll(BallotType::Approval)).await;
    check(&site, &[]).await.is(200).shows(&["Votre bulletin est vide"]);
    let site = self::site(poll(BallotType::ChooseOne)).await;
    check(&site, &[]).await.is(422).shows(&["Choisissez-en exactement 1."]);
}

#[tokio::test]
async fn a_filter_keeps_what_is_chosen() {
    let mut many = poll(BallotType::Approval);
    many.options.extend((8..20).map(|number| PollOption {
        option_id: format!("p/{number}"),
        title: format!("Théâtre {number}"),
        categories: vec!["Culture".into()],
        ..PollOption::default()
    }));
    let site = site(many).await;
    let ballot = site.get(&path("")).await;
    ballot.shows(&["Toutes les catégories", "Culture"]);
    let fields = filled(
        &ballot,
        &[("choice", "p/3"), ("choice", "p/9"), ("do", "show"), ("find", "theatre"), ("category", "0")],
    );
    let page = site.post(&path("check"), &fields).await;
    page.is(200)
        .shows(&["12 sur 20 affichés", "value=\"p/9\" checked", "Votre choix"])
        .hides(&["value=\"p/3\" checked", "Projet 4"]);
    assert_eq!(page.hidden("choice"), "p/3");
    page.shows(&["Projet 3"]);
    // The check is of the whole ballot.
    let check = site.post(&path("check"), &filled(&page, &[("do", "check")])).await;
    check.is(200).shows(&["Projet 3", "Théâtre 9"]);
}

#[tokio::test]
async fn a_ballot_goes_on_without_budgets() {
    let site = site(poll(BallotType::Knapsack)).await;
    let ballot = site.get(&path("")).await;
    // A replica that has not fetched the budget before.
    let other = Site::open().await;
    serve(&other, poll(BallotType::Knapsack));
    other.double.on(|_: &GetBudgetOfPollRequest| {
        Err::<GetBudgetOfPollResponse, _>(ApiError::unavailable("away").into())
    });
    let fields = filled(&ballot, &[("choice", "p/1")]);
    other.post(&path("check"), &fields).await.is(200).shows(&["Projet 1", "200,00"]);
}

#[tokio::test]
async fn what_no_form_sends_is_refused() {
    let site = site(poll(BallotType::Approval)).await;
    let ballot = site.get(&path("")).await;
    for step in ["check", "cast"] {
        site.post(&path(step), &[]).await.is(400);
        site.post(&path(step), &filled(&ballot, &[("choice", "nowhere")])).await.is(400);
        site.post(&path(step), &filled(&ballot, &[("secret", "short")])).await.is(400);
        let huge = "x".repeat(300_000);
        site.post(&path(step), &filled(&ballot, &[("find", &huge)])).await.is(400);
        let request = site
            .request(reqwest::Method::POST, &path(step))
            .header("content-type", "text/plain")
            .body("permit=a");
        assert_eq!(request.send().await.unwrap().status().as_u16(), 400);
        site.get(&path(step)).await.is(303);
    }
}

#[tokio::test]
async fn a_hundred_and_sixty_projects_load_on_a_phone() {
    let mut large = poll(BallotType::Knapsack);
    large.options = (0..160)
        .map(|number| PollOption {
            option_id: format!("{number}"),
            title: format!("Aménagement du square numéro {number} et de ses abords"),
            cost: 1_000_000 + number * 12_345,
            categories: vec![format!("Catégorie {}", number % 8)],
        })
        .collect();
    let site = site(large).await;
    let page = site.get(&path("")).await;
    page.is(200);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(page.text.as_bytes()).unwrap();
    let bytes = gzip.finish().unwrap().len();
    assert!(bytes < 30_000, "{bytes} bytes");
}

#[tokio::test]
async fn a_poll_that_does_not_exist_is_not_found() {
    let site = Site::signed_in().await;
    site.double.on(|_: &GetPollRequest| Err::<GetPollResponse, _>(ApiError::not_found("poll").into()));
    site.double.on(|_: &GetBudgetOfPollRequest| {
        Err::<GetBudgetOfPollResponse, _>(ApiError::not_found("budget").into())
    });
    site.get(&path("")).await.is(404);
    site.post(&path("cast"), &[("permit", "a")]).await.is(404);
}
