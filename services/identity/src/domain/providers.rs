//! OpenID providers as they are configured, and what of their answers counts in a poll.

use std::time::Duration;

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use comitia_openid::jwe::DecryptionKey;
use comitia_openid::{Attempt, Authentication, Settings, SettingsError};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::eligibility::{Basis, Poll, age};

/// Nobody younger has an account.
pub const ACCOUNT_AGE: i32 = 15;

/// A provider of the configuration, by its id.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// Its name, for people.
    pub display_name: String,
    /// The issuer, exactly as the provider writes it.
    pub issuer: String,
    /// What this installation is registered as.
    pub client_id: String,
    /// The client's secret (`client_secret_post`).
    #[serde(default)]
    pub client_secret: Option<SecretString>,
    /// The client's key in place of a secret (`private_key_jwt`): PEM, PKCS #8, of P-256 or RSA.
    #[serde(default)]
    pub client_key: Option<SecretString>,
    /// The id of that key, as the provider knows it.
    #[serde(default)]
    pub client_key_id: Option<String>,
    /// Where the browser comes back to, exactly as registered.
    pub redirect_uri: String,
    /// Where the browser comes back to after it signed out at the provider.
    #[serde(default)]
    pub post_logout_redirect_uri: Option<String>,
    /// Whether anything is asked for beside the provider's name for the person.
    #[serde(default)]
    pub profile: Profile,
    /// Whether it is for the accounts of participants, and so for no poll.
    #[serde(default)]
    pub accounts: bool,
    /// Where the provider explains itself to people.
    #[serde(default)]
    pub about_url: Option<String>,
    /// The scope that the birth date is asked for with, in the identified profile.
    #[serde(default = "default_birth_date_scope")]
    pub birth_date_scope: String,
    /// The values of `acr`, the lowest first; empty where the provider has none.
    #[serde(default, deserialize_with = "comitia_platform::config::list")]
    pub levels: Vec<String>,
    /// The lowest of them that will do in any poll; needed with `levels`.
    #[serde(default)]
    pub minimum_level: Option<String>,
    /// Everybody whom this provider vouches for is at least this old: no birth date is asked for up to this age.
    #[serde(default)]
    pub minimum_age: i32,
    /// Whether requests carry PKCE. FranceConnect v2 refuses it.
    #[serde(default = "default_pkce")]
    pub pkce: bool,
    /// Whether userinfo may come unsigned, over TLS alone.
    #[serde(default)]
    pub plain_userinfo: bool,
    /// Opens tokens, which must then be encrypted: PEM, PKCS #8, of P-256 or RSA.
    #[serde(default)]
    pub decryption_key: Option<SecretString>,
    /// How long one call to the provider may take, milliseconds.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u32,
    /// The organizations that it is for; all when empty.
    #[serde(default, deserialize_with = "comitia_platform::config::list")]
    pub organizations: Vec<Uuid>,
}

/// What a provider is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Its name for the person, and nothing else: the scope is exactly `openid`.
    #[default]
    Anonymous,
    /// The birth date as well, for accounts and in polls that have a minimum age.
    Identified,
}

fn default_birth_date_scope() -> String {
    "birthdate".to_owned()
}

const fn default_pkce() -> bool {
    true
}

const fn default_timeout_ms() -> u32 {
    3_000
}

