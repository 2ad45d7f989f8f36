//! By which dictionaries an organization's texts are stemmed.

use crate::domain::words::Script;

/// What PostgreSQL has for languages that are written in Latin letters.
const LATIN: [(&str, &str); 21] = [
    ("ca", "catalan_stem"),
    ("da", "danish_stem"),
    ("de", "german_stem"),
    ("en", "english_stem"),
    ("es", "spanish_stem"),
    ("eu", "basque_stem"),
    ("fi", "finnish_stem"),
    ("fr", "french_stem"),
    ("ga", "irish_stem"),
    ("hu", "hungarian_stem"),
    ("id", "indonesian_stem"),
    ("it", "italian_stem"),
    ("lt", "lithuanian_stem"),
    ("nb", "norwegian_stem"),
    ("nl", "dutch_stem"),
    ("nn", "norwegian_stem"),
    ("no", "norwegian_stem"),
    ("pt", "portuguese_stem"),
    ("ro", "romanian_stem"),
    ("sv", "swedish_stem"),
    ("tr", "turkish_stem"),
];
/// Languages in Cyrillic letters to which the rules of Russian do not apply.
const NOT_RUSSIAN: [&str; 7] = ["be", "bg", "kk", "mk", "mn", "sr", "uk"];

/// The dictionaries of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dictionaries {
    latin: Vec<&'static str>,
    cyrillic: Option<&'static str>,
    devanagari: &'static str,
}

impl Default for Dictionaries {
    fn default() -> Self {
        Self::of(&[])
    }
}

impl Dictionaries {
    /// For texts in these languages, by their codes; in French and English for an organization that names none. Latin
    /// letters do not tell the language; other scripts do, unless one of the languages says otherwise.
    #[must_use]
    pub fn of(languages: &[String]) -> Self {
        let codes: Vec<&str> =
            languages.iter().filter_map(|language| language.split(['-', '_']).next()).collect();
        let codes = if codes.is_empty() { vec!["fr", "en"] } else { codes };
        let mut latin = Vec::new();
        for (_, name) in codes.iter().flat_map(|code| LATIN.iter().filter(move |(of, _)| of == code)) {
            if !latin.contains(name) {
                latin.push(*name);
            }
        }
        let cyrillic = if codes.contains(&"ru") || !codes.iter().any(|code| NOT_RUSSIAN.contains(code)) {
            Some("russian_stem")
        } else {
            codes.contains(&"sr").then_some("serbian_stem")
        };
        let devanagari = if codes.contains(&"ne") { "nepali_stem" } else { "hindi_stem" };
        Self { latin, cyrillic, devanagari }
    }

    /// Those for words in a script.
    pub(super) fn of_script(&self, script: Script) -> Vec<&'static str> {
        match script {
            Script::Latin => self.latin.clone(),
            Script::Cyrillic => self.cyrillic.into_iter().collect(),
            Script::Devanagari => vec![self.devanagari],
            Script::Greek => vec!["greek_stem"],
            Script::Armenian => vec!["armenian_stem"],
            Script::Tamil => vec!["tamil_stem"],
            // Of these only Arabic has one; it knows no other script.
            Script::Loose => vec!["arabic_stem"],
            Script::Dense | Script::Other => Vec::new(),
        }
    }

    /// All that differ between organizations, as one text.
    #[must_use]
    pub fn key(&self) -> String {
        let all = self.latin.iter().copied().chain(self.cyrillic).chain([self.devanagari]);
        all.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_choose_their_dictionaries() {
        let key = |codes: &[&str]| {
            let codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
            Dictionaries::of(&codes).key()
        };
        // What the migration says of texts that were indexed before.
        assert_eq!(key(&[]), "french_stem english_stem russian_stem hindi_stem");
        assert_eq!(key(&["de"]), "german_stem russian_stem hindi_stem");
        assert_eq!(
            key(&["nl-BE", "fr", "nb", "nn"]),
            "dutch_stem french_stem norwegian_stem russian_stem hindi_stem"
        );
        // Polish has none; Ukrainian is not stemmed as Russian, unless both are written.
        assert_eq!(key(&["pl"]), "russian_stem hindi_stem");
        assert_eq!(key(&["uk"]), "hindi_stem");
        assert_eq!(key(&["uk", "ru"]), "russian_stem hindi_stem");
        assert_eq!(key(&["sr"]), "serbian_stem hindi_stem");
        assert_eq!(key(&["ne"]), "russian_stem nepali_stem");
    }
}
