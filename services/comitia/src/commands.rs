//! The subcommands, one file each.

pub mod config;
pub mod dead_letters;
pub mod demo;
pub mod dev;
pub mod doctor;
pub mod migrate;
pub mod replay;
pub mod serve;
pub mod tally;

use std::process::ExitCode;

/// Prints the OpenAPI document.
///
/// # Errors
/// When it cannot be written.
pub fn openapi() -> anyhow::Result<ExitCode> {
    println!("{}", serde_json::to_string_pretty(&comitia_gateway::openapi()?)?);
    Ok(ExitCode::SUCCESS)
}

/// The exit code of a process that ran well, or did not.
const fn exit(well: bool) -> ExitCode {
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
