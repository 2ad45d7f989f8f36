//! A city with a process, proposals, a budget and its projects.

use comitia_platform::ApiError;
use comitia_platform::validate::timestamp;
use comitia_proto::budgets::v1::*;
use comitia_proto::proposals::v1::*;
use comitia_proto::spaces::v1::*;
use comitia_proto::voting::v1::*;
use tonic::Status;

use crate::site::{Site, now};

pub const PROCESS: &str = "0192f0c1-0000-7000-8000-00000000000a";
pub const PROPOSAL: &str = "0192f0c1-0000-7000-8000-00000000000b";
pub const BUDGET: &str = "0192f0c1-0000-7000-8000-00000000000c";
pub const PROJECT: &str = "0192f0c1-0000-7000-8000-00000000000d";
pub const OTHER_PROJECT: &str = "0192f0c1-0000-7000-8000-00000000000e";
pub const POLL: &str = "0192f0c1-0000-7000-8000-00000000000f";

/// A title that would break a page if it were markup.
pub const ODD_TITLE: &str = "<b>Arbres</b> & \"bancs\"";

pub fn slug(title: &str, id: &str) -> String {
    format!("{title}-{}", id.replace('-', ""))
}

pub fn process_path() -> String {
    format!("/processes/{}", slug("budget-2026", PROCESS))
}

pub fn proposal_path() -> String {
    format!("/proposals/{}", slug("b-arbres-b-bancs", PROPOSAL))
}

pub fn budget_path() -> String {
    format!("/budgets/{}", slug("toute-la-ville", BUDGET))
}

pub fn project_path() -> String {
    format!("/projects/{}", slug("ecluse", PROJECT))
}

fn at(hours: i64) -> Option<prost_types::Timestamp> {
    Some(timestamp(now() + chrono::TimeDelta::hours(hours)))
}

pub fn phase(title: &str, kind: PhaseKind, from: i64, to: i64) -> Phase {
    Phase {
        phase_id: String::new(),
        title: title.into(),
        kind: kind.into(),
        start_time: at(from),
        end_time: at(to),
    }
}

/// A process whose phase of this kind is open, between one that is over and one to come.
pub fn process(kind: PhaseKind) -> Process {
    Process {
        process_id: PROCESS.into(),
        title: "Budget 2026".into(),
        description: "## Le budget\n\nVous décidez de **tout**.<script>".into(),
        published: true,
        phases: vec![
            phase("Information", PhaseKind::Information, -48, -24),
            phase("Maintenant", kind, -24, 38),
            phase("Ensuite", PhaseKind::Execution, 38, 1000),
        ],
        ..Process::default()
    }
}

pub fn proposal() -> Proposal {
    Proposal {
        proposal_id: PROPOSAL.into(),
        process_id: PROCESS.into(),
        title: ODD_TITLE.into(),
        body: "Des arbres **partout**.".into(),
        area_code: "north".into(),
        category: "Parcs".into(),
        place: Some(Place { address: "Place du Marché".into(), ..Place::default() }),
        state: ProposalState::Submitted.into(),
        create_time: at(-5),
        etag: "r1".into(),
        ..Proposal::default()
    }
}

pub fn budget(state: BudgetState) -> Budget {
    Budget {
        budget_id: BUDGET.into(),
        process_id: PROCESS.into(),
        title: "Toute la ville".into(),
        amount: 1_000_000,
        currency: "EUR".into(),
        ballot_rule: Some(BallotRule {
            r#type: BallotType::Approval.into(),
            max_choices: 3,
            recast_allowed: true,
            ..BallotRule::default()
        }),
        allocation_rule: Some(AllocationRule {
            kind: RuleKind::EqualShares.into(),
            ..AllocationRule::default()
        }),
        state: state.into(),
        poll_id: if state == BudgetState::Draft { String::new() } else { POLL.into() },
        ..Budget::default()
    }
}

