//! Accounts of people who sign in at npm's certified `oidc-provider`: registering, linking, and the attacks on both.

use chrono::{Datelike, NaiveDate, TimeDelta};
use chrono_tz::Tz;
use comitia_bus::Event;
use comitia_core::Clock;
use comitia_identity::app::participants::{self, links, providers as accounts};
use comitia_identity::app::{App, email_codes, keys, permits, personal_data, providers};
use comitia_identity::consumers;
use comitia_identity::error::Error;
use comitia_platform::auth::Caller;
use comitia_platform::{ApiError, Reason};
use comitia_proto::events::v1::ParticipationChanged;
use comitia_proto::identity::v1::{
    CompleteAccountSignInRequest, CompleteAccountSignInResponse, CompleteProviderLinkRequest,
    CompleteRegistrationRequest, RegisterWithProviderRequest, Session,
};
use comitia_proto::voting::v1::{Eligibility, EligibilityBasis};
use comitia_testkit::OpenIdProvider;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::participants::{ADA, reason};
use crate::world::{SERVICE_KEY, World};

const SECRET: &str = "a secret of the client that is long enough";
const BACK: &str = "https://vote.example.org/fr/sign-in/with";

fn clients() -> String {
    let client = |id: &str| {
        json!({
            "client_id": id, "client_secret": SECRET, "redirect_uris": [BACK],
            "grant_types": ["authorization_code"], "response_types": ["code"], "subject_type": "pairwise",
            "token_endpoint_auth_method": "client_secret_post",
            "id_token_signed_response_alg": "ES256", "userinfo_signed_response_alg": "ES256",
        })
    };
    json!([client("polls"), client("accounts"), client("others")]).to_string()
}

fn configured(issuer: &str, client: &str, changes: Value) -> Value {
    let mut provider = json!({
        "display_name": "FranceConnect", "issuer": issuer, "client_id": client, "client_secret": SECRET,
        "redirect_uri": BACK, "levels": ["eidas1", "eidas2", "eidas3"], "minimum_level": "eidas1",
        "pkce": false,
    });
    provider.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    provider
}

/// identity with a provider for polls, one for accounts, and another for accounts that is told nobody's age.
struct Accounts {
    world: World,
    app: App,
    provider: OpenIdProvider,
}

impl Accounts {
    /// Nothing where the provider is not installed.
    async fn new() -> Option<Self> {
        let provider = OpenIdProvider::start(&clients(), false).await.unwrap()?;
        let world = World::at(Clock::system()).await;
        let issuer = provider.issuer();
        let identified = json!({ "accounts": true, "profile": "identified" });
        let configuration = json!({
            "polls": configured(issuer, "polls", json!({})),
            "accounts": configured(issuer, "accounts", identified),
            "others": configured(issuer, "others", json!({ "accounts": true, "minimum_age": 18 })),
        });
        let more = json!({ "providers": configuration });
        let app = world.replica_with(world.database.config("identity"), SERVICE_KEY, more);
        keys::load(&app).await.unwrap();
        let accounts = Self { world, app, provider };
        accounts.world.participation(true, 1, 1).await;
        accounts.allow(&["accounts", "others"]).await.unwrap();
        Some(accounts)
    }

    async fn allow(&self, ids: &[&str]) -> Result<(), Error> {
        let ids = ids.iter().map(|&id| id.to_owned()).collect();
        links::set_rules(&self.app, self.world.organization, ids).await.map(|_| ())
    }

    /// What the browser keeps, and what it brings back.
    async fn at_provider(&self, id: &str, person: &str) -> Result<(String, String), Error> {
        let begun = accounts::begin(&self.app, self.world.organization, id, "fr", None).await?;
        let query = self.provider.sign_in(&begun.authorization_url, person, "eidas1").await.unwrap();
        Ok((begun.sealed, query))
    }

    async fn complete(&self, sealed: &str, query: &str) -> Result<CompleteAccountSignInResponse, Error> {
        self.complete_in(self.world.organization, sealed, query).await
    }

    async fn complete_in(
        &self,
        organization: Uuid,
        sealed: &str,
        query: &str,
    ) -> Result<CompleteAccountSignInResponse, Error> {
        let request = CompleteAccountSignInRequest {
            sealed_sign_in: sealed.into(),
            callback_query: query.into(),
            device: None,
        };
        accounts::complete(&self.app, organization, &request).await
    }

