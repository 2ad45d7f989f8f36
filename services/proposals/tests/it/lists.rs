use comitia_bus::Event;
use comitia_platform::auth::Role;
use comitia_proposals::consumers;
use comitia_proto::events::v1::OrganizationUpdated;
use comitia_proto::proposals::v1 as proto;
use comitia_proto::proposals::v1::ProposalState;
use comitia_proto::proposals::v1::proposal_service_server::ProposalService;

use crate::harness::{Harness, refusal};

fn all(harness: &Harness) -> proto::ListProposalsRequest {
    proto::ListProposalsRequest { process_id: harness.process.to_string(), ..Default::default() }
}

/// The titles that anybody sees.
async fn titles(harness: &Harness, request: proto::ListProposalsRequest) -> Vec<String> {
    let answer = harness.grpc.list_proposals(harness.anybody(request)).await.unwrap().into_inner();
    answer.proposals.into_iter().map(|proposal| proposal.title).collect()
}

async fn submit(harness: &Harness, title: &str, body: &str, area: &str, category: &str) -> proto::Proposal {
    let request = proto::SubmitProposalRequest {
        title: title.into(),
        body: body.into(),
        area_code: area.into(),
        category: category.into(),
        ..harness.submission()
    };
    harness.submit(request).await.unwrap()
}

#[tokio::test]
async fn proposals_are_found_by_all_their_words() {
    let harness = Harness::start().await;
    submit(&harness, "Park Źródliska", "Posadzić drzewa w parku.", "", "").await;
    let moved = submit(&harness, "Straßenbahn", "A tram for Œuvre street, please!", "", "").await;
    submit(&harness, "Дерева в парку", "Більше дерев у центрі міста.", "", "").await;
    let search = async |query: &str| {
        titles(&harness, proto::ListProposalsRequest { query: query.into(), ..all(&harness) }).await
    };
    for query in ["park", "ZRODLISKA", "źródliska drzewa", "parku  posadzic!"] {
        assert_eq!(search(query).await, ["Park Źródliska"], "{query}");
    }
    assert_eq!(search("strassenbahn oeuvre").await, ["Straßenbahn"]);
    assert_eq!(search("ЦЕНТРІ").await, ["Дерева в парку"]);
    for query in ["park tram", "par", "drzewo", "it's; DROP TABLE '"] {
        assert!(search(query).await.is_empty(), "{query}");
    }
    // Blanks ask for nothing, and signs for nothing that there is.
    assert_eq!(search("  ").await.len(), 3);
    for query in [" !&| ", "%", "\u{1f333}"] {
        let request = proto::ListProposalsRequest { query: query.into(), ..all(&harness) };
        let refused = refusal(harness.grpc.list_proposals(harness.anybody(request)).await);
        assert_eq!(refused, ("INVALID_ARGUMENT FIELD_INVALID".into(), vec!["query".into()]), "{query}");
    }

    let update = proto::UpdateProposalRequest {
        proposal_id: moved.proposal_id,
        body: "A bicycle path instead.".into(),
        ..Default::default()
    };
    harness.rewrite("author", update).await.unwrap();
    assert!(search("tram").await.is_empty());
    assert_eq!(search("bicycle strassenbahn").await, ["Straßenbahn"]);
}

