use comitia_proto::budgets::v1::*;
use comitia_proto::proposals::v1::{ListProposalsRequest, ListProposalsResponse};
use comitia_proto::spaces::v1::*;
use comitia_proto::voting::v1::*;

use crate::city::{self, budget_path, furnish, missing, process_path, project_path, slug};
use crate::site::Site;

#[tokio::test]
async fn a_process_shows_its_phases_and_what_one_can_do() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Scheduled);
    let path = format!("/fr{}", process_path());
    let page = site.get(&path).await;
    page.is(200).shows(&[
        "<h1 dir=\"auto\">Budget 2026</h1>",
        "Vous décidez de <strong>tout</strong>.&lt;script&gt;",
        "Ce que vous pouvez faire maintenant",
        "Proposez un projet, ou lisez ce que d’autres proposent.",
        &format!("href=\"{path}/proposals/new\""),
        "&lt;b&gt;Arbres&lt;/b&gt; &amp; &quot;bancs&quot;",
        "Quartier Nord",
        "En préparation",
        &format!("<link rel=\"canonical\" href=\"http://ville.example{path}\">"),
        &format!("hreflang=\"en\" href=\"http://ville.example/en{}\"", process_path()),
    ]);
    page.hides(&["<script>", "noindex"]);
    site.get(&format!("/en{}", process_path()))
        .await
        .is(200)
        .shows(&["What you can do now", "Propose a project"]);
}

#[tokio::test]
async fn a_process_shows_its_photos_and_documents() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Scheduled);
    let path = process_path();
    site.get(&format!("/fr{path}")).await.is(200).hides(&["id=\"photos\"", "id=\"documents\""]);
    let attachments = city::attachments();
    let [photo, document] = [&attachments[0].attachment_id, &attachments[1].attachment_id]
        .map(|id| format!("/v1/attachments/{id}/file"));
    site.double.give::<ListAttachmentsRequest, _>(ListAttachmentsResponse { attachments });
    site.get(&format!("/fr{path}")).await.is(200).shows(&[
        "alt=\"Un quai sans arbres\"",
        "<figcaption dir=\"auto\">Le quai</figcaption>",
        &format!("src=\"{photo}?width=960\""),
        &format!("{photo}?width=480 480w, {photo}?width=960 960w, {photo}?width=1600 1600w"),
        "width=\"960\" height=\"480\"",
        &format!("<a href=\"{document}\"><bdi>Règlement &lt;b&gt;</bdi></a>"),
        "(PDF, 1,2 Mo)",
    ]);
    site.get(&format!("/en{path}")).await.is(200).shows(&["(PDF, 1.2 MB)"]);
}

#[tokio::test]
async fn each_phase_offers_what_is_possible_in_it() {
    let site = Site::open().await;
    let path = format!("/fr{}", process_path());
    let cases = [
        (PhaseKind::Information, BudgetState::Draft, PollState::Scheduled, "Informez-vous", "proposals/new"),
        (
            PhaseKind::Examination,
            BudgetState::Draft,
            PollState::Scheduled,
            "L’équipe étudie",
            "proposals/new",
        ),
        (PhaseKind::Vote, BudgetState::Frozen, PollState::Open, "href=\"/fr/votes\">Voter", "Aucun vote"),
        (
            PhaseKind::Vote,
            BudgetState::Frozen,
            PollState::Scheduled,
            "Ouverture du vote : 10 juin 2026",
            ">Voter</a></div>",
        ),
        (PhaseKind::Vote, BudgetState::Draft, PollState::Sealed, "Aucun vote n’est ouvert", "proposals/new"),
        (
            PhaseKind::Execution,
            BudgetState::Decided,
            PollState::Sealed,
            "Voir les résultats",
            "proposals/new",
        ),
    ];
    for (kind, state, polled, shown, hidden) in cases {
        furnish(&site, kind, state, polled);
        site.get(&path).await.is(200).shows(&[shown]).hides(&[hidden]);
    }
}

