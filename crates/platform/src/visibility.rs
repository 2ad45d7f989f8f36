//! Who may see what belongs to a process: the public once the process is published, staff and services
//! before, and who has the code of its preview. Every service that keeps something of processes asks here before it shows it, and answers as if
//! it did not exist.

use std::sync::Arc;
use std::time::Duration;

use comitia_core::ErrorCode;
use comitia_proto::spaces::v1::preview_service_client::PreviewServiceClient;
use comitia_proto::spaces::v1::process_service_client::ProcessServiceClient;
use comitia_proto::spaces::v1::{CheckPreviewRequest, GetProcessRequest, Process};
use moka::future::Cache;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::auth::Viewer;
use crate::error::ApiError;
use crate::grpc::{Client, ServiceIdentity};

/// The cache's capacity, in processes.
const CAPACITY: u64 = 10_000;
/// How long a code is remembered: a link that was revoked shows nothing after that.
const PREVIEW_KEPT: Duration = Duration::from_secs(2);

/// Asks spaces about processes, as the service itself. Cheap to clone.
#[derive(Clone)]
pub struct Processes {
    client: ProcessServiceClient<Client>,
    previews: PreviewServiceClient<Client>,
    me: ServiceIdentity,
    /// By organization and process.
    known: Cache<(Uuid, Uuid), Arc<Process>>,
    /// Those that are published, and stay so: they are asked for once.
    published: Cache<(Uuid, Uuid), ()>,
    /// Whether the code with this digest shows a process.
    previewed: Cache<(Uuid, Uuid, [u8; 32]), bool>,
}

impl std::fmt::Debug for Processes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Processes").finish_non_exhaustive()
    }
}

impl Processes {
    /// Asks at `client` as `me`. An answer is remembered for `keep`.
    #[must_use]
    pub fn new(client: Client, me: ServiceIdentity, keep: Duration) -> Self {
        Self {
            client: ProcessServiceClient::new(client.clone()),
            previews: PreviewServiceClient::new(client),
            me,
            known: Cache::builder().max_capacity(CAPACITY).time_to_live(keep).build(),
            published: Cache::builder().max_capacity(CAPACITY).build(),
            previewed: Cache::builder().max_capacity(CAPACITY).time_to_live(PREVIEW_KEPT).build(),
        }
    }

    /// A process with its phases, published or not; nothing when it does not exist.
    ///
    /// # Errors
    /// `DEPENDENCY_UNAVAILABLE` when spaces is away.
    pub async fn get(&self, organization: Uuid, process: Uuid) -> Result<Option<Arc<Process>>, ApiError> {
        let key = (organization, process);
        if let Some(known) = self.known.get(&key).await {
            return Ok(Some(known));
        }
        let message = GetProcessRequest { process_id: process.to_string() };
        let request = self.me.request(Some(organization), message).await?;
        let found = match self.client.clone().get_process(request).await {
            Ok(answer) => answer.into_inner().process,
            Err(status) if status.code() == Code::NotFound => None,
            Err(status) => return Err(failure(&status)),
        };
        let Some(found) = found.map(Arc::new) else { return Ok(None) };
        if found.published {
            self.published.insert(key, ()).await;
        }
        self.known.insert(key, found.clone()).await;
        Ok(Some(found))
    }

    /// Whether somebody may see what belongs to a process.
    ///
    /// # Errors
    /// As [`Processes::get`]. Not for staff, for whom nothing is asked.
    pub async fn visible(&self, organization: Uuid, process: Uuid, viewer: Viewer) -> Result<bool, ApiError> {
        if viewer == Viewer::Staff || self.published.contains_key(&(organization, process)) {
            return Ok(true);
        }
        match (self.get(organization, process).await?, viewer) {
            (None, _) => Ok(false),
            (Some(found), _) if found.published => Ok(true),
            (Some(_), Viewer::Preview(digest)) => self.previewed(organization, process, digest).await,
            (Some(_), _) => Ok(false),
        }
    }

    /// Whether a code shows a process now.
    async fn previewed(&self, organization: Uuid, process: Uuid, digest: [u8; 32]) -> Result<bool, ApiError> {
        let key = (organization, process, digest);
        if let Some(known) = self.previewed.get(&key).await {
            return Ok(known);
        }
        let message = CheckPreviewRequest { process_id: process.to_string(), code_digest: digest.to_vec() };
        let request = self.me.request(Some(organization), message).await?;
        let answer = self.previews.clone().check_preview(request).await.map_err(|status| failure(&status))?;
        let shown = answer.into_inner().shown;
        self.previewed.insert(key, shown).await;
        Ok(shown)
    }
}

/// The dependency is away, or this service has a defect: the refusal is not the caller's fault.
fn failure(status: &Status) -> ApiError {
    let error = ApiError::from_status(status);
    match (status.code(), error.code) {
        (Code::Unknown, _)
        | (
            _,
            ErrorCode::Unavailable
            | ErrorCode::DeadlineExceeded
            | ErrorCode::ResourceExhausted
            | ErrorCode::Aborted
            | ErrorCode::Unauthenticated,
        ) => ApiError::unavailable(error),
        _ => ApiError::internal(error),
    }
}
