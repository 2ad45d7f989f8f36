use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::BudgetState;
use comitia_proto::proposals::v1::*;
use comitia_proto::spaces::v1::PhaseKind;
use comitia_proto::voting::v1::PollState;

use crate::city::{self, furnish, process_path, proposal, proposal_path};
use crate::site::Site;

fn open(site: &Site) {
    furnish(site, PhaseKind::Submission, BudgetState::Draft, PollState::Scheduled);
}

fn give_own(site: &Site, change: impl FnOnce(&mut Proposal)) {
    let mut proposal = Proposal { own: true, ..proposal() };
    change(&mut proposal);
    site.double.give::<GetProposalRequest, _>(GetProposalResponse { proposal: Some(proposal) });
}

fn refuse(reason: Reason) -> tonic::Status {
    ApiError::precondition(reason, "no").into()
}

#[tokio::test]
async fn the_list_is_narrowed_by_what_can_be_asked_for() {
    let site = Site::open().await;
    open(&site);
    let path = format!("/fr{}/proposals", process_path());
    site.get(&path).await.is(200).shows(&[
        "&lt;b&gt;Arbres&lt;/b&gt;",
        "Quartier Nord",
        "Proposer un projet",
        "Déposée",
    ]);
    site.double.give::<ListProposalsRequest, _>(ListProposalsResponse {
        proposals: vec![proposal()],
        next_page_token: "next".into(),
    });
    let page = site.get(&format!("{path}?q=arbre+vert&area=north&category=Parcs&state=accepted")).await;
    page.is(200).shows(&[
        "q=arbre+vert&amp;area=north&amp;category=Parcs&amp;state=accepted&amp;page_token=next",
        "4 filtres actifs",
    ]);
    let asked = site.double.calls::<ListProposalsRequest>().pop().unwrap().0;
    assert_eq!(
        (asked.query.as_str(), asked.area_code.as_str(), asked.category.as_str()),
        ("arbre vert", "north", "Parcs")
    );
    assert_eq!(asked.state(), ProposalState::Accepted);
    site.get(&format!("{path}?page_token=x")).await.is(200).shows(&["Revenir aux plus récentes"]);
    site.double.give::<ListProposalsRequest, _>(ListProposalsResponse::default());
    site.get(&path).await.is(200).shows(&["Soyez la première personne"]);
    site.get(&format!("{path}?q=x")).await.is(200).shows(&["Aucune proposition ne correspond"]);
    furnish(&site, PhaseKind::Vote, BudgetState::Frozen, PollState::Open);
    site.double.give::<ListProposalsRequest, _>(ListProposalsResponse::default());
    site.get(&path).await.is(200).shows(&["Rien n’a été proposé ici."]).hides(&["Proposer un projet"]);
}

#[tokio::test]
async fn a_proposal_shows_its_text_and_its_answer() {
    let site = Site::open().await;
    open(&site);
    let path = format!("/fr{}", proposal_path());
    let page = site.get(&path).await;
    page.is(200).shows(&[
        "&lt;b&gt;Arbres&lt;/b&gt;",
        "Des arbres <strong>partout</strong>.",
        "Place du Marché",
        "Déposée",
    ]);
    page.hides(&["<b>", "La réponse de", "Votre proposition"]);
    let answered = Proposal {
        state: ProposalState::Accepted.into(),
        answer: "Oui.\n\n- en 2027".into(),
        project_ids: vec![city::PROJECT.into()],
        ..proposal()
    };
    site.double.give::<GetProposalRequest, _>(GetProposalResponse { proposal: Some(answered) });
    site.get(&path).await.is(200).shows(&[
        "Retenue",
        "La réponse de Ville de Lyon",
        "<li>en 2027</li>",
        "Elle est devenue un projet",
    ]);
    site.get("/fr/proposals/x-0192f0c100007000800000000000000b").await.is(301);
}

