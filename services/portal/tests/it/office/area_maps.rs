//! Areas from a GeoJSON file.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::spaces::v1::*;

use super::administrator;
use crate::site::Site;

fn drawn(code: &str, title: &str, created: bool) -> DrawnArea {
    let square = [4_800_000, 45_700_000, 4_900_000, 45_700_000, 4_900_000, 45_800_000];
    DrawnArea {
        code: code.into(),
        title: title.into(),
        created,
        rings: vec![Ring { positions: square.to_vec() }],
    }
}

async fn city() -> Site {
    let site = administrator().await;
    site.double.give::<DrawAreasRequest, _>(DrawAreasResponse {
        areas: vec![drawn("centre", "Centre <b>", false), drawn("gare", "La Gare", true)],
    });
    site
}

const FILE: &[u8] = b"\xef\xbb\xbf {\"type\":\"FeatureCollection\",\"features\":[]}";

#[tokio::test]
async fn a_map_is_looked_at_first_and_then_drawn() {
    let site = city().await;
    site.get("/fr/office/areas/file").await.is(200).shows(&["GeoJSON", "code_property"]);
    let fields = [("code_property", " iris "), ("title_property", "")];
    let page = site.upload("/fr/office/areas/file", &fields, "carte.geojson", FILE).await;
    page.is(200).shows(&[
        "La carte contient 2 quartiers, dont à créer : 1",
        "<title>Centre &lt;b&gt;</title>",
        "Existe déjà",
        "À créer",
        "role=\"img\"",
    ]);
    let (request, metadata) = site.double.calls::<DrawAreasRequest>().pop().unwrap();
    assert!(request.validate_only && request.geojson.contains("FeatureCollection"));
    assert_eq!((request.code_property.as_str(), request.title_property.as_str()), ("iris", ""));
    assert_eq!(metadata["authorization"], "Bearer the-staff-token");

    let kept = page.hidden("kept");
    let confirmed = [("kept", kept.as_str()), ("code_property", "iris"), ("title_property", "")];
    let page = site.post("/fr/office/areas/draw", &confirmed).await;
    page.is(303);
    assert_eq!(page.header("location"), "/fr/office/areas?done=drawn");
    let (request, _) = site.double.calls::<DrawAreasRequest>().pop().unwrap();
    assert!(!request.validate_only);
    assert_eq!(request.geojson.as_bytes(), FILE);
    // It is drawn once; afterwards the file is gone.
    site.post("/fr/office/areas/draw", &confirmed).await.is(422).shows(&["Le fichier n’est plus là"]);
    site.get("/fr/office/areas/draw").await.is(303);
}

#[tokio::test]
async fn the_list_shows_the_map() {
    let site = administrator().await;
    site.get("/fr/office/areas").await.is(200).hides(&["<svg class=\"map-picture\""]);
    site.double.give::<ListAreaOutlinesRequest, _>(ListAreaOutlinesResponse {
        outlines: vec![AreaOutline { code: "quais".into(), rings: drawn("", "", false).rings }],
        next_page_token: String::new(),
    });
    let page = site.get("/fr/office/areas").await;
    page.is(200).shows(&["<title>Les Quais</title>", "Carte des quartiers"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_map_is_said_in_words() {
    let site = city().await;
    let cases = [
        (Reason::GeojsonMalformed, "geojson", "no", "pas une carte GeoJSON"),
        (Reason::GeojsonTooLarge, "geojson", "no", "La carte est trop grande"),
        (Reason::GeojsonProjection, "geojson", "its numbers are those of EPSG:2154", "Lambert-93, EPSG:2154"),
        (Reason::GeojsonProjection, "geojson", "its numbers are those of EPSG:3946", "(EPSG:3946)"),
        (Reason::GeojsonProjection, "geojson", "(WGS 84, EPSG:4326): another", "sans doute des mètres"),
        (
            Reason::GeojsonGeometry,
            "geojson.features[3].geometry",
            "no",
            "L’objet n° 4 de la carte n’est pas un quartier",
        ),
        (
            Reason::GeojsonArea,
            "geojson.features[0].properties.code",
            "no",
            "L’objet n° 1 de la carte n’a pas de code",
        ),
        (Reason::GeojsonArea, "geojson.features[0].properties.title", "no", "n’a pas de nom"),
    ];
    for (reason, field, rule, text) in cases {
        site.double.on(move |_: &DrawAreasRequest| {
            let refused = ApiError::new(ErrorCode::InvalidArgument, reason, "no").with_violation(field, rule);
            Err::<DrawAreasResponse, _>(refused.into())
        });
        let page = site.upload("/fr/office/areas/file", &[], "carte.json", FILE).await;
        page.is(422).shows(&[text, "href=\"#file\""]);
    }
    let latin = site.upload("/fr/office/areas/file", &[], "carte.json", b"{\"nom\":\"\xe9\"}").await;
    latin.is(422).shows(&["en UTF-8"]);
}
