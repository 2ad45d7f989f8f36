//! An installation in this process, and a city in it.

use std::time::Duration;

use comitia_cli::api::{Api, Failure, Problem, text};
use comitia_cli::commands::demo::seeded_city;
use comitia_cli::embedded::{Embedded, Settings};
use comitia_cli::replay::city::{self, City};
use comitia_core::Clock;
use serde_json::{Value, json};

pub const HOST: &str = "seedville.example.org";
/// The secret of a voter's device.
pub const DEVICE: &str = "AAECAwQFBgcICQoLDA0ODw==";

/// An installation in this process with a city whose vote is open.
pub struct Installation {
    pub embedded: Embedded,
    pub api: Api,
    pub city: City,
    _data: tempfile::TempDir,
}

impl Installation {
    /// A seeded city of `residents`.
    pub async fn start(residents: u32, overrides: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let overrides: Vec<_> =
            overrides.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        let settings = Settings {
            data: data.path(),
            port: 0,
            admin_port: 0,
            unlimited: true,
            log: "warn",
            overrides: &overrides,
        };
        let embedded = Embedded::start(&settings).await.unwrap();
        let api = Api::new(&embedded.url, HOST, Duration::from_secs(30)).unwrap();
        let plan = seeded_city::plan(1, residents).unwrap();
        let key = embedded.secrets.operator_key.clone();
        let city = city::set_up(&api, &key, &plan, Clock::system().now(), &|_| {}).await.unwrap();
        Self { embedded, api, city, _data: data }
    }

    /// POST as the administrator.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.api.post(path, Some(&self.city.token), &body).await
    }

    /// What the API says against a POST; by the administrator unless another token is given.
    pub async fn refused(&self, path: &str, token: Option<&str>, body: Value) -> Problem {
        problem(self.api.post(path, token.or(Some(&self.city.token)), &body).await)
    }

    /// The session of a resident.
    pub async fn sign_in(&self, resident: u32) -> String {
        let member = format!("{resident:06}");
        let body = json!({"memberNumber": member, "accessCode": self.city.codes[&member]});
        let answer = self.api.post("/v1/sessions:signInWithAccessCode", None, &body).await.unwrap();
        text(&answer, "/session/accessToken").unwrap()
    }

    /// The permit of a resident.
    pub async fn permit(&self, resident: u32, poll: &str) -> String {
        let session = self.sign_in(resident).await;
        let answer =
            self.api.post(&format!("/v1/polls/{poll}/permits"), Some(&session), &json!({})).await.unwrap();
        text(&answer, "/permit").unwrap()
    }

    /// What the API says against a ballot.
    pub async fn ballot_refused(&self, poll: &str, permit: &str, options: &[&str]) -> Problem {
        problem(self.cast(poll, permit, options).await)
    }

    /// Casts a ballot for these options, from a device that every voter has the same of.
    pub async fn cast(&self, poll: &str, permit: &str, options: &[&str]) -> Result<Value, Failure> {
        self.cast_with(poll, permit, DEVICE, options).await
    }

    /// Casts a ballot for these options with this secret.
    pub async fn cast_with(
        &self,
        poll: &str,
        permit: &str,
        secret: &str,
        options: &[&str],
    ) -> Result<Value, Failure> {
        let choices: Vec<_> = options.iter().map(|option| json!({"optionId": option})).collect();
        let body = json!({"permit": permit, "ballot": {"choices": choices}, "castSecret": secret});
        self.api.post(&format!("/v1/polls/{poll}/ballots"), None, &body).await
    }

    /// How many ballots a poll has.
    pub async fn turnout(&self, poll: &str) -> Value {
        // With a session, so that no shared answer of a second ago is given.
        let answer = self.api.get(&format!("/v1/polls/{poll}/turnout"), Some(&self.city.token)).await;
        answer.map_or_else(|failure| panic!("{failure}"), |answer| answer["turnout"].clone())
    }
}

/// What the API says against a call.
pub fn problem(answer: Result<Value, Failure>) -> Problem {
    match answer {
        Err(Failure::Refused(problem)) => problem,
        Err(failure) => panic!("{failure}"),
        Ok(answer) => panic!("accepted: {answer}"),
    }
}

/// Reason, status and the named field.
#[track_caller]
pub fn assert_problem(problem: &Problem, status: u16, reason: &str, field: &str) {
    assert_eq!((problem.status, problem.reason.as_str()), (status, reason), "{problem:?}");
    assert!(!problem.detail.is_empty(), "{problem:?}");
    if !field.is_empty() {
        let named =
            problem.violations.iter().any(|violation| violation.field == field && !violation.rule.is_empty());
        assert!(named, "{field} is not named: {problem:?}");
    }
}
