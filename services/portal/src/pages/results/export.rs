//! The result as files: the election as Pabulib has it, and the result as the API has it.

use axum::response::{IntoResponse, Response};
use comitia_proto::budgets::v1::{
    AllocationResult, BrokenTie, ExportFormat, ExportResultRequest, Leftover, OutcomeReason, ProjectOutcome,
};
use http::{HeaderName, HeaderValue, header};
use serde_json::{Value, json};

use super::decided;
use crate::pages::calls;
use crate::pages::slugs::{self, Slug};
use crate::visit::{PageResult, Visit, shared};

/// The `.pb` file. Its text says what it was sealed with.
pub async fn pb(visit: Visit, slug: Slug) -> PageResult {
    export(&visit, &slug, ExportFormat::Pb, "text/plain; charset=utf-8", "pb").await
}

/// The projects with what was decided, for spreadsheets.
pub async fn csv(visit: Visit, slug: Slug) -> PageResult {
    export(&visit, &slug, ExportFormat::Csv, "text/csv; charset=utf-8", "csv").await
}

async fn export(
    visit: &Visit,
    slug: &Slug,
    format: ExportFormat,
    kind: &'static str,
    extension: &str,
) -> PageResult {
    let budget = decided(visit, slug).await?;
    let request = visit.request(ExportResultRequest { budget_id: slug.id(), format: format.into() });
    let file = visit.services().budgets().export_result(request).await?.into_inner();
    let name = slugs::of_text(&budget.title, &budget.budget_id);
    Ok(shared(visit, saved(file.content, kind, &format!("{name}.{extension}"))))
}

/// The result with its trace.
pub async fn json(visit: Visit, slug: Slug) -> PageResult {
    let budget = decided(&visit, &slug).await?;
    let result = calls::result(&visit, slug.id()).await?;
    let name = slugs::of_text(&budget.title, &budget.budget_id);
    let text = serde_json::to_string_pretty(&document(&result)).unwrap_or_default();
    Ok(shared(&visit, saved(text, "application/json", &format!("{name}.json"))))
}

/// A file to keep. Its name is plain letters.
pub(super) fn saved(content: impl IntoResponse, kind: &'static str, name: &str) -> Response {
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    // A file is in no language of the site, and is not what search engines should find.
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    response
}

/// Names and forms are those of `GET /v1/budgets/{budget_id}/result`: whole numbers that may be large are strings.
pub fn document(result: &AllocationResult) -> Value {
    json!({"result": {
        "budgetId": result.budget_id,
        "pollId": result.poll_id,
        "rule": result.rule,
        "amount": result.amount.to_string(),
        "spent": result.spent.to_string(),
        "currency": result.currency,
        "ballotCount": result.ballot_count.to_string(),
        "outcomes": result.outcomes.iter().map(outcome).collect::<Vec<_>>(),
        "ties": result.ties,
        "satisfiedShare": result.satisfied_share,
        "trace": result.trace,
        "traceSha256": result.trace_sha256,
        "sealDigest": result.seal_digest,
        "publishTime": calls::instant(result.publish_time.as_ref())
            .map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        "blankPaperCount": result.blank_paper_count.to_string(),
        "invalidPaperCount": result.invalid_paper_count.to_string(),
        "smallestGroup": result.smallest_group.to_string(),
        "blankBallotCount": result.blank_ballot_count.to_string(),
        "leftovers": result.leftovers.iter().map(leftover).collect::<Vec<_>>(),
        "leftoverBudgetId": result.leftover_budget_id,
        "brokenTies": result.broken_ties.iter().map(tie).collect::<Vec<_>>(),
    }})
}

fn outcome(outcome: &ProjectOutcome) -> Value {
    json!({
        "projectId": outcome.project_id,
        "reference": outcome.reference,
        "title": outcome.title,
        "cost": outcome.cost.to_string(),
        "votes": outcome.votes.to_string(),
        "score": outcome.score,
        "funded": outcome.funded,
        "granted": outcome.granted.to_string(),
        "reason": outcome.reason,
        "why": outcome.why.as_ref().map(why),
    })
}

fn why(why: &OutcomeReason) -> Value {
    json!({
        "kind": why.kind().as_str_name(),
        "round": why.round,
        "left": why.left.to_string(),
        "lacking": why.lacking.to_string(),
        "payerCount": why.payer_count.to_string(),
        "largestPayment": why.largest_payment.to_string(),
        "minimum": why.minimum.to_string(),
        "otherReference": why.other_reference,
        "group": why.group,
    })
}

fn tie(tie: &BrokenTie) -> Value {
    json!({
        "round": tie.round,
        "references": tie.references,
        "chosen": tie.chosen,
        "by": tie.by().as_str_name(),
    })
}

fn leftover(leftover: &Leftover) -> Value {
    json!({"budgetId": leftover.budget_id, "title": leftover.title, "amount": leftover.amount.to_string()})
}
