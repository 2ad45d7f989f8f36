//! The site whose pages are measured: a city with proposals, a budget of 160 projects that is decided, and a vote that is open.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use chrono::{SecondsFormat, TimeDelta};
use comitia_cli::api::{Api, text};
use comitia_cli::replay::{self, Settings, city::request_id};
use comitia_core::Clock;
use comitia_testkit::Installation;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{APPROVALS, World};
use crate::casts::Caster;
use crate::city::{City, PollPlan};

/// Its host name.
pub const HOST: &str = "pages.example.org";
/// Projects where no file of an election is given, and the most ballots that are replayed.
const PROJECTS: usize = 160;
const BALLOTS: usize = 500;
const PROPOSALS: usize = 30;

/// A page that is measured.
pub struct Page {
    /// What it is.
    pub kind: &'static str,
    /// Where it is.
    pub path: String,
}

/// The site.
pub struct Site {
    /// Its pages, the result among them.
    pub pages: Vec<Page>,
    /// The organization.
    pub organization: Uuid,
    /// A poll that is open.
    pub poll: Uuid,
    /// Casts in it.
    pub caster: Caster,
}

impl Site {
    /// Makes it through the API, with the projects and the first ballots of an election.
    ///
    /// # Errors
    /// When the file cannot be read, or the API refuses.
    pub async fn build(world: &World, election: Option<&Path>) -> anyhow::Result<Self> {
        let gateways = world.installation.addresses("gateway").join(",");
        let api = Api::new(&gateways, HOST, Duration::from_secs(60))?;
        let settings = Settings { voters: 8, patience: Duration::from_secs(60) };
        let plan = plan(election)?;
        let key = Installation::OPERATOR_KEY;
        let report = replay::replay(&api, key, plan, &settings, &replay::progress_bar()).await?;
        let city = City::enter(&gateways, HOST, key).await?;
        let result = format!("/v1/budgets/{}", report.budget);
        let budget = api.get(&result, None).await?;
        let process = text(&budget, "/budget/processId")?;
        let projects = api.get(&format!("{result}/projects"), None).await?;
        let project = text(&projects, "/projects/0/projectId")?;
        let submission = submissions(&api, city.token()).await?;
        let poll = city
            .open_poll(&PollPlan {
                title: "While pages are read",
                options: APPROVALS.options,
                max_choices: APPROVALS.choices,
                close_time: Clock::system().now() + TimeDelta::days(1),
                recast_allowed: true,
            })
            .await?;
        let caster = Caster::new(&world.pool, HOST, city.organization).await?;
        let mut pages = Vec::new();
        for (kind, path) in [
            ("home", "/fr".to_owned()),
            ("process", format!("/fr/processes/{}", plain(&process))),
            ("proposals", format!("/fr/processes/{}/proposals", plain(&submission))),
            ("project", format!("/fr/projects/{}", plain(&project))),
            ("result", format!("/fr/budgets/{}/result", plain(&report.budget))),
        ] {
            pages.push(Page { kind, path: settled(&gateways, &path).await? });
        }
        Ok(Self { pages, organization: city.organization, poll, caster })
    }

    /// A page of a kind.
    ///
    /// # Errors
    /// When there is none.
    pub fn page(&self, kind: &str) -> anyhow::Result<&Page> {
        self.pages.iter().find(|page| page.kind == kind).with_context(|| format!("no page {kind}"))
    }
}

/// Addresses have ids without hyphens.
fn plain(id: &str) -> String {
    id.replace('-', "")
}

/// Where a page is, once its title stands in its address.
async fn settled(gateway: &str, path: &str) -> anyhow::Result<String> {
    let url = format!("{gateway}{path}");
    let answer = reqwest::Client::new().get(&url).header("host", HOST).send().await?;
    let answer = answer.error_for_status().with_context(|| url.clone())?;
    Ok(answer.url().path().to_owned())
}

/// A process to which proposals were submitted.
async fn submissions(api: &Api, token: &str) -> anyhow::Result<String> {
    let now = Clock::system().now();
    let time = |hours| (now + TimeDelta::hours(hours)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let post = async |path: &str, body: Value| {
        api.post(path, Some(token), &body).await.with_context(|| format!("POST {path}"))
    };
    let phase = json!({
        "title": "Proposals", "kind": "PHASE_KIND_SUBMISSION", "startTime": time(-1), "endTime": time(48),
    });
    let body = json!({"title": "Proposals", "phases": [phase], "requestId": request_id()});
    let process = text(&post("/v1/processes", body).await?, "/process/processId")?;
    post(&format!("/v1/processes/{process}:publish"), json!({})).await?;
    for number in 0..PROPOSALS {
        let body = json!({
            "title": format!("Benches and trees, number {number}"),
            "body": "Two benches and a lime tree.\n\n- in the shade\n- near the fountain\n\n".repeat(5),
            "requestId": request_id(),
        });
        post(&format!("/v1/processes/{process}/proposals"), body).await?;
    }
    Ok(process)
}

fn plan(election: Option<&Path>) -> anyhow::Result<replay::plan::Plan> {
    let whole = match election {
        Some(file) => std::fs::read_to_string(file).with_context(|| file.display().to_string())?,
        None => invented(),
    };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("election.pb");
    std::fs::write(&file, shortened(&whole))?;
    replay::read_plan(&file)
}

/// An election without its later ballots: pages show projects and figures, and no ballot.
fn shortened(election: &str) -> String {
    let lines: Vec<&str> = election.lines().collect();
    let votes = lines.iter().position(|line| line.trim() == "VOTES").map_or(lines.len(), |place| place + 2);
    let last = lines.len().min(votes + BALLOTS);
    let mut text = String::new();
    for line in &lines[..last] {
        if line.starts_with("num_votes;") {
            text.push_str(&format!("num_votes;{}", last - votes));
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

/// As many projects as Łódź had in 2022.
fn invented() -> String {
    let mut text = format!(
        "META\nkey;value\ndescription;A city of the benchmark\ncountry;France\nunit;Ville\ninstance;2026\nnum_projects;{PROJECTS}\n\
         num_votes;{BALLOTS}\nbudget;2000000\nvote_type;approval\nrule;greedy\nmax_length;5\ndate_begin;01.10.2026\n\
         date_end;31.10.2026\nPROJECTS\nproject_id;cost;name\n"
    );
    for project in 0..PROJECTS {
        let cost = 10_000 + 750 * (project % 40);
        text.push_str(&format!("{project};{cost};Trees and benches for the people of district {project}\n"));
    }
    text.push_str("VOTES\nvoter_id;vote\n");
    for voter in 0..BALLOTS {
        let choice = |place: usize| (voter * 7 + place * 31) % PROJECTS;
        text.push_str(&format!("{voter};{},{},{}\n", choice(0), choice(1), choice(2)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_election_can_be_read_whole_and_shortened() {
        let whole = invented();
        let plan = plan(None).unwrap();
        assert_eq!((plan.projects.len(), plan.ballot_count()), (PROJECTS, BALLOTS));
        let longer = format!("{whole}{}", "x;1\n".repeat(10));
        assert_eq!(shortened(&longer), shortened(&whole));
    }
}