    async fn sign_in(&self, id: &str, person: &str) -> Result<CompleteAccountSignInResponse, Error> {
        let (sealed, query) = self.at_provider(id, person).await?;
        self.complete(&sealed, &query).await
    }

    async fn register(&self, sealed_identity: &str, email: &str, code: &str) -> Result<Session, Error> {
        let request = RegisterWithProviderRequest {
            sealed_identity: sealed_identity.into(),
            email: email.into(),
            code: code.into(),
            language: "fr".into(),
            ..RegisterWithProviderRequest::default()
        };
        accounts::register(&self.app, self.world.organization, None, &request).await
    }

    /// Somebody who has registered without an address.
    async fn newcomer(&self, person: &str) -> Caller {
        let answer = self.sign_in("accounts", person).await.unwrap();
        let session = self.register(&answer.sealed_identity, "", "").await.unwrap();
        assert!(session.registration_pending);
        self.world.caller(&session).await.unwrap()
    }

    async fn account(&self, caller: &Caller) -> comitia_proto::identity::v1::Account {
        participants::get(&self.app, self.world.organization, caller).await.unwrap()
    }

    /// Links the provider to the caller's account, as this person.
    async fn link(&self, caller: &Caller, id: &str, person: &str) -> Result<(), Error> {
        let (sealed, query) = self.at_provider_to_link(caller, id, person).await?;
        self.complete_link(caller, &sealed, &query).await
    }

    async fn at_provider_to_link(
        &self,
        caller: &Caller,
        id: &str,
        person: &str,
    ) -> Result<(String, String), Error> {
        let begun = links::begin(&self.app, self.world.organization, caller, id, "").await?;
        assert!(begun.authorization_url.contains("prompt=login"), "whoever is signed in there");
        let query = self.provider.sign_in(&begun.authorization_url, person, "eidas1").await.unwrap();
        Ok((begun.sealed, query))
    }

    async fn complete_link(&self, caller: &Caller, sealed: &str, query: &str) -> Result<(), Error> {
        let request =
            CompleteProviderLinkRequest { sealed_sign_in: sealed.into(), callback_query: query.into() };
        links::complete(&self.app, self.world.organization, caller, &request).await.map(|_| ())
    }

    /// The one mail that was sent, without the line breaks of its encoding.
    async fn mail(&self) -> String {
        self.world.mail().await.replace("=\r\n", "")
    }

    async fn unlink(&self, caller: &Caller, id: &str) -> Result<(), Error> {
        links::unlink(&self.app, self.world.organization, caller, id).await.map(|_| ())
    }

    /// The organization moves to another calendar.
    async fn move_to(&self, time_zone: &str, revision: i64) {
        let organization = self.world.organization;
        let changed = ParticipationChanged {
            organization_id: organization.to_string(),
            registration_open: true,
            terms_version: 1,
            revision,
            time_zone: time_zone.into(),
        };
        let key = "spaces.organization.participation_changed";
        let event =
            Event::new(&self.world.clock, key, Some(organization), organization.to_string(), &changed);
        consumers::handle(self.app.clone(), event).await.unwrap();
    }
}

#[tokio::test]
async fn somebody_registers_without_an_address_and_comes_back() {
    let Some(accounts) = Accounts::new().await else { return };
    let answer = accounts.sign_in("accounts", "ada").await.unwrap();
    assert!(answer.session.is_none() && answer.sign_out_url.contains("/session/end?id_token_hint="));
    let session = accounts.register(&answer.sealed_identity, "", "").await.unwrap();
    let ada = accounts.world.caller(&session).await.unwrap();
    let account = accounts.account(&ada).await;
    assert!(account.email.is_empty() && account.display_name.is_empty() && account.age_known);
    let linked = &account.linked_providers[0];
    assert_eq!((linked.provider_id.as_str(), linked.display_name.as_str()), ("accounts", "FranceConnect"));

    // The provider has vouched for the age: it is not declared once more.
    let name = CompleteRegistrationRequest {
        display_name: "Une voisine".into(),
        accepted_terms_version: 1,
        ..CompleteRegistrationRequest::default()
    };
    let account = participants::complete(&accounts.app, accounts.world.organization, &ada, &name).await;
    assert!(account.unwrap().complete);

    let again = accounts.sign_in("accounts", "ada").await.unwrap();
    assert!(again.sealed_identity.is_empty());
    let again = accounts.world.caller(&again.session.unwrap()).await.unwrap();
    assert_eq!(again.subject, ada.subject, "the same account");
    // A double click: who has an account by now is signed in to it.
    let twice = accounts.register(&answer.sealed_identity, "", "").await.unwrap();
    assert_eq!(accounts.world.caller(&twice).await.unwrap().subject, ada.subject);
    let other = accounts.newcomer("person-1").await;
    assert_ne!(other.subject, ada.subject);
}

