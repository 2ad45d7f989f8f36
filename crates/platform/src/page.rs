//! Pages (AIP-158). A page token is opaque and bound to the method and its filters by a digest.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use comitia_core::ErrorCode;
use sha2::{Digest, Sha256};

use crate::error::{ApiError, Reason};

/// How many items a page has when the request does not say.
const DEFAULT_SIZE: i64 = 50;
/// The most that a page may have.
const MAX_SIZE: i64 = 1000;

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

/// The cursor in a token made by [`token`] with the same scope; nothing for the first page.
///
/// # Errors
/// `PAGE_TOKEN_INVALID` for any other token.
pub fn cursor(scope: &str, token: &str) -> Result<Option<String>, ApiError> {
    if token.is_empty() {
        return Ok(None);
    }
    URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| {
            let (sent, cursor) = bytes.split_at_checked(8)?;
            let cursor = std::str::from_utf8(cursor).ok()?;
            (digest(scope, cursor) == sent).then(|| cursor.to_owned())
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
        assert_eq!(cursor("polls", &made).unwrap().as_deref(), Some("0192"));
        assert!(cursor("rolls", &made).is_err());
        assert!(cursor("polls", "not a token").is_err());
        assert_eq!(cursor("polls", "").unwrap(), None);
    }

    #[test]
    fn only_a_full_page_has_a_next_one() {
        let mut items = vec![1, 2, 3];
        let next = cut(&mut items, 2, "numbers", ToString::to_string);
        assert_eq!((items.len(), cursor("numbers", &next).unwrap().as_deref()), (2, Some("2")));
        assert_eq!(cut(&mut items, 2, "numbers", ToString::to_string), "");
    }
}
