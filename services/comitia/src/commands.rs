//! The subcommands, one file each.

pub mod config;
pub mod dead_letters;
pub mod demo;
pub mod demo_petition;
pub mod dev;
pub mod doctor;
pub mod migrate;
pub mod privacy;
pub mod replay;
pub mod serve;
pub mod tally;
pub mod verify;

use std::num::NonZero;
use std::process::ExitCode;

use uuid::Uuid;

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

// What the parsers of the standard library say of an option is for programmers.

/// A whole number.
fn whole<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let number: u64 = text.parse().map_err(|_| "must be a whole number, such as 120".to_owned())?;
    T::try_from(number).map_err(|_| "is too large".to_owned())
}

/// A whole number above 0.
fn above_zero(text: &str) -> Result<NonZero<usize>, String> {
    whole(text).ok().and_then(NonZero::new).ok_or_else(|| "must be a whole number above 0".to_owned())
}

/// A port of this machine.
fn port(text: &str) -> Result<u16, String> {
    whole(text).map_err(|_| "must be the number of a port: 0 to 65535".to_owned())
}

/// The id of an event.
fn event(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| "must be the id of an event, as `dead-letters list` shows it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_or_named_in_plain_words() {
        assert_eq!(whole::<u32>("120"), Ok(120));
        for text in ["", "-1", "1e3", "1.5", "many"] {
            assert_eq!(whole::<u32>(text).unwrap_err(), "must be a whole number, such as 120");
        }
        assert_eq!(whole::<u32>("4294967296").unwrap_err(), "is too large");
        assert_eq!(above_zero("0").unwrap_err(), "must be a whole number above 0");
        assert_eq!(above_zero("7").map(NonZero::get), Ok(7));
        assert_eq!((port("0"), port("65535")), (Ok(0), Ok(65_535)));
        for text in ["65536", "http"] {
            assert_eq!(port(text).unwrap_err(), "must be the number of a port: 0 to 65535");
        }
        assert!(event("x").unwrap_err().contains("dead-letters list"));
    }
}
