//! Signing in to an account, and registering, at an identified provider.
//!
//! What is believed of a provider is its name for the person, and whether they are old enough. It is asked for no address: an
//! account that has one is found by the code that its mailbox gets, so that nobody comes to another's account by what some
//! provider says.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use comitia_openid::{Ask, Vouched, claims};
use comitia_platform::{ApiError, validate};
use comitia_proto::identity::v1::{
    CompleteAccountSignInRequest, CompleteAccountSignInResponse, RegisterWithProviderRequest, Session,
};
use secrecy::ExposeSecret;
use sqlx::PgConnection;
use uuid::Uuid;

use super::faults::Fault;
use super::{address as address_of, device, new, open, today};
use crate::app::App;
use crate::app::attempts::Attempts;
use crate::app::email_codes::valid;
use crate::app::providers::{Begun, LONGEST_ATTEMPT, Provider, refused};
use crate::domain::asker::Asker;
use crate::domain::providers::{self as domain, Identity, PendingAccount};
use crate::domain::tokens;
use crate::error::Error;
use crate::store::participants::{self as store, StoredParticipant};
use crate::store::provider_links::NewLink;
use crate::store::{email_codes, provider_links as links};

/// The associated data of sealed sign-ins, and of sealed identities.
const SIGN_IN: &str = "account sign-in";
const IDENTITY: &str = "account identity";
/// How long somebody may take to register after the sign-in.
pub const LONGEST_REGISTRATION: TimeDelta = TimeDelta::minutes(30);

/// The providers that the organization lets vouch for accounts, with their ids.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn list(app: &App, organization: Uuid) -> Result<Vec<(&str, &Provider)>, Error> {
    let mut transaction = app.begin(organization).await?;
    let allowed = links::allowed(&mut transaction, organization).await?;
    Ok(available(app, organization).filter(|(id, _)| allowed.iter().any(|known| known == id)).collect())
}

/// The providers of the installation that may vouch for accounts of the organization, with their ids.
pub(crate) fn available(app: &App, organization: Uuid) -> impl Iterator<Item = (&str, &Provider)> {
    let may = move |(_, provider): &(&String, &Provider)| {
        provider.config.accounts && provider.config.is_for(organization)
    };
    app.providers.iter().filter(may).map(|(id, provider)| (id.as_str(), provider))
}

/// The provider with this id, if the organization lets it vouch for accounts.
async fn provider<'a>(app: &'a App, organization: Uuid, id: &str) -> Result<&'a Provider, Error> {
    let found = list(app, organization).await?.into_iter().find(|(known, _)| *known == id);
    Ok(found.ok_or(Error::ProviderUnknown)?.1)
}

/// Begins a sign-in to an account or, with `link_to`, one that links the provider to that account.
///
/// # Errors
/// `ProviderUnknown`, `Provider` when it is away.
pub async fn begin(
    app: &App,
    organization: Uuid,
    id: &str,
    language: &str,
    link_to: Option<Uuid>,
) -> Result<Begun, Error> {
    let provider = provider(app, organization, id).await?;
    let scopes = match provider.config.asks_age_of_account() {
        true => vec![provider.config.birth_date_scope.clone()],
        false => Vec::new(),
    };
    let language = (!language.is_empty()).then(|| language.to_owned());
    // Whoever is signed in at the provider in this browser is not linked to an account by a click.
    let ask = Ask { level: provider.config.minimum_level.clone(), scopes, language, anew: link_to.is_some() };
    let (url, attempt) = provider.client.begin(&ask).await.map_err(|error| refused(id, error))?;
    let expire_time = attempt.begun + LONGEST_ATTEMPT;
    let pending = PendingAccount { organization, provider: id.to_owned(), link_to, attempt };
    Ok(Begun { authorization_url: url.into(), sealed: seal(app, SIGN_IN, &pending)?, expire_time })
}

/// Ends a sign-in with what the browser brought back: with a session of the account that has the identity, or else with the
/// sealed identity of somebody who is old enough to register.
///
/// # Errors
/// `SignInUnknown` for what was not sealed here, `ProviderUnknown`, `Provider` when its answer is refused; [`Fault::TooYoung`],
/// [`Fault::BirthDateMissing`].
pub async fn complete(
    app: &App,
    organization: Uuid,
    request: &CompleteAccountSignInRequest,
) -> Result<CompleteAccountSignInResponse, Error> {
    let pending = pending(app, organization, &request.sealed_sign_in)?;
    if pending.link_to.is_some() {
        return Err(Error::SignInUnknown);
    }
    let vouched = vouched(app, &pending, &request.callback_query).await?;
    let lookup = lookup(app, &pending, &vouched);
    let sign_out_url = sign_out_url(app, &pending, &vouched).await;
    let mut answer = CompleteAccountSignInResponse { sign_out_url, ..Default::default() };
    let mut transaction = app.begin(organization).await?;
    let known = store::lock_by_identity(&mut transaction, &lookup).await?;
    if let Some(participant) = known {
        let participation = store::participation(&mut transaction, organization).await?;
        let device = device(request.device.as_ref());
        let session = open(app, &mut transaction, organization, &participant, &participation, device).await?;
        transaction.commit().await?;
        answer.session = Some(session);
        return Ok(answer);
    }
    check_age(app, &mut transaction, &pending, &vouched).await?;
    let expires = app.clock.now() + LONGEST_REGISTRATION;
    let identity = Identity { organization, provider: pending.provider, lookup, expires };
    answer.sealed_identity = seal(app, IDENTITY, &identity)?;
    answer.identity_expire_time = Some(validate::timestamp(expires));
    Ok(answer)
}

