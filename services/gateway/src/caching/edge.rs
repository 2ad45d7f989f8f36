//! Shared answers with all their headers, ready for the wire: in a rush on one page, a request
//! costs one cache look-up.
//!
//! An entry is one of the [`crate::caching::shared`] answers, by host name, path and query. It
//! expires with that answer. Requests that might get another answer bypass this cache: those with a
//! session, and those of other origins' pages.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::Full;
use moka::Expiry;
use moka::future::Cache;
use opentelemetry::KeyValue;

use crate::http::answer::{self, Answer};
use crate::http::headers::{REQUEST_ID, is_personal, is_request_id};
use crate::http::host::host;
use crate::http::telemetry::Metrics;

/// In bytes.
const CAPACITY: u64 = 32 << 20;

/// The cache. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Edge {
    entries: Cache<String, Arc<Entry>>,
    headers: Arc<[(HeaderName, HeaderValue)]>,
    metrics: Metrics,
}

/// An answer in every form that a request may accept.
#[derive(Debug)]
struct Entry {
    until: Instant,
    plain: Form,
    gzip: Option<Form>,
    unchanged: HeaderMap,
    etag: HeaderValue,
    found: [KeyValue; 3],
    not_modified: [KeyValue; 3],
}

#[derive(Debug)]
struct Form {
    headers: HeaderMap,
    body: Bytes,
}

struct Until;

impl Expiry<String, Arc<Entry>> for Until {
    fn expire_after_create(&self, _: &String, entry: &Arc<Entry>, now: Instant) -> Option<Duration> {
        Some(entry.until.saturating_duration_since(now))
    }
}

impl Edge {
    /// `headers` are added to every answer.
    pub fn new(headers: Vec<(HeaderName, HeaderValue)>, metrics: Metrics) -> Self {
        let weight = |key: &String, entry: &Arc<Entry>| {
            let gzip = entry.gzip.as_ref().map_or(0, |form| form.body.len());
            u32::try_from(key.len() + entry.plain.body.len() + gzip + 2048).unwrap_or(u32::MAX)
        };
        let entries = Cache::builder().max_capacity(CAPACITY).weigher(weight).expire_after(Until).build();
        Self { entries, headers: headers.into(), metrics }
    }

    /// The answer to a request, if it is cached.
    pub async fn answer<B: Body>(&self, request: &Request<B>) -> Option<Response<Full<Bytes>>> {
        let started = Instant::now();
        let key = key(request.method(), request.uri(), request.headers())?;
        let entry = self.entries.get(&key).await?;
        if entry.until <= started || !request.body().is_end_stream() {
            return None;
        }
        let mut response = Response::new(Full::default());
        let attributes = if answer::unchanged(request.headers(), &entry.etag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.headers_mut() = entry.unchanged.clone();
            &entry.not_modified
        } else {
            let gzip = entry.gzip.as_ref().filter(|_| answer::takes_gzip(request.headers()));
            let form = gzip.unwrap_or(&entry.plain);
            *response.headers_mut() = form.headers.clone();
            if request.method() != Method::HEAD {
                *response.body_mut() = Full::new(form.body.clone());
            }
            &entry.found
        };
        if let Some(id) = request.headers().get(REQUEST_ID)
            && id.to_str().is_ok_and(is_request_id)
        {
            response.headers_mut().insert(REQUEST_ID, id.clone());
        }
        self.metrics.record_as(attributes, started.elapsed());
        Some(response)
    }

