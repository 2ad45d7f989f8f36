//! What the faults happen to: an installation with an organization, polls and voters.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use clap::ValueEnum;
use comitia_cli::api::{Api, Failure, text};
use comitia_core::Clock;
use comitia_testkit::{Installation, SmallDisk};
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::crowd::{CHOICES, Crowd, OPTIONS, Poll};
use super::hostile;
use super::ledger::{Findings, Row, Turnout, Voter, known, seal};
use super::petition::Petition;
use crate::casts::Caster;
use crate::city::{City, PollPlan};

/// The host name of the organization.
pub const HOST: &str = "faults.example.org";
/// How many people there are who sign in.
const PEOPLE: usize = 40;
/// The polls: whether the last ballot counts, or the first.
const POLLS: [bool; 4] = [true, true, true, false];
/// How long polls are open beside what the run takes. A clock that jumps jumps over the end.
const OPEN: TimeDelta = TimeDelta::minutes(15);
/// What a round of all faults takes at the most.
const ROUND: TimeDelta = TimeDelta::minutes(15);

/// An installation under load.
pub struct World {
    // Before the disk, which must not go while PostgreSQL runs.
    pub installation: Installation,
    /// The disk of PostgreSQL, or why there is none.
    pub disk: Result<SmallDisk, String>,
    /// The voters.
    pub crowd: Arc<Crowd>,
    /// What people sign.
    pub petition: Arc<Petition>,
    /// People who can sign in: numbers and access codes.
    pub codes: Vec<(String, String)>,
    /// The token of an administrator of another organization, once there is one.
    neighbour: Option<String>,
    city: City,
    polls: Vec<Poll>,
    pool: PgPool,
    folder: TempDir,
}

impl World {
    /// Makes organization and polls, which are open for so many rounds of faults.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn new(
        installation: Installation,
        disk: anyhow::Result<SmallDisk>,
        rounds: u16,
    ) -> anyhow::Result<Self> {
        let disk = disk.map_err(|error| format!("{error:#}"));
        let pool = installation.database.admin_pool()?;
        let gateways = installation.addresses("gateway");
        let city = City::found(&gateways.join(","), HOST, Installation::OPERATOR_KEY).await?;
        let numbers: Vec<String> = (0..PEOPLE).map(|number| format!("P-{number}")).collect();
        city.import(&numbers).await?;
        let codes = city.access_codes().await?;
        let mut polls = Vec::new();
        for recast_allowed in POLLS {
            let plan = PollPlan {
                title: "Faults",
                options: OPTIONS,
                max_choices: CHOICES,
                close_time: Clock::system().now() + OPEN + ROUND * i32::from(rounds),
                recast_allowed,
            };
            polls.push(Poll { id: city.open_poll(&plan).await?, recast_allowed });
        }
        let caster = Caster::new(&pool, HOST, city.organization).await?;
        let lasts = OPEN + ROUND * i32::from(rounds);
        let petition = Petition::open(&city, &gateways, caster, lasts).await?;
        let caster = Caster::new(&pool, HOST, city.organization).await?;
        let crowd = Crowd::new(gateways, HOST, caster, polls.clone())?;
        Ok(Self {
            installation,
            disk,
            crowd,
            petition: Arc::new(petition),
            codes,
            neighbour: None,
            city,
            polls,
            pool,
            folder: tempfile::tempdir()?,
        })
    }

    /// The host name of the people's organization.
    pub fn host(&self) -> &'static str {
        HOST
    }

    /// The token of an administrator of another organization.
    ///
    /// # Errors
    /// When the API refuses to make it.
    pub async fn neighbour(&mut self) -> anyhow::Result<String> {
        if let Some(token) = &self.neighbour {
            return Ok(token.clone());
        }
        let token = hostile::found(&self.installation.addresses("gateway")).await?;
        Ok(self.neighbour.insert(token).clone())
    }

    /// Where the clock of a process is that can be set.
    pub fn clock_file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// Waits until every service behind the gateways answers again, through each gateway. Gives when; nothing after
    /// `until`.
    pub async fn all_services_answer(&self, until: Instant) -> Option<Instant> {
        let nobody = Uuid::nil();
        let paths = [
            format!("/v1/rolls/{}", self.city.roll),
            "/v1/processes".to_owned(),
            format!("/v1/processes/{nobody}/proposals"),
            format!("/v1/processes/{nobody}/budgets"),
            format!("/v1/polls/{}/turnout", self.polls[0].id),
        ];
        let mut when = None;
        for gateway in self.installation.addresses("gateway") {
            let api = Api::new(&gateway, HOST, Duration::ZERO).ok()?;
            for path in &paths {
                // With a session, so that the answer comes from the service and not from a cache.
                while !answers(api.get(path, Some(self.city.token())).await) {
                    if Instant::now() > until {
                        eprintln!("{path} has no answer");
                        return None;
                    }
                    sleep(Duration::from_millis(50)).await;
                }
            }
            when = Some(Instant::now());
        }
        when
    }

    /// Waits until the bus has all events of voting that are older than a moment. Gives when; nothing after `until`.
    pub async fn events_flow(&self, until: Instant) -> Option<Instant> {
        let waiting =
            "SELECT count(*) FROM voting.outbox WHERE created_at < clock_timestamp() - interval '1 second'";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&self.pool).await.ok() != Some(0) {
            if Instant::now() > until {
                eprintln!("events are waiting for the bus");
                return None;
            }
            sleep(Duration::from_millis(50)).await;
        }
        Some(Instant::now())
    }

    /// The ballots in the database.
    ///
    /// # Errors
    /// When the database fails or cannot be reached.
    pub async fn rows(&self) -> anyhow::Result<Vec<Row>> {
        let rows = sqlx::query_as(
            "SELECT poll_id, nullifier, ballot, district, revision FROM voting.ballots WHERE poll_id = ANY ($1)",
        );
        let polls: Vec<Uuid> = self.polls.iter().map(|poll| poll.id).collect();
        rows.bind(polls).fetch_all(&self.pool).await.context("the ballots")
    }

    /// Spoils one ballot, or one counter, behind everybody's back.
    ///
    /// # Errors
    /// When the database fails or cannot be reached.
    pub async fn spoil(&self, how: Spoiled) -> anyhow::Result<()> {
        let changed = sqlx::query(how.statement()).bind(self.polls[1].id).bind(self.polls[0].id);
        let rows = changed.execute(&self.pool).await.context("spoiling a ballot")?.rows_affected();
        anyhow::ensure!(rows == 1, "{rows} rows were spoiled, not one");
        Ok(())
    }

    /// The turnout by the counters.
    ///
    /// # Errors
    /// When the database fails or cannot be reached.
    pub async fn turnout(&self) -> anyhow::Result<Turnout> {
        let counters: Vec<(Uuid, String, i64)> = sqlx::query_as(
            "SELECT poll_id, district, sum(ballot_count)::bigint FROM voting.turnout WHERE poll_id = ANY ($1)
             GROUP BY poll_id, district",
        )
        .bind(self.polls.iter().map(|poll| poll.id).collect::<Vec<_>>())
        .fetch_all(&self.pool)
        .await
        .context("the turnout")?;
        Ok(counters.into_iter().map(|(poll, district, count)| ((poll, district), count)).collect())
    }

    /// Closes the polls, and compares what each is sealed with to what the voters know. Whose last cast had no answer has
    /// either that ballot or the one before; which of them, `rows` say.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn close(&self, voters: &[Voter], rows: &[Row], findings: &mut Findings) -> anyhow::Result<()> {
        for Poll { id, .. } in &self.polls {
            let closed = self.city.close_poll(*id).await;
            match closed.and_then(|poll| Ok((text(&poll, "/poll/sealDigest")?, options(&poll)?))) {
                Ok((sealed, options)) => {
                    findings.sealed(*id, &sealed, &seal(*id, &options, known(*id, voters, rows))?);
                }
                Err(error) => findings.altered(format!("poll {id} is not sealed: {error:#}")),
            }
        }
        Ok(())
    }

    /// Ends everything.
    ///
    /// # Errors
    /// Never, save when the runtime is shutting down.
    pub async fn stop(self) -> anyhow::Result<()> {
        let Self { installation, disk, .. } = self;
        installation.stop().await?;
        drop(disk);
        Ok(())
    }
}

