//! The faults.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use tokio::time::{Instant, sleep};

use super::city::World;

/// How long a process that was killed stays away before whoever watches over it starts it again.
const AWAY: Duration = Duration::from_secs(2);
/// How long PostgreSQL stands still.
const FROZEN: Duration = Duration::from_secs(20);
/// How long the disk is full, and how often what was freed meanwhile is taken again.
const FULL: Duration = Duration::from_secs(8);
const AGAIN: Duration = Duration::from_millis(200);
/// How long answers are lost before the connections are cut.
const UNANSWERED: Duration = Duration::from_millis(700);
/// How long a clock is wrong.
const WRONG_CLOCK: Duration = Duration::from_secs(8);
/// The replica whose clock jumps, and the one that does not come back.
const JUMPING: &str = "voting-3";
const LOST: &str = "voting-2";

/// Something that breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// kill -9 of a gateway.
    KillGateway,
    /// kill -9 of identity.
    KillIdentity,
    /// kill -9 of spaces.
    KillSpaces,
    /// kill -9 of proposals.
    KillProposals,
    /// kill -9 of budgets.
    KillBudgets,
    /// kill -9 of a voting replica.
    KillVoting,
    /// kill -9 of all voting replicas at once.
    KillAllVoting,
    /// kill -9 of PostgreSQL with all its backends, and recovery.
    KillPostgres,
    /// kill -9 of RabbitMQ.
    KillRabbitmq,
    /// kill -9 of Redis.
    KillRedis,
    /// All processes of PostgreSQL stand still for 20 seconds, their connections open.
    FrozenPostgres,
    /// PostgreSQL's disk is full.
    FullDisk,
    /// The connections between gateways and voting are cut after casts are committed and before that is answered.
    CutAnswers,
    /// The clock of one voting replica jumps an hour ahead while it runs.
    ClockAhead,
    /// The clock of one voting replica jumps an hour back while it runs.
    ClockBehind,
    /// One of three voting replicas goes and does not come back.
    LostReplica,
}

/// A fault that is over.
pub struct Injected {
    /// When it ended.
    pub end: Instant,
    /// What is to say of it.
    pub note: String,
}

impl Injected {
    fn ended(end: Instant) -> Self {
        Self { end, note: String::new() }
    }
}

impl Fault {
    /// Its name, as in `--only`.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Brings it about and ends it. An inner error says why this machine cannot have it.
    ///
    /// # Errors
    /// When a server or service cannot be started again.
    pub async fn bring_about(self, world: &mut World) -> anyhow::Result<Result<Injected, String>> {
        Ok(Ok(match self {
            Self::KillGateway => kill(world, &["gateway-1"]).await?,
            Self::KillIdentity => kill(world, &["identity-1"]).await?,
            Self::KillSpaces => kill(world, &["spaces-1"]).await?,
            Self::KillProposals => kill(world, &["proposals-1"]).await?,
            Self::KillBudgets => kill(world, &["budgets-1"]).await?,
            Self::KillVoting => kill(world, &["voting-1"]).await?,
            Self::KillAllVoting => kill(world, &["voting-1", "voting-2", "voting-3"]).await?,
            Self::KillPostgres => {
                let server = &world.installation.postgres;
                server.kill();
                sleep(AWAY).await;
                let end = Instant::now();
                server.restart()?;
                Injected::ended(end)
            }
            Self::KillRabbitmq => {
                let server = &world.installation.rabbit;
                server.kill();
                sleep(AWAY).await;
                let end = Instant::now();
                server.restart()?;
                Injected::ended(end)
            }
            Self::KillRedis => {
                let server = &world.installation.redis;
                server.kill();
                sleep(AWAY).await;
                let end = Instant::now();
                server.restart()?;
                Injected::ended(end)
            }
            Self::FrozenPostgres => {
                let server = &world.installation.postgres;
                server.freeze();
                sleep(FROZEN).await;
                server.thaw();
                Injected::ended(Instant::now())
            }
            Self::FullDisk => return full_disk(world).await,
            Self::CutAnswers => cut_answers(world).await,
            Self::ClockAhead => return clock_jumps(world, "+1h").await,
            Self::ClockBehind => return clock_jumps(world, "-1h").await,
            Self::LostReplica => {
                world.installation.kill(LOST)?;
                Injected::ended(Instant::now())
            }
        }))
    }
}

/// kill -9, and after a while the same processes again.
async fn kill(world: &mut World, names: &[&str]) -> anyhow::Result<Injected> {
    for name in names {
        world.installation.kill(name)?;
    }
    sleep(AWAY).await;
    let end = Instant::now();
    for name in names {
        world.installation.start_again(name, &[])?;
    }
    Ok(Injected::ended(end))
}

/// Answers are lost while casts are committed, then all connections are cut.
async fn cut_answers(world: &World) -> Injected {
    let switches = world.installation.switches("voting");
    switches.iter().for_each(comitia_testkit::TcpSwitch::lose_answers);
    sleep(UNANSWERED).await;
    switches.iter().for_each(comitia_testkit::TcpSwitch::cut);
    Injected::ended(Instant::now())
}

/// PostgreSQL's disk is full for a while. A server that gives up for want of space is started again, as whoever watches over
/// it would do, until there is space.
async fn full_disk(world: &World) -> anyhow::Result<Result<Injected, String>> {
    let disk = match &world.disk {
        Ok(disk) => disk,
        Err(why) => return Ok(Err(why.clone())),
    };
    let server = &world.installation.postgres;
    let (began, mut given_up) = (Instant::now(), 0);
    while began.elapsed() < FULL {
        disk.fill()?;
        if server.ended() {
            given_up += 1;
            // It may not come up as long as there is no space.
            let _ = server.restart();
        }
        sleep(AGAIN).await;
    }
    disk.free()?;
    let end = Instant::now();
    if server.ended() {
        server.restart()?;
    }
    let note = match given_up {
        0 => String::new(),
        times => format!("PostgreSQL gave up {times} times"),
    };
    Ok(Ok(Injected { end, note }))
}

/// One voting replica's clock jumps while it runs, and jumps back. libfaketime stands between the process and the clock.
async fn clock_jumps(world: &mut World, offset: &str) -> anyhow::Result<Result<Injected, String>> {
    let Some(library) = faketime() else {
        return Ok(Err("libfaketime is missing: scripts/install faults installs it".to_owned()));
    };
    let folder = tempfile::tempdir()?;
    let clock = folder.path().join("offset");
    std::fs::write(&clock, "+0")?;
    let environment = [
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", clock.display().to_string()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    world.installation.kill(JUMPING)?;
    world.installation.start_again(JUMPING, &environment)?;
    world.installation.process_ready(JUMPING).await?;
    sleep(AWAY).await;
    std::fs::write(&clock, offset)?;
    sleep(WRONG_CLOCK).await;
    std::fs::write(&clock, "+0")?;
    let end = Instant::now();
    // A clock without its file would stand where it is: the process goes on with a real one, once it is seen to be well.
    sleep(Duration::from_secs(4)).await;
    world.installation.kill_and_restart(JUMPING)?;
    Ok(Ok(Injected::ended(end)))
}

/// Where Debian has libfaketime.
fn faketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?;
    let libraries = folders.flatten().map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    libraries.into_iter().find(|library| library.is_file())
}
