//! Areas. Changes of one organization's areas happen one after the other, so that two of them together make no
//! circle.

use std::collections::HashSet;

use comitia_platform::acts;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::domain::area::{Area, AreaFault, order};
use crate::error::{AreaError, Error};
use crate::store;

/// Creates an area.
///
/// # Errors
/// [`AreaError::Exists`], [`AreaError::ParentUnknown`], [`AreaError::InItself`].
pub async fn create(app: &App, organization: Uuid, new: &Area) -> Result<(), Error> {
    let mut transaction = app.writing(organization).await?;
    lock(&mut transaction, organization).await?;
    check_parent(&mut transaction, organization, new).await?;
    if !store::areas::insert(&mut transaction, organization, new).await? {
        return Err(AreaError::Exists(new.code.clone()).into());
    }
    Ok(transaction.commit().await?)
}

/// Creates areas, all of them or none; with `validate_only` none in any case. A parent may stand anywhere among them.
///
/// # Errors
/// [`AreaError::Several`] with everything that is wrong.
pub async fn create_all(
    app: &App,
    organization: Uuid,
    new: &[Area],
    validate_only: bool,
) -> Result<(), Error> {
    let mut transaction = app.writing(organization).await?;
    lock(&mut transaction, organization).await?;
    let order = order(new).map_err(AreaError::Several)?;
    let mut faults = Vec::new();
    // Areas without a row. A fault of theirs is not one of their parts too.
    let mut absent = HashSet::new();
    for index in order {
        let Some(area) = new.get(index) else { continue };
        let fault = match check_parent(&mut transaction, organization, area).await {
            Ok(()) => None,
            Err(Error::Area(AreaError::ParentUnknown(parent))) if absent.contains(&parent) => None,
            Err(Error::Area(AreaError::ParentUnknown(_))) => Some(AreaFault::ParentUnknown),
            Err(Error::Area(AreaError::InItself(_))) => Some(AreaFault::InItself),
            Err(error) => return Err(error),
        };
        if fault.is_some() || area.parent.as_ref().is_some_and(|parent| absent.contains(parent)) {
            absent.insert(area.code.clone());
            faults.extend(fault.map(|fault| (index, fault)));
            continue;
        }
        if !store::areas::insert(&mut transaction, organization, area).await? {
            faults.push((index, AreaFault::Exists));
        }
    }
    if !faults.is_empty() {
        faults.sort_by_key(|(index, _)| *index);
        return Err(AreaError::Several(faults).into());
    }
    if validate_only { Ok(transaction.rollback().await?) } else { Ok(transaction.commit().await?) }
}

/// Changes an area's title and the area that it is part of.
///
/// # Errors
/// [`Error::NotFound`], [`AreaError::ParentUnknown`], [`AreaError::InItself`].
pub async fn update(app: &App, organization: Uuid, area: &Area) -> Result<(), Error> {
    let mut transaction = app.writing(organization).await?;
    lock(&mut transaction, organization).await?;
    check_parent(&mut transaction, organization, area).await?;
    if let Some(title) = store::areas::title(&mut transaction, organization, &area.code).await? {
        acts::changed("title", title, &area.title);
    }
    if !store::areas::update(&mut transaction, organization, area).await? {
        return Err(Error::not_found("area", &area.code));
    }
    Ok(transaction.commit().await?)
}

/// Removes an area that no other is part of and that nothing uses.
///
/// # Errors
/// [`Error::NotFound`], [`AreaError::HasAreas`], [`AreaError::InUse`]; `DEPENDENCY_UNAVAILABLE` when a service is away
/// that may use it.
pub async fn delete(app: &App, organization: Uuid, code: &str) -> Result<(), Error> {
    // Before the transaction, which must not wait for other services.
    let uses = app.users.of_area(organization, code).await;
    let mut transaction = app.writing(organization).await?;
    lock(&mut transaction, organization).await?;
    if store::areas::has_areas(&mut transaction, organization, code).await? {
        return Err(AreaError::HasAreas(code.to_owned()).into());
    }
    if !store::areas::delete(&mut transaction, organization, code).await? {
        return Err(Error::not_found("area", code));
    }
    let uses = uses?;
    if !uses.is_unused() {
        return Err(AreaError::InUse(code.to_owned(), uses).into());
    }
    Ok(transaction.commit().await?)
}

/// At most `limit` areas by code, from the one after `after`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(
    app: &App,
    organization: Uuid,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Area>, Error> {
    let mut transaction = app.reading(organization).await?;
    let areas = store::areas::list(&mut transaction, organization, after, limit).await?;
    transaction.commit().await?;
    Ok(areas)
}

pub(super) async fn lock(connection: &mut PgConnection, organization: Uuid) -> Result<(), Error> {
    let exists = store::organizations::lock(connection, organization).await?;
    if exists { Ok(()) } else { Err(Error::OrganizationUnknown) }
}

async fn check_parent(connection: &mut PgConnection, organization: Uuid, area: &Area) -> Result<(), Error> {
    let Some(parent) = &area.parent else { return Ok(()) };
    if *parent == area.code {
        return Err(AreaError::InItself(area.code.clone()).into());
    }
    let ancestry = store::areas::ancestry(connection, organization, parent).await?;
    if ancestry.is_empty() {
        return Err(AreaError::ParentUnknown(parent.clone()).into());
    }
    if area.fits_in(&ancestry) { Ok(()) } else { Err(AreaError::InItself(area.code.clone()).into()) }
}
