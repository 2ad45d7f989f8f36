//! The whole process as open data.

use comitia_platform::ApiError;
use comitia_proto::budgets::v1::*;
use comitia_proto::proposals::v1::*;
use comitia_proto::spaces::v1::*;
use comitia_proto::voting::v1::*;
use tonic::Status;

use crate::city::{BUDGET, PROCESS, furnish, process_path, proposal};
use crate::site::Site;

fn data() -> String {
    format!("/fr{}/data", process_path())
}

fn result_file(extension: &str) -> String {
    format!("result-{}.{extension}", BUDGET.replace('-', ""))
}

/// A city with a decided budget, and two pages of proposals.
async fn decided() -> Site {
    let site = Site::open().await;
    furnished(&site);
    site
}

fn furnished(site: &Site) {
    furnish(site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    site.double.on(|asked: &ListProposalsRequest| {
        let hidden = Proposal {
            proposal_id: "0192f0c1-0000-7000-8000-00000000d001".into(),
            title: "Une injure".into(),
            hidden: true,
            ..proposal()
        };
        let named = Proposal {
            author_kind: AuthorKind::Person.into(),
            author_name: "Zoë Martin".into(),
            ..proposal()
        };
        let of_association = Proposal {
            title: "=HYPERLINK(1)".into(),
            author_kind: AuthorKind::Association.into(),
            author_name: "Les Amis du parc".into(),
            ..proposal()
        };
        Ok(match asked.page_token.as_str() {
            "" => ListProposalsResponse { proposals: vec![named, hidden], next_page_token: "second".into() },
            _ => ListProposalsResponse { proposals: vec![of_association], ..Default::default() },
        })
    });
    site.double.give::<ExportResultRequest, _>(ExportResultResponse {
        content: "META\nkey;value\n".into(),
        ..Default::default()
    });
}

#[tokio::test]
async fn a_public_page_lists_the_files_with_their_sizes() {
    let site = decided().await;
    site.get(&format!("/fr{}", process_path())).await.shows(&["/data\"", "Télécharger toutes les données"]);
    let page = site.get(&data()).await;
    page.is(200).shows(&[
        "README.md",
        "process.json",
        "areas.geojson",
        "proposals.csv",
        "projects.csv",
        "participation.csv",
        &result_file("pb"),
        &result_file("json"),
        "1 ko",
        "n’a pas indiqué de licence",
        "aucune donnée personnelle",
    ]);
    assert!(page.header("cache-control").starts_with("public"), "{page:?}");
    site.get(&data().replace("/fr/", "/en/")).await.is(200).shows(&["Open data"]);
    // Sizes are remembered: the files are not made again for each reader.
    let asked = site.double.calls::<ListProposalsRequest>().len();
    site.get(&data()).await.is(200);
    assert_eq!(site.double.calls::<ListProposalsRequest>().len(), asked);
    site.get(&format!("{}/nothing.csv", data())).await.is(404);
}

#[tokio::test]
async fn the_proposals_are_whole_without_names_of_people_and_hidden_texts() {
    let site = decided().await;
    let file = site.get(&format!("{}/proposals.csv", data())).await;
    file.is(200).shows(&[
        "proposal_id,title,body,state,",
        "Les Amis du parc",
        "'=HYPERLINK(1)",
        "PROPOSAL_STATE_SUBMITTED",
        "2026-06-10",
    ]);
    file.hides(&["Zoë", "Une injure"]);
    assert_eq!(file.text.matches("proposal_id,title").count(), 1);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"proposals.csv\"");
    assert_eq!(file.header("x-robots-tag"), "noindex");
    let tokens: Vec<_> =
        site.double.calls::<ListProposalsRequest>().into_iter().map(|(asked, _)| asked.page_token).collect();
    assert_eq!(tokens, ["", "second"]);
}

