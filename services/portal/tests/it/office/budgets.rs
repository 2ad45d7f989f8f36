//! Budgets: set up, filled, tried out, scheduled, followed up.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::*;
use comitia_proto::common::v1::Role;
use comitia_proto::proposals::v1::{ListProposalsRequest, ListProposalsResponse, Proposal, ProposalState};
use comitia_proto::spaces::v1::PhaseKind;
use comitia_proto::voting::v1::{BallotType, PollState};

use super::{ROLL, office};
use crate::city::{self, BUDGET, PROCESS, PROJECT, furnish};
use crate::site::Site;

/// A budget officer before a budget in this state.
async fn officer(state: BudgetState) -> Site {
    let site = office(&[Role::BudgetOfficer]).await;
    furnish(&site, PhaseKind::Vote, state, PollState::Scheduled);
    site
}

fn path(rest: &str) -> String {
    format!("/fr/office{}{rest}", city::budget_path())
}

fn project_path(rest: &str) -> String {
    format!("/fr/office{}{rest}", city::project_path())
}

const FIELDS: [(&str, &str); 6] = [
    ("title", "Gare"),
    ("amount", "300 000,50 €"),
    ("currency", "EUR"),
    ("ballot", "points"),
    ("points", "10"),
    ("rule", "equal-shares"),
];

#[tokio::test]
async fn budgets_are_listed_and_say_what_to_do_first() {
    let site = officer(BudgetState::Draft).await;
    site.get("/fr/office/budgets").await.is(200).shows(&["Toute la ville", "10 000 €", "Nouveau budget"]);
    let page = site.get(&path("")).await;
    page.is(200).shows(&["Écluse", "Programmer le vote", "Vous choisissez les projets", "Coller un tableau"]);
    assert_eq!(page.header("cache-control"), "no-store");
    site.double.give::<ListProjectsRequest, _>(ListProjectsResponse::default());
    site.get(&path(""))
        .await
        .is(200)
        .shows(&["Ce budget n’a pas encore de projet"])
        .hides(&["Programmer le vote"]);
    site.double.give::<ListBudgetsRequest, _>(ListBudgetsResponse::default());
    site.get("/fr/office/budgets").await.is(200).shows(&["Cette démarche n’a pas encore de budget"]);
    site.get("/en/office/budgets").await.is(200).shows(&["This process has no budget yet"]);
    // Who only reads finds no button, and no form.
    let site = office(&[Role::Auditor]).await;
    furnish(&site, PhaseKind::Vote, BudgetState::Draft, PollState::Scheduled);
    site.get(&path("")).await.is(200).shows(&["Écluse"]).hides(&["Programmer le vote", "Coller un tableau"]);
    for page in ["/edit", "/schedule", "/table", "/import", "/projects/new"] {
        site.get(&path(page)).await.is(403);
    }
}

