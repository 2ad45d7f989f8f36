//! What the configuration says of personal data: the values that texts of the record name in braces.

use std::time::Duration;

use chrono::TimeDelta;
use comitia_identity::app::{attempts, participants, providers, retention, revocations};
use comitia_identity::domain::providers::Profile;
use comitia_voting::app::paper;
use comitia_voting::domain::small_cells;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::{Language, Words, words};
use crate::configuration::Configuration;

/// A value that a text names.
#[derive(Clone, Debug)]
pub enum Value {
    /// A time.
    Time(TimeDelta),
    /// A number.
    Number(i64),
    /// Names; none when nothing is configured.
    Names(Vec<String>),
    /// What stands in the place of a name.
    Said(Words),
    /// The configuration has no section that says it.
    Unknown,
}

/// A value with its name.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What the text calls it. With a dot in it, it is a key of the configuration.
    pub name: &'static str,
    /// What it is.
    pub value: Value,
}

impl Value {
    /// How it is written.
    #[must_use]
    pub fn shown(&self, name: &str, language: Language) -> String {
        match self {
            Self::Time(time) => shown_time(*time, language),
            Self::Number(number) => number.to_string(),
            Self::Names(names) if names.is_empty() => NONE.in_language(language).to_owned(),
            Self::Names(names) => names.join(", "),
            Self::Said(words) => words.in_language(language).to_owned(),
            Self::Unknown => format!("[{name}{}]", ELSEWHERE.in_language(language)),
        }
    }
}

const NONE: Words = words("aucun", "none");
const ELSEWHERE: Words = words(" : dans une autre configuration", ": in another configuration");
const LOCAL_FOLDER: Words = words("un dossier de l’installation", "a folder of the installation");
const IN_PROCESS: Words = words("dans la mémoire du service", "in the service’s memory");

/// A time in the largest unit that makes it a whole number.
fn shown_time(time: TimeDelta, language: Language) -> String {
    let seconds = time.num_seconds();
    let units = [
        (86_400, words("jour", "day")),
        (3_600, words("heure", "hour")),
        (60, words("minute", "minute")),
        (1, words("seconde", "second")),
    ];
    let fits = units.into_iter().find(|(unit, _)| seconds >= *unit && seconds % unit == 0);
    let (unit, name) = fits.unwrap_or((1, words("seconde", "second")));
    let count = seconds / unit;
    let one = if language == Language::French { count < 2 } else { count == 1 };
    let space = if language == Language::French { '\u{a0}' } else { ' ' };
    format!("{count}{space}{}{}", name.in_language(language), if one { "" } else { "s" })
}

