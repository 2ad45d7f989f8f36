//! The host names that lead to an organization.

use comitia_bus::{Event, outbox};
use comitia_platform::acts;
use comitia_proto::events::v1::OrganizationUpdated;
use uuid::Uuid;

use crate::app::App;
use crate::domain::attachment::{Attachment, Holder};
use crate::domain::organization::Organization;
use crate::domain::profile::Text;
use crate::error::Error;
use crate::store;

/// Makes these the host names of an organization, and `canonical` its address; empty for none. Those that it had and that are not
/// among them are free for others.
///
/// # Errors
/// [`Error::OrganizationUnknown`], [`Error::OrganizationChanged`], [`Error::HostNamesTaken`].
pub async fn update(
    app: &App,
    organization: Uuid,
    etag: &str,
    names: Vec<String>,
    canonical: String,
) -> Result<(Organization, Vec<Text>, Option<Attachment>), Error> {
    let mut transaction = app.writing(organization).await?;
    if !store::organizations::lock(&mut transaction, organization).await? {
        return Err(Error::OrganizationUnknown);
    }
    let found = store::organizations::get(&mut transaction, organization).await?;
    let mut changed = found.ok_or(Error::OrganizationUnknown)?;
    if !etag.is_empty() && etag != changed.etag() {
        return Err(Error::OrganizationChanged);
    }
    store::organizations::release_host_names(&mut transaction, organization).await?;
    let got = store::organizations::claim_host_names(&mut transaction, organization, &names).await?;
    let taken: Vec<_> = (0..names.len()).filter(|place| !got.contains(&names[*place])).collect();
    if !taken.is_empty() {
        return Err(Error::HostNamesTaken(taken));
    }
    acts::changed("host_names", changed.host_names.join(", "), names.join(", "));
    acts::changed("canonical_host_name", &changed.canonical_host_name, &canonical);
    changed.host_names = names;
    changed.canonical_host_name = canonical;
    changed.revision += 1;
    store::organizations::update(&mut transaction, &changed).await?;
    let texts = store::organizations::texts(&mut transaction, organization).await?;
    let updated = OrganizationUpdated { organization_id: organization.to_string() };
    let event =
        Event::new(&app.clock, "spaces.organization.updated", Some(organization), organization, &updated);
    outbox::append(&mut transaction, &[event]).await?;
    let logo = store::attachments::list(&mut transaction, Holder::Organization(organization)).await?.pop();
    transaction.commit().await?;
    app.outbox.wake();
    Ok((changed, texts, logo))
}