#[tokio::test]
async fn a_wrong_title_in_the_address_leads_to_the_right_one() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Scheduled);
    for given in [slug("budget-2025", city::PROCESS), slug("", city::PROCESS), city::PROCESS.replace('-', "")]
    {
        let page = site.get(&format!("/fr/processes/{given}?x=1")).await;
        assert_eq!(
            (page.status.as_u16(), page.header("location")),
            (301, &*format!("/fr{}?x=1", process_path()))
        );
    }
    let id = city::PROCESS.replace('-', "");
    for (given, right) in [
        (format!("/fr/processes/{id}/proposals"), format!("/fr{}/proposals", process_path())),
        (format!("/en/budgets/x-{}", city::BUDGET.replace('-', "")), format!("/en{}", budget_path())),
        (
            format!("/en/budgets/x-{}/result", city::BUDGET.replace('-', "")),
            format!("/en{}/result", budget_path()),
        ),
        (format!("/en/projects/{}", city::PROJECT.replace('-', "")), format!("/en{}", project_path())),
    ] {
        let page = site.get(&given).await;
        assert_eq!((page.status.as_u16(), page.header("location")), (301, &*right), "{given}");
    }
}

#[tokio::test]
async fn what_is_no_slug_or_not_published_is_not_there() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Scheduled);
    let other = slug("draft", city::POLL);
    for path in [
        "/fr/processes/budget-2026".to_owned(),
        "/fr/processes/%FF".to_owned(),
        format!("/fr/processes/{other}"),
        format!("/fr/processes/{other}/proposals"),
        format!("/fr/processes/{other}/proposals/new"),
        format!("/fr/proposals/{other}"),
        format!("/fr/budgets/{other}"),
        format!("/fr/budgets/{other}/result"),
        format!("/fr/budgets/{other}/result.pb"),
        format!("/fr/projects/{other}"),
        "/fr/legal/nothing".to_owned(),
        "/fr/nothing".to_owned(),
    ] {
        site.get(&path).await.is(404).shows(&["Il n’y a rien ici"]);
    }
    // Its budgets and proposals are empty lists for the public; the process itself says that it is not there.
    site.double.give::<ListBudgetsRequest, _>(ListBudgetsResponse::default());
    site.double.give::<ListProposalsRequest, _>(ListProposalsResponse::default());
    site.double.on(|request: &GetProcessRequest| Err::<GetProcessResponse, _>(missing(&request.process_id)));
    site.get(&format!("/fr{}", process_path())).await.is(404);
}

#[tokio::test]
async fn long_words_and_other_scripts_are_titles_like_others() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Scheduled);
    let title = format!("حديقة {}", "Donaudampfschifffahrt".repeat(9));
    let process =
        Process { title: title.clone(), phases: Vec::new(), ..city::process(PhaseKind::Submission) };
    site.double.give::<GetProcessRequest, _>(GetProcessResponse { process: Some(process) });
    let moved = site.get(&format!("/fr{}", process_path())).await;
    let page = site.get(moved.header("location")).await;
    page.is(200).shows(&[&format!("<h1 dir=\"auto\">{title}</h1>"), "Les dates ne sont pas encore fixées"]);
}

#[tokio::test]
async fn the_list_goes_on_where_it_stopped() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Scheduled);
    site.double.on(|request: &ListProcessesRequest| {
        let next_page_token = if request.page_token.is_empty() { "a+b".into() } else { String::new() };
        Ok(ListProcessesResponse { processes: vec![city::process(PhaseKind::Submission)], next_page_token })
    });
    site.get("/fr/processes").await.is(200).shows(&["/fr/processes?page_token=a%2Bb", "Page suivante"]);
    let page = site.get("/fr/processes?page_token=a%2Bb").await;
    page.is(200).shows(&["Revenir aux plus récentes"]).hides(&["Page suivante"]);
    assert_eq!(site.double.calls::<ListProcessesRequest>().last().unwrap().0.page_token, "a+b");
}

