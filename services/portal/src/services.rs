//! The services, as a page calls them: with the session of the person who looks, for the organization that they came to.

use std::sync::Arc;
use std::time::Duration;

use comitia_platform::Runtime;
use comitia_platform::grpc::{AddressError, Client, MAX_MESSAGE_BYTES};
use comitia_proto::budgets::v1::budget_service_client::BudgetServiceClient;
use comitia_proto::budgets::v1::checklist_service_client::ChecklistServiceClient;
use comitia_proto::budgets::v1::project_service_client::ProjectServiceClient;
use comitia_proto::identity::v1::account_provider_service_client::AccountProviderServiceClient;
use comitia_proto::identity::v1::association_service_client::AssociationServiceClient;
use comitia_proto::identity::v1::desk_service_client::DeskServiceClient;
use comitia_proto::identity::v1::participant_service_client::ParticipantServiceClient;
use comitia_proto::identity::v1::passkey_service_client::PasskeyServiceClient;
use comitia_proto::identity::v1::permit_service_client::PermitServiceClient;
use comitia_proto::identity::v1::provider_service_client::ProviderServiceClient;
use comitia_proto::identity::v1::roll_service_client::RollServiceClient;
use comitia_proto::identity::v1::session_service_client::SessionServiceClient;
use comitia_proto::identity::v1::staff_service_client::StaffServiceClient;
use comitia_proto::proposals::v1::proposal_service_client::ProposalServiceClient;
use comitia_proto::spaces::v1::act_service_client::ActServiceClient;
use comitia_proto::spaces::v1::area_service_client::AreaServiceClient;
use comitia_proto::spaces::v1::attachment_service_client::AttachmentServiceClient;
use comitia_proto::spaces::v1::organization_service_client::OrganizationServiceClient;
use comitia_proto::spaces::v1::preview_service_client::PreviewServiceClient;
use comitia_proto::spaces::v1::process_service_client::ProcessServiceClient;
use comitia_proto::spaces::v1::{GetOrganizationRequest, Organization};
use comitia_proto::voting::v1::ballot_service_client::BallotServiceClient;
use comitia_proto::voting::v1::correction_service_client::CorrectionServiceClient;
use comitia_proto::voting::v1::log_service_client::LogServiceClient;
use comitia_proto::voting::v1::paper_ballot_service_client::PaperBallotServiceClient;
use comitia_proto::voting::v1::poll_service_client::PollServiceClient;
use moka::future::Cache;
use tonic::metadata::MetadataValue;
use uuid::Uuid;

use comitia_platform::auth::ORGANIZATION_HEADER;

use crate::error::PageError;

/// How long the name and looks of an organization are good for.
const ORGANIZATION_GOOD_FOR: Duration = Duration::from_secs(5);
const ORGANIZATIONS: u64 = 10_000;

/// Channels to the services. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    identity: Client,
    spaces: Client,
    proposals: Client,
    budgets: Client,
    voting: Client,
    organizations: Cache<Uuid, Arc<Organization>>,
}

macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident: $client:ident over $channel:ident;)*) => {
        impl Services {
            $($(#[$doc])* pub fn $name(&self) -> $client<Client> {
                $client::new(self.$channel.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES)
            })*
        }
    };
}

clients! {
    /// Signing in and out.
    sign_in: SessionServiceClient over identity;
    /// Participants' accounts.
    participants: ParticipantServiceClient over identity;
    /// Accounts of people who sign in at a provider.
    account_providers: AccountProviderServiceClient over identity;
    /// Associations.
    associations: AssociationServiceClient over identity;
    /// Passkeys of the team.
    passkeys: PasskeyServiceClient over identity;
    /// Visits at the desk.
    desk: DeskServiceClient over identity;
    /// Permits.
    permits: PermitServiceClient over identity;
    /// Sign-ins at providers.
    providers: ProviderServiceClient over identity;
    /// What identity knows of a member.
    rolls: RollServiceClient over identity;
    /// The team.
    staff: StaffServiceClient over identity;
    /// Organizations.
    organization: OrganizationServiceClient over spaces;
    /// Processes.
    processes: ProcessServiceClient over spaces;
    /// Previews of processes that are not published.
    previews: PreviewServiceClient over spaces;
    /// Areas.
    areas: AreaServiceClient over spaces;
    /// The log of the organization.
    acts: ActServiceClient over spaces;
    /// Photos and documents.
    attachments: AttachmentServiceClient over spaces;
    /// Proposals.
    proposals: ProposalServiceClient over proposals;
    /// Budgets and results.
    budgets: BudgetServiceClient over budgets;
    /// What is made sure of before votes.
    checklists: ChecklistServiceClient over budgets;
    /// Projects.
    projects: ProjectServiceClient over budgets;
    /// Polls.
    polls: PollServiceClient over voting;
    /// Ballots on paper.
    paper: PaperBallotServiceClient over voting;
    /// Ballots and receipts.
    ballots: BallotServiceClient over voting;
    /// The logs of signatures.
    logs: LogServiceClient over voting;
    /// What of signatures is set aside or restored.
    corrections: CorrectionServiceClient over voting;
}

impl Services {
    /// Channels to the services at the runtime's endpoints, which connect when they are first used.
    ///
    /// # Errors
    /// When an address is not one.
    pub fn new(runtime: &Runtime) -> Result<Self, AddressError> {
        let endpoints = &runtime.endpoints;
        Ok(Self {
            identity: runtime.connect(&endpoints.identity)?,
            spaces: runtime.connect(&endpoints.spaces)?,
            proposals: runtime.connect(&endpoints.proposals)?,
            budgets: runtime.connect(&endpoints.budgets)?,
            voting: runtime.connect(&endpoints.voting)?,
            organizations: Cache::builder()
                .max_capacity(ORGANIZATIONS)
                .time_to_live(ORGANIZATION_GOOD_FOR)
                .build(),
        })
    }

    /// Forgets what this replica knows of an organization, because it was changed here.
    pub async fn forget_organization(&self, id: Uuid) {
        self.organizations.invalidate(&id).await;
    }

    /// The organization that a request is for: its name, time zone and looks, a few seconds old at the most.
    ///
    /// # Errors
    /// When spaces is away.
    pub async fn organization_of(&self, id: Uuid) -> Result<Arc<Organization>, PageError> {
        let ask = async {
            let answer =
                self.organization().get_organization(for_organization(id, GetOrganizationRequest {})).await?;
            let organization = answer.into_inner().organization;
            organization.map(Arc::new).ok_or_else(|| tonic::Status::internal("spaces gave no organization"))
        };
        self.organizations
            .try_get_with(id, ask)
            .await
            .map_err(|status: Arc<tonic::Status>| PageError::from((*status).clone()))
    }
}

/// `message` as a request for an organization, of nobody in particular.
pub fn for_organization<T>(id: Uuid, message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    if let Ok(value) = MetadataValue::try_from(id.to_string()) {
        request.metadata_mut().insert(ORGANIZATION_HEADER, value);
    }
    request
}
