//! `comitia.budgets.v1.BudgetService`.

use comitia_platform::auth::Context;
use comitia_platform::idempotency::Idempotent;
use comitia_platform::{page, validate};
use comitia_proto::budgets::v1::budget_service_server::BudgetService;
use comitia_proto::budgets::v1::{
    CountAreaBudgetsRequest, CountAreaBudgetsResponse, CreateBudgetRequest, CreateBudgetResponse,
    ExportFormat, ExportResultRequest, ExportResultResponse, ExtendVoteRequest, ExtendVoteResponse,
    GetBudgetOfPollRequest, GetBudgetOfPollResponse, GetBudgetRequest, GetBudgetResponse,
    GetProposedExtensionRequest, GetProposedExtensionResponse, GetResultRequest, GetResultResponse,
    ListBudgetsRequest, ListBudgetsResponse, ScheduleVoteRequest, ScheduleVoteResponse, UpdateBudgetRequest,
    UpdateBudgetResponse,
};
use tonic::{Request, Response, Status, async_trait};

use super::{Api, encode, reader};
use crate::app::budgets::{BudgetChange, NewBudget};
use crate::app::extensions::Wish;
use crate::app::votes::Only;
use crate::app::{budgets, extensions, results, votes};
use crate::domain::budget::{Budget, Terms};
use crate::domain::poll::Schedule;
use crate::domain::{export, table};
use crate::error::Error;

