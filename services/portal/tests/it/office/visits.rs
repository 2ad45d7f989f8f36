//! The desk in the office: somebody is received, a second person confirms, and the code is shown once.

use chrono::TimeDelta;
use comitia_platform::error::ErrorCode;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::*;
use comitia_proto::voting::v1::{
    BallotType, Eligibility, GetPollRequest, GetPollResponse, ListPollsRequest, ListPollsResponse, Poll,
};

use super::{ME, OTHER, ROLL, office};
use crate::booth::{POLL, poll};
use crate::site::{Site, now};

const VISIT: &str = "0192f0c1-0000-7000-8000-00000000d001";
const LATE: &str = "0192f0c1-0000-7000-8000-00000000d002";

fn voted() -> Poll {
    let eligibility = Some(Eligibility { roll_id: ROLL.into(), ..Eligibility::default() });
    Poll { eligibility, ..poll(BallotType::Approval) }
}

fn visit(id: &str, opened_by: &str, minutes: i64) -> DeskVisit {
    DeskVisit {
        visit_id: id.into(),
        poll_id: POLL.into(),
        member_number: "0007".into(),
        opened_by: opened_by.into(),
        day: Some(timestamp(now())),
        expire_time: Some(timestamp(now() + TimeDelta::minutes(minutes))),
        ..DeskVisit::default()
    }
}

async fn desk(roles: &[Role], visits: Vec<DeskVisit>) -> Site {
    let site = office(roles).await;
    let double = &site.double;
    double.give::<ListPollsRequest, _>(ListPollsResponse {
        polls: vec![voted()],
        next_page_token: String::new(),
    });
    double.give::<GetPollRequest, _>(GetPollResponse { poll: Some(voted()) });
    double
        .give::<ListDeskVisitsRequest, _>(ListDeskVisitsResponse { visits, next_page_token: String::new() });
    double.on(|request: &FindMembersRequest| {
        let member = Member {
            roll_id: ROLL.into(),
            member_number: "0007".into(),
            birth_date: "1980-02-28".into(),
            ..Member::default()
        };
        let found = FoundMember { member: Some(member), left: false, address_held: false };
        let members = if request.text == "0007" { vec![found] } else { Vec::new() };
        Ok(FindMembersResponse { members })
    });
    site
}

const ALL: &[Role] = &[Role::Administrator];

#[tokio::test]
async fn somebody_is_found_and_received() {
    let site = desk(ALL, Vec::new()).await;
    site.get("/fr/office/desk").await.is(200).shows(&["Aucune visite", "Deux agents", "/fr/office/desk/new"]);
    site.get("/fr/office/desk/new").await.is(200).shows(&["Budget du centre"]);
    site.post("/fr/office/desk/new", &[("poll", POLL), ("text", "")])
        .await
        .is(422)
        .shows(&["href=\"#text\""]);
    site.post("/fr/office/desk/new", &[("text", "0007")]).await.is(422).shows(&["Choisissez le vote."]);
    let nobody = site.post("/fr/office/desk/new", &[("poll", POLL), ("text", "8")]).await;
    nobody.is(200).hides(&["1980"]);
    let page = site.post("/fr/office/desk/new", &[("poll", POLL), ("text", "0007")]).await;
    page.is(200).shows(&["0007", "1980-02-28", "Passeport", "Titre de séjour"]);

    let form = [("poll", POLL), ("number", "0007"), ("request_id", VISIT)];
    site.post("/fr/office/desk/open", &form).await.is(422).shows(&["Dites quelle pièce"]);
    site.double.give::<OpenDeskVisitRequest, _>(OpenDeskVisitResponse { visit: Some(visit(VISIT, ME, 15)) });
    let form = [form.as_slice(), &[("document", "passport")]].concat();
    let page = site.post("/fr/office/desk/open", &form).await;
    assert_eq!(page.header("location"), "/fr/office/desk?done=opened");
    let (request, _) = site.double.calls::<OpenDeskVisitRequest>().pop().unwrap();
    assert_eq!((request.member_number.as_str(), request.document()), ("0007", IdentityDocument::Passport));
    site.get("/fr/office/desk?done=opened").await.shows(&["deuxième administrateur"]);
}

