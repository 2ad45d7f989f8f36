//! The organization that is measured: made through the public API, as an operator and an administrator would.

use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use comitia_cli::api::{Api, text};
use comitia_cli::replay::city::{create_organization, request_id, sign_in};
use comitia_core::Clock;
use serde_json::{Value, json};
use uuid::Uuid;

/// How long a call of the set-up is tried again.
const PATIENCE: Duration = Duration::from_secs(30);

/// An organization with an administrator's session and an electoral roll.
pub struct City {
    /// A client of the gateway.
    pub api: Api,
    /// The organization's id.
    pub organization: Uuid,
    /// The roll.
    pub roll: String,
    token: String,
}

/// A poll to make.
pub struct PollPlan<'a> {
    /// Its title.
    pub title: &'a str,
    /// How many options it has, called `option-0` and so on.
    pub options: usize,
    /// How many of them a ballot may approve.
    pub max_choices: usize,
    /// When it closes.
    pub close_time: DateTime<Utc>,
    /// Whether the last ballot counts, or the first.
    pub recast_allowed: bool,
}

impl City {
    /// Makes the organization of `host`.
    ///
    /// # Errors
    /// When the API refuses a step.
    pub async fn found(gateways: &str, host: &str, operator_key: &str) -> anyhow::Result<Self> {
        let api = Api::new(gateways, host, PATIENCE)?;
        create_organization(&api, operator_key, "Load test", &[host]).await?;
        Self::enter(gateways, host, operator_key).await
    }

    /// Signs in at an organization that exists, and makes a roll there.
    ///
    /// # Errors
    /// When the API refuses a step.
    pub async fn enter(gateways: &str, host: &str, operator_key: &str) -> anyhow::Result<Self> {
        let api = Api::new(gateways, host, PATIENCE)?;
        let token = sign_in(&api, operator_key, true).await?;
        let answer = api.get("/v1/organization", None).await?;
        let organization = text(&answer, "/organization/organizationId")?.parse()?;
        let mut city = Self { api, organization, roll: String::new(), token };
        let roll = city.post("/v1/rolls", json!({"title": "Residents", "requestId": request_id()})).await?;
        city.roll = text(&roll, "/roll/rollId")?;
        Ok(city)
    }

    /// Puts members with these numbers into the roll, in ten districts.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn import(&self, numbers: &[String]) -> anyhow::Result<()> {
        let mut csv = String::from("member_number,district\n");
        for (place, number) in numbers.iter().enumerate() {
            csv.push_str(&format!("{number},{}\n", district(place)));
        }
        let path = format!("/v1/rolls/{}/members:import", self.roll);
        self.post(&path, json!({"csv": csv, "requestId": request_id()})).await?;
        Ok(())
    }

    /// Makes the access codes of the members that have none, and gives them with the members' numbers.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn access_codes(&self) -> anyhow::Result<Vec<(String, String)>> {
        let mut codes = Vec::new();
        loop {
            let path = format!("/v1/rolls/{}/accessCodes:generate", self.roll);
            let answer = self.post(&path, json!({"pageSize": 10_000})).await?;
            for code in answer.pointer("/accessCodes").and_then(Value::as_array).into_iter().flatten() {
                codes.push((text(code, "/memberNumber")?, text(code, "/accessCode")?));
            }
            if comitia_cli::api::number(&answer, "/remaining")? == 0 {
                return Ok(codes);
            }
        }
    }

    /// Makes a poll that is open since a minute.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn open_poll(&self, plan: &PollPlan<'_>) -> anyhow::Result<Uuid> {
        let options: Vec<_> = (0..plan.options)
            .map(|number| json!({"optionId": option(number), "title": format!("Option {number}")}))
            .collect();
        let body = json!({
            "pollId": comitia_core::id::new(),
            "title": plan.title,
            "openTime": time(Clock::system().now() - TimeDelta::minutes(1)),
            "closeTime": time(plan.close_time),
            "eligibility": {"rollId": self.roll},
            "specification": {"type": "BALLOT_TYPE_APPROVAL", "maxChoices": plan.max_choices},
            "options": options,
            "recastAllowed": plan.recast_allowed,
        });
        let answer = self.post("/v1/polls", body).await?;
        Ok(text(&answer, "/poll/pollId")?.parse()?)
    }

    /// Makes a signature sheet that is open since a minute, whose log names districts.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn open_sheet(&self) -> anyhow::Result<Uuid> {
        let now = Clock::system().now();
        let body = json!({
            "pollId": comitia_core::id::new(),
            "title": "A lime tree for every street",
            "openTime": time(now - TimeDelta::minutes(1)),
            "closeTime": time(now + TimeDelta::days(1)),
            "eligibility": {"rollId": self.roll},
            "specification": {"type": "BALLOT_TYPE_SIGNATURE"},
            "signatureSheet": {
                "publishesDistricts": true,
                "milestones": [
                    {"milestoneId": "threshold", "minSignatures": "50000"},
                    {"milestoneId": "everywhere", "minDistricts": 10, "minInEachDistrict": "5000"},
                ],
            },
        });
        let answer = self.post("/v1/polls", body).await?;
        Ok(text(&answer, "/poll/pollId")?.parse()?)
    }

    /// Waits until a voter (number and access code) gets a permit: identity learns of a poll from the bus, and until then it knows
    /// none to give permits for.
    ///
    /// # Errors
    /// When there is none in half a minute.
    pub async fn first_permit(&self, poll: Uuid, voter: &(String, String)) -> anyhow::Result<()> {
        let sign_in = json!({"memberNumber": voter.0, "accessCode": voter.1});
        let session = self.api.post("/v1/sessions:signInWithAccessCode", None, &sign_in).await?;
        let token = text(&session, "/session/accessToken")?;
        let started = Instant::now();
        loop {
            match self.api.post(&format!("/v1/polls/{poll}/permits"), Some(&token), &json!({})).await {
                Ok(_) => return Ok(()),
                Err(failure) if started.elapsed() > PATIENCE => {
                    return Err(failure).context("the first permit");
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Closes a poll before its time; gives it, sealed.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn close_poll(&self, poll: Uuid) -> anyhow::Result<Value> {
        self.post(&format!("/v1/polls/{poll}:close"), json!({"reason": "The run is over."})).await
    }

    /// The administrator's session.
    pub fn token(&self) -> &str {
        &self.token
    }

    async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.api.post(path, Some(&self.token), &body).await.with_context(|| format!("POST {path}"))
    }
}

/// The district of a voter.
pub fn district(voter: usize) -> String {
    format!("district-{}", voter % 10)
}

/// The id of an option.
pub fn option(number: usize) -> String {
    format!("option-{number}")
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
