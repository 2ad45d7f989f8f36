use comitia_proto::budgets::v1::*;
use comitia_proto::identity::v1::*;
use comitia_proto::spaces::v1::PhaseKind;
use comitia_proto::voting::v1::*;

use crate::city::{self, budget_path, furnish};
use crate::site::Site;

fn path(language: &str) -> String {
    format!("/{language}{}/result", budget_path())
}

#[tokio::test]
async fn a_result_says_what_is_funded_and_why() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    let page = site.get(&path("fr")).await;
    page.is(200).shows(&[
        "Résultat : Toute la ville",
        "projet financé",
        "3 000 €",
        "7 000 €",
        "Part des votantes et votants dont au moins un projet est financé : 60 %.",
        "Financé au tour 1 : 120 de ses soutiens l’ont payé avec leur part, au plus 25 € par personne. Il restait ensuite 7 000 €.",
        "Ses 100 soutiens n’avaient plus que 10 € chacun en moyenne ; il en fallait 50,01 €.",
        "1 égalité départagée",
        "Tour 1 : les projets 10, 2 étaient à égalité ; 10 est passé devant (le moins cher).",
        "aucun groupe de moins de 5 bulletins",
        &"cd".repeat(32),
        &"ab".repeat(32),
        "comitia tally --seal",
        &format!("href=\"/fr{}/result.pb\"", budget_path()),
    ]);
    page.hides(&["It costs too much", "Points"]);
    let page = site.get(&path("en")).await;
    page.is(200).shows(&[
        "Its 100 supporters had €10 each left on average; it needed €50.01.",
        "Method of Equal Shares",
    ]);
}

#[tokio::test]
async fn the_turnout_is_shown_in_its_published_groups() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    site.get(&path("fr")).await.is(200).shows(&[
        "203 personnes ont voté.",
        "2 bulletins papier étaient blancs.",
        "1 bulletin papier était nul.",
        "Quartier Nord",
        "Plusieurs petits quartiers réunis",
        "Bulletins par quartier et par voie",
    ]);
    let turnout = Turnout { ballot_count: 1, ..Turnout::default() };
    site.double.give::<GetTurnoutRequest, _>(GetTurnoutResponse { turnout: Some(turnout) });
    site.get(&path("fr")).await.is(200).shows(&["1 personne a voté."]).hides(&["Quartier Nord", "blanc"]);
}

#[tokio::test]
async fn everybody_sees_how_many_were_helped_to_vote() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    site.get(&path("fr")).await.is(200).hides(&["Aide au vote"]);
    site.double
        .give::<CountDeskVisitsRequest, _>(CountDeskVisitsResponse { visit_count: 1, days: Vec::new() });
    site.double
        .give::<CountReplacedAccessCodesRequest, _>(CountReplacedAccessCodesResponse { replaced_count: 12 });
    site.get(&path("fr")).await.is(200).shows(&[
        "Aide au vote",
        "1 personne a été admise à voter au guichet",
        "12 codes d’accès ont été remplacés",
    ]);
    site.get(&path("en"))
        .await
        .shows(&["1 person was let vote at the desk", "12 access codes were replaced"]);
}

#[tokio::test]
async fn points_are_shown_where_ballots_have_points() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    let rule =
        BallotRule { r#type: BallotType::Cumulative.into(), max_total_points: 10, ..BallotRule::default() };
    let budget = Budget { ballot_rule: Some(rule), ..city::budget(BudgetState::Decided) };
    site.double.give::<GetBudgetRequest, _>(GetBudgetResponse { budget: Some(budget) });
    site.get(&path("fr")).await.is(200).shows(&["Points", "Vous répartissez 10 points entre les projets."]);
}

#[tokio::test]
async fn a_result_without_a_funded_project_says_why() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    let mut result = city::result();
    result.outcomes.remove(0);
    result.spent = 0;
    result.satisfied_share = "0/0".into();
    result.outcomes[0].why = None;
    site.double.give::<GetResultRequest, _>(GetResultResponse { result: Some(result) });
    let page = site.get(&path("fr")).await;
    page.is(200).shows(&["Aucun projet n’est financé", "<span lang=\"en\">It costs too much.</span>"]);
    page.hides(&["Part des votantes"]);
}

#[tokio::test]
async fn before_there_is_a_result_the_page_says_when() {
    let site = Site::open().await;
    let cases = [
        (BudgetState::Draft, PollState::Scheduled, "Le vote est en préparation"),
        (BudgetState::Frozen, PollState::Open, "Fin du vote : 11 juin 2026 à minuit. Le résultat suivra."),
        (BudgetState::Annulled, PollState::Annulled, "Ce vote a été annulé ; il n’y a pas de résultat."),
    ];
    for (state, polled, shown) in cases {
        furnish(&site, PhaseKind::Vote, state, polled);
        site.get(&path("fr")).await.is(200).shows(&[shown, "noindex"]);
        assert!(site.double.calls::<GetResultRequest>().is_empty());
        site.get(&format!("{}.pb", path("fr"))).await.is(404);
        site.get(&format!("{}.json", path("fr"))).await.is(404);
    }
}

