//! What an organization shows of itself on its site: languages, contact, colour, texts.

use std::collections::BTreeSet;

/// The longest text, in characters.
pub const TEXT_MAX: usize = 20_000;
/// The most languages.
pub const MAX_LANGUAGES: usize = 20;
/// Text of this contrast can be read by people with moderately low vision (WCAG 2.2, 1.4.3).
const READABLE: f64 = 4.5;

/// What a text is for; the numbers are those of `comitia.spaces.v1.OrganizationTextKind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextKind(pub i16);

impl TextKind {
    /// The terms of use.
    pub const TERMS: Self = Self(2);
}

/// A text in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What it is for.
    pub kind: TextKind,
    /// Its language.
    pub language: String,
    /// Markdown.
    pub body: String,
}

/// What an organization shows of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its languages; texts fall back to the first.
    pub languages: Vec<String>,
    /// Its country, or nothing.
    pub country: String,
    /// Where people write to, or nothing.
    pub contact_email: String,
    /// `#rrggbb` in lower case, or nothing.
    pub brand_color: String,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            languages: vec!["fr".to_owned(), "en".to_owned()],
            country: String::new(),
            contact_email: String::new(),
            brand_color: String::new(),
        }
    }
}

/// What is to be changed of an organization; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The name.
    pub display_name: Option<String>,
    /// The time zone.
    pub time_zone: Option<String>,
    /// The languages.
    pub languages: Option<Vec<String>>,
    /// The country.
    pub country: Option<String>,
    /// The contact.
    pub contact_email: Option<String>,
    /// The colour.
    pub brand_color: Option<String>,
    /// All texts.
    pub texts: Option<Vec<Text>>,
    /// Whether people may register.
    pub registration_open: Option<bool>,
}

/// Whether the terms of use are others now.
#[must_use]
pub fn terms_differ(before: &[Text], after: &[Text]) -> bool {
    let terms = |texts: &[Text]| -> BTreeSet<(String, String)> {
        let terms = texts.iter().filter(|text| text.kind == TextKind::TERMS);
        terms.map(|text| (text.language.clone(), text.body.clone())).collect()
    };
    terms(before) != terms(after)
}

/// Whether these are languages of a site: one or more codes, none twice.
#[must_use]
pub fn are_languages(codes: &[String]) -> bool {
    let letters =
        |code: &String| (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase());
    let distinct: BTreeSet<_> = codes.iter().collect();
    (1..=MAX_LANGUAGES).contains(&codes.len()) && codes.iter().all(letters) && distinct.len() == codes.len()
}

/// Whether this is a country's code, or nothing.
#[must_use]
pub fn is_country(code: &str) -> bool {
    code.is_empty() || (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()))
}

/// Whether mail could go to this address: one at sign with something on both sides, and no spaces.
#[must_use]
pub fn is_contact(address: &str) -> bool {
    let parts = address.split_once('@');
    address.is_empty()
        || (address.len() <= 254
            && !address.contains(|letter: char| letter.is_whitespace() || letter.is_control())
            && parts
                .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@')))
}

/// A colour that white text can stand on and that can be text on white.
///
/// # Errors
/// The rule that it breaks, with the nearest darker shade that keeps it.
pub fn readable_color(color: &str) -> Result<String, String> {
    let malformed = || "must be a colour such as #1a4d8f".to_owned();
    let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or_else(malformed)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(malformed());
    }
    let number = u32::from_str_radix(digits, 16).map_err(|_| malformed())?;
    let channels = [16, 8, 0].map(|shift| (number >> shift) & 0xff);
    if contrast_to_white(channels) >= READABLE {
        return Ok(color.to_ascii_lowercase());
    }
    // Black is readable, so that one of these is.
    let darker = (0..256)
        .map(|step| channels.map(|channel| channel * (255 - step) / 255))
        .find(|shade| contrast_to_white(*shade) >= READABLE)
        .unwrap_or_default();
    let [red, green, blue] = darker;
    Err(format!(
        "must have a contrast of 4.5 to 1 or more to white, so that everybody can read it; #{red:02x}{green:02x}{blue:02x} does"
    ))
}

/// The contrast of a colour to white (WCAG 2.2, "contrast ratio" and "relative luminance").
fn contrast_to_white(channels: [u32; 3]) -> f64 {
    let linear = channels.map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    });
    let luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    1.05 / (luminance + 0.05)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_colour_has_to_be_readable() {
        assert_eq!(readable_color("#1A4D8F").unwrap(), "#1a4d8f");
        // The darkest grey that W3C's examples call too light, and the one that passes.
        assert!(readable_color("#777777").is_err());
        assert!(readable_color("#767676").is_ok());
        let rule = readable_color("#ff9900").unwrap_err();
        let offered = rule.split("; ").nth(1).unwrap().split(' ').next().unwrap();
        assert!(readable_color(offered).is_ok(), "{rule}");
        for odd in ["", "red", "#fff", "#12345g", "1a4d8f", "#+12345"] {
            assert!(readable_color(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn languages_are_codes_and_none_is_there_twice() {
        let of =
            |codes: &[&str]| are_languages(&codes.iter().map(|&code| code.to_owned()).collect::<Vec<_>>());
        assert!(of(&["fr"]) && of(&["fr", "en", "gsw"]));
        assert!(!of(&[]) && !of(&["fr", "fr"]) && !of(&["FR"]) && !of(&["french"]) && !of(&["f"]));
    }

    #[test]
    fn a_contact_is_an_address() {
        assert!(is_contact("") && is_contact("participation@lodz.pl"));
        for odd in ["@lodz.pl", "a@", "a@b", "a b@lodz.pl", "a@b@lodz.pl", "lodz.pl"] {
            assert!(!is_contact(odd), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn the_shade_that_is_offered_is_readable(number in 0_u32..0x0100_0000) {
            if let Err(rule) = readable_color(&format!("#{number:06x}")) {
                let offered = rule.split("; ").nth(1).unwrap().split(' ').next().unwrap();
                prop_assert!(readable_color(offered).is_ok(), "{}", rule);
            }
        }
    }
}
