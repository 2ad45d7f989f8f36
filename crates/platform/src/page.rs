//! Pages (AIP-158). A page token is opaque and bound to the method and its filters by a digest.
//!
//! The digest has no key, so anybody can make a token: what comes back is input like any other. [`cursor`] gives it to whoever
//! asks only once it is read as what the method put in, and refuses everything else in one way.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike, Utc};
use comitia_core::ErrorCode;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::{ApiError, Reason};

/// How many items a page has when the request does not say.
const DEFAULT_SIZE: i64 = 50;
/// The most that a page may have.
const MAX_SIZE: i64 = 1000;
/// The longest token: a cursor holds an id and a title or a time at most.
const MAX_TOKEN: usize = 4096;

/// The number of items of a page: 50 when `asked` is 0, 1000 at the most.
///
/// # Errors
/// `FIELD_INVALID` when it is negative.
pub fn size(asked: i32) -> Result<i64, ApiError> {
    match i64::from(asked) {
        ..0 => Err(ApiError::invalid_field("page_size", "must not be negative")),
        0 => Ok(DEFAULT_SIZE),
        asked => Ok(asked.min(MAX_SIZE)),
    }
}

/// The token for the page after `cursor`, bound to `scope` (the method and its filters).
#[must_use]
pub fn token(scope: &str, cursor: &str) -> String {
    URL_SAFE_NO_PAD.encode([digest(scope, cursor).as_slice(), cursor.as_bytes()].concat())
}

/// The cursor in a token made by [`token`] with the same scope, as `read` understands it; nothing for the first page.
///
/// # Errors
/// `PAGE_TOKEN_INVALID` for any other token, and where `read` gives nothing.
pub fn cursor<T>(
    scope: &str,
    token: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    if token.is_empty() {
        return Ok(None);
    }
    Some(token)
        .filter(|token| token.len() <= MAX_TOKEN)
        .and_then(|token| URL_SAFE_NO_PAD.decode(token).ok())
        .and_then(|bytes| {
            let (sent, cursor) = bytes.split_at_checked(8)?;
            // PostgreSQL takes no text with a zero byte.
            let cursor = std::str::from_utf8(cursor).ok().filter(|cursor| !cursor.contains('\0'))?;
            if digest(scope, cursor) == sent { read(cursor) } else { None }
        })
        .map(Some)
        .ok_or_else(|| {
            ApiError::new(
                ErrorCode::InvalidArgument,
                Reason::PageTokenInvalid,
                "the page_token was not made by this method with these parameters",
            )
            .with_violation("page_token", "must be the next_page_token of an answer to the same request")
        })
}

/// Reads a cursor that is an id.
#[must_use]
pub fn id(cursor: &str) -> Option<Uuid> {
    Uuid::parse_str(cursor).ok()
}

/// Reads a cursor of microseconds since the epoch and an id, where the time is one that PostgreSQL and the API know: the years 1
/// to 9999.
#[must_use]
pub fn time_and_id(cursor: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let (micros, id) = cursor.split_once(' ')?;
    let time = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
    (1..=9999).contains(&time.year()).then_some((time, self::id(id)?))
}

/// Cuts `items`, read with a limit of `size + 1`, to a page, and makes the token of the next one.
pub fn cut<T>(items: &mut Vec<T>, size: i64, scope: &str, cursor: impl Fn(&T) -> String) -> String {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if items.len() <= size {
        return String::new();
    }
    items.truncate(size);
    items.last().map(|last| token(scope, &cursor(last))).unwrap_or_default()
}

fn digest(scope: &str, cursor: &str) -> Vec<u8> {
    let mut sha = Sha256::new();
    sha.update(scope.as_bytes());
    sha.update([0]);
    sha.update(cursor.as_bytes());
    sha.finalize()[..8].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_only_for_its_own_scope() {
        let made = token("polls", "0192");
        let text = |cursor: &str| Some(cursor.to_owned());
        assert_eq!(cursor("polls", &made, text).unwrap().as_deref(), Some("0192"));
        assert!(cursor("rolls", &made, text).is_err());
        assert!(cursor("polls", "not a token", text).is_err());
        assert_eq!(cursor("polls", "", text).unwrap(), None);
    }

    #[test]
    fn a_forged_token_is_refused_like_any_wrong_one() {
        let refused = |cursor: Result<Option<String>, ApiError>| match cursor {
            Err(error) => error.reason == Reason::PageTokenInvalid,
            Ok(_) => false,
        };
        let zero = token("projects", "P\u{0}1");
        assert!(refused(cursor("projects", &zero, |cursor| Some(cursor.to_owned()))));
        let long = token("projects", &"a".repeat(MAX_TOKEN));
        assert!(refused(cursor("projects", &long, |cursor| Some(cursor.to_owned()))));
        let id = Uuid::from_u128(7);
        for odd in ["", "x", "1", "1 x", "x 1"] {
            assert!(refused(cursor("polls", &token("polls", odd), time_and_id).map(|_| None)), "{odd}");
        }
        for micros in [i64::MIN, -70_000_000_000_000_000, 260_000_000_000_000_000, i64::MAX] {
            let far = token("polls", &format!("{micros} {id}"));
            assert!(refused(cursor("polls", &far, time_and_id).map(|_| None)), "{micros}");
        }
        let time = DateTime::from_timestamp_micros(1_780_300_800_000_001).unwrap();
        assert_eq!(
            cursor("polls", &token("polls", &format!("{} {id}", time.timestamp_micros())), time_and_id)
                .unwrap(),
            Some((time, id))
        );
        assert!(refused(cursor("rolls", &token("rolls", "no id"), self::id).map(|_| None)));
    }

    #[test]
    fn only_a_full_page_has_a_next_one() {
        let mut items = vec![1, 2, 3];
        let next = cut(&mut items, 2, "numbers", ToString::to_string);
        let read = |cursor: &str| cursor.parse::<u8>().ok();
        assert_eq!((items.len(), cursor("numbers", &next, read).unwrap()), (2, Some(2)));
        assert_eq!(cut(&mut items, 2, "numbers", ToString::to_string), "");
    }
}
