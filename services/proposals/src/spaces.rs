//! What spaces says of processes, kept for a moment.

use std::sync::Arc;
use std::time::Duration;

use comitia_core::ErrorCode;
use comitia_platform::grpc::{Client, ServiceIdentity};
use comitia_platform::{ApiError, validate};
use comitia_proto::spaces::v1::process_service_client::ProcessServiceClient;
use comitia_proto::spaces::v1::{GetProcessRequest, PhaseKind, Process};
use moka::future::Cache;
use uuid::Uuid;

use crate::domain::submission::Submission;
use crate::error::Error;

/// Processes that are kept at once.
const CAPACITY: u64 = 10_000;

/// Asks spaces about processes. Cheap to clone.
#[derive(Clone)]
pub struct Spaces {
    client: ProcessServiceClient<Client>,
    identity: ServiceIdentity,
    /// By organization and process. The dates are kept and compared with the present time at each question, so that
    /// an answer is late only when somebody has changed them.
    known: Cache<(Uuid, Uuid), Arc<Submission>>,
}

impl std::fmt::Debug for Spaces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spaces").finish_non_exhaustive()
    }
}

impl Spaces {
    /// Asks at `client` as `identity`, and keeps answers for `keep`.
    #[must_use]
    pub fn new(client: Client, identity: ServiceIdentity, keep: Duration) -> Self {
        let known = Cache::builder().max_capacity(CAPACITY).time_to_live(keep).build();
        Self { client: ProcessServiceClient::new(client), identity, known }
    }

    /// When a process takes proposals.
    ///
    /// # Errors
    /// [`Error::ProcessUnknown`]; `DEPENDENCY_UNAVAILABLE` when spaces is away.
    pub async fn submission(&self, organization: Uuid, process: Uuid) -> Result<Arc<Submission>, Error> {
        if let Some(known) = self.known.get(&(organization, process)).await {
            return Ok(known);
        }
        let found = Arc::new(submission_of(&self.process(organization, process).await?)?);
        self.known.insert((organization, process), found.clone()).await;
        Ok(found)
    }

    async fn process(&self, organization: Uuid, process: Uuid) -> Result<Process, Error> {
        let message = GetProcessRequest { process_id: process.to_string() };
        let request = self.identity.request(Some(organization), message).await?;
        match self.client.clone().get_process(request).await {
            Ok(answer) => Ok(answer
                .into_inner()
                .process
                .ok_or_else(|| ApiError::internal("spaces answered without a process"))?),
            Err(status) => {
                let error = ApiError::from_status(&status);
                Err(match error.code {
                    ErrorCode::NotFound => Error::ProcessUnknown(process),
                    ErrorCode::Unavailable | ErrorCode::DeadlineExceeded | ErrorCode::ResourceExhausted => {
                        ApiError::unavailable(error).into()
                    }
                    _ => ApiError::internal(error).into(),
                })
            }
        }
    }
}

fn submission_of(process: &Process) -> Result<Submission, ApiError> {
    let phases = process
        .phases
        .iter()
        .filter(|phase| phase.kind() == PhaseKind::Submission)
        .map(|phase| {
            let start = validate::time("start_time", phase.start_time.as_ref())?;
            Ok((start, validate::time("end_time", phase.end_time.as_ref())?))
        })
        .collect::<Result<_, ApiError>>()
        .map_err(ApiError::internal)?;
    Ok(Submission { published: process.published, phases })
}
