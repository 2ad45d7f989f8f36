//! Answers: bodies, entity tags and cache headers.

use std::convert::Infallible;
use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use sha2::{Digest, Sha256};

pub type BodyError = Box<dyn std::error::Error + Send + Sync>;
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// The minimum size in bytes for compression.
pub const COMPRESS_FROM: usize = 1024;

/// How long, in seconds, a cache may serve an old answer if it cannot get a new one.
const STALE_IF_ERROR: u32 = 600;

/// Capacity for the headers of an answer, including those that layers add.
const HEADERS: usize = 12;

/// A body of one frame.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// The answer to a call, or a page. Equal requests may share it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Answer {
    /// JSON, or the content of a page.
    pub body: Bytes,
    /// The headers of a page, which override those of a call. `None` for a call.
    pub page: Option<Arc<HeaderMap>>,
    /// The strong entity tag. `None` if the answer must not be cached.
    pub etag: Option<HeaderValue>,
    /// The compressed body, if compression is worthwhile. Compressed once for all who share the
    /// answer.
    pub gzip: Option<Bytes>,
}

impl Answer {
    /// An answer for its caller alone.
    pub fn private(json: impl Into<Bytes>) -> Self {
        Self { body: json.into(), page: None, etag: None, gzip: None }
    }

    /// An answer that caches may store and revalidate.
    pub fn public(json: impl Into<Bytes>) -> Self {
        let json = json.into();
        let tag = format!("\"{}\"", hex::encode(Sha256::digest(&json)));
        Self { etag: HeaderValue::from_str(&tag).ok(), gzip: compressed(&json), page: None, body: json }
    }

    /// A page that is the same for everybody.
    pub fn page(body: impl Into<Bytes>, headers: HeaderMap) -> Self {
        Self { page: Some(Arc::new(headers)), ..Self::public(body) }
    }

    /// A page for its caller alone.
    pub fn private_page(body: impl Into<Bytes>, headers: HeaderMap) -> Self {
        Self { page: Some(Arc::new(headers)), ..Self::private(body) }
    }

    /// The answer to one request. A shared cache may store it for `cache_seconds`; 0 forbids it.
    pub fn respond(&self, request: &HeaderMap, cache_seconds: u32) -> Response<Body> {
        let gzip = self.gzip.as_ref().filter(|_| takes_gzip(request));
        let (body, status) = match &self.etag {
            Some(tag) if cache_seconds > 0 && unchanged(request, tag) => {
                (Bytes::new(), StatusCode::NOT_MODIFIED)
            }
            _ => (gzip.unwrap_or(&self.body).clone(), StatusCode::OK),
        };
        let mut response = Response::new(full(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.reserve(HEADERS);
        if status == StatusCode::OK {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            if gzip.is_some() {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
        }
        match &self.etag {
            Some(tag) if cache_seconds > 0 => {
                let control = format!(
                    "public, max-age=0, s-maxage={cache_seconds}, stale-while-revalidate={cache_seconds}, \
                     stale-if-error={STALE_IF_ERROR}"
                );
                // The strong tag identifies the uncompressed bytes.
                let weak = gzip.filter(|_| status == StatusCode::OK).and_then(|_| weak(tag));
                headers.insert(header::ETAG, weak.unwrap_or_else(|| tag.clone()));
                headers.insert(header::CACHE_CONTROL, value(&control));
            }
            _ => {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
            }
        }
        headers.insert(header::VARY, HeaderValue::from_static("Authorization, Host, Accept-Encoding"));
        for (name, value) in self.page.iter().flat_map(|page| page.iter()) {
            // A 304 has no media type.
            if status == StatusCode::OK || name != header::CONTENT_TYPE {
                headers.insert(name, value.clone());
            }
        }
        response
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("no-store"))
}

/// Whether `If-None-Match` names this tag, compared weakly (RFC 9110 section 13.1.2).
pub fn unchanged(request: &HeaderMap, tag: &HeaderValue) -> bool {
    let Ok(tag) = tag.to_str() else { return false };
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag)
}

/// Whether `Accept-Encoding` names gzip and does not refuse it (RFC 9110 section 12.5.3).
pub fn takes_gzip(request: &HeaderMap) -> bool {
    request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let refused = weight.trim().strip_prefix("q=").is_some_and(|weight| {
                weight.starts_with('0') && weight.bytes().all(|byte| matches!(byte, b'0' | b'.'))
            });
            name.trim().eq_ignore_ascii_case("gzip") && !refused
        })
}

fn weak(tag: &HeaderValue) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("W/{}", tag.to_str().ok()?)).ok()
}

/// The compressed bytes, if there are enough for compression to be worthwhile.
fn compressed(json: &[u8]) -> Option<Bytes> {
    if json.len() < COMPRESS_FROM {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(json.len() / 4), Compression::fast());
    encoder.write_all(json).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(if_none_match: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_str(if_none_match).unwrap())])
    }

    #[test]
    fn equal_answers_have_equal_tags_and_are_not_sent_twice() {
        let answer = Answer::public("{}");
        let tag = answer.etag.clone().unwrap();
        assert_eq!(tag, Answer::public("{}").etag.unwrap());
        assert_ne!(tag, Answer::public("{ }").etag.unwrap());
        let tag = tag.to_str().unwrap();
        for given in [tag.to_owned(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let response = answer.clone().respond(&request(&given), 2);
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{given}");
            assert_eq!(response.headers()[header::ETAG], tag);
        }
        assert_eq!(answer.respond(&request("\"other\""), 2).status(), StatusCode::OK);
    }

    #[test]
    fn private_answers_stay_private() {
        let response = Answer::private("{}").respond(&request("*"), 2);
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CACHE_CONTROL], "private, no-store");
        assert!(!response.headers().contains_key(header::ETAG));
    }

    #[test]
    fn the_tag_of_a_compressed_body_is_weak() {
        let request = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("br, gzip"))]);
        let long = Answer::public("a".repeat(COMPRESS_FROM)).respond(&request, 2);
        assert_eq!(long.headers()[header::CONTENT_ENCODING], "gzip");
        assert!(long.headers()[header::ETAG].to_str().unwrap().starts_with("W/\""));
        let short = Answer::public("{}").respond(&request, 2);
        assert!(!short.headers().contains_key(header::CONTENT_ENCODING));
        assert!(short.headers()[header::ETAG].to_str().unwrap().starts_with('"'));
    }

    #[test]
    fn gzip_is_for_those_who_take_it() {
        let takes = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        for value in ["gzip", "GZIP", "br;q=1.0, gzip;q=0.5", "deflate,gzip"] {
            assert!(takes(value), "{value}");
        }
        for value in ["", "br", "gzip;q=0", "gzip; q=0.0", "x-gzip"] {
            assert!(!takes(value), "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
