//! What a database server writes into its log. The parameters of our statements are ballots, nullifiers and
//! personal data: a server that prints them would keep who voted and how in files that no retention rule
//! reaches.
//!
//! Three things keep them out. The roles of the services carry settings that forbid it, where the
//! migrations' user may set them ([`set_for_role`]). Tables have row-level security, and PostgreSQL does
//! not describe rows of such tables in its errors. And a server whose settings would print parameters all
//! the same is refused ([`of_session`]).

use std::collections::BTreeMap;
use std::fmt;

use sqlx::postgres::{PgConnection, PgPool};

use super::migrations::role_statement;

/// What the roles of the services are given. The first needs a superuser or `GRANT SET ON PARAMETER`, the
/// second does not.
const ROLE_SETTINGS: [&str; 2] = ["log_parameter_max_length", "log_parameter_max_length_on_error"];

/// The settings that decide. Those of a module are there only where the module is loaded.
const RELEVANT: [&str; 12] = [
    "log_parameter_max_length",
    "log_parameter_max_length_on_error",
    "log_min_duration_statement",
    "log_min_duration_sample",
    "log_statement_sample_rate",
    "log_transaction_sample_rate",
    "log_statement",
    "debug_print_parse",
    "debug_print_rewritten",
    "debug_print_plan",
    "auto_explain.log_min_duration",
    "pgaudit.log_parameter",
];

/// A setting of the server that writes values into its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// The setting that prints.
    pub setting: &'static str,
    /// Its value for our sessions.
    pub value: String,
    /// What prevents it.
    pub remedy: &'static str,
}

impl fmt::Display for Disclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {} (set {})", self.setting, self.value, self.remedy)
    }
}

/// Whether `values`, settings as `pg_settings` shows them to a session, make the server print values.
fn judge(values: &BTreeMap<String, String>) -> Vec<Disclosure> {
    let value = |name: &str| values.get(name).map_or("", String::as_str);
    // Durations are in milliseconds and -1 is off.
    let on = |name: &str| value(name).parse::<i64>().is_ok_and(|number| number >= 0);
    let sampled = |name: &str| value(name).parse::<f64>().is_ok_and(|rate| rate > 0.0);
    let mut found = Vec::new();
    let mut add = |setting: &'static str, remedy: &'static str| {
        found.push(Disclosure { setting, value: value(setting).to_owned(), remedy });
    };
    if value("log_parameter_max_length") != "0" {
        let remedy = "log_parameter_max_length = 0";
        if on("log_min_duration_statement") {
            add("log_min_duration_statement", remedy);
        }
        if on("log_min_duration_sample") && sampled("log_statement_sample_rate") {
            add("log_min_duration_sample", remedy);
        }
        if sampled("log_transaction_sample_rate") {
            add("log_transaction_sample_rate", remedy);
        }
        if matches!(value("log_statement"), "mod" | "all") {
            add("log_statement", remedy);
        }
    }
    if !matches!(value("log_parameter_max_length_on_error"), "0" | "") {
        add("log_parameter_max_length_on_error", "log_parameter_max_length_on_error = 0");
    }
    // A plan has values in its conditions, whatever is said about parameters.
    if on("auto_explain.log_min_duration") {
        add("auto_explain.log_min_duration", "auto_explain.log_min_duration = -1 for this role");
    }
    if value("pgaudit.log_parameter") == "on" {
        add("pgaudit.log_parameter", "pgaudit.log_parameter = off");
    }
    for setting in ["debug_print_parse", "debug_print_rewritten", "debug_print_plan"] {
        if value(setting) == "on" {
            add(setting, "it to off");
        }
    }
    found
}

/// Every setting by which the server would write values of our statements into its log, for a session of
/// this pool's role.
///
/// # Errors
/// When the database cannot be asked.
pub async fn of_session(pool: &PgPool) -> Result<Vec<Disclosure>, sqlx::Error> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT name, setting FROM pg_settings WHERE name = ANY ($1)")
            .bind(RELEVANT.map(str::to_owned).to_vec())
            .fetch_all(pool)
            .await?;
    Ok(judge(&rows.into_iter().collect()))
}

/// Keeps parameters out of the log for every session of `role`, whatever the server's configuration says. Where the
/// migrations' user may not, the server's configuration has to, and [`of_session`] sees whether it does.
pub(super) async fn set_for_role(connection: &mut PgConnection, role: &str) -> Result<(), sqlx::Error> {
    for setting in ROLE_SETTINGS {
        let may: bool = sqlx::query_scalar(
            "SELECT context = 'user' OR has_parameter_privilege(name, 'SET') FROM pg_settings WHERE name = $1",
        )
        .bind(setting)
        .fetch_optional(&mut *connection)
        .await?
        .unwrap_or(false);
        if may {
            role_statement(connection, &format!("ALTER ROLE {role} SET {setting} = 0")).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(changed: &[(&str, &str)]) -> Vec<String> {
        let mut values: BTreeMap<String, String> = [
            ("log_parameter_max_length", "-1"),
            ("log_parameter_max_length_on_error", "0"),
            ("log_min_duration_statement", "-1"),
            ("log_min_duration_sample", "-1"),
            ("log_statement_sample_rate", "1"),
            ("log_transaction_sample_rate", "0"),
            ("log_statement", "none"),
            ("debug_print_plan", "off"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        values.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        judge(&values).into_iter().map(|one| one.setting.to_owned()).collect()
    }

    #[test]
    fn the_defaults_of_postgresql_print_nothing() {
        assert!(settings(&[]).is_empty());
        assert!(settings(&[("log_statement", "ddl")]).is_empty());
    }

    #[test]
    fn each_way_into_the_log_is_named() {
        for (setting, value) in [
            ("log_min_duration_statement", "500"),
            ("log_min_duration_statement", "0"),
            ("log_min_duration_sample", "100"),
            ("log_transaction_sample_rate", "0.1"),
            ("log_statement", "mod"),
            ("log_statement", "all"),
            ("log_parameter_max_length_on_error", "-1"),
            ("log_parameter_max_length_on_error", "64"),
            ("auto_explain.log_min_duration", "1000"),
            ("pgaudit.log_parameter", "on"),
            ("debug_print_plan", "on"),
        ] {
            assert_eq!(settings(&[(setting, value)]), [setting], "{setting} = {value}");
        }
    }

    #[test]
    fn statements_may_be_logged_without_their_parameters() {
        let quiet = ("log_parameter_max_length", "0");
        assert!(settings(&[quiet, ("log_min_duration_statement", "500")]).is_empty());
        assert!(settings(&[quiet, ("log_statement", "all")]).is_empty());
        // A plan shows values all the same.
        assert_eq!(
            settings(&[quiet, ("auto_explain.log_min_duration", "0")]),
            ["auto_explain.log_min_duration"]
        );
    }
}
