//! What the installation keeps of people: the record of processing (GDPR, article 30), made of one table in code.
//!
//! A test compares the table with the catalogue of the database, so that a new table or column with personal data has to be named here.

mod browsers;
mod others;
mod people;
mod settings;
mod votes;

pub use settings::{Setting, Value, filled, settings_of};

use crate::configuration::Configuration;
use crate::process::Service;

/// A text in both languages. A name in braces is a [`Value`] of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// In French.
    pub fr: &'static str,
    /// In English.
    pub en: &'static str,
}

/// A text in both languages.
const fn words(fr: &'static str, en: &'static str) -> Words {
    Words { fr, en }
}

/// A language of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// French.
    French,
    /// English.
    English,
}

impl Words {
    /// The text in one language.
    #[must_use]
    pub const fn in_language(self, language: Language) -> &'static str {
        match language {
            Language::French => self.fr,
            Language::English => self.en,
        }
    }
}

/// Why data may be processed. The software was made for these grounds; whoever is responsible confirms them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// A task in the public interest.
    PublicTask,
    /// The same, with data that may tell a political opinion.
    Opinion,
    /// The legal obligation to keep data secure, and to be able to show it.
    Security,
}

impl Ground {
    /// What the law calls it.
    #[must_use]
    pub const fn words(self) -> Words {
        match self {
            Self::PublicTask => words(
                "mission d’intérêt public (RGPD, art. 6, § 1, e)",
                "task in the public interest (GDPR, article 6(1)(e))",
            ),
            Self::Opinion => words(
                "mission d’intérêt public (RGPD, art. 6, § 1, e) ; peut révéler une opinion politique : motif d’intérêt public important \
                 (art. 9, § 2, g)",
                "task in the public interest (GDPR, article 6(1)(e)); may reveal a political opinion: substantial public interest \
                 (article 9(2)(g))",
            ),
            Self::Security => words(
                "obligation légale d’assurer la sécurité et d’en rendre compte (RGPD, art. 6, § 1, c, avec les art. 5, § 2, et 32)",
                "legal obligation to keep data secure and to account for it (GDPR, article 6(1)(c) with articles 5(2) and 32)",
            ),
        }
    }
}

/// A table with personal data. Every column is in one of the two lists, which are names with spaces between them.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The table with its schema; `*` for that of each service.
    pub name: &'static str,
    /// The columns that say something of a person, also under a pseudonym.
    pub personal: &'static str,
    /// The others.
    pub other: &'static str,
}

const fn table(name: &'static str, personal: &'static str, other: &'static str) -> Table {
    Table { name, personal, other }
}

/// A kind of personal data.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name for programs.
    pub id: &'static str,
    /// Whose configuration says how it is processed; none when every service with a database does.
    pub service: Option<Service>,
    /// What it is called.
    pub title: Words,
    /// Whose data.
    pub people: Words,
    /// Which data.
    pub data: Words,
    /// What for.
    pub purpose: Words,
    /// On what ground.
    pub ground: Ground,
    /// How long.
    pub kept: Words,
    /// Who gets to see it.
    pub recipients: Words,
    /// How it is protected, beside what protects everything.
    pub security: Words,
    /// The tables that it is in; none when it is in no database.
    pub tables: &'static [Table],
}

/// The table.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    [people::KINDS, votes::KINDS, others::KINDS, browsers::KINDS].into_iter().flatten()
}

/// Tables without anything about a person; `*` for the schema of each service.
pub const WITHOUT: &[&str] = &[
    "*.inbox",
    "budgets.budgets",
    "budgets.checklists",
    "budgets.leftovers",
    "budgets.outcomes",
    "budgets.progress_reports",
    "budgets.projects",
    "budgets.results",
    "budgets.schedules",
    "budgets.waiting_results",
    "identity.participation",
    "identity.rolls",
    "identity.sign_in_days",
    "identity.signing_keys",
    "identity.staff_sign_in",
    "identity.account_providers",
    "proposals.projects",
    "spaces.area_outlines",
    "spaces.areas",
    "spaces.components",
    "spaces.file_removals",
    "spaces.host_names",
    "spaces.phase_moves",
    "spaces.phases",
    "spaces.processes",
    "spaces.votes",
    "voting.log_counts",
    "voting.log_hours",
    "voting.log_milestones",
    "voting.log_minutes",
    "voting.logs",
    "voting.turnout",
];

/// What protects everything: a text, and whether the configuration says so.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Its name for programs.
    pub id: &'static str,
    /// What it says where it is in force.
    pub on: Words,
    /// What it says where it is not; none for what is always in force.
    pub off: Option<Words>,
    /// Whether it is in force; unknown when the section that says so is missing.
    pub in_force: fn(&Configuration) -> Option<bool>,
}