#[tokio::test]
async fn why_somebody_is_not_received() {
    for (error, text) in [
        (ApiError::new(ErrorCode::PermissionDenied, Reason::NotEligible, "no"), "ne peut pas voter"),
        (ApiError::precondition(Reason::PollClosed, "no"), "pas ouvert en ce moment"),
        (
            ApiError::exhausted(Reason::RateLimited, "no", std::time::Duration::from_secs(60)),
            "Un autre agent peut continuer",
        ),
    ] {
        let site = desk(ALL, Vec::new()).await;
        let status = tonic::Status::from(error);
        site.double.on(move |_: &OpenDeskVisitRequest| Err::<OpenDeskVisitResponse, _>(status.clone()));
        let form = [("poll", POLL), ("number", "0007"), ("document", "card"), ("request_id", VISIT)];
        site.post("/fr/office/desk/open", &form).await.is(409).shows(&[text]);
    }
}

#[tokio::test]
async fn another_person_confirms_and_is_shown_the_code_once() {
    let visits = vec![visit(VISIT, OTHER, 10), visit(LATE, ME, 10)];
    let site = desk(ALL, visits).await;
    let list = site.get("/fr/office/desk").await;
    list.is(200)
        .shows(&[&format!("/fr/office/desk/visits/{VISIT}"), "Attend une deuxième personne", "Bilal"])
        .hides(&[&format!("/fr/office/desk/visits/{LATE}")]);
    site.get("/fr/office").await.shows(&["1 personne attend au guichet"]);
    let path = format!("/fr/office/desk/visits/{VISIT}");
    let page = site.get(&path).await;
    page.is(200).shows(&["Laisser voter le membre 0007", "Bilal a vérifié", "Budget du centre"]);
    site.post(&path, &[("request_id", VISIT)]).await.is(422).shows(&["href=\"#sure\""]);
    site.double.give::<ConfirmDeskVisitRequest, _>(ConfirmDeskVisitResponse {
        desk_code: "4F7K-9QXR-2MTB-8VWC".into(),
        expire_time: Some(timestamp(now() + TimeDelta::minutes(10))),
    });
    let page = site.post(&path, &[("request_id", VISIT), ("sure", "yes")]).await;
    page.is(200).shows(&["4F7K-9QXR-2MTB-8VWC", "<svg", "/fr/desk#c=4F7K-9QXR-2MTB-8VWC", "fenêtre privée"]);
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn nobody_confirms_alone_or_late() {
    for (reason, text) in [
        (Reason::SecondPersonRequired, "Quelqu’un d’autre doit la confirmer"),
        (Reason::DeskVisitNotPending, "Ouvrez-en une autre"),
        (Reason::PollClosed, "pas ouvert en ce moment"),
    ] {
        let site = desk(ALL, vec![visit(VISIT, OTHER, 10)]).await;
        site.double.on(move |_: &ConfirmDeskVisitRequest| {
            Err::<ConfirmDeskVisitResponse, _>(ApiError::precondition(reason, "no").into())
        });
        let path = format!("/fr/office/desk/visits/{VISIT}");
        site.post(&path, &[("request_id", VISIT), ("sure", "yes")]).await.is(409).shows(&[text]);
    }
}

#[tokio::test]
async fn auditors_see_visits_and_open_none() {
    let confirmed = DeskVisit {
        confirmed_by: ME.into(),
        expire_time: None,
        member_number: String::new(),
        ..visit(VISIT, OTHER, 0)
    };
    let site = desk(&[Role::Auditor], vec![confirmed]).await;
    let page = site.get("/fr/office/desk").await;
    page.is(200).shows(&["Confirmée", "Amélie", "Bilal", "(oublié)"]).hides(&["/fr/office/desk/new"]);
    site.get("/fr/office/desk/new").await.is(403);
    let site = desk(&[Role::Moderator], Vec::new()).await;
    site.get("/fr/office/desk").await.is(403);
}