pub fn projects() -> Vec<Project> {
    vec![
        Project {
            project_id: PROJECT.into(),
            budget_id: BUDGET.into(),
            reference: "10".into(),
            title: "Écluse".into(),
            description: "Une écluse.".into(),
            cost: 300_000,
            categories: vec!["Eau".into()],
            address: "Quai du Rhône".into(),
            proposal_id: PROPOSAL.into(),
            ..Project::default()
        },
        Project {
            project_id: OTHER_PROJECT.into(),
            budget_id: BUDGET.into(),
            reference: "2".into(),
            title: "حديقة عامة".into(),
            cost: 500_050,
            categories: vec!["Parcs".into()],
            ..Project::default()
        },
    ]
}

pub fn poll(state: PollState) -> Poll {
    Poll {
        poll_id: POLL.into(),
        title: "Toute la ville".into(),
        state: state.into(),
        open_time: at(-2),
        close_time: at(36),
        ..Poll::default()
    }
}

pub fn result() -> AllocationResult {
    let why = |kind: OutcomeReasonKind| OutcomeReason { kind: kind.into(), ..OutcomeReason::default() };
    let funded = OutcomeReason {
        round: 1,
        payer_count: 120,
        largest_payment: 2_500,
        left: 700_000,
        ..why(OutcomeReasonKind::Paid)
    };
    let not = OutcomeReason { lacking: 400_050, ..why(OutcomeReasonKind::SupportersCannotAfford) };
    AllocationResult {
        budget_id: BUDGET.into(),
        poll_id: POLL.into(),
        amount: 1_000_000,
        spent: 300_000,
        currency: "EUR".into(),
        ballot_count: 200,
        outcomes: vec![
            ProjectOutcome {
                project_id: PROJECT.into(),
                reference: "10".into(),
                title: "Écluse".into(),
                cost: 300_000,
                votes: 120,
                score: "120".into(),
                funded: true,
                granted: 300_000,
                reason: "Round 1: funded.".into(),
                why: Some(funded),
            },
            ProjectOutcome {
                project_id: OTHER_PROJECT.into(),
                reference: "2".into(),
                title: "حديقة عامة".into(),
                cost: 500_050,
                votes: 100,
                score: "100".into(),
                funded: false,
                granted: 0,
                reason: "It costs too much.".into(),
                why: Some(not),
            },
        ],
        satisfied_share: "3/5".into(),
        trace: "{}".into(),
        trace_sha256: "ab".repeat(32),
        seal_digest: "cd".repeat(32),
        publish_time: at(-1),
        smallest_group: 5,
        broken_ties: vec![BrokenTie {
            round: 1,
            references: vec!["10".into(), "2".into()],
            chosen: "10".into(),
            by: TieBreak::LowestCost.into(),
        }],
        ..AllocationResult::default()
    }
}

pub fn turnout() -> Turnout {
    let district = |district: &str, online_count, paper_count, any_channel_count| DistrictTurnout {
        district: district.into(),
        online_count,
        paper_count,
        any_channel_count,
    };
    Turnout {
        poll_id: POLL.into(),
        ballot_count: 203,
        districts: vec![district("north", 100, 40, 0), district("*", 0, 0, 60)],
        blank_paper_count: 2,
        invalid_paper_count: 1,
        smallest_group: 5,
        ..Turnout::default()
    }
}

/// A photo and a document.
pub fn attachments() -> Vec<Attachment> {
    let photo = Attachment {
        attachment_id: "0192f0c1-0000-7000-8000-0000000000f1".into(),
        process_id: PROCESS.into(),
        kind: AttachmentKind::Photo.into(),
        title: "Le quai".into(),
        alternative_text: "Un quai sans arbres".into(),
        position: 1,
        media_type: "image/jpeg".into(),
        byte_count: 339_600,
        renditions: vec![
            AttachmentRendition { width: 480, height: 240 },
            AttachmentRendition { width: 960, height: 480 },
            AttachmentRendition { width: 1600, height: 800 },
        ],
        ..Attachment::default()
    };
    let document = Attachment {
        attachment_id: "0192f0c1-0000-7000-8000-0000000000f2".into(),
        kind: AttachmentKind::Document.into(),
        title: "Règlement <b>".into(),
        alternative_text: String::new(),
        position: 2,
        media_type: "application/pdf".into(),
        byte_count: 1_234_567,
        renditions: Vec::new(),
        ..photo.clone()
    };
    vec![photo, document]
}