/// Registers with a sealed identity, and signs in: to a new account without an address, or to the one of the address whose code
/// is given. Who has an account by now, after a double click, is signed in to it.
///
/// # Errors
/// [`Fault::IdentityExpired`], `ProviderUnknown`, [`Fault::RegistrationClosed`]; with an address `CredentialsInvalid`,
/// `TooManyAttempts`, [`Fault::IdentityHasAccount`], [`Fault::ProviderLinked`].
pub async fn register(
    app: &App,
    organization: Uuid,
    address: Option<&str>,
    request: &RegisterWithProviderRequest,
) -> Result<Session, Error> {
    let identity = open_identity(app, organization, &request.sealed_identity)?;
    provider(app, organization, &identity.provider).await?;
    if !request.email.is_empty() {
        return register_with_address(app, organization, address, request, &identity).await;
    }
    let mut transaction = app.begin(organization).await?;
    let participation = store::participation(&mut transaction, organization).await?;
    let known = store::lock_by_identity(&mut transaction, &identity.lookup).await?;
    let participant = match known {
        Some(participant) => participant,
        None if participation.registration_open => {
            let mut new = new(app, organization, None, &request.language)?;
            new.age_declaration_day = Some(today(app));
            store::insert(&mut transaction, organization, &new, None).await?;
            link(app, &mut transaction, &identity, new.participant_id).await?;
            new
        }
        None => return Err(Fault::RegistrationClosed.into()),
    };
    let device = device(request.device.as_ref());
    let session = open(app, &mut transaction, organization, &participant, &participation, device).await?;
    transaction.commit().await?;
    Ok(session)
}

/// Links the identity to the account of an address, which is made if there is none. Only who has the code learns which it was.
async fn register_with_address(
    app: &App,
    organization: Uuid,
    address: Option<&str>,
    request: &RegisterWithProviderRequest,
    identity: &Identity,
) -> Result<Session, Error> {
    let typed = valid(&request.email)?;
    let request_id = validate::optional_uuid("request_id", &request.request_id)?;
    let email_lookup = app.lookup.email(organization, &typed);
    let attempts = Attempts::new(app, organization, &Asker::new(address), &email_lookup);
    attempts.check(app).await?;
    let code = app.lookup.email_code(&email_lookup, &tokens::normalise_email_code(&request.code));
    let used_by = request_id.map(|_| app.lookup.request(request));

    let mut transaction = app.begin(organization).await?;
    let now = app.clock.now();
    if !email_codes::take_for(&mut transaction, &email_lookup, &code, used_by.as_deref(), now).await? {
        email_codes::tried(&mut transaction, &email_lookup).await?;
        transaction.commit().await?;
        return Err(attempts.failed(app).await);
    }
    let participation = store::participation(&mut transaction, organization).await?;
    let known = store::lock_by_email(&mut transaction, &email_lookup).await?;
    let had_account = known.is_some();
    let participant = match known {
        Some(participant) => participant,
        None if participation.registration_open => {
            let mut new = new(app, organization, Some(&typed), &request.language)?;
            new.age_declaration_day = Some(today(app));
            store::insert(&mut transaction, organization, &new, Some(&email_lookup)).await?;
            // Somebody with the other code of the address may have been faster.
            store::lock_by_email(&mut transaction, &email_lookup).await?.ok_or(Error::CredentialsInvalid)?
        }
        None => return Err(Fault::RegistrationClosed.into()),
    };
    let linked = link(app, &mut transaction, identity, participant.participant_id).await?;
    let device = device(request.device.as_ref());
    let session = open(app, &mut transaction, organization, &participant, &participation, device).await?;
    transaction.commit().await?;
    if had_account && linked {
        tell_owner(app, &participant, &identity.provider, true)?;
    }
    Ok(session)
}

/// Tells the owner of an account, if it has an address, that a provider was linked to it or removed from it: it may not have
/// been them.
pub(crate) fn tell_owner(
    app: &App,
    participant: &StoredParticipant,
    provider: &str,
    linked: bool,
) -> Result<(), Error> {
    let (to, language) = (address_of(app, participant)?, participant.language.clone());
    if to.is_empty() {
        return Ok(());
    }
    let configured = app.providers.get(provider);
    let name = configured.map_or(provider, |provider| &provider.config.display_name).to_owned();
    let app = app.clone();
    comitia_core::task::spawn("news of a provider", async move {
        if let Err(error) = app.mailer.send_link_news(&to, &name, linked, &language).await {
            tracing::error!(%error, "the news of a provider was not sent");
        }
    });
    Ok(())
}