#[tokio::test]
async fn the_files_are_downloads() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    site.double.give::<ExportResultRequest, _>(ExportResultResponse {
        file_name: "evil\"name.pb".into(),
        content: "META\nkey;value".into(),
        ..ExportResultResponse::default()
    });
    let file = site.get(&format!("{}.pb", path("fr"))).await;
    file.is(200);
    let name = city::slug("toute-la-ville", city::BUDGET);
    assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"{name}.pb\""));
    assert_eq!(
        (file.header("content-type"), file.text.as_str()),
        ("text/plain; charset=utf-8", "META\nkey;value")
    );
    assert_eq!(site.double.calls::<ExportResultRequest>()[0].0.format(), ExportFormat::Pb);
    let file = site.get(&format!("{}.csv", path("fr"))).await;
    assert_eq!((file.status.as_u16(), file.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert_eq!(site.double.calls::<ExportResultRequest>()[1].0.format(), ExportFormat::Csv);
    let file = site.get(&format!("{}.json", path("fr"))).await;
    file.is(200);
    let json: serde_json::Value = serde_json::from_str(&file.text).unwrap();
    assert_eq!(json["result"]["outcomes"][0]["cost"], "300000");
    assert_eq!(json["result"]["publishTime"], "2026-06-10T09:00:00Z");
}

/// Łódź had 160 projects.
#[tokio::test]
async fn a_large_result_is_one_page_of_less_than_fifty_kilobytes() {
    use std::io::Write as _;

    let site = Site::open().await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    let mut result = city::result();
    let one = result.outcomes.remove(1);
    for number in 0..160 {
        let title = format!("Project number {number} for the people of district {}", number % 17);
        result.outcomes.push(ProjectOutcome {
            title,
            reference: number.to_string(),
            votes: 7 * number,
            ..one.clone()
        });
    }
    site.double.give::<GetResultRequest, _>(GetResultResponse { result: Some(result) });
    let page = site.get(&path("en")).await;
    page.is(200);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(page.text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap().len();
    assert!(packed < 50_000, "{packed} bytes");
}

#[tokio::test]
async fn what_other_budgets_left_and_what_becomes_of_the_rest_is_said() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    let left = Leftover { budget_id: city::POLL.into(), title: "Quartier Nord 2025".into(), amount: 12_000 };
    let result = AllocationResult {
        leftovers: vec![left],
        leftover_budget_id: city::PROCESS.into(),
        blank_ballot_count: 1,
        ..city::result()
    };
    site.double.give::<GetResultRequest, _>(GetResultResponse { result: Some(result) });
    site.get(&path("fr")).await.is(200).shows(&[
        "Dont 120 € laissés par un autre budget :",
        "Quartier Nord 2025",
        "Ce qui reste (7 000 €) va à un autre budget de la même démarche.",
        "1 bulletin n’a rien choisi.",
    ]);
}

/// A build has the program that counts in the browser, or says that it has not; nothing else may run WebAssembly.
#[tokio::test]
async fn a_result_is_counted_in_the_browser_or_the_page_says_how_else() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    let page = site.get(&path("fr")).await;
    page.is(200).shows(&[
        "Comptez vous-même, ici",
        "comptez avec le programme comitia",
        "comitia tally --seal",
    ]);
    let policy = page.header("content-security-policy");
    let runs = policy.contains("script-src 'self' 'wasm-unsafe-eval'");
    assert_eq!(runs, page.text.contains("data-recount"), "{policy}");
    assert!(
        policy.contains("require-trusted-types-for 'script'") && !policy.contains("'unsafe-"),
        "{policy}"
    );
    if runs {
        let named = |what: &str| {
            let start = format!("data-{what}=\"");
            page.text.split_once(&start).and_then(|(_, rest)| rest.split_once('"')).unwrap().0.to_owned()
        };
        let worker = site.get(&named("worker")).await;
        assert!(worker.is(200).header("content-security-policy").contains("'wasm-unsafe-eval'"));
        assert_eq!(site.get(&named("module")).await.is(200).header("content-security-policy"), "");
        let program = site.request(reqwest::Method::GET, &named("program")).send().await.unwrap();
        assert_eq!(program.headers()["content-type"], "application/wasm");
        assert_eq!(named("seal"), "cd".repeat(32));
        assert_eq!(named("file"), format!("{}.pb", path("fr")));
    }
    let page = site.get(&format!("/fr{}", budget_path())).await;
    assert!(!page.header("content-security-policy").contains("wasm"), "{page:?}");
}