#[async_trait]
impl BudgetService for Api {
    async fn create_budget(
        &self,
        request: Request<CreateBudgetRequest>,
    ) -> Result<Response<CreateBudgetResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (context.organization()?, context.signed_in()?);
        let message = request.into_inner();
        let idempotent =
            Idempotent::new(organization, caller, "CreateBudget", &message.request_id, &message)?;
        let answer = idempotent.run(&self.app.pool, async {
            let new = decode_new(message)?;
            let answer = |budget: &Budget| CreateBudgetResponse { budget: Some(encode::budget(budget)) };
            budgets::create_budget(&self.app, organization, &idempotent, new, answer).await
        });
        Ok(Response::new(answer.await?))
    }

    async fn get_budget(
        &self,
        request: Request<GetBudgetRequest>,
    ) -> Result<Response<GetBudgetResponse>, Status> {
        let (organization, viewer) = reader(&request)?;
        let id = validate::uuid("budget_id", &request.into_inner().budget_id)?;
        let budget = budgets::visible_budget(&self.app, organization, id, viewer).await?;
        Ok(Response::new(GetBudgetResponse { budget: Some(encode::budget(&budget)) }))
    }

    async fn get_budget_of_poll(
        &self,
        request: Request<GetBudgetOfPollRequest>,
    ) -> Result<Response<GetBudgetOfPollResponse>, Status> {
        let (organization, viewer) = reader(&request)?;
        let poll = validate::uuid("poll_id", &request.into_inner().poll_id)?;
        let budget = budgets::budget_of_poll(&self.app, organization, poll, viewer).await?;
        Ok(Response::new(GetBudgetOfPollResponse { budget: Some(encode::budget(&budget)) }))
    }

    async fn list_budgets(
        &self,
        request: Request<ListBudgetsRequest>,
    ) -> Result<Response<ListBudgetsResponse>, Status> {
        let (organization, viewer) = reader(&request)?;
        let message = request.into_inner();
        let process = validate::uuid("process_id", &message.process_id)?;
        let size = page::size(message.page_size)?;
        let scope = format!("ListBudgets {organization} {process}");
        let after = page::cursor(&scope, &message.page_token, budgets::from_cursor)?;
        let mut budgets = budgets::budgets(&self.app, organization, process, viewer, after, size + 1).await?;
        let next_page_token = page::cut(&mut budgets, size, &scope, budgets::cursor);
        Ok(Response::new(ListBudgetsResponse {
            budgets: budgets.iter().map(encode::budget).collect(),
            next_page_token,
        }))
    }

    async fn update_budget(
        &self,
        request: Request<UpdateBudgetRequest>,
    ) -> Result<Response<UpdateBudgetResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let id = validate::uuid("budget_id", &message.budget_id)?;
        let leftover = validate::optional_uuid("leftover_budget_id", &message.leftover_budget_id)?;
        let mut checks = validate::Checks::new();
        let one = leftover.is_none() || !message.keep_leftover;
        checks.require(one, "keep_leftover", "must be false with a leftover_budget_id");
        checks.finish()?;
        let change = BudgetChange {
            leftover_budget: if message.keep_leftover { Some(None) } else { leftover.map(Some) },
            title: Some(message.title.trim().to_owned()).filter(|_| !message.title.is_empty()),
            amount: Some(message.amount).filter(|amount| *amount != 0),
            ballot_rule: message.ballot_rule,
            allocation_rule: message.allocation_rule,
            require_sign_off: message.require_sign_off,
            etag: Some(message.etag).filter(|etag| !etag.is_empty()),
        };
        let budget = budgets::update_budget(&self.app, organization, id, change).await?;
        Ok(Response::new(UpdateBudgetResponse { budget: Some(encode::budget(&budget)) }))
    }

    async fn schedule_vote(
        &self,
        request: Request<ScheduleVoteRequest>,
    ) -> Result<Response<ScheduleVoteResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let id = validate::uuid("budget_id", &message.budget_id)?;
        let schedule = Schedule {
            roll: validate::uuid("roll_id", &message.roll_id)?,
            open_time: validate::time("open_time", message.open_time.as_ref())?,
            close_time: validate::time("close_time", message.close_time.as_ref())?,
            districts: message.districts.iter().map(|code| validate::area_code(code)).collect(),
            minimum_age: message.minimum_age.into(),
            paper_close_time: match &message.paper_close_time {
                Some(time) => Some(validate::time("paper_close_time", Some(time))?),
                None => None,
            },
        };
        let only = if message.validate_only { Only::Validate } else { Only::Nothing };
        let vote = votes::schedule_vote(&self.app, organization, id, schedule, only).await?;
        Ok(Response::new(encode::vote(vote)))
    }

    async fn extend_vote(
        &self,
        request: Request<ExtendVoteRequest>,
    ) -> Result<Response<ExtendVoteResponse>, Status> {
        let context = Context::of(&request);
        let (organization, by) = (context.organization()?, context.signed_in()?.subject.clone());
        let message = request.into_inner();
        let id = validate::uuid("budget_id", &message.budget_id)?;
        let wish = Wish {
            by: &by,
            close_time: validate::time("close_time", message.close_time.as_ref())?,
            reason: message.reason.trim(),
        };
        let done = extensions::extend_vote(&self.app, organization, id, wish).await?;
        Ok(Response::new(ExtendVoteResponse { extension: Some(encode::extension(&done, &by)) }))
    }

    async fn get_proposed_extension(
        &self,
        request: Request<GetProposedExtensionRequest>,
    ) -> Result<Response<GetProposedExtensionResponse>, Status> {
        let context = Context::of(&request);
        let (organization, by) = (context.organization()?, context.signed_in()?.subject.clone());
        let id = validate::uuid("budget_id", &request.into_inner().budget_id)?;
        let proposed = extensions::proposed(&self.app, organization, id).await?;
        let extension = proposed.map(|proposed| encode::extension(&proposed, &by));
        Ok(Response::new(GetProposedExtensionResponse { extension }))
    }

    async fn get_result(
        &self,
        request: Request<GetResultRequest>,
    ) -> Result<Response<GetResultResponse>, Status> {
        let (organization, viewer) = reader(&request)?;
        let id = validate::uuid("budget_id", &request.into_inner().budget_id)?;
        let published = results::result(&self.app, organization, id, viewer).await?;
        Ok(Response::new(GetResultResponse { result: Some(encode::result(published)) }))
    }

    async fn export_result(
        &self,
        request: Request<ExportResultRequest>,
    ) -> Result<Response<ExportResultResponse>, Status> {
        let (organization, viewer) = reader(&request)?;
        let message = request.into_inner();
        let id = validate::uuid("budget_id", &message.budget_id)?;
        let mut checks = validate::Checks::new();
        let format = ExportFormat::try_from(message.format);
        checks.require(format.is_ok(), "format", "must be EXPORT_FORMAT_PB or EXPORT_FORMAT_CSV");
        checks.finish()?;
        let (budget, file, exported, zone) = results::export(&self.app, organization, id, viewer).await?;
        let (extension, content) = match format.unwrap_or_default() {
            ExportFormat::Unspecified | ExportFormat::Pb => ("pb", file),
            ExportFormat::Csv => {
                let published = results::result(&self.app, organization, id, viewer).await?;
                ("csv", table::csv(&published))
            }
        };
        Ok(Response::new(ExportResultResponse {
            file_name: export::file_name(&budget.terms.title, exported.publish_time, zone, extension),
            content,
            poll_id: exported.poll.to_string(),
            seal_digest: exported.seal_digest,
            smallest_group: exported.smallest_group,
        }))
    }

    async fn count_area_budgets(
        &self,
        request: Request<CountAreaBudgetsRequest>,
    ) -> Result<Response<CountAreaBudgetsResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let area = validate::area_code(&request.into_inner().area_code);
        let budget_count = budgets::count_in_area(&self.app, organization, &area).await?;
        Ok(Response::new(CountAreaBudgetsResponse { budget_count }))
    }
}

fn decode_new(message: CreateBudgetRequest) -> Result<NewBudget, Error> {
    Ok(NewBudget {
        process: validate::uuid("process_id", &message.process_id)?,
        terms: Terms {
            title: message.title.trim().to_owned(),
            area_code: validate::area_code(&message.area_code),
            amount: message.amount,
            currency: message.currency,
            ballot_rule: message.ballot_rule.unwrap_or_default(),
            allocation_rule: message.allocation_rule.unwrap_or_default(),
            leftover_budget: validate::optional_uuid("leftover_budget_id", &message.leftover_budget_id)?,
            sign_off_required: message.sign_off_required,
        },
    })
}