impl ProviderConfig {
    /// The settings of the client for this provider.
    ///
    /// # Errors
    /// When a setting cannot be used, or does not go with another.
    pub fn settings(&self, id: &str) -> Result<Settings, SettingsError> {
        let rest = id.strip_prefix(|first: char| first.is_ascii_lowercase());
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !rest.is_some_and(|rest| rest.len() < 40 && rest.chars().all(fits)) {
            return Err(SettingsError("(its id)", "must be a letter, then letters, digits and _, all small"));
        }
        if self.display_name.trim().is_empty() {
            return Err(SettingsError("display_name", "must not be empty"));
        }
        if self.minimum_level.as_ref().map_or(!self.levels.is_empty(), |level| !self.levels.contains(level)) {
            return Err(SettingsError("minimum_level", "must be one of levels, and be there with them"));
        }
        if self.accounts && self.profile == Profile::Anonymous && self.minimum_age < ACCOUNT_AGE {
            return Err(SettingsError(
                "profile",
                "must be identified with accounts, or minimum_age 15 or more: nobody younger has an account",
            ));
        }
        let about = self.about_url.as_deref();
        if about.is_some_and(|url| comitia_openid::settings::address(url).is_none()) {
            return Err(SettingsError("about_url", "must be an https address"));
        }
        let authentication = match (&self.client_secret, &self.client_key) {
            (Some(secret), None) => Authentication::SecretPost(secret.clone()),
            (None, Some(key)) => {
                Authentication::private_key(self.client_key_id.clone(), key.expose_secret().as_bytes())?
            }
            _ => {
                return Err(SettingsError(
                    "client_secret",
                    "must be there, or else client_key, and not both",
                ));
            }
        };
        let decryption = self.decryption_key.as_ref();
        let settings = Settings {
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            authentication,
            redirect_uri: self.redirect_uri.clone(),
            post_logout_redirect_uri: self.post_logout_redirect_uri.clone(),
            pkce: self.pkce,
            levels: self.levels.clone(),
            plain_userinfo: self.plain_userinfo,
            decryption: decryption
                .map(|key| DecryptionKey::from_pem(key.expose_secret().as_bytes()))
                .transpose()?,
            timeout: Duration::from_millis(self.timeout_ms.into()),
        };
        settings.check()?;
        Ok(settings)
    }

    /// Whether it is for this organization.
    #[must_use]
    pub fn is_for(&self, organization: Uuid) -> bool {
        self.organizations.is_empty() || self.organizations.contains(&organization)
    }

    /// Whether it is asked when people were born who want an account; else it vouches for people who are old enough.
    #[must_use]
    pub const fn asks_age_of_account(&self) -> bool {
        self.minimum_age < ACCOUNT_AGE
    }

    /// Whether it may vouch for people in this poll, and the level that they need; nothing when it may not.
    #[must_use]
    pub fn level_for(&self, id: &str, poll: &Poll) -> Option<Option<String>> {
        let Basis::Providers { providers, level } = &poll.basis else { return None };
        if self.accounts || !self.is_for(poll.organization_id) || !providers.iter().any(|known| known == id) {
            return None;
        }
        let rank = |level: &String| self.levels.iter().position(|known| known == level);
        if level.is_empty() {
            return Some(self.minimum_level.clone());
        }
        let wanted = rank(level)?;
        let higher = self.minimum_level.as_ref().filter(|least| rank(least) > Some(wanted));
        Some(Some(higher.unwrap_or(level).clone()))
    }

    /// Whether the birth date has to be asked for.
    #[must_use]
    pub fn asks_birth_date(&self, poll: &Poll) -> bool {
        poll.minimum_age > self.minimum_age
    }

    /// Whether it says enough for this poll: in the anonymous profile there is no birth date.
    #[must_use]
    pub fn says_enough(&self, poll: &Poll) -> bool {
        self.profile == Profile::Identified || !self.asks_birth_date(poll)
    }
}

/// A sign-in under way, as the browser keeps it sealed.
#[derive(Serialize, Deserialize)]
pub struct Pending {
    /// The organization.
    pub organization: Uuid,
    /// The poll that the permit will be for.
    pub poll: Uuid,
    /// The provider.
    pub provider: String,
    /// What the provider's answer is held against.
    pub attempt: Attempt,
}

/// A sign-in to an account under way, as the browser keeps it sealed.
#[derive(Serialize, Deserialize)]
pub struct PendingAccount {
    /// The organization.
    pub organization: Uuid,
    /// The provider.
    pub provider: String,
    /// The account that the provider will be linked to; none to sign in.
    pub link_to: Option<Uuid>,
    /// What the provider's answer is held against.
    pub attempt: Attempt,
}

