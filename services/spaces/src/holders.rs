//! What the other services say of proposals and projects that photos and documents hang on.

use std::collections::HashMap;
use std::time::Duration;

use comitia_platform::auth::Viewer;
use comitia_platform::grpc::{AddressError, Client, ServiceIdentity};
use comitia_platform::{ApiError, Runtime};
use comitia_proto::budgets::v1::CheckProjectFilesRequest;
use comitia_proto::budgets::v1::project_service_client::ProjectServiceClient;
use comitia_proto::proposals::v1::proposal_service_client::ProposalServiceClient;
use comitia_proto::proposals::v1::{CheckProposalFilesRequest, ProposalFiles};
use moka::future::Cache;
use tonic::Code;
use uuid::Uuid;

use crate::domain::standing::Standing;

/// The most proposals and projects that are remembered.
const CAPACITY: u64 = 20_000;

/// Asks proposals and budgets. Cheap to clone.
#[derive(Clone)]
pub struct Holders {
    me: ServiceIdentity,
    proposals: Client,
    budgets: Client,
    /// By organization and proposal or project: whether everybody may see its files. A page has many photos.
    public: Cache<(Uuid, Uuid), bool>,
}

impl std::fmt::Debug for Holders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holders").finish_non_exhaustive()
    }
}

impl Holders {
    /// The services at the runtime's endpoints. What everybody may see is remembered for `keep`.
    ///
    /// # Errors
    /// When an endpoint is not an address.
    pub fn connect(runtime: &Runtime, keep: Duration) -> Result<Self, AddressError> {
        Ok(Self {
            me: runtime.service_identity(crate::SERVICE)?,
            proposals: runtime.connect(&runtime.endpoints.proposals)?,
            budgets: runtime.connect(&runtime.endpoints.budgets)?,
            public: Cache::builder().max_capacity(CAPACITY).time_to_live(keep).build(),
        })
    }

    /// What holds for those of these proposals that exist. `author` is who asks, empty for anybody.
    ///
    /// # Errors
    /// `DEPENDENCY_UNAVAILABLE` when proposals is away.
    pub async fn proposals(
        &self,
        organization: Uuid,
        ids: &[Uuid],
        author: &str,
    ) -> Result<HashMap<Uuid, Standing>, ApiError> {
        if author.is_empty()
            && let Some(known) = self.known(organization, ids).await
        {
            return Ok(known);
        }
        let message = CheckProposalFilesRequest {
            proposal_ids: ids.iter().map(ToString::to_string).collect(),
            author: author.to_owned(),
        };
        let request = self.me.request(Some(organization), message).await?;
        let answer = ProposalServiceClient::new(self.proposals.clone()).check_proposal_files(request).await;
        let answer =
            answer.map_err(|status| ApiError::unavailable(ApiError::from_status(&status)))?.into_inner();
        let mut found = HashMap::new();
        for files in answer.proposals {
            let Ok(id) = files.proposal_id.parse::<Uuid>() else { continue };
            self.public.insert((organization, id), files.public).await;
            let ProposalFiles { public, own, open, .. } = files;
            found.insert(id, Standing { public, own, open, ..Standing::default() });
        }
        Ok(found)
    }

    /// What anybody may know of proposals, if all of them were asked about a moment ago.
    async fn known(&self, organization: Uuid, ids: &[Uuid]) -> Option<HashMap<Uuid, Standing>> {
        let mut known = HashMap::with_capacity(ids.len());
        for id in ids {
            let public = self.public.get(&(organization, *id)).await?;
            known.insert(*id, Standing { public, ..Standing::default() });
        }
        Some(known)
    }

    /// Who may see the files of a project, everybody or `viewer`; nothing when it does not exist.
    ///
    /// # Errors
    /// `DEPENDENCY_UNAVAILABLE` when budgets is away.
    pub async fn project(
        &self,
        organization: Uuid,
        id: Uuid,
        viewer: Viewer,
    ) -> Result<Option<Standing>, ApiError> {
        // What a preview shows is asked about each time: its link may have been revoked.
        if let Some(public) = self.public.get(&(organization, id)).await
            && (public || !matches!(viewer, Viewer::Preview(_)))
        {
            return Ok(Some(Standing { public, ..Standing::default() }));
        }
        Ok(self.ask_project(organization, id, None, viewer).await?.map(|(standing, _)| standing))
    }

    /// The same, and whether it has this report.
    ///
    /// # Errors
    /// As [`Holders::project`].
    pub async fn ask_project(
        &self,
        organization: Uuid,
        id: Uuid,
        report: Option<Uuid>,
        viewer: Viewer,
    ) -> Result<Option<(Standing, bool)>, ApiError> {
        let code_digest = match viewer {
            Viewer::Preview(digest) => digest.to_vec(),
            Viewer::Public | Viewer::Staff => Vec::new(),
        };
        let message = CheckProjectFilesRequest {
            project_id: id.to_string(),
            report_id: report.map(|id| id.to_string()).unwrap_or_default(),
            code_digest,
        };
        let request = self.me.request(Some(organization), message).await?;
        match ProjectServiceClient::new(self.budgets.clone()).check_project_files(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                self.public.insert((organization, id), answer.public).await;
                let (public, previewed) = (answer.public, answer.previewed);
                let standing = Standing { public, previewed, ..Standing::default() };
                Ok(Some((standing, answer.report_found)))
            }
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(ApiError::unavailable(ApiError::from_status(&status))),
        }
    }
}
