//! An organization's colour, as a style sheet of its own: pages have no inline style. The colour is the sheet's name, so that
//! what is at an address never changes, and a new colour is a new address.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

/// The path of the sheet of a colour such as `#1a4d8f`; nothing for no colour.
pub fn path(color: &str) -> Option<String> {
    let digits = color.strip_prefix('#')?;
    is_color(digits).then(|| format!("/theme/{digits}.css"))
}

/// The sheet. White stands on every colour that an organization may have (`UpdateOrganization` sees to it).
pub async fn show(Path(name): Path<String>) -> Response {
    let Some(digits) = name.strip_suffix(".css").filter(|digits| is_color(digits)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = format!(":root{{--brand:#{digits};--on-brand:#fff}}").into_response();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_color(digits: &str) -> bool {
    digits.len() == 6 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_colour_has_a_sheet_and_nothing_else_has() {
        assert_eq!(path("#1a4d8f").as_deref(), Some("/theme/1a4d8f.css"));
        for odd in ["", "1a4d8f", "#1A4D8F", "#fff", "#1a4d8f;}"] {
            assert_eq!(path(odd), None, "{odd}");
        }
    }
}
