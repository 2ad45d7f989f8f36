//! `PaperBallotService`.

use comitia_platform::auth::Context;
use comitia_platform::idempotency::Idempotent;
use comitia_platform::validate::{self, Checks};
use comitia_proto::voting::v1::paper_ballot_service_server::PaperBallotService;
use comitia_proto::voting::v1::{
    CommitPaperBatchRequest, CommitPaperBatchResponse, CreatePaperBatchRequest, CreatePaperBatchResponse,
    EnterPaperBallotsRequest, EnterPaperBallotsResponse, GetPaperBatchRequest, GetPaperBatchResponse,
    ListPaperBatchesRequest, ListPaperBatchesResponse, PaperFormKind, SetPaperBatchAsideRequest,
    SetPaperBatchAsideResponse,
};
use tonic::{Request, Response, Status};

use super::{Api, poll_of};
use crate::app::paper::{self, MAX_FORMS, Typed};

#[tonic::async_trait]
impl PaperBallotService for Api {
    async fn create_paper_batch(
        &self,
        request: Request<CreatePaperBatchRequest>,
    ) -> Result<Response<CreatePaperBatchResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let context = Context::of(&request);
        let caller = context.signed_in()?;
        let message = request.into_inner();
        let idempotent =
            Idempotent::new(organization, caller, "CreatePaperBatch", &message.request_id, &message)?;
        let answer = idempotent.run(&self.app.pool, async {
            let mut checks = Checks::new();
            checks.text("title", &message.title, 1, 200);
            checks.finish()?;
            paper::create_paper_batch(&self.app, organization, poll, message.title.trim(), &idempotent).await
        });
        Ok(Response::new(answer.await?))
    }

    async fn list_paper_batches(
        &self,
        request: Request<ListPaperBatchesRequest>,
    ) -> Result<Response<ListPaperBatchesResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let ListPaperBatchesRequest { page_size, page_token, .. } = request.into_inner();
        let listed = paper::list_paper_batches(&self.app, organization, poll, page_size, &page_token).await?;
        Ok(Response::new(listed))
    }

    async fn enter_paper_ballots(
        &self,
        request: Request<EnterPaperBallotsRequest>,
    ) -> Result<Response<EnterPaperBallotsResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let officer = Context::of(&request).signed_in()?.clone();
        let message = request.into_inner();
        let batch = validate::uuid("paper_batch_id", &message.paper_batch_id)?;
        let mut checks = Checks::new();
        let least = usize::from(message.remove_form_numbers.is_empty());
        checks.require(
            (least..=MAX_FORMS).contains(&message.forms.len()),
            "forms",
            format!("must be 1 to {MAX_FORMS} forms"),
        );
        let removed = message.remove_form_numbers.len();
        checks.require(
            removed <= MAX_FORMS && (removed == 0 || message.keep_other_forms),
            "remove_form_numbers",
            format!("must be at most {MAX_FORMS}, and none without keep_other_forms"),
        );
        for (place, form) in message.forms.iter().enumerate().take(MAX_FORMS) {
            checks.code(format!("forms[{place}].form_number"), &form.form_number);
            let kind = PaperFormKind::try_from(form.kind);
            checks.require(kind.is_ok(), format!("forms[{place}].kind"), "must be a kind of form");
            let void = matches!(kind, Ok(PaperFormKind::Blank | PaperFormKind::Invalid));
            let rule = if void { "must be absent on a blank or invalid form" } else { "is required" };
            checks.require(form.ballot.is_some() != void, format!("forms[{place}].ballot"), rule);
        }
        checks.finish()?;
        let typed = Typed {
            forms: message.forms,
            keep_others: message.keep_other_forms,
            removed: message.remove_form_numbers,
        };
        let batch = paper::enter_paper_ballots(&self.app, organization, &officer, poll, batch, typed).await?;
        Ok(Response::new(EnterPaperBallotsResponse { paper_batch: Some(batch) }))
    }

    async fn get_paper_batch(
        &self,
        request: Request<GetPaperBatchRequest>,
    ) -> Result<Response<GetPaperBatchResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let officer = Context::of(&request).signed_in()?.clone();
        let batch = validate::uuid("paper_batch_id", &request.into_inner().paper_batch_id)?;
        let batch = paper::get_paper_batch(&self.app, organization, &officer, poll, batch).await?;
        Ok(Response::new(GetPaperBatchResponse { paper_batch: Some(batch) }))
    }

    async fn commit_paper_batch(
        &self,
        request: Request<CommitPaperBatchRequest>,
    ) -> Result<Response<CommitPaperBatchResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let officer = Context::of(&request).signed_in()?.clone();
        let batch = validate::uuid("paper_batch_id", &request.into_inner().paper_batch_id)?;
        let batch = paper::commit_paper_batch(&self.app, organization, &officer, poll, batch).await?;
        Ok(Response::new(CommitPaperBatchResponse { paper_batch: Some(batch) }))
    }

    async fn set_paper_batch_aside(
        &self,
        request: Request<SetPaperBatchAsideRequest>,
    ) -> Result<Response<SetPaperBatchAsideResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let officer = Context::of(&request).signed_in()?.clone();
        let message = request.into_inner();
        let batch = validate::uuid("paper_batch_id", &message.paper_batch_id)?;
        let mut checks = Checks::new();
        checks.text("reason", &message.reason, 0, 1_000);
        checks.finish()?;
        let reason = message.reason.trim();
        let batch =
            paper::set_paper_batch_aside(&self.app, organization, &officer, poll, batch, reason).await?;
        Ok(Response::new(SetPaperBatchAsideResponse { paper_batch: Some(batch) }))
    }
}