/// The names that a text has in braces, in their order.
fn names(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// A text with the values of the configuration in it.
#[must_use]
pub fn filled(text: Words, language: Language, configuration: &Configuration) -> String {
    let text = text.in_language(language);
    let mut out = text.to_owned();
    for name in names(text) {
        let shown = value(name, configuration).shown(name, language);
        out = out.replacen(&format!("{{{name}}}"), &shown, 1);
    }
    out
}

/// The values that a text names.
#[must_use]
pub fn settings_of(text: Words, configuration: &Configuration) -> Vec<Setting> {
    names(text.en).map(|name| Setting { name, value: value(name, configuration) }).collect()
}

/// A value by its name.
fn value(name: &str, configuration: &Configuration) -> Value {
    fixed(name).or_else(|| configured(name, configuration)).unwrap_or(Value::Unknown)
}

/// What the program fixes and no configuration changes.
fn fixed(name: &str) -> Option<Value> {
    let time = |time: Duration| TimeDelta::from_std(time).ok().map(Value::Time);
    match name {
        "ended sessions" => Some(Value::Time(retention::ENDED_SESSIONS)),
        "unnamed accounts" => Some(Value::Time(participants::UNNAMED)),
        "decided cases" => Some(Value::Time(participants::residents::RESOLVED)),
        "one-time codes" => Some(Value::Time(comitia_identity::EMAIL_CODE)),
        "provider registrations" => Some(Value::Time(participants::providers::LONGEST_REGISTRATION)),
        "provider sign-ins" => Some(Value::Time(providers::LONGEST_ATTEMPT)),
        "attempts" => time(attempts::ATTEMPTS_WINDOW),
        "paper forms" => Some(Value::Time(paper::FORMS_KEPT)),
        "kept answers" => time(comitia_platform::retention::ANSWERS),
        "waiting files" => time(comitia_portal::FILES_KEPT_FOR),
        _ => None,
    }
}

fn configured(name: &str, configuration: &Configuration) -> Option<Value> {
    let common = &configuration.common;
    match name {
        "common.bus" => Some(common.bus.url.as_ref().map_or(Value::Said(IN_PROCESS), host)),
        "common.cache" => Some(common.cache.url.as_ref().map_or(Value::Said(IN_PROCESS), host)),
        "spaces.files" => {
            let files = &configuration.spaces.as_ref()?.files;
            Some(match (&files.s3, &files.folder) {
                (Some(s3), _) => {
                    let server = s3.endpoint.clone().unwrap_or_else(|| format!("Amazon S3, {}", s3.region));
                    Value::Names(vec![format!("{server} ({})", s3.bucket)])
                }
                (None, Some(_)) => Value::Said(LOCAL_FOLDER),
                (None, None) => Value::Names(Vec::new()),
            })
        }
        "spaces.files.scanner" => {
            let scanner = &configuration.spaces.as_ref()?.files.scanner;
            Some(Value::Names(scanner.iter().map(|scanner| scanner.address.clone()).collect()))
        }
        "portal.tiles" => {
            let tiles = Url::parse(&configuration.portal.as_ref()?.tiles.url).ok();
            let host = tiles.and_then(|url| url.host_str().map(str::to_owned));
            Some(Value::Names(host.into_iter().collect()))
        }
        "gateway.rate_limits" => {
            let limits = &configuration.gateway.as_ref()?.rate_limits;
            let all = [limits.sign_in, limits.vote, limits.read, limits.write];
            let longest = all.iter().map(|limit| limit.per_seconds).max().unwrap_or_default();
            TimeDelta::try_seconds(i64::try_from(longest).ok()?).map(Value::Time)
        }
        "voting.smallest_group" => {
            let smallest = configuration.voting.as_ref()?.smallest_group;
            Some(Value::Number(i64::from(smallest).max(small_cells::LEAST)))
        }
        _ => of_identity(name, configuration),
    }
}

fn of_identity(name: &str, configuration: &Configuration) -> Option<Value> {
    let seconds = |seconds: u32| Value::Time(TimeDelta::seconds(i64::from(seconds)));
    let identity = configuration.identity.as_ref()?;
    match name {
        "revocations" => {
            let access_token = TimeDelta::seconds(i64::from(identity.access_token_seconds));
            Some(Value::Time(revocations::kept_with(access_token)))
        }
        "identity.poll_key_retention_days" => {
            Some(Value::Time(TimeDelta::days(i64::from(identity.poll_key_retention_days))))
        }
        "identity.participant_session_seconds" => Some(seconds(identity.participant_session_seconds)),
        "identity.staff_session_seconds" => Some(seconds(identity.staff_session_seconds)),
        "identity.permit_seconds" => Some(seconds(identity.permit_seconds)),
        "identity.mail" => Some(identity.mail.smtp_url.as_ref().map_or(Value::Said(LOCAL_FOLDER), host)),
        "identity.providers" => Some(providers_for(identity, false)),
        "identity.account_providers" => Some(providers_for(identity, true)),
        _ => None,
    }
}

/// The providers of polls, or those of accounts, with what they are asked for.
fn providers_for(identity: &comitia_identity::Config, accounts: bool) -> Value {
    let shown =
        identity.providers.values().filter(|provider| provider.accounts == accounts).map(|provider| {
            let asks = match accounts {
                true => provider.asks_age_of_account(),
                false => provider.profile == Profile::Identified,
            };
            let scopes = if asks { "openid, birthdate" } else { "openid" };
            format!("{} ({}; {scopes})", provider.display_name, provider.issuer)
        });
    Value::Names(shown.collect())
}

/// The host of a URL, and nothing else of it: there may be a password.
fn host(url: &SecretString) -> Value {
    let url = Url::parse(url.expose_secret()).ok();
    Value::Names(url.and_then(|url| url.host_str().map(str::to_owned)).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_the_largest_unit() {
        let shown = |seconds, language| shown_time(TimeDelta::seconds(seconds), language);
        assert_eq!(shown(86_400 * 90, Language::French), "90\u{a0}jours");
        assert_eq!(shown(86_400, Language::English), "1 day");
        assert_eq!(shown(7_200, Language::French), "2\u{a0}heures");
        assert_eq!(shown(3_900, Language::English), "65 minutes");
        assert_eq!(shown(0, Language::French), "0\u{a0}seconde");
        assert_eq!(shown(0, Language::English), "0 seconds");
        assert_eq!(shown(61, Language::English), "61 seconds");
    }

    #[test]
    fn a_host_comes_without_its_password() {
        let url = SecretString::from("smtp://somebody:very-secret@mail.example.org:587?tls=required");
        let shown = |url: &SecretString| host(url).shown("identity.mail", Language::English);
        assert_eq!(shown(&url), "mail.example.org");
        assert_eq!(shown(&SecretString::from("amqp://u:p@bus:5672/%2f")), "bus");
        assert_eq!(shown(&SecretString::from("u:very-secret")), "none");
    }
}
