//! The booth: signing in, ballots, receipts, the account.

mod account;
pub mod anonymity;
mod ballots;
mod casts;
mod desk;
mod receipts;
mod refusals;
mod sign_in;

use chrono::TimeDelta;
use comitia_platform::validate::timestamp;
use comitia_proto::budgets::v1::{
    Budget, GetBudgetOfPollRequest, GetBudgetOfPollResponse, ListProjectsRequest, ListProjectsResponse,
    Project,
};
use comitia_proto::identity::v1::{IssuePermitRequest, IssuePermitResponse};
use comitia_proto::spaces::v1::{Area, ListAreasRequest, ListAreasResponse};
use comitia_proto::voting::v1::{
    BallotSpecification, BallotType, CastBallotRequest, CastBallotResponse, GetPollRequest, GetPollResponse,
    LookUpTrackingCodeRequest, LookUpTrackingCodeResponse, Poll, PollOption, PollState, Receipt,
    TrackedState,
};

use reqwest::StatusCode;

use crate::site::{Page, Site, now};

pub const POLL: &str = "0192f0c1-0000-7000-8000-00000000a001";
pub const BUDGET: &str = "0192f0c1-0000-7000-8000-00000000b001";
pub const PERMIT: &str = "head.claims.signature";
pub const CODE: &str = "7KXM-2RTB-0000-1111-2222-3333-4444";

pub fn path(step: &str) -> String {
    if step.is_empty() { format!("/fr/votes/{POLL}") } else { format!("/fr/votes/{POLL}/{step}") }
}

/// A poll that is open, with eight projects of two categories that cost 100 € to 800 €.
pub fn poll(kind: BallotType) -> Poll {
    let option = |number: i64| PollOption {
        option_id: format!("p/{number}"),
        title: format!("Projet {number} <b>"),
        cost: 10_000 * (number + 1),
        categories: vec![if number % 2 == 0 { "Écoles" } else { "Parcs" }.to_owned()],
    };
    Poll {
        poll_id: POLL.into(),
        title: "Budget du centre".into(),
        state: PollState::Open.into(),
        open_time: Some(timestamp(now() - TimeDelta::days(1))),
        close_time: Some(timestamp(now() + TimeDelta::days(1))),
        specification: Some(BallotSpecification {
            r#type: kind.into(),
            max_total_cost: if kind == BallotType::Knapsack { 60_000 } else { 0 },
            max_total_points: if kind == BallotType::Cumulative { 10 } else { 0 },
            ..BallotSpecification::default()
        }),
        options: (0..8).map(option).collect(),
        recast_allowed: true,
        ..Poll::default()
    }
}

/// A site where this poll is voted in, by somebody who has signed in.
pub async fn site(poll: Poll) -> Site {
    let site = Site::signed_in().await;
    serve(&site, poll);
    site
}

pub fn serve(site: &Site, poll: Poll) {
    let projects = poll
        .options
        .iter()
        .map(|option| Project {
            project_id: BUDGET.into(),
            reference: option.option_id.clone(),
            title: option.title.clone(),
            description: format!("Ce que {} apporte.", option.option_id),
            address: "12 rue de la Paix".into(),
            ..Project::default()
        })
        .collect();
    let budget = Budget {
        budget_id: BUDGET.into(),
        title: "Budget du centre".into(),
        currency: "EUR".into(),
        poll_id: poll.poll_id.clone(),
        ..Budget::default()
    };
    let double = &site.double;
    double.give::<GetPollRequest, _>(GetPollResponse { poll: Some(poll) });
    double.give::<GetBudgetOfPollRequest, _>(GetBudgetOfPollResponse { budget: Some(budget) });
    double.give::<ListProjectsRequest, _>(ListProjectsResponse { projects, next_page_token: String::new() });
    double.give::<ListAreasRequest, _>(ListAreasResponse {
        areas: vec![Area { code: "c1".into(), title: "Centre".into(), ..Area::default() }],
        next_page_token: String::new(),
    });
    double.give::<IssuePermitRequest, _>(IssuePermitResponse {
        permit: PERMIT.into(),
        expire_time: Some(timestamp(now() + TimeDelta::minutes(30))),
        district: "c1".into(),
    });
    double.on(|cast: &CastBallotRequest| {
        let receipt = Receipt { poll_id: cast.poll_id.clone(), tracking_code: CODE.into(), revision: 1 };
        Ok(CastBallotResponse { receipt: Some(receipt) })
    });
    double.give::<LookUpTrackingCodeRequest, _>(counted(1));
}

/// A ballot that counts, the voter's so many-th.
pub fn counted(revision: u32) -> LookUpTrackingCodeResponse {
    LookUpTrackingCodeResponse { state: TrackedState::Counted.into(), revision, latest_revision: revision }
}

/// What a browser sends that has this page: its hidden fields, what is checked and typed in it, and what is entered besides.
pub fn filled<'a>(page: &'a Page, entered: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let (_, form) = page.text.split_once("<form").expect("a form");
    let (form, _) = form.split_once("</form>").expect("its end");
    let attribute = |tag: &'a str, name: &str| {
        let (_, rest) = tag.split_once(&format!("{name}=\""))?;
        rest.split_once('"').map(|(value, _)| value)
    };
    let mut fields: Vec<(&str, &str)> = Vec::new();
    for tag in form.split("<input ").skip(1).map(|tag| tag.split_once('>').unwrap().0) {
        let box_to_check = tag.contains("type=\"checkbox\"") || tag.contains("type=\"radio\"");
        let name = attribute(tag, "name").unwrap();
        let is_entered = entered.iter().any(|(entered, _)| *entered == name);
        if (!box_to_check || tag.contains(" checked")) && (box_to_check || !is_entered) {
            fields.push((name, attribute(tag, "value").unwrap_or_default()));
        }
    }
    fields.extend_from_slice(entered);
    fields
}

/// Opens the ballot, enters something, and goes on to the check.
pub async fn check(site: &Site, entered: &[(&str, &str)]) -> Page {
    let ballot = site.get(&path("")).await;
    ballot.is(200);
    site.post(&path("check"), &filled(&ballot, entered)).await
}

/// Does the same and casts.
pub async fn cast(site: &Site, entered: &[(&str, &str)]) -> Page {
    let check = check(site, entered).await;
    check.is(200);
    send(site, &filled(&check, &[])).await
}

/// Casts, and follows to the receipt as browsers do.
pub async fn send(site: &Site, fields: &[(&str, &str)]) -> Page {
    let page = site.post(&path("cast"), fields).await;
    if page.status != StatusCode::SEE_OTHER {
        return page;
    }
    assert_eq!(page.header("cache-control"), "private, no-store");
    let receipt = page.header("location").to_owned();
    assert!(receipt.starts_with(&path("receipt")), "{receipt}");
    site.get(&receipt).await
}

/// The ballots that were cast, as options with their points.
pub fn ballots(site: &Site) -> Vec<Vec<(String, u32)>> {
    let choices = |cast: CastBallotRequest| cast.ballot.unwrap().choices;
    let casts = site.double.calls::<CastBallotRequest>();
    casts
        .into_iter()
        .map(|(cast, _)| choices(cast).into_iter().map(|choice| (choice.option_id, choice.points)).collect())
        .collect()
}
