//! The one binary of Comitia.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use comitia_cli::commands;
use comitia_cli::configuration::Source;

/// Participatory budgeting and voting that loses nothing and that anyone can check.
#[derive(Parser)]
#[command(name = "comitia", version, about, max_term_width = 110)]
struct Arguments {
    #[command(flatten)]
    source: Source,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run services until SIGTERM or SIGINT
    Serve(commands::serve::Serve),
    /// Bring the databases up to date; servers refuse to start before
    Migrate(commands::migrate::Migrate),
    /// Run everything in one process with a private PostgreSQL, for development and trials
    Dev(commands::dev::Dev),
    /// Run a whole city's vote, from access codes to the result, and show it
    Demo(commands::demo::Demo),
    /// Replay a real election (.pb file) ballot by ballot through the public API of a running gateway
    Replay(commands::replay::Replay),
    /// Count a .pb file by a published rule, without any server
    Tally(commands::tally::Tally),
    /// Check configuration and every dependency, one line each
    Doctor(commands::doctor::Doctor),
    /// Print the effective configuration, secrets hidden
    Config(commands::config::Config),
    /// List, replay or discard events that consumers gave up on
    DeadLetters(commands::dead_letters::DeadLetters),
    /// Print the OpenAPI document of the HTTP API
    Openapi,
}

fn main() -> ExitCode {
    // The one TLS provider of the process; installing it twice is harmless.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let arguments = Arguments::parse();
    let source = &arguments.source;
    let result = match arguments.command {
        Command::Serve(command) => run(command.run(source)),
        Command::Migrate(command) => run(command.run(source)),
        Command::Dev(command) => run(command.run(source)),
        Command::Demo(command) => run(command.run(source)),
        Command::Replay(command) => run(command.run()),
        Command::Tally(command) => command.run(),
        Command::Doctor(command) => run(command.run(source)),
        Command::Config(command) => command.run(source),
        Command::DeadLetters(command) => run(command.run(source)),
        Command::Openapi => commands::openapi(),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("comitia: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs an async command on a runtime of its own.
fn run(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(command)
}
