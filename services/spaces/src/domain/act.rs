//! What somebody of the staff did.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The words of an act that are kept; the others do not find it.
const MOST_WORDS: usize = 2_000;
/// The characters of a word that are kept.
const LONGEST_WORD: usize = 64;

/// An act, as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Its id; later acts have greater ones.
    pub act_id: Uuid,
    /// When.
    pub act_time: DateTime<Utc>,
    /// Who: the pseudonym of a staff member, or "operator".
    pub actor: String,
    /// What they called.
    pub method: String,
    /// What they did it to.
    pub resource: String,
    /// What they changed.
    pub changes: Vec<Change>,
}

impl Act {
    /// The words that it can be found by.
    #[must_use]
    pub fn words(&self) -> BTreeSet<String> {
        let values = self.changes.iter().flat_map(|change| {
            [Some(&change.field), change.before.as_ref(), change.after.as_ref()].into_iter().flatten()
        });
        std::iter::once(&self.resource).chain(values).flat_map(|text| words(text)).take(MOST_WORDS).collect()
    }
}

/// The words of a text, in lower case and not without end.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase().chars().take(LONGEST_WORD).collect())
}

/// A value that an act changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The field.
    pub field: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is now.
    pub after: Option<String>,
}

/// Which acts are asked for; what is empty does not matter.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Who.
    pub actor: String,
    /// What they called.
    pub method: String,
    /// What they did it to, or something in it.
    pub resource: String,
    /// From this time on.
    pub from_time: Option<DateTime<Utc>>,
    /// Before this time.
    pub to_time: Option<DateTime<Utc>>,
    /// With this text.
    pub text: String,
}

impl Asked {
    /// The longest word of the text: the range of words that begin with it. Nothing where the text has no word.
    #[must_use]
    pub fn longest_word(&self) -> Option<(String, String)> {
        let longest = words(&self.text).max_by_key(|word| word.chars().count())?;
        let end = format!("{longest}{}", char::MAX);
        Some((longest, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_is_found_by_its_words() {
        let change = |field: &str, before: Option<&str>, after: &str| Change {
            field: field.into(),
            before: before.map(str::to_owned),
            after: Some(after.into()),
        };
        let act = Act {
            act_id: Uuid::nil(),
            act_time: DateTime::UNIX_EPOCH,
            actor: "ada".into(),
            method: "comitia.x.v1.Y/Z".into(),
            resource: "processes/0192".into(),
            changes: vec![
                change("phases[Le Dépôt].title", Some("L’École"), "ÉCOLES, 2026"),
                change("a", None, "a"),
            ],
        };
        let found: Vec<_> = act.words().into_iter().collect();
        let expected =
            ["0192", "2026", "a", "dépôt", "l", "le", "phases", "processes", "title", "école", "écoles"];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_longest_word_is_looked_for() {
        let asked = |text: &str| Asked { text: text.into(), ..Asked::default() }.longest_word();
        assert_eq!(asked("le Dépôt"), Some(("dépôt".into(), "dépôt\u{10ffff}".into())));
        assert_eq!(asked(" – "), None);
    }
}