#[tokio::test]
async fn a_hidden_proposal_says_that_it_is_and_why() {
    let site = Site::open().await;
    open(&site);
    let hidden = Proposal {
        title: String::new(),
        body: String::new(),
        hidden: true,
        hidden_reason: "Publicité <ici>".into(),
        ..Proposal { place: None, area_code: String::new(), category: String::new(), ..proposal() }
    };
    site.double.give::<GetProposalRequest, _>(GetProposalResponse { proposal: Some(hidden) });
    let page = site.get(&format!("/fr{}", proposal_path())).await;
    page.is(200).shows(&["Proposition masquée", "Publicité &lt;ici&gt;", "noindex"]);
}

#[tokio::test]
async fn who_has_not_signed_in_is_led_there_and_back() {
    let site = Site::open().await;
    open(&site);
    let path = format!("/fr{}/proposals/new", process_path());
    let page = site.get(&path).await;
    page.is(303);
    let back = path.replace('/', "%2F").replace('-', "%2D");
    assert_eq!(page.header("location"), format!("/fr/sign-in?return={back}"));
    for path in [
        "/my-proposals".to_owned(),
        format!("{}/edit", proposal_path()),
        format!("{}/withdraw", proposal_path()),
    ] {
        let page = site.get(&format!("/fr{path}")).await;
        assert!(page.header("location").starts_with("/fr/sign-in?return="), "{page:?}");
    }
}

#[tokio::test]
async fn a_proposal_is_written_step_by_step_and_sent_once() {
    let site = Site::signed_in().await;
    open(&site);
    let path = format!("/fr{}/proposals/new", process_path());
    let page = site.get(&path).await;
    page.is(200).shows(&["Fin du dépôt : 12 juin 2026 à 02:00", "Commencer"]);
    let id = page.hidden("request_id");
    let page = site.post(&path, &[("request_id", &id), ("to", "title")]).await;
    page.is(200).shows(&["Que proposez-vous, en une phrase ?", "Étape 1 sur 4"]);
    assert_eq!(page.hidden("request_id"), id);

    // What looks alike is shown before the text is written.
    let title = "Des arbres sur la place du marché";
    let page = site.post(&path, &[("request_id", &id), ("title", title), ("to", "alike")]).await;
    page.is(200).shows(&["Votre proposition ressemble-t-elle à celle-ci ?", "&lt;b&gt;Arbres&lt;/b&gt;"]);
    let words: Vec<_> =
        site.double.calls::<ListProposalsRequest>().into_iter().map(|(asked, _)| asked.query).collect();
    assert_eq!(words, ["arbres", "marche", "place"]);
    assert_eq!(page.hidden("title"), title);
    let page = site.post(&path, &[("request_id", &id), ("title", title), ("to", "details")]).await;
    page.is(200).shows(&["Décrivez votre proposition", "Quartier Sud"]);

    let fields = [
        ("request_id", id.as_str()),
        ("title", title),
        ("body", "Il fait chaud.\r\n\r\nIl faut de l’ombre."),
        ("area", "south"),
        ("place", "Place du Marché"),
        ("category", "Parcs"),
    ];
    let with = |to: &'static str| fields.into_iter().chain([("to", to)]).collect::<Vec<_>>();
    let page = site.post(&path, &with("check")).await;
    page.is(200).shows(&["Vérifiez votre proposition", "Il faut de l’ombre.", "Quartier Sud"]);
    assert!(site.double.calls::<SubmitProposalRequest>().is_empty());
    site.double.on(|request: &SubmitProposalRequest| {
        let proposal = Proposal { title: request.title.clone(), ..proposal() };
        Ok(SubmitProposalResponse { proposal: Some(proposal) })
    });
    let page = site.post(&path, &with("send")).await;
    page.is(303);
    let there = format!(
        "/fr/proposals/{}?done=sent",
        city::slug("des-arbres-sur-la-place-du-marche", city::PROPOSAL)
    );
    assert_eq!(page.header("location"), there);
    // A double click is the same request again.
    site.post(&path, &with("send")).await.is(303);
    let sent = site.double.calls::<SubmitProposalRequest>();
    assert_eq!((sent.len(), &sent[0].0.request_id), (2, &id));
    assert_eq!(sent[0].0, sent[1].0);
    assert_eq!(sent[0].0.body, "Il fait chaud.\n\nIl faut de l’ombre.");
    assert_eq!(sent[0].0.place.as_ref().unwrap().address, "Place du Marché");
    assert_eq!(sent[0].1["authorization"], "Bearer the-access-token");

    give_own(&site, |proposal| proposal.title = title.into());
    site.get(&there).await.is(200).shows(&[
        "Votre proposition est déposée",
        "Voir ma proposition",
        "noindex",
    ]);
}

