//! Maps: what they are drawn on, from where tiles come, and the place of a proposal.

use comitia_portal::TilesConfig;
use comitia_proto::budgets::v1::*;
use comitia_proto::proposals::v1::*;
use comitia_proto::spaces::v1::{
    AreaOutline, ListAreaOutlinesRequest, ListAreaOutlinesResponse, PhaseKind, Ring,
};
use comitia_proto::voting::v1::PollState;

use crate::city::{self, furnish, process_path, project_path, proposal, proposal_path};
use crate::site::{Page, Site};

const TILES: &str = "https://tiles.example.org:8443";

async fn city_with(tiles: bool) -> Site {
    let url = if tiles { format!("{TILES}/{{z}}/{{x}}/{{y}}.png") } else { String::new() };
    let site =
        Site::open_with(TilesConfig { url, attribution: "© Somebody <b>".into(), ..TilesConfig::default() })
            .await;
    furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Scheduled);
    let place = |latitude, longitude| Place { address: "Place du Marché".into(), latitude, longitude };
    let placed = Proposal { place: Some(place(45.757_813, 4.832_011)), ..proposal() };
    site.double.give::<ListProposalsRequest, _>(ListProposalsResponse {
        proposals: vec![placed.clone(), Proposal { place: None, ..proposal() }],
        next_page_token: String::new(),
    });
    site.double.give::<GetProposalRequest, _>(GetProposalResponse { proposal: Some(placed) });
    site
}

fn policy(page: &Page) -> String {
    page.header("content-security-policy").to_owned()
}

/// Whether the page has a map that moves. A build without Leaflet has none.
fn moves(page: &Page) -> bool {
    page.text.contains("data-map")
}

#[tokio::test]
async fn tiles_are_in_the_policy_of_pages_with_a_map_alone() {
    let site = city_with(true).await;
    let page = site.get(&format!("/fr{}", proposal_path())).await;
    page.is(200).shows(&["Place du Marché"]);
    assert_eq!(policy(&page).contains(&format!("img-src 'self' data: {TILES};")), moves(&page), "{page:?}");
    if moves(&page) {
        page.shows(&[
            "© Somebody &lt;b&gt;",
            "tiles.example.org, qui voit l’adresse IP",
            "data-latitude=\"45.757813\"",
            "/assets/js-map.",
        ]);
        assert!(!page.text.contains(" style=\""), "{page:?}");
    }
    for other in ["/fr".to_owned(), format!("/fr{}", process_path()), format!("/fr{}", project_path())] {
        let page = site.get(&other).await;
        page.is(200).hides(&["data-map", "js-map"]);
        assert!(!policy(&page).contains(TILES), "{other}");
    }
}

#[tokio::test]
async fn a_project_with_a_position_has_a_map() {
    let site = city_with(true).await;
    let project = Project { latitude: 45.75, longitude: 4.85, ..city::projects().remove(0) };
    site.double.give::<GetProjectRequest, _>(GetProjectResponse { project: Some(project) });
    let page = site.get(&format!("/fr{}", project_path())).await;
    page.is(200).shows(&["Quai du Rhône"]);
    assert_eq!(policy(&page).contains(TILES), moves(&page));
}

#[tokio::test]
async fn proposals_are_shown_on_a_map_and_in_its_list() {
    let site = city_with(true).await;
    let path = format!("/fr{}/proposals", process_path());
    site.get(&path).await.is(200).shows(&["?view=map"]).hides(&["data-map"]);
    let page = site.get(&format!("{path}?view=map&area=north")).await;
    page.is(200).shows(&[
        "1 proposition sur la carte",
        "1 proposition n’a pas de point sur la carte",
        "proposals?area=north",
        "name=\"view\" value=\"map\"",
        "Place du Marché",
    ]);
    assert_eq!(site.double.calls::<ListProposalsRequest>().pop().unwrap().0.page_size, 500);
}

#[tokio::test]
async fn without_anything_to_draw_on_there_is_the_list_alone() {
    let site = city_with(false).await;
    let path = format!("/fr{}/proposals", process_path());
    site.get(&path).await.is(200).hides(&["view=map"]);
    site.get(&format!("{path}?view=map")).await.is(200).hides(&["data-map", "sur la carte"]);
    site.get(&format!("/fr{}", proposal_path()))
        .await
        .is(200)
        .shows(&["Place du Marché"])
        .hides(&["data-map"]);
}

#[tokio::test]
async fn outlines_of_areas_are_a_picture_without_tiles_and_script() {
    let site = city_with(false).await;
    let square = [4_800_000, 45_700_000, 4_900_000, 45_700_000, 4_900_000, 45_800_000];
    site.double.give::<ListAreaOutlinesRequest, _>(ListAreaOutlinesResponse {
        outlines: vec![AreaOutline {
            code: "north".into(),
            rings: vec![Ring { positions: square.to_vec() }],
        }],
        next_page_token: String::new(),
    });
    let page = site.get(&format!("/fr{}", proposal_path())).await;
    page.is(200).shows(&["role=\"img\"", "<title>Quartier Nord</title>", "<circle"]);
    let list = format!("/fr{}/proposals", process_path());
    site.get(&list).await.is(200).shows(&["?view=map"]);
    site.get(&format!("{list}?view=map")).await.is(200).shows(&["Carte avec 1 proposition", "<path"]);
}

#[tokio::test]
async fn the_point_of_a_proposal_travels_to_the_end() {
    let site = city_with(true).await.sign_in().await;
    let path = format!("/fr{}/proposals/new", process_path());
    let mut fields = vec![
        ("title", "Des arbres"),
        ("body", "Il faut de l’ombre."),
        ("latitude", "45.757813"),
        ("longitude", "4.832011"),
        ("to", "details"),
    ];
    let page = site.post(&path, &fields).await;
    page.is(200);
    assert_eq!(
        (page.hidden("latitude").as_str(), page.hidden("longitude").as_str()),
        ("45.757813", "4.832011")
    );
    assert_eq!(policy(&page).contains(TILES), moves(&page));
    fields.pop();
    fields.push(("to", "check"));
    let page = site.post(&path, &fields).await;
    page.is(200).shows(&["45.75781, 4.83201"]);
    assert_eq!(page.hidden("latitude"), "45.757813");
    site.double.give::<SubmitProposalRequest, _>(SubmitProposalResponse { proposal: Some(proposal()) });
    fields.pop();
    fields.push(("to", "send"));
    site.post(&path, &fields).await.is(303);
    let sent = site.double.calls::<SubmitProposalRequest>().pop().unwrap().0;
    let place = sent.place.unwrap();
    assert_eq!((place.latitude, place.longitude, place.address.as_str()), (45.757_813, 4.832_011, ""));
    // What no map wrote is said to be wrong beside the place.
    let odd = [
        ("title", "Des arbres"),
        ("body", "Il faut de l’ombre."),
        ("latitude", "95"),
        ("longitude", "x"),
        ("to", "check"),
    ];
    site.post(&path, &odd).await.is(422).shows(&["href=\"#place\"", "Choisissez à nouveau le point"]);
}
