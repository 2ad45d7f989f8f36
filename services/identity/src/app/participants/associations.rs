//! Associations that the team has verified, and who writes for them.

use comitia_bus::{Event, outbox};
use comitia_platform::database::is_unique_violation;
use comitia_platform::{ApiError, acts, page, validate};
use comitia_proto::events::v1::AuthorRenamed;
use comitia_proto::identity::v1::{Association, AssociationMember, ListAssociationsResponse};
use uuid::Uuid;

use super::faults::Fault;
use crate::app::App;
use crate::app::email_codes::valid;
use crate::domain::{display_name, email};
use crate::error::Error;
use crate::store::associations::{self as store, StoredAssociation};

/// How sealed addresses of members say what they are.
const EMAIL: &str = "association_members.email";
const LIST: &str = "identity.ListAssociations";
/// The most members that are listed.
const MEMBERS: i64 = 1_000;

fn name(typed: &str) -> Result<String, Error> {
    Ok(display_name::check(typed).map_err(|fault| ApiError::invalid_field("display_name", fault.rule()))?)
}

fn taken(error: sqlx::Error) -> Error {
    if is_unique_violation(&error, "associations_name") {
        Fault::AssociationExists.into()
    } else {
        error.into()
    }
}

/// Adds an association.
///
/// # Errors
/// A rule of names, [`Fault::AssociationExists`].
pub async fn create(app: &App, organization: Uuid, typed: &str) -> Result<Association, Error> {
    let new = StoredAssociation {
        association_id: comitia_core::id::new(),
        display_name: name(typed)?,
        create_time: app.clock.now(),
    };
    let mut transaction = app.begin(organization).await?;
    acts::about("associations", new.association_id);
    store::insert(&mut transaction, organization, &new).await.map_err(taken)?;
    transaction.commit().await?;
    Ok(encode(new))
}

/// A page of associations.
///
/// # Errors
/// A page token of another request.
pub async fn list(
    app: &App,
    organization: Uuid,
    page_size: i32,
    page_token: &str,
) -> Result<ListAssociationsResponse, Error> {
    let size = page::size(page_size)?;
    let after = page::cursor(LIST, page_token, page::id)?.unwrap_or_default();
    let mut transaction = app.begin(organization).await?;
    let mut found = store::list(&mut transaction, organization, after, size + 1).await?;
    let next_page_token = page::cut(&mut found, size, LIST, |one| one.association_id.to_string());
    Ok(ListAssociationsResponse { associations: found.into_iter().map(encode).collect(), next_page_token })
}

/// Gives an association another name, which is shown with what it wrote.
///
/// # Errors
/// A rule of names, [`Fault::AssociationExists`], [`Fault::AssociationUnknown`].
pub async fn rename(
    app: &App,
    organization: Uuid,
    association: Uuid,
    typed: &str,
) -> Result<Association, Error> {
    let name = name(typed)?;
    let mut transaction = app.begin(organization).await?;
    if let Some(was) = store::get(&mut transaction, association).await? {
        acts::changed("display_name", was.display_name, &name);
    }
    if !store::rename(&mut transaction, association, &name).await.map_err(taken)? {
        return Err(Fault::AssociationUnknown.into());
    }
    let renamed = store::get(&mut transaction, association).await?.ok_or(Fault::AssociationUnknown)?;
    let news = AuthorRenamed { author: String::new(), association_id: association.to_string() };
    let event = Event::new(&app.clock, "identity.author.renamed", Some(organization), association, &news);
    outbox::append(&mut transaction, &[event]).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(encode(renamed))
}

/// Deletes an association. What it wrote stays its.
///
/// # Errors
/// [`Fault::AssociationUnknown`].
pub async fn delete(app: &App, organization: Uuid, association: Uuid) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    if !store::delete(&mut transaction, association).await? {
        return Err(Fault::AssociationUnknown.into());
    }
    Ok(transaction.commit().await?)
}

/// Lets whoever has, or will have, an account with this address write for an association.
///
/// # Errors
/// A field error for what is no address, [`Fault::AssociationUnknown`].
pub async fn add_member(app: &App, organization: Uuid, association: Uuid, typed: &str) -> Result<(), Error> {
    let address = email::clean(&valid(typed)?);
    let (sealed, lookup) =
        (app.data_keys.seal_text(EMAIL, &address)?, app.lookup.email(organization, &address));
    let mut transaction = app.begin(organization).await?;
    store::get(&mut transaction, association).await?.ok_or(Fault::AssociationUnknown)?;
    store::add_member(&mut transaction, organization, association, &sealed, &lookup).await?;
    Ok(transaction.commit().await?)
}

/// Who writes for an association.
///
/// # Errors
/// [`Fault::AssociationUnknown`].
pub async fn members(
    app: &App,
    organization: Uuid,
    association: Uuid,
) -> Result<Vec<AssociationMember>, Error> {
    let mut transaction = app.begin(organization).await?;
    store::get(&mut transaction, association).await?.ok_or(Fault::AssociationUnknown)?;
    let found = store::members(&mut transaction, association, MEMBERS).await?;
    let members = found.into_iter().map(|(id, sealed)| {
        let email = app.data_keys.open_text(EMAIL, &sealed)?;
        Ok(AssociationMember { association_member_id: id.to_string(), email })
    });
    members.collect()
}

/// Lets somebody no longer write for an association.
///
/// # Errors
/// [`Fault::AssociationUnknown`].
pub async fn remove_member(
    app: &App,
    organization: Uuid,
    association: Uuid,
    member: Uuid,
) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    if !store::remove_member(&mut transaction, association, member).await? {
        return Err(Fault::AssociationUnknown.into());
    }
    Ok(transaction.commit().await?)
}

/// An association as messages have it.
pub(crate) fn encode(stored: StoredAssociation) -> Association {
    Association {
        association_id: stored.association_id.to_string(),
        display_name: stored.display_name,
        create_time: Some(validate::timestamp(stored.create_time)),
    }
}
