//! `comitia.budgets.v1.ChecklistService`.

use comitia_platform::ApiError;
use comitia_platform::auth::Context;
use comitia_platform::validate::{self, Checks, timestamp};
use comitia_proto::budgets::v1 as proto;
use comitia_proto::budgets::v1::checklist_service_server::ChecklistService;
use comitia_proto::budgets::v1::{
    CheckItemRequest, CheckItemResponse, ChecklistItemKind, ChecklistItemState, GetVoteChecklistRequest,
    GetVoteChecklistResponse, PlanVoteRequest, PlanVoteResponse, SignOffChange, SignOffVoteRequest,
    SignOffVoteResponse, VoteChecklist, VotePlan,
};
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

use super::Api;
use crate::app::checklists;
use crate::domain::checklist::{Change, Checklist, Item, ItemState, SIGNERS};
use crate::domain::poll::Schedule;
use crate::error::Error;

/// The fields of a plan.
const PLAN: [&str; 6] =
    ["roll_id", "open_time", "close_time", "districts", "minimum_age", "paper_close_time"];

#[async_trait]
impl ChecklistService for Api {
    async fn get_vote_checklist(
        &self,
        request: Request<GetVoteChecklistRequest>,
    ) -> Result<Response<GetVoteChecklistResponse>, Status> {
        let (organization, officer) = officer(&request)?;
        let budget = validate::uuid("budget_id", &request.into_inner().budget_id)?;
        let list = checklists::checklist(&self.app, organization, budget).await?;
        Ok(Response::new(GetVoteChecklistResponse { checklist: Some(encode(&list, &officer)) }))
    }

    async fn plan_vote(
        &self,
        request: Request<PlanVoteRequest>,
    ) -> Result<Response<PlanVoteResponse>, Status> {
        let (organization, officer) = officer(&request)?;
        let message = request.into_inner();
        let budget = validate::uuid("budget_id", &message.budget_id)?;
        let plan = decode(message.plan.ok_or_else(|| checklists::missing("plan"))?)?;
        let list = checklists::plan_vote(&self.app, organization, budget, plan).await.map_err(in_plan)?;
        Ok(Response::new(PlanVoteResponse { checklist: Some(encode(&list, &officer)) }))
    }

    async fn check_item(
        &self,
        request: Request<CheckItemRequest>,
    ) -> Result<Response<CheckItemResponse>, Status> {
        let (organization, officer) = officer(&request)?;
        let message = request.into_inner();
        let budget = validate::uuid("budget_id", &message.budget_id)?;
        let item = Item::ALL.into_iter().find(|item| kind(*item) == message.kind());
        let state = match message.state() {
            ChecklistItemState::Unspecified => None,
            ChecklistItemState::Open => Some(ItemState::Open),
            ChecklistItemState::Done => Some(ItemState::Done),
            ChecklistItemState::NotNeeded => Some(ItemState::NotNeeded),
        };
        let mut checks = Checks::new();
        checks.require(item.is_some(), "kind", "must be an item of the checklist");
        checks.require(state.is_some(), "state", "must be open, done or not needed");
        checks.finish()?;
        let (Some(item), Some(state)) = (item, state) else {
            return Err(Error::Corrupt("an item without kind or state").into());
        };
        let word = (item, state, message.note);
        let list = checklists::check_item(&self.app, organization, budget, word, &officer).await?;
        Ok(Response::new(CheckItemResponse { checklist: Some(encode(&list, &officer)) }))
    }

    async fn sign_off_vote(
        &self,
        request: Request<SignOffVoteRequest>,
    ) -> Result<Response<SignOffVoteResponse>, Status> {
        let (organization, officer) = officer(&request)?;
        let message = request.into_inner();
        let budget = validate::uuid("budget_id", &message.budget_id)?;
        let mut checks = Checks::new();
        checks.text("etag", &message.etag, 1, 64);
        checks.finish()?;
        let list = checklists::sign_off(&self.app, organization, budget, &officer, &message.etag).await?;
        Ok(Response::new(SignOffVoteResponse { checklist: Some(encode(&list, &officer)) }))
    }
}

