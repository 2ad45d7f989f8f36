//! The people, the petitions, and the way from one to the other.

use std::sync::Mutex;

use chrono::TimeDelta;
use comitia_cli::api::{Api, text};
use comitia_cli::commands::demo_petition::provider::{self, Browser, Provider};
use comitia_cli::replay::city::{create_organization, request_id, sign_in};
use comitia_core::{Clock, environment, random};
use comitia_testkit::{Front, TraceReceiver, wait_until};
use futures_util::{StreamExt, stream};
use reqwest::Url;
use serde_json::json;
use sqlx::PgPool;

use super::PATIENCE;
use crate::cluster::{Cluster, OPERATOR_KEY};

const HOST: &str = "petitions.example.org";
/// How many people sign at the same time.
const AT_ONCE: usize = 16;
/// How many signatures have all of their spans sent; of more, as many are drawn by their traces.
const TRACED: usize = 2_000;

/// Limits by address, which are counted in Redis, and hold up nobody here.
const LIMITS: [&str; 7] = [
    "gateway.rate_limits.enabled=true",
    "gateway.rate_limits.sign_in.burst=1000000",
    "gateway.rate_limits.sign_in.per_seconds=60",
    "gateway.rate_limits.vote.burst=1000000",
    "gateway.rate_limits.vote.per_seconds=60",
    "gateway.rate_limits.read.burst=1000000",
    "gateway.rate_limits.read.per_seconds=60",
];

/// How many people sign how many petitions: each all of them.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub people: usize,
    pub petitions: usize,
}

impl Size {
    /// What `COMITIA_UNLINKABILITY` says, or what takes some seconds.
    pub fn configured() -> Self {
        let Some(text) = environment::variable("COMITIA_UNLINKABILITY") else {
            return Self { people: 24, petitions: 3 };
        };
        let parsed = text.split_once('x').and_then(|(people, petitions)| {
            Some(Self { people: people.parse().ok()?, petitions: petitions.parse().ok()? })
        });
        let size = parsed.unwrap_or_else(|| panic!("COMITIA_UNLINKABILITY={text}: must be such as 1000x20"));
        assert!(
            size.people >= 4 * size.petitions && size.petitions > 1,
            "four people a petition, and two petitions"
        );
        size
    }

    pub const fn signatures(self) -> usize {
        self.people * self.petitions
    }

    /// The part of all traces that is sent.
    fn drawn(self) -> f64 {
        (TRACED as f64 / self.signatures() as f64).min(1.0)
    }

    /// As many signatures have their spans sent, at least.
    pub fn traced(self) -> usize {
        if self.signatures() <= TRACED { self.signatures() } else { TRACED * 4 / 5 }
    }
}

/// A signature, and what the signer's browser saw on the way.
pub struct Signature {
    pub person: u64,
    pub poll: usize,
    /// Secrets of this way alone: what came from the provider, what was sealed, the permit, the device's secret, the receipt.
    pub secrets: Vec<String>,
    pub permit: String,
    pub receipt: String,
}

/// An installation with petitions.
pub struct Petitions {
    pub cluster: Cluster,
    pub admin: PgPool,
    pub api: Api,
    pub token: String,
    pub polls: Vec<String>,
    pub size: Size,
    pub provider: Provider,
    pub spans: TraceReceiver,
    browser: Browser,
    /// In the order in which they were acknowledged.
    pub signatures: Mutex<Vec<Signature>>,
}

