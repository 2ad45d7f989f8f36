//! `PollService`.

use comitia_core::task;
use comitia_platform::ApiError;
use comitia_platform::auth::Context;
use comitia_platform::validate::{self, Checks, timestamp};
use comitia_proto::voting::v1::poll_service_server::PollService;
use comitia_proto::voting::v1::{
    AnnulPollRequest, AnnulPollResponse, CancelPollRequest, CancelPollResponse, ClosePollRequest,
    ClosePollResponse, CreatePollRequest, CreatePollResponse, GetPollRequest, GetPollResponse,
    GetTurnoutRequest, GetTurnoutResponse, ListPollsRequest, ListPollsResponse, Poll, WatchTurnoutRequest,
    WatchTurnoutResponse,
};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{poll_of, status};
use crate::app::App;
use crate::domain::poll::{Period, check_eligibility, paper_close as paper_close_time};
use crate::domain::{feasibility, specification};

/// `PollService` over the use cases. Streams end with `UNAVAILABLE` when the process stops.
#[derive(Clone, Debug)]
pub struct Polls(pub App, pub CancellationToken);

#[tonic::async_trait]
impl PollService for Polls {
    async fn create_poll(
        &self,
        request: Request<CreatePollRequest>,
    ) -> Result<Response<CreatePollResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let (poll_id, period, poll) = read_poll(request.into_inner())?;
        check_feasible(&poll).await?;
        let poll = self.0.create_poll(organization, poll_id, period, poll).await.map_err(status)?;
        Ok(Response::new(CreatePollResponse { poll: Some(poll) }))
    }

    async fn get_poll(&self, request: Request<GetPollRequest>) -> Result<Response<GetPollResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let poll = self.0.get_poll(organization, poll).await.map_err(status)?;
        Ok(Response::new(GetPollResponse { poll: Some(poll) }))
    }

    async fn list_polls(
        &self,
        request: Request<ListPollsRequest>,
    ) -> Result<Response<ListPollsResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let ListPollsRequest { page_size, page_token } = request.into_inner();
        Ok(Response::new(self.0.list_polls(organization, page_size, &page_token).await.map_err(status)?))
    }

    async fn close_poll(
        &self,
        request: Request<ClosePollRequest>,
    ) -> Result<Response<ClosePollResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let reason = request.into_inner().reason;
        let mut checks = Checks::new();
        checks.text("reason", &reason, 1, 1_000);
        checks.finish()?;
        let poll = self.0.close_poll(organization, poll, reason.trim()).await.map_err(status)?;
        Ok(Response::new(ClosePollResponse { poll: Some(poll) }))
    }

    async fn cancel_poll(
        &self,
        request: Request<CancelPollRequest>,
    ) -> Result<Response<CancelPollResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let officer = Context::of(&request).signed_in()?.clone();
        let reason = request.into_inner().reason;
        let mut checks = Checks::new();
        checks.text("reason", &reason, 1, 1_000);
        checks.finish()?;
        let poll = self.0.cancel_poll(organization, &officer, poll, reason.trim()).await.map_err(status)?;
        Ok(Response::new(CancelPollResponse { poll: Some(poll) }))
    }

    async fn annul_poll(
        &self,
        request: Request<AnnulPollRequest>,
    ) -> Result<Response<AnnulPollResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let officer = Context::of(&request).signed_in()?.clone();
        let reason = request.into_inner().reason;
        let mut checks = Checks::new();
        checks.text("reason", &reason, 0, 1_000);
        checks.finish()?;
        let poll = self.0.annul_poll(organization, &officer, poll, reason.trim()).await.map_err(status)?;
        Ok(Response::new(AnnulPollResponse { poll: Some(poll) }))
    }

    async fn get_turnout(
        &self,
        request: Request<GetTurnoutRequest>,
    ) -> Result<Response<GetTurnoutResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let turnout = if Context::of(&request).is_staff() {
            self.0.turnout_for_staff(organization, poll).await
        } else {
            self.0.turnout(organization, poll).await
        };
        let turnout = turnout.map_err(status)?;
        Ok(Response::new(GetTurnoutResponse { turnout: Some(turnout) }))
    }

    type WatchTurnoutStream = BoxStream<'static, Result<WatchTurnoutResponse, Status>>;

    async fn watch_turnout(
        &self,
        request: Request<WatchTurnoutRequest>,
    ) -> Result<Response<Self::WatchTurnoutStream>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let turnouts = self.0.watch_turnout(organization, poll, self.1.clone()).await.map_err(status)?;
        let turnouts = turnouts.map(|turnout| Ok(WatchTurnoutResponse { turnout: Some(turnout) }));
        // A watch ends only with this process, and others go on.
        let cut = stream::once(async { Err(ApiError::unavailable("stopping; watch again").into()) });
        Ok(Response::new(turnouts.chain(cut).boxed()))
    }
}

/// What is frozen and opened has to work: a ballot exists, and every option can be on one.
async fn check_feasible(poll: &Poll) -> Result<(), ApiError> {
    let (rules, options) = (poll.specification.clone().unwrap_or_default(), poll.options.clone());
    let checked = task::blocking(move || feasibility::check(&rules, &options)).await;
    checked.map_err(ApiError::internal)?.map_err(ApiError::invalid)
}

/// A poll to create: its id, its period, and what callers choose of it.
fn read_poll(request: CreatePollRequest) -> Result<(Uuid, Period, Poll), ApiError> {
    let poll_id = validate::uuid("poll_id", &request.poll_id)?;
    let open = validate::time("open_time", request.open_time.as_ref())?;
    let close = validate::time("close_time", request.close_time.as_ref())?;
    let paper_close = match &request.paper_close_time {
        Some(time) => Some(validate::time("paper_close_time", Some(time))?),
        None => None,
    };
    let eligibility = request.eligibility.unwrap_or_default();
    let rules = request.specification.unwrap_or_default();
    let mut checks = Checks::new();
    checks.require(poll_id.get_version_num() == 7, "poll_id", "must be a UUIDv7");
    checks.text("title", &request.title, 1, 200);
    checks.require(close > open, "close_time", "must be after open_time");
    let paper_close = paper_close_time(&mut checks, close, paper_close);
    check_eligibility(&mut checks, &eligibility);
    specification::check(&mut checks, &rules, &request.options);
    checks.finish()?;
    let poll = Poll {
        poll_id: poll_id.to_string(),
        title: request.title,
        open_time: Some(timestamp(open)),
        close_time: Some(timestamp(close)),
        eligibility: Some(eligibility),
        specification: Some(rules),
        options: request.options,
        recast_allowed: request.recast_allowed,
        paper_close_time: Some(timestamp(paper_close)),
        ..Default::default()
    };
    Ok((poll_id, (open, close), poll))
}
