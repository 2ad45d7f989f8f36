//! A map with its list. The server draws the outlines of areas and the places in them; once somebody asks for it, a module puts
//! a map in place of the picture that can be moved, with the tiles of the installation where it has some. The list says the
//! same without either.

use std::f64::consts::PI;
use std::fmt::Write as _;

use maud::{Markup, html};

use crate::assets;
use crate::locale::{Locale, t};
use crate::tiles::Tiles;

/// The module of pages with a map.
pub const MAP_SCRIPTS: &[&str] = &["js/map.js"];
const SCRIPT: &str = "leaflet/leaflet.js";
const STYLE: &str = "leaflet/leaflet.css";
/// The picture's width in its own units, and the bounds of its height.
const WIDTH: f64 = 640.0;
const HEIGHT: (f64, f64) = (240.0, 560.0);
/// Room round what is shown, as a part of it, and the least that is shown, as a part of the world: some hundred metres.
const MARGIN: f64 = 0.05;
const LEAST: f64 = 0.000_02;
/// Web Mercator ends there.
const NORTHERNMOST: f64 = 85.051_128;

/// Degrees east and north, WGS 84.
pub type Position = (f64, f64);

/// An area.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// What it is called.
    pub title: String,
    /// Its rings, those of holes among them.
    pub rings: Vec<Vec<Position>>,
}

/// A place that something is at.
#[derive(Clone, Debug, PartialEq)]
pub struct Marker {
    /// What is there.
    pub title: String,
    /// Where its page is.
    pub path: String,
    /// Where it is, in words.
    pub address: String,
    /// Where it is.
    pub position: Position,
}

impl Marker {
    /// A place, if it has a position: the API has none for zero and zero, which is in the sea.
    #[must_use]
    pub fn at(latitude: f64, longitude: f64) -> Option<Position> {
        let known = latitude.abs() <= NORTHERNMOST && longitude.abs() <= 180.0;
        (known && (latitude != 0.0 || longitude != 0.0)).then_some((longitude, latitude))
    }
}

/// A map.
pub struct Map<'a> {
    /// What it shows, for those who do not see it.
    pub label: &'a str,
    /// The outlines of areas.
    pub shapes: &'a [Shape],
    /// Places.
    pub points: &'a [Marker],
    /// Whether the list of places stands below the map; else the page has it elsewhere.
    pub listed: bool,
    /// Tiles, where the installation has some.
    pub tiles: Option<&'a Tiles>,
    /// For a form: the place that was chosen so far.
    pub pick: Option<Option<Position>>,
}

/// Whether a page has anything to draw a map on: outlines, or tiles and the script that shows them.
#[must_use]
pub fn map_possible(shapes: &[Shape], tiles: Option<&Tiles>) -> bool {
    !shapes.is_empty() || (tiles.is_some() && assets::find(SCRIPT).is_some())
}

/// Renders a map; only the list where there is nothing to draw it on.
#[must_use]
pub fn map(locale: &Locale, map: &Map<'_>) -> Markup {
    if !map_possible(map.shapes, map.tiles) {
        return html! {
            @if let Some(chosen) = map.pick { (kept(chosen)) }
            @if map.listed { (list(map)) }
        };
    }
    let frame = Frame::of(map);
    let moving = assets::find(SCRIPT).zip(assets::find(STYLE));
    html! {
        div .map data-map[moving.is_some()] data-pick[map.pick.is_some()]
            data-script=[moving.map(|(script, _)| script)] data-style=[moving.map(|(_, style)| style)]
            data-bounds=(frame.bounds())
            data-tiles=[map.tiles.map(|tiles| &tiles.url)] data-deepest=[map.tiles.map(|tiles| tiles.max_zoom)]
            data-nearer=(t!(locale, "ui-map-nearer")) data-farther=(t!(locale, "ui-map-farther"))
        {
            @if let Some(chosen) = map.pick { (kept(chosen)) }
            @if !map.shapes.is_empty() { (picture(map, &frame)) }
            @if moving.is_some() {
                div .map-frame role="group" aria-label=(map.label) hidden {}
                p .map-open { button .button.secondary type="button" data-open hidden { (t!(locale, "ui-map-open")) } }
                p data-failed hidden { (t!(locale, "ui-map-failed")) }
                @if let Some(chosen) = map.pick { (picker(locale, chosen)) }
                @if let Some(tiles) = map.tiles { (whose(locale, tiles)) }
            }
            (list(map))
        }
    }
}

/// Whose tiles they are, and what they learn of the visitor.
fn whose(locale: &Locale, tiles: &Tiles) -> Markup {
    html! {
        p .map-source {
            @if tiles.attribution_url.is_empty() {
                (tiles.attribution)
            } @else {
                a href=(tiles.attribution_url) rel="noopener" { (tiles.attribution) }
            }
            " · " (t!(locale, "ui-map-tiles", host = &tiles.host))
        }
    }
}