#[tokio::test]
async fn a_budget_is_set_up_in_words_and_amounts_are_read_as_people_write_them() {
    let site = officer(BudgetState::Draft).await;
    let created = CreateBudgetResponse { budget: Some(city::budget(BudgetState::Draft)) };
    site.double.give::<CreateBudgetRequest, _>(created);
    let new = format!("/fr/office/budgets/new?process={PROCESS}");
    let form = site.get(&new).await;
    form.is(200).shows(&["Davantage de personnes obtiennent", "Chaque projet coché reçoit une voix"]);
    let id = form.hidden("request_id");
    let wrong = site
        .post(
            &new,
            &[
                ("request_id", &id),
                ("title", "Gare"),
                ("amount", "beaucoup"),
                ("ballot", "points"),
                ("currency", "EUR"),
            ],
        )
        .await;
    wrong.is(422).shows(&[
        "value=\"beaucoup\"",
        "href=\"#amount\"",
        "href=\"#rule\"",
        "href=\"#points\"",
        "300 000,50",
    ]);
    assert!(site.double.calls::<CreateBudgetRequest>().is_empty());
    let mut fields = FIELDS.to_vec();
    fields.push(("request_id", &id));
    let page = site.post(&new, &fields).await;
    page.is(303);
    assert_eq!(page.header("location"), format!("{}?done=created", path("")));
    let asked = site.double.calls::<CreateBudgetRequest>().pop().unwrap().0;
    assert_eq!(
        (asked.amount, asked.currency.as_str(), asked.request_id.as_str()),
        (30_000_050, "EUR", id.as_str())
    );
    let ballot = asked.ballot_rule.unwrap();
    assert_eq!((ballot.r#type(), ballot.max_total_points), (BallotType::Cumulative, 10));
    assert_eq!(asked.allocation_rule.unwrap().kind(), RuleKind::EqualShares);
    // What the API has against it stands at the field, and what was typed stays.
    site.double.on(|_: &CreateBudgetRequest| {
        let error = ApiError::new(ErrorCode::InvalidArgument, Reason::RuleNotApplicable, "no");
        Err::<CreateBudgetResponse, _>(
            error.with_violation("allocation_rule.kind", "is only for others").into(),
        )
    });
    site.post(&new, &fields).await.is(422).shows(&[
        "ne va pas avec ce bulletin",
        "value=\"Gare\"",
        "href=\"#rule\"",
    ]);
}

#[tokio::test]
async fn a_change_keeps_what_the_page_does_not_ask_and_overwrites_nobody() {
    let site = officer(BudgetState::Draft).await;
    let rule = AllocationRule {
        ties: vec![TieBreak::HighestCost.into()],
        increment: 5,
        ..city::budget(BudgetState::Draft).allocation_rule.unwrap()
    };
    let there = Budget { allocation_rule: Some(rule), etag: "b1".into(), ..city::budget(BudgetState::Draft) };
    site.double.give::<GetBudgetRequest, _>(GetBudgetResponse { budget: Some(there.clone()) });
    site.double.give::<UpdateBudgetRequest, _>(UpdateBudgetResponse { budget: Some(there) });
    let form = site.get(&path("/edit")).await;
    form.is(200).shows(&["value=\"10 000\"", "value=\"equal-shares\" checked"]);
    assert_eq!(form.hidden("etag"), "b1");
    let fields = [
        ("title", "Toute la ville"),
        ("amount", "12 000"),
        ("ballot", "approval"),
        ("rule", "equal-shares"),
        ("completion", "add1"),
        ("etag", "b1"),
    ];
    site.post(&path("/edit"), &fields).await.is(303);
    let asked = site.double.calls::<UpdateBudgetRequest>().pop().unwrap().0;
    let rule = asked.allocation_rule.unwrap();
    assert_eq!((asked.amount, asked.etag.as_str(), rule.increment), (1_200_000, "b1", 5));
    assert_eq!(rule.ties, [TieBreak::HighestCost as i32]);
    site.double.on(|_: &UpdateBudgetRequest| {
        Err::<UpdateBudgetResponse, _>(
            ApiError::new(ErrorCode::Aborted, Reason::EtagMismatch, "changed").into(),
        )
    });
    site.post(&path("/edit"), &fields).await.is(409).shows(&["value=\"12 000\""]);
    let frozen = officer(BudgetState::Frozen).await;
    frozen.get(&path("/edit")).await.is(409);
}

#[tokio::test]
async fn projects_are_funded_in_part_where_the_rule_can() {
    let site = officer(BudgetState::Draft).await;
    let rule = AllocationRule { kind: RuleKind::Greedy.into(), part_from_percent: 40, ..Default::default() };
    let there = Budget { allocation_rule: Some(rule), etag: "b1".into(), ..city::budget(BudgetState::Draft) };
    site.double.give::<GetBudgetRequest, _>(GetBudgetResponse { budget: Some(there.clone()) });
    site.double.give::<UpdateBudgetRequest, _>(UpdateBudgetResponse { budget: Some(there) });
    site.get(&path("/edit")).await.is(200).shows(&["Financer un projet en partie", "value=\"40\""]);
    // The Method of Equal Shares funds nothing in part.
    let typed =
        [("greedy", "25", 25), ("greedy-no-skip", "", 0), ("equal-shares", "25", 0), ("phragmen", "25", 0)];
    for (rule, part, kept) in typed {
        let fields = [
            ("title", "Toute la ville"),
            ("amount", "12 000"),
            ("ballot", "approval"),
            ("rule", rule),
            ("part", part),
            ("completion", "add1"),
            ("etag", "b1"),
        ];
        site.post(&path("/edit"), &fields).await.is(303);
        let asked = site.double.calls::<UpdateBudgetRequest>().pop().unwrap().0;
        assert_eq!(asked.allocation_rule.unwrap().part_from_percent, kept, "{rule}");
    }
    let all = [("title", "T"), ("amount", "1"), ("ballot", "approval"), ("rule", "greedy"), ("part", "100")];
    site.post(&path("/edit"), &all).await.is(422).shows(&["de 1 à 99", "href=\"#part\"", "value=\"100\""]);
}

#[tokio::test]
async fn projects_are_added_changed_and_taken_out() {
    let site = officer(BudgetState::Draft).await;
    site.double.give::<BatchCreateProjectsRequest, _>(BatchCreateProjectsResponse::default());
    let form = site.get(&path("/projects/new")).await;
    let id = form.hidden("request_id");
    site.post(&path("/projects/new"), &[("title", ""), ("cost", "x"), ("request_id", &id)])
        .await
        .is(422)
        .shows(&["href=\"#title\"", "href=\"#cost\""]);
    site.post(
        &path("/projects/new"),
        &[("title", "Banc"), ("cost", "1 200,5"), ("categories", "Parcs, Eau"), ("request_id", &id)],
    )
    .await
    .is(303);
    let asked = site.double.calls::<BatchCreateProjectsRequest>().pop().unwrap().0;
    assert_eq!((asked.projects[0].cost, asked.request_id.as_str()), (120_050, id.as_str()));
    assert_eq!(asked.projects[0].categories, ["Parcs", "Eau"]);
    site.get(&project_path("")).await.is(200).shows(&["value=\"3 000\"", "Supprimer le projet"]);
    site.double.on(|_: &UpdateProjectRequest| {
        let error = ApiError::new(ErrorCode::AlreadyExists, Reason::ResourceAlreadyExists, "taken");
        Err::<UpdateProjectResponse, _>(
            error.with_violation("values.reference", "must be new in the budget").into(),
        )
    });
    site.post(&project_path(""), &[("title", "Écluse"), ("cost", "5"), ("reference", "2")])
        .await
        .is(422)
        .shows(&["porte déjà ce numéro", "value=\"2\""]);
    site.double.give::<DeleteProjectRequest, _>(DeleteProjectResponse {});
    site.get(&project_path("/delete"))
        .await
        .is(200)
        .shows(&["Supprimer « Écluse »", "La proposition dont il vient reste"]);
    site.post(&project_path("/delete"), &[]).await.is(422);
    assert!(site.double.calls::<DeleteProjectRequest>().is_empty());
    site.post(&project_path("/delete"), &[("sure", "yes")]).await.is(303);
}

#[tokio::test]
async fn a_project_has_a_point_on_the_map() {
    let site = officer(BudgetState::Draft).await;
    site.double.give::<BatchCreateProjectsRequest, _>(BatchCreateProjectsResponse::default());
    site.double.give::<UpdateProjectRequest, _>(UpdateProjectResponse::default());
    let typed = |latitude, longitude| {
        [("title", "Banc"), ("cost", "5"), ("latitude", latitude), ("longitude", longitude)]
    };
    site.post(&path("/projects/new"), &typed("45.75", "4.85")).await.is(303);
    let asked = site.double.calls::<BatchCreateProjectsRequest>().pop().unwrap().0;
    assert_eq!((asked.projects[0].latitude, asked.projects[0].longitude), (45.75, 4.85));
    site.post(&path("/projects/new"), &typed("95", "4.85")).await.is(422).shows(&["href=\"#address\""]);
    // The point that is there stays, unless it is taken away.
    let placed = Project { latitude: 45.75, longitude: 4.85, ..city::projects().remove(0) };
    site.double.give::<GetProjectRequest, _>(GetProjectResponse { project: Some(placed) });
    assert_eq!(site.get(&project_path("")).await.is(200).hidden("longitude"), "4.85");
    for (fields, latitude) in [(&typed("", "")[..2], 45.75_f64), (&typed("", "")[..], 0.0)] {
        site.post(&project_path(""), fields).await.is(303);
        let asked = site.double.calls::<UpdateProjectRequest>().pop().unwrap().0;
        let values = asked.values.unwrap();
        assert!((values.latitude - latitude).abs() < 1e-9, "{values:?}");
    }
}

#[tokio::test]
async fn a_table_is_shown_before_it_is_added_and_faults_name_their_lines() {
    let site = officer(BudgetState::Draft).await;
    site.double.give::<BatchCreateProjectsRequest, _>(BatchCreateProjectsResponse::default());
    site.get(&path("/table")).await.is(200);
    let post =
        async |table: &str, to: &str| site.post(&path("/table"), &[("table", table), ("to", to)]).await;
    post("", "check").await.is(422).shows(&["Collez un tableau"]);
    post("nom;x\nA;1", "check").await.is(422).shows(&["La colonne « coût » manque"]);
    let wrong = post("titre\tcoût\tn°\nBanc\tcher\t1\n\t5\t2\nArbre\t5\t10", "check").await;
    wrong.is(422).shows(&["Ligne 2", "Ligne 3", "Le numéro 10 est déjà celui", "Banc"]);
    let good = "titre\tcoût\tcatégories\nBanc\t1 200\tParcs\nArbre\t5,5\t";
    let shown = post(good, "check").await;
    shown.is(200).shows(&["2 projets, pour 1 205,50 € en tout", "prochain numéro", "Ajouter ces 2 projets"]);
    assert!(site.double.calls::<BatchCreateProjectsRequest>().is_empty());
    let id = shown.hidden("request_id");
    site.post(&path("/table"), &[("table", good), ("to", "add"), ("request_id", &id)]).await.is(303);
    let asked = site.double.calls::<BatchCreateProjectsRequest>().pop().unwrap().0;
    assert_eq!((asked.projects.len(), asked.projects[1].cost, asked.request_id), (2, 550, id));
    site.double.on(|_: &BatchCreateProjectsRequest| {
        let error = ApiError::invalid_field("projects[1].title", "no");
        Err::<BatchCreateProjectsResponse, _>(error.into())
    });
    post(good, "add").await.is(422).shows(&["Ligne 3"]);
}

#[tokio::test]
async fn accepted_proposals_become_projects() {
    let site = officer(BudgetState::Draft).await;
    let other = "0192f0c1-0000-7000-8000-0000000000aa";
    let proposal = |id: &str, title: &str| Proposal {
        proposal_id: id.into(),
        title: title.into(),
        state: ProposalState::Accepted.into(),
        estimated_cost: 150_000,
        ..Proposal::default()
    };
    let proposals = vec![proposal(city::PROPOSAL, "Déjà là"), proposal(other, "Un jardin")];
    site.double
        .give::<ListProposalsRequest, _>(ListProposalsResponse { proposals, next_page_token: String::new() });
    site.get(&path("/import")).await.is(200).shows(&["Un jardin", "1 500 €"]).hides(&["Déjà là"]);
    site.post(&path("/import"), &[]).await.is(422).shows(&["Cochez au moins une proposition"]);
    site.double.give::<ImportProposalsRequest, _>(ImportProposalsResponse::default());
    site.post(&path("/import"), &[("proposal", other)]).await.is(303);
    assert_eq!(site.double.calls::<ImportProposalsRequest>().pop().unwrap().0.proposal_ids, [other]);
    site.double.give::<ListProposalsRequest, _>(ListProposalsResponse::default());
    site.get(&path("/import")).await.is(200).shows(&["Répondez d’abord aux propositions"]);
}

fn schedule<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("roll", ROLL),
        ("open_day", "2026-06-11"),
        ("open_time", "08:00"),
        ("close_day", "2026-06-11"),
        ("close_time", ""),
        ("paper_days", "3"),
        ("age", "16"),
    ];
    fields.extend_from_slice(more);
    fields
}

