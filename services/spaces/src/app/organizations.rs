//! Organizations.

use comitia_bus::{Event, outbox};
use comitia_platform::idempotency::Idempotent;
use comitia_proto::events::v1::OrganizationCreated;
use comitia_proto::spaces::v1::CreateOrganizationResponse;
use uuid::Uuid;

use crate::app::App;
use crate::domain::organization::{Organization, is_host_name, normalise_host_name};
use crate::error::Error;
use crate::grpc::encode;
use crate::store;

/// Creates an organization. `request` belongs to no organization.
///
/// # Errors
/// [`Error::HostNamesTaken`].
pub async fn create(
    app: &App,
    request: &Idempotent,
    display_name: String,
    host_names: Vec<String>,
    time_zone: String,
) -> Result<CreateOrganizationResponse, Error> {
    let mut transaction = app.everywhere().await?;
    if let Some(answer) = request.earlier(&mut transaction).await? {
        return Ok(answer);
    }
    let organization = Organization {
        organization_id: comitia_core::id::new(),
        display_name,
        host_names,
        time_zone,
        create_time: app.clock.now(),
    };
    let id = organization.organization_id;
    store::organizations::insert(&mut transaction, &organization).await?;
    let names = &organization.host_names;
    let got = store::organizations::claim_host_names(&mut transaction, id, names).await?;
    let taken: Vec<_> = (0..names.len()).filter(|place| !got.contains(&names[*place])).collect();
    if !taken.is_empty() {
        return Err(Error::HostNamesTaken(taken));
    }
    let created = OrganizationCreated { organization_id: id.to_string() };
    let event = Event::new(&app.clock, "spaces.organization.created", Some(id), id, &created);
    outbox::append(&mut transaction, &[event]).await?;
    let answer = CreateOrganizationResponse { organization: Some(encode::organization(organization)) };
    request.keep(&mut transaction, &answer).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(answer)
}

/// The organization with this id.
///
/// # Errors
/// [`Error::OrganizationUnknown`].
pub async fn get(app: &App, organization: Uuid) -> Result<Organization, Error> {
    let mut transaction = app.reading(organization).await?;
    let found = store::organizations::get(&mut transaction, organization).await?;
    transaction.commit().await?;
    found.ok_or(Error::OrganizationUnknown)
}

/// The organization that a host name, as a browser sends it, leads to.
///
/// # Errors
/// [`Error::OrganizationUnknown`].
pub async fn resolve(app: &App, host_name: &str) -> Result<Organization, Error> {
    let host_name = normalise_host_name(host_name);
    if !is_host_name(&host_name) {
        return Err(Error::OrganizationUnknown);
    }
    let mut transaction = app.everywhere().await?;
    let id = store::organizations::find(&mut transaction, &host_name).await?;
    let found = match id {
        Some(id) => store::organizations::get(&mut transaction, id).await?,
        None => None,
    };
    transaction.commit().await?;
    found.ok_or(Error::OrganizationUnknown)
}
