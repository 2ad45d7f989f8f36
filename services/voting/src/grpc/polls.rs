//! `PollService`.

use comitia_core::task;
use comitia_platform::ApiError;
use comitia_platform::auth::Context;
use comitia_platform::validate::{self, Checks, timestamp};
use comitia_proto::voting::v1::poll_service_server::PollService;
use comitia_proto::voting::v1::{
    AnnulPollRequest, AnnulPollResponse, BallotType, CancelPollRequest, CancelPollResponse, ClosePollRequest,
    ClosePollResponse, CreatePollRequest, CreatePollResponse, ExtendPollRequest, ExtendPollResponse,
    GetPollRequest, GetPollResponse, GetTurnoutRequest, GetTurnoutResponse, ListPollsRequest,
    ListPollsResponse, PausePollRequest, PausePollResponse, Poll, ResumePollRequest, ResumePollResponse,
    WatchTurnoutRequest, WatchTurnoutResponse,
};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Api, poll_of};
use crate::app::acts::{self, Act};
use crate::app::{call_off, close, polls, turnout};
use crate::domain::poll::{Period, check_eligibility, paper_close as paper_close_time};
use crate::domain::{feasibility, sheet, specification};

#[tonic::async_trait]
impl PollService for Api {
    async fn create_poll(
        &self,
        request: Request<CreatePollRequest>,
    ) -> Result<Response<CreatePollResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let (poll_id, period, poll) = read_poll(request.into_inner())?;
        check_feasible(&poll).await?;
        let poll = polls::create_poll(&self.app, organization, poll_id, period, poll).await?;
        Ok(Response::new(CreatePollResponse { poll: Some(poll) }))
    }

    async fn get_poll(&self, request: Request<GetPollRequest>) -> Result<Response<GetPollResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let poll = polls::get_poll(&self.app, organization, poll).await?;
        Ok(Response::new(GetPollResponse { poll: Some(poll) }))
    }

    async fn list_polls(
        &self,
        request: Request<ListPollsRequest>,
    ) -> Result<Response<ListPollsResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let ListPollsRequest { page_size, page_token } = request.into_inner();
        Ok(Response::new(polls::list_polls(&self.app, organization, page_size, &page_token).await?))
    }

    async fn close_poll(
        &self,
        request: Request<ClosePollRequest>,
    ) -> Result<Response<ClosePollResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let officer = Context::of(&request).signed_in()?.clone();
        let reason = public_reason(&request.get_ref().reason)?;
        let poll = close::close_poll(&self.app, organization, &officer, poll, reason).await?;
        Ok(Response::new(ClosePollResponse { poll: Some(poll) }))
    }

    async fn pause_poll(
        &self,
        request: Request<PausePollRequest>,
    ) -> Result<Response<PausePollResponse>, Status> {
        let (organization, poll_id) = poll_of(&request, &request.get_ref().poll_id)?;
        let officer = &Context::of(&request).signed_in()?.clone();
        let reason = public_reason(&request.get_ref().reason)?;
        let poll = acts::pause_poll(&self.app, Act { organization, poll_id, officer, reason }).await?;
        Ok(Response::new(PausePollResponse { poll: Some(poll) }))
    }

    async fn resume_poll(
        &self,
        request: Request<ResumePollRequest>,
    ) -> Result<Response<ResumePollResponse>, Status> {
        let (organization, poll_id) = poll_of(&request, &request.get_ref().poll_id)?;
        let officer = &Context::of(&request).signed_in()?.clone();
        let reason = public_reason(&request.get_ref().reason)?;
        let poll = acts::resume_poll(&self.app, Act { organization, poll_id, officer, reason }).await?;
        Ok(Response::new(ResumePollResponse { poll: Some(poll) }))
    }

    async fn extend_poll(
        &self,
        request: Request<ExtendPollRequest>,
    ) -> Result<Response<ExtendPollResponse>, Status> {
        let (organization, poll_id) = poll_of(&request, &request.get_ref().poll_id)?;
        let officer = &Context::of(&request).signed_in()?.clone();
        let reason = public_reason(&request.get_ref().reason)?;
        let close = validate::time("close_time", request.get_ref().close_time.as_ref())?;
        let act = Act { organization, poll_id, officer, reason };
        let poll = acts::extend_poll(&self.app, act, close).await?;
        Ok(Response::new(ExtendPollResponse { poll: Some(poll) }))
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
        let poll = call_off::cancel_poll(&self.app, organization, &officer, poll, reason.trim()).await?;
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
        let poll = call_off::annul_poll(&self.app, organization, &officer, poll, reason.trim()).await?;
        Ok(Response::new(AnnulPollResponse { poll: Some(poll) }))
    }

    async fn get_turnout(
        &self,
        request: Request<GetTurnoutRequest>,
    ) -> Result<Response<GetTurnoutResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let turnout = if Context::of(&request).is_staff() {
            turnout::turnout_for_staff(&self.app, organization, poll).await
        } else {
            turnout::turnout(&self.app, organization, poll).await
        };
        Ok(Response::new(GetTurnoutResponse { turnout: Some(turnout?) }))
    }

    type WatchTurnoutStream = BoxStream<'static, Result<WatchTurnoutResponse, Status>>;

    async fn watch_turnout(
        &self,
        request: Request<WatchTurnoutRequest>,
    ) -> Result<Response<Self::WatchTurnoutStream>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let turnouts = turnout::watch_turnout(&self.app, organization, poll, self.stopping.clone()).await?;
        let turnouts = turnouts.map(|turnout| Ok(WatchTurnoutResponse { turnout: Some(turnout) }));
        // A stream ends only when this process stops; other replicas serve on.
        let cut = stream::once(async { Err(ApiError::unavailable("stopping; watch again").into()) });
        Ok(Response::new(turnouts.chain(cut).boxed()))
    }
}

/// The reason of an act, which everybody reads.
fn public_reason(reason: &str) -> Result<&str, ApiError> {
    let mut checks = Checks::new();
    checks.text("reason", reason, 1, 1_000);
    checks.finish()?;
    Ok(reason.trim())
}

/// A poll must be votable before it is frozen: some ballot keeps its rules, and every option fits on one.
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
    let signs = rules.r#type() == BallotType::Signature;
    sheet::check(&mut checks, signs, request.signature_sheet.as_ref(), request.recast_allowed);
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
        signature_sheet: request.signature_sheet,
        ..Default::default()
    };
    Ok((poll_id, (open, close), poll))
}
