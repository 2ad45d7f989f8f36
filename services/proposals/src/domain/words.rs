//! The words of a text, as search compares them: without case, accents and punctuation.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

/// What is kept of a word; longer ones are equal when this is.
const WORD_MAX: usize = 64;

/// The different words of a text, folded.
#[must_use]
pub fn words(text: &str) -> BTreeSet<String> {
    fold(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(WORD_MAX).collect())
        .collect()
}

/// A PostgreSQL `tsquery` for texts that have all these words; nothing when there are none. Words are letters and
/// digits, so that nothing in them needs quoting.
#[must_use]
pub fn query(words: &BTreeSet<String>) -> Option<String> {
    let terms: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
    (!terms.is_empty()).then(|| terms.join(" & "))
}

/// Lower case, letters without their accents, ligatures as two letters.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    // A letter in another form (of width, of style) decomposes into a plain one, capitals too: so first of all.
    for c in text.nfkd().flat_map(char::to_lowercase).nfkd() {
        match c {
            // Accents, which the decomposition has put behind their letters.
            '\u{300}'..='\u{36f}' => {}
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
            c => folded.push(c),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(text: &str) -> Vec<String> {
        words(text).into_iter().collect()
    }

    #[test]
    fn case_accents_and_punctuation_do_not_count() {
        assert_eq!(list("Łódź: PARK—Źródliska (park)"), ["lodz", "park", "zrodliska"]);
        assert_eq!(list("Straße, Œuvre, Ærø"), ["aero", "oeuvre", "strasse"]);
        assert_eq!(list("naïve İstanbul"), ["istanbul", "naive"]);
        assert_eq!(list("Й 3d ½"), ["1", "2", "3d", "и"]);
        assert_eq!(list("ΟΔΟΣ οδός ꟸ Ħ"), ["h", "οδοσ"]);
        assert!(list(" -- '&|!() ").is_empty());
    }

    #[test]
    fn a_query_asks_for_all_words() {
        assert_eq!(query(&words("Żabka & O'Hara")).unwrap(), "'hara' & 'o' & 'zabka'");
        assert_eq!(query(&words("'!")), None);
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing(text in any::<String>()) {
            let once = words(&text);
            let again: BTreeSet<_> = once.iter().flat_map(|word| words(word)).collect();
            prop_assert_eq!(&once, &again);
        }

        #[test]
        fn a_query_holds_nothing_but_letters_and_digits(text in any::<String>()) {
            if let Some(query) = query(&words(&text)) {
                for term in query.split(" & ") {
                    let inner = term.strip_prefix('\'').and_then(|term| term.strip_suffix('\'')).unwrap();
                    prop_assert!(!inner.is_empty() && inner.chars().all(char::is_alphanumeric));
                }
            }
        }
    }
}