#[tokio::test]
async fn a_budget_lists_its_projects_as_one_asks_for_them() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Vote, BudgetState::Frozen, PollState::Open);
    let path = format!("/fr{}", budget_path());
    let page = site.get(&path).await;
    page.is(200).shows(&[
        "Vote ouvert",
        "10 000 €",
        "Fin du vote : 11 juin 2026 à minuit",
        "2 projets",
        "N° 10",
        "5 000,50 €",
        "Vous pouvez choisir 3 projets au plus.",
        "méthode des parts égales",
        "le plus de voix, le moins cher, numéro du projet",
    ]);
    let position = |page: &str, text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
    assert!(position(&page.text, "حديقة") < position(&page.text, "Écluse</a>"));
    let page = site.get(&format!("{path}?sort=cheapest")).await;
    assert!(position(&page.text, "Écluse</a>") < position(&page.text, "حديقة"));
    site.get(&format!("{path}?category=Eau&q=ecluse")).await.shows(&["1 projet", "Écluse"]).hides(&["حديقة"]);
    site.get(&format!("{path}?q=rien"))
        .await
        .is(200)
        .shows(&["Aucun projet ne correspond", "Voir tous les projets"]);
    site.get(&format!("{path}?page=9")).await.is(200);
    site.double.give::<ListProjectsRequest, _>(ListProjectsResponse::default());
    site.get(&path).await.is(200).shows(&["Il n’y a pas encore de projet"]);
}

#[tokio::test]
async fn a_budget_says_where_it_stands() {
    let site = Site::open().await;
    let path = format!("/fr{}", budget_path());
    let cases = [
        (BudgetState::Draft, PollState::Scheduled, "Le vote est en préparation"),
        (BudgetState::Frozen, PollState::Scheduled, "Ouverture du vote : 10 juin 2026"),
        (BudgetState::Counting, PollState::Closed, "en cours de dépouillement"),
        (BudgetState::Decided, PollState::Sealed, "Voir le résultat"),
        (BudgetState::Annulled, PollState::Annulled, "Ce vote a été annulé"),
    ];
    for (state, polled, shown) in cases {
        furnish(&site, PhaseKind::Vote, state, polled);
        site.get(&path).await.is(200).shows(&[shown]);
    }
}

#[tokio::test]
async fn a_project_shows_what_it_is_and_how_it_comes_along() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Vote, BudgetState::Frozen, PollState::Open);
    let path = format!("/fr{}", project_path());
    let page = site.get(&path).await;
    page.is(200).shows(&[
        "Écluse",
        "3 000 €",
        "Quai du Rhône",
        "Eau",
        "Toute la ville",
        "La proposition d’une personne",
    ]);
    page.hides(&["L’avancement", "Ce qui a été décidé"]);

    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    let report = ProgressReport {
        status: ProjectStatus::CarriedOut.into(),
        percent_done: 40,
        spent: 120_000,
        note: "Le chantier a *commencé*.".into(),
        report_time: Some(comitia_platform::validate::timestamp(crate::site::now())),
        report_id: "0192f0c1-0000-7000-8000-0000000000e1".into(),
    };
    let [mut photo, document] = <[Attachment; 2]>::try_from(city::attachments()).unwrap();
    photo.report_id = report.report_id.clone();
    site.double.give::<ListProjectAttachmentsRequest, _>(ListProjectAttachmentsResponse {
        attachments: vec![photo, document],
    });
    let project = Project {
        status: ProjectStatus::CarriedOut.into(),
        progress_reports: vec![report],
        ..city::projects().remove(0)
    };
    site.double.give::<GetProjectRequest, _>(GetProjectResponse { project: Some(project) });
    site.get(&path).await.is(200).shows(&[
        "En cours de réalisation",
        "120 personnes ont voté pour ce projet.",
        "Financé au tour 1 : 120 de ses soutiens l’ont payé avec leur part, au plus 25 € par personne.",
        "L’avancement",
        "Avancement : 40 %, dépensé : 1 200 €.",
        "Le chantier a <em>commencé</em>.",
        "/v1/attachments/0192f0c1-0000-7000-8000-0000000000f1/file?width=960",
        // The photo goes with the report, and the document with the project.
        "id=\"documents\"",
    ]);
    let project = Project { status: ProjectStatus::Funded.into(), ..city::projects().remove(0) };
    site.double.give::<GetProjectRequest, _>(GetProjectResponse { project: Some(project) });
    site.get(&path).await.is(200).shows(&["Il n’y a pas encore de compte rendu."]);
}
