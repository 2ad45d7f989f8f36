//! Areas drawn from GeoJSON.

use comitia_platform::{ApiError, Reason};
use comitia_proto::spaces::v1 as proto;
use comitia_proto::spaces::v1::area_service_server::AreaService;
use tonic::Status;
use uuid::Uuid;

use crate::harness::{Harness, administrator, anybody};

fn feature(code: &str, title: &str, west: f64) -> String {
    let east = west + 0.1;
    format!(
        r#"{{"type":"Feature","properties":{{"code":"{code}","nom":"{title}"}},"geometry":{{"type":"Polygon",
            "coordinates":[[[{west},45.7],[{east},45.7],[{east},45.8],[{west},45.8],[{west},45.7]]]}}}}"#
    )
}

fn file(features: &[String]) -> String {
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

async fn draw(
    harness: &Harness,
    organization: Uuid,
    geojson: &str,
    validate_only: bool,
) -> Result<Vec<proto::DrawnArea>, Status> {
    let request = proto::DrawAreasRequest {
        geojson: geojson.into(),
        validate_only,
        ..proto::DrawAreasRequest::default()
    };
    Ok(harness.grpc.draw_areas(administrator(organization, request)).await?.into_inner().areas)
}

async fn outlines(
    harness: &Harness,
    organization: Uuid,
    page_size: i32,
    page_token: &str,
) -> (Vec<proto::AreaOutline>, String) {
    let request = proto::ListAreaOutlinesRequest { page_size, page_token: page_token.into() };
    let answer = harness.grpc.list_area_outlines(anybody(organization, request)).await.unwrap().into_inner();
    (answer.outlines, answer.next_page_token)
}

#[tokio::test]
async fn areas_are_drawn_and_those_that_are_missing_are_created() {
    let harness = Harness::start().await;
    let (city, other) = (harness.organization().await, harness.organization().await);
    let known =
        proto::CreateAreaRequest { code: "nord".into(), title: "Le Nord".into(), ..Default::default() };
    harness.grpc.create_area(administrator(city, known)).await.unwrap();
    let text = file(&[feature("Nord", "Another name", 4.8), feature("sud", "Le Sud", 4.9)]);

    let looked = draw(&harness, city, &text, true).await.unwrap();
    let told: Vec<_> =
        looked.iter().map(|area| (area.code.as_str(), area.title.as_str(), area.created)).collect();
    assert_eq!(told, [("nord", "Le Nord", false), ("sud", "Le Sud", true)]);
    assert!(outlines(&harness, city, 0, "").await.0.is_empty(), "a look changes nothing");

    draw(&harness, city, &text, false).await.unwrap();
    let (first, token) = outlines(&harness, city, 1, "").await;
    assert_eq!(first[0].code, "nord");
    assert_eq!(
        first[0].rings[0].positions,
        [4_800_000, 45_700_000, 4_900_000, 45_700_000, 4_900_000, 45_800_000, 4_800_000, 45_800_000]
    );
    let (second, token) = outlines(&harness, city, 1, &token).await;
    assert_eq!((second[0].code.as_str(), token.as_str()), ("sud", ""));
    assert!(outlines(&harness, other, 0, "").await.0.is_empty(), "another city's areas are its own");

    // Drawn again, an outline is another one; an area that goes takes its outline along.
    draw(&harness, city, &file(&[feature("sud", "Le Sud", 5.0)]), false).await.unwrap();
    assert_eq!(outlines(&harness, city, 0, "").await.0[1].rings[0].positions[0], 5_000_000);
    let request = proto::DeleteAreaRequest { code: "sud".into() };
    harness.grpc.delete_area(administrator(city, request)).await.unwrap();
    assert_eq!(outlines(&harness, city, 0, "").await.0.len(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_done() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let metres = file(&[feature("nord", "Nord", 4.8), feature("sud", "Sud", 842_000.0)]);
    for (text, reason, field) in [
        ("no json", Reason::GeojsonMalformed, "geojson"),
        (metres.as_str(), Reason::GeojsonProjection, "geojson"),
        (
            &file(&[feature("a", "A", 4.8), feature("a", "B", 4.9)]),
            Reason::GeojsonArea,
            "geojson.features[1].properties.code",
        ),
    ] {
        let refused = ApiError::from_status(&draw(&harness, city, text, false).await.unwrap_err());
        assert_eq!(refused.reason, reason, "{text}");
        assert_eq!(refused.violations[0].field, field, "{text}");
    }
    let request = proto::ListAreasRequest::default();
    assert!(harness.grpc.list_areas(anybody(city, request)).await.unwrap().into_inner().areas.is_empty());
}
