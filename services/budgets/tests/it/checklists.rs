//! Two people sign a vote off before it is scheduled, for the projects, rules and dates that it then has.

use comitia_bus::Event;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::checklist_service_client::ChecklistServiceClient;
use comitia_proto::budgets::v1::{
    Budget, BudgetState, CheckItemRequest, ChecklistItemKind, ChecklistItemState, CreateBudgetRequest,
    DeleteProjectRequest, GetVoteChecklistRequest, PlanVoteRequest, Project, ScheduleVoteRequest,
    SignOffChange, SignOffVoteRequest, UpdateBudgetRequest, UpdateProjectRequest, VoteChecklist, VotePlan,
};
use comitia_proto::events::v1::PollCancelled;
use sqlx::Row;
use tonic::transport::Channel;

use crate::world::{World, at, project, reason, refusal};

const KINDS: [ChecklistItemKind; 5] = [
    ChecklistItemKind::RollLoaded,
    ChecklistItemKind::LettersOut,
    ChecklistItemKind::TestVoteDone,
    ChecklistItemKind::AlertsOn,
    ChecklistItemKind::BackupTaken,
];

/// A world with a budget that two people sign off.
struct Signing {
    world: World,
    budget: Budget,
    projects: Vec<Project>,
}

impl Signing {
    async fn new() -> Self {
        let world = World::new().await;
        let request = CreateBudgetRequest { sign_off_required: true, ..world.new_budget("Green city") };
        let answer = world.budgets.clone().create_budget(world.officer(request)).await.unwrap();
        let budget = answer.into_inner().budget.unwrap();
        let projects = world.add(&budget, vec![project("a", 40_000), project("b", 70_000)]).await.unwrap();
        Self { world, budget, projects }
    }

    fn lists(&self) -> ChecklistServiceClient<Channel> {
        self.world.checklists.clone()
    }

    fn id(&self) -> String {
        self.budget.budget_id.clone()
    }

    fn vote(&self) -> ScheduleVoteRequest {
        self.world.vote(&self.budget)
    }

    async fn read(&self, who: &str) -> VoteChecklist {
        let request = self.world.person(who, GetVoteChecklistRequest { budget_id: self.id() });
        self.lists().get_vote_checklist(request).await.unwrap().into_inner().checklist.unwrap()
    }

    async fn plan(&self, hour: i64) -> Result<VoteChecklist, ApiError> {
        let vote = self.vote();
        let plan = VotePlan {
            roll_id: vote.roll_id,
            open_time: vote.open_time,
            close_time: Some(timestamp(at(hour))),
            minimum_age: vote.minimum_age,
            ..Default::default()
        };
        let request = PlanVoteRequest { budget_id: self.id(), plan: Some(plan) };
        let answer = self.lists().plan_vote(self.world.person("ann", request)).await;
        Ok(answer.map_err(|status| ApiError::from_status(&status))?.into_inner().checklist.unwrap())
    }

    async fn check(
        &self,
        kind: ChecklistItemKind,
        state: ChecklistItemState,
        note: &str,
    ) -> Result<VoteChecklist, ApiError> {
        let request = CheckItemRequest {
            budget_id: self.id(),
            kind: kind.into(),
            state: state.into(),
            note: note.into(),
        };
        let answer = self.lists().check_item(self.world.person("ann", request)).await;
        Ok(answer.map_err(|status| ApiError::from_status(&status))?.into_inner().checklist.unwrap())
    }

    async fn sign(&self, who: &str, etag: &str) -> Result<VoteChecklist, ApiError> {
        let request = SignOffVoteRequest { budget_id: self.id(), etag: etag.into() };
        let answer = self.lists().sign_off_vote(self.world.person(who, request)).await;
        Ok(answer.map_err(|status| ApiError::from_status(&status))?.into_inner().checklist.unwrap())
    }

    /// Planned, with every item done.
    async fn complete(&self) -> VoteChecklist {
        let mut list = self.plan(60).await.unwrap();
        for kind in KINDS {
            list = self.check(kind, ChecklistItemState::Done, "").await.unwrap();
        }
        list
    }

    /// The same, signed by two people at once.
    async fn signed(&self) -> VoteChecklist {
        let etag = self.complete().await.etag;
        let (ann, ben) = tokio::join!(self.sign("ann", &etag), self.sign("ben", &etag));
        ann.unwrap();
        ben.unwrap();
        let list = self.read("ann").await;
        assert!(list.signed_off, "{list:?}");
        list
    }

    async fn schedule(&self, vote: ScheduleVoteRequest) -> Result<Budget, ApiError> {
        self.world.schedule(vote).await
    }
}

fn counting(list: &VoteChecklist) -> usize {
    list.sign_offs.iter().filter(|one| one.withdraw_time.is_none()).count()
}