/// Somebody whom a provider has vouched for and who has no account yet, as the browser keeps it sealed.
#[derive(Serialize, Deserialize)]
pub struct Identity {
    /// The organization.
    pub organization: Uuid,
    /// The provider.
    pub provider: String,
    /// The keyed hash of the provider's name for the person.
    pub lookup: Vec<u8>,
    /// Until when it is good.
    pub expires: DateTime<Utc>,
}

/// Whether somebody who was born on this day is old enough for an account on that day.
#[must_use]
pub fn is_old_enough_for_account(birth_date: NaiveDate, today: NaiveDate) -> bool {
    age(birth_date, today) >= ACCOUNT_AGE
}

/// What the nullifier of a person is made of, under the poll's key: the provider, and its name for the person.
#[must_use]
pub fn subject(provider: &str, sub: &str) -> Vec<u8> {
    tagged("provider", &[provider.as_bytes(), sub.as_bytes()])
}

/// What the nullifier of a browser session is made of.
#[must_use]
pub fn browser_subject(secret: &str) -> Vec<u8> {
    tagged("browser", &[secret.as_bytes()])
}

/// Lengths keep the parts apart; the tag keeps them apart from the 32 bytes that stand for members and participants.
fn tagged(tag: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("comitia {tag} subject").into_bytes();
    for part in parts {
        bytes.extend((part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// A birth date as OpenID writes it. Where day or month are not known (written 00), the person is taken to be as young as they
/// may be.
#[must_use]
pub fn birth_date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let year = i32::try_from(year).ok().filter(|_| parts.next().is_none() && year > 0)?;
    match (month, day) {
        (0, 0) => NaiveDate::from_ymd_opt(year, 12, 31),
        (month, 0) => {
            let first = NaiveDate::from_ymd_opt(year, month, 1)?;
            first.checked_add_months(Months::new(1))?.pred_opt().filter(|last| last.month() == month)
        }
        (month, day) => NaiveDate::from_ymd_opt(year, month, day),
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::json;

    use super::*;

    fn config(changes: serde_json::Value) -> ProviderConfig {
        let mut config = json!({
            "display_name": "FranceConnect", "issuer": "https://a.example/api/v2", "client_id": "us",
            "client_secret": "a secret", "redirect_uri": "https://vote.example/back",
            "levels": ["eidas1", "eidas2", "eidas3"], "minimum_level": "eidas1",
        });
        config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_value(config).unwrap()
    }

    fn poll(providers: &[&str], level: &str, minimum_age: i32) -> Poll {
        let providers = providers.iter().map(|&id| id.to_owned()).collect();
        Poll {
            poll_id: Uuid::nil(),
            organization_id: Uuid::from_u128(1),
            basis: Basis::Providers { providers, level: level.to_owned() },
            districts: Vec::new(),
            minimum_age,
            time_zone: Tz::UTC,
            open_time: chrono::DateTime::UNIX_EPOCH,
            close_time: chrono::DateTime::UNIX_EPOCH,
            paper_close_time: chrono::DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_configuration_that_cannot_be_used_names_the_setting() {
        assert!(config(json!({})).settings("fc").is_ok());
        assert_eq!(config(json!({})).settings("FC").err().map(|error| error.0), Some("(its id)"));
        for (changes, named) in [
            (json!({ "client_secret": null }), "client_secret"),
            (json!({ "client_key": "x" }), "client_secret"),
            (json!({ "client_secret": null, "client_key": "x" }), "client_key"),
            (json!({ "minimum_level": "eidas4" }), "minimum_level"),
            (json!({ "minimum_level": null }), "minimum_level"),
            (json!({ "issuer": "http://a.example" }), "issuer"),
            (json!({ "decryption_key": "x" }), "decryption_key"),
            (json!({ "display_name": " " }), "display_name"),
        ] {
            let refused = config(changes).settings("fc").err();
            assert_eq!(refused.map(|error| error.0), Some(named));
        }
    }

    #[test]
    fn the_higher_of_two_levels_is_asked_for() {
        let level = |changes, poll: &Poll| config(changes).level_for("fc", poll);
        let some = |level: &str| Some(Some(level.to_owned()));
        assert_eq!(level(json!({}), &poll(&["fc"], "", 0)), some("eidas1"));
        assert_eq!(level(json!({}), &poll(&["fc"], "eidas2", 0)), some("eidas2"));
        assert_eq!(level(json!({ "minimum_level": "eidas3" }), &poll(&["fc"], "eidas2", 0)), some("eidas3"));
        assert_eq!(level(json!({}), &poll(&["fc"], "high", 0)), None, "a level that it does not know");
        assert_eq!(level(json!({}), &poll(&["pc"], "", 0)), None, "a poll for others");
        let elsewhere = json!({ "organizations": [Uuid::from_u128(2)] });
        assert_eq!(level(elsewhere, &poll(&["fc"], "", 0)), None, "another organization's");
        let plain = json!({ "levels": [], "minimum_level": null });
        assert_eq!(level(plain, &poll(&["fc"], "", 0)), Some(None), "a provider without levels");
    }

    #[test]
    fn a_birth_date_is_asked_for_only_where_nobody_vouches_for_the_age() {
        let adults = config(json!({ "minimum_age": 18 }));
        assert!(
            !adults.asks_birth_date(&poll(&["fc"], "", 18)) && adults.says_enough(&poll(&["fc"], "", 18))
        );
        assert!(
            adults.asks_birth_date(&poll(&["fc"], "", 21)) && !adults.says_enough(&poll(&["fc"], "", 21))
        );
        assert!(!config(json!({})).asks_birth_date(&poll(&["fc"], "", 0)));
        assert!(config(json!({ "profile": "identified" })).says_enough(&poll(&["fc"], "", 21)));
    }

    #[test]
    fn a_provider_of_accounts_vouches_in_no_poll() {
        let accounts = config(json!({ "accounts": true, "profile": "identified" }));
        assert!(accounts.settings("fc").is_ok() && accounts.asks_age_of_account());
        assert_eq!(accounts.level_for("fc", &poll(&["fc"], "", 0)), None);
        let adults = config(json!({ "accounts": true, "minimum_age": 18 }));
        assert!(adults.settings("pc").is_ok() && !adults.asks_age_of_account());
        for (changes, named) in [
            (json!({ "accounts": true }), "profile"),
            (json!({ "accounts": true, "minimum_age": 14 }), "profile"),
            (json!({ "about_url": "javascript:alert(1)" }), "about_url"),
        ] {
            assert_eq!(config(changes).settings("fc").err().map(|error| error.0), Some(named));
        }
    }

    #[test]
    fn an_account_is_for_people_of_fifteen() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (born, today, old_enough) in [
            ("2011-06-01", "2026-06-01", true),
            ("2011-06-02", "2026-06-01", false),
            ("2012-02-29", "2027-02-28", false),
            ("2012-02-29", "2027-03-01", true),
            ("1985-12-10", "2026-06-01", true),
            ("2030-01-01", "2026-06-01", false),
        ] {
            assert_eq!(is_old_enough_for_account(day(born), day(today)), old_enough, "{born} {today}");
        }
    }

    #[test]
    fn subjects_are_kept_apart() {
        assert_ne!(subject("ab", "c"), subject("a", "bc"));
        assert_ne!(subject("a", "b"), subject("b", "b"));
        assert_ne!(browser_subject("a"), subject("a", ""));
        assert!(subject("", "").len() > 32, "never as long as what stands for a member");
    }

    #[test]
    fn a_birth_date_that_is_not_known_exactly() {
        let date = |text: &str| text.parse::<NaiveDate>().ok();
        assert_eq!(birth_date("1985-12-10"), date("1985-12-10"));
        assert_eq!(birth_date("1985-02-00"), date("1985-02-28"));
        assert_eq!(birth_date("1985-12-00"), date("1985-12-31"));
        assert_eq!(birth_date("1985-00-00"), date("1985-12-31"));
        for none in ["", "1985", "0000-01-01", "1985-02-30", "1985-13-00", "1985-01-01-01", "10/12/1985"] {
            assert_eq!(birth_date(none), None, "{none}");
        }
    }
}
