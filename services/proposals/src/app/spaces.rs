//! What this service asks of spaces, as itself.

use std::sync::Arc;
use std::time::Duration;

use comitia_core::ErrorCode;
use comitia_platform::grpc::{self, Client, ServiceIdentity};
use comitia_platform::{ApiError, Runtime, validate};
use comitia_proto::spaces::v1::process_service_client::ProcessServiceClient;
use comitia_proto::spaces::v1::{GetProcessRequest, PhaseKind, Process};
use moka::future::Cache;
use uuid::Uuid;

use crate::error::Error;

/// The most processes that are remembered.
const REMEMBERED_PROCESSES: u64 = 10_000;

/// The spaces service. Cheap to clone.
#[derive(Clone)]
pub struct Spaces {
    me: ServiceIdentity,
    client: Client,
    processes: Cache<(Uuid, Uuid), Arc<Process>>,
}

impl Spaces {
    /// The spaces service at the runtime's endpoint. A process is remembered for `remember`.
    ///
    /// # Errors
    /// When the endpoint is not an address.
    pub fn connect(runtime: &Runtime, remember: Duration) -> Result<Self, tonic::transport::Error> {
        Ok(Self {
            me: runtime.service_identity("proposals")?,
            client: grpc::connect(&runtime.endpoints.spaces)?,
            processes: Cache::builder().max_capacity(REMEMBERED_PROCESSES).time_to_live(remember).build(),
        })
    }

    /// Refuses a process that does not take proposals at `now`. Phases are compared here, not by spaces' current phase,
    /// so that what is remembered does not outlive the end of a phase.
    ///
    /// # Errors
    /// `ProcessUnknown`, `ProcessNotPublished`, `PhaseNotOpen`, or that spaces is away.
    pub async fn require_submission(
        &self,
        organization: Uuid,
        process_id: Uuid,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<(), Error> {
        let process = self.process(organization, process_id).await?;
        if !process.published {
            return Err(Error::ProcessNotPublished);
        }
        let open = process.phases.iter().any(|phase| {
            let time = |field, value| validate::time(field, value);
            phase.kind() == PhaseKind::Submission
                && time("start_time", phase.start_time.as_ref()).is_ok_and(|start| start <= now)
                && time("end_time", phase.end_time.as_ref()).is_ok_and(|end| now < end)
        });
        if open { Ok(()) } else { Err(Error::PhaseNotOpen) }
    }

    async fn process(&self, organization: Uuid, process_id: Uuid) -> Result<Arc<Process>, Error> {
        if let Some(process) = self.processes.get(&(organization, process_id)).await {
            return Ok(process);
        }
        let message = GetProcessRequest { process_id: process_id.to_string() };
        let request = self.me.request(Some(organization), message).await?;
        let answer = ProcessServiceClient::new(self.client.clone()).get_process(request).await.map_err(|status| {
            let error = ApiError::from_status(&status);
            if error.code == ErrorCode::NotFound {
                Error::ProcessUnknown(process_id)
            } else {
                ApiError::unavailable(error).into()
            }
        })?;
        let process = Arc::new(answer.into_inner().process.ok_or(Error::ProcessUnknown(process_id))?);
        self.processes.insert((organization, process_id), Arc::clone(&process)).await;
        Ok(process)
    }
}
