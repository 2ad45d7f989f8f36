//! Outlines of areas in millionths of a degree, made fit for showing.

/// Millionths of a degree, east and north.
pub type Position = (i32, i32);
/// Positions one after the other; the last is joined to the first, which is not there twice.
pub type Ring = Vec<Position>;

/// The most positions that all areas of an organization are shown with.
const MOST_SHOWN: usize = 40_000;
/// What is smaller than this part of everything that is shown is left out.
const FINENESS: f64 = 4_000.0;

/// Where an area is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Its rings, those of holes among them: outer ones go against the clock, holes with it (RFC 7946).
    pub rings: Vec<Ring>,
}

/// A ring from degrees: closed once, without positions that are there twice in a row, in the direction that it should have.
/// Nothing for one without an inside.
pub fn ring(degrees: &[(f64, f64)], hole: bool) -> Option<Ring> {
    let mut ring: Ring =
        degrees.iter().map(|(east, north)| (millionths(*east), millionths(*north))).collect();
    ring.dedup();
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    let area = doubled_area(&ring);
    if ring.len() < 3 || area == 0 {
        return None;
    }
    if (area > 0) == hole {
        ring.reverse();
    }
    Some(ring)
}

#[expect(clippy::cast_possible_truncation, reason = "degrees of the globe have been checked")]
fn millionths(degrees: f64) -> i32 {
    (degrees * 1e6).round() as i32
}

/// Positive for a ring against the clock.
fn doubled_area(ring: &[Position]) -> i128 {
    let next = ring.iter().cycle().skip(1);
    let cross = |(a, b): (&Position, &Position)| {
        i128::from(a.0) * i128::from(b.1) - i128::from(b.0) * i128::from(a.1)
    };
    ring.iter().zip(next).map(cross).sum()
}

/// Leaves out what nobody sees in a picture of all of them together, and as much more as keeps it light.
pub fn simplify(outlines: &mut [Outline]) {
    let all = || outlines.iter().flat_map(|outline| outline.rings.iter().flatten());
    let span = |of: fn(&Position) -> i32| {
        let (least, most) = (all().map(of).min().unwrap_or(0), all().map(of).max().unwrap_or(0));
        f64::from(most) - f64::from(least)
    };
    let mut tolerance = (span(|at| at.0).max(span(|at| at.1)) / FINENESS).max(1.0);
    loop {
        for ring in outlines.iter_mut().flat_map(|outline| &mut outline.rings) {
            let simple = simplified(ring, tolerance);
            // What is smaller than the tolerance would lose its inside.
            if simple.len() >= 3 && doubled_area(&simple) != 0 {
                *ring = simple;
            }
        }
        let count: usize = outlines.iter().flat_map(|outline| &outline.rings).map(Vec::len).sum();
        if count <= MOST_SHOWN || tolerance > 1e7 {
            break;
        }
        tolerance *= 2.0;
    }
}

/// A ring without positions that are nearer to the line between others than `tolerance` (Douglas and Peucker), from its first
/// position to the one that is farthest from it and back.
fn simplified(ring: &[Position], tolerance: f64) -> Ring {
    let Some(first) = ring.first() else { return Ring::new() };
    let away = |at: &Position| distance(*at, *first, *first);
    let far = (0..ring.len()).max_by(|a, b| away(&ring[*a]).total_cmp(&away(&ring[*b]))).unwrap_or(0);
    let mut closed = ring.to_vec();
    closed.push(*first);
    let mut kept = vec![false; closed.len()];
    for index in [0, far] {
        kept[index] = true;
    }
    // By hand, for a recursion may go as deep as a coast is long.
    let mut parts = vec![(0, far), (far, ring.len())];
    while let Some((from, to)) = parts.pop() {
        let distance_of = |index: &usize| distance(closed[*index], closed[from], closed[to]);
        let farthest = (from + 1..to).max_by(|a, b| distance_of(a).total_cmp(&distance_of(b)));
        if let Some(index) = farthest.filter(|index| distance_of(index) > tolerance) {
            kept[index] = true;
            parts.extend([(from, index), (index, to)]);
        }
    }
    ring.iter().zip(kept).filter(|(_, kept)| *kept).map(|(at, _)| *at).collect()
}

/// How far `at` is from the line from `from` to `to`, in millionths of a degree.
fn distance(at: Position, from: Position, to: Position) -> f64 {
    let vector =
        |a: Position, b: Position| (f64::from(b.0) - f64::from(a.0), f64::from(b.1) - f64::from(a.1));
    let (line, way) = (vector(from, to), vector(from, at));
    let length = line.0.hypot(line.1);
    if length == 0.0 {
        return way.0.hypot(way.1);
    }
    let along = (way.0 * line.0 + way.1 * line.1) / (length * length);
    let nearest = (line.0 * along.clamp(0.0, 1.0), line.1 * along.clamp(0.0, 1.0));
    (way.0 - nearest.0).hypot(way.1 - nearest.1)
}
