use maud::{Markup, html};

use super::{Choice, Field};

/// What an answer of one line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// An e-mail address.
    Email,
    /// Digits. Not the browser's number field, which takes other things away and turns with the wheel.
    Digits,
    /// An amount, perhaps with a point.
    Decimal,
    /// A code from a letter or a mail: no correction, no capital letters by itself.
    Code,
    /// What to look for.
    Search,
    /// A day, as `YYYY-MM-DD`; the browser shows it as people write it.
    Date,
    /// A time of day, as `HH:MM`.
    Time,
}

impl Kind {
    const fn html_type(self) -> &'static str {
        match self {
            Self::Text | Self::Digits | Self::Decimal | Self::Code => "text",
            Self::Email => "email",
            Self::Search => "search",
            Self::Date => "date",
            Self::Time => "time",
        }
    }

    const fn input_mode(self) -> Option<&'static str> {
        match self {
            Self::Digits => Some("numeric"),
            Self::Decimal => Some("decimal"),
            Self::Text | Self::Email | Self::Code | Self::Search | Self::Date | Self::Time => None,
        }
    }

    /// Names and sentences are helped by corrections; addresses and codes are spoiled.
    const fn literal(self) -> bool {
        matches!(self, Self::Email | Self::Code | Self::Date | Self::Time)
    }
}

/// How long an answer is about: the field is as long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// A number of a few digits.
    Short,
    /// A code, an amount.
    Medium,
    /// As long as the column.
    Full,
}

impl Width {
    const fn class(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Medium => "medium",
            Self::Full => "full",
        }
    }
}

impl Field<'_> {
    /// A line.
    #[must_use]
    pub fn input(&self, kind: Kind, value: &str) -> Markup {
        let literal = kind.literal();
        let control = html! {
            input type=(kind.html_type()) id=(self.name) name=(self.name) value=(value) class=(self.width.class())
                inputmode=[kind.input_mode()] autocomplete=[self.autocomplete] maxlength=[self.max_length]
                dir=[(!literal).then_some("auto")] autocapitalize=[literal.then_some("none")] spellcheck=[literal.then_some("false")]
                aria-describedby=[self.described_by()] aria-invalid=[self.invalid()];
        };
        if self.prefix.is_none() && self.suffix.is_none() {
            return self.single(control);
        }
        self.single(html! {
            div .affixed {
                @if let Some(prefix) = &self.prefix { span .affix aria-hidden="true" { (prefix) } }
                (control)
                @if let Some(suffix) = &self.suffix { span .affix aria-hidden="true" { (suffix) } }
            }
        })
    }

    /// A file, of one of these kinds (`.csv,text/csv`). What was chosen cannot be given back by a page.
    #[must_use]
    pub fn file(&self, kinds: &str) -> Markup {
        self.single(html! {
            input type="file" id=(self.name) name=(self.name) accept=(kinds)
                aria-describedby=[self.described_by()] aria-invalid=[self.invalid()];
        })
    }

    /// Several lines, `rows` of them in sight.
    #[must_use]
    pub fn textarea(&self, value: &str, rows: u8) -> Markup {
        self.single(html! {
            // The parser takes away one line break at the beginning; the one written here is that one.
            textarea id=(self.name) name=(self.name) rows=(rows) maxlength=[self.max_length] dir="auto"
                autocomplete=[self.autocomplete] aria-describedby=[self.described_by()]
                aria-invalid=[self.invalid()] { "\n" (value) }
        })
    }

    /// One of many. `empty` is the first entry, for no answer.
    #[must_use]
    pub fn select(&self, value: Option<&str>, empty: Option<&str>, choices: &[Choice<'_>]) -> Markup {
        self.single(html! {
            select id=(self.name) name=(self.name) class=(self.width.class()) autocomplete=[self.autocomplete]
                aria-describedby=[self.described_by()] aria-invalid=[self.invalid()] {
                @if let Some(label) = empty { option value="" { (label) } }
                @for choice in choices {
                    option value=(choice.value) selected[value == Some(choice.value)] { (choice.label) }
                }
            }
        })
    }
}
