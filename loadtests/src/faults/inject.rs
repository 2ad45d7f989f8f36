//! The faults.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use tokio::time::{Instant, sleep};

use super::city::World;
use super::hostile::{self, Attack};
use super::pages;

/// How often what was freed on a full disk is taken again.
const AGAIN: Duration = Duration::from_millis(200);
/// How long answers are lost before the connections are cut.
const UNANSWERED: Duration = Duration::from_millis(700);
/// What voting says in its log when its machine's clock is wrong.
const WRONG_CLOCK: &str = "this machine's clock and the database's differ";

/// How long faults last.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// How long a process that was killed stays away before whoever watches over it starts it again.
    away: Duration,
    /// How long PostgreSQL stands still.
    frozen: Duration,
    /// How long the disk is full.
    full: Duration,
    /// How long a clock is wrong.
    wrong_clock: Duration,
    /// How long a neighbour attacks.
    hostile: Duration,
}

impl Times {
    /// As long as it takes until everybody notices.
    pub const LONG: Self = Self {
        away: Duration::from_secs(2),
        frozen: Duration::from_secs(20),
        full: Duration::from_secs(8),
        wrong_clock: Duration::from_secs(8),
        hostile: Duration::from_secs(8),
    };
    /// For a check of every change.
    pub const SHORT: Self = Self {
        away: Duration::from_millis(500),
        frozen: Duration::from_secs(4),
        full: Duration::from_secs(3),
        wrong_clock: Duration::from_secs(3),
        hostile: Duration::from_secs(3),
    };
}

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
    /// kill -9 of a portal replica while pages are read and ballots cast by forms.
    KillPortal,
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
    /// The clock of one voting replica jumps two days ahead while it runs: beyond the end of every poll and permit.
    ClockAhead,
    /// The clock of one voting replica jumps two days back while it runs.
    ClockBehind,
    /// One of three voting replicas goes and does not come back.
    LostReplica,
    /// Somebody sends tokens of 70 to 200 KB without a session.
    HostileHeaders,
    /// An administrator of another organization posts polls and projects with hundreds of faults.
    HostileViolations,
    /// Somebody sends bodies of 120 MiB and of millions of empty objects without a session.
    HostileBodies,
}

/// A fault that is over.
pub struct Injected {
    /// When it ended.
    pub end: Instant,
    /// What shows that it was there.
    pub sign: Sign,
    /// What is to say of it.
    pub note: String,
    /// What it did that it must not, whatever becomes of it afterwards.
    pub harm: Vec<String>,
}

/// What shows that a fault was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It was seen when it was brought about, or was not.
    Seen(bool),
    /// Casts that were not settled soon.
    LateCasts,
}