#[tokio::test]
async fn a_vote_is_shown_with_what_is_said_of_it_before_it_is_scheduled() {
    let site = officer(BudgetState::Draft).await;
    site.double.on(|request: &ScheduleVoteRequest| {
        let warning = VoteWarning {
            kind: VoteWarningKind::MembersWithoutBirthDate.into(),
            count: 3,
            ..VoteWarning::default()
        };
        let state = if request.validate_only { BudgetState::Draft } else { BudgetState::Frozen };
        Ok(ScheduleVoteResponse {
            budget: Some(city::budget(state)),
            elector_count: 1_204,
            electors: Vec::new(),
            warnings: vec![warning],
        })
    });
    site.get(&path("/schedule")).await.is(200).shows(&["Habitants 2026", "Phase de vote"]);
    let check = site.post(&path("/schedule"), &schedule(&[("to", "check")])).await;
    check.is(200).shows(&[
        "1 204 personnes",
        "3 personnes sans date de naissance",
        "11 juin 2026 à 08:00",
        "sont figés",
        "14 juin 2026",
    ]);
    let asked = site.double.calls::<ScheduleVoteRequest>();
    assert!(asked.iter().all(|(request, _)| request.validate_only));
    // The day ends at midnight in Paris.
    assert_eq!(asked[0].0.close_time.unwrap().seconds, 1_781_215_200);
    site.post(&path("/schedule"), &schedule(&[("to", "schedule")])).await.is(422).shows(&["Cochez la case"]);
    assert!(site.double.calls::<ScheduleVoteRequest>().iter().all(|(request, _)| request.validate_only));
    site.post(&path("/schedule"), &schedule(&[("to", "change")]))
        .await
        .is(200)
        .shows(&["value=\"2026-06-11\"", "value=\"16\""]);
    site.post(&path("/schedule"), &schedule(&[("to", "schedule"), ("sure", "yes")])).await.is(303);
    assert!(!site.double.calls::<ScheduleVoteRequest>().pop().unwrap().0.validate_only);
}