#[tokio::test]
async fn nothing_of_a_person_is_kept_but_a_hash_of_the_organizations_own() {
    let Some(accounts) = Accounts::new().await else { return };
    let begun =
        accounts::begin(&accounts.app, accounts.world.organization, "accounts", "", None).await.unwrap();
    assert!(begun.authorization_url.contains("scope=openid+birthdate&"), "no name and no address");
    let others =
        accounts::begin(&accounts.app, accounts.world.organization, "others", "", None).await.unwrap();
    assert!(others.authorization_url.contains("scope=openid&"), "nobody's age");
    let ada = accounts.newcomer("ada").await;
    let text = accounts.world.stored().await.join("\n");
    assert!(text.contains("identity.provider_links"));
    let client = |id: &str| {
        let sub = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("{id} ada").as_bytes());
        hex(sub.as_ref())
    };
    for secret in [client("accounts"), client("polls"), "Lovelace".into(), "1985-12-10".into()] {
        assert!(!text.contains(&secret), "{secret}");
    }
    let lookup = |organization: Uuid, provider: &str| {
        accounts.app.lookup.provider_identity(organization, provider, "sub")
    };
    let here = accounts.world.organization;
    assert_ne!(lookup(here, "accounts"), lookup(Uuid::nil(), "accounts"), "another organization's key");
    assert_ne!(lookup(here, "accounts"), lookup(here, "others"));

    let data = personal_data::export_own(&accounts.app, here, &ada).await.unwrap();
    assert_eq!(data.account.unwrap().linked_providers.len(), 1, "it is told of");
    personal_data::erase_own(&accounts.app, here, &ada, false).await.unwrap();
    let text = accounts.world.stored().await.join("\n");
    assert!(!text.contains("identity.provider_links") && !text.contains("identity.participants "));
    assert!(accounts.sign_in("accounts", "ada").await.unwrap().session.is_none(), "somebody new");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn signing_leaves_nothing_that_an_account_could_be_told_by() {
    let Some(accounts) = Accounts::new().await else { return };
    let organization = accounts.world.organization;
    let eligibility = Eligibility {
        basis: EligibilityBasis::Providers.into(),
        providers: vec!["polls".into(), "accounts".into()],
        ..Eligibility::default()
    };
    let poll = accounts.world.poll_for(eligibility).await;
    let listed = providers::list(&accounts.app, organization, poll).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, ["polls"], "a provider of accounts vouches in no poll");
    let begun = providers::begin(&accounts.app, organization, poll, "accounts", "").await.map(|_| ());
    assert_eq!(reason(begun), Reason::ProviderUnknown);
    let begun = accounts::begin(&accounts.app, organization, "polls", "", None).await.map(|_| ());
    assert_eq!(reason(begun), Reason::ProviderUnknown, "nor one of polls for accounts");

    accounts.newcomer("ada").await;
    let before = accounts.world.stored().await;
    let begun = providers::begin(&accounts.app, organization, poll, "polls", "").await.unwrap();
    let query = accounts.provider.sign_in(&begun.authorization_url, "ada", "eidas1").await.unwrap();
    // What was begun for a poll is of no use for an account, and the other way round.
    assert_eq!(reason(accounts.complete(&begun.sealed, &query).await), Reason::ProviderAnswerInvalid);
    let completed = providers::complete(&accounts.app, organization, &begun.sealed, &query).await.unwrap();
    let permit = comitia_identity::verifier(&accounts.app).permit(&completed.issued.permit).await.unwrap();
    assert_eq!(before, accounts.world.stored().await, "who signs leaves no row, with an account or without");
    assert!(!before.join("\n").contains(&permit.nul));
    let (sealed, query) = accounts.at_provider("accounts", "ada").await.unwrap();
    let crossed = providers::complete(&accounts.app, organization, &sealed, &query).await.map(|_| ());
    assert_eq!(reason(crossed), Reason::ProviderAnswerInvalid);
    let issued =
        permits::issue(&accounts.app, organization, &accounts.newcomer("person-2").await, poll).await;
    assert_eq!(reason(issued.map(|_| ())), Reason::PollBasisDiffers, "an account signs nothing there");
}

