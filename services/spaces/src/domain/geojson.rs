//! Areas from a GeoJSON file (RFC 7946), as mapping programs write it. What the file says about an area is its code, its name and
//! its outline; the outline is made fit for showing.

mod outline;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use comitia_platform::validate::{area_code, is_code};
use serde::Deserialize;
use serde_json::{Map, Value};

pub use outline::{Outline, simplify};
use outline::{Ring, ring};

/// The largest file, in bytes.
pub const LARGEST_FILE: usize = 10_000_000;
/// The most areas in a file.
pub const MOST_AREAS: usize = 1_000;
/// The most positions in a file.
pub const MOST_POSITIONS: usize = 500_000;
const LONGEST_TITLE: usize = 200;
/// What offices call the property with the code, and the one with the name.
const CODES: [&str; 9] = ["code", "insee", "code_insee", "ref", "id", "numero", "num", "nsqpv", "district"];
const TITLES: [&str; 8] = ["title", "name", "nom", "libelle", "label", "nom_quartier", "nom_qrt", "quartier"];

/// An area of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// Its code, in lower case.
    pub code: String,
    /// Its name.
    pub title: String,
    /// Where it is.
    pub outline: Outline,
}

/// Why a file cannot be taken. `usize` is the feature's place, the first being 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not GeoJSON, or not a collection of features.
    NotGeoJson,
    /// The file, or what is in it, is more than is taken.
    TooLarge,
    /// Its numbers are those of another projection; the EPSG number where the file or the numbers tell it.
    Projection(Option<u32>),
    /// North stands before east.
    Swapped(usize),
    /// Not an area.
    NotAnArea(usize),
    /// A ring of fewer than three positions, or without an inside.
    Ring(usize),
    /// No property has the code, or the one that was named does not.
    CodeMissing(usize),
    /// What is no code.
    CodeWrong(usize),
    /// Two features have one code.
    CodeRepeated(usize),
    /// No property has the name.
    TitleMissing(usize),
}

#[derive(Deserialize)]
struct Collection {
    r#type: String,
    #[serde(default)]
    features: Vec<Feature>,
    /// From before RFC 7946, and still written.
    crs: Option<Value>,
}

#[derive(Deserialize)]
struct Feature {
    properties: Option<Map<String, Value>>,
    geometry: Option<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    r#type: String,
    #[serde(default)]
    coordinates: Value,
}

/// The areas of a file. `code` and `title` name the properties; empty for those that offices use.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(text: &str, code: &str, title: &str) -> Result<Vec<Drawn>, Fault> {
    if text.len() > LARGEST_FILE {
        return Err(Fault::TooLarge);
    }
    let text = text.trim_start_matches('\u{feff}');
    let collection: Collection = serde_json::from_str(text).map_err(|_| Fault::NotGeoJson)?;
    if collection.r#type != "FeatureCollection" || collection.features.is_empty() {
        return Err(Fault::NotGeoJson);
    }
    if collection.features.len() > MOST_AREAS {
        return Err(Fault::TooLarge);
    }
    if let Some(number) = collection.crs.as_ref().and_then(named_projection) {
        return Err(Fault::Projection(Some(number)));
    }
    let (mut areas, mut codes, mut left) = (Vec::new(), HashSet::new(), MOST_POSITIONS);
    for (index, feature) in collection.features.iter().enumerate() {
        let rings = rings(index, feature.geometry.as_ref(), &mut left)?;
        let none = Map::new();
        let properties = feature.properties.as_ref().unwrap_or(&none);
        let code = property(properties, code, &CODES).ok_or(Fault::CodeMissing(index))?;
        if !is_code(&code) {
            return Err(Fault::CodeWrong(index));
        }
        let code = area_code(&code);
        if !codes.insert(code.clone()) {
            return Err(Fault::CodeRepeated(index));
        }
        let title = property(properties, title, &TITLES).ok_or(Fault::TitleMissing(index))?;
        if title.chars().count() > LONGEST_TITLE || title.chars().any(char::is_control) {
            return Err(Fault::TitleMissing(index));
        }
        areas.push(Drawn { code, title, outline: Outline { rings } });
    }
    Ok(areas)
}

