//! The providers of an account: which are linked, linking and unlinking one; and which of them the organization allows.

use comitia_platform::auth::Caller;
use comitia_platform::{acts, validate};
use comitia_proto::identity::v1::{
    Account, AccountProvider, AccountSignIn, CompleteProviderLinkRequest, CompleteProviderLinkResponse,
    LinkedProvider,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::faults::Fault;
use super::{day, describe, own, providers};
use crate::app::App;
use crate::app::providers::{Begun, Provider};
use crate::error::Error;
use crate::store::provider_links as links;

/// The providers that are linked to an account.
pub(crate) async fn of(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    participant_id: Uuid,
) -> Result<Vec<LinkedProvider>, Error> {
    let allowed = links::allowed(connection, organization).await?;
    let linked = links::of_participant(connection, participant_id).await?;
    let linked = linked.into_iter().map(|link| {
        let provider = find(app, organization, &link.provider);
        LinkedProvider {
            display_name: provider.map(|provider| provider.config.display_name.clone()).unwrap_or_default(),
            link_time: Some(day(link.link_day)),
            allowed: provider.is_some() && allowed.contains(&link.provider),
            provider_id: link.provider,
        }
    });
    Ok(linked.collect())
}

fn find<'a>(app: &'a App, organization: Uuid, id: &str) -> Option<&'a Provider> {
    let found = providers::available(app, organization).find(|(known, _)| *known == id);
    found.map(|(_, provider)| provider)
}

/// Begins to link a provider to the caller's account.
///
/// # Errors
/// [`Fault::AccountMissing`], `ProviderUnknown`, `Provider` when it is away.
pub async fn begin(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    id: &str,
    language: &str,
) -> Result<Begun, Error> {
    let mut transaction = app.begin(organization).await?;
    let participant = own(app, &mut transaction, caller).await?;
    // Nobody waits for the provider with a transaction open.
    transaction.commit().await?;
    providers::begin(app, organization, id, language, Some(participant.participant_id)).await
}

/// Links the provider to the caller's account, if that began it.
///
/// # Errors
/// As [`providers::complete`]; [`Fault::AccountMissing`], [`Fault::IdentityHasAccount`], [`Fault::ProviderLinked`].
pub async fn complete(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    request: &CompleteProviderLinkRequest,
) -> Result<CompleteProviderLinkResponse, Error> {
    let answer = (request.sealed_sign_in.as_str(), request.callback_query.as_str());
    let mut reading = app.begin(organization).await?;
    let participant = own(app, &mut reading, caller).await?;
    reading.commit().await?;
    let (identity, sign_out_url) = providers::identity_for(app, organization, &participant, answer).await?;
    let mut transaction = app.begin(organization).await?;
    let participant = own(app, &mut transaction, caller).await?;
    let linked = providers::link(app, &mut transaction, &identity, participant.participant_id).await?;
    let account = describe(app, &mut transaction, organization, &participant).await?;
    transaction.commit().await?;
    if linked {
        providers::tell_owner(app, &participant, &identity.provider, true)?;
    }
    Ok(CompleteProviderLinkResponse { account: Some(account), sign_out_url })
}

/// Unlinks a provider from the caller's account. One that is not linked is unlinked.
///
/// # Errors
/// [`Fault::AccountMissing`], [`Fault::LastWayIn`].
pub async fn unlink(app: &App, organization: Uuid, caller: &Caller, id: &str) -> Result<Account, Error> {
    let mut transaction = app.begin(organization).await?;
    // Locked, so that two unlinked at once do not each take the other for the way that is left.
    let participant = own(app, &mut transaction, caller).await?;
    let was_linked = links::delete(&mut transaction, participant.participant_id, id).await?;
    let account = describe(app, &mut transaction, organization, &participant).await?;
    if was_linked && account.email.is_empty() && !account.linked_providers.iter().any(|linked| linked.allowed)
    {
        return Err(Fault::LastWayIn.into());
    }
    transaction.commit().await?;
    if was_linked {
        providers::tell_owner(app, &participant, id, false)?;
    }
    Ok(account)
}

/// Which providers the organization allows, of those that there are for it.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn rules(app: &App, organization: Uuid) -> Result<AccountSignIn, Error> {
    let mut transaction = app.begin(organization).await?;
    let allowed = links::allowed(&mut transaction, organization).await?;
    Ok(describe_rules(app, organization, allowed))
}

fn describe_rules(app: &App, organization: Uuid, allowed: Vec<String>) -> AccountSignIn {
    let available = providers::available(app, organization);
    AccountSignIn {
        available_providers: available.map(|(id, provider)| encode(id, provider)).collect(),
        allowed_provider_ids: allowed,
    }
}

/// Sets which providers the organization allows. One that was allowed and is not configured any more may stay.
///
/// # Errors
/// A rule of the field for one that there is not.
pub async fn set_rules(
    app: &App,
    organization: Uuid,
    mut allowed: Vec<String>,
) -> Result<AccountSignIn, Error> {
    allowed.sort_unstable();
    allowed.dedup();
    let mut transaction = app.begin(organization).await?;
    let before = links::allowed(&mut transaction, organization).await?;
    let mut checks = validate::Checks::new();
    let known = |id: &String| before.contains(id) || find(app, organization, id).is_some();
    checks.require(
        allowed.iter().all(known),
        "allowed_provider_ids",
        "must be providers for accounts that this installation has for the organization",
    );
    checks.finish()?;
    acts::changed("allowed_provider_ids", before.join(", "), allowed.join(", "));
    links::allow(&mut transaction, organization, &allowed).await?;
    transaction.commit().await?;
    Ok(describe_rules(app, organization, allowed))
}

/// A provider as people are offered it.
pub(crate) fn encode(id: &str, provider: &Provider) -> AccountProvider {
    AccountProvider {
        provider_id: id.to_owned(),
        display_name: provider.config.display_name.clone(),
        about_url: provider.config.about_url.clone().unwrap_or_default(),
        asks_birth_date: provider.config.asks_age_of_account(),
    }
}
