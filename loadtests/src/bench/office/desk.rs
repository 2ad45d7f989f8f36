//! A process with very many proposals, and an officer who looks at them in a browser.

use std::time::Duration;

use anyhow::{Context, ensure};
use chrono::{SecondsFormat, TimeDelta};
use comitia_cli::api::text;
use comitia_cli::replay::city::request_id;
use comitia_core::Clock;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use reqwest::header::{COOKIE, HOST as HOST_HEADER, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::{HOST, World};
use super::{AT_ONCE, RARE};
use crate::city::City;

/// Proposals of the list, and as many where it has to be quick.
pub const PROPOSALS: usize = 30_000;
pub const QUICK_PROPOSALS: usize = 2_000;
/// One proposal of so many has the rare word.
const ONE_OF: usize = 1_000;
const AREAS: usize = 30;
/// Digits of a code that comes by e-mail.
const CODE: usize = 12;
const EMAIL: &str = "officer@bench.example.org";
const PATIENCE: Duration = Duration::from_secs(30);

const THINGS: [&str; 12] = [
    "Des bancs",
    "Des tilleuls",
    "Une piste cyclable",
    "Une fontaine",
    "Un éclairage plus doux",
    "Un jardin partagé",
    "Un passage piéton",
    "Une aire de jeux",
    "Une boîte à livres",
    "Un terrain de pétanque",
    "Des arceaux pour les vélos",
    "Un composteur",
];
const PLACES: [&str; 7] = [
    "devant l’école",
    "au bord de la rivière",
    "sur la place du Marché",
    "à la sortie du métro",
    "derrière la médiathèque",
    "au pied des immeubles",
    "le long du canal",
];
const SENTENCES: [&str; 9] = [
    "Les habitants du quartier l’attendent depuis des années.",
    "Les personnes âgées pourraient s’y reposer à l’ombre.",
    "Le coût resterait modeste et l’entretien serait assuré par les riverains.",
    "Aux heures de pointe, on ne peut plus y passer avec une poussette.",
    "L’école et le centre de loisirs sont d’accord pour y participer.",
    "En été, la chaleur y est insupportable, et il n’y a pas un arbre.",
    "Nous en avons parlé à la dernière réunion publique.",
    "Il faudrait aussi revoir le stationnement des livraisons.",
    "Une pétition a déjà recueilli deux cents signatures.",
];

/// The desk of an officer.
pub struct Desk {
    /// The process.
    pub process: String,
    /// Its proposals.
    pub proposals: Vec<String>,
    browser: Client,
    cookie: String,
}

impl Desk {
    /// Makes process, areas and proposals through the API, and signs the officer in through the pages.
    ///
    /// # Errors
    /// When the API refuses, or no code comes.
    pub async fn fill(world: &World, city: &City, count: usize) -> anyhow::Result<Self> {
        let process = process(city).await?;
        let proposals = stream::iter(0..count)
            .map(|number| {
                let path = format!("/v1/processes/{process}/proposals");
                async move {
                    let made = city.api.post(&path, Some(city.token()), &proposal(number)).await;
                    text(&made.context("a proposal")?, "/proposal/proposalId")
                }
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        let browser = Client::builder().redirect(Policy::none()).build()?;
        let cookie = sign_in(world, city, &browser).await?;
        Ok(Self { process, proposals, browser, cookie })
    }

    /// A page of the office.
    ///
    /// # Errors
    /// When it is not shown.
    pub async fn look(&self, url: &Url) -> anyhow::Result<String> {
        let request = self.browser.get(url.clone()).header(HOST_HEADER, HOST).header(COOKIE, &self.cookie);
        let answer = request.send().await?;
        ensure!(answer.status() == StatusCode::OK, "{url}: {}", answer.status());
        Ok(answer.text().await?)
    }

    /// The call behind a page that was asked for with these words.
    ///
    /// # Errors
    /// Never, save for a programming error.
    pub fn call(&self, asked: &[(&str, &str)]) -> anyhow::Result<String> {
        let path = format!("http://localhost/v1/processes/{}/proposals", self.process);
        let mut url = Url::parse(&path)?;
        for (name, value) in asked {
            let (name, value) = match (*name, *value) {
                ("state", "new") => ("state", "PROPOSAL_STATE_SUBMITTED".to_owned()),
                ("state", state) => ("state", format!("PROPOSAL_STATE_{}", state.to_uppercase())),
                ("area", area) => ("areaCode", area.to_owned()),
                ("q", words) => ("query", words.to_owned()),
                _ => continue,
            };
            url.query_pairs_mut().append_pair(name, &value);
        }
        Ok(format!("{}?{}", url.path(), url.query().unwrap_or_default()))
    }
}

/// A process to which proposals are submitted, and areas.
async fn process(city: &City) -> anyhow::Result<String> {
    let now = Clock::system().now();
    let time = |hours| (now + TimeDelta::hours(hours)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let post = async |path: &str, body: Value| {
        city.api.post(path, Some(city.token()), &body).await.with_context(|| format!("POST {path}"))
    };
    let areas: Vec<_> = (0..AREAS)
        .map(|number| json!({"code": format!("area-{number}"), "title": format!("Quartier {number}")}))
        .collect();
    post("/v1/areas:batchCreate", json!({"areas": areas})).await?;
    let phase = json!({
        "title": "Proposals", "kind": "PHASE_KIND_SUBMISSION", "startTime": time(-1), "endTime": time(48),
    });
    let body = json!({"title": "A long list", "phases": [phase], "requestId": request_id()});
    let process = text(&post("/v1/processes", body).await?, "/process/processId")?;
    post(&format!("/v1/processes/{process}:publish"), json!({})).await?;
    Ok(process)
}

/// A proposal unlike the others.
fn proposal(number: usize) -> Value {
    let (thing, place) = (THINGS[number % THINGS.len()], PLACES[number % PLACES.len()]);
    let mut body = String::new();
    for step in 0..6 {
        body.push_str(SENTENCES[(number + step * (1 + number % 4)) % SENTENCES.len()]);
        body.push(' ');
    }
    body.push_str("Ce serait bien pour tout le quartier.");
    if number.is_multiple_of(ONE_OF) {
        body.push_str(&format!(" Et une {RARE} pour le toit."));
    }
    json!({
        "title": format!("{thing} {place}, n° {number}"),
        "body": body,
        "areaCode": format!("area-{}", number % AREAS),
        "requestId": request_id(),
    })
}

/// Signs an officer in with a code that comes by e-mail, as a browser does. Gives the cookie.
async fn sign_in(world: &World, city: &City, browser: &Client) -> anyhow::Result<String> {
    let staff = json!({
        "email": EMAIL, "displayName": "Camille", "roles": ["ROLE_ADMINISTRATOR"], "requestId": request_id(),
    });
    city.api.post("/v1/staff", Some(city.token()), &staff).await.context("the officer")?;
    let gateway = world.address("gateway")?;
    let post = async |path: &str, fields: &[(&str, &str)]| {
        let form = Url::parse_with_params("http://localhost", fields)?;
        let request = browser
            .post(format!("http://{gateway}{path}"))
            .header(HOST_HEADER, HOST)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.query().unwrap_or_default().to_owned());
        anyhow::Ok(request.send().await?)
    };
    let asked = post("/fr/sign-in/email", &[("email", EMAIL)]).await?;
    ensure!(asked.status().is_success(), "no code is sent: {}", asked.status());
    let code = mailed_code(world).await?;
    let answer = post("/fr/sign-in/email/code", &[("email", EMAIL), ("code", &code)]).await?;
    ensure!(answer.status() == StatusCode::SEE_OTHER, "the officer is not let in: {}", answer.status());
    let cookies = answer.headers().get_all(SET_COOKIE).iter();
    let pairs: Vec<_> = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next()).collect();
    ensure!(!pairs.is_empty(), "the officer gets no session");
    Ok(pairs.join("; "))
}

/// The code in the mail to the officer; it is sent after the answer.
async fn mailed_code(world: &World) -> anyhow::Result<String> {
    let begun = Instant::now();
    loop {
        for mail in std::fs::read_dir(world.installation.mail())? {
            let mail = std::fs::read_to_string(mail?.path())?;
            if let Some(code) = code(&mail) {
                return Ok(code.to_owned());
            }
        }
        ensure!(begun.elapsed() < PATIENCE, "no code comes by e-mail");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The code in the text of a mail.
fn code(mail: &str) -> Option<&str> {
    let (head, body) = mail.split_once("\r\n\r\n")?;
    let to_officer = head.contains(EMAIL);
    body.split(|letter: char| !letter.is_ascii_digit()).find(|run| to_officer && run.len() == CODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_in_the_officers_mail_alone() {
        let mail =
            |to: &str| format!("To: {to}\r\nSubject: 111111111111\r\n\r\nYour code: 123456789012.\r\n");
        assert_eq!(code(&mail(EMAIL)), Some("123456789012"));
        assert_eq!(code(&mail("somebody@example.org")), None);
    }

    #[test]
    fn proposals_differ_and_some_have_the_rare_word() {
        let text = |number| proposal(number)["body"].as_str().unwrap().to_owned();
        assert!(text(0).contains(RARE) && text(ONE_OF).contains(RARE) && !text(1).contains(RARE));
        assert_ne!(text(1), text(2));
        assert!(text(1).contains(super::super::EVERYWHERE));
    }
}
