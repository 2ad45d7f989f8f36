//! The cast of a ballot. It is shown with the permit alone: nothing here knows who it is, and nothing is written down.

use std::time::Duration;

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Json};
use comitia_platform::Reason;
use comitia_proto::voting::v1::{Ballot, CastBallotRequest, Receipt};
use serde::Serialize;
use uuid::Uuid;

use super::ballot::field;
use super::entry::Entry;
use super::paper::{Paper, Papers};
use super::{check, desk, poll_id, receipt, refusal, sheet};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::t;
use crate::visit::{PageResult, Visit};

/// Shorter than browsers and proxies wait, so that it is this page that says that no answer came.
const WAIT: Duration = Duration::from_secs(12);

/// What the script of the check gets, which casts without any cookie.
#[derive(Serialize)]
struct Cast {
    /// Where the receipt is shown.
    receipt: String,
}

/// Casts the ballot, and leads to its receipt. Sent again, it is the same cast.
pub async fn cast(
    visit: Visit,
    Path((_, poll)): Path<(String, String)>,
    Extension(papers): Extension<Papers>,
    form: Form,
) -> PageResult {
    let id = poll_id(&poll)?;
    let paper = match papers.paper_under_way(&visit, id).await {
        Ok(paper) => paper,
        Err(error) => return refusal::again(&visit, id, None, &form, error, "cast"),
    };
    let entry = Entry::read(&form, &paper.poll)?;
    // Voting checks the rules. What is no ballot at all comes from no page of this site, but is easily said.
    let ballot = match entry.ballot(&paper.poll) {
        Ok(ballot) => ballot,
        Err(_) => return Ok(refused_here(&visit, &paper, &entry)),
    };
    let message = CastBallotRequest {
        poll_id: id.to_string(),
        permit: entry.permit.clone(),
        cast_secret: entry.secret_bytes().ok_or(PageError::FormMalformed)?,
        ballot: Some(ballot.clone()),
    };
    let address = |receipt: &Receipt| {
        let address = receipt::address(&visit, id, receipt);
        if entry.at_desk() { desk::receipt(&address) } else { address }
    };
    match send(&visit, message).await {
        Ok(receipt) if form.get("answer") == "json" => {
            Ok(Json(Cast { receipt: address(&receipt) }).into_response())
        }
        // Elsewhere, so that whoever loads the receipt again, days and ballots later, sends nothing.
        Ok(receipt) => Ok(Redirect::to(&address(&receipt)).into_response()),
        Err(error) if sheet::is_sheet(&paper.poll) => sheet::of_cast(&visit, id, &paper.poll, &form, error),
        Err(error) => refuse(&visit, id, &paper, &entry, &ballot, &form, error),
    }
}

async fn send(visit: &Visit, message: CastBallotRequest) -> Result<Receipt, PageError> {
    let mut ballots = visit.services().ballots();
    let call = ballots.cast_ballot(visit.anonymous(message));
    let answer = match tokio::time::timeout(WAIT, call).await {
        Ok(answer) => answer?,
        Err(_) => return Err(tonic::Status::deadline_exceeded("no answer came").into()),
    };
    answer.into_inner().receipt.ok_or_else(|| tonic::Status::internal("voting gave no receipt").into())
}

fn refused_here(visit: &Visit, paper: &Paper, entry: &Entry) -> Response {
    let errors = check::accepted(visit, paper, entry).err().unwrap_or_default();
    check::refused(visit, paper, entry, &errors)
}

fn refuse(
    visit: &Visit,
    id: Uuid,
    paper: &Paper,
    entry: &Entry,
    ballot: &Ballot,
    form: &Form,
    error: PageError,
) -> PageResult {
    match error.reason() {
        Some(Reason::BallotInvalid | Reason::OptionUnknown | Reason::FieldInvalid) => {
            Ok(broken(visit, paper, entry, ballot, &error))
        }
        Some(Reason::PollNotOpen | Reason::PollClosed) => {
            Ok(refusal::door_of_voting(visit, paper, error.reason()))
        }
        Some(Reason::AlreadyVotedOnPaper) => Ok(refusal::on_paper(visit, &paper.poll)),
        Some(Reason::BallotAlreadyCast) if entry.at_desk() => Ok(desk::already_cast(visit, &paper.poll)),
        Some(Reason::PermitExpired) if entry.at_desk() => Ok(desk::over(visit, &paper.poll)),
        Some(Reason::BallotAlreadyCast) => Ok(refusal::already_cast(visit, &paper.poll)),
        Some(Reason::PermitExpired | Reason::PermitInvalid | Reason::PermitForAnotherPoll) => {
            Ok(refusal::permit_gone(visit, paper, ballot))
        }
        _ => refusal::again(visit, id, Some(&paper.poll), form, error, "cast"),
    }
}

/// What voting says of the ballot, at its fields. The portal's own words are there for every rule that it knows; for a rule that
/// it does not know, voting's stand.
fn broken(visit: &Visit, paper: &Paper, entry: &Entry, ballot: &Ballot, error: &PageError) -> Response {
    let mut errors = check::accepted(visit, paper, entry).err().unwrap_or_default();
    if errors.is_empty()
        && let PageError::Api { violations, message, .. } = error
    {
        for (path, rule) in violations {
            let option = option_of(path, ballot)
                .and_then(|chosen| paper.poll.options.iter().position(|option| option.option_id == chosen));
            let at = option.map_or_else(|| "ballot".to_owned(), field);
            errors.push(at, t!(visit.locale, "vote-refused-rule", rule = rule));
        }
        if violations.is_empty() {
            errors.push("ballot", t!(visit.locale, "vote-refused-rule", rule = message));
        }
    }
    check::refused(visit, paper, entry, &errors)
}

/// The option that a path such as `ballot.choices[2].points` is about.
fn option_of<'b>(path: &str, ballot: &'b Ballot) -> Option<&'b str> {
    let (position, _) = path.strip_prefix("ballot.choices[")?.split_once(']')?;
    let choice = ballot.choices.get(position.parse::<usize>().ok()?)?;
    Some(&choice.option_id)
}

#[cfg(test)]
mod tests {
    use comitia_proto::voting::v1::Choice;

    use super::*;

    #[test]
    fn a_violation_is_at_its_option() {
        let choice = |id: &str| Choice { option_id: id.to_owned(), points: 0 };
        let ballot = Ballot { choices: vec![choice("a"), choice("b")] };
        assert_eq!(option_of("ballot.choices[1].points", &ballot), Some("b"));
        assert_eq!(option_of("ballot.choices[2].points", &ballot), None);
        assert_eq!(option_of("ballot.choices", &ballot), None);
        assert_eq!(option_of("permit", &ballot), None);
    }
}
