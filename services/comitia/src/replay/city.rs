//! Sets a city up through the API: organization, process, roll with access codes, budget with projects, vote.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::api::{Api, number, text};
use crate::replay::plan::Plan;

/// How many members' codes are asked for at once.
const CODES_A_CALL: i64 = 10_000;
/// How long a gateway may take to know a new host name.
const NEW_ORGANIZATION: Duration = Duration::from_secs(15);

/// A city whose vote is open.
pub struct City {
    /// A session of an administrator.
    pub token: String,
    /// The budget.
    pub budget: String,
    /// The poll.
    pub poll: String,
    /// The access code of each member number.
    pub codes: HashMap<String, String>,
}

/// Signs the operator in, as administrator of the organization of the client's host name if it exists.
///
/// # Errors
/// When the API refuses.
pub async fn sign_in(api: &Api, operator_key: &str, as_administrator: bool) -> anyhow::Result<String> {
    let body = json!({"operatorKey": operator_key, "asAdministrator": as_administrator});
    let answer = api.post("/v1/sessions:signInOperator", None, &body).await.context("operator sign-in")?;
    text(&answer, "/session/accessToken")
}

/// Creates the organization of the client's host name.
///
/// # Errors
/// When the API refuses.
pub async fn create_organization(
    api: &Api,
    operator_key: &str,
    name: &str,
    hosts: &[&str],
) -> anyhow::Result<()> {
    let token = sign_in(api, operator_key, false).await?;
    let body = json!({"displayName": name, "hostNames": hosts, "requestId": request_id()});
    api.post("/v1/organizations", Some(&token), &body).await.context("creating the organization")?;
    // A gateway remembers for a moment that a host name is unknown.
    let started = std::time::Instant::now();
    for gateway in api.each_gateway() {
        while let Err(failure) = gateway.get("/v1/organization", None).await {
            if started.elapsed() > NEW_ORGANIZATION {
                return Err(failure).context("the new organization's host name");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

/// Sets the city up and opens the vote. `step` is told what goes on.
///
/// # Errors
/// When the API refuses a step; the text names it.
pub async fn set_up(
    api: &Api,
    operator_key: &str,
    plan: &Plan,
    now: DateTime<Utc>,
    step: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<City> {
    step("creating the organization and its process");
    create_organization(api, operator_key, &plan.title, &[api.host()]).await?;
    let token = sign_in(api, operator_key, true).await?;
    let post = async |path: &str, body: Value| {
        api.post(path, Some(&token), &body).await.with_context(|| format!("POST {path}"))
    };

    let (start, end) = (now - TimeDelta::hours(1), now + TimeDelta::days(30));
    let process = post(
        "/v1/processes",
        json!({
            "title": plan.title,
            "phases": [{"title": "Vote", "kind": "PHASE_KIND_VOTE", "startTime": time(start), "endTime": time(end)}],
            "requestId": request_id(),
        }),
    )
    .await?;
    let process = text(&process, "/process/processId")?;
    post(&format!("/v1/processes/{process}:publish"), json!({})).await?;

    step("importing the electoral roll");
    let roll = post("/v1/rolls", json!({"title": plan.title, "requestId": request_id()})).await?;
    let roll = text(&roll, "/roll/rollId")?;
    let import = json!({"csv": plan.roll(), "requestId": request_id()});
    post(&format!("/v1/rolls/{roll}/members:import"), import).await?;

    step("making the access codes of the letters");
    let codes = access_codes(api, &token, &roll).await?;

    step("creating the budget and its projects");
    let mut body = plan.budget.clone();
    body["requestId"] = json!(request_id());
    let budget = post(&format!("/v1/processes/{process}/budgets"), body).await?;
    let budget = text(&budget, "/budget/budgetId")?;
    let projects = json!({"projects": plan.projects, "requestId": request_id()});
    post(&format!("/v1/budgets/{budget}/projects:batchCreate"), projects).await?;

    step("opening the vote");
    let vote = json!({
        "rollId": roll,
        "openTime": time(now - TimeDelta::minutes(1)),
        "closeTime": time(now + TimeDelta::days(29)),
    });
    let frozen = post(&format!("/v1/budgets/{budget}:scheduleVote"), vote).await?;
    let poll = text(&frozen, "/budget/pollId")?;
    Ok(City { token, budget, poll, codes })
}

/// Makes the codes of all members, and gives them by number.
async fn access_codes(api: &Api, token: &str, roll: &str) -> anyhow::Result<HashMap<String, String>> {
    let path = format!("/v1/rolls/{roll}/accessCodes:generate");
    let mut codes = HashMap::new();
    loop {
        let answer = api
            .post(&path, Some(token), &json!({"pageSize": CODES_A_CALL}))
            .await
            .with_context(|| format!("POST {path}"))?;
        for code in answer.pointer("/accessCodes").and_then(Value::as_array).into_iter().flatten() {
            codes.insert(text(code, "/memberNumber")?, text(code, "/accessCode")?);
        }
        if number(&answer, "/remaining")? == 0 {
            return Ok(codes);
        }
    }
}

/// A new request id: a call that is repeated because its answer was lost has its effect once.
pub fn request_id() -> String {
    comitia_core::id::new().to_string()
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