#[tokio::test]
async fn the_other_files_hold_what_the_pages_show() {
    let site = decided().await;
    let process = site.get(&format!("{}/process.json", data())).await;
    let process: serde_json::Value = serde_json::from_str(&process.is(200).text).unwrap();
    assert_eq!(process["processId"], PROCESS);
    assert_eq!(process["phases"].as_array().unwrap().len(), 3);
    assert_eq!(process["budgets"][0]["amount"], "1000000");
    let areas = site.get(&format!("{}/areas.geojson", data())).await;
    let areas: serde_json::Value = serde_json::from_str(&areas.is(200).text).unwrap();
    assert_eq!(areas["type"], "FeatureCollection");
    site.get(&format!("{}/projects.csv", data())).await.is(200).shows(&[
        "cost_minor_units,currency",
        "Écluse",
        "EUR",
    ]);
    site.get(&format!("{}/participation.csv", data())).await.is(200).shows(&["ballot_count"]);
    site.get(&format!("{}/{}", data(), result_file("pb"))).await.is(200).shows(&["META"]);
    let result = site.get(&format!("{}/{}", data(), result_file("json"))).await;
    let result: serde_json::Value = serde_json::from_str(&result.is(200).text).unwrap();
    assert_eq!(result["result"]["budgetId"], BUDGET);
    let readme = site.get(&format!("{}/README.md", data())).await;
    readme.is(200).shows(&["# Budget 2026", "- `author_kind`:", "### projects.csv", "Ville de Lyon"]);
    site.get(&format!("{}/README.md", data().replace("/fr/", "/en/"))).await.shows(&["id of the proposal"]);
}

#[tokio::test]
async fn the_licence_is_the_organizations() {
    let site = decided().await;
    let license = OrganizationText {
        kind: OrganizationTextKind::License.into(),
        language: "fr".into(),
        body: "[Licence Ouverte 2.0](https://www.etalab.gouv.fr/licence-ouverte-open-licence/)".into(),
    };
    let organization =
        Organization { texts: vec![license], languages: vec!["fr".into()], ..Organization::default() };
    site.double
        .give::<GetOrganizationRequest, _>(GetOrganizationResponse { organization: Some(organization) });
    site.get(&data()).await.is(200).shows(&["Licence Ouverte 2.0</a>"]).hides(&["pas indiqué de licence"]);
    site.get(&format!("{}/README.md", data())).await.shows(&["[Licence Ouverte 2.0]"]);
}

#[tokio::test]
async fn what_is_not_published_is_in_no_file_whoever_asks() {
    // Staff see the process, and everybody else does not.
    let site = Site::staff(&[comitia_proto::common::v1::Role::Administrator]).await;
    furnished(&site);
    let page = site.get(&data()).await;
    page.is(200);
    for (_, metadata) in site.double.calls::<GetProcessRequest>() {
        assert!(metadata.get("authorization").is_none(), "asked as staff");
    }
    for (_, metadata) in site.double.calls::<ListProposalsRequest>() {
        assert!(metadata.get("authorization").is_none(), "asked as staff");
    }
    site.double.on(|_: &GetProcessRequest| -> Result<GetProcessResponse, Status> {
        Err(ApiError::not_found("process").into())
    });
    site.get(&data()).await.is(404);
    site.get(&format!("{}/proposals.csv", data())).await.is(404);
}

#[tokio::test]
async fn a_process_without_a_vote_has_no_results_and_its_tables_have_their_heads() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Unspecified);
    site.double.give::<ListBudgetsRequest, _>(ListBudgetsResponse::default());
    site.double.give::<ListProposalsRequest, _>(ListProposalsResponse::default());
    site.get(&data()).await.is(200).hides(&["participation.csv", "result-"]);
    let projects = site.get(&format!("{}/projects.csv", data())).await;
    assert_eq!(projects.is(200).text.lines().count(), 1);
    let proposals = site.get(&format!("{}/proposals.csv", data())).await;
    assert_eq!(proposals.is(200).text.lines().count(), 1);
}
