//! What spaces says of processes and organizations.

use std::sync::Arc;
use std::time::Duration;

use comitia_platform::grpc::{Client, ServiceIdentity};
use comitia_platform::visibility::Processes;
use comitia_platform::{ApiError, validate};
use comitia_proto::spaces::v1::area_service_client::AreaServiceClient;
use comitia_proto::spaces::v1::organization_service_client::OrganizationServiceClient;
use comitia_proto::spaces::v1::{GetOrganizationRequest, ListAreasRequest, PhaseKind, Process};
use moka::future::Cache;
use uuid::Uuid;

use crate::domain::languages::Dictionaries;
use crate::domain::submission::Submission;
use crate::error::Error;

/// When a process takes proposals. The dates are compared with the present time at each question, so that
/// an answer is late only when somebody has changed them.
///
/// # Errors
/// [`Error::ProcessUnknown`]; `DEPENDENCY_UNAVAILABLE` when spaces is away.
pub async fn submission(
    processes: &Processes,
    organization: Uuid,
    process: Uuid,
) -> Result<Submission, Error> {
    let found = processes.get(organization, process).await?.ok_or(Error::ProcessUnknown(process))?;
    Ok(submission_of(&found)?)
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

/// How many areas are asked for at once.
const AREAS_A_PAGE: i32 = 1_000;
/// The most organizations that are remembered.
const CAPACITY: u64 = 10_000;

/// Asks spaces about organizations, as the service itself. Cheap to clone.
#[derive(Clone)]
pub struct Organizations {
    client: Client,
    me: ServiceIdentity,
    known: Cache<Uuid, Arc<Dictionaries>>,
}

impl std::fmt::Debug for Organizations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Organizations").finish_non_exhaustive()
    }
}

impl Organizations {
    /// Asks at `client` as `me`. What readers search by is remembered for `keep`.
    #[must_use]
    pub fn new(client: Client, me: ServiceIdentity, keep: Duration) -> Self {
        Self { client, me, known: Cache::builder().max_capacity(CAPACITY).time_to_live(keep).build() }
    }

    /// The dictionaries of an organization's languages, as they are now.
    ///
    /// # Errors
    /// When spaces is away.
    pub async fn dictionaries(&self, organization: Uuid) -> Result<Arc<Dictionaries>, Error> {
        let request = self.me.request(Some(organization), GetOrganizationRequest {}).await?;
        let answer = OrganizationServiceClient::new(self.client.clone()).get_organization(request).await;
        let found = answer.map_err(ApiError::unavailable)?.into_inner().organization.unwrap_or_default();
        let dictionaries = Arc::new(Dictionaries::of(&found.languages));
        self.known.insert(organization, dictionaries.clone()).await;
        Ok(dictionaries)
    }

    /// The same, as they were a moment ago.
    ///
    /// # Errors
    /// When spaces is away.
    pub async fn known_dictionaries(&self, organization: Uuid) -> Result<Arc<Dictionaries>, Error> {
        match self.known.get(&organization).await {
            Some(known) => Ok(known),
            None => self.dictionaries(organization).await,
        }
    }

    /// Refuses the code of an area that the organization does not have; none is fine.
    ///
    /// # Errors
    /// `FIELD_INVALID`, or when spaces is away.
    pub async fn check_area(&self, organization: Uuid, code: &str) -> Result<(), Error> {
        let mut page_token = String::new();
        let mut client = AreaServiceClient::new(self.client.clone());
        while !code.is_empty() {
            let message = ListAreasRequest { page_size: AREAS_A_PAGE, page_token };
            let request = self.me.request(Some(organization), message).await?;
            let page = client.list_areas(request).await.map_err(ApiError::unavailable)?.into_inner();
            if page.areas.iter().any(|area| area.code == code) {
                break;
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                let rule = "must be the code of an area of this organization";
                return Err(ApiError::invalid_field("area_code", rule).into());
            }
        }
        Ok(())
    }
}