#[tokio::test]
async fn words_are_found_in_every_form_and_script() {
    let harness = Harness::start().await;
    for (title, body) in [
        ("More trees for our streets", "Planting lime trees along the pavement."),
        ("Des écoles plantées d'arbres", "Végétaliser les cours d'école du quartier."),
        ("在公园种更多的树", "我们希望在城市公园里种植更多的树木和花草。"),
        ("公園に木を植える", "子どものために公園に木をもっと植えましょう。"),
        ("ปลูกต้นไม้ในสวน", "ปลูกต้นไม้เพิ่มในสวนสาธารณะของเมือง"),
        ("زراعة الأشجار في الحديقة", "نريد زراعة المزيد من الأشجار في حديقة المدينة."),
        ("Больше деревьев в парках", "Посадим деревья во всех парках города."),
    ] {
        submit(&harness, title, body, "", "").await;
    }
    let search = async |query: &str| {
        titles(&harness, proto::ListProposalsRequest { query: query.into(), ..all(&harness) }).await
    };
    for (query, title) in [
        ("tree", "More trees for our streets"),
        ("planted STREET", "More trees for our streets"),
        ("the trees of a street", "More trees for our streets"),
        ("arbre", "Des écoles plantées d'arbres"),
        ("planter une ecole", "Des écoles plantées d'arbres"),
        ("les arbres", "Des écoles plantées d'arbres"),
        ("城市公园", "在公园种更多的树"),
        ("公園", "公園に木を植える"),
        ("植えましょう", "公園に木を植える"),
        ("ต้นไม้", "ปลูกต้นไม้ในสวน"),
        ("أشجار", "زراعة الأشجار في الحديقة"),
        ("парк", "Больше деревьев в парках"),
        ("деревья", "Больше деревьев в парках"),
    ] {
        assert_eq!(search(query).await, [title], "{query}");
    }
    for query in ["treasure", "école tram", "汽车", "รถไฟ", "سيارة"] {
        assert!(search(query).await.is_empty(), "{query}");
    }
}

#[tokio::test]
async fn what_an_earlier_version_indexed_is_indexed_again() {
    let harness = Harness::start().await;
    harness.proposal().await;
    sqlx::query("UPDATE proposals.words SET words = array_to_tsvector(ARRAY['trees']), version = 1")
        .execute(&harness.admin)
        .await
        .unwrap();
    let query = proto::ListProposalsRequest { query: "plants".into(), ..all(&harness) };
    assert!(titles(&harness, query.clone()).await.is_empty());
    assert_eq!(comitia_proposals::app::indexing::run(&harness.app).await.unwrap(), 1);
    assert_eq!(titles(&harness, query).await, ["More trees"]);
    assert_eq!(comitia_proposals::app::indexing::run(&harness.app).await.unwrap(), 0);
}

#[tokio::test]
async fn stems_are_those_of_the_organizations_languages() {
    let harness = Harness::start().await;
    let text = "A text that is long enough.";
    harness.spaces.speak(&["de"]);
    submit(&harness, "Bäume für den Markt", text, "", "").await;
    submit(&harness, "Lighting of the lanes", text, "", "").await;
    let find = async |query: &str| {
        titles(&harness, proto::ListProposalsRequest { query: query.into(), ..all(&harness) }).await
    };
    assert_eq!(find("Bäumen").await, ["Bäume für den Markt"]);
    assert!(find("light").await.is_empty(), "English is none of the languages");
    // The organization speaks another one; its proposals are indexed anew, and again only when that changes.
    harness.spaces.speak(&["en", "pl"]);
    for outdated in [2, 0] {
        let event = Event::new(
            &harness.clock,
            "spaces.organization.updated",
            Some(harness.city),
            harness.city,
            &OrganizationUpdated::default(),
        );
        consumers::organization(&harness.app, event).await.unwrap();
        assert_eq!(comitia_proposals::app::indexing::run(&harness.app).await.unwrap(), outdated);
    }
    assert_eq!(find("light lane").await, ["Lighting of the lanes"]);
    assert!(find("Bäumen").await.is_empty());
    assert_eq!(find("Bäume").await, ["Bäume für den Markt"], "words are found by themselves in any language");
}

