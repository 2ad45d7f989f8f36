//! `CorrectionService`.

use comitia_platform::auth::Context;
use comitia_platform::idempotency::Idempotent;
use comitia_platform::validate::{self, Checks};
use comitia_proto::voting::v1::correction_service_server::CorrectionService;
use comitia_proto::voting::v1::{
    ConfirmCorrectionRequest, ConfirmCorrectionResponse, DropCorrectionRequest, DropCorrectionResponse,
    ListCorrectionProposalsRequest, ListCorrectionProposalsResponse, ListCorrectionsRequest,
    ListCorrectionsResponse, ListSignatureMinutesRequest, ListSignatureMinutesResponse, NoteAppealRequest,
    NoteAppealResponse, PreviewCorrectionRequest, PreviewCorrectionResponse, ProposeCorrectionRequest,
    ProposeCorrectionResponse,
};
use tonic::{Request, Response, Status};

use super::{Api, poll_of};
use crate::app::corrections;
use crate::domain::correction::wanted;
use crate::error::Error;

#[tonic::async_trait]
impl CorrectionService for Api {
    async fn list_corrections(
        &self,
        request: Request<ListCorrectionsRequest>,
    ) -> Result<Response<ListCorrectionsResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let corrections = corrections::list(&self.app, organization, poll).await?;
        Ok(Response::new(ListCorrectionsResponse { corrections }))
    }

    async fn list_signature_minutes(
        &self,
        request: Request<ListSignatureMinutesRequest>,
    ) -> Result<Response<ListSignatureMinutesResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let ListSignatureMinutesRequest { before_time, page_size, .. } = request.into_inner();
        let before = match &before_time {
            Some(time) => Some(validate::time("before_time", Some(time))?),
            None => None,
        };
        let mut checks = Checks::new();
        checks.require((0..=1_440).contains(&page_size), "page_size", "must be 0 to 1440");
        checks.finish()?;
        let minutes = corrections::minutes(&self.app, organization, poll, before, page_size).await?;
        Ok(Response::new(minutes))
    }

    async fn preview_correction(
        &self,
        request: Request<PreviewCorrectionRequest>,
    ) -> Result<Response<PreviewCorrectionResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let message = request.into_inner();
        let mut checks = Checks::new();
        let wanted = wanted(&mut checks, message.act(), message.selection.as_ref(), message.earlier_number);
        checks.finish()?;
        let wanted = wanted.ok_or(Error::CorrectionEmpty)?;
        let preview = corrections::preview(&self.app, organization, poll, &wanted).await?;
        Ok(Response::new(preview))
    }

    async fn list_correction_proposals(
        &self,
        request: Request<ListCorrectionProposalsRequest>,
    ) -> Result<Response<ListCorrectionProposalsResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let officer = Context::of(&request).signed_in()?.clone();
        let proposals = corrections::proposals(&self.app, organization, poll, &officer).await?;
        Ok(Response::new(ListCorrectionProposalsResponse { proposals }))
    }

    async fn propose_correction(
        &self,
        request: Request<ProposeCorrectionRequest>,
    ) -> Result<Response<ProposeCorrectionResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let officer = Context::of(&request).signed_in()?.clone();
        let message = request.into_inner();
        let idempotent =
            Idempotent::new(organization, &officer, "ProposeCorrection", &message.request_id, &message)?;
        let answer = idempotent.run(&self.app.pool, async {
            let mut checks = Checks::new();
            checks.text("reason", &message.reason, 1, 1_000);
            let wanted =
                wanted(&mut checks, message.act(), message.selection.as_ref(), message.earlier_number);
            checks.finish()?;
            let wanted = wanted.ok_or(Error::CorrectionEmpty)?;
            let (about, reason) = ((organization, poll), message.reason.trim());
            corrections::propose(&self.app, about, &officer, wanted, reason, &idempotent).await
        });
        Ok(Response::new(answer.await?))
    }

    async fn confirm_correction(
        &self,
        request: Request<ConfirmCorrectionRequest>,
    ) -> Result<Response<ConfirmCorrectionResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let officer = Context::of(&request).signed_in()?.clone();
        let proposal = validate::uuid("proposal_id", &request.into_inner().proposal_id)?;
        let correction = corrections::confirm(&self.app, organization, &officer, poll, proposal).await?;
        Ok(Response::new(ConfirmCorrectionResponse { correction: Some(correction) }))
    }

    async fn drop_correction(
        &self,
        request: Request<DropCorrectionRequest>,
    ) -> Result<Response<DropCorrectionResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let proposal = validate::uuid("proposal_id", &request.into_inner().proposal_id)?;
        corrections::drop_proposal(&self.app, organization, poll, proposal).await?;
        Ok(Response::new(DropCorrectionResponse {}))
    }

    async fn note_appeal(
        &self,
        request: Request<NoteAppealRequest>,
    ) -> Result<Response<NoteAppealResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let officer = Context::of(&request).signed_in()?.clone();
        let message = request.into_inner();
        let mut checks = Checks::new();
        checks.text("note", &message.note, 1, 1_000);
        checks.finish()?;
        let appeal = (message.number, message.note.trim());
        let correction = corrections::note_appeal(&self.app, organization, &officer, poll, appeal).await?;
        Ok(Response::new(NoteAppealResponse { correction: Some(correction) }))
    }
}
