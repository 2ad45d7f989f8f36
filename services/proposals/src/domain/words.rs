//! What a text is found by: its words without case and accents, their stems, and pieces of them in scripts that do not
//! part words.
//!
//! Words are stemmed by dictionaries of PostgreSQL ([`Dictionaries`] says by which), so that `tree` finds `trees`. Latin
//! letters do not tell the language, so that their words have the stems of all languages of the organization. Chinese, Japanese and Korean
//! are cut into pairs, and scripts such as Thai, Arabic and Hebrew into pieces of three besides their words: a query finds
//! the texts that have all of its pieces. A query for several words does not need the stop words among them.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::domain::languages::Dictionaries;

/// Counts the changes of what texts are found by. Texts with an earlier version are indexed again.
pub const VERSION: i16 = 2;
/// What is kept of a word; longer ones are equal when this is.
const WORD_MAX: usize = 64;

/// What a text, or a query, has to be found by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Folded words, each with the forms in which it stands in the text: folded, and as it is written.
    words: BTreeMap<String, BTreeSet<String>>,
    /// Pieces of runs without words.
    pieces: BTreeSet<String>,
}

/// The stems of word forms, as the database gives them.
#[derive(Clone, Debug, Default)]
pub struct Stems {
    stems: BTreeMap<String, BTreeSet<String>>,
    stop_words: BTreeSet<String>,
}

impl Stems {
    /// Adds what one dictionary says of a form: nothing when it does not know it, no stem for a stop word.
    pub fn add(&mut self, form: String, stems: Option<Vec<String>>) {
        match stems {
            None => {}
            Some(stems) if stems.is_empty() => {
                self.stop_words.insert(form);
            }
            Some(stems) => {
                let folded = stems.iter().flat_map(|stem| parts(&fold(stem)));
                self.stems.entry(form).or_default().extend(folded);
            }
        }
    }
}

impl Words {
    /// Of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut words = Self::default();
        let text: String = text.to_lowercase().nfc().collect();
        for written in text.split(|c| !in_word(c)) {
            let folded = parts(&fold(written));
            let whole = folded.len() == 1;
            for part in folded {
                for (script, run) in runs(&part) {
                    words.add(script, run, (whole && run.len() == part.len()).then_some(written));
                }
            }
        }
        words
    }

    /// What this and another text have together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (word, forms) in other.words {
            self.words.entry(word).or_default().extend(forms);
        }
        self.pieces.extend(other.pieces);
        self
    }

    fn add(&mut self, script: Script, run: &str, written: Option<&str>) {
        if script == Script::Dense {
            self.pieces.extend(pieces(run, 1).chain(pieces(run, 2)));
            return;
        }
        if script == Script::Loose && run.chars().count() > WORD_MAX {
            // A sentence rather than a word.
            self.pieces.extend(pieces(run, 2).chain(pieces(run, 3)));
            return;
        }
        let word: String = run.chars().take(WORD_MAX).collect();
        let forms = self.words.entry(word.clone()).or_default();
        forms.insert(word);
        forms.extend(written.map(|form| form.chars().take(WORD_MAX).collect::<String>()));
    }

    /// Whether there is neither a letter nor a digit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.pieces.is_empty()
    }

    /// The forms to stem, each with the name of a dictionary.
    #[must_use]
    pub fn forms(&self, dictionaries: &Dictionaries) -> (Vec<String>, Vec<String>) {
        let forms = self.words.iter().flat_map(|(word, forms)| {
            let names = dictionaries.of_script(script(word.chars().next().unwrap_or_default()));
            forms.iter().flat_map(move |form| {
                names.clone().into_iter().map(move |name| (form.clone(), name.to_owned()))
            })
        });
        forms.unzip()
    }

    /// What a text is indexed with.
    #[must_use]
    pub fn lexemes(&self, stems: &Stems) -> Vec<String> {
        let mut lexemes = self.pieces.clone();
        for (word, forms) in &self.words {
            lexemes.insert(word.clone());
            lexemes.extend(forms.iter().filter_map(|form| stems.stems.get(form)).flatten().cloned());
            if script(word.chars().next().unwrap_or_default()) == Script::Loose {
                lexemes.extend(pieces(word, 2).chain(pieces(word, 3)));
            }
        }
        lexemes.into_iter().collect()
    }

    /// A PostgreSQL `tsquery` for texts that have all this; nothing when there is nothing to look for. Lexemes are letters,
    /// digits and the marks on them, so that nothing in them needs quoting.
    #[must_use]
    pub fn query(&self, stems: &Stems) -> Option<String> {
        let is_stop = |forms: &BTreeSet<String>| forms.iter().any(|form| stems.stop_words.contains(form));
        let telling = self.words.values().any(|forms| !is_stop(forms)) || !self.pieces.is_empty();
        let words = self.words.iter().filter(|(_, forms)| !telling || !is_stop(forms));
        let mut all: Vec<String> = words.map(|(word, forms)| alternatives(word, forms, stems)).collect();
        // Longer runs have pairs, which are found nowhere but where the single signs are.
        let pairs = self.pieces.iter().filter(|piece| {
            piece.chars().count() > 1
                || !self.pieces.iter().any(|other| other != *piece && other.contains(piece.as_str()))
        });
        all.extend(pairs.map(|piece| format!("'{piece}'")));
        (!all.is_empty()).then(|| all.join(" & "))
    }
}

