//! The benchmark and the load scenarios; README.md says how to run them and how to read what they print.

mod bench;
mod casts;
mod city;
mod faults;
mod figures;
mod installation;
mod load;
mod pgbench;
mod processes;
mod quota;
mod report;
mod rolling;
mod scenario;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures Comitia under load.
#[derive(Parser)]
#[command(name = "comitia-loadtests", version, about, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bench(bench::Bench),
    Faults(faults::Faults),
    Rolling(rolling::Rolling),
    Scenario(scenario::Run),
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    let runtime = match &command {
        // Starting a server again must not keep the voters waiting.
        Command::Faults(_) | Command::Rolling(_) => {
            tokio::runtime::Builder::new_multi_thread().enable_all().build()
        }
        // One thread: the rest of the machine is for what is measured.
        _ => tokio::runtime::Builder::new_current_thread().enable_all().build(),
    };
    let result = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        runtime.block_on(async {
            match command {
                Command::Bench(bench) => bench.run().await,
                Command::Faults(faults) => faults.run().await,
                Command::Rolling(rolling) => rolling.run().await,
                Command::Scenario(run) => run.run().await,
            }
        })
    });
    result.unwrap_or_else(|error| {
        eprintln!("comitia-loadtests: {error:#}");
        ExitCode::FAILURE
    })
}
