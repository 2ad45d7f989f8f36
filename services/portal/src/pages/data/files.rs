//! The files of a process: their names, which stay what they are, and what is in each.

use std::borrow::Cow;
use std::ops::Deref;

use bytes::Bytes;
use comitia_proto::budgets::v1::{Budget, BudgetState, ExportFormat, ExportResultRequest, RuleKind};
use comitia_proto::spaces::v1::{Component, Phase, Process as Stored};
use comitia_proto::voting::v1::BallotType;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{geojson, readme, tables};
use crate::error::PageError;
use crate::locale::{Locale, key, t};
use crate::pages::calls::{self, instant};
use crate::pages::parts::process_path;
use crate::pages::results::document;
use crate::visit::Visit;

/// A file as it is sent, a piece at a time. An error ends it, so that no half of it passes for the whole.
pub type Content = BoxStream<'static, Result<Bytes, PageError>>;

/// A process as everybody sees it, with its budgets.
#[derive(Clone)]
pub struct Process {
    pub id: Uuid,
    pub budgets: Vec<Budget>,
    stored: Stored,
}

impl Deref for Process {
    type Target = Stored;

    fn deref(&self) -> &Stored {
        &self.stored
    }
}

impl Process {
    /// The process, if it is published.
    pub async fn read(visit: &Visit, id: Uuid) -> Result<Self, PageError> {
        let public = visit.public();
        let (stored, budgets) = tokio::try_join!(
            calls::process(&public, id.to_string()),
            calls::budgets(&public, id.to_string()),
        )?;
        Ok(Self { id, budgets, stored })
    }

    /// Its files, in their order.
    pub fn files(&self) -> impl Iterator<Item = File> + '_ {
        let decided = self.budgets.iter().filter(|budget| budget.state() == BudgetState::Decided);
        let some = decided.clone().next().map(|_| File::Participation);
        let results = decided.flat_map(|budget| {
            [File::Election(budget.budget_id.clone()), File::Result(budget.budget_id.clone())]
        });
        [File::Readme, File::Process, File::Areas, File::Proposals, File::Projects]
            .into_iter()
            .chain(some)
            .chain(results)
    }

    /// The title of one of its budgets.
    pub fn budget_title(&self, id: &str) -> &str {
        self.budgets.iter().find(|budget| budget.budget_id == id).map_or("", |budget| &budget.title)
    }
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum File {
    Readme,
    Process,
    Areas,
    Proposals,
    Projects,
    Participation,
    /// The vote of a budget, for recounting.
    Election(String),
    /// The result of a budget's vote.
    Result(String),
}

impl File {
    /// What it is called, in every process and always. Those of a result have the budget's id.
    pub fn name(&self) -> String {
        match self {
            Self::Readme => "README.md".into(),
            Self::Process => "process.json".into(),
            Self::Areas => "areas.geojson".into(),
            Self::Proposals => "proposals.csv".into(),
            Self::Projects => "projects.csv".into(),
            Self::Participation => "participation.csv".into(),
            Self::Election(budget) => format!("result-{}.pb", budget.replace('-', "")),
            Self::Result(budget) => format!("result-{}.json", budget.replace('-', "")),
        }
    }

    pub const fn media_type(&self) -> &'static str {
        match self {
            Self::Readme => "text/markdown; charset=utf-8",
            Self::Process | Self::Result(_) => "application/json",
            Self::Areas => "application/geo+json",
            Self::Proposals | Self::Projects | Self::Participation => "text/csv; charset=utf-8",
            Self::Election(_) => "text/plain; charset=utf-8",
        }
    }

    /// What is in it, in a sentence.
    pub fn about(&self, locale: &Locale, process: &Process) -> Cow<'static, str> {
        match self {
            Self::Readme => locale.text(key!("data-readme")),
            Self::Process => locale.text(key!("data-process")),
            Self::Areas => locale.text(key!("data-areas")),
            Self::Proposals => locale.text(key!("data-proposals")),
            Self::Projects => locale.text(key!("data-projects")),
            Self::Participation => locale.text(key!("data-participation")),
            Self::Election(budget) => {
                t!(locale, "data-election", budget = process.budget_title(budget)).into()
            }
            Self::Result(budget) => t!(locale, "data-result", budget = process.budget_title(budget)).into(),
        }
    }

    /// The file.
    pub fn content(&self, visit: &Visit, process: &Process) -> Content {
        let (visit, process) = (visit.public(), process.clone());
        match self {
            Self::Readme => whole(async move { Ok(readme::write(&visit, &process)) }),
            Self::Process => whole(async move { Ok(text(&about(&visit, &process))) }),
            Self::Areas => whole(async move { Ok(text(&geojson::areas(&visit).await?)) }),
            Self::Proposals => tables::proposals(visit, &process),
            Self::Projects => tables::projects(visit, process),
            Self::Participation => tables::participation(visit, process),
            Self::Election(budget) => whole(election(visit, budget.clone())),
            Self::Result(budget) => whole(result(visit, budget.clone())),
        }
    }
}

/// A file in one piece.
fn whole(content: impl Future<Output = Result<String, PageError>> + Send + 'static) -> Content {
    stream::once(async { Ok(Bytes::from(content.await?)) }).boxed()
}

fn text(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

async fn election(visit: Visit, budget_id: String) -> Result<String, PageError> {
    let request = visit.request(ExportResultRequest { budget_id, format: ExportFormat::Pb.into() });
    Ok(visit.services().budgets().export_result(request).await?.into_inner().content)
}

async fn result(visit: Visit, budget_id: String) -> Result<String, PageError> {
    Ok(text(&document(&calls::result(&visit, budget_id).await?)))
}

/// The process with its phases and budgets. Names and forms are those of the API: whole numbers that may be large are strings.
fn about(visit: &Visit, process: &Process) -> Value {
    json!({
        "processId": process.process_id,
        "title": process.title,
        "description": process.description,
        "url": format!("{}{}", visit.origin, process_path(visit, process)),
        "organization": visit.organization.display_name,
        "timeZone": visit.organization.time_zone,
        "phases": process.phases.iter().map(phase).collect::<Vec<_>>(),
        "components": process.components.iter().map(component).collect::<Vec<_>>(),
        "budgets": process.budgets.iter().map(budget).collect::<Vec<_>>(),
    })
}

fn phase(phase: &Phase) -> Value {
    let time = |time: Option<&prost_types::Timestamp>| {
        instant(time).map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    };
    json!({
        "title": phase.title,
        "kind": phase.kind().as_str_name(),
        "startTime": time(phase.start_time.as_ref()),
        "endTime": time(phase.end_time.as_ref()),
    })
}

fn component(component: &Component) -> Value {
    json!({"kind": component.kind().as_str_name(), "title": component.title})
}

fn budget(budget: &Budget) -> Value {
    let ballot = budget.ballot_rule.as_ref().map_or(BallotType::Unspecified, |rule| rule.r#type());
    let rule = budget.allocation_rule.as_ref().map_or(RuleKind::Unspecified, |rule| rule.kind());
    json!({
        "budgetId": budget.budget_id,
        "title": budget.title,
        "areaCode": budget.area_code,
        "amount": budget.amount.to_string(),
        "currency": budget.currency,
        "state": budget.state().as_str_name(),
        "ballotType": ballot.as_str_name(),
        "allocationRule": rule.as_str_name(),
    })
}
