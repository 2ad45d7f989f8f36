//! Where areas are: drawn from a file, all of them or none.

use uuid::Uuid;

use super::areas::lock;
use crate::app::App;
use crate::domain::area::Area;
use crate::domain::geojson::{self, Drawn, Outline};
use crate::error::{AreaError, Error};
use crate::store;

/// What the file is, and which of its properties are code and name.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// GeoJSON.
    pub text: &'a str,
    /// The property with the code; empty for one that offices use.
    pub code: &'a str,
    /// The property with the name; empty for one that offices use.
    pub title: &'a str,
}

/// Draws the areas of a file, and creates those that the organization does not have. Those that it has keep their names. With
/// `validate_only` nothing is changed. Gives each area, with whether it is new.
///
/// # Errors
/// [`AreaError::GeoJson`] with the first thing that is wrong.
pub async fn draw(
    app: &App,
    organization: Uuid,
    file: File<'_>,
    validate_only: bool,
) -> Result<Vec<(Drawn, bool)>, Error> {
    let mut drawn = geojson::read(file.text, file.code, file.title).map_err(AreaError::GeoJson)?;
    let mut outlines: Vec<Outline> = drawn.iter_mut().map(|area| std::mem::take(&mut area.outline)).collect();
    geojson::simplify(&mut outlines);
    let mut transaction = app.writing(organization).await?;
    lock(&mut transaction, organization).await?;
    let mut areas = Vec::new();
    for (mut area, outline) in drawn.into_iter().zip(outlines) {
        let new = Area { code: area.code.clone(), title: area.title.clone(), parent: None };
        let created = store::areas::insert(&mut transaction, organization, &new).await?;
        if !created
            && let Some(title) = store::areas::title(&mut transaction, organization, &area.code).await?
        {
            area.title = title;
        }
        store::outlines::write(&mut transaction, organization, &area.code, &outline).await?;
        areas.push((Drawn { outline, ..area }, created));
    }
    if validate_only {
        transaction.rollback().await?;
    } else {
        transaction.commit().await?;
    }
    Ok(areas)
}

/// At most `limit` outlines by code, from the one after `after`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    app: &App,
    organization: Uuid,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<(String, Outline)>, Error> {
    let mut transaction = app.reading(organization).await?;
    let outlines = store::outlines::list(&mut transaction, organization, after, limit).await?;
    transaction.commit().await?;
    Ok(outlines)
}