/// What can be done to a ballot before the comparison, to see that the comparison finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Spoiled {
    /// It is deleted.
    Lost,
    /// It is counted twice.
    Doubled,
    /// It becomes another one.
    Altered,
    /// It moves to another poll.
    Misplaced,
}

impl Spoiled {
    /// $1 is the poll that is spoiled, $2 another one.
    const fn statement(self) -> &'static str {
        match self {
            Self::Lost => {
                "DELETE FROM voting.ballots WHERE poll_id = $1 AND $2::uuid IS NOT NULL
                 AND nullifier = (SELECT nullifier FROM voting.ballots WHERE poll_id = $1 LIMIT 1)"
            }
            Self::Doubled => {
                "UPDATE voting.turnout SET ballot_count = ballot_count + 1 WHERE (poll_id, shard, district) =
                 (SELECT poll_id, shard, district FROM voting.turnout
                  WHERE poll_id = $1 AND $2::uuid IS NOT NULL LIMIT 1)"
            }
            Self::Altered => {
                "UPDATE voting.ballots SET ballot = '\\x010127' WHERE poll_id = $1 AND $2::uuid IS NOT NULL AND nullifier =
                 (SELECT nullifier FROM voting.ballots WHERE poll_id = $1 LIMIT 1) AND ballot <> '\\x010127'"
            }
            Self::Misplaced => {
                "UPDATE voting.ballots SET poll_id = $2 WHERE poll_id = $1
                 AND nullifier = (SELECT nullifier FROM voting.ballots WHERE poll_id = $1 LIMIT 1)"
            }
        }
    }
}

/// Whether a service answered, be it with an error of its own.
fn answers(answer: Result<serde_json::Value, Failure>) -> bool {
    match answer {
        Ok(_) => true,
        Err(Failure::Refused(problem)) => problem.status < 500 && problem.status != 429,
        Err(Failure::Unreachable(_)) => false,
    }
}

/// The options of a poll as JSON: id, cost and title.
fn options(poll: &serde_json::Value) -> anyhow::Result<Vec<(String, String, String)>> {
    let options = poll.pointer("/poll/options").and_then(serde_json::Value::as_array);
    let option = |option: &serde_json::Value| {
        // Numbers that are 0 are not in JSON.
        let cost = text(option, "/cost").unwrap_or_else(|_| "0".to_owned());
        Ok((text(option, "/optionId")?, cost, text(option, "/title")?))
    };
    options.context("a poll without options")?.iter().map(option).collect()
}

#[cfg(test)]
mod tests {
    use comitia_cli::api::Problem;

    use super::*;

    #[test]
    fn a_service_answers_when_the_word_is_its_own() {
        let refused = |status| Err(Failure::Refused(Problem { status, ..Problem::default() }));
        assert!(answers(Ok(serde_json::Value::Null)) && answers(refused(404)));
        assert!(!answers(refused(503)) && !answers(Err(Failure::Unreachable(String::new()))));
    }
}
