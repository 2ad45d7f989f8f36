//! Permits for people whom a provider vouches for, at npm's certified `oidc-provider`, and for browser sessions.

use std::collections::HashSet;

use aws_lc_rs::digest::{SHA256, digest};
use chrono::TimeDelta;
use comitia_core::Clock;
use comitia_identity::app::providers::{Begun, Completed};
use comitia_identity::app::{App, keys, permits, providers};
use comitia_identity::error::Error;
use comitia_platform::auth::Caller;
use comitia_platform::{ApiError, Reason};
use comitia_proto::voting::v1::{Eligibility, EligibilityBasis};
use comitia_testkit::OpenIdProvider;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::participants::{ADA, reason};
use crate::world::{SERVICE_KEY, World};

const SECRET: &str = "a secret of the client that is long enough";
const BACK: &str = "https://vote.example.org/fr/sign-in/provider";
const BROWSER: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn clients() -> String {
    let client = |id: &str| {
        json!({
            "client_id": id, "client_secret": SECRET, "redirect_uris": [BACK],
            "grant_types": ["authorization_code"], "response_types": ["code"], "subject_type": "pairwise",
            "token_endpoint_auth_method": "client_secret_post",
            "id_token_signed_response_alg": "ES256", "userinfo_signed_response_alg": "ES256",
        })
    };
    json!([client("anonymous"), client("identified")]).to_string()
}

fn configured(issuer: &str, client: &str, changes: Value) -> Value {
    let mut provider = json!({
        "display_name": "FranceConnect", "issuer": issuer, "client_id": client, "client_secret": SECRET,
        "redirect_uri": BACK, "levels": ["eidas1", "eidas2", "eidas3"], "minimum_level": "eidas1",
        "pkce": false, "profile": client,
    });
    provider.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    provider
}

/// identity with two ways to the provider: one that gives only a pseudonym, and one that is asked for the age.
struct Signing {
    world: World,
    app: App,
    provider: OpenIdProvider,
}

async fn app(world: &World, providers: Value) -> App {
    let more = json!({ "providers": providers, "open_permits_an_address": 2 });
    let app = world.replica_with(world.database.config("identity"), SERVICE_KEY, more);
    keys::load(&app).await.unwrap();
    app
}

impl Signing {
    /// Nothing where the provider is not installed.
    async fn new() -> Option<Self> {
        let provider = OpenIdProvider::start(&clients(), false).await.unwrap()?;
        let world = World::at(Clock::system()).await;
        let issuer = provider.issuer();
        let providers = json!({
            "anonymous": configured(issuer, "anonymous", json!({})),
            "identified": configured(issuer, "identified", json!({})),
        });
        let app = app(&world, providers).await;
        Some(Self { world, app, provider })
    }

    async fn begin(&self, poll: Uuid, provider: &str) -> Result<Begun, Error> {
        providers::begin(&self.app, self.world.organization, poll, provider, "fr").await
    }

    async fn sign_in(&self, poll: Uuid, provider: &str, person: &str, acr: &str) -> Result<Completed, Error> {
        let begun = self.begin(poll, provider).await?;
        let query = self.provider.sign_in(&begun.authorization_url, person, acr).await.unwrap();
        providers::complete(&self.app, self.world.organization, &begun.sealed, &query).await
    }

    async fn nullifier(&self, poll: Uuid, provider: &str, person: &str) -> String {
        let completed = self.sign_in(poll, provider, person, "eidas1").await.unwrap();
        let permit = comitia_identity::verifier(&self.app).permit(&completed.issued.permit).await.unwrap();
        assert_eq!((permit.poll, permit.dis.as_str(), permit.paper), (poll, "", false));
        permit.nul
    }
}

fn vouched_for(providers: &[&str], level: &str, minimum_age: u32) -> Eligibility {
    Eligibility {
        basis: EligibilityBasis::Providers.into(),
        providers: providers.iter().map(|&id| id.to_owned()).collect(),
        provider_level: level.into(),
        minimum_age,
        time_zone: "Europe/Paris".into(),
        ..Eligibility::default()
    }
}

fn of(basis: EligibilityBasis) -> Eligibility {
    Eligibility { basis: basis.into(), ..Eligibility::default() }
}