/// The organization and who calls.
fn officer<T>(request: &Request<T>) -> Result<(Uuid, String), Status> {
    let context = Context::of(request);
    Ok((context.organization()?, context.signed_in()?.subject.clone()))
}

fn decode(plan: VotePlan) -> Result<Schedule, Error> {
    Ok(Schedule {
        roll: validate::uuid("plan.roll_id", &plan.roll_id)?,
        open_time: validate::time("plan.open_time", plan.open_time.as_ref())?,
        close_time: validate::time("plan.close_time", plan.close_time.as_ref())?,
        districts: plan.districts.iter().map(|code| validate::area_code(code)).collect(),
        minimum_age: plan.minimum_age.into(),
        paper_close_time: match &plan.paper_close_time {
            Some(time) => Some(validate::time("plan.paper_close_time", Some(time))?),
            None => None,
        },
    })
}

/// What is wrong with a field of the plan, named as in the request.
fn in_plan(error: Error) -> ApiError {
    let mut error = ApiError::from(error);
    for violation in &mut error.violations {
        if PLAN.iter().any(|name| violation.field.split('[').next() == Some(*name)) {
            violation.field.insert_str(0, "plan.");
        }
    }
    error
}

const fn kind(item: Item) -> ChecklistItemKind {
    match item {
        Item::RollLoaded => ChecklistItemKind::RollLoaded,
        Item::LettersOut => ChecklistItemKind::LettersOut,
        Item::TestVoteDone => ChecklistItemKind::TestVoteDone,
        Item::AlertsOn => ChecklistItemKind::AlertsOn,
        Item::BackupTaken => ChecklistItemKind::BackupTaken,
    }
}

const fn state(state: ItemState) -> ChecklistItemState {
    match state {
        ItemState::Open => ChecklistItemState::Open,
        ItemState::Done => ChecklistItemState::Done,
        ItemState::NotNeeded => ChecklistItemState::NotNeeded,
    }
}

const fn change(change: Change) -> SignOffChange {
    match change {
        Change::Projects => SignOffChange::Projects,
        Change::Terms => SignOffChange::Terms,
        Change::Plan => SignOffChange::Plan,
        Change::Items => SignOffChange::Items,
        Change::CalledOff => SignOffChange::CalledOff,
    }
}

/// The checklist as `officer` sees it.
fn encode(list: &Checklist, officer: &str) -> VoteChecklist {
    let item = |item: Item| match list.word(item) {
        Some(word) => proto::ChecklistItem {
            kind: kind(item).into(),
            state: state(word.state).into(),
            note: word.note.clone(),
            change_time: Some(timestamp(word.time)),
            own: word.by == officer,
        },
        None => proto::ChecklistItem {
            kind: kind(item).into(),
            state: ChecklistItemState::Open.into(),
            ..Default::default()
        },
    };
    let sign_offs = list.sign_offs.iter().map(|one| proto::SignOff {
        sign_time: Some(timestamp(one.time)),
        own: one.by == officer,
        withdraw_time: one.withdrawn.map(|(time, _)| timestamp(time)),
        withdrawn_for: one.withdrawn.map_or(SignOffChange::Unspecified, |(_, cause)| change(cause)).into(),
    });
    VoteChecklist {
        budget_id: list.budget.to_string(),
        plan: list.plan.as_ref().map(plan),
        items: Item::ALL.into_iter().map(item).collect(),
        sign_offs: sign_offs.collect(),
        required_sign_offs: u32::try_from(SIGNERS).unwrap_or(u32::MAX),
        signed_off: list.is_signed_off(),
        etag: list.etag(),
    }
}

fn plan(plan: &Schedule) -> VotePlan {
    VotePlan {
        roll_id: plan.roll.to_string(),
        open_time: Some(timestamp(plan.open_time)),
        close_time: Some(timestamp(plan.close_time)),
        districts: plan.districts.clone(),
        minimum_age: u32::try_from(plan.minimum_age).unwrap_or(u32::MAX),
        paper_close_time: plan.paper_close_time.map(timestamp),
    }
}