#[tokio::test]
async fn errors_lead_to_their_field_and_keep_what_was_typed() {
    let site = Site::signed_in().await;
    open(&site);
    let path = format!("/fr{}/proposals/new", process_path());
    let page = site.post(&path, &[("title", "abc"), ("to", "alike")]).await;
    page.is(422).shows(&[
        "<title>Erreur :",
        "au moins 5 caractères",
        "href=\"#title\"",
        "value=\"abc\"",
        "aria-invalid=\"true\"",
    ]);
    let long = "x".repeat(20_001);
    let page = site
        .post(&path, &[("title", "Des arbres"), ("body", &long), ("area", "nowhere"), ("to", "send")])
        .await;
    page.is(422).shows(&[
        "elle en compte 20 001",
        "Choisissez un quartier dans la liste",
        "href=\"#body\"",
        "href=\"#area\"",
    ]);
    assert!(site.double.calls::<SubmitProposalRequest>().is_empty());
    // The service may have a rule that the page does not know.
    site.double.on(|_: &SubmitProposalRequest| {
        Err::<SubmitProposalResponse, _>(ApiError::invalid_field("title", "must not be <shouted>").into())
    });
    let fields = [("title", "DES ARBRES"), ("body", "Il faut de l’ombre."), ("to", "send")];
    let page = site.post(&path, &fields).await;
    page.is(422).shows(&["must not be &lt;shouted&gt;", "value=\"DES ARBRES\""]);
    assert_eq!(page.hidden("body"), "Il faut de l’ombre.");
}

#[tokio::test]
async fn nothing_that_was_written_is_lost() {
    let mut site = Site::signed_in().await;
    open(&site);
    let path = format!("/fr{}/proposals/new", process_path());
    let fields = [("title", "Des arbres"), ("body", "Il faut de l’ombre."), ("to", "send")];
    // The same form with another text.
    site.double.on(|_: &SubmitProposalRequest| {
        let error = ApiError::new(ErrorCode::AlreadyExists, Reason::RequestIdReused, "used before");
        Err::<SubmitProposalResponse, _>(error.into())
    });
    let page = site.post(&path, &fields).await;
    page.is(409).shows(&["Vous avez déjà envoyé ce formulaire", "Des arbres", "/fr/my-proposals"]);
    // The phase ended meanwhile.
    site.double
        .on(|_: &SubmitProposalRequest| Err::<SubmitProposalResponse, _>(refuse(Reason::PhaseNotOpen)));
    site.post(&path, &fields).await.is(409).shows(&["Ce que vous avez écrit", "Il faut de l’ombre."]);
    // The session ended meanwhile.
    site.sign_out();
    let page = site.post(&path, &fields).await;
    page.is(401).shows(&["Votre session a pris fin", "Rien n’est perdu."]);
    assert_eq!(page.hidden("body"), "Il faut de l’ombre.");
    // The service is away: the page says so, and the form is the browser's to send again.
    furnish(&site, PhaseKind::Vote, BudgetState::Frozen, PollState::Open);
    site.get(&path)
        .await
        .is(200)
        .shows(&["Le dépôt de propositions n’est pas ouvert", "Le dépôt est terminé."]);
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let site = Site::signed_in().await;
    open(&site);
    let path = format!("/fr{}/proposals/new", process_path());
    let request = site
        .request(reqwest::Method::POST, &path)
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("title=Des+arbres&body=Il+faut+de+l%27ombre.&to=send");
    assert_eq!(request.send().await.unwrap().status(), 403);
    assert!(site.double.calls::<SubmitProposalRequest>().is_empty());
}

