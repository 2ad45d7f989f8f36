use proptest::prelude::*;
use serde_json::json;

use super::*;

fn file(features: &[Value]) -> String {
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

fn square(west: f64, south: f64) -> Value {
    let (east, north) = (west + 0.1, south + 0.1);
    json!([[west, south], [east, south], [east, north], [west, north], [west, south]])
}

fn feature(code: &str, title: &str, rings: &[Value]) -> Value {
    json!({
        "type": "Feature",
        "properties": {"code": code, "nom": title},
        "geometry": {"type": "Polygon", "coordinates": rings},
    })
}

fn one(geometry: &Value) -> String {
    file(&[json!({"type": "Feature", "properties": {"code": "a", "nom": "A"}, "geometry": geometry})])
}

#[test]
fn areas_come_with_code_name_and_outline() {
    let hole = json!([[4.82, 45.72], [4.84, 45.72], [4.84, 45.74], [4.82, 45.72]]);
    let text = file(&[
        feature("Nord", " Le Nord ", &[square(4.8, 45.7), hole]),
        feature("sud", "Sud", &[square(4.8, 45.5)]),
    ]);
    let areas = read(&format!("\u{feff}{text}"), "", "").unwrap();
    assert_eq!((areas[0].code.as_str(), areas[0].title.as_str()), ("nord", "Le Nord"));
    let rings = &areas[0].outline.rings;
    assert_eq!(
        rings[0],
        [(4_800_000, 45_700_000), (4_900_000, 45_700_000), (4_900_000, 45_800_000), (4_800_000, 45_800_000)]
    );
    // A hole goes with the clock, whichever way the file has it.
    assert_eq!(rings[1], [(4_840_000, 45_740_000), (4_840_000, 45_720_000), (4_820_000, 45_720_000)]);
    // Heights are left out, several parts are one area, and numbers are codes too.
    let parts = json!({"type": "MultiPolygon", "coordinates": [[square(4.8, 45.7)], [square(5.0, 45.7)]]});
    let text = file(&[json!({"properties": {"INSEE": 69381, "NOM": "1er"}, "geometry": parts})]);
    let areas = read(&text, "", "").unwrap();
    assert_eq!((areas[0].code.as_str(), areas[0].outline.rings.len()), ("69381", 2));
    let chosen = file(&[
        json!({"properties": {"code": "x", "iris": "y", "name": "n", "lieu": "l"}, "geometry": parts}),
    ]);
    let areas = read(&chosen, "iris", "lieu").unwrap();
    assert_eq!((areas[0].code.as_str(), areas[0].title.as_str()), ("y", "l"));
}

#[test]
fn rings_are_closed_and_turned() {
    let open = json!([[[4.8, 45.7], [4.8, 45.8], [4.9, 45.8], [4.9, 45.8]]]);
    let areas = read(&one(&json!({"type": "Polygon", "coordinates": open})), "", "").unwrap();
    assert_eq!(
        areas[0].outline.rings[0],
        [(4_900_000, 45_800_000), (4_800_000, 45_800_000), (4_800_000, 45_700_000)]
    );
}

#[test]
fn what_is_no_map_of_areas_is_refused_by_its_place() {
    let polygon = |rings: Value| one(&json!({"type": "Polygon", "coordinates": rings}));
    let good = feature("a", "A", &[square(4.8, 45.7)]);
    let cases = [
        ("code;nom\na;A".to_owned(), Fault::NotGeoJson),
        ("{\"type\":\"Topology\"}".to_owned(), Fault::NotGeoJson),
        (file(&[]), Fault::NotGeoJson),
        ("[".repeat(200_000), Fault::NotGeoJson),
        (one(&json!({"type": "Point", "coordinates": [4.8, 45.7]})), Fault::NotAnArea(0)),
        (one(&Value::Null), Fault::NotAnArea(0)),
        (polygon(json!([])), Fault::NotAnArea(0)),
        (polygon(json!([[["4.8", "45.7"]]])), Fault::NotAnArea(0)),
        (polygon(json!([[[4.8, 45.7], [4.9, 45.7], [4.8, 45.7]]])), Fault::Ring(0)),
        (polygon(json!([[[4.8, 45.7], [4.9, 45.7], [5.0, 45.7]]])), Fault::Ring(0)),
        (polygon(json!([[[45.7, 104.8], [45.8, 104.8], [45.8, 104.9]]])), Fault::Swapped(0)),
        (file(&[good.clone(), feature("A", "B", &[square(5.0, 45.0)])]), Fault::CodeRepeated(1)),
        (file(&[good.clone(), feature("", "B", &[square(5.0, 45.0)])]), Fault::CodeMissing(1)),
        (file(&[good.clone(), feature("é è", "B", &[square(5.0, 45.0)])]), Fault::CodeWrong(1)),
        (file(&[feature("b", "", &[square(5.0, 45.0)])]), Fault::TitleMissing(0)),
        (file(&[feature("b", &"t".repeat(201), &[square(5.0, 45.0)])]), Fault::TitleMissing(0)),
        (file(&vec![good; MOST_AREAS + 1]), Fault::TooLarge),
        (" ".repeat(LARGEST_FILE + 1), Fault::TooLarge),
    ];
    for (text, fault) in cases {
        assert_eq!(read(&text, "", "").unwrap_err(), fault, "{}", text.chars().take(200).collect::<String>());
    }
    assert_eq!(
        read(&file(&[feature("b", "B", &[square(5.0, 45.0)])]), "iris", "").unwrap_err(),
        Fault::CodeMissing(0)
    );
}

#[test]
fn other_projections_are_recognized_by_their_numbers() {
    let at = |east: f64, north: f64| {
        one(
            &json!({"type": "Polygon", "coordinates": [[[east, north], [east + 9.0, north], [east, north + 9.0]]]}),
        )
    };
    for (east, north, number) in [
        // Lyon in Lambert-93, in CC46, in Web Mercator; Warsaw in PUWG 1992.
        (842_000.0, 6_519_000.0, Some(2154)),
        (1_842_000.0, 5_175_000.0, Some(3946)),
        (538_000.0, 5_741_000.0, None),
        (637_000.0, 486_000.0, None),
    ] {
        assert_eq!(read(&at(east, north), "", "").unwrap_err(), Fault::Projection(number), "{east} {north}");
    }
    let named = |name: &str| {
        json!({
            "type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": name}},
            "features": [feature("a", "A", &[square(4.8, 45.7)])],
        })
        .to_string()
    };
    assert_eq!(
        read(&named("urn:ogc:def:crs:EPSG::2154"), "", "").unwrap_err(),
        Fault::Projection(Some(2154))
    );
    for same in ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326"] {
        assert!(read(&named(same), "", "").is_ok(), "{same}");
    }
}

