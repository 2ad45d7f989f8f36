//! Answers that equal public reads share.

use std::time::{Duration, Instant};

use bytes::Bytes;
use comitia_platform::ApiError;
use moka::Expiry;
use moka::future::Cache;
use uuid::Uuid;

use crate::http::answer::Answer;
use crate::http::error::Error;

/// How long, at the most, an answer is shared: enough that a rush costs the services next to nothing. Keeping it
/// longer is for the caches in front.
const MAX_AGE: Duration = Duration::from_secs(2);
/// How many bytes of answers are kept.
const CAPACITY: u64 = 64 << 20;

/// The number of the route, the organization and the encoded request: equal keys have equal answers.
pub type Key = (usize, Option<Uuid>, Bytes);

/// The answers of a moment. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SharedAnswers {
    answers: Cache<Key, Shared>,
}

/// An answer that equal requests share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The answer.
    pub answer: Answer,
    /// Until when it is young enough.
    pub until: Instant,
}

struct GoodFor;

impl Expiry<Key, Shared> for GoodFor {
    fn expire_after_create(&self, _: &Key, shared: &Shared, now: Instant) -> Option<Duration> {
        Some(shared.until.saturating_duration_since(now))
    }
}

impl SharedAnswers {
    /// None yet.
    pub fn new() -> Self {
        let weight = |key: &Key, shared: &Shared| {
            let gzip = shared.answer.gzip.as_ref().map_or(0, Bytes::len);
            u32::try_from(key.2.len() + shared.answer.body.len() + gzip + 256).unwrap_or(u32::MAX)
        };
        Self {
            answers: Cache::builder().max_capacity(CAPACITY).weigher(weight).expire_after(GoodFor).build(),
        }
    }

    /// The answer to `key`: one of this moment, or the one that `fetch` gives, which those who ask meanwhile get too.
    ///
    /// # Errors
    /// That of `fetch`, for all who waited for it; errors are not kept.
    pub async fn answer(
        &self,
        key: Key,
        cache_seconds: u32,
        fetch: impl Future<Output = Result<Answer, Error>>,
    ) -> Result<Shared, Error> {
        let good_for = MAX_AGE.min(Duration::from_secs(cache_seconds.into()));
        let fetch = async {
            // It is as old as the question: what changed since may not be in it.
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
