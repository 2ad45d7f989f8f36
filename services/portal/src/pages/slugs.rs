//! Addresses that speak: the title in plain letters, a hyphen, and the id as 32 hexadecimal digits. The id alone decides;
//! a title that was changed since, or cut off in a mail, leads to the address as it is now.

use std::collections::HashMap;
use std::fmt::Write as _;

use axum::extract::{FromRequestParts, Path};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::error::PageError;
use crate::visit::Visit;

/// How much of a title an address has.
const TITLE_MAX: usize = 60;
const ID_DIGITS: usize = 32;

/// A slug as it came.
#[derive(Debug)]
pub struct Slug {
    given: String,
    /// The id in it.
    pub id: Uuid,
}

impl Slug {
    /// Reads a slug.
    ///
    /// # Errors
    /// [`PageError::NotFound`] for what has no id at its end.
    pub fn parse(given: String) -> Result<Self, PageError> {
        let (title, id) = given
            .len()
            .checked_sub(ID_DIGITS)
            .and_then(|start| given.split_at_checked(start))
            .ok_or(PageError::NotFound)?;
        if !(title.is_empty() || title.ends_with('-')) || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(PageError::NotFound);
        }
        let id = Uuid::try_parse(id).map_err(|_| PageError::NotFound)?;
        Ok(Self { given, id })
    }

    /// The id as services write it.
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    /// Where the page really is, when the address was another one. `address` makes the path of a slug.
    pub fn moved(
        &self,
        visit: &Visit,
        title: &str,
        address: impl FnOnce(&str) -> String,
    ) -> Option<Response> {
        let right = of(title, self.id);
        (right != self.given).then(|| moved_to(visit, &visit.link(&address(&right))))
    }
}

/// The `{slug}` of a route.
impl<S: Send + Sync> FromRequestParts<S> for Slug {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let Path(mut path) = path.map_err(|_| PageError::NotFound)?;
        Self::parse(path.remove("slug").unwrap_or_default())
    }
}

fn moved_to(visit: &Visit, path: &str) -> Response {
    let query = visit.query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
    let mut response = StatusCode::MOVED_PERMANENTLY.into_response();
    // A slug is plain letters, and a query came through a header.
    if let Ok(location) = HeaderValue::from_str(&format!("{path}{query}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// The slug of a thing with this title.
#[must_use]
pub fn of(title: &str, id: Uuid) -> String {
    let mut slug = plain(title);
    if !slug.is_empty() {
        slug.push('-');
    }
    // Writing to a String cannot fail.
    let _ = write!(slug, "{}", id.simple());
    slug
}

/// The slug of a thing whose id a service gave as text; an id that is none leads nowhere.
#[must_use]
pub fn of_text(title: &str, id: &str) -> String {
    of(title, Uuid::try_parse(id).unwrap_or_default())
}

/// A title in lower-case ASCII letters, digits and single hyphens, cut off between words. Of scripts that have no such letters
/// nothing is left.
#[must_use]
pub fn plain(title: &str) -> String {
    let mut text = String::new();
    for letter in folded(title).chars() {
        if letter.is_ascii_alphanumeric() {
            text.push(letter);
        } else if !text.is_empty() && !text.ends_with('-') {
            text.push('-');
        }
    }
    if text.len() > TITLE_MAX {
        let whole = text[..=TITLE_MAX].rfind('-').unwrap_or(TITLE_MAX);
        text.truncate(whole);
    }
    text.truncate(text.trim_end_matches('-').len());
    text
}

/// Lower case, letters without their accents, ligatures as two letters: what is searched and compared.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().flat_map(char::to_lowercase).nfkd() {
        match letter {
            // Accents, which the decomposition has put behind their letters.
            '\u{300}'..='\u{36f}' => {}
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
            letter => folded.push(letter),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: Uuid = Uuid::from_u128(0x0192_f0c1_0000_7000_8000_0000_0000_0001);
    const DIGITS: &str = "0192f0c1000070008000000000000001";

    #[test]
    fn titles_become_plain_letters() {
        let cases = [
            ("Jardin d’hiver à l’École", "jardin-d-hiver-a-l-ecole"),
            ("Park Źródliska, Łódź!", "park-zrodliska-lodz"),
            ("  -- 2,5 km of Straßenbahn --  ", "2-5-km-of-strassenbahn"),
            ("Œuvre", "oeuvre"),
            ("حديقة عامة", ""),
            ("Дерева", ""),
            ("木 trees", "trees"),
            ("<script>alert(1)</script>", "script-alert-1-script"),
            ("", ""),
        ];
        for (title, slug) in cases {
            assert_eq!(plain(title), slug, "{title}");
        }
        assert_eq!(of("Trees", ID), format!("trees-{DIGITS}"));
        assert_eq!(of("木", ID), DIGITS);
    }

    #[test]
    fn long_titles_end_between_words() {
        let title = "a tree for every street of the old town and the new one by the river";
        assert_eq!(plain(title), "a-tree-for-every-street-of-the-old-town-and-the-new-one-by");
        assert_eq!(plain(&"x".repeat(200)).len(), TITLE_MAX);
    }

    #[test]
    fn only_what_ends_with_an_id_is_a_slug() {
        for good in
            [format!("trees-{DIGITS}"), DIGITS.to_owned(), format!("-{DIGITS}"), DIGITS.to_uppercase()]
        {
            assert_eq!(Slug::parse(good.clone()).unwrap().id, ID, "{good}");
        }
        let bad = [
            String::new(),
            "trees".into(),
            format!("trees{DIGITS}"),
            DIGITS[1..].into(),
            format!("trees-{}", &DIGITS[1..]),
            format!("trees-{DIGITS}-"),
            format!("trees-{DIGITS}x"),
            ID.to_string(),
            "é".repeat(20),
        ];
        for bad in bad {
            assert!(Slug::parse(bad.clone()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_slug_leads_back_to_its_id(title in any::<String>(), id in any::<u128>()) {
            let id = Uuid::from_u128(id);
            let slug = of(&title, id);
            prop_assert!(slug.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')));
            prop_assert!(slug.len() <= TITLE_MAX + 1 + ID_DIGITS);
            let parsed = Slug::parse(slug.clone()).unwrap();
            prop_assert_eq!(parsed.id, id);
            prop_assert_eq!(parsed.given, slug);
        }

        #[test]
        fn whatever_comes_is_read_or_not_there(given in any::<String>()) {
            let _ = Slug::parse(given);
        }
    }
}
