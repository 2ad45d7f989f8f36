use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::texts;

/// A language that has a folder in `locales/`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(pub(super) &'static str);

/// No folder has this name.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a language of this site")]
pub struct UnknownLanguage(String);

impl Language {
    /// Every language there is, in the order of their codes.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        texts::folders().iter().map(|folder| Self(folder.code))
    }

    /// The language of a path's first segment (`fr`), exactly as the folder is named.
    #[must_use]
    pub fn parse(segment: &str) -> Option<Self> {
        Self::all().find(|language| language.0 == segment)
    }

    /// The code in addresses and in `lang`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.0
    }

    /// Its name in itself: "Français".
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        texts::plain(self, "language-name")
    }

    /// `ltr` or `rtl`.
    #[must_use]
    pub fn direction(self) -> Cow<'static, str> {
        texts::plain(self, "language-direction")
    }

    /// The one among the organization's languages that the browser asks for most (`Accept-Language`); none when it asks
    /// for none of them. Equal wishes are answered in the order in which the browser names them.
    #[must_use]
    pub fn negotiate(header: &str, among: &[Self]) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for range in header.split(',').take(32) {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(1000, thousandths);
            let found = if tag == "*" { among.first() } else { among.iter().find(|one| one.answers(tag)) };
            if let Some(language) = found
                && weight > best.map_or(0, |(weight, _)| weight)
            {
                best = Some((weight, *language));
            }
        }
        best.map(|(_, language)| language)
    }

    /// Whether a wish for `fr-CH` is met by `fr`.
    fn answers(self, tag: &str) -> bool {
        tag.split('-').next().is_some_and(|primary| primary.eq_ignore_ascii_case(self.0))
            || tag.eq_ignore_ascii_case(self.0)
    }
}

/// A weight between 0 and 1 with three digits at the most (RFC 9110); anything else weighs nothing.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    match whole {
        "1" if fraction.bytes().all(|byte| byte == b'0') => 1000,
        "0" => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::parse(code).ok_or_else(|| UnknownLanguage(code.to_owned()))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