/// A word as a query asks for it: itself, a stem of it, or its pieces.
fn alternatives(word: &str, forms: &BTreeSet<String>, stems: &Stems) -> String {
    let stems = forms.iter().filter_map(|form| stems.stems.get(form)).flatten();
    let any: BTreeSet<&str> = stems.map(String::as_str).chain([word]).collect();
    let mut any: Vec<String> = any.into_iter().map(|lexeme| format!("'{lexeme}'")).collect();
    let length = word.chars().count();
    if script(word.chars().next().unwrap_or_default()) == Script::Loose && length > 1 {
        let pieces: BTreeSet<_> = pieces(word, length.min(3)).map(|piece| format!("'{piece}'")).collect();
        any.push(format!("({})", pieces.into_iter().collect::<Vec<_>>().join(" & ")));
    }
    if any.len() == 1 { any.remove(0) } else { format!("({})", any.join(" | ")) }
}

/// A script, and how it parts words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// Not at all, and one or two signs are a word.
    Dense,
    /// Not at all, or with more than the word in it.
    Loose,
    Latin,
    Cyrillic,
    Greek,
    Armenian,
    Devanagari,
    Tamil,
    Other,
}

fn script(c: char) -> Script {
    match u32::from(c) {
        0x41..=0x5a | 0x61..=0x7a | 0xaa..=0x24f | 0x1e00..=0x1eff | 0x2c60..=0x2c7f => Script::Latin,
        0x370..=0x3ff | 0x1f00..=0x1fff => Script::Greek,
        0x400..=0x52f => Script::Cyrillic,
        0x530..=0x58f => Script::Armenian,
        // Hebrew, Arabic, Thai, Lao, Tibetan, Burmese, Khmer.
        0x590..=0x6ff | 0x750..=0x77f | 0x8a0..=0x8ff | 0xe00..=0xfff | 0x1000..=0x109f | 0x1780..=0x17ff => {
            Script::Loose
        }
        0x900..=0x97f => Script::Devanagari,
        0xb80..=0xbff => Script::Tamil,
        // Hangul, kana, bopomofo, Han.
        0x1100..=0x11ff
        | 0x3005..=0x3007
        | 0x3041..=0x318f
        | 0x31a0..=0x31ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0x2_0000..=0x3_23af => Script::Dense,
        _ => Script::Other,
    }
}

/// A word in parts that are dense and parts that are not.
fn runs(word: &str) -> Vec<(Script, &str)> {
    let mut runs = Vec::new();
    let (mut start, mut of) = (0, None);
    for (at, c) in word.char_indices() {
        let dense = if is_combining_mark(c) { of } else { Some(script(c) == Script::Dense) };
        if of.is_some() && dense != of {
            runs.push(&word[start..at]);
            start = at;
        }
        of = dense.or(of);
    }
    runs.push(&word[start..]);
    let runs = runs.into_iter().filter(|run| run.chars().any(char::is_alphanumeric));
    runs.map(|run| (script(run.chars().next().unwrap_or_default()), run)).collect()
}

/// All pieces of a run that have so many signs.
fn pieces(run: &str, length: usize) -> impl Iterator<Item = String> {
    let signs: Vec<char> = run.chars().collect();
    let pieces: Vec<String> = signs.windows(length).map(|piece| piece.iter().collect()).collect();
    pieces.into_iter()
}

/// What words are made of: letters, digits and marks on them.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c) || is_joiner(c)
}

/// Signs without width and the stroke that makes Arabic words longer.
const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{640}')
}

/// The words in a folded text.
fn parts(folded: &str) -> Vec<String> {
    let parts = folded.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c));
    parts.filter(|part| part.chars().any(char::is_alphanumeric)).map(str::to_owned).collect()
}

/// Lower case, letters without their accents and vowel signs, ligatures as two letters.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    // A letter in another form (of width, of style) decomposes into a plain one, capitals too: so first of all.
    for c in text.nfkd().flat_map(char::to_lowercase).nfkd() {
        match c {
            // Accents, which the decomposition has put behind their letters, and the vowels of Hebrew and Arabic.
            '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' => {}
            '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e4}' => {}
            c if is_joiner(c) => {}
            // Letters with strokes and ligatures, which it leaves.
            'ł' => folded.push('l'),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ħ' => folded.push('h'),
            'ŧ' => folded.push('t'),
            'ı' => folded.push('i'),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            // At the end of a word, where its capital is the same.
            'ς' => folded.push('σ'),
            // Letters that are written in several ways at the end of Arabic words, and alef with wasla.
            '\u{649}' => folded.push('\u{64a}'),
            '\u{629}' => folded.push('\u{647}'),
            '\u{671}' => folded.push('\u{627}'),
            c => folded.push(c),
        }
    }
    // Syllables of Korean and voiced kana are one sign each.
    folded.nfc().collect()
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