impl Injected {
    fn ended(end: Instant, sign: Sign) -> Self {
        Self { end, sign, note: String::new(), harm: Vec::new() }
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
    pub async fn bring_about(
        self,
        world: &mut World,
        times: Times,
    ) -> anyhow::Result<Result<Injected, String>> {
        // A process that was killed is seen to be gone before it is started again.
        const GONE: Sign = Sign::Seen(true);
        let Times { away, frozen, .. } = times;
        Ok(Ok(match self {
            Self::KillGateway => kill(world, &["gateway-1"], GONE, away).await?,
            Self::KillIdentity => kill(world, &["identity-1"], GONE, away).await?,
            Self::KillSpaces => kill(world, &["spaces-1"], GONE, away).await?,
            Self::KillProposals => kill(world, &["proposals-1"], GONE, away).await?,
            Self::KillBudgets => kill(world, &["budgets-1"], GONE, away).await?,
            Self::KillPortal => pages::kill(world, away).await?,
            Self::KillVoting => kill(world, &["voting-1"], GONE, away).await?,
            Self::KillAllVoting => {
                kill(world, &["voting-1", "voting-2", "voting-3"], Sign::LateCasts, away).await?
            }
            Self::KillPostgres => {
                let server = &world.installation.postgres;
                server.kill();
                sleep(away).await;
                let end = Instant::now();
                server.restart()?;
                Injected { note: up(end), ..Injected::ended(end, Sign::LateCasts) }
            }
            Self::KillRabbitmq => {
                let server = &world.installation.rabbit;
                server.kill();
                sleep(away).await;
                let started = Instant::now();
                server.restart()?;
                // Erlang alone takes most of ten seconds to start; that is part of the fault and not of what comes after it.
                Injected { note: up(started), ..Injected::ended(Instant::now(), GONE) }
            }
            Self::KillRedis => {
                let server = &world.installation.redis;
                server.kill();
                sleep(away).await;
                let end = Instant::now();
                server.restart()?;
                Injected::ended(end, GONE)
            }
            Self::FrozenPostgres => {
                let server = &world.installation.postgres;
                server.freeze();
                sleep(frozen).await;
                server.thaw();
                Injected::ended(Instant::now(), Sign::LateCasts)
            }
            Self::FullDisk => return full_disk(world, times.full).await,
            Self::CutAnswers => cut_answers(world).await,
            Self::ClockAhead => return clock_jumps(world, "+2d", times).await,
            Self::ClockBehind => return clock_jumps(world, "-2d", times).await,
            Self::LostReplica => {
                world.installation.kill(LOST)?;
                Injected::ended(Instant::now(), GONE)
            }
            Self::HostileHeaders => hostile::attack(world, Attack::Headers, times.hostile).await?,
            Self::HostileViolations => hostile::attack(world, Attack::Violations, times.hostile).await?,
            Self::HostileBodies => hostile::attack(world, Attack::Bodies, times.hostile).await?,
        }))
    }

    /// Mends what does not mend itself, once it is known that all goes well without it.
    ///
    /// # Errors
    /// When a service cannot be started again.
    pub async fn mend(self, world: &mut World) -> anyhow::Result<()> {
        match self {
            Self::LostReplica => {
                world.installation.start_again(LOST, &[])?;
                world.installation.process_ready(LOST).await
            }
            Self::ClockAhead | Self::ClockBehind => {
                // Without the library that made it wrong.
                world.installation.kill_and_restart(JUMPING)?;
                world.installation.process_ready(JUMPING).await
            }
            _ => Ok(()),
        }
    }
}

/// How long a server took to start.
fn up(started: Instant) -> String {
    format!("up after {:.1} s", started.elapsed().as_secs_f64())
}

/// kill -9, and after a while the same processes again.
async fn kill(world: &mut World, names: &[&str], sign: Sign, away: Duration) -> anyhow::Result<Injected> {
    for name in names {
        world.installation.kill(name)?;
    }
    sleep(away).await;
    let end = Instant::now();
    for name in names {
        world.installation.start_again(name, &[])?;
    }
    Ok(Injected::ended(end, sign))
}

/// Answers are lost while casts are committed, then all connections are cut.
async fn cut_answers(world: &World) -> Injected {
    let switches = world.installation.switches("voting");
    switches.iter().for_each(comitia_testkit::TcpSwitch::lose_answers);
    sleep(UNANSWERED).await;
    switches.iter().for_each(comitia_testkit::TcpSwitch::cut);
    Injected::ended(Instant::now(), Sign::LateCasts)
}

/// PostgreSQL's disk is full for a while. A server that gives up for want of space is started again, as whoever watches over
/// it would do, until there is space.
async fn full_disk(world: &World, full: Duration) -> anyhow::Result<Result<Injected, String>> {
    let disk = match &world.disk {
        Ok(disk) => disk,
        Err(why) => return Ok(Err(why.clone())),
    };
    let server = &world.installation.postgres;
    let (began, mut given_up) = (Instant::now(), 0);
    while began.elapsed() < full {
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
    Ok(Ok(Injected { note, ..Injected::ended(end, Sign::LateCasts) }))
}

/// One voting replica's clock jumps while it runs, and jumps back. libfaketime stands between the process and the clock.
async fn clock_jumps(
    world: &mut World,
    offset: &str,
    times: Times,
) -> anyhow::Result<Result<Injected, String>> {
    let Some(library) = faketime() else {
        return Ok(Err("libfaketime is missing: scripts/install faults installs it".to_owned()));
    };
    let clock = world.clock_file();
    set_clock(&clock, "+0")?;
    let environment = [
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", clock.display().to_string()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    world.installation.kill(JUMPING)?;
    world.installation.start_again(JUMPING, &environment)?;
    world.installation.process_ready(JUMPING).await?;
    sleep(times.away).await;
    let said_before = world.installation.log(JUMPING).matches(WRONG_CLOCK).count();
    set_clock(&clock, offset)?;
    sleep(times.wrong_clock).await;
    set_clock(&clock, "+0")?;
    let end = Instant::now();
    let seen = world.installation.log(JUMPING).matches(WRONG_CLOCK).count() > said_before;
    Ok(Ok(Injected::ended(end, Sign::Seen(seen))))
}

/// Sets a clock of libfaketime, which may look at any moment and must not find half a file.
fn set_clock(file: &Path, offset: &str) -> anyhow::Result<()> {
    let next = file.with_extension("next");
    std::fs::write(&next, offset)?;
    Ok(std::fs::rename(next, file)?)
}

/// Where Debian has libfaketime.
fn faketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?;
    let libraries = folders.flatten().map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    libraries.into_iter().find(|library| library.is_file())
}