/// A property as text: the one that is named, or the first of the usual ones, whatever its case.
fn property(properties: &Map<String, Value>, named: &str, usual: &[&str]) -> Option<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let of = |wanted: &str| {
        let found = properties.iter().find(|(name, _)| name.to_lowercase() == wanted.to_lowercase());
        found.and_then(|(_, value)| text(value)).filter(|text| !text.is_empty())
    };
    if named.is_empty() { usual.iter().find_map(|wanted| of(wanted)) } else { of(named) }
}

/// The projection that a file names, if it is another than the one that GeoJSON has.
fn named_projection(crs: &Value) -> Option<u32> {
    let name = crs.get("properties")?.get("name")?.as_str()?;
    let number: u32 = name.rsplit(':').next()?.parse().ok()?;
    (number != 4326 && name.to_uppercase().contains("EPSG")).then_some(number)
}

/// All rings of a feature, and no more positions than are left.
fn rings(index: usize, geometry: Option<&Geometry>, left: &mut usize) -> Result<Vec<Ring>, Fault> {
    let geometry = geometry.ok_or(Fault::NotAnArea(index))?;
    let polygons = match geometry.r#type.as_str() {
        "Polygon" => vec![&geometry.coordinates],
        "MultiPolygon" => list(index, &geometry.coordinates)?.iter().collect(),
        _ => return Err(Fault::NotAnArea(index)),
    };
    let mut rings = Vec::new();
    for polygon in polygons {
        for (place, given) in list(index, polygon)?.iter().enumerate() {
            let positions = list(index, given)?;
            *left = left.checked_sub(positions.len()).ok_or(Fault::TooLarge)?;
            let positions: Option<Vec<_>> = positions.iter().map(position).collect();
            let positions = positions.ok_or(Fault::NotAnArea(index))?;
            if let Some(odd) = positions.iter().find(|position| !on_the_globe(**position)) {
                return Err(elsewhere(index, *odd));
            }
            rings.push(ring(&positions, place > 0).ok_or(Fault::Ring(index))?);
        }
    }
    if rings.is_empty() { Err(Fault::NotAnArea(index)) } else { Ok(rings) }
}

fn list(index: usize, value: &Value) -> Result<&Vec<Value>, Fault> {
    value.as_array().ok_or(Fault::NotAnArea(index))
}

/// A height may follow, and is left out.
fn position(value: &Value) -> Option<(f64, f64)> {
    let numbers = value.as_array()?;
    Some((numbers.first()?.as_f64()?, numbers.get(1)?.as_f64()?))
}

fn on_the_globe((east, north): (f64, f64)) -> bool {
    (-180.0..=180.0).contains(&east) && (-90.0..=90.0).contains(&north)
}

/// What a position is that is on no globe: degrees the other way round, or metres of a projection that its numbers tell.
fn elsewhere(index: usize, (east, north): (f64, f64)) -> Fault {
    if on_the_globe((north, east)) {
        return Fault::Swapped(index);
    }
    let in_range = |east_range: (f64, f64), north_range: (f64, f64)| {
        (east_range.0..=east_range.1).contains(&east) && (north_range.0..=north_range.1).contains(&north)
    };
    // Lambert-93, and the nine zones of France's conformal conics, each a million metres further north.
    let known = if in_range((90_000.0, 1_300_000.0), (6_000_000.0, 7_200_000.0)) {
        Some(2154)
    } else if in_range((1_000_000.0, 2_400_000.0), (1_000_000.0, 9_500_000.0)) {
        (1..=9)
            .find(|zone| {
                let middle = f64::from(*zone) * 1_000_000.0 + 200_000.0;
                (north - middle).abs() < 300_000.0
            })
            .map(|zone| 3941 + zone)
    } else {
        None
    };
    Fault::Projection(known)
}