#[tokio::test]
async fn a_vote_is_scheduled_once_two_people_have_signed_it_off() {
    let signing = Signing::new().await;
    assert!(signing.budget.sign_off_required);
    let fresh = signing.read("ann").await;
    assert_eq!((fresh.items.len(), fresh.required_sign_offs, fresh.signed_off), (5, 2, false));
    assert!(fresh.items.iter().all(|item| item.state() == ChecklistItemState::Open));
    // What scheduling would say can be asked before.
    let asked = ScheduleVoteRequest { validate_only: true, ..signing.vote() };
    signing.schedule(asked).await.unwrap();
    let unsigned = refusal(signing.schedule(signing.vote()).await);
    assert_eq!(unsigned, (Reason::SignOffMissing, vec!["budget_id".to_owned()]));

    let open = refusal(signing.sign("ann", &fresh.etag).await);
    assert_eq!((open.0, open.1.len(), open.1[0].as_str()), (Reason::ChecklistIncomplete, 6, "plan"));
    let list = signing.complete().await;
    let once = signing.sign("ann", &list.etag).await.unwrap();
    assert_eq!((counting(&once), once.signed_off, once.sign_offs[0].own), (1, false, true));
    assert_eq!(refusal(signing.sign("ann", &list.etag).await).0, Reason::SecondPersonRequired);
    assert_eq!(refusal(signing.schedule(signing.vote()).await).0, Reason::SignOffMissing);
    signing.world.clock.advance(chrono::TimeDelta::minutes(1));
    let twice = signing.sign("ben", &list.etag).await.unwrap();
    assert!(twice.signed_off);
    assert_eq!(twice.sign_offs.iter().map(|one| one.own).collect::<Vec<_>>(), [false, true]);

    let later = ScheduleVoteRequest { minimum_age: 18, ..signing.vote() };
    let other = refusal(signing.schedule(later).await);
    assert_eq!(other, (Reason::SignOffMissing, vec!["minimum_age".to_owned()]));
    assert_eq!(signing.world.read(&signing.id()).await.state(), BudgetState::Draft);
    let frozen = signing.schedule(signing.vote()).await.unwrap();
    assert_eq!(frozen.state(), BudgetState::Frozen);
    // Who signed stays to be read, and nothing changes any more.
    assert_eq!(counting(&signing.read("carol").await), 2);
    let late = signing.check(ChecklistItemKind::AlertsOn, ChecklistItemState::Open, "").await;
    assert_eq!(refusal(late).0, Reason::BudgetFrozen);
    assert_eq!(refusal(signing.sign("carol", &list.etag).await).0, Reason::BudgetFrozen);
}

#[tokio::test]
async fn what_changes_takes_the_sign_offs_away_and_says_so() {
    let signing = Signing::new().await;
    let world = &signing.world;
    let mut budgets = world.budgets.clone();
    let mut projects = world.projects.clone();
    let mut lost = 0;
    let mut taken = async |cause: SignOffChange| {
        let list = signing.read("ann").await;
        lost += 2;
        let withdrawn: Vec<_> = list.sign_offs.iter().filter(|one| one.withdraw_time.is_some()).collect();
        assert_eq!((counting(&list), withdrawn.len().min(10)), (0, lost.min(10)), "{cause:?}");
        assert_eq!(withdrawn[0].withdrawn_for(), cause);
        assert_eq!(refusal(signing.schedule(signing.vote()).await).0, Reason::SignOffMissing);
    };

    let list = signing.signed().await;
    // The same again is no change.
    signing.plan(60).await.unwrap();
    signing.check(ChecklistItemKind::AlertsOn, ChecklistItemState::Done, "").await.unwrap();
    assert_eq!(signing.read("ann").await, list);
    world.clock.advance(chrono::TimeDelta::minutes(1));

    let change = UpdateBudgetRequest { budget_id: signing.id(), amount: 90_000, ..Default::default() };
    budgets.update_budget(world.officer(change)).await.unwrap();
    taken(SignOffChange::Terms).await;

    let list = signing.signed().await;
    world.clock.advance(chrono::TimeDelta::minutes(1));
    world.add(&signing.budget, vec![project("c", 5)]).await.unwrap();
    taken(SignOffChange::Projects).await;
    // Who read the list before does not sign what they did not see.
    assert_eq!(
        refusal(signing.sign("ann", &list.etag).await),
        (Reason::EtagMismatch, vec!["etag".to_owned()])
    );

    let project_id = signing.projects[0].project_id.clone();
    signing.signed().await;
    world.clock.advance(chrono::TimeDelta::minutes(1));
    let change = UpdateProjectRequest { project_id: project_id.clone(), values: Some(project("", 41_000)) };
    projects.update_project(world.officer(change)).await.unwrap();
    taken(SignOffChange::Projects).await;

    signing.signed().await;
    world.clock.advance(chrono::TimeDelta::minutes(1));
    projects.delete_project(world.officer(DeleteProjectRequest { project_id })).await.unwrap();
    taken(SignOffChange::Projects).await;

    signing.signed().await;
    world.clock.advance(chrono::TimeDelta::minutes(1));
    signing
        .check(ChecklistItemKind::BackupTaken, ChecklistItemState::NotNeeded, "Of last night")
        .await
        .unwrap();
    taken(SignOffChange::Items).await;

    signing.signed().await;
    world.clock.advance(chrono::TimeDelta::minutes(1));
    signing.plan(70).await.unwrap();
    taken(SignOffChange::Plan).await;
}

