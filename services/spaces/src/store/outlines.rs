//! Outlines of areas.

use comitia_platform::database::Unreadable;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::geojson::Outline;

/// Writes the outline of an area, in place of any before.
pub async fn write(
    connection: &mut PgConnection,
    organization: Uuid,
    code: &str,
    outline: &Outline,
) -> sqlx::Result<()> {
    let rings: Vec<i32> =
        outline.rings.iter().map(|ring| i32::try_from(ring.len()).unwrap_or(i32::MAX)).collect();
    let positions: Vec<i32> = outline.rings.iter().flatten().flat_map(|at| [at.0, at.1]).collect();
    sqlx::query!(
        "INSERT INTO spaces.area_outlines (organization_id, code, rings, positions)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (organization_id, code) DO UPDATE
         SET rings = excluded.rings, positions = excluded.positions",
        organization,
        code,
        &rings,
        &positions
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Outlines by code, from the one after `after`.
pub async fn list(
    connection: &mut PgConnection,
    organization: Uuid,
    after: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<(String, Outline)>> {
    let rows = sqlx::query!(
        "SELECT code, rings, positions
         FROM spaces.area_outlines
         WHERE organization_id = $1 AND code > $2
         ORDER BY code
         LIMIT $3",
        organization,
        after.unwrap_or_default(),
        limit
    )
    .fetch_all(connection)
    .await?;
    let outlines = rows.into_iter().map(|row| {
        let outline = outline(&row.rings, &row.positions);
        let outline = outline.ok_or_else(|| Unreadable::new("spaces.area_outlines", "rings", &row.code))?;
        Ok((row.code, outline))
    });
    outlines.collect()
}

/// The rings of a row; nothing when they do not have as many positions as the row has.
fn outline(rings: &[i32], positions: &[i32]) -> Option<Outline> {
    let mut rest = positions;
    let mut outline = Outline::default();
    for count in rings {
        let (ring, others) = rest.split_at_checked(usize::try_from(*count).ok()?.checked_mul(2)?)?;
        outline.rings.push(ring.chunks_exact(2).map(|at| (at[0], at[1])).collect());
        rest = others;
    }
    rest.is_empty().then_some(outline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_have_as_many_positions_as_the_row() {
        let read = outline(&[3, 1], &[1, 2, 3, 4, 5, 6, 7, 8]).unwrap();
        assert_eq!(read.rings, [vec![(1, 2), (3, 4), (5, 6)], vec![(7, 8)]]);
        for (rings, positions) in
            [(&[3][..], &[1, 2][..]), (&[1], &[1, 2, 3, 4]), (&[-1], &[]), (&[i32::MAX], &[])]
        {
            assert_eq!(outline(rings, positions), None, "{rings:?}");
        }
    }
}