#[tokio::test]
async fn filters_work_together() {
    let harness = Harness::start().await;
    let text = "A text that is long enough.";
    let one = submit(&harness, "Number one", text, "baluty", "green").await;
    submit(&harness, "Number two", text, "baluty", "roads").await;
    submit(&harness, "Number three", text, "widzew", "green").await;
    harness.answer(&one, ProposalState::Accepted, "Yes").await.unwrap();
    for (state, area, category, query, expected) in [
        (ProposalState::Unspecified, "", "", "", &["Number three", "Number two", "Number one"][..]),
        (ProposalState::Accepted, "", "", "", &["Number one"]),
        (ProposalState::Submitted, "baluty", "", "", &["Number two"]),
        (ProposalState::Unspecified, "Baluty", "", "", &["Number two", "Number one"]),
        (ProposalState::Unspecified, "", "green", "", &["Number three", "Number one"]),
        (ProposalState::Unspecified, "widzew", "green", "three", &["Number three"]),
        (ProposalState::Accepted, "widzew", "", "", &[]),
    ] {
        let request = proto::ListProposalsRequest {
            state: state.into(),
            area_code: area.into(),
            category: category.into(),
            query: query.into(),
            ..all(&harness)
        };
        assert_eq!(titles(&harness, request).await, expected, "{state:?} {area} {category} {query}");
    }
    let elsewhere =
        proto::ListProposalsRequest { process_id: comitia_core::id::new().to_string(), ..Default::default() };
    assert!(titles(&harness, elsewhere).await.is_empty());
}

#[tokio::test]
async fn hidden_proposals_are_listed_for_the_team_alone() {
    let harness = Harness::start().await;
    let made = harness.proposal().await;
    harness.moderate(&made, true, "Names a person").await.unwrap();
    assert!(titles(&harness, all(&harness)).await.is_empty());
    let found = proto::ListProposalsRequest { query: "trees".into(), ..all(&harness) };
    assert!(titles(&harness, found.clone()).await.is_empty());
    for (role, count) in
        [(Role::Participant, 0), (Role::Moderator, 1), (Role::Auditor, 1), (Role::Administrator, 1)]
    {
        let answer = harness.grpc.list_proposals(harness.ask(role, "author", found.clone())).await.unwrap();
        assert_eq!(answer.into_inner().proposals.len(), count, "{role:?}");
    }
}

#[tokio::test]
async fn proposals_come_in_pages_newest_first() {
    let harness = Harness::start().await;
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(harness.proposal().await.proposal_id);
    }
    made.reverse();
    let mut seen = Vec::new();
    let mut request = proto::ListProposalsRequest { page_size: 3, query: "trees".into(), ..all(&harness) };
    loop {
        let call = harness.anybody(request.clone());
        let answer = harness.grpc.list_proposals(call).await.unwrap().into_inner();
        assert!(answer.proposals.len() <= 3);
        seen.extend(answer.proposals.into_iter().map(|proposal| proposal.proposal_id));
        // What comes meanwhile does not disturb.
        harness.proposal().await;
        if answer.next_page_token.is_empty() {
            break;
        }
        request.page_token = answer.next_page_token;
    }
    assert_eq!(seen, made);

    // A token is good for the filters that it was made with.
    let other = proto::ListProposalsRequest { query: "cars".into(), ..request };
    let refused = refusal(harness.grpc.list_proposals(harness.anybody(other)).await);
    assert_eq!(refused, ("INVALID_ARGUMENT PAGE_TOKEN_INVALID".into(), vec!["page_token".into()]));
}

#[tokio::test]
async fn every_rule_of_a_list_is_kept() {
    type Change = fn(&mut proto::ListProposalsRequest);
    let harness = Harness::start().await;
    let cases: [(Change, &str); 7] = [
        (|request| request.process_id = String::new(), "process_id"),
        (|request| request.state = 99, "state"),
        (|request| request.area_code = "no code".into(), "area_code"),
        (|request| request.category = "nul \0".into(), "category"),
        (|request| request.query = "x".repeat(201), "query"),
        (|request| request.query = "nul \0".into(), "query"),
        (|request| request.page_size = -1, "page_size"),
    ];
    for (change, field) in cases {
        let mut request = all(&harness);
        change(&mut request);
        let refused = refusal(harness.grpc.list_proposals(harness.anybody(request)).await);
        assert_eq!(refused, ("INVALID_ARGUMENT FIELD_INVALID".into(), vec![field.into()]));
    }
}