#[tokio::test]
async fn an_account_with_an_address_is_linked_by_its_code_alone() {
    let Some(accounts) = Accounts::new().await else { return };
    let ada = accounts.world.participant(ADA, "Ada").await;
    // The provider would say that this is Ada's address. It is not even asked.
    let mallory = accounts.sign_in("accounts", "person-7").await.unwrap();
    assert!(mallory.session.is_none());
    let wrong = accounts.register(&mallory.sealed_identity, ADA, "000000000000").await;
    assert_eq!(reason(wrong), Reason::CredentialsInvalid);
    let own = accounts.register(&mallory.sealed_identity, "", "").await.unwrap();
    assert_ne!(accounts.world.caller(&own).await.unwrap().subject, ada.subject, "an account of their own");
    assert!(accounts.account(&ada).await.linked_providers.is_empty());

    let answer = accounts.sign_in("accounts", "ada").await.unwrap();
    email_codes::request(&accounts.world.app, accounts.world.organization, None, ADA).await.unwrap();
    let code = accounts.world.mailed_code().await;
    let session = accounts.register(&answer.sealed_identity, ADA, &code).await.unwrap();
    assert_eq!(accounts.world.caller(&session).await.unwrap().subject, ada.subject);
    assert!(accounts.mail().await.contains("FranceConnect"), "its owner is told");
    let again = accounts.sign_in("accounts", "ada").await.unwrap();
    let again = accounts.world.caller(&again.session.unwrap()).await.unwrap();
    assert_eq!(again.subject, ada.subject, "both ways lead to one account");

    // An address without an account gets one; the identity of another account is not moved.
    let code = accounts.world.code_for("new@example.org").await;
    let taken = accounts.register(&answer.sealed_identity, "new@example.org", &code).await;
    assert_eq!(reason(taken), Reason::IdentityHasAccount);
    let fresh = accounts.sign_in("accounts", "person-8").await.unwrap();
    let session = accounts.register(&fresh.sealed_identity, "new@example.org", &code).await.unwrap();
    let fresh = accounts.world.caller(&session).await.unwrap();
    assert_eq!(accounts.account(&fresh).await.email, "new@example.org", "the refused call used no code up");
    // The account has an identity of this provider.
    let second = accounts.sign_in("accounts", "person-9").await.unwrap();
    let code = accounts.world.code_for("new@example.org").await;
    let refused = accounts.register(&second.sealed_identity, "new@example.org", &code).await;
    assert_eq!(reason(refused), Reason::ProviderLinked);
}

#[tokio::test]
async fn only_people_of_fifteen_by_the_organizations_calendar() {
    let Some(accounts) = Accounts::new().await else { return };
    assert_eq!(reason(accounts.sign_in("accounts", "child").await), Reason::TooYoungForAccount);
    assert_eq!(reason(accounts.sign_in("accounts", "ageless").await), Reason::BirthDateMissing);
    // 25 hours lie between the two, so that it is another day there whenever this runs.
    let today = |zone: Tz| Clock::system().now().with_timezone(&zone).date_naive();
    let birthday = today(Tz::Pacific__Kiritimati);
    let born = NaiveDate::from_ymd_opt(birthday.year() - 15, birthday.month(), birthday.day());
    // On 29 February nobody is exactly fifteen.
    let Some(born) = born else { return };
    let person = format!("born-{born}");
    accounts.move_to("Pacific/Niue", 2).await;
    assert_eq!(reason(accounts.sign_in("accounts", &person).await), Reason::TooYoungForAccount);
    accounts.move_to("Pacific/Kiritimati", 3).await;
    assert!(!accounts.sign_in("accounts", &person).await.unwrap().sealed_identity.is_empty());
    let rows = accounts.world.stored().await.join("\n");
    assert!(!rows.contains(&born.to_string()), "it is checked and forgotten");
}