/// Links an identity to an account. Gives whether it was linked now.
///
/// # Errors
/// [`Fault::IdentityHasAccount`], [`Fault::ProviderLinked`].
pub(crate) async fn link(
    app: &App,
    connection: &mut PgConnection,
    identity: &Identity,
    participant_id: Uuid,
) -> Result<bool, Error> {
    let Identity { organization, ref provider, ref lookup, .. } = *identity;
    let new = NewLink { organization, participant_id, provider, identity_lookup: lookup, day: today(app) };
    let linked = links::insert(connection, &new).await?;
    match links::holder(connection, lookup).await? {
        Some(holder) if holder == participant_id => Ok(linked),
        Some(_) => Err(Fault::IdentityHasAccount.into()),
        None => Err(Fault::ProviderLinked.into()),
    }
}

/// The identity of a sign-in that was begun to link the provider to this account, once the provider vouches for it; and where to
/// sign out.
///
/// # Errors
/// As [`complete`]; `SignInUnknown` for one that another account began.
pub(crate) async fn identity_for(
    app: &App,
    organization: Uuid,
    participant: &StoredParticipant,
    (sealed, query): (&str, &str),
) -> Result<(Identity, String), Error> {
    let pending = pending(app, organization, sealed)?;
    if pending.link_to != Some(participant.participant_id) {
        return Err(Error::SignInUnknown);
    }
    let vouched = vouched(app, &pending, query).await?;
    let mut transaction = app.begin(organization).await?;
    check_age(app, &mut transaction, &pending, &vouched).await?;
    transaction.commit().await?;
    let sign_out_url = sign_out_url(app, &pending, &vouched).await;
    let lookup = lookup(app, &pending, &vouched);
    let expires = app.clock.now() + LONGEST_REGISTRATION;
    Ok((Identity { organization, provider: pending.provider, lookup, expires }, sign_out_url))
}

/// Redeems the code of a sign-in. The provider must still be one that the organization allows, and be asked for what it was
/// asked for.
async fn vouched(app: &App, pending: &PendingAccount, query: &str) -> Result<Vouched, Error> {
    let provider = provider(app, pending.organization, &pending.provider).await?;
    let same = pending.attempt.level == provider.config.minimum_level
        && pending.attempt.claims == provider.config.asks_age_of_account();
    if !same {
        // The configuration has changed meanwhile.
        return Err(Error::SignInUnknown);
    }
    let vouched = provider.client.complete(&pending.attempt, query).await;
    vouched.map_err(|error| refused(&pending.provider, error))
}

fn lookup(app: &App, pending: &PendingAccount, vouched: &Vouched) -> Vec<u8> {
    let sub = vouched.subject.expose_secret();
    app.lookup.provider_identity(pending.organization, &pending.provider, sub)
}

/// Where the browser signs out at the provider. One that goes away now takes nothing from the sign-in.
async fn sign_out_url(app: &App, pending: &PendingAccount, vouched: &Vouched) -> String {
    let Some(provider) = app.providers.get(&pending.provider) else { return String::new() };
    let url = provider.client.logout_url(&vouched.id_token, &pending.attempt.state).await;
    url.ok().flatten().map(String::from).unwrap_or_default()
}

/// Whether the person is old enough, by the calendar of the organization. The birth date is forgotten here.
async fn check_age(
    app: &App,
    connection: &mut PgConnection,
    pending: &PendingAccount,
    vouched: &Vouched,
) -> Result<(), Error> {
    if !pending.attempt.claims {
        return Ok(());
    }
    let birth_date = claims::text(&vouched.claims, "birthdate").and_then(domain::birth_date);
    let birth_date = birth_date.ok_or(Fault::BirthDateMissing)?;
    let participation = store::participation(connection, pending.organization).await?;
    let zone = participation.time_zone.parse().unwrap_or(Tz::UTC);
    let today = app.clock.now().with_timezone(&zone).date_naive();
    if domain::is_old_enough_for_account(birth_date, today) { Ok(()) } else { Err(Fault::TooYoung.into()) }
}

fn seal(app: &App, what: &str, value: &impl serde::Serialize) -> Result<String, Error> {
    let plain = serde_json::to_vec(value).map_err(ApiError::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(app.data_keys.seal(what, &plain)?))
}

fn unseal<T: serde::de::DeserializeOwned>(app: &App, what: &str, sealed: &str) -> Option<T> {
    let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    serde_json::from_slice(&app.data_keys.open(what, &sealed).ok()?).ok()
}

fn pending(app: &App, organization: Uuid, sealed: &str) -> Result<PendingAccount, Error> {
    let pending: Option<PendingAccount> = unseal(app, SIGN_IN, sealed);
    pending.filter(|pending| pending.organization == organization).ok_or(Error::SignInUnknown)
}

fn open_identity(app: &App, organization: Uuid, sealed: &str) -> Result<Identity, Error> {
    let now: DateTime<Utc> = app.clock.now();
    let identity: Option<Identity> = unseal(app, IDENTITY, sealed);
    let good = |identity: &Identity| identity.organization == organization && identity.expires > now;
    Ok(identity.filter(good).ok_or(Fault::IdentityExpired)?)
}
