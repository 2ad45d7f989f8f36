//! ICU's formatters. They are neither shared between threads nor dear, so each thread keeps its own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use icu_calendar::Gregorian;
use icu_datetime::fieldsets::{T, YMD, YMDT};
use icu_datetime::{FixedCalendarDateTimeFormatter, NoCalendarFormatter};
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_plurals::{PluralCategory, PluralRules};

use super::{Language, texts};

pub(super) struct Formats {
    decimals: DecimalFormatter,
    plurals: PluralRules,
    pub(super) date: FixedCalendarDateTimeFormatter<Gregorian, YMD>,
    pub(super) date_short: FixedCalendarDateTimeFormatter<Gregorian, YMD>,
    pub(super) date_time: FixedCalendarDateTimeFormatter<Gregorian, YMDT>,
    pub(super) time: NoCalendarFormatter<T>,
}

thread_local! {
    static FORMATS: RefCell<HashMap<&'static str, Option<Rc<Formats>>>> = RefCell::default();
}

/// The formatters of a language; none when ICU has no data for it at all, which a test excludes.
pub(super) fn of(language: Language) -> Option<Rc<Formats>> {
    FORMATS.with(|all| {
        if let Some(found) = all.borrow().get(language.0) {
            return found.clone();
        }
        let made = make(language).map(Rc::new);
        all.borrow_mut().insert(language.0, made.clone());
        made
    })
}

/// Each folder says which of ICU's locales its numbers and dates follow: `en` alone would be American.
fn make(language: Language) -> Option<Formats> {
    let name = texts::plain(language, "language-formats");
    let locale: icu_locale_core::Locale = name.parse().ok()?;
    Some(Formats {
        decimals: DecimalFormatter::try_new((&locale).into(), Default::default()).ok()?,
        plurals: PluralRules::try_new_cardinal((&locale).into()).ok()?,
        date: FixedCalendarDateTimeFormatter::try_new((&locale).into(), YMD::long()).ok()?,
        date_short: FixedCalendarDateTimeFormatter::try_new((&locale).into(), YMD::medium()).ok()?,
        date_time: FixedCalendarDateTimeFormatter::try_new((&locale).into(), YMD::long().with_time_hm())
            .ok()?,
        time: NoCalendarFormatter::try_new((&locale).into(), T::hm()).ok()?,
    })
}

pub(super) fn number(language: Language, number: u64) -> String {
    write(language, &Decimal::from(number))
}

pub(super) fn decimal(language: Language, digits: i64, behind: u8) -> String {
    let mut decimal = Decimal::from(digits);
    decimal.multiply_pow10(-i16::from(behind));
    decimal.absolute.pad_end(-i16::from(behind));
    write(language, &decimal)
}

fn write(language: Language, decimal: &Decimal) -> String {
    of(language).map_or_else(|| decimal.to_string(), |formats| formats.decimals.format(decimal).to_string())
}

pub(super) fn plural(language: Language, number: u64) -> &'static str {
    let category = of(language).map(|formats| formats.plurals.category_for(number));
    match category.unwrap_or(PluralCategory::Other) {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}
