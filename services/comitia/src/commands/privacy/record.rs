//! The record as the configuration has it, in one language.

use crate::configuration::Configuration;
use crate::privacy::{self, Kind, Language, Setting, Table, Words, filled, settings_of};
use crate::process::Service;

/// The record.
pub(super) struct Record {
    pub language: Language,
    /// Who is responsible, if somebody says so.
    pub controller: Option<String>,
    /// How to reach them.
    pub contact: Option<String>,
    pub entries: Vec<Entry>,
    pub measures: Vec<Measure>,
    /// Services that the configuration has no section of.
    pub missing: Vec<Service>,
}

/// A kind of data.
pub(super) struct Entry {
    pub id: &'static str,
    pub title: &'static str,
    pub people: &'static str,
    pub data: &'static str,
    pub purpose: &'static str,
    pub ground: &'static str,
    pub kept: String,
    pub recipients: String,
    pub security: String,
    pub tables: &'static [Table],
    /// What the configuration says in it.
    pub settings: Vec<Setting>,
}

/// What protects everything.
pub(super) struct Measure {
    pub id: &'static str,
    pub in_force: bool,
    pub text: &'static str,
}

impl Record {
    /// What the configuration in force comes to.
    pub(super) fn of(configuration: &Configuration, language: Language) -> Self {
        let covered = privacy::kinds().filter(|kind| privacy::is_covered(kind, configuration));
        let measures = privacy::MEASURES.iter().filter_map(|measure| {
            let in_force = (measure.in_force)(configuration)?;
            let text = if in_force { measure.on } else { measure.off.unwrap_or(measure.on) };
            Some(Measure { id: measure.id, in_force, text: text.in_language(language) })
        });
        Self {
            language,
            controller: None,
            contact: None,
            entries: covered.map(|kind| Entry::of(kind, configuration, language)).collect(),
            measures: measures.collect(),
            missing: Service::ALL
                .into_iter()
                .filter(|service| !privacy::configured(*service, configuration))
                .collect(),
        }
    }
}

impl Entry {
    fn of(kind: &Kind, configuration: &Configuration, language: Language) -> Self {
        let said = |text: Words| filled(text, language, configuration);
        let named = [kind.kept, kind.recipients, kind.security].into_iter();
        Self {
            id: kind.id,
            title: kind.title.in_language(language),
            people: kind.people.in_language(language),
            data: kind.data.in_language(language),
            purpose: kind.purpose.in_language(language),
            ground: kind.ground.words().in_language(language),
            kept: said(kind.kept),
            recipients: said(kind.recipients),
            security: said(kind.security),
            tables: kind.tables,
            settings: named.flat_map(|text| settings_of(text, configuration)).collect(),
        }
    }
}
