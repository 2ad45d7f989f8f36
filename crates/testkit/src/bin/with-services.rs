//! Runs a command with PostgreSQL, RabbitMQ and Redis of its own, whose URLs it finds in `COMITIA_TEST_POSTGRES_URL`,
//! `COMITIA_TEST_AMQP_URL` and `COMITIA_TEST_REDIS_URL`; stops them and gives the command's exit code.
//!
//! `cargo run -q -p comitia-testkit --bin with-services -- cargo nextest run`

use std::os::unix::process::ExitStatusExt;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail};
use comitia_embedded::Signal;
use comitia_testkit::{AMQP_URL, POSTGRES_URL, PostgresServer, REDIS_URL, RabbitMqServer, RedisServer};
use secrecy::ExposeSecret;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let Some(program) = arguments.next() else { bail!("usage: with-services COMMAND [ARGUMENT]...") };
    // Ctrl-C reaches the command too, which is in the same process group: it decides when to end.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;

    let begun = Instant::now();
    let start =
        async { tokio::try_join!(PostgresServer::start(), RabbitMqServer::start(), RedisServer::start()) };
    let (postgres, broker, redis) = tokio::select! {
        started = start => started?,
        _ = interrupt.recv() => return Ok(ExitCode::from(130)),
        _ = terminate.recv() => return Ok(ExitCode::from(143)),
    };
    eprintln!("with-services: PostgreSQL, RabbitMQ and Redis run ({:.1} s)", begun.elapsed().as_secs_f64());

    let mut command = tokio::process::Command::new(&program);
    command
        .args(arguments)
        .env(POSTGRES_URL, postgres.url().expose_secret())
        .env(AMQP_URL, broker.url())
        .env(REDIS_URL, redis.url());
    let mut child = command.spawn().with_context(|| format!("starting {}", program.display()))?;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {
                if let Some(pid) = child.id() {
                    comitia_embedded::send_signal(pid, Signal::TERM);
                }
            }
        }
    };
    // Their folders go with them, so killing them is all there is to stop.
    tokio::task::spawn_blocking(move || drop((postgres, broker, redis))).await?;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
