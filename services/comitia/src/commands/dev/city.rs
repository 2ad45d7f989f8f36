//! A city to click through, made by the public API alone. A start that was interrupted is gone on with.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, NaiveTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::api::{Api, Failure, number, text};
use crate::commands::dev::content::{self, Roll};
use crate::commands::dev::processes;
use crate::commands::dev::state::State;
use crate::replay::city::sign_in;

/// The number of the first member.
pub const FIRST_MEMBER: u32 = 1001;
/// So many of the first members have not voted: their letters are for those who try it.
const LETTERS: u32 = 5;
const CODES_A_CALL: u32 = 10_000;
/// When phases change and votes close, in UTC.
const EVENING: NaiveTime = match NaiveTime::from_hms_opt(17, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};
const NEW_ORGANIZATION: Duration = Duration::from_secs(15);

/// Makes the city through the API.
pub struct Maker<'a> {
    /// A client of the organization's host name.
    pub api: &'a Api,
    /// When the city begins, and its codes.
    pub state: State,
    /// A session of an administrator.
    pub token: String,
    /// The electoral roll.
    pub roll: String,
    /// Members who have signed in.
    sessions: Mutex<HashMap<u32, String>>,
}

impl Maker<'_> {
    /// A step as an administrator: the same step in a later start is the same request.
    pub async fn step(&self, name: &str, path: &str, mut body: Value) -> anyhow::Result<Value> {
        body["requestId"] = json!(self.state.request_id(name));
        self.post(path, &body).await.with_context(|| name.to_owned())
    }

    /// A call as an administrator that has no request id.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.api.post(path, Some(&self.token), body).await
    }

    /// A day counted from the city's beginning, in the evening; the day itself is the moment of the beginning.
    pub fn day(&self, days: i64) -> String {
        let moment = self.state.start + TimeDelta::days(days);
        let evening = moment.date_naive().and_time(EVENING).and_utc();
        time(if days == 0 { moment } else { evening })
    }

    /// A member's session.
    pub async fn sign_in(&self, member: u32) -> Result<String, Failure> {
        if let Some(token) = self.sessions().get(&member) {
            return Ok(token.clone());
        }
        let number = member.to_string();
        let code = self.state.codes.get(&number).cloned().unwrap_or_default();
        let body = json!({"memberNumber": number, "accessCode": code});
        let answer = self.api.post("/v1/sessions:signInWithAccessCode", None, &body).await?;
        let token = text(&answer, "/session/accessToken");
        let token = token.map_err(|error| Failure::Unreachable(format!("{error:#}")))?;
        self.sessions().insert(member, token.clone());
        Ok(token)
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<u32, String>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A time as the API takes it.
pub fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Makes the city, or what is missing of it.
///
/// # Errors
/// When the API refuses a step; the text names it.
pub async fn make(api: &Api, operator_key: &str, data: &Path, state: State) -> anyhow::Result<State> {
    eprintln!("making a city to click through");
    state.save(data)?;
    let content = content::city()?;
    create_organization(api, operator_key, &state, content.organization).await?;
    let token = sign_in(api, operator_key, true).await?;
    let mut maker = Maker { api, state, token, roll: String::new(), sessions: Mutex::default() };

    let profile = json!({ "organization": content.profile });
    api.patch("/v1/organization", Some(&maker.token), &profile).await.context("the organization's texts")?;
    areas(&maker, &content.areas).await?;
    let map = json!({"geojson": content.map.to_string()});
    maker.post("/v1/areas:draw", &map).await.context("the map of the areas")?;
    for (place, member) in content.staff.into_iter().enumerate() {
        maker.step(&format!("staff {place}"), "/v1/staff", member).await?;
    }
    let roll = maker.step("roll", "/v1/rolls", json!({"title": content.roll.title})).await?;
    maker.roll = text(&roll, "/roll/rollId")?;
    let import = json!({"csv": members(&content.roll)?});
    maker.step("members", &format!("/v1/rolls/{}/members:import", maker.roll), import).await?;
    codes(&mut maker).await?;
    maker.state.save(data)?;

    for process in content::processes()? {
        eprintln!("  {}", process.title);
        processes::make(&maker, &process, content.roll.members).await.context(process.title)?;
    }
    maker.state.complete = true;
    maker.state.save(data)?;
    Ok(maker.state)
}

async fn create_organization(
    api: &Api,
    operator_key: &str,
    state: &State,
    mut body: Value,
) -> anyhow::Result<()> {
    let token = sign_in(api, operator_key, false).await?;
    body["requestId"] = json!(state.request_id("organization"));
    api.post("/v1/organizations", Some(&token), &body).await.context("creating the organization")?;
    // The gateway remembers for a moment that a host name is unknown.
    let started = std::time::Instant::now();
    while let Err(failure) = api.get("/v1/organization", None).await {
        if started.elapsed() > NEW_ORGANIZATION {
            return Err(failure).context("the new organization's host name");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

async fn areas(maker: &Maker<'_>, areas: &[Value]) -> anyhow::Result<()> {
    let present = maker.api.get("/v1/areas?pageSize=1000", Some(&maker.token)).await.context("areas")?;
    let present = present["areas"].as_array().cloned().unwrap_or_default();
    for area in areas {
        if !present.iter().any(|one| one["code"] == area["code"]) {
            maker.post("/v1/areas", area).await.with_context(|| format!("area {}", area["code"]))?;
        }
    }
    Ok(())
}

/// The roll as CSV.
fn members(roll: &Roll) -> anyhow::Result<String> {
    let mut csv = String::from("member_number,district,birth_date,email\n");
    for (place, district) in (0..roll.members).zip(roll.districts.iter().cycle()) {
        let number = FIRST_MEMBER + place;
        let year = if number == roll.child { 2020 } else { 1940 + place % 60 };
        let email = roll.emails.get(usize::try_from(place)?).map_or("", String::as_str);
        writeln!(csv, "{number},{district},{year}-0{}-1{},{email}", 1 + place % 9, place % 10)?;
    }
    Ok(csv)
}

/// The codes of the letters. The same requests give the same codes again for a day.
async fn codes(maker: &mut Maker<'_>) -> anyhow::Result<()> {
    if !maker.state.codes.is_empty() {
        return Ok(());
    }
    let path = format!("/v1/rolls/{}/accessCodes:generate", maker.roll);
    for round in 0.. {
        let answer = maker.step(&format!("codes {round}"), &path, json!({"pageSize": CODES_A_CALL})).await?;
        for code in answer["accessCodes"].as_array().into_iter().flatten() {
            maker.state.codes.insert(text(code, "/memberNumber")?, text(code, "/accessCode")?);
        }
        if number(&answer, "/remaining")? == 0 {
            break;
        }
    }
    Ok(())
}

/// Says where the city is and how to sign in.
pub fn print(state: &State, url: &str, mail: &Path) {
    let port = url.rsplit(':').next().unwrap_or_default();
    println!();
    println!("The city       http://localhost:{port}/fr (in English: /en)");
    println!(
        "Register as a participant with any address, and read the code in the newest file of {}:",
        mail.display()
    );
    println!("  http://localhost:{port}/fr/register");
    println!("Sign in with a letter, number and code:");
    for (number, code) in state.codes.iter().take(usize::try_from(LETTERS).unwrap_or_default()) {
        println!("  {number}         {code}");
    }
    if let Ok(content) = content::city() {
        let child = content.roll.child.to_string();
        if let Some(code) = state.codes.get(&child) {
            println!("  {child}         {code}  (too young to vote)");
        }
        println!("Sign in by e-mail; the code is in the newest file of {}:", mail.display());
        for email in &content.roll.emails {
            println!("  {email}");
        }
        for member in &content.staff {
            let (email, name) = (member["email"].as_str(), member["displayName"].as_str());
            println!("  {}  ({})", email.unwrap_or_default(), name.unwrap_or_default());
        }
    }
    println!("All codes are in city.json of the data folder.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roll_has_everybody_once() {
        let roll = content::city().unwrap().roll;
        let csv = members(&roll).unwrap();
        assert_eq!(csv.lines().count(), usize::try_from(roll.members).unwrap() + 1);
        assert!(
            csv.lines().any(|line| line.starts_with(&format!("{},", roll.child)) && line.contains(",2020-"))
        );
        assert!(csv.contains(&roll.emails[0]));
    }
}