/// The places as links. The module reads them from here.
fn list(map: &Map<'_>) -> Markup {
    html! {
        @if !map.points.is_empty() {
            ul .map-list hidden[!map.listed] {
                @for point in map.points {
                    li {
                        a href=(point.path) data-longitude=(point.position.0) data-latitude=(point.position.1) {
                            bdi { (point.title) }
                        }
                        @if !point.address.is_empty() { " " span .soft { bdi { (point.address) } } }
                    }
                }
            }
        }
    }
}

/// What the form carries along, and the module fills in when a place is chosen on the map.
fn kept(chosen: Option<Position>) -> Markup {
    let typed = |degrees: Option<f64>| degrees.map(|degrees| degrees.to_string()).unwrap_or_default();
    html! {
        input type="hidden" name="latitude" value=(typed(chosen.map(|position| position.1)));
        input type="hidden" name="longitude" value=(typed(chosen.map(|position| position.0)));
    }
}

/// What was chosen, and the ways to choose without a mouse. Without script nothing is chosen, and the address says it.
fn picker(locale: &Locale, chosen: Option<Position>) -> Markup {
    let some = |at: &str| t!(locale, "ui-map-chosen", position = at);
    let now = match chosen {
        Some(position) => some(&position_text(position)),
        None => t!(locale, "ui-map-none-chosen").into_owned(),
    };
    html! {
        p role="status" data-chosen data-some=(some("…")) data-none=(t!(locale, "ui-map-none-chosen")) { (now) }
        div .buttons data-picking hidden {
            button .button.secondary type="button" data-centre { (t!(locale, "ui-map-centre")) }
            button .button.quiet type="button" data-clear { (t!(locale, "ui-map-clear")) }
        }
    }
}

/// A position as people read it, to about a metre.
#[must_use]
pub fn position_text((longitude, latitude): Position) -> String {
    format!("{latitude:.5}, {longitude:.5}")
}

fn picture(map: &Map<'_>, frame: &Frame) -> Markup {
    let view = format!("0 0 {WIDTH} {:.1}", frame.height());
    html! {
        svg .map-picture viewBox=(view) role="img" aria-label=(map.label) {
            @for shape in map.shapes {
                path .map-area fill-rule="evenodd" d=(frame.path(&shape.rings)) { title { (shape.title) } }
            }
            @for (x, y) in map.points.iter().map(|point| frame.place(point.position)).chain(map.pick.flatten().map(|at| frame.place(at))) {
                circle .map-point cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="8" {}
            }
        }
    }
}

/// Web Mercator: the world from 0 to 1, from west to east and from north to south.
fn project((longitude, latitude): Position) -> (f64, f64) {
    let latitude = latitude.clamp(-NORTHERNMOST, NORTHERNMOST).to_radians();
    ((longitude + 180.0) / 360.0, (1.0 - (latitude.tan() + 1.0 / latitude.cos()).ln() / PI) / 2.0)
}

fn unproject((x, y): (f64, f64)) -> Position {
    (x * 360.0 - 180.0, (PI * (1.0 - 2.0 * y)).sinh().atan().to_degrees())
}

/// The part of the world that a map shows.
struct Frame {
    west: f64,
    north: f64,
    wide: f64,
    high: f64,
}

impl Frame {
    fn of(map: &Map<'_>) -> Self {
        let corners = map.shapes.iter().flat_map(|shape| shape.rings.iter().flatten());
        let places = map.points.iter().map(|point| &point.position).chain(map.pick.iter().flatten());
        let mut bounds: Option<[f64; 4]> = None;
        for (x, y) in corners.chain(places).copied().map(project) {
            let [west, north, east, south] = bounds.unwrap_or([x, y, x, y]);
            bounds = Some([west.min(x), north.min(y), east.max(x), south.max(y)]);
        }
        let [west, north, east, south] = bounds.unwrap_or([0.0, 0.0, 1.0, 1.0]);
        let (mut wide, mut high) = ((east - west).max(LEAST), (south - north).max(LEAST));
        let (x, y) = (west.midpoint(east), north.midpoint(south));
        (wide, high) = (wide * (1.0 + 2.0 * MARGIN), high * (1.0 + 2.0 * MARGIN));
        wide = wide.max(high * WIDTH / HEIGHT.1);
        high = high.max(wide * HEIGHT.0 / WIDTH);
        Self { west: x - wide / 2.0, north: y - high / 2.0, wide, high }
    }

    fn height(&self) -> f64 {
        WIDTH * self.high / self.wide
    }

