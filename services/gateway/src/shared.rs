//! Answers that equal public reads share.

use std::time::{Duration, Instant};

use bytes::Bytes;
use comitia_platform::ApiError;
use moka::Expiry;
use moka::future::Cache;
use uuid::Uuid;

use crate::answer::Answer;
use crate::error::Error;

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

#[derive(Clone, Debug)]
struct Shared {
    answer: Answer,
    good_for: Duration,
}

struct GoodFor;

impl Expiry<Key, Shared> for GoodFor {
    fn expire_after_create(&self, _: &Key, shared: &Shared, _: Instant) -> Option<Duration> {
        Some(shared.good_for)
    }
}

impl SharedAnswers {
    /// None yet.
    pub fn new() -> Self {
        let weight = |key: &Key, shared: &Shared| {
            u32::try_from(key.2.len() + shared.answer.json.len() + 256).unwrap_or(u32::MAX)
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
    ) -> Result<Answer, Error> {
        if let Some(shared) = self.answers.get(&key).await {
            return Ok(shared.answer);
        }
        let good_for = MAX_AGE.min(Duration::from_secs(cache_seconds.into()));
        let fetch = async {
            let answer = fetch.await.map_err(ApiError::from)?;
            Ok::<_, ApiError>(Shared { answer, good_for })
        };
        Ok(self.answers.try_get_with(key, fetch).await?.answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_are_kept_and_errors_are_not() {
        let shared = SharedAnswers::new();
        let key = || (1, None, Bytes::from_static(b"request"));
        let refused = shared.answer(key(), 2, async { Err(Error::Overloaded) }).await.unwrap_err();
        assert_eq!(ApiError::from(refused).reason_name(), "OVERLOADED");
        let first = shared.answer(key(), 2, async { Ok(Answer::public("1")) }).await.unwrap();
        let second = shared.answer(key(), 2, async { Ok(Answer::public("2")) }).await.unwrap();
        assert_eq!((&first.json[..], &second.json[..]), (&b"1"[..], &b"1"[..]));
        let other = (1, Some(Uuid::nil()), Bytes::from_static(b"request"));
        let other = shared.answer(other, 2, async { Ok(Answer::public("3")) }).await.unwrap();
        assert_eq!(&other.json[..], b"3", "another organization has its own");
    }
}
