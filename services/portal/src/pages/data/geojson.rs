//! The areas as GeoJSON (RFC 7946).

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::error::PageError;
use crate::pages::calls;
use crate::ui::Position;
use crate::visit::Visit;

/// All areas of the organization; those that nobody has drawn are without a geometry.
pub async fn areas(visit: &Visit) -> Result<Value, PageError> {
    let (areas, outlines) = tokio::try_join!(calls::areas(visit), calls::drawn_areas(visit))?;
    let outlines: HashMap<_, _> = outlines.into_iter().map(|one| (one.code, one.rings)).collect();
    let features: Vec<_> = areas
        .by_title()
        .into_iter()
        .map(|(code, title)| {
            let rings = outlines.get(code).map(|rings| calls::rings(rings));
            json!({
                "type": "Feature",
                "properties": {"code": code, "title": title},
                "geometry": rings.map_or(Value::Null, |rings| geometry(&rings)),
            })
        })
        .collect();
    Ok(json!({"type": "FeatureCollection", "features": features}))
}

/// Rings as polygons: what lies inside of another ring is a hole in it, what lies inside of a hole is land again.
fn geometry(rings: &[Vec<Position>]) -> Value {
    let around = |place: usize| -> Vec<usize> {
        let first = rings[place].first();
        (0..rings.len())
            .filter(|&other| other != place && first.is_some_and(|&point| holds(&rings[other], point)))
            .collect()
    };
    let around: Vec<_> = (0..rings.len()).map(around).collect();
    let polygons: Vec<_> = (0..rings.len())
        .filter(|&place| around[place].len() % 2 == 0)
        .map(|outer| {
            let holes = (0..rings.len())
                .filter(|&hole| {
                    around[hole].len() == around[outer].len() + 1 && around[hole].contains(&outer)
                })
                .map(|hole| closed(&rings[hole], false));
            let mut polygon = vec![closed(&rings[outer], true)];
            polygon.extend(holes);
            json!(polygon)
        })
        .collect();
    json!({"type": "MultiPolygon", "coordinates": polygons})
}

/// A ring whose last position is its first, counterclockwise or clockwise.
fn closed(ring: &[Position], counterclockwise: bool) -> Value {
    let mut ring: Vec<_> = ring.iter().map(|&(east, north)| [east, north]).collect();
    if (twice_the_area(&ring) > 0.0) != counterclockwise {
        ring.reverse();
    }
    ring.extend(ring.first().copied());
    json!(ring)
}

fn twice_the_area(ring: &[[f64; 2]]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum()
}

/// Whether a point is inside of a ring: a line to the east crosses it an odd number of times.
fn holds(ring: &[Position], (east, north): Position) -> bool {
    let next = ring.iter().cycle().skip(1);
    let crossed = ring.iter().zip(next).filter(|(a, b)| {
        (a.1 > north) != (b.1 > north) && east < a.0 + (north - a.1) / (b.1 - a.1) * (b.0 - a.0)
    });
    crossed.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(at: f64, side: f64) -> Vec<Position> {
        vec![(at, at), (at, at + side), (at + side, at + side), (at + side, at)]
    }

    #[test]
    fn a_lake_is_a_hole_and_its_island_is_land() {
        let rings = [square(0.0, 10.0), square(2.0, 6.0), square(4.0, 2.0), square(20.0, 1.0)];
        let found = geometry(&rings);
        let polygons = found["coordinates"].as_array().unwrap();
        let rings: Vec<_> = polygons.iter().map(|polygon| polygon.as_array().unwrap().len()).collect();
        assert_eq!(rings, [2, 1, 1]);
        // Counterclockwise outside, clockwise inside, and closed.
        let outer = json!([[10.0, 0.0], [10.0, 10.0], [0.0, 10.0], [0.0, 0.0], [10.0, 0.0]]);
        assert_eq!(polygons[0][0], outer);
        assert_eq!(polygons[0][1][0], json!([2.0, 2.0]));
        assert_eq!(polygons[0][1][1], json!([2.0, 8.0]));
    }

    #[test]
    fn an_area_without_a_ring_is_empty() {
        assert_eq!(geometry(&[]), json!({"type": "MultiPolygon", "coordinates": []}));
    }
}
