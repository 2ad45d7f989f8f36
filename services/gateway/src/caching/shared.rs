//! Answers that equal public reads share. Concurrent misses are coalesced into one call
//! (single-flight).

use std::time::{Duration, Instant};

use bytes::Bytes;
use comitia_platform::ApiError;
use moka::Expiry;
use moka::future::Cache;
use uuid::Uuid;

use crate::http::answer::Answer;
use crate::http::error::Error;

/// The maximum age of a shared answer: enough to absorb a rush. Longer caching is up to the CDN.
const MAX_AGE: Duration = Duration::from_secs(2);
/// In bytes.
const CAPACITY: u64 = 64 << 20;

/// The index of the route, the organization and the encoded request. Equal keys have equal answers.
pub type Key = (usize, Option<Uuid>, Bytes);

/// The cache. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SharedAnswers {
    answers: Cache<Key, Shared>,
}

#[derive(Clone, Debug)]
pub struct Shared {
    pub answer: Answer,
    pub until: Instant,
}

struct GoodFor;

impl Expiry<Key, Shared> for GoodFor {
    fn expire_after_create(&self, _: &Key, shared: &Shared, now: Instant) -> Option<Duration> {
        Some(shared.until.saturating_duration_since(now))
    }
}

impl SharedAnswers {
    pub fn new() -> Self {
        let weight = |key: &Key, shared: &Shared| {
            let gzip = shared.answer.gzip.as_ref().map_or(0, Bytes::len);
            u32::try_from(key.2.len() + shared.answer.body.len() + gzip + 256).unwrap_or(u32::MAX)
        };
        Self {
            answers: Cache::builder().max_capacity(CAPACITY).weigher(weight).expire_after(GoodFor).build(),
        }
    }

    /// The answer for `key`: the cached one, or that of `fetch`, which concurrent callers share.
    ///
    /// # Errors
    /// That of `fetch`, for all callers that waited for it. Errors are not cached.
    pub async fn answer(
        &self,
        key: Key,
        cache_seconds: u32,
        fetch: impl Future<Output = Result<Answer, Error>>,
    ) -> Result<Shared, Error> {
        let good_for = MAX_AGE.min(Duration::from_secs(cache_seconds.into()));
        let fetch = async {
            // Age counts from the request: a later change may be missing in the answer.
            let until = Instant::now() + good_for;
            let answer = fetch.await.map_err(ApiError::from)?;
            Ok::<_, ApiError>(Shared { answer, until })
        };
        Ok(self.answers.try_get_with(key, fetch).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_are_kept_and_errors_are_not() {
        let shared = SharedAnswers::new();
        let key = || (1, None, Bytes::from_static(b"request"));
        let refused = shared.answer(key(), 2, async { Err(Error::TooManyStreams) }).await.unwrap_err();
        assert_eq!(ApiError::from(refused).reason_name(), "RATE_LIMITED");
        let first = shared.answer(key(), 2, async { Ok(Answer::public("1")) }).await.unwrap();
        let second = shared.answer(key(), 2, async { Ok(Answer::public("2")) }).await.unwrap();
        assert_eq!((&first.answer.body[..], &second.answer.body[..]), (&b"1"[..], &b"1"[..]));
        let other = (1, Some(Uuid::nil()), Bytes::from_static(b"request"));
        let other = shared.answer(other, 2, async { Ok(Answer::public("3")) }).await.unwrap();
        assert_eq!(&other.answer.body[..], b"3", "another organization has its own");
    }
}
