//! What can go wrong, and what the caller may know of it.

use comitia_core::ErrorCode;
use comitia_platform::database::Unreadable;
use comitia_platform::{ApiError, Reason};
use uuid::Uuid;

use crate::domain::checklist::Item;

/// What can go wrong in this service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The budget does not exist in this organization.
    #[error("budget {0} does not exist")]
    BudgetUnknown(Uuid),
    /// No budget of this organization is decided by this poll.
    #[error("poll {0} has no budget")]
    PollHasNoBudget(Uuid),
    /// The project does not exist in this organization.
    #[error("project {0} does not exist")]
    ProjectUnknown(Uuid),
    /// The process does not exist in this organization.
    #[error("process {0} does not exist")]
    ProcessUnknown(Uuid),
    /// The electoral roll does not exist in this organization.
    #[error("the roll does not exist")]
    RollUnknown,
    /// Nobody could vote.
    #[error("nobody may vote: {field} {rule}")]
    NobodyEligible {
        /// The field that leaves nobody.
        field: &'static str,
        /// What it must be, and why.
        rule: String,
    },
    /// The vote of the budget was scheduled.
    #[error("the budget {0} is frozen: its vote was scheduled")]
    Frozen(Uuid),
    /// The vote is not signed off as it is to be scheduled: fields with what is missing or differs.
    #[error("two people have not signed this vote off as it is to be scheduled")]
    SignOffMissing(Vec<(&'static str, String)>),
    /// Items of the checklist are open, or the vote is not planned.
    #[error("the checklist is not complete")]
    ChecklistIncomplete {
        /// What nobody has made sure of.
        open: Vec<Item>,
        /// Whether the vote is planned.
        planned: bool,
    },
    /// The checklist is not the one that was read.
    #[error("the checklist, or what it is about, was changed meanwhile; read it again")]
    ChecklistChanged,
    /// The same person signs again.
    #[error("the caller has signed the checklist off; somebody else has to")]
    SignedBefore,
    /// The vote is not scheduled, or voting does not have its poll yet.
    #[error("the vote of the budget {0} is not scheduled")]
    VoteNotScheduled(Uuid),
    /// The same person proposed it.
    #[error("the caller has proposed this closing time; somebody else has to do it")]
    ProposedBefore,
    /// The budget was changed meanwhile.
    #[error("the budget was changed meanwhile; read it again")]
    EtagMismatch,
    /// Another project of the budget has this reference.
    #[error("{field}: another project of the budget has this reference")]
    ReferenceTaken {
        /// The field with the reference.
        field: String,
    },
    /// The budget would have more projects than a poll takes.
    #[error("a budget has at most {0} projects")]
    TooManyProjects(usize),
    /// A rule cannot be used with this ballot or these projects.
    #[error("{field}: {rule}")]
    RuleNotApplicable {
        /// The field that does not fit.
        field: String,
        /// Why.
        rule: String,
    },
    /// The vote is not inside a vote phase.
    #[error("{field}: {rule}")]
    PhaseNotOpen {
        /// The field that is outside.
        field: &'static str,
        /// Why.
        rule: &'static str,
    },
    /// The proposal cannot become a project of this budget.
    #[error("{field}: {rule}")]
    ProposalState {
        /// The field that names the proposal.
        field: String,
        /// Why.
        rule: &'static str,
    },
    /// The vote is not decided.
    #[error("the result of the budget {0} is not there yet")]
    ResultNotReady(Uuid),
    /// The project was not funded.
    #[error("the project {0} was not funded")]
    NotFunded(Uuid),
    /// The budget that gets the leftover is counted or decided.
    #[error("the budget {0}, which gets the leftover, is counted or decided")]
    LeftoverTooLate(Uuid),
    /// What other budgets leave changed while the result was computed.
    #[error("what other budgets leave changed while the result was computed")]
    LeftoversChanged,
    /// The ballots are not those that were sealed.
    #[error("the poll was sealed with {sealed} ballots, and voting gave {streamed}")]
    BallotsDiffer {
        /// What the seal says.
        sealed: i64,
        /// What voting gave.
        streamed: i64,
    },
    /// As before, though there are as many.
    #[error("the ballots that voting gave do not have the digest of the seal")]
    SealDiffers,
    /// A ballot names something that is not a project of the budget.
    #[error("a ballot names {0:?}, which is no project of the budget")]
    OptionUnknown(String),
    /// The rule could not be run.
    #[error("the rule could not be run: {0}")]
    Count(#[from] comitia_allocation::Error),
    /// The result could not be written as a `.pb` file.
    #[error("the result could not be written: {0}")]
    Export(#[from] comitia_pabulib::WriteError),
    /// As before, while ballots were added.
    #[error("the ballots could not be written: {0}")]
    ExportBallots(#[from] comitia_pabulib::BallotsError),
    /// A row that this program cannot read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// What was stored or received makes no sense.
    #[error("stored or received data makes no sense: {0}")]
    Corrupt(&'static str),
    /// Another service or the platform refused, or is away.
    #[error("{0}")]
    Api(#[from] ApiError),
    /// The database.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
}

impl Error {
    /// A rule that cannot be used with this ballot or these projects.
    pub fn not_applicable(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::RuleNotApplicable { field: field.into(), rule: rule.into() }
    }

    /// Whether a later attempt may succeed without anybody's doing.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Database(_) | Self::LeftoversChanged => true,
            Self::Api(error) => !matches!(
                error.code,
                ErrorCode::InvalidArgument | ErrorCode::AlreadyExists | ErrorCode::Unimplemented
            ),
            _ => false,
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::BudgetUnknown(id) => Self::not_found(format_args!("budget {id}")),
            Error::PollHasNoBudget(id) => Self::not_found(format_args!("the budget of poll {id}")),
            Error::ProjectUnknown(id) => Self::not_found(format_args!("project {id}")),
            Error::ProcessUnknown(id) => Self::not_found(format_args!("process {id}"))
                .with_violation("process_id", "must be a process of this organization"),
            Error::RollUnknown => {
                Self::invalid_field("roll_id", "must be an electoral roll of this organization")
            }
            Error::NobodyEligible { field, rule } => {
                Self::precondition(Reason::NobodyEligible, text).with_violation(field, rule)
            }
            Error::Frozen(_) => Self::precondition(Reason::BudgetFrozen, text),
            Error::EtagMismatch => Self::new(ErrorCode::Aborted, Reason::EtagMismatch, text)
                .with_violation("etag", "must be the present one, or empty"),
            Error::SignOffMissing(missing) => missing
                .into_iter()
                .fold(Self::precondition(Reason::SignOffMissing, text), |error, (field, rule)| {
                    error.with_violation(field, rule)
                }),
            Error::ChecklistIncomplete { open, planned } => incomplete(text, &open, planned),
            Error::ChecklistChanged => Self::new(ErrorCode::Aborted, Reason::EtagMismatch, text)
                .with_violation("etag", "must be the present one"),
            Error::VoteNotScheduled(_) => Self::precondition(Reason::VoteNotScheduled, text),
            Error::ProposedBefore => {
                Self::new(ErrorCode::PermissionDenied, Reason::SecondPersonRequired, text)
            }
            Error::SignedBefore => Self::new(ErrorCode::PermissionDenied, Reason::SecondPersonRequired, text),
            Error::ReferenceTaken { field } => {
                Self::new(ErrorCode::AlreadyExists, Reason::ResourceAlreadyExists, text)
                    .with_violation(field, "must be new in the budget")
            }
            Error::TooManyProjects(_) => Self::invalid_field("projects", text),
            Error::RuleNotApplicable { field, rule } => {
                Self::new(ErrorCode::InvalidArgument, Reason::RuleNotApplicable, text)
                    .with_violation(field, rule)
            }
            Error::PhaseNotOpen { field, rule } => {
                Self::precondition(Reason::PhaseNotOpen, text).with_violation(field, rule)
            }
            Error::ProposalState { field, rule } => {
                Self::precondition(Reason::ProposalStateInvalid, text).with_violation(field, rule)
            }
            Error::LeftoverTooLate(_) => Self::precondition(Reason::LeftoverTooLate, text).with_violation(
                "budget_id",
                "must be a budget that leaves nothing to one that is counted or decided",
            ),
            Error::ResultNotReady(_) => Self::precondition(Reason::ResultNotReady, text),
            Error::NotFunded(_) => Self::precondition(Reason::ProjectNotFunded, text),
            Error::Api(error) => error,
            Error::Database(error) => error.into(),
            error @ (Error::BallotsDiffer { .. }
            | Error::LeftoversChanged
            | Error::SealDiffers
            | Error::OptionUnknown(_)
            | Error::Count(_)
            | Error::Export(_)
            | Error::ExportBallots(_)
            | Error::Corrupt(_)
            | Error::Unreadable(_)) => Self::internal(error),
        }
    }
}

fn incomplete(text: String, open: &[Item], planned: bool) -> ApiError {
    let mut error = ApiError::precondition(Reason::ChecklistIncomplete, text);
    if !planned {
        error = error.with_violation("plan", "must be there: plan the vote first");
    }
    open.iter().fold(error, |error, item| {
        error.with_violation(format!("items.{}", item.name()), "must be done, or not needed")
    })
}

impl From<Error> for tonic::Status {
    fn from(error: Error) -> Self {
        ApiError::from(error).into()
    }
}