#[tokio::test]
async fn what_is_refused_stands_at_the_field() {
    let site = officer(BudgetState::Draft).await;
    let wrong = schedule(&[("to", "check")])
        .into_iter()
        .map(|(name, value)| (name, if name == "open_day" { "demain" } else { value }));
    site.post(&path("/schedule"), &wrong.collect::<Vec<_>>()).await.is(422).shows(&["href=\"#open_day\""]);
    let refuse = |reason: Reason, field: &'static str| {
        site.double.on(move |_: &ScheduleVoteRequest| {
            Err::<ScheduleVoteResponse, _>(
                ApiError::precondition(reason, "no").with_violation(field, "must not").into(),
            )
        });
    };
    refuse(Reason::NobodyEligible, "minimum_age");
    site.post(&path("/schedule"), &schedule(&[("to", "check")])).await.is(422).shows(&[
        "href=\"#age\"",
        "n’a cet âge",
        "value=\"16\"",
    ]);
    refuse(Reason::PhaseNotOpen, "open_time");
    site.post(&path("/schedule"), &schedule(&[("to", "check")]))
        .await
        .is(422)
        .shows(&["href=\"#open_day\"", "pendant une phase de vote"]);
    refuse(Reason::ProcessNotPublished, "process_id");
    site.post(&path("/schedule"), &schedule(&[("to", "check")]))
        .await
        .is(409)
        .shows(&["La démarche n’est pas publiée"]);
    refuse(Reason::RuleNotApplicable, "ballot_rule.min_choices");
    site.post(&path("/schedule"), &schedule(&[("to", "check")]))
        .await
        .is(409)
        .shows(&["Aucun bulletin ne pourrait respecter"]);
    furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Scheduled);
    site.get(&path("/schedule")).await.is(200).shows(&["n’a pas de phase de vote"]).hides(&["name=\"roll\""]);
}

