//! `ProposalService`.

use comitia_platform::auth::Context;
use comitia_platform::idempotency::Idempotent;
use comitia_platform::page;
use comitia_platform::validate::{self, Checks};
use comitia_proto::proposals::v1 as proto;
use comitia_proto::proposals::v1::proposal_service_server::ProposalService;
use tonic::{Request, Response, Status};

use super::{Api, decode, encode};
use crate::app::authors::Writer;
use crate::app::{authors, batch, readers, team};

#[tonic::async_trait]
impl ProposalService for Api {
    async fn submit_proposal(
        &self,
        request: Request<proto::SubmitProposalRequest>,
    ) -> Result<Response<proto::SubmitProposalResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (context.organization()?, context.signed_in()?);
        let message = request.into_inner();
        let idempotent =
            Idempotent::new(organization, caller, "SubmitProposal", &message.request_id, &message)?;
        let answer = idempotent.run(&self.app.pool, async {
            let process = validate::uuid("process_id", &message.process_id)?;
            let association = validate::optional_uuid("association_id", &message.association_id)?;
            let text = decode::text(message)?;
            let writer = Writer { author: &caller.subject, staff: context.is_staff(), association };
            let answer = |proposal| proto::SubmitProposalResponse { proposal: Some(encode::whole(proposal)) };
            authors::submit(&self.app, organization, &idempotent, process, text, writer, answer).await
        });
        Ok(Response::new(answer.await?))
    }

    async fn get_proposal(
        &self,
        request: Request<proto::GetProposalRequest>,
    ) -> Result<Response<proto::GetProposalResponse>, Status> {
        let context = Context::of(&request);
        let id = validate::uuid("proposal_id", &request.get_ref().proposal_id)?;
        let found = readers::get(&self.app, context.organization()?, id, context.viewer()).await?;
        let own =
            context.caller().is_some_and(|caller| !found.author.is_empty() && caller.subject == found.author);
        let whole = own || context.is_staff();
        let proposal = if whole { encode::whole(found) } else { encode::public(found) };
        let proposal = proto::Proposal { own, ..proposal };
        Ok(Response::new(proto::GetProposalResponse { proposal: Some(proposal) }))
    }

    async fn list_proposals(
        &self,
        request: Request<proto::ListProposalsRequest>,
    ) -> Result<Response<proto::ListProposalsResponse>, Status> {
        let context = Context::of(&request);
        let organization = context.organization()?;
        let message = request.into_inner();
        let process = validate::uuid("process_id", &message.process_id)?;
        let filter = decode::filter(&message, context.is_staff())?;
        let size = page::size(message.page_size)?;
        let scope = scope(&message);
        let before = page::cursor(&scope, &message.page_token, page::id)?;
        let viewer = context.viewer();
        let mut found =
            readers::list(&self.app, organization, process, viewer, &filter, before, size + 1).await?;
        let next_page_token =
            page::cut(&mut found, size, &scope, |proposal| proposal.proposal_id.to_string());
        // Hidden ones are only among them for those who see them whole.
        let proposals = found.into_iter().map(encode::whole).collect();
        Ok(Response::new(proto::ListProposalsResponse { proposals, next_page_token }))
    }

    async fn list_my_proposals(
        &self,
        request: Request<proto::ListMyProposalsRequest>,
    ) -> Result<Response<proto::ListMyProposalsResponse>, Status> {
        let context = Context::of(&request);
        let (organization, author) = (context.organization()?, &context.signed_in()?.subject);
        let message = request.into_inner();
        let size = page::size(message.page_size)?;
        let scope = format!("ListMyProposals {author:?}");
        let before = page::cursor(&scope, &message.page_token, page::id)?;
        let mut found = readers::own(&self.app, organization, author, before, size + 1).await?;
        let next_page_token =
            page::cut(&mut found, size, &scope, |proposal| proposal.proposal_id.to_string());
        let own = |proposal| proto::Proposal { own: true, ..encode::whole(proposal) };
        let proposals = found.into_iter().map(own).collect();
        Ok(Response::new(proto::ListMyProposalsResponse { proposals, next_page_token }))
    }

    async fn update_proposal(
        &self,
        request: Request<proto::UpdateProposalRequest>,
    ) -> Result<Response<proto::UpdateProposalResponse>, Status> {
        let context = Context::of(&request);
        let (organization, author) = (context.organization()?, &context.signed_in()?.subject);
        let message = request.into_inner();
        let id = validate::uuid("proposal_id", &message.proposal_id)?;
        let change = decode::rewriting(message)?;
        let proposal = authors::rewrite(&self.app, organization, id, change, author).await?;
        Ok(Response::new(proto::UpdateProposalResponse { proposal: Some(encode::whole(proposal)) }))
    }

    async fn withdraw_proposal(
        &self,
        request: Request<proto::WithdrawProposalRequest>,
    ) -> Result<Response<proto::WithdrawProposalResponse>, Status> {
        let context = Context::of(&request);
        let (organization, author) = (context.organization()?, &context.signed_in()?.subject);
        let id = validate::uuid("proposal_id", &request.get_ref().proposal_id)?;
        let proposal = authors::withdraw(&self.app, organization, id, author).await?;
        Ok(Response::new(proto::WithdrawProposalResponse { proposal: Some(encode::whole(proposal)) }))
    }

    async fn moderate_proposal(
        &self,
        request: Request<proto::ModerateProposalRequest>,
    ) -> Result<Response<proto::ModerateProposalResponse>, Status> {
        let context = Context::of(&request);
        let (organization, moderator) = (context.organization()?, &context.signed_in()?.subject);
        let message = request.into_inner();
        let id = validate::uuid("proposal_id", &message.proposal_id)?;
        let mut checks = Checks::new();
        checks.text("reason", &message.reason, 1, 1_000);
        checks.finish()?;
        let reason = message.reason.trim();
        let proposal = team::moderate(&self.app, organization, id, message.hidden, reason, moderator).await?;
        Ok(Response::new(proto::ModerateProposalResponse { proposal: Some(encode::whole(proposal)) }))
    }

    async fn answer_proposal(
        &self,
        request: Request<proto::AnswerProposalRequest>,
    ) -> Result<Response<proto::AnswerProposalResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let id = validate::uuid("proposal_id", &message.proposal_id)?;
        let state = decode::answer(&message)?;
        let answer = message.answer.trim().to_owned();
        let proposal =
            team::answer(&self.app, organization, id, state, answer, message.estimated_cost).await?;
        Ok(Response::new(proto::AnswerProposalResponse { proposal: Some(encode::whole(proposal)) }))
    }

    async fn batch_answer_proposals(
        &self,
        request: Request<proto::BatchAnswerProposalsRequest>,
    ) -> Result<Response<proto::BatchAnswerProposalsResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (context.organization()?, context.signed_in()?);
        let message = request.into_inner();
        let idempotent =
            Idempotent::new(organization, caller, "BatchAnswerProposals", &message.request_id, &message)?;
        let (ids, state) = decode::answers(&message)?;
        let answer = batch::answer(
            &self.app,
            organization,
            &idempotent,
            &ids,
            (state, message.answer.trim()),
            encode::answered,
        );
        Ok(Response::new(answer.await?))
    }

    async fn batch_moderate_proposals(
        &self,
        request: Request<proto::BatchModerateProposalsRequest>,
    ) -> Result<Response<proto::BatchModerateProposalsResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (context.organization()?, context.signed_in()?);
        let message = request.into_inner();
        let idempotent =
            Idempotent::new(organization, caller, "BatchModerateProposals", &message.request_id, &message)?;
        let ids = decode::moderations(&message)?;
        let decision = (message.hidden, message.reason.trim(), caller.subject.as_str());
        let moderated =
            batch::moderate(&self.app, organization, &idempotent, &ids, decision, encode::moderated);
        Ok(Response::new(moderated.await?))
    }

    async fn count_area_proposals(
        &self,
        request: Request<proto::CountAreaProposalsRequest>,
    ) -> Result<Response<proto::CountAreaProposalsResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let area = validate::area_code(&request.get_ref().area_code);
        let proposal_count = readers::count_in_area(&self.app, organization, &area).await?;
        Ok(Response::new(proto::CountAreaProposalsResponse { proposal_count }))
    }

    async fn check_proposal_files(
        &self,
        request: Request<proto::CheckProposalFilesRequest>,
    ) -> Result<Response<proto::CheckProposalFilesResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let ids = message.proposal_ids.iter().map(|id| validate::uuid("proposal_ids", id));
        let ids = ids.collect::<Result<Vec<_>, _>>()?;
        let found = readers::files(&self.app, organization, &ids, &message.author).await?;
        let proposals = found.into_iter().map(|(id, files)| proto::ProposalFiles {
            proposal_id: id.to_string(),
            public: files.public,
            own: files.own,
            open: files.open,
        });
        Ok(Response::new(proto::CheckProposalFilesResponse { proposals: proposals.collect() }))
    }
}

/// What a page token is bound to: the process and the filters.
fn scope(message: &proto::ListProposalsRequest) -> String {
    let proto::ListProposalsRequest { process_id, state, area_code, category, query, .. } = message;
    format!("ListProposals {process_id:?} {state} {area_code:?} {category:?} {query:?}")
}
