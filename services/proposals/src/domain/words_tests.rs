use proptest::prelude::*;

use super::*;

fn list(text: &str) -> Vec<String> {
    Words::of(text).lexemes(&Stems::default())
}

/// Stems as a dictionary would give them.
fn stems(known: &[(&str, &[&str])]) -> Stems {
    let mut stems = Stems::default();
    for (form, of) in known {
        stems.add((*form).to_owned(), Some(of.iter().map(|stem| (*stem).to_owned()).collect()));
    }
    stems
}

#[test]
fn case_accents_and_punctuation_do_not_count() {
    assert_eq!(list("Łódź: PARK—Źródliska (park)"), ["lodz", "park", "zrodliska"]);
    assert_eq!(list("Straße, Œuvre, Ærø"), ["aero", "oeuvre", "strasse"]);
    assert_eq!(list("naïve İstanbul"), ["istanbul", "naive"]);
    assert_eq!(list("Й 3d ½"), ["1", "2", "3d", "и"]);
    assert_eq!(list("ΟΔΟΣ οδός ꟸ Ħ"), ["h", "οδοσ"]);
    assert!(list(" -- '&|!() % \u{1f333} \u{301}").is_empty());
    assert!(Words::of("%").is_empty() && !Words::of("7").is_empty() && !Words::of("木").is_empty());
}

#[test]
fn a_text_is_found_by_its_stems_with_and_without_accents() {
    let words = Words::of("Écoles plantées");
    let (forms, dictionaries) = words.forms(&Dictionaries::default());
    assert_eq!(
        forms,
        ["ecoles", "ecoles", "écoles", "écoles", "plantees", "plantees", "plantées", "plantées"]
    );
    assert_eq!(dictionaries[..2], ["french_stem", "english_stem"]);
    let stems = stems(&[("écoles", &["écol"]), ("ecoles", &["ecol"]), ("plantées", &["plant"])]);
    assert_eq!(words.lexemes(&stems), ["ecol", "ecoles", "plant", "plantees"]);
    assert_eq!(words.query(&stems).unwrap(), "('ecol' | 'ecoles') & ('plant' | 'plantees')");
}

#[test]
fn a_query_asks_for_all_words_but_those_that_say_nothing() {
    assert_eq!(Words::of("Żabka & O'Hara").query(&Stems::default()).unwrap(), "'hara' & 'o' & 'zabka'");
    assert_eq!(Words::of("'!").query(&Stems::default()), None);
    let stems = stems(&[("les", &[]), ("arbres", &["arbre"])]);
    assert_eq!(Words::of("Les arbres").query(&stems).unwrap(), "('arbre' | 'arbres')");
    assert_eq!(Words::of("les").query(&stems).unwrap(), "'les'");
}

#[test]
fn scripts_that_do_not_part_words_are_cut() {
    assert_eq!(list("公园种树"), ["公", "公园", "园", "园种", "树", "种", "种树"]);
    let query = |text: &str| Words::of(text).query(&Stems::default()).unwrap();
    assert_eq!(query("树"), "'树'");
    assert_eq!(query("种树"), "'种树'");
    assert_eq!(query("公园 树"), "'公园' & '树'");
    assert_eq!(query("AI公园"), "'ai' & '公园'");
    // Voiced kana and Korean syllables stay whole, whatever their encoding.
    assert_eq!(list("か\u{3099}ん"), list("がん"));
    assert_eq!(list("ﾊﾟﾝ"), list("パン"));
    assert_eq!(list("나무"), ["나", "나무", "무"]);
    // Thai: pieces of three besides the run.
    assert_eq!(query("ต้นไม้"), "('ต้นไม้' | ('ต้น' & 'นไม' & 'ไม้' & '้นไ'))");
    assert!(list("ปลูกต้นไม้").contains(&"ไม้".to_owned()));
}

#[test]
fn vowels_and_articles_of_arabic_do_not_count() {
    assert_eq!(list("شَجَرَة"), list("شجرة"));
    assert_eq!(list("أشجــار"), list("اشجار"));
    let text = list("نزرع الأشجار");
    let query = Words::of("أشجار").query(&Stems::default()).unwrap();
    assert_eq!(query, "('اشجار' | ('اشج' & 'جار' & 'شجا'))");
    for piece in ["اشج", "جار", "شجا"] {
        assert!(text.contains(&piece.to_owned()), "{piece}");
    }
}

proptest! {
    #[test]
    fn folding_again_changes_nothing(text in any::<String>()) {
        let once: BTreeSet<String> = Words::of(&text).words.into_keys().collect();
        let again: BTreeSet<_> = once.iter().flat_map(|word| Words::of(word).words.into_keys()).collect();
        prop_assert_eq!(&once, &again);
    }

    #[test]
    fn lexemes_hold_nothing_but_letters_digits_and_their_marks(text in any::<String>()) {
        let words = Words::of(&text);
        let clean = |lexeme: &str| !lexeme.is_empty() && lexeme.chars().all(|c| c.is_alphanumeric() || is_combining_mark(c));
        prop_assert!(words.lexemes(&Stems::default()).iter().all(|lexeme| clean(lexeme)));
        prop_assert_eq!(words.query(&Stems::default()).is_none(), words.is_empty());
    }

    /// A text is found by itself: every lexeme that its query needs is one of its own.
    #[test]
    fn a_text_has_what_its_own_query_asks_for(text in any::<String>()) {
        let words = Words::of(&text);
        let lexemes: BTreeSet<String> = words.lexemes(&Stems::default()).into_iter().collect();
        if let Some(query) = words.query(&Stems::default()) {
            for lexeme in query.split('\'').skip(1).step_by(2) {
                prop_assert!(lexemes.contains(lexeme), "{}", lexeme);
            }
        }
    }
}
