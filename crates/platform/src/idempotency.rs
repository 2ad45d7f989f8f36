//! Requests with a `request_id` (AIP-155): the same request again gets the answer of the first time; the same id
//! with another request is refused. Ids are scoped to the caller: no caller gets another's answer.
//! Kept in the service's own `requests` table, in the use case's transaction.

use std::time::Duration;

use comitia_core::ErrorCode;
use prost::Message;
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::auth::Caller;
use crate::database::{self, Tenant};
use crate::error::{ApiError, Reason};
use crate::validate;

/// One request that carries a request id.
#[derive(Debug)]
pub struct Idempotent {
    organization: Uuid,
    caller: String,
    method: &'static str,
    request_id: Option<Uuid>,
    digest: Vec<u8>,
}

impl Idempotent {
    /// `request` of `method` by `caller` in `organization` ([`Uuid::nil`] for the platform itself), with the id that it
    /// carries; an empty id makes it an ordinary request.
    ///
    /// # Errors
    /// `FIELD_INVALID` when the id is not a UUID.
    pub fn new(
        organization: Uuid,
        caller: &Caller,
        method: &'static str,
        request_id: &str,
        request: &impl Message,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            organization,
            caller: caller.subject.clone(),
            method,
            request_id: validate::optional_uuid("request_id", request_id)?,
            digest: Sha256::digest(request.encode_to_vec()).to_vec(),
        })
    }

    /// Answers an equal request as it was answered the first time, before anything that can fail: `work` decodes the
    /// request, asks other services and writes, and does not run then. A caller whose answer was lost gets it although
    /// a service that the work needs is away by now, or a time in the request has passed.
    ///
    /// The use case still calls [`Idempotent::earlier`] and [`Idempotent::keep`] in its transaction.
    ///
    /// # Errors
    /// `REQUEST_ID_REUSED`, a failure of the database, or the error of `work`.
    pub fn run<R, E>(
        &self,
        pool: &PgPool,
        work: impl Future<Output = Result<R, E>>,
    ) -> impl Future<Output = Result<R, E>>
    where
        R: Message + Default,
        E: From<ApiError>,
    {
        // Boxed before anything waits: the caller's future would carry the whole use case.
        let work = Box::pin(work);
        async move {
            if let Some(request_id) = self.request_id {
                let mut transaction = database::begin(pool, Tenant::Organization(self.organization))
                    .await
                    .map_err(ApiError::from)?;
                if let Some(answer) = self.kept(&mut transaction, request_id).await? {
                    return Ok(answer);
                }
            }
            work.await
        }
    }

    /// The answer of the first time, if there was one. Call it first in the transaction: it makes an equal request
    /// that runs at the same time wait for this one.
    ///
    /// # Errors
    /// `REQUEST_ID_REUSED`, or a failure of the database.
    pub async fn earlier<R: Message + Default>(
        &self,
        connection: &mut PgConnection,
    ) -> Result<Option<R>, ApiError> {
        let Some(request_id) = self.request_id else { return Ok(None) };
        let inserted = sqlx::query!(
            "INSERT INTO requests (organization_id, caller, method, request_id, request_sha256, response)
             VALUES ($1, $2, $3, $4, $5, NULL) ON CONFLICT DO NOTHING",
            self.organization,
            self.caller,
            self.method,
            request_id.to_string(),
            self.digest
        )
        .execute(&mut *connection)
        .await?;
        if inserted.rows_affected() == 1 {
            return Ok(None);
        }
        let answer = self.kept(connection, request_id).await?;
        answer.map(Some).ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    async fn kept<R: Message + Default>(
        &self,
        connection: &mut PgConnection,
        request_id: Uuid,
    ) -> Result<Option<R>, ApiError> {
        let row = sqlx::query!(
            "SELECT request_sha256, response FROM requests
             WHERE organization_id = $1 AND caller = $2 AND method = $3 AND request_id = $4",
            self.organization,
            self.caller,
            self.method,
            request_id.to_string()
        )
        .fetch_optional(connection)
        .await?;
        let Some(row) = row else { return Ok(None) };
        if row.request_sha256 != self.digest {
            return Err(ApiError::new(
                ErrorCode::AlreadyExists,
                Reason::RequestIdReused,
                "the request_id was used before with another request",
            )
            .with_violation("request_id", "must be new for a new request"));
        }
        R::decode(row.response.unwrap_or_default().as_slice()).map(Some).map_err(ApiError::internal)
    }

    /// Keeps the answer, in the same transaction.
    ///
    /// # Errors
    /// When the database fails or cannot be reached.
    pub async fn keep(&self, connection: &mut PgConnection, response: &impl Message) -> Result<(), ApiError> {
        let Some(request_id) = self.request_id else { return Ok(()) };
        sqlx::query!(
            "UPDATE requests SET response = $5
             WHERE organization_id = $1 AND caller = $2 AND method = $3 AND request_id = $4",
            self.organization,
            self.caller,
            self.method,
            request_id.to_string(),
            response.encode_to_vec()
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Deletes answers older than `age`, and returns their number.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn forget(connection: &mut PgConnection, age: Duration) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!(
        "DELETE FROM requests WHERE create_time < now() - make_interval(secs => $1)",
        age.as_secs_f64()
    )
    .execute(connection)
    .await?
    .rows_affected())
}

/// As [`forget`], for one method whose answers are kept for less long than those of others.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn forget_answers_of(
    connection: &mut PgConnection,
    method: &str,
    age: Duration,
) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!(
        "DELETE FROM requests WHERE method = $1 AND create_time < now() - make_interval(secs => $2)",
        method,
        age.as_secs_f64()
    )
    .execute(connection)
    .await?
    .rows_affected())
}
