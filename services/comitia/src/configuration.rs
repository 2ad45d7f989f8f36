//! The configuration of the whole binary: `common` and a section for each service. A process needs the sections of
//! the services that it runs, and no others.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use comitia_platform::runtime::CommonConfig;
use serde::Deserialize;

/// Where the configuration comes from.
#[derive(Args, Clone, Debug, Default)]
pub struct Source {
    /// Configuration file (YAML); `COMITIA__SECTION__KEY` variables win over it (lists: `a,b` or JSON)
    #[arg(long = "config", global = true, value_name = "FILE", env = "COMITIA_CONFIG")]
    pub file: Option<PathBuf>,
    /// Single values.
    #[command(flatten)]
    pub overrides: Overrides,
}

/// Single values of the configuration.
#[derive(Args, Clone, Debug, Default)]
pub struct Overrides {
    /// One value, such as `voting.server.listen=0.0.0.0:7005`; wins over file and environment
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    pub values: Vec<(String, String)>,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// The configuration of the whole binary.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// What all services of a process share.
    pub common: CommonConfig,
    /// The gateway.
    pub gateway: Option<comitia_gateway::Config>,
    /// identity.
    pub identity: Option<comitia_identity::Config>,
    /// spaces.
    pub spaces: Option<comitia_spaces::Config>,
    /// proposals.
    pub proposals: Option<comitia_proposals::Config>,
    /// budgets.
    pub budgets: Option<comitia_budgets::Config>,
    /// voting.
    pub voting: Option<comitia_voting::Config>,
    /// The portal.
    pub portal: Option<comitia_portal::Config>,
}

impl Configuration {
    /// Reads the configuration.
    ///
    /// # Errors
    /// When a key is unknown, missing or of the wrong kind; the text names it.
    pub fn load(source: &Source) -> anyhow::Result<Self> {
        let loaded = comitia_platform::config::load(source.file.as_deref(), &source.overrides.values);
        loaded.with_context(|| match &source.file {
            Some(file) => format!("cannot use {} with the COMITIA__ variables", file.display()),
            None => "no --config file is given, and the COMITIA__ variables are not enough \
                     (`comitia dev` and `comitia demo` need no configuration, and have none that other commands could use)"
                .to_owned(),
        })
    }
}

/// The section of a service that is to run here.
///
/// # Errors
/// When the section is missing.
pub fn section<T: Clone>(section: Option<&T>, name: &str) -> anyhow::Result<T> {
    section.cloned().with_context(|| format!("configuration: the section `{name}` is missing"))
}
