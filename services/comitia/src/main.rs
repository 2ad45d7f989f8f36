//! The one binary of Comitia.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use comitia_cli::commands;

/// Participatory budgeting and voting that loses nothing and that anyone can check
///
/// Comitia runs a city's participatory budget: proposals, budgets and projects, electoral rolls with letters, a vote online
/// and on paper, and a result that everybody can count again. This one program is every service (`serve`), all of them on a
/// laptop (`dev`), and the tools round them. Begin with `comitia demo`; each command's --help is enough to use it.
#[derive(Parser)]
#[command(name = "comitia", version, about, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(commands::serve::Serve),
    Migrate(commands::migrate::Migrate),
    Dev(commands::dev::Dev),
    Demo(commands::demo::Demo),
    DemoPetition(commands::demo_petition::DemoPetition),
    Replay(commands::replay::Replay),
    Tally(commands::tally::Tally),
    Verify(commands::verify::Verify),
    Doctor(commands::doctor::Doctor),
    Config(commands::config::Config),
    Privacy(commands::privacy::Privacy),
    DeadLetters(commands::dead_letters::DeadLetters),
    /// Print the OpenAPI document of the HTTP API
    Openapi,
}

fn main() -> ExitCode {
    // The one TLS provider of the process; installing it twice is harmless.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // A core dump would hold keys, sessions and ballots.
    if let Err(error) = comitia_cli::process::forbid_core_dumps() {
        eprintln!("comitia: core dumps could not be turned off: {error}");
    }
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Serve(command) => run(command.run()),
        Command::Migrate(command) => run(command.run()),
        Command::Dev(command) => run(command.run()),
        Command::Demo(command) => run(command.run()),
        Command::DemoPetition(command) => run(command.run()),
        Command::Replay(command) => run(command.run()),
        Command::Tally(command) => command.run(),
        Command::Verify(command) => run(command.run()),
        Command::Doctor(command) => run(command.run()),
        Command::Config(command) => command.run(),
        Command::Privacy(command) => command.run(),
        Command::DeadLetters(command) => run(command.run()),
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