#[tokio::test]
async fn answers_and_identities_that_are_not_believed() {
    let Some(accounts) = Accounts::new().await else { return };
    let (ours, query) = accounts.at_provider("accounts", "ada").await.unwrap();
    let (theirs, _) = accounts.at_provider("accounts", "person-1").await.unwrap();
    // Login CSRF: the answer to another's sign-in, in this browser.
    assert_eq!(reason(accounts.complete(&theirs, &query).await), Reason::ProviderAnswerInvalid);
    let elsewhere = accounts.complete_in(Uuid::nil(), &ours, &query).await;
    assert_eq!(reason(elsewhere), Reason::ProviderAnswerInvalid, "another organization");
    // A mix-up of two providers.
    let (others, _) = accounts.at_provider("others", "ada").await.unwrap();
    assert_eq!(reason(accounts.complete(&others, &query).await), Reason::ProviderAnswerInvalid);
    for forged in ["", "x", "????", &format!("{}AAAA", &ours[..ours.len() - 4])] {
        assert_eq!(reason(accounts.complete(forged, &query).await), Reason::ProviderAnswerInvalid);
    }
    let answer = accounts.complete(&ours, &query).await.unwrap();
    assert_eq!(reason(accounts.complete(&ours, &query).await), Reason::ProviderAnswerInvalid, "a replay");
    let (sealed, back) = accounts.at_provider("accounts", "nobody").await.unwrap();
    assert_eq!(reason(accounts.complete(&sealed, &back).await), Reason::ProviderSignInDenied);

    // A sign-in under way is no identity, and an identity is one in its organization alone.
    assert_eq!(reason(accounts.register(&ours, "", "").await), Reason::IdentityExpired);
    let request = RegisterWithProviderRequest {
        sealed_identity: answer.sealed_identity.clone(),
        ..RegisterWithProviderRequest::default()
    };
    let elsewhere = accounts::register(&accounts.app, comitia_core::id::new(), None, &request).await;
    assert_eq!(reason(elsewhere), Reason::IdentityExpired);
    accounts.world.participation(false, 1, 2).await;
    let closed = accounts.register(&answer.sealed_identity, "", "").await;
    assert_eq!(reason(closed), Reason::RegistrationClosed);
}

#[tokio::test]
async fn a_sealed_identity_is_good_for_half_an_hour() {
    let Some(accounts) = Accounts::new().await else { return };
    let answer = accounts.sign_in("accounts", "ada").await.unwrap();
    let later = Clock::manual(Clock::system().now() + accounts::LONGEST_REGISTRATION + TimeDelta::seconds(1));
    let config = json!({ "providers": {
        "accounts": configured(accounts.provider.issuer(), "accounts", json!({ "accounts": true, "minimum_age": 18 })),
    }});
    let late = accounts.world.replica_at(&later, config);
    let request = RegisterWithProviderRequest {
        sealed_identity: answer.sealed_identity,
        ..RegisterWithProviderRequest::default()
    };
    let refused = accounts::register(&late, accounts.world.organization, None, &request).await;
    assert_eq!(reason(refused), Reason::IdentityExpired);
}

#[tokio::test]
async fn a_provider_is_linked_to_the_account_that_began_it_and_unlinked_unless_it_is_the_last_way_in() {
    let Some(accounts) = Accounts::new().await else { return };
    let ada = accounts.world.participant(ADA, "Ada").await;
    let bob = accounts.world.participant("bob@example.org", "Bob").await;
    // Mallory's identity, and the session of Ada, who was lured to the way back.
    let (sealed, query) = accounts.at_provider_to_link(&bob, "accounts", "person-1").await.unwrap();
    assert_eq!(reason(accounts.complete_link(&ada, &sealed, &query).await), Reason::ProviderAnswerInvalid);
    assert!(accounts.account(&ada).await.linked_providers.is_empty());
    // A sign-in is no link, and a link is no sign-in.
    let (sign_in, answer) = accounts.at_provider("accounts", "person-1").await.unwrap();
    assert_eq!(reason(accounts.complete_link(&ada, &sign_in, &answer).await), Reason::ProviderAnswerInvalid);
    assert_eq!(reason(accounts.complete(&sealed, &query).await), Reason::ProviderAnswerInvalid);
    accounts.complete_link(&bob, &sealed, &query).await.unwrap();
    assert!(accounts.mail().await.contains("FranceConnect"), "its owner is told");
    assert_eq!(reason(accounts.complete_link(&bob, &sealed, &query).await), Reason::ProviderAnswerInvalid);

    assert_eq!(reason(accounts.link(&ada, "accounts", "person-1").await), Reason::IdentityHasAccount);
    assert_eq!(reason(accounts.link(&ada, "accounts", "child").await), Reason::TooYoungForAccount);
    accounts.link(&ada, "accounts", "ada").await.unwrap();
    accounts.world.mail().await;
    accounts.link(&ada, "accounts", "ada").await.unwrap();
    assert_eq!(reason(accounts.link(&ada, "accounts", "person-2").await), Reason::ProviderLinked);
    accounts.unlink(&ada, "accounts").await.unwrap();
    assert!(accounts.mail().await.contains("FranceConnect"), "its owner is told");
    accounts.unlink(&ada, "accounts").await.unwrap();
    assert!(accounts.sign_in("accounts", "ada").await.unwrap().session.is_none(), "the hash is gone");

    let carol = accounts.newcomer("person-3").await;
    assert_eq!(reason(accounts.unlink(&carol, "accounts").await), Reason::LastWayIn);
    assert_eq!(accounts.account(&carol).await.linked_providers.len(), 1, "nothing changed");
    accounts.link(&carol, "others", "person-3").await.unwrap();
    accounts.unlink(&carol, "accounts").await.unwrap();
    assert_eq!(reason(accounts.unlink(&carol, "others").await), Reason::LastWayIn);
    let (_, officer) = accounts.world.administrator("officer@example.org").await;
    assert_eq!(reason(accounts.link(&officer, "accounts", "ada").await), Reason::AccountMissing);
}