/// What protects everything.
pub const MEASURES: &[Measure] = &[
    Measure {
        id: "tenants",
        on: words(
            "Chaque organisation ne voit que ses lignes : la base de données le vérifie elle-même (sécurité au niveau des lignes).",
            "Each organization sees its own rows alone: the database itself checks it (row-level security).",
        ),
        off: None,
        in_force: |_| Some(true),
    },
    Measure {
        id: "services",
        on: words(
            "Chaque service a sa base, son compte et sa clé, et n’appelle que ce qui est prévu pour lui.",
            "Each service has a database, an account and a key of its own, and calls only what it is meant to.",
        ),
        off: None,
        in_force: |_| Some(true),
    },
    Measure {
        id: "logs",
        on: words(
            "Ni donnée personnelle, ni code, ni bulletin, ni pseudonyme dans les journaux techniques, les mesures, les traces et les erreurs.",
            "No personal data, code, ballot or pseudonym in logs, metrics, traces and errors.",
        ),
        off: None,
        in_force: |_| Some(true),
    },
    Measure {
        id: "roles",
        on: words(
            "Les droits des agents dépendent de leur rôle ; ce qu’ils font est inscrit au journal de l’organisation ; les actes les plus \
             graves demandent deux personnes.",
            "What staff may do depends on their roles; what they do is in the organization’s log; the gravest acts take two people.",
        ),
        off: None,
        in_force: |_| Some(true),
    },
    Measure {
        id: "tls",
        on: words(
            "Les services se parlent par TLS (common.tls).",
            "The services speak TLS with each other (common.tls).",
        ),
        off: Some(words(
            "ATTENTION : les services se parlent sans TLS (common.tls est absent) ; le réseau entre eux doit être protégé autrement.",
            "CAUTION: the services speak without TLS (common.tls is absent); the network between them needs other protection.",
        )),
        in_force: |configuration| Some(configuration.common.tls.is_some()),
    },
    Measure {
        id: "cookies",
        on: words(
            "Les cookies ne passent que par des connexions chiffrées (portal.secure_cookies).",
            "Cookies travel over encrypted connections alone (portal.secure_cookies).",
        ),
        off: Some(words(
            "ATTENTION : les cookies passent aussi en clair (portal.secure_cookies: false) ; pour des essais seulement.",
            "CAUTION: cookies travel in the clear, too (portal.secure_cookies: false); for trials alone.",
        )),
        in_force: |configuration| configuration.portal.as_ref().map(|portal| portal.secure_cookies),
    },
    Measure {
        id: "rates",
        on: words(
            "Le nombre de requêtes par adresse est limité (gateway.rate_limits).",
            "Requests are limited by address (gateway.rate_limits).",
        ),
        off: Some(words(
            "ATTENTION : le nombre de requêtes par adresse n’est pas limité (gateway.rate_limits.enabled: false).",
            "CAUTION: requests are not limited by address (gateway.rate_limits.enabled: false).",
        )),
        in_force: |configuration| configuration.gateway.as_ref().map(|gateway| gateway.rate_limits.enabled),
    },
];

/// Whether the configuration has the section of a kind.
#[must_use]
pub fn is_covered(kind: &Kind, configuration: &Configuration) -> bool {
    kind.service.is_none_or(|service| configured(service, configuration))
}

/// Whether the configuration has the section of a service.
#[must_use]
pub const fn configured(service: Service, configuration: &Configuration) -> bool {
    match service {
        Service::Gateway => configuration.gateway.is_some(),
        Service::Identity => configuration.identity.is_some(),
        Service::Spaces => configuration.spaces.is_some(),
        Service::Proposals => configuration.proposals.is_some(),
        Service::Budgets => configuration.budgets.is_some(),
        Service::Voting => configuration.voting.is_some(),
        Service::Portal => configuration.portal.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn texts() -> Vec<Words> {
        let measures = MEASURES.iter().flat_map(|measure| [Some(measure.on), measure.off]).flatten();
        let kinds = kinds().flat_map(|kind| {
            [
                kind.title,
                kind.people,
                kind.data,
                kind.purpose,
                kind.ground.words(),
                kind.kept,
                kind.recipients,
                kind.security,
            ]
        });
        kinds.chain(measures).collect()
    }

    #[test]
    fn french_is_set_as_it_is_printed() {
        for text in texts() {
            assert!(!text.fr.contains('\''), "a straight apostrophe: {}", text.fr);
            for sign in [':', ';', '?', '!', '»'] {
                assert!(
                    !text.fr.contains(&format!(" {sign}")),
                    "a line may break before {sign}: {}",
                    text.fr
                );
            }
            assert!(!text.fr.contains("« "), "a line may break after «: {}", text.fr);
        }
    }

    #[test]
    fn each_kind_has_a_name_of_its_own_and_says_everything() {
        let names: BTreeSet<_> = kinds().map(|kind| kind.id).collect();
        assert_eq!(names.len(), kinds().count());
        assert!(texts().iter().all(|text| !text.fr.is_empty() && !text.en.is_empty()));
    }

    #[test]
    fn a_table_stands_once() {
        let named: Vec<_> = kinds()
            .flat_map(|kind| kind.tables.iter().map(|table| table.name))
            .chain(WITHOUT.iter().copied())
            .collect();
        assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len(), "{named:?}");
        for table in kinds().flat_map(|kind| kind.tables) {
            assert!(!table.personal.is_empty(), "{} has nothing of a person", table.name);
        }
    }
}
