//! `comitia privacy`: the record of processing, from the configuration in force.

mod print;
mod record;

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use self::record::Record;
use crate::commands::tally::print;
use crate::configuration::{Configuration, Source};
use crate::privacy;

/// Print the record of processing of personal data (GDPR, article 30)
///
/// Says for each kind of personal data that is kept: whose, which, what for, on what ground, how long, who gets to see it, and how it
/// is protected. Periods, recipients and measures are those of the configuration in force; the tables are those of the database.
///
/// The grounds are those that Comitia was made for. Whoever is responsible confirms them, adds what is processed elsewhere, and keeps
/// the record. No secret of the configuration is printed.
///
/// Where each service has a configuration of its own, each prints its part, and the record says which services are missing in it.
#[derive(Args)]
pub struct Privacy {
    /// Who is responsible, such as `City of Łódź`; to be filled in without it
    #[arg(long, value_name = "NAME")]
    controller: Option<String>,
    /// How to reach who is responsible and the data protection officer; to be filled in without it
    #[arg(long, value_name = "TEXT")]
    contact: Option<String>,
    /// The language of the record
    #[arg(long, value_enum, default_value_t = Language::En)]
    language: Language,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    /// English
    En,
    /// French
    Fr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// A document to publish or to keep
    Markdown,
    /// One JSON object
    Json,
}

impl Privacy {
    /// Prints the record.
    ///
    /// # Errors
    /// When the configuration cannot be used.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let configuration = Configuration::load(&self.source)?;
        let language = match self.language {
            Language::En => privacy::Language::English,
            Language::Fr => privacy::Language::French,
        };
        let mut record = Record::of(&configuration, language);
        record.controller = self.controller;
        record.contact = self.contact;
        let text = match self.format {
            Format::Text => print::text(&record),
            Format::Markdown => print::markdown(&record),
            Format::Json => format!("{:#}\n", print::json(&record)),
        };
        print(text.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