#[tokio::test]
async fn a_funded_project_is_followed_up() {
    let site = officer(BudgetState::Decided).await;
    let funded = |_: &GetProjectRequest| {
        let report = ProgressReport {
            percent_done: 20,
            spent: 50_000,
            status: ProjectStatus::Planning.into(),
            ..ProgressReport::default()
        };
        let project = Project {
            status: ProjectStatus::Planning.into(),
            progress_reports: vec![report],
            ..city::projects().remove(0)
        };
        Ok(GetProjectResponse { project: Some(project) })
    };
    site.double.on(funded);
    site.double.give::<ReportProgressRequest, _>(ReportProgressResponse::default());
    site.get(&path("")).await.is(200).shows(&["Données ouvertes", "result.pb", "result.json"]);
    let form = site.get(&project_path("/progress")).await;
    form.is(200).shows(&[
        "value=\"20\"",
        "value=\"500\"",
        "value=\"planning\" checked",
        "Comptes rendus précédents",
    ]);
    let id = form.hidden("request_id");
    let wrong = [("status", "given-up"), ("percent", "120"), ("spent", "?"), ("request_id", id.as_str())];
    site.post(&project_path("/progress"), &wrong).await.is(422).shows(&[
        "href=\"#percent\"",
        "href=\"#spent\"",
        "href=\"#note\"",
        "value=\"120\"",
    ]);
    let good = [
        ("status", "finished"),
        ("percent", "100"),
        ("spent", "2 999,90"),
        ("note", "Livré."),
        ("request_id", id.as_str()),
    ];
    site.post(&project_path("/progress"), &good).await.is(303);
    let asked = site.double.calls::<ReportProgressRequest>().pop().unwrap().0;
    assert_eq!((asked.status(), asked.spent, asked.percent_done), (ProjectStatus::Finished, 299_990, 100));
    assert_eq!((asked.project_id.as_str(), asked.request_id), (PROJECT, id));
    // One that was not funded has nothing to report.
    let site = officer(BudgetState::Decided).await;
    site.get(&project_path("/progress")).await.is(409);
}

