//! What the faults happen to: an installation with an organization, polls and voters.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use comitia_cli::api::{Api, Failure, text};
use comitia_core::Clock;
use comitia_testkit::{Installation, SmallDisk};
use sqlx::PgPool;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::crowd::{CHOICES, Crowd, OPTIONS, Poll};
use super::ledger::{Findings, Row, Turnout, Voter, seal};
use crate::casts::Caster;
use crate::city::{City, PollPlan};

/// The host name of the organization.
const HOST: &str = "faults.example.org";
/// The polls: whether the last ballot counts, or the first.
const POLLS: [bool; 4] = [true, true, true, false];
/// How long polls are open, in minutes: longer than the run, and shorter than a clock that jumps.
const OPEN: i64 = 45;

/// An installation under load.
pub struct World {
    // Before the disk, which must not go while PostgreSQL runs.
    pub installation: Installation,
    /// The disk of PostgreSQL, or why there is none.
    pub disk: Result<SmallDisk, String>,
    /// The voters.
    pub crowd: Arc<Crowd>,
    city: City,
    polls: Vec<Poll>,
    pool: PgPool,
}

impl World {
    /// Makes organization and polls.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn new(installation: Installation, disk: anyhow::Result<SmallDisk>) -> anyhow::Result<Self> {
        let disk = disk.map_err(|error| format!("{error:#}"));
        let pool = installation.database.admin_pool()?;
        let gateways = installation.addresses("gateway");
        let city = City::found(&gateways.join(","), HOST, Installation::OPERATOR_KEY).await?;
        let mut polls = Vec::new();
        for recast_allowed in POLLS {
            let plan = PollPlan {
                title: "Faults",
                options: OPTIONS,
                max_choices: CHOICES,
                close_time: Clock::system().now() + TimeDelta::minutes(OPEN),
                recast_allowed,
            };
            polls.push(Poll { id: city.open_poll(&plan).await?, recast_allowed });
        }
        let caster = Caster::new(&pool, HOST).await?;
        let crowd = Crowd::new(gateways, HOST, caster, polls.clone())?;
        Ok(Self { installation, disk, crowd, city, polls, pool })
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

    /// The ballots in the database.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn rows(&self) -> anyhow::Result<Vec<Row>> {
        let rows =
            sqlx::query_as("SELECT poll_id, nullifier, ballot, district, revision FROM voting.ballots");
        rows.fetch_all(&self.pool).await.context("the ballots")
    }

    /// The turnout by the counters.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn turnout(&self) -> anyhow::Result<Turnout> {
        let counters: Vec<(Uuid, String, i64)> = sqlx::query_as(
            "SELECT poll_id, district, sum(ballot_count)::bigint FROM voting.turnout GROUP BY poll_id, district",
        )
        .fetch_all(&self.pool)
        .await
        .context("the turnout")?;
        Ok(counters.into_iter().map(|(poll, district, count)| ((poll, district), count)).collect())
    }

    /// Closes the polls, and compares what each is sealed with to what the voters know.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn close(&self, voters: &[Voter], findings: &mut Findings) -> anyhow::Result<()> {
        for Poll { id, .. } in &self.polls {
            let closed = self.city.close_poll(*id).await;
            let sealed = closed.and_then(|poll| text(&poll, "/poll/sealDigest"));
            let of = voters.iter().filter(|voter| voter.poll == *id);
            let known = of.filter_map(|voter| {
                Some((voter.acknowledged.last()?.ballot.clone(), voter.district.clone()))
            });
            let expected = seal(*id, known);
            match sealed {
                Ok(sealed) if sealed == expected => {}
                // A cast without an answer may be among the ballots.
                Ok(_) if voters.iter().any(|voter| voter.poll == *id && voter.asked.is_some()) => {
                    eprintln!("poll {id}: some casts had no answer to the end, so its seal says nothing");
                }
                Ok(sealed) => findings.altered(format!(
                    "poll {id} is sealed with {sealed}, and the acknowledged ballots give {expected}"
                )),
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

/// Whether a service answered, be it with an error of its own.
fn answers(answer: Result<serde_json::Value, Failure>) -> bool {
    match answer {
        Ok(_) => true,
        Err(Failure::Refused(problem)) => problem.status < 500 && problem.status != 429,
        Err(Failure::Unreachable(_)) => false,
    }
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
