//! Refusals for want of room, ready to send. In a rush there are more of them than of anything else, and what they cost is
//! not there for those who are let in.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;

use crate::http::error::{self, Error};
use crate::http::headers::{REQUEST_ID, request_id};

/// No refusal asks for more patience, in seconds: [`comitia_platform::limit::jitter`] of one second is less.
const LONGEST: u64 = 4;

/// The ready refusals, by the seconds after which to try again.
#[derive(Debug)]
pub struct Refusals(Vec<Ready>);

#[derive(Debug)]
struct Ready {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Refusals {
    /// Refusals with `headers`, those of every answer.
    pub fn new(headers: &[(HeaderName, HeaderValue)]) -> Self {
        let ready = |seconds| {
            let error = Error::Overloaded { retry_after: Duration::from_secs(seconds) };
            let (status, mut own, body) = error::parts(error, "");
            own.extend(headers.iter().cloned());
            Ready { status, headers: own, body: body.into() }
        };
        Self((1..=LONGEST).map(ready).collect())
    }

    /// The refusal of a request with these headers.
    pub fn overloaded(&self, retry_after: Duration, request: &HeaderMap) -> Response<Full<Bytes>> {
        let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
        let place = usize::try_from(seconds.clamp(1, LONGEST) - 1).unwrap_or(0);
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
