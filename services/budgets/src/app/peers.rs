//! What this service asks of the others, as itself.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use comitia_core::ErrorCode;
use comitia_platform::auth::Viewer;
use comitia_platform::grpc::{self, AddressError, Client, MAX_MESSAGE_BYTES, ServiceIdentity};
use comitia_platform::validate;
use comitia_platform::visibility::Processes;
use comitia_platform::{ApiError, Runtime};
use comitia_proto::identity::v1::roll_service_client::RollServiceClient;
use comitia_proto::identity::v1::{CountElectorsRequest, DistrictElectors};
use comitia_proto::proposals::v1::proposal_service_client::ProposalServiceClient;
use comitia_proto::proposals::v1::{GetProposalRequest, Proposal};
use comitia_proto::spaces::v1::area_service_client::AreaServiceClient;
use comitia_proto::spaces::v1::organization_service_client::OrganizationServiceClient;
use comitia_proto::spaces::v1::process_service_client::ProcessServiceClient;
use comitia_proto::spaces::v1::{
    GetOrganizationRequest, GetProcessRequest, HoldVotePhaseRequest, ListAreasRequest, Process,
    ReleaseVotePhaseRequest,
};
use comitia_proto::voting::v1::ballot_service_client::BallotServiceClient;
use comitia_proto::voting::v1::poll_service_client::PollServiceClient;
use comitia_proto::voting::v1::{
    BallotGroup, CreatePollRequest, ExtendPollRequest, GetPollRequest, Poll, StreamBallotsRequest,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::domain::electorate::Areas;
use crate::domain::export::Place;
use crate::domain::extension::Standing;
use crate::error::Error;

/// How long a stream of all ballots of a poll may take.
const STREAM_DEADLINE: Duration = Duration::from_secs(600);

/// How many areas are asked for at once.
const AREAS_A_PAGE: i32 = 1_000;

/// The other services. Cheap to clone.
#[derive(Clone)]
pub struct Peers {
    me: ServiceIdentity,
    identity: Client,
    spaces: Client,
    proposals: Client,
    voting: Client,
    processes: Processes,
}

impl Peers {
    /// The services at the runtime's endpoints. A process is remembered for `phase_cache`.
    ///
    /// # Errors
    /// When an endpoint is not an address.
    pub fn connect(runtime: &Runtime, phase_cache: Duration) -> Result<Self, AddressError> {
        let endpoints = &runtime.endpoints;
        let me = runtime.service_identity("budgets")?;
        let spaces = runtime.connect(&endpoints.spaces)?;
        Ok(Self {
            processes: Processes::new(spaces.clone(), me.clone(), phase_cache),
            me,
            identity: runtime.connect(&endpoints.identity)?,
            spaces,
            proposals: runtime.connect(&endpoints.proposals)?,
            voting: runtime.connect(&endpoints.voting)?,
        })
    }

    /// A process with its phases.
    ///
    /// # Errors
    /// [`Error::ProcessUnknown`], or when spaces is away.
    pub async fn process(&self, organization: Uuid, id: Uuid) -> Result<Arc<Process>, Error> {
        self.processes.get(organization, id).await?.ok_or(Error::ProcessUnknown(id))
    }

    /// A process as it is now: its phases may just have been moved.
    ///
    /// # Errors
    /// As [`Peers::process`].
    pub async fn process_now(&self, organization: Uuid, id: Uuid) -> Result<Process, Error> {
        let message = GetProcessRequest { process_id: id.to_string() };
        let request = self.me.request(Some(organization), message).await?;
        let answer = ProcessServiceClient::new(self.spaces.clone()).get_process(request).await;
        found(answer)?.and_then(|answer| answer.process).ok_or(Error::ProcessUnknown(id))
    }

    /// Whether somebody may see what belongs to a process; `viewer` as in [`Processes::visible`].
    ///
    /// # Errors
    /// When spaces is away.
    pub async fn visible(&self, organization: Uuid, process: Uuid, viewer: Viewer) -> Result<bool, Error> {
        Ok(self.processes.visible(organization, process, viewer).await?)
    }

    /// Has spaces keep the phase of a vote as it is.
    ///
    /// # Errors
    /// What spaces says against the vote (`FailedPrecondition`, `NotFound`), or when spaces is away.
    pub async fn hold_vote_phase(
        &self,
        organization: Uuid,
        vote: HoldVotePhaseRequest,
    ) -> Result<(), ApiError> {
        let request = self.me.request(Some(organization), vote).await?;
        let answer = ProcessServiceClient::new(self.spaces.clone()).hold_vote_phase(request).await;
        answer.map(drop).map_err(|status| refusal(&status))
    }

    /// Lets the phase of a vote go that will not take place.
    ///
    /// # Errors
    /// When spaces is away.
    pub async fn release_vote_phase(&self, organization: Uuid, poll: Uuid) -> Result<(), Error> {
        let message = ReleaseVotePhaseRequest { poll_id: poll.to_string() };
        let request = self.me.request(Some(organization), message).await?;
        let answer = ProcessServiceClient::new(self.spaces.clone()).release_vote_phase(request).await;
        answer.map(drop).map_err(|status| failure(&status).into())
    }

    /// Where a vote is: the name of an organization, its country, and the time zone in which its days begin.
    ///
    /// # Errors
    /// When spaces is away or does not know it.
    pub async fn organization(&self, organization: Uuid) -> Result<Place, Error> {
        let request = self.me.request(Some(organization), GetOrganizationRequest {}).await?;
        let answer = OrganizationServiceClient::new(self.spaces.clone()).get_organization(request).await;
        let organization = found(answer)?.and_then(|answer| answer.organization);
        let organization = organization.unwrap_or_default();
        // An organization that says nothing lives by UTC, and spaces takes no other names than those that are known
        // here.
        let zone = organization.time_zone.parse().unwrap_or(Tz::UTC);
        Ok(Place { unit: organization.display_name, country: organization.country, zone })
    }

    /// The members of an electoral roll by district, and how many of them could vote.
    ///
    /// # Errors
    /// [`Error::RollUnknown`], or when identity is away.
    pub async fn electors(
        &self,
        organization: Uuid,
        whom: CountElectorsRequest,
    ) -> Result<Vec<DistrictElectors>, Error> {
        let request = self.me.request(Some(organization), whom).await?;
        let answer = RollServiceClient::new(self.identity.clone())
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .count_electors(request)
            .await;
        found(answer)?.map(|answer| answer.districts).ok_or(Error::RollUnknown)
    }

    /// The areas of an organization.
    ///
    /// # Errors
    /// When spaces is away.
    pub async fn areas(&self, organization: Uuid) -> Result<Areas, Error> {
        let mut client = AreaServiceClient::new(self.spaces.clone());
        let (mut areas, mut page_token) = (Vec::new(), String::new());
        loop {
            let message = ListAreasRequest { page_size: AREAS_A_PAGE, page_token };
            let request = self.me.request(Some(organization), message).await?;
            let page = client.list_areas(request).await.map_err(|status| failure(&status))?.into_inner();
            areas.extend(page.areas);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(Areas::new(areas));
            }
        }
    }

    /// Refuses the code of an area that the organization does not have; none is fine.
    ///
    /// # Errors
    /// `FIELD_INVALID`, or when spaces is away.
    pub async fn check_area(&self, organization: Uuid, code: &str) -> Result<(), Error> {
        if code.is_empty() || self.areas(organization).await?.has(code) {
            return Ok(());
        }
        Err(ApiError::invalid_field("area_code", "must be the code of an area of this organization").into())
    }

    /// A proposal; nothing when there is none.
    ///
    /// # Errors
    /// When proposals is away.
    pub async fn proposal(&self, organization: Uuid, id: Uuid) -> Result<Option<Proposal>, Error> {
        let message = GetProposalRequest { proposal_id: id.to_string() };
        let request = self.me.request(Some(organization), message).await?;
        let answer = ProposalServiceClient::new(self.proposals.clone()).get_proposal(request).await;
        Ok(found(answer)?.and_then(|answer| answer.proposal))
    }

    /// Creates a poll, or finds it created before.
    ///
    /// # Errors
    /// What voting says of the poll (`InvalidArgument`), or when voting is away.
    pub async fn create_poll(&self, organization: Uuid, poll: CreatePollRequest) -> Result<(), ApiError> {
        let request = self.me.request(Some(organization), poll).await?;
        PollServiceClient::new(self.voting.clone())
            .max_encoding_message_size(MAX_MESSAGE_BYTES)
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .create_poll(request)
            .await
            .map(|_| ())
            .map_err(|status| failure(&status))
    }

    /// Whether voting has a poll.
    ///
    /// # Errors
    /// When voting is away.
    pub async fn has_poll(&self, organization: Uuid, poll: Uuid) -> Result<bool, Error> {
        Ok(self.poll(organization, poll).await?.is_some())
    }

    /// When a poll closed, which is before its time if people closed it.
    ///
    /// # Errors
    /// When voting is away, or does not know the poll.
    pub async fn close_time(&self, organization: Uuid, poll: Uuid) -> Result<DateTime<Utc>, Error> {
        let found = self.poll(organization, poll).await?;
        let close = found.ok_or(Error::Corrupt("a sealed poll that voting does not know"))?.close_time;
        Ok(validate::time("close_time", close.as_ref()).map_err(ApiError::internal)?)
    }

    /// How a vote stands; nothing when voting does not have it.
    ///
    /// # Errors
    /// When voting is away.
    pub async fn standing(&self, organization: Uuid, poll: Uuid) -> Result<Option<Standing>, Error> {
        let Some(poll) = self.poll(organization, poll).await? else { return Ok(None) };
        let close_time =
            validate::time("close_time", poll.close_time.as_ref()).map_err(ApiError::internal)?;
        Ok(Some(Standing { state: poll.state(), close_time }))
    }

    /// Lets a poll close later.
    ///
    /// # Errors
    /// What voting says against it (`FailedPrecondition`, `NotFound`, `InvalidArgument`), or when voting is away.
    pub async fn extend_poll(&self, organization: Uuid, longer: ExtendPollRequest) -> Result<(), ApiError> {
        let request = self.me.request(Some(organization), longer).await?;
        let answer = PollServiceClient::new(self.voting.clone())
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .extend_poll(request)
            .await;
        answer.map(drop).map_err(|status| refusal(&status))
    }

    async fn poll(&self, organization: Uuid, poll: Uuid) -> Result<Option<Poll>, Error> {
        let request =
            self.me.request(Some(organization), GetPollRequest { poll_id: poll.to_string() }).await?;
        let answer = PollServiceClient::new(self.voting.clone())
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .get_poll(request)
            .await;
        Ok(found(answer)?.and_then(|answer| answer.poll))
    }

    /// The ballots of a sealed poll, equal ones together.
    ///
    /// # Errors
    /// When voting is away or refuses.
    pub async fn ballots(&self, organization: Uuid, poll: Uuid) -> Result<Vec<BallotGroup>, Error> {
        grpc::with_deadline(STREAM_DEADLINE, self.stream_ballots(organization, poll)).await
    }

    async fn stream_ballots(&self, organization: Uuid, poll: Uuid) -> Result<Vec<BallotGroup>, Error> {
        let message = StreamBallotsRequest { poll_id: poll.to_string() };
        let request = self.me.request(Some(organization), message).await?;
        let mut stream = BallotServiceClient::new(self.voting.clone())
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .stream_ballots(request)
            .await
            .map_err(|status| failure(&status))?
            .into_inner();
        let mut ballots = Vec::new();
        while let Some(part) = stream.message().await.map_err(|status| failure(&status))? {
            ballots.extend(part.groups);
        }
        Ok(ballots)
    }
}

/// An answer, or nothing when the resource does not exist.
fn found<T>(answer: Result<tonic::Response<T>, Status>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer.into_inner())),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(failure(&status).into()),
    }
}

/// What another service says against something, or what its failure is.
fn refusal(status: &Status) -> ApiError {
    match status.code() {
        Code::FailedPrecondition | Code::NotFound => ApiError::from_status(status),
        _ => failure(status),
    }
}

/// What another service's failure is to our caller: its refusal of what the caller gave, or a dependency that is away, or
/// a defect (it is we who were refused).
fn failure(status: &Status) -> ApiError {
    let error = ApiError::from_status(status);
    match (status.code(), error.code) {
        (_, ErrorCode::InvalidArgument) => error,
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