impl Petitions {
    pub async fn start(size: Size) -> Self {
        // The one TLS provider of the process; installing it twice is harmless.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (provider, spans) =
            (Provider::start(Clock::system()).await.unwrap(), TraceReceiver::start().await.unwrap());
        let environment = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", spans.endpoint()),
            ("OTEL_METRICS_EXPORTER", "none".to_owned()),
            ("OTEL_BSP_SCHEDULE_DELAY", "200".to_owned()),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "100000".to_owned()),
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio".to_owned()),
            ("OTEL_TRACES_SAMPLER_ARG", size.drawn().to_string()),
            ("RUST_LOG", "info,comitia=debug,sqlx=debug".to_owned()),
        ];
        let registration = provider.registration().into_iter().map(|(key, value)| format!("{key}={value}"));
        let settings: Vec<_> = registration.chain(LIMITS.map(str::to_owned)).collect();
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let cluster = Cluster::start_behind(Front::None, 1, &environment, &settings).await;
        let api = cluster.api(HOST);
        create_organization(&api, OPERATOR_KEY, "Petitions", &[HOST]).await.unwrap();
        let token = sign_in(&api, OPERATOR_KEY, true).await.unwrap();
        let mut polls = Vec::new();
        for number in 0..size.petitions {
            polls.push(open_sheet(&api, &token, number).await);
        }
        let admin = cluster.database.admin_pool().unwrap();
        let (browser, signatures) = (Browser::new().unwrap(), Mutex::default());
        Self { cluster, admin, api, token, polls, size, provider, spans, browser, signatures }
    }

    /// The provider's names of all people.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.size.people as u64).map(|person| self.provider.name(person))
    }

    /// Everybody signs everything, in a random order.
    pub async fn sign_all(&self) {
        let mut ways: Vec<_> = (0..self.size.people as u64)
            .flat_map(|person| (0..self.size.petitions).map(move |poll| (person, poll)))
            .map(|way| (random::bytes::<8>(), way))
            .collect();
        ways.sort_unstable();
        stream::iter(ways)
            .for_each_concurrent(AT_ONCE, |(_, (person, poll))| async move {
                let signature = self.sign(person, poll).await;
                self.signatures.lock().unwrap().push(signature);
            })
            .await;
    }

    /// The whole way of one signature.
    async fn sign(&self, person: u64, poll: usize) -> Signature {
        let (id, api) = (&self.polls[poll], &self.api);
        let path = format!("/v1/polls/{id}/providers/{}:beginSignIn", provider::ID);
        let begun = api.post(&path, None, &json!({"language": "fr"})).await.unwrap();
        let address = text(&begun, "/authorizationUrl").unwrap();
        let sealed = text(&begun, "/sealedSignIn").unwrap();
        let query = self.browser.sign_in(&address, person).await.unwrap();
        let back = json!({"sealedSignIn": sealed, "callbackQuery": query});
        let completed = api.post("/v1/providerSignIns:complete", None, &back).await.unwrap();
        let permit = text(&completed, "/permit").unwrap();
        let secret = comitia_cli::replay::cast_secret();
        let body = json!({"permit": permit, "ballot": {}, "castSecret": secret});
        let answer = api.post(&format!("/v1/polls/{id}/ballots"), None, &body).await.unwrap();
        let receipt = text(&answer, "/receipt/trackingCode").unwrap();
        let asked = parameters(&address, &["state", "nonce"]);
        let told = parameters(&format!("http://localhost/?{query}"), &["code"]);
        let secrets = asked.into_iter().chain(told).chain([sealed, secret, receipt.clone()]).collect();
        Signature { person, poll, secrets, permit, receipt }
    }

    /// Waits until every signature is in the log of its petition.
    pub async fn wait_for_log(&self) {
        for poll in &self.polls {
            wait_until("the log", PATIENCE, async || {
                let counts =
                    self.api.get(&format!("/v1/polls/{poll}/log/counts"), Some(&self.token)).await.unwrap();
                counts["counts"]["signatureCount"] == self.size.people.to_string()
            })
            .await;
        }
    }
}

/// The values of parameters of an address.
fn parameters(address: &str, names: &[&str]) -> Vec<String> {
    let url = Url::parse(address).unwrap();
    let found: Vec<String> = url
        .query_pairs()
        .filter(|(name, _)| names.contains(&name.as_ref()))
        .map(|(_, value)| value.into_owned())
        .collect();
    assert_eq!(found.len(), names.len(), "{names:?} in {address}");
    found
}

/// Opens a sheet for adults whom the provider vouches for, and waits until identity knows it.
async fn open_sheet(api: &Api, token: &str, number: usize) -> String {
    let time = |hours: i64| (Clock::system().now() + TimeDelta::hours(hours)).to_rfc3339();
    let body = json!({
        "pollId": request_id(),
        "title": format!("A lime tree for street {number}"),
        "openTime": time(-1),
        "closeTime": time(24),
        "eligibility": {
            "basis": "ELIGIBILITY_BASIS_PROVIDERS", "providers": [provider::ID], "providerLevel": provider::LEVEL,
            "minimumAge": 18, "timeZone": "Europe/Paris",
        },
        "specification": {"type": "BALLOT_TYPE_SIGNATURE"},
        "signatureSheet": {"withdrawalAllowed": true},
    });
    let created = api.post("/v1/polls", Some(token), &body).await.unwrap();
    let poll = text(&created, "/poll/pollId").unwrap();
    wait_until("the providers", PATIENCE, async || {
        let known = api.get(&format!("/v1/polls/{poll}/providers"), Some(token)).await;
        known.is_ok_and(|answer| answer.pointer("/providers/0").is_some())
    })
    .await;
    poll
}