#[tokio::test]
async fn a_vote_that_was_called_off_is_signed_off_again() {
    let signing = Signing::new().await;
    signing.signed().await;
    let world = &signing.world;
    let poll_id = signing.schedule(signing.vote()).await.unwrap().poll_id;
    let message = PollCancelled { poll_id: poll_id.clone() };
    let event = Event::new(
        &world.clock,
        "voting.poll.cancelled",
        Some(world.doubles.organization),
        poll_id,
        &message,
    );
    world.tell(&event).await;
    let list = signing.read("ann").await;
    assert_eq!(counting(&list), 0);
    assert_eq!(list.sign_offs[0].withdrawn_for(), SignOffChange::CalledOff);
    assert_eq!(refusal(signing.schedule(signing.vote()).await).0, Reason::SignOffMissing);
}

#[tokio::test]
async fn one_person_at_two_desks_signs_once() {
    let signing = Signing::new().await;
    let etag = signing.complete().await.etag;
    let (one, two) = tokio::join!(signing.sign("ann", &etag), signing.sign("ann", &etag));
    let refused = [one, two].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert_eq!(refused.iter().map(|error| error.reason).collect::<Vec<_>>(), [Reason::SecondPersonRequired]);
    assert_eq!(counting(&signing.read("ann").await), 1);
}

#[tokio::test]
async fn what_cannot_be_is_neither_planned_nor_signed() {
    let signing = Signing::new().await;
    assert_eq!(refusal(signing.plan(241).await), (Reason::PhaseNotOpen, vec!["plan.close_time".to_owned()]));
    let nobody = PlanVoteRequest { budget_id: signing.id(), plan: None };
    let answer = signing.lists().plan_vote(signing.world.person("ann", nobody)).await;
    assert_eq!(reason(answer), Reason::FieldInvalid);
    let none = signing.check(ChecklistItemKind::Unspecified, ChecklistItemState::Unspecified, "").await;
    assert_eq!(refusal(none), (Reason::FieldInvalid, vec!["kind".to_owned(), "state".to_owned()]));
    let why = signing.check(ChecklistItemKind::LettersOut, ChecklistItemState::NotNeeded, " ").await;
    assert_eq!(refusal(why), (Reason::FieldInvalid, vec!["note".to_owned()]));
    // Time has passed: nobody signs for a vote that would be over.
    let etag = signing.complete().await.etag;
    signing.world.clock.set(at(61));
    assert_eq!(refusal(signing.sign("ann", &etag).await).1, ["close_time"]);
}

#[tokio::test]
async fn a_budget_that_does_not_ask_is_scheduled_as_before_and_asking_stays() {
    let signing = Signing::new().await;
    let world = &signing.world;
    let plain = world.budget().await;
    world.add(&plain, vec![project("a", 5)]).await.unwrap();
    assert!(!plain.sign_off_required);
    let other = world.budget().await;
    world.add(&other, vec![project("a", 5)]).await.unwrap();
    world.schedule(world.vote(&plain)).await.unwrap();
    let ask = |budget_id: &str, require_sign_off| {
        let budget_id = budget_id.to_owned();
        UpdateBudgetRequest { budget_id, require_sign_off, title: "Other".into(), ..Default::default() }
    };
    let mut budgets = world.budgets.clone();
    for require in [true, false] {
        let answer = budgets.update_budget(world.officer(ask(&other.budget_id, require))).await.unwrap();
        assert!(answer.into_inner().budget.unwrap().sign_off_required);
    }
    assert_eq!(refusal(world.schedule(world.vote(&other)).await).0, Reason::SignOffMissing);
}

#[tokio::test]
async fn a_checklist_is_for_the_team_of_its_organization() {
    let signing = Signing::new().await;
    signing.signed().await;
    let world = &signing.world;
    let read = || GetVoteChecklistRequest { budget_id: signing.id() };
    let stranger = world.of(comitia_core::id::new(), "ADMINISTRATOR", read());
    assert_eq!(reason(signing.lists().get_vote_checklist(stranger).await), Reason::ResourceNotFound);
    let public = signing.lists().get_vote_checklist(world.public(read())).await;
    assert_eq!(reason(public), Reason::SessionInvalid);
    let organization = world.doubles.organization;
    signing.lists().get_vote_checklist(world.of(organization, "AUDITOR", read())).await.unwrap();
    let sign = SignOffVoteRequest { budget_id: signing.id(), etag: "1".into() };
    let auditor = signing.lists().sign_off_vote(world.of(organization, "AUDITOR", sign)).await;
    assert_eq!(reason(auditor), Reason::RoleMissing);
    // The database itself shows nothing to a transaction that names no tenant.
    let pool = world.database.pool("budgets").unwrap();
    for table in ["checklists", "checklist_items", "sign_offs"] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM budgets.{table}"));
        let count: i64 = sqlx::query(sql).fetch_one(&pool).await.unwrap().get(0);
        assert_eq!(count, 0, "{table}");
    }
}