    /// Caches an answer for requests like this one.
    pub async fn keep(
        &self,
        request: &http::request::Parts,
        route: &str,
        answer: &Answer,
        cache_seconds: u32,
        until: Instant,
    ) {
        let Some(key) = key(&request.method, &request.uri, &request.headers) else { return };
        let Some(etag) = answer.etag.clone() else { return };
        let build = async {
            let form = |accepts: &HeaderMap| {
                let (mut parts, ()) = answer.respond(accepts, cache_seconds).map(drop).into_parts();
                for (name, value) in &*self.headers {
                    parts.headers.entry(name).or_insert_with(|| value.clone());
                }
                parts.headers
            };
            let length = |body: &Bytes| HeaderValue::from(body.len());
            let accepts = |name, value| HeaderMap::from_iter([(name, value)]);
            let mut plain = Form { headers: form(&HeaderMap::new()), body: answer.body.clone() };
            plain.headers.insert(header::CONTENT_LENGTH, length(&plain.body));
            let gzip = answer.gzip.clone().map(|body| {
                let mut headers = form(&accepts(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip")));
                headers.insert(header::CONTENT_LENGTH, length(&body));
                Form { headers, body }
            });
            Arc::new(Entry {
                until,
                plain,
                gzip,
                unchanged: form(&accepts(header::IF_NONE_MATCH, etag.clone())),
                etag,
                found: Metrics::attributes(&Method::GET, route, StatusCode::OK),
                not_modified: Metrics::attributes(&Method::GET, route, StatusCode::NOT_MODIFIED),
            })
        };
        self.entries.get_with(key, build).await;
    }
}

/// Host name, path and query of a read that has the same answer for every caller.
fn key(method: &Method, uri: &http::Uri, headers: &HeaderMap) -> Option<String> {
    if !matches!(*method, Method::GET | Method::HEAD)
        || headers.contains_key(header::AUTHORIZATION)
        || headers.contains_key(header::ORIGIN)
        || is_personal(headers)
    {
        return None;
    }
    let host = host(uri, headers).unwrap_or_default();
    let path = uri.path_and_query()?.as_str();
    let mut key = String::with_capacity(host.len() + path.len());
    // A path begins with a slash, which no host name contains.
    key.push_str(host);
    key.push_str(path);
    Some(key)
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Empty};

    use super::*;

    fn request(headers: &[(HeaderName, &'static str)]) -> Request<Empty<Bytes>> {
        let mut request = Request::builder().uri("/v1/polls/7?a=b").header(header::HOST, "city.example");
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        request.body(Empty::new()).unwrap()
    }

    async fn edge(json: String, good_for: Duration) -> Edge {
        let nosniff = (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let edge = Edge::new(vec![nosniff], Metrics::new());
        let (parts, _) = request(&[]).into_parts();
        edge.keep(&parts, "/v1/polls/{poll_id}", &Answer::public(json), 2, Instant::now() + good_for).await;
        edge
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn an_answer_comes_back_with_all_its_headers() {
        let edge = edge("{\"poll\":{}}".into(), LONG).await;
        let response = edge.answer(&request(&[(REQUEST_ID, "mine-1")])).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        for (name, value) in [
            (header::CONTENT_TYPE, "application/json"),
            (header::CONTENT_LENGTH, "11"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REQUEST_ID, "mine-1"),
            (
                header::CACHE_CONTROL,
                "public, max-age=0, s-maxage=2, stale-while-revalidate=2, stale-if-error=600",
            ),
        ] {
            assert_eq!(response.headers()[&name], value, "{name}");
        }
        let etag = response.headers()[header::ETAG].clone();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "{\"poll\":{}}");
        let mut again = request(&[]);
        again.headers_mut().insert(header::IF_NONE_MATCH, etag);
        let again = edge.answer(&again).await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert!(again.into_body().collect().await.unwrap().to_bytes().is_empty());
    }

    #[tokio::test]
    async fn a_long_answer_is_compressed_for_those_who_take_it() {
        let edge = edge(format!("\"{}\"", "a".repeat(5_000)), LONG).await;
        let gzip = edge.answer(&request(&[(header::ACCEPT_ENCODING, "br, gzip")])).await.unwrap();
        assert_eq!(gzip.headers()[header::CONTENT_ENCODING], "gzip");
        assert!(gzip.headers()[header::ETAG].to_str().unwrap().starts_with("W/"));
        assert!(gzip.into_body().collect().await.unwrap().to_bytes().len() < 500);
        let plain = edge.answer(&request(&[(header::ACCEPT_ENCODING, "gzip;q=0")])).await.unwrap();
        assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
        assert_eq!(plain.into_body().collect().await.unwrap().to_bytes().len(), 5_002);
    }

    #[tokio::test]
    async fn what_could_get_another_answer_does_not_get_this_one() {
        let edge = edge("{}".into(), LONG).await;
        for headers in [
            vec![(header::AUTHORIZATION, "Bearer token")],
            vec![(header::ORIGIN, "https://elsewhere.example")],
        ] {
            assert!(edge.answer(&request(&headers)).await.is_none(), "{headers:?}");
        }
        let mut post = request(&[]);
        *post.method_mut() = Method::POST;
        assert!(edge.answer(&post).await.is_none());
        let mut other = request(&[]);
        other.headers_mut().insert(header::HOST, HeaderValue::from_static("other.example"));
        assert!(edge.answer(&other).await.is_none());
        let mut other = request(&[]);
        *other.uri_mut() = "/v1/polls/7?a=c".parse().unwrap();
        assert!(edge.answer(&other).await.is_none());
    }

    #[tokio::test]
    async fn what_is_too_old_is_gone() {
        let edge = edge("{}".into(), Duration::ZERO).await;
        assert!(edge.answer(&request(&[])).await.is_none());
    }
}