/// There is no such thing here.
pub fn missing(what: &str) -> Status {
    ApiError::not_found(what).into()
}

/// Tells the doubles of a city with one process in this phase, one proposal, and one budget in this state.
pub fn furnish(site: &Site, kind: PhaseKind, state: BudgetState, polled: PollState) {
    let double = &site.double;
    let known = process(kind);
    let processes = vec![known.clone()];
    double
        .give::<ListProcessesRequest, _>(ListProcessesResponse { processes, next_page_token: String::new() });
    double.on(move |request: &GetProcessRequest| match request.process_id.as_str() {
        PROCESS => Ok(GetProcessResponse { process: Some(known.clone()) }),
        other => Err(missing(other)),
    });
    let area = |code: &str, title: &str| Area { code: code.into(), title: title.into(), ..Area::default() };
    let areas = vec![area("north", "Quartier Nord"), area("south", "Quartier Sud")];
    double.give::<ListAreasRequest, _>(ListAreasResponse { areas, next_page_token: String::new() });
    double.give::<ListAttachmentsRequest, _>(ListAttachmentsResponse::default());
    double.give::<ListProposalAttachmentsRequest, _>(ListProposalAttachmentsResponse::default());
    double.give::<ListCoverPhotosRequest, _>(ListCoverPhotosResponse::default());
    double.give::<ListProjectAttachmentsRequest, _>(ListProjectAttachmentsResponse::default());
    double.give::<ListProposalsRequest, _>(ListProposalsResponse {
        proposals: vec![proposal()],
        next_page_token: String::new(),
    });
    double.on(|request: &GetProposalRequest| match request.proposal_id.as_str() {
        PROPOSAL => Ok(GetProposalResponse { proposal: Some(proposal()) }),
        other => Err(missing(other)),
    });
    double.give::<ListBudgetsRequest, _>(ListBudgetsResponse {
        budgets: vec![budget(state)],
        next_page_token: String::new(),
    });
    double.on(move |request: &GetBudgetRequest| match request.budget_id.as_str() {
        BUDGET => Ok(GetBudgetResponse { budget: Some(budget(state)) }),
        other => Err(missing(other)),
    });
    double.give::<ListProjectsRequest, _>(ListProjectsResponse {
        projects: projects(),
        next_page_token: String::new(),
    });
    double.on(|request: &GetProjectRequest| {
        let found = projects().into_iter().find(|project| project.project_id == request.project_id);
        found
            .map(|project| GetProjectResponse { project: Some(project) })
            .ok_or_else(|| missing(&request.project_id))
    });
    double.give::<GetResultRequest, _>(GetResultResponse { result: Some(result()) });
    double.give::<ListPollsRequest, _>(ListPollsResponse {
        polls: vec![poll(polled)],
        next_page_token: String::new(),
    });
    double.give::<GetPollRequest, _>(GetPollResponse { poll: Some(poll(polled)) });
    double.give::<GetTurnoutRequest, _>(GetTurnoutResponse { turnout: Some(turnout()) });
}

/// A city in which nothing is yet.
pub fn furnish_empty(site: &Site) {
    site.double.give::<ListProcessesRequest, _>(ListProcessesResponse::default());
    site.double.give::<ListPollsRequest, _>(ListPollsResponse::default());
    site.double.give::<ListAreasRequest, _>(ListAreasResponse::default());
}
