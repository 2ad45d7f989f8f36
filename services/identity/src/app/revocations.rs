//! The list of revoked sessions, from the database to every process.

use chrono::TimeDelta;
use comitia_platform::ApiError;
use comitia_platform::auth::revocations::{Batch, Revoked};
use comitia_platform::validate;
use comitia_proto::identity::v1::{ListRevocationsResponse, Revocation};
use sqlx::PgPool;
use std::time::Duration;
use tokio::time::Instant;

use crate::app::App;
use crate::app::sessions::OPERATOR_SESSION;
use crate::error::Error;
use crate::store::revocations;

/// How much longer than a token lives its session is listed: the clocks of database and replicas differ, and a token that is
/// being issued has a life before it.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// How long a revoked session is listed: as long as the longest access token lives.
pub(crate) fn kept(app: &App) -> TimeDelta {
    kept_with(app.policy.access_token)
}

/// How long a revocation is kept, where access tokens live so long.
#[must_use]
pub fn kept_with(access_token: TimeDelta) -> TimeDelta {
    access_token.max(OPERATOR_SESSION) + MARGIN
}

/// Reads the list for the first time.
///
/// # Errors
/// When the database is away.
pub async fn load(app: &App) -> Result<(), Error> {
    let asked = Instant::now();
    let batch = read(app, &app.pool, 0).await?;
    app.revocations.apply(0, asked, batch);
    Ok(())
}

/// What the database knows beyond a watermark.
///
/// # Errors
/// When the database is away.
pub async fn read(app: &App, pool: &PgPool, since: u64) -> Result<Batch, Error> {
    let number = |text: u64| i64::try_from(text).unwrap_or(i64::MAX);
    let kept = kept(app);
    // Read the watermark first: a commit between the two statements is above it, and read again the next time.
    let watermark = revocations::watermark(pool).await?;
    let rows = revocations::since(pool, number(since), kept).await?;
    let revoked = rows.into_iter().map(|row| Revoked {
        session: row.session_id,
        expire_time: row.session_expire_time.min(row.revoke_time + kept),
        transaction: row.transaction_id.unsigned_abs(),
    });
    Ok(Batch { revoked: revoked.collect(), watermark: watermark.unsigned_abs(), age: Duration::ZERO })
}

/// The revocations that this process knows beyond a watermark, with their age.
///
/// # Errors
/// Before the list was read for the first time.
pub fn list(app: &App, since: u64) -> Result<ListRevocationsResponse, ApiError> {
    let batch = app
        .revocations
        .since(since)
        .ok_or_else(|| ApiError::unavailable("the list of revoked sessions was not read yet"))?;
    let revocations = batch.revoked.into_iter().map(|revoked| Revocation {
        session_id: revoked.session.as_bytes().to_vec(),
        expire_time: Some(validate::timestamp(revoked.expire_time)),
    });
    Ok(ListRevocationsResponse {
        revocations: revocations.collect(),
        watermark: batch.watermark,
        // Rounded up: a list must not seem fresher than it is.
        age_ms: u64::try_from(batch.age.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX),
    })
}