#[tokio::test]
async fn one_person_one_nullifier_a_poll_and_nothing_stored() {
    let Some(signing) = Signing::new().await else { return };
    let mut polls = Vec::new();
    for _ in 0..3 {
        polls.push(signing.world.poll_for(vouched_for(&["anonymous"], "", 0)).await);
    }
    let before = signing.world.stored().await;
    let people: Vec<_> = (0..12).map(|number| format!("person-{number}")).collect();
    let mut nullifiers = HashSet::new();
    for person in &people {
        for &poll in &polls {
            let nullifier = signing.nullifier(poll, "anonymous", person).await;
            assert!(nullifiers.insert(nullifier), "nothing links two polls, or two people");
        }
    }
    let again = signing.nullifier(polls[0], "anonymous", &people[0]).await;
    assert!(nullifiers.contains(&again), "one person is one, however often they sign");

    let after = signing.world.stored().await;
    assert_eq!(before, after, "no sign-in leaves a row, or changes one");
    let text = after.join("\n");
    assert!(polls.iter().all(|poll| text.contains(&poll.to_string())), "the rows are read");
    for person in &people {
        let sub = format!("{}v1", hex(digest(&SHA256, format!("anonymous {person}").as_bytes()).as_ref()));
        let hashed = hex(digest(&SHA256, sub.as_bytes()).as_ref());
        assert!(!text.contains(&sub) && !text.contains(&hashed));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn level_and_age() {
    let Some(signing) = Signing::new().await else { return };
    let strict = signing.world.poll_for(vouched_for(&["anonymous"], "eidas2", 0)).await;
    let low = signing.sign_in(strict, "anonymous", "ada", "eidas1").await.map(|_| ());
    assert_eq!(reason(low), Reason::ProviderLevelTooLow);
    signing.sign_in(strict, "anonymous", "ada", "eidas3").await.unwrap();

    let adults = signing.world.poll_for(vouched_for(&["anonymous", "identified"], "", 18)).await;
    let listed = providers::list(&signing.app, signing.world.organization, adults).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, ["identified"], "who says no age cannot vouch for one");
    assert_eq!(reason(signing.begin(adults, "anonymous").await.map(|_| ())), Reason::NotEligible);
    let grown = signing.sign_in(adults, "identified", "ada", "eidas1").await.unwrap();
    assert!(grown.sign_out_url.starts_with(&format!("{}/session/end?", signing.provider.issuer())));
    let begun = signing.begin(adults, "identified").await.unwrap();
    assert!(begun.authorization_url.contains("scope=openid+birthdate&"), "and nothing else");
    let young = signing.sign_in(adults, "identified", "child", "eidas1").await.map(|_| ());
    let refused = ApiError::from(young.unwrap_err());
    assert_eq!(
        (refused.reason, &*refused.violations[0].field),
        (Reason::NotEligible, "eligibility.minimum_age")
    );
}

#[tokio::test]
async fn answers_that_are_not_believed() {
    let Some(mut signing) = Signing::new().await else { return };
    let poll = signing.world.poll_for(vouched_for(&["anonymous"], "", 0)).await;
    let organization = signing.world.organization;
    let (ours, theirs) =
        (signing.begin(poll, "anonymous").await.unwrap(), signing.begin(poll, "anonymous").await.unwrap());
    for secret in [poll.to_string(), organization.to_string()] {
        assert!(!ours.authorization_url.contains(&secret), "the provider learns of no poll");
    }
    let query = signing.provider.sign_in(&ours.authorization_url, "ada", "eidas1").await.unwrap();
    let complete = async |organization: Uuid, sealed: &str, query: &str| {
        let completed = providers::complete(&signing.app, organization, sealed, query).await;
        reason(completed.map(|_| ()))
    };
    assert_eq!(complete(organization, &theirs.sealed, &query).await, Reason::ProviderAnswerInvalid);
    assert_eq!(complete(Uuid::nil(), &ours.sealed, &query).await, Reason::ProviderAnswerInvalid);
    let changed = format!("{}AAAA", &ours.sealed[..ours.sealed.len() - 4]);
    for forged in [changed.as_str(), "", "x", "????"] {
        assert_eq!(complete(organization, forged, &query).await, Reason::ProviderAnswerInvalid);
    }
    providers::complete(&signing.app, organization, &ours.sealed, &query).await.unwrap();
    assert_eq!(complete(organization, &ours.sealed, &query).await, Reason::ProviderAnswerInvalid, "twice");
    let back = signing.provider.sign_in(&theirs.authorization_url, "nobody", "").await.unwrap();
    assert_eq!(complete(organization, &theirs.sealed, &back).await, Reason::ProviderSignInDenied);

    let begun = signing.begin(poll, "anonymous").await.unwrap();
    let query = signing.provider.sign_in(&begun.authorization_url, "ada", "eidas1").await.unwrap();
    signing.provider.stop().await.unwrap();
    let away = providers::complete(&signing.app, organization, &begun.sealed, &query).await.map(|_| ());
    let away = ApiError::from(away.unwrap_err());
    assert_eq!(away.reason, Reason::ProviderUnavailable);
    assert!(away.retry_after.is_some());
}

#[tokio::test]
async fn a_provider_that_is_away_from_the_start() {
    let world = World::new().await;
    let away = configured("http://127.0.0.1:1/api/v2", "anonymous", json!({}));
    let app = app(&world, json!({ "franceconnect": away })).await;
    let poll = world.poll_for(vouched_for(&["franceconnect", "another"], "", 0)).await;
    let begin = async |poll: Uuid, id: &str| {
        let begun = providers::begin(&app, world.organization, poll, id, "").await;
        ApiError::from(begun.map(|_| ()).unwrap_err())
    };
    for _ in 0..7 {
        let refused = begin(poll, "franceconnect").await;
        assert_eq!(refused.reason, Reason::ProviderUnavailable);
        assert!(refused.retry_after.is_some());
    }
    assert_eq!(begin(poll, "another").await.reason, Reason::ProviderUnknown, "not configured");
    let others = world.poll_for(vouched_for(&["another"], "", 0)).await;
    assert_eq!(begin(others, "franceconnect").await.reason, Reason::ProviderUnknown, "not for this poll");
    assert_eq!(begin(Uuid::nil(), "franceconnect").await.reason, Reason::ResourceNotFound);
    let anyone = world.poll_for(of(EligibilityBasis::Anyone)).await;
    assert_eq!(begin(anyone, "franceconnect").await.reason, Reason::PollBasisDiffers);
    world.clock.advance(TimeDelta::days(8));
    assert_eq!(begin(poll, "franceconnect").await.reason, Reason::PollClosed);
}

#[tokio::test]
async fn anyone_has_a_permit_a_browser_session() {
    let world = World::new().await;
    let app = app(&world, json!({})).await;
    let poll = world.poll_for(of(EligibilityBasis::Anyone)).await;
    let issue = async |poll: Uuid, address: &str, secret: &str| {
        let issued = providers::issue_open(&app, world.organization, Some(address), poll, secret).await?;
        Ok::<_, Error>(comitia_identity::verifier(&app).permit(&issued.permit).await.unwrap().nul)
    };
    let other = BROWSER.replacen('A', "B", 1);
    let once = issue(poll, "192.0.2.1", BROWSER).await.unwrap();
    assert_eq!(issue(poll, "192.0.2.2", BROWSER).await.unwrap(), once, "the same browser session");
    assert_ne!(issue(poll, "192.0.2.1", &other).await.unwrap(), once);
    assert_eq!(reason(issue(poll, "192.0.2.1", &other).await), Reason::RateLimited, "two an address");
    let second = world.poll_for(of(EligibilityBasis::Anyone)).await;
    assert_ne!(issue(second, "192.0.2.1", BROWSER).await.unwrap(), once, "nothing links two polls");
    let roll = world.roll().await;
    let of_roll = world.poll(roll, &[], 0).await;
    assert_eq!(reason(issue(of_roll, "192.0.2.1", BROWSER).await), Reason::PollBasisDiffers);
}

#[tokio::test]
async fn participants_have_a_permit_by_their_account() {
    let world = World::new().await;
    world.participation(true, 1, 1).await;
    let ada = world.newcomer(ADA).await;
    let poll = world.poll_for(of(EligibilityBasis::Participants)).await;
    let issue = async |caller: &Caller, poll: Uuid| {
        let issued = permits::issue(&world.app, world.organization, caller, poll).await?;
        Ok::<_, Error>(comitia_identity::verifier(&world.app).permit(&issued.permit).await.unwrap().nul)
    };
    let once = issue(&ada, poll).await.unwrap();
    assert_eq!(issue(&ada, poll).await.unwrap(), once);
    let bob = world.newcomer("bob@example.org").await;
    assert_ne!(issue(&bob, poll).await.unwrap(), once);
    let (_, officer) = world.administrator("officer@example.org").await;
    assert_eq!(reason(issue(&officer, poll).await), Reason::AccountMissing);
    for basis in [vouched_for(&["a"], "", 0), of(EligibilityBasis::Anyone)] {
        let other = world.poll_for(basis).await;
        assert_eq!(reason(issue(&ada, other).await), Reason::PollBasisDiffers);
    }
    let paper = permits::issue_paper(&world.app, world.organization, &officer, poll, &["1".into()]).await;
    assert_eq!(reason(paper.map(|_| ())), Reason::PollBasisDiffers, "paper is for the members of a roll");
}
