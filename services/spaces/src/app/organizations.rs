//! Organizations.

use comitia_bus::{Event, outbox};
use comitia_platform::acts;
use comitia_platform::idempotency::Idempotent;
use comitia_proto::events::v1::{OrganizationCreated, OrganizationUpdated, ParticipationChanged};
use comitia_proto::spaces::v1::OrganizationTextKind;
use prost::Message;
use uuid::Uuid;

use crate::app::App;
use crate::domain::attachment::{Attachment, Holder};
use crate::domain::organization::{Organization, is_host_name, normalise_host_name};
use crate::domain::profile::{Change, Profile, Text, terms_differ};
use crate::error::Error;
use crate::store;

/// An organization to create.
#[derive(Clone, Debug)]
pub struct New {
    /// Its name.
    pub display_name: String,
    /// What leads to it.
    pub host_names: Vec<String>,
    /// Its time zone.
    pub time_zone: String,
    /// What it shows of itself.
    pub profile: Profile,
}

/// Creates an organization. `request` belongs to no organization. `answer` makes the answer, which an equal request
/// gets too.
///
/// # Errors
/// [`Error::HostNamesTaken`].
pub async fn create<R: Message + Default>(
    app: &App,
    request: &Idempotent,
    new: New,
    answer: impl FnOnce(Organization) -> R + Send,
) -> Result<R, Error> {
    let mut transaction = app.everywhere().await?;
    if let Some(earlier) = request.earlier(&mut transaction).await? {
        return Ok(earlier);
    }
    let organization = Organization {
        organization_id: comitia_core::id::new(),
        display_name: new.display_name,
        host_names: new.host_names,
        canonical_host_name: String::new(),
        time_zone: new.time_zone,
        create_time: app.clock.now(),
        profile: new.profile,
        revision: 1,
        registration_open: false,
        terms_version: 1,
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
    let response = answer(organization);
    request.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(response)
}

/// The organization with this id, its texts, and its logo.
///
/// # Errors
/// [`Error::OrganizationUnknown`].
pub async fn get(
    app: &App,
    organization: Uuid,
) -> Result<(Organization, Vec<Text>, Option<Attachment>), Error> {
    let mut transaction = app.reading(organization).await?;
    let found = store::organizations::get(&mut transaction, organization).await?;
    let texts = store::organizations::texts(&mut transaction, organization).await?;
    let logo = store::attachments::list(&mut transaction, Holder::Organization(organization)).await?.pop();
    transaction.commit().await?;
    Ok((found.ok_or(Error::OrganizationUnknown)?, texts, logo))
}

/// Changes an organization. Texts in languages that it has not are refused, also those that were there before.
///
/// # Errors
/// [`Error::OrganizationUnknown`], [`Error::OrganizationChanged`], [`Error::TextLanguage`].
pub async fn update(
    app: &App,
    organization: Uuid,
    etag: &str,
    change: Change,
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
    let before = store::organizations::texts(&mut transaction, organization).await?;
    let was = (changed.clone(), before.clone());
    let participation = (changed.registration_open, changed.terms_version, changed.time_zone.clone());
    if change.texts.as_ref().is_some_and(|texts| terms_differ(&before, texts)) {
        changed.terms_version += 1;
    }
    changed.registration_open = change.registration_open.unwrap_or(changed.registration_open);
    let texts = change.texts.unwrap_or(before);
    let set = |to: &mut String, value: Option<String>| value.into_iter().for_each(|value| *to = value);
    set(&mut changed.display_name, change.display_name);
    set(&mut changed.time_zone, change.time_zone);
    set(&mut changed.profile.country, change.country);
    set(&mut changed.profile.contact_email, change.contact_email);
    set(&mut changed.profile.brand_color, change.brand_color);
    if let Some(languages) = change.languages {
        changed.profile.languages = languages;
    }
    if let Some(text) = texts.iter().find(|text| !changed.profile.languages.contains(&text.language)) {
        return Err(Error::TextLanguage(text.language.clone()));
    }
    tell_changes((&was.0, &was.1), (&changed, &texts));
    changed.revision += 1;
    store::organizations::update(&mut transaction, &changed).await?;
    store::organizations::write_texts(&mut transaction, organization, &texts).await?;
    let updated = OrganizationUpdated { organization_id: organization.to_string() };
    let event =
        Event::new(&app.clock, "spaces.organization.updated", Some(organization), organization, &updated);
    let mut events = vec![event];
    if participation != (changed.registration_open, changed.terms_version, changed.time_zone.clone()) {
        events.push(participation_changed(app, &changed));
    }
    outbox::append(&mut transaction, &events).await?;
    let logo = store::attachments::list(&mut transaction, Holder::Organization(organization)).await?.pop();
    transaction.commit().await?;
    app.outbox.wake();
    Ok((changed, texts, logo))
}

/// Says what is another value now, for the log.
fn tell_changes((was, texts_were): (&Organization, &[Text]), (is, texts): (&Organization, &[Text])) {
    acts::changed("display_name", &was.display_name, &is.display_name);
    acts::changed("time_zone", &was.time_zone, &is.time_zone);
    acts::changed("languages", was.profile.languages.join(", "), is.profile.languages.join(", "));
    acts::changed("country", &was.profile.country, &is.profile.country);
    acts::changed("contact_email", &was.profile.contact_email, &is.profile.contact_email);
    acts::changed("brand_color", &was.profile.brand_color, &is.profile.brand_color);
    acts::changed("registration_open", was.registration_open, is.registration_open);
    let body = |texts: &[Text], of: &Text| {
        let found = texts.iter().find(|text| text.kind.0 == of.kind.0 && text.language == of.language);
        found.map(|text| text.body.clone()).unwrap_or_default()
    };
    let gone = texts_were.iter().filter(|text| body(texts, text).is_empty());
    for text in texts.iter().chain(gone) {
        let kind = OrganizationTextKind::try_from(i32::from(text.kind.0)).unwrap_or_default();
        let field = format!("texts[{} {}].body", kind.as_str_name(), text.language);
        acts::changed(&field, body(texts_were, text), body(texts, text));
    }
}

fn participation_changed(app: &App, organization: &Organization) -> Event {
    let id = organization.organization_id;
    let changed = ParticipationChanged {
        organization_id: id.to_string(),
        registration_open: organization.registration_open,
        terms_version: organization.terms_version,
        revision: organization.revision,
        time_zone: organization.time_zone.clone(),
    };
    Event::new(&app.clock, "spaces.organization.participation_changed", Some(id), id, &changed)
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