    fn place(&self, position: Position) -> (f64, f64) {
        let (x, y) = project(position);
        ((x - self.west) / self.wide * WIDTH, (y - self.north) / self.wide * WIDTH)
    }

    fn path(&self, rings: &[Vec<Position>]) -> String {
        let mut path = String::new();
        for ring in rings {
            for (place, position) in ring.iter().enumerate() {
                let (x, y) = self.place(*position);
                // Writing to a string does not fail.
                let _ = write!(path, "{}{x:.1} {y:.1}", if place == 0 { 'M' } else { 'L' });
            }
            path.push('Z');
        }
        path
    }

    /// South, west, north and east, as the module reads them.
    fn bounds(&self) -> String {
        let (west, north) = unproject((self.west, self.north));
        let (east, south) = unproject((self.west + self.wide, self.north + self.high));
        format!("{south:.6},{west:.6},{north:.6},{east:.6}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn locale() -> Locale {
        Locale::new(Language::parse("fr").unwrap(), chrono_tz::Europe::Paris)
    }

    fn square() -> Shape {
        Shape {
            title: "Centre <b>".into(),
            rings: vec![vec![(4.8, 45.7), (4.9, 45.7), (4.9, 45.8), (4.8, 45.8), (4.8, 45.7)]],
        }
    }

    fn fountain() -> Marker {
        Marker {
            title: "Une \"fontaine\"".into(),
            path: "/fr/proposals/x".into(),
            address: "Place Bellecour".into(),
            position: (4.85, 45.75),
        }
    }

    fn shown(shapes: &[Shape], points: &[Marker], pick: Option<Option<Position>>) -> String {
        let whole = Map { label: "Carte", shapes, points, listed: true, tiles: None, pick };
        map(&locale(), &whole).into_string()
    }

    #[test]
    fn outlines_and_places_are_drawn_and_listed() {
        let text = shown(&[square()], &[fountain()], None);
        for wanted in [
            "role=\"img\" aria-label=\"Carte\"",
            "<title>Centre &lt;b&gt;</title>",
            "<circle",
            "data-latitude=\"45.75\"",
            "Place Bellecour",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        assert!(!text.contains(" style="), "{text}");
        assert!(!text.contains("NaN"), "{text}");
    }

    #[test]
    fn without_anything_to_draw_on_there_is_the_list() {
        let text = shown(&[], &[fountain()], None);
        assert!(!text.contains("data-map") && text.contains("Place Bellecour"), "{text}");
        assert_eq!(shown(&[], &[], None), "");
    }

    #[test]
    fn a_form_keeps_what_was_chosen() {
        let text = shown(&[square()], &[], Some(Some((4.85, 45.75))));
        assert!(text.contains("name=\"latitude\" value=\"45.75\""), "{text}");
        assert!(shown(&[], &[], Some(Some((4.85, 45.75)))).contains("name=\"longitude\" value=\"4.85\""));
        if assets::find(SCRIPT).is_some() {
            assert!(text.contains("45.75000, 4.85000"), "{text}");
        }
        assert!(text.contains("<circle"), "{text}");
    }

    #[test]
    fn a_frame_shows_everything_in_its_shape() {
        for (shapes, points) in [
            (vec![square()], vec![]),
            (vec![], vec![fountain()]),
            (vec![square()], vec![Marker { position: (-179.9, 84.0), ..fountain() }]),
        ] {
            let whole =
                Map { label: "", shapes: &shapes, points: &points, listed: false, tiles: None, pick: None };
            let frame = Frame::of(&whole);
            assert!((HEIGHT.0 - 0.1..=HEIGHT.1 + 0.1).contains(&frame.height()), "{}", frame.height());
            for position in shapes[..]
                .iter()
                .flat_map(|shape| &shape.rings[0])
                .copied()
                .chain(points.iter().map(|one| one.position))
            {
                let (x, y) = frame.place(position);
                assert!((0.0..=WIDTH).contains(&x) && (0.0..=frame.height()).contains(&y), "{x} {y}");
            }
        }
        let (longitude, latitude) = unproject(project((4.85, 45.75)));
        assert!((longitude - 4.85).abs() < 1e-9 && (latitude - 45.75).abs() < 1e-9);
    }

    #[test]
    fn nowhere_is_no_place() {
        assert_eq!(Marker::at(0.0, 0.0), None);
        assert_eq!(Marker::at(45.75, 4.85), Some((4.85, 45.75)));
        for odd in [(f64::NAN, 4.0), (90.0, 4.0), (45.0, 181.0), (f64::INFINITY, 0.0)] {
            assert_eq!(Marker::at(odd.0, odd.1), None, "{odd:?}");
        }
    }
}