#[test]
fn what_nobody_sees_is_left_out() {
    let round: Vec<_> = (0..100_000)
        .map(|step| {
            let angle = f64::from(step) * std::f64::consts::TAU / 100_000.0;
            (4.8 + 0.1 * angle.cos(), 45.7 + 0.1 * angle.sin())
        })
        .collect();
    let island = [(4.9, 45.9), (4.900_002, 45.9), (4.9, 45.900_002)];
    let mut outlines = [Outline { rings: vec![ring(&round, false).unwrap(), ring(&island, false).unwrap()] }];
    simplify(&mut outlines);
    let [coast, island] = &outlines[0].rings[..] else { panic!("two rings stay two") };
    assert!((50..2_000).contains(&coast.len()), "{}", coast.len());
    assert_eq!(island.len(), 3, "what is small is still there");
}

proptest! {
    #[test]
    fn a_simple_ring_is_part_of_the_ring_it_was(
        degrees in proptest::collection::vec((-180.0..180.0_f64, -90.0..90.0_f64), 3..200)
    ) {
        if let Some(before) = ring(&degrees, false) {
            let mut outlines = [Outline { rings: vec![before.clone()] }];
            simplify(&mut outlines);
            let after = &outlines[0].rings[0];
            prop_assert!(after.len() >= 3);
            let mut rest = before.iter();
            prop_assert!(after.iter().all(|at| rest.any(|other| other == at)));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,300}") {
        let _ = read(&text, "", "");
    }
}
