//! Answers: their bodies, entity tags, and what caches may do with them.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use sha2::{Digest, Sha256};

/// What can break a body off.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;
/// The body of an answer.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// How long, in seconds, a cache may give an old answer when it gets no new one.
const STALE_IF_ERROR: u32 = 600;

/// A body that is there at once.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// The answer to a call, as equal requests share it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The JSON.
    pub json: Bytes,
    /// Its strong entity tag; nothing when no cache may keep it.
    pub etag: Option<HeaderValue>,
}

impl Answer {
    /// An answer that is for its caller alone.
    pub fn private(json: impl Into<Bytes>) -> Self {
        Self { json: json.into(), etag: None }
    }

    /// An answer that caches may keep and ask for again by its tag.
    pub fn public(json: impl Into<Bytes>) -> Self {
        let json = json.into();
        let tag = format!("\"{}\"", hex::encode(Sha256::digest(&json)));
        Self { etag: HeaderValue::from_str(&tag).ok(), json }
    }

    /// The answer to one request. `cache_seconds` is how long a shared cache may keep it; 0 is not at all.
    pub fn respond(self, request: &HeaderMap, cache_seconds: u32) -> Response<Body> {
        let (body, status) = match &self.etag {
            Some(tag) if cache_seconds > 0 && unchanged(request, tag) => {
                (Bytes::new(), StatusCode::NOT_MODIFIED)
            }
            _ => (self.json, StatusCode::OK),
        };
        let mut response = Response::new(full(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if status == StatusCode::OK {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        match self.etag {
            Some(tag) if cache_seconds > 0 => {
                let control = format!(
                    "public, max-age=0, s-maxage={cache_seconds}, stale-while-revalidate={cache_seconds}, \
                     stale-if-error={STALE_IF_ERROR}"
                );
                headers.insert(header::ETAG, tag);
                headers.insert(header::CACHE_CONTROL, value(&control));
            }
            _ => {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
            }
        }
        headers.insert(header::VARY, HeaderValue::from_static("Authorization, Host"));
        response
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("no-store"))
}

/// Whether `If-None-Match` names this tag (compared weakly, RFC 9110 section 13.1.2).
fn unchanged(request: &HeaderMap, tag: &HeaderValue) -> bool {
    let Ok(tag) = tag.to_str() else { return false };
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag)
}

/// A compressed body is not the one whose digest the strong tag is: the tag becomes weak.
pub fn weaken_tag_of_compressed<B>(mut response: Response<B>) -> Response<B> {
    let headers = response.headers_mut();
    if headers.contains_key(header::CONTENT_ENCODING)
        && let Some(tag) = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok())
        && !tag.starts_with("W/")
        && let Ok(weak) = HeaderValue::from_str(&format!("W/{tag}"))
    {
        headers.insert(header::ETAG, weak);
    }
    response
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
        let mut response = Answer::public("{}").respond(&HeaderMap::new(), 2);
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        let response = weaken_tag_of_compressed(weaken_tag_of_compressed(response));
        assert!(response.headers()[header::ETAG].to_str().unwrap().starts_with("W/\""));
    }
}
