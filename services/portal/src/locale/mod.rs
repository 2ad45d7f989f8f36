//! The reader's language: texts by Fluent, numbers, money and dates as that language writes them, in the organization's
//! time zone. A language is a folder of `locales/`; nothing here names one.

mod formats;
mod language;
mod money;
#[cfg(test)]
mod tests;
mod texts;
mod time;

use std::borrow::Cow;

use chrono_tz::Tz;

pub use language::Language;

/// How one reader is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locale {
    /// The language of the page.
    pub language: Language,
    /// The organization's time zone.
    pub zone: Tz,
}

/// An argument of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Shown as it is.
    Text(Cow<'a, str>),
    /// A count: written with the language's separators, and what `PLURAL($name)` selects on.
    Number(u64),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a Cow<'_, str>> for Value<'a> {
    fn from(text: &'a Cow<'_, str>) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Value<'_> {
    fn from(number: usize) -> Self {
        Self::Number(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl Locale {
    /// The language of the page and the organization's time zone.
    #[must_use]
    pub const fn new(language: Language, zone: Tz) -> Self {
        Self { language, zone }
    }

    /// The text of a key that takes no argument. A key that does not exist is logged once and shown as it is.
    #[must_use]
    pub fn text(&self, key: &str) -> Cow<'static, str> {
        texts::plain(self.language, key)
    }

    /// The text of a key with its arguments. A missing key or argument is logged once, and the key is shown.
    #[must_use]
    pub fn text_with(&self, key: &str, arguments: &[(&str, Value<'_>)]) -> String {
        texts::with(self.language, key, arguments)
    }

    /// A count, with the language's separators.
    #[must_use]
    pub fn number(&self, number: u64) -> String {
        formats::number(self.language, number)
    }

    /// A number given as its digits without the point, and how many of them are behind it: `(125, 1)` is 12.5.
    #[must_use]
    pub fn decimal(&self, digits: i64, behind: u8) -> String {
        formats::decimal(self.language, digits, behind)
    }
}

/// A text of the pages: `t!(locale, "home-title")`, or with arguments `t!(locale, "home-open", count = 3_u64)`. Keys are
/// written out, so that a test finds each in every language.
macro_rules! t {
    ($locale:expr, $key:literal $(,)?) => {
        $locale.text($key)
    };
    ($locale:expr, $key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $locale.text_with($key, &[$((stringify!($name), $crate::locale::Value::from($value))),+])
    };
}

/// A key that is chosen here and looked up later: `locale.text(if open { key!("home-open") } else { key!("home-closed") })`.
macro_rules! key {
    ($key:literal) => {
        $key
    };
}

pub(crate) use {key, t};
