//! Load shedding: `OVERLOADED` refusals encoded in advance. In a rush they are the most common
//! answer, and what they cost is missing for admitted requests.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;

use crate::http::error::{self, Error};
use crate::http::headers::{REQUEST_ID, request_id};

/// The maximum `Retry-After` in seconds. [`comitia_platform::limit::jitter`] of one second stays
/// below it.
const MAX_RETRY_AFTER: u64 = 4;

/// Encoded refusals by `Retry-After`.
#[derive(Debug)]
pub struct Refusals(Vec<Ready>);

#[derive(Debug)]
struct Ready {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Refusals {
    /// Adds `headers` to each refusal.
    pub fn new(headers: &[(HeaderName, HeaderValue)]) -> Self {
        let ready = |seconds| {
            let error = Error::Overloaded { retry_after: Duration::from_secs(seconds) };
            let (status, mut own, body) = error::parts(error, "");
            own.extend(headers.iter().cloned());
            Ready { status, headers: own, body: body.into() }
        };
        Self((1..=MAX_RETRY_AFTER).map(ready).collect())
    }

    pub fn overloaded(&self, retry_after: Duration, request: &HeaderMap) -> Response<Full<Bytes>> {
        let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
        let place = usize::try_from(seconds.clamp(1, MAX_RETRY_AFTER) - 1).unwrap_or(0);
        let mut response = Response::new(Full::default());
        if let Some(ready) = self.0.get(place) {
            *response.status_mut() = ready.status;
            *response.headers_mut() = ready.headers.clone();
            *response.body_mut() = Full::new(ready.body.clone());
        }
        if let Ok(id) = HeaderValue::from_str(&request_id(request)) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use http::header;
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_refusal_is_polite_and_complete() {
        let every = (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let refusals = Refusals::new(&[every]);
        let request = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static("mine"))]);
        for (millis, seconds) in [(0, "1"), (1_000, "1"), (1_001, "2"), (3_999, "4"), (9_000, "4")] {
            let response = refusals.overloaded(Duration::from_millis(millis), &request);
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(response.headers()[header::RETRY_AFTER], seconds);
            assert_eq!(response.headers()[header::CONTENT_TYPE], error::PROBLEM_JSON);
            assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert_eq!(response.headers()[REQUEST_ID], "mine");
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((problem["reason"].as_str(), problem.get("trace_id")), (Some("OVERLOADED"), None));
        }
        let odd = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static("<script>"))]);
        let id = refusals.overloaded(Duration::ZERO, &odd).headers()[REQUEST_ID].clone();
        assert!(uuid::Uuid::parse_str(id.to_str().unwrap()).is_ok(), "{id:?}");
    }
}