#[tokio::test]
async fn two_rules_are_tried_on_a_file() {
    let site = officer(BudgetState::Draft).await;
    let file = "META\nkey;value\ndescription;x\ncountry;France\nunit;X\ninstance;2025\nnum_projects;3\nnum_votes;5\n\
        budget;100\nvote_type;approval\nrule;greedy\ndate_begin;2025\ndate_end;2025\ncurrency;EUR\n\
        PROJECTS\nproject_id;cost;votes;name\na;100;3;Grand <b>\nb;50;2;Petit\nc;50;2;Autre\n\
        VOTES\nvoter_id;vote\n1;a\n2;a\n3;a\n4;b,c\n5;b,c\n";
    site.get("/fr/office/budgets/try").await.is(200).shows(&["Il n’est pas conservé"]);
    let rules = [("first", "greedy"), ("second", "phragmen")];
    let page = site.upload("/fr/office/budgets/try", &rules, "a.pb", file.as_bytes()).await;
    page.is(200).shows(&["Grand &lt;b&gt;", "3 sur 5", "60 %", "Les plus soutenus d’abord", "100 EUR"]);
    site.upload("/fr/office/budgets/try", &rules, "a.pb", b"no election")
        .await
        .is(422)
        .shows(&["n’est pas un fichier .pb", "href=\"#file\""]);
    site.upload("/fr/office/budgets/try", &rules, "a.pb", b"")
        .await
        .is(422)
        .shows(&["Choisissez un fichier"]);
    site.upload(
        "/fr/office/budgets/try",
        &[("first", "none"), ("second", "greedy")],
        "a.pb",
        file.as_bytes(),
    )
    .await
    .is(422)
    .shows(&["href=\"#first\""]);
    assert_eq!(city::budget(BudgetState::Draft).budget_id, BUDGET);
}
