use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Europe::{London, Paris};

use crate::locale::{Language, Locale, t};

fn french() -> Locale {
    Locale::new(Language::parse("fr").unwrap(), Paris)
}

fn english() -> Locale {
    Locale::new(Language::parse("en").unwrap(), London)
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn numbers_have_the_separators_of_the_language() {
    assert_eq!(french().number(1_234_567), "1\u{202f}234\u{202f}567");
    assert_eq!(english().number(1_234_567), "1,234,567");
    assert_eq!(french().decimal(-125, 1), "-12,5");
    assert_eq!(english().decimal(1250, 2), "12.50");
    assert_eq!(english().number(u64::MAX), "18,446,744,073,709,551,615");
}

#[test]
fn money_is_exact_and_has_the_digits_of_its_currency() {
    let cases = [
        (12_500_000, "EUR", "125\u{202f}000\u{a0}€", "€125,000"),
        (1, "EUR", "0,01\u{a0}€", "€0.01"),
        (-1050, "EUR", "\u{2212}10,50\u{a0}€", "\u{2212}€10.50"),
        (99, "GBP", "0,99\u{a0}£", "£0.99"),
        (1500, "JPY", "1\u{202f}500\u{a0}JPY", "JPY\u{a0}1,500"),
        (1500, "KWD", "1,500\u{a0}KWD", "KWD\u{a0}1.500"),
        (25_000_000_000, "PLN", "250\u{202f}000\u{202f}000\u{a0}PLN", "PLN\u{a0}250,000,000"),
        (i64::MIN, "EUR", "\u{2212}92\u{202f}233\u{202f}720\u{202f}368\u{202f}547\u{202f}758,07\u{a0}€", ""),
    ];
    for (minor, currency, in_french, in_english) in cases {
        assert_eq!(french().money(minor, currency), in_french);
        if !in_english.is_empty() {
            assert_eq!(english().money(minor, currency), in_english);
        }
    }
}

#[test]
fn shares_are_rounded_once() {
    assert_eq!(french().percent(1, 3), "33,3\u{202f}%");
    assert_eq!(english().percent(2, 3), "66.7%");
    assert_eq!(english().percent(1, 2), "50%");
    assert_eq!(english().percent(1, 2000), "0.1%");
    assert_eq!(english().percent(3, 2), "150%");
    assert_eq!(english().percent(u64::MAX, u64::MAX), "100%");
    assert_eq!(english().percent(0, 0), "–");
}

#[test]
fn dates_are_those_of_the_organizations_zone() {
    let new_year = instant("2026-12-31T23:30:00Z");
    assert_eq!(french().date(new_year), "1er janvier 2027");
    assert_eq!(english().date(new_year), "31 December 2026");
    let summer = instant("2026-07-01T14:09:59Z");
    assert_eq!(french().date_time(summer), "1er juillet 2026 à 16:09");
    assert_eq!(english().date_time(summer), "1 July 2026 at 15:09");
    assert_eq!(french().time(summer), "16:09");
    assert_eq!(french().date_short(summer), "1er juil. 2026");
    assert_eq!(english().date_short(instant("2026-11-11T12:00:00Z")), "11 Nov 2026");
}

#[test]
fn a_day_that_ends_at_midnight_is_the_last_day() {
    assert_eq!(french().deadline(instant("2026-11-30T23:00:00Z")), "30 novembre 2026 à minuit");
    assert_eq!(english().deadline(instant("2026-12-01T00:00:00Z")), "midnight on 30 November 2026");
    assert_eq!(english().deadline(instant("2026-11-30T18:00:00Z")), "30 November 2026 at 18:00");
}

#[test]
fn lengths_of_time_are_said_in_two_units_at_the_most() {
    let said = |seconds| {
        (french().duration(TimeDelta::seconds(seconds)), english().duration(TimeDelta::seconds(seconds)))
    };
    assert_eq!(said(0), ("0 seconde".into(), "0 seconds".into()));
    assert_eq!(said(61), ("1 minute".into(), "1 minute".into()));
    assert_eq!(said(3 * 3600 + 120), ("3 heures et 2 minutes".into(), "3 hours and 2 minutes".into()));
    assert_eq!(said(86_400 + 3600), ("1 jour et 1 heure".into(), "1 day and 1 hour".into()));
    assert_eq!(said(12 * 86_400 + 5), ("12 jours".into(), "12 days".into()));
}

#[test]
fn plurals_are_icus() {
    assert_eq!(t!(french(), "language-days", count = 0_u64), "0 jour");
    assert_eq!(t!(french(), "language-days", count = 2_u64), "2 jours");
    assert_eq!(t!(french(), "language-days", count = 1_000_000_u64), "1\u{202f}000\u{202f}000 de jours");
    assert_eq!(t!(english(), "language-days", count = 0_u64), "0 days");
    assert_eq!(t!(english(), "language-days", count = 1_u64), "1 day");
}

#[test]
fn a_missing_text_or_argument_shows_the_key() {
    let missing = "ui-no-such-thing";
    assert_eq!(french().text(missing), missing);
    assert_eq!(french().text_with(missing, &[("a", "b".into())]), missing);
    let lacking = "language-days";
    assert_eq!(french().text(lacking), lacking);
    assert_eq!(french().text_with(lacking, &[("other", 3_u64.into())]), lacking);
}

#[test]
fn arguments_have_no_marks_around_them() {
    assert_eq!(t!(english(), "language-and", first = "a", second = "<b>".to_owned()), "a and <b>");
}

#[test]
fn the_browsers_wish_is_met_by_what_the_organization_has() {
    let (fr, en) = (french().language, english().language);
    let cases = [
        ("fr-CH, fr;q=0.9, en;q=0.8, *;q=0.5", &[en, fr][..], Some(fr)),
        ("de, en;q=0.3, fr;q=0.2", &[fr, en], Some(en)),
        ("de, *;q=0.1", &[fr, en], Some(fr)),
        ("EN-us", &[fr, en], Some(en)),
        ("en;q=0", &[en], None),
        ("en;q=1.5, fr;q=0.001", &[en, fr], Some(fr)),
        ("de", &[fr, en], None),
        ("", &[fr, en], None),
        ("français", &[fr, en], None),
        ("fr", &[], None),
    ];
    for (header, among, expected) in cases {
        assert_eq!(Language::negotiate(header, among), expected, "{header}");
    }
}

#[test]
fn a_language_is_its_folder() {
    let codes: Vec<&str> = Language::all().map(Language::code).collect();
    assert_eq!(codes, ["en", "fr"]);
    assert_eq!(Language::parse("FR"), None);
    assert_eq!("fr".parse::<Language>().unwrap().name(), "Français");
    assert!("xx".parse::<Language>().unwrap_err().to_string().contains("xx"));
}

#[test]
fn amounts_are_read_as_people_type_them() {
    let locale = |language: &str| if language == "fr" { french() } else { english() };
    let read = |language: &str, text: &str, currency: &str| locale(language).money_read(text, currency);
    for text in
        ["125000", "125 000", "125\u{202f}000", "125\u{a0}000,00 €", "125.000", "€ 125.000,00", "125 000.0"]
    {
        assert_eq!(read("fr", text, "EUR"), Some(12_500_000), "{text}");
    }
    for text in ["125000", "125,000", "€125,000.00", "EUR 125 000", "125'000"] {
        assert_eq!(read("en", text, "EUR"), Some(12_500_000), "{text}");
    }
    assert_eq!(read("fr", "1.234.567,5", "EUR"), Some(123_456_750));
    assert_eq!(read("fr", "12,5", "EUR"), Some(1_250));
    assert_eq!(read("fr", "0", "EUR"), Some(0));
    assert_eq!(read("fr", "1,500", "TND"), Some(1_500));
    assert_eq!(read("fr", "1500", "JPY"), Some(1_500));
    // What could be two amounts, and what is none.
    for text in
        ["1,500", "", "€", "-5", "12,345,6", "1 000,555", "douze", "12,", ",5", "1234.567,00", "1,2.3,4"]
    {
        assert_eq!(read("fr", text, "EUR"), None, "{text}");
    }
    assert_eq!(read("en", "1.500", "EUR"), None);
    for amount in [0, 5, 100, 12_345, 12_500_000] {
        for language in ["fr", "en"] {
            let typed = locale(language).money_typed(amount, "EUR");
            assert_eq!(read(language, &typed, "EUR"), Some(amount), "{typed}");
        }
    }
}
