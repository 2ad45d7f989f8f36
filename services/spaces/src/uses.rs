//! What the other services have of an area.

use comitia_platform::grpc::{AddressError, Client, ServiceIdentity};
use comitia_platform::{ApiError, Runtime};
use comitia_proto::budgets::v1::CountAreaBudgetsRequest;
use comitia_proto::budgets::v1::budget_service_client::BudgetServiceClient;
use comitia_proto::identity::v1::CountDistrictMembersRequest;
use comitia_proto::identity::v1::roll_service_client::RollServiceClient;
use comitia_proto::proposals::v1::CountAreaProposalsRequest;
use comitia_proto::proposals::v1::proposal_service_client::ProposalServiceClient;
use uuid::Uuid;

use crate::domain::area::Uses;

/// Asks the services that name areas. Cheap to clone.
#[derive(Clone)]
pub struct Users {
    me: ServiceIdentity,
    identity: Client,
    proposals: Client,
    budgets: Client,
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Users").finish_non_exhaustive()
    }
}

impl Users {
    /// The services at the runtime's endpoints.
    ///
    /// # Errors
    /// When an endpoint is not an address.
    pub fn connect(runtime: &Runtime) -> Result<Self, AddressError> {
        Ok(Self {
            me: runtime.service_identity(crate::SERVICE)?,
            identity: runtime.connect(&runtime.endpoints.identity)?,
            proposals: runtime.connect(&runtime.endpoints.proposals)?,
            budgets: runtime.connect(&runtime.endpoints.budgets)?,
        })
    }

    /// How often an area is used.
    ///
    /// # Errors
    /// `DEPENDENCY_UNAVAILABLE` when one of the services is away.
    pub async fn of_area(&self, organization: Uuid, code: &str) -> Result<Uses, ApiError> {
        let organization = Some(organization);
        let request =
            self.me.request(organization, CountAreaBudgetsRequest { area_code: code.into() }).await?;
        let budgets = BudgetServiceClient::new(self.budgets.clone()).count_area_budgets(request).await;
        let request =
            self.me.request(organization, CountAreaProposalsRequest { area_code: code.into() }).await?;
        let proposals =
            ProposalServiceClient::new(self.proposals.clone()).count_area_proposals(request).await;
        let request =
            self.me.request(organization, CountDistrictMembersRequest { district: code.into() }).await?;
        let members = RollServiceClient::new(self.identity.clone()).count_district_members(request).await;
        let away = |status| ApiError::unavailable(ApiError::from_status(&status));
        Ok(Uses {
            budgets: budgets.map_err(away)?.into_inner().budget_count,
            proposals: proposals.map_err(away)?.into_inner().proposal_count,
            members: members.map_err(away)?.into_inner().member_count,
        })
    }
}
