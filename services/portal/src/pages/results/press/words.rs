//! Figures as an editor writes them: shares as fractions, large amounts in millions, small numbers in letters. The exact figure
//! stands beside each that is not exact.

use crate::locale::{Locale, t};

/// Shares that have a name: numerator, denominator, name.
const FRACTIONS: [(u64, u64, &str); 11] = [
    (1, 10, "tenth"),
    (1, 5, "fifth"),
    (1, 4, "quarter"),
    (1, 3, "third"),
    (2, 5, "two-fifths"),
    (1, 2, "half"),
    (3, 5, "three-fifths"),
    (2, 3, "two-thirds"),
    (3, 4, "three-quarters"),
    (4, 5, "four-fifths"),
    (9, 10, "nine-tenths"),
];
/// How far a share may be from a fraction to be said as "nearly" or "a little more than" it, in thousandths.
const NEAR: u64 = 25;

/// "près des deux tiers (64,8 %)"; without a name, the share alone.
pub fn share(locale: &Locale, part: u64, whole: u64) -> String {
    let exact = locale.percent(part, whole);
    if whole == 0 || part > whole {
        return exact;
    }
    if part == whole {
        return t!(locale, "press-all").into_owned();
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    let away = |over: u64, under: u64| (part * u128::from(under)).abs_diff(u128::from(over) * whole) * 1000;
    let near = FRACTIONS
        .iter()
        .filter(|(over, under, _)| away(*over, *under) <= u128::from(NEAR) * whole * u128::from(*under));
    // The distances of two fractions are compared over their common denominator.
    let closest = near.min_by_key(|(over, under, _)| away(*over, *under) * 60 / u128::from(*under));
    let Some((over, under, name)) = closest else { return exact };
    // What is the same to a tenth of a percent is the same.
    if away(*over, *under) * 2 <= whole * u128::from(*under) {
        return t!(locale, "press-fraction", fraction = *name);
    }
    let words = if part * u128::from(*under) < u128::from(*over) * whole {
        t!(locale, "press-fraction-below", fraction = *name)
    } else {
        t!(locale, "press-fraction-above", fraction = *name)
    };
    t!(locale, "press-exact", words = words, exact = exact)
}

/// "1,2 million d’euros", "environ 1,3 million d’euros (1 254 300 €)", "125 000 euros". Other currencies are written exactly.
pub fn money(locale: &Locale, minor_units: i64, currency: &str) -> String {
    let exact = locale.money(minor_units, currency);
    let Ok(amount) = u64::try_from(minor_units) else { return exact };
    if !matches!(currency, "EUR" | "GBP") {
        return exact;
    }
    let (whole, cents) = (amount / 100, amount % 100);
    if whole < 1_000_000 {
        if cents > 0 {
            return exact;
        }
        return t!(locale, "press-money", count = whole, currency = currency);
    }
    // In tenths of a million, halves rounded up.
    let tenths = (whole + 50_000) / 100_000;
    let behind = if tenths % 10 == 0 { 0 } else { 1 };
    let digits = i64::try_from(if behind == 0 { tenths / 10 } else { tenths }).unwrap_or(i64::MAX);
    let number = locale.decimal(digits, behind);
    // French counts 1.9 million as one.
    let millions = t!(locale, "press-millions", count = tenths / 10, number = number, currency = currency);
    if whole == tenths * 100_000 && cents == 0 {
        return millions;
    }
    t!(locale, "press-exact", words = t!(locale, "press-about", words = millions), exact = exact)
}

/// "trois"; from ten on, the number.
pub fn number(locale: &Locale, number: u64) -> String {
    t!(locale, "press-number", name = format!("n{number}"), number = locale.number(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn in_language(language: &str) -> Locale {
        Locale::new(Language::parse(language).unwrap(), chrono_tz::UTC)
    }

    fn plain(text: String) -> String {
        text.replace(['\u{a0}', '\u{202f}'], " ")
    }

    #[test]
    fn shares_are_said_as_fractions_with_the_exact_figure() {
        let french = |part, whole| plain(share(&in_language("fr"), part, whole));
        assert_eq!(french(1, 2), "la moitié");
        assert_eq!(french(648, 1000), "près des deux tiers (64,8 %)");
        assert_eq!(french(52, 100), "un peu plus de la moitié (52 %)");
        assert_eq!(french(12_001, 48_000), "un quart");
        assert_eq!(french(370, 1000), "37 %");
        assert_eq!(french(3, 100), "3 %");
        assert_eq!(french(7, 7), "la totalité");
        assert_eq!(french(0, 0), "–");
        let english = |part, whole| share(&in_language("en"), part, whole);
        assert_eq!(english(648, 1000), "nearly two thirds (64.8%)");
        assert_eq!(english(3, 4), "three quarters");
        assert_eq!(english(u64::MAX / 2, u64::MAX), "half");
    }

    #[test]
    fn every_fraction_has_words_in_every_language() {
        for language in ["fr", "en"] {
            let locale = in_language(language);
            let mut said = std::collections::HashSet::new();
            for (over, under, _) in FRACTIONS {
                for part in [over * 1000, over * 1000 - 10 * under, over * 1000 + 10 * under] {
                    let words = share(&locale, part, under * 1000);
                    assert!(said.insert(words.clone()), "{words} is there twice");
                    assert!(!words.starts_with(|letter: char| letter.is_ascii_digit()), "{words}");
                }
            }
        }
    }

    #[test]
    fn amounts_are_said_in_millions_with_the_exact_figure() {
        let french = |amount| plain(money(&in_language("fr"), amount, "EUR"));
        assert_eq!(french(120_000_000), "1,2 million d’euros");
        assert_eq!(french(200_000_000), "2 millions d’euros");
        assert_eq!(french(125_430_000), "environ 1,3 million d’euros (1 254 300 €)");
        assert_eq!(french(12_500_000), "125 000 euros");
        assert_eq!(french(100), "1 euro");
        assert_eq!(french(150), "1,50 €");
        assert_eq!(french(-150), "−1,50 €");
        assert_eq!(
            plain(money(&in_language("fr"), 500_000_000, "PLN")),
            plain(in_language("fr").money(500_000_000, "PLN"))
        );
        let english = |amount| money(&in_language("en"), amount, "GBP");
        assert_eq!(english(250_000_000), "2.5 million pounds");
        assert_eq!(english(12_500_000), "125,000 pounds");
    }

    #[test]
    fn small_numbers_are_in_letters() {
        let french = |count| plain(number(&in_language("fr"), count));
        assert_eq!([1, 2, 9, 10, 1200].map(french), ["un", "deux", "neuf", "10", "1 200"]);
        assert_eq!(number(&in_language("en"), 7), "seven");
    }
}