#[tokio::test]
async fn an_organization_allows_what_the_installation_has() {
    let Some(accounts) = Accounts::new().await else { return };
    let organization = accounts.world.organization;
    let dora = accounts.newcomer("person-4").await;
    let (sealed, query) = accounts.at_provider("accounts", "person-4").await.unwrap();
    accounts.allow(&["others"]).await.unwrap();
    assert_eq!(reason(accounts.complete(&sealed, &query).await), Reason::ProviderUnknown, "meanwhile");
    assert_eq!(reason(accounts.sign_in("accounts", "person-4").await), Reason::ProviderUnknown);
    assert!(!accounts.account(&dora).await.linked_providers[0].allowed);
    // A way that is not allowed now is no way in that would be left.
    accounts.link(&dora, "others", "person-4").await.unwrap();
    assert_eq!(reason(accounts.unlink(&dora, "others").await), Reason::LastWayIn);
    accounts.allow(&["accounts"]).await.unwrap();
    assert!(accounts.sign_in("accounts", "person-4").await.unwrap().session.is_some(), "links are kept");

    for unknown in ["polls", "nothing"] {
        let refused = ApiError::from(accounts.allow(&[unknown]).await.unwrap_err());
        assert_eq!(refused.violations[0].field, "allowed_provider_ids", "{unknown}");
    }
    let rules = links::rules(&accounts.app, organization).await.unwrap();
    assert_eq!(rules.allowed_provider_ids, ["accounts"]);
    let known: Vec<_> = rules.available_providers.iter().map(|one| one.provider_id.as_str()).collect();
    assert_eq!(known, ["accounts", "others"]);
    let elsewhere = accounts::list(&accounts.app, comitia_core::id::new()).await.unwrap();
    assert!(elsewhere.is_empty(), "each organization allows for itself");
}

#[tokio::test]
async fn a_provider_that_is_away_is_left_alone() {
    let world = World::new().await;
    let away =
        configured("http://127.0.0.1:1/api/v2", "accounts", json!({ "accounts": true, "minimum_age": 15 }));
    let more = json!({ "providers": { "accounts": away } });
    let app = world.replica_with(world.database.config("identity"), SERVICE_KEY, more);
    keys::load(&app).await.unwrap();
    links::set_rules(&app, world.organization, vec!["accounts".into()]).await.unwrap();
    for _ in 0..7 {
        let begun = accounts::begin(&app, world.organization, "accounts", "", None).await;
        let refused = ApiError::from(begun.map(|_| ()).unwrap_err());
        assert_eq!(refused.reason, Reason::ProviderUnavailable);
        assert!(refused.retry_after.is_some());
    }
}

#[test]
fn one_client_is_not_for_accounts_and_for_polls() {
    let connect = |accounts: &str, polls: &str| {
        let issuer = "https://provider.example/api/v2";
        let configs = json!({
            "one": configured(issuer, accounts, json!({ "accounts": true, "profile": "identified" })),
            "two": configured(issuer, polls, json!({})),
        });
        let configs = serde_json::from_value(configs).unwrap();
        providers::connect(&configs, &Clock::system()).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(connect("a", "b"), Ok(()));
    let refused = connect("a", "a").unwrap_err();
    assert!(refused.starts_with("configuration: identity.providers.one.client_id must not be"), "{refused}");
}