#[tokio::test]
async fn authors_change_and_withdraw_their_own() {
    let site = Site::signed_in().await;
    open(&site);
    // Somebody else's has no such page.
    site.get(&format!("/fr{}/edit", proposal_path())).await.is(404);
    site.get(&format!("/fr{}", proposal_path())).await.hides(&["Modifier le texte"]);

    give_own(&site, |_| {});
    site.get(&format!("/fr{}", proposal_path())).await.is(200).shows(&["Modifier le texte", "Retirer"]);
    let edit = format!("/fr{}/edit", proposal_path());
    let page = site.get(&edit).await;
    page.is(200)
        .shows(&["value=\"&lt;b&gt;Arbres&lt;/b&gt; &amp; &quot;bancs&quot;\"", "Des arbres **partout**."]);
    assert_eq!(page.hidden("etag"), "r1");
    let fields = [("etag", "r1"), ("title", "Des bancs"), ("body", "Des bancs partout.")];
    site.double.on(|request: &UpdateProposalRequest| {
        assert_eq!((request.etag.as_str(), request.body.as_str()), ("r1", "Des bancs partout."));
        let proposal = Proposal { title: request.title.clone(), ..proposal() };
        Ok(UpdateProposalResponse { proposal: Some(proposal) })
    });
    let page = site.post(&edit, &fields).await;
    assert_eq!(
        page.header("location"),
        format!("/fr/proposals/{}?done=changed", city::slug("des-bancs", city::PROPOSAL))
    );
    site.post(&edit, &[("title", ""), ("body", "court")]).await.is(422).shows(&["Saisissez un titre"]);
    site.double.on(|_: &UpdateProposalRequest| {
        let error = ApiError::new(ErrorCode::Aborted, Reason::EtagMismatch, "changed");
        Err::<UpdateProposalResponse, _>(error.into())
    });
    site.post(&edit, &fields).await.is(409).shows(&["modifiée ailleurs entre-temps", "Des bancs partout."]);
    site.double.on(|_: &UpdateProposalRequest| {
        Err::<UpdateProposalResponse, _>(refuse(Reason::ProposalStateInvalid))
    });
    site.post(&edit, &fields).await.is(409).shows(&["ne peut plus être modifiée"]);

    let withdraw = format!("/fr{}/withdraw", proposal_path());
    site.get(&withdraw).await.is(200).shows(&["Retirer votre proposition ?", "C’est définitif."]);
    site.double.on(|_: &WithdrawProposalRequest| Ok(WithdrawProposalResponse::default()));
    let page = site.post(&withdraw, &[]).await;
    assert_eq!(page.header("location"), format!("/fr{}?done=withdrawn", proposal_path()));
    give_own(&site, |proposal| proposal.state = ProposalState::Withdrawn.into());
    site.get(page.header("location"))
        .await
        .is(200)
        .shows(&["Votre proposition est retirée.", "Vous l’avez retirée."]);
    give_own(&site, |proposal| proposal.project_ids = vec![city::PROJECT.into()]);
    site.get(&withdraw).await.is(409).shows(&["Elle est devenue un projet."]);
}

#[tokio::test]
async fn ones_own_proposals_are_listed() {
    let site = Site::signed_in().await;
    open(&site);
    site.double.give::<ListMyProposalsRequest, _>(ListMyProposalsResponse {
        proposals: vec![Proposal { hidden: true, own: true, ..proposal() }],
        next_page_token: "more".into(),
    });
    let page = site.get("/fr/my-proposals").await;
    page.is(200).shows(&[
        "Mes propositions",
        "&lt;b&gt;Arbres&lt;/b&gt;",
        "Budget 2026",
        "Masquée",
        "page_token=more",
    ]);
    assert_eq!(page.header("cache-control"), "private, no-store");
    site.double.give::<ListMyProposalsRequest, _>(ListMyProposalsResponse::default());
    site.get("/fr/my-proposals").await.is(200).shows(&["Vous n’avez encore rien proposé"]);
}
