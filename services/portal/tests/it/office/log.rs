//! The log of the organization.

use comitia_platform::validate::timestamp;
use comitia_proto::common::v1::Role;
use comitia_proto::spaces::v1::*;

use super::{OTHER, administrator, office};
use crate::site::now;

const METHOD: &str = "comitia.spaces.v1.ProcessService/UpdateProcess";

fn act(number: u8, actor: &str, changes: Vec<ActChange>) -> Act {
    Act {
        act_id: format!("0192f0c1-0000-7000-8000-0000000000{number:02}"),
        act_time: Some(timestamp(now())),
        actor: actor.into(),
        method: METHOD.into(),
        resource: "processes/0192f0c1-0000-7000-8000-000000000001".into(),
        changes,
    }
}

fn change(field: &str, before: Option<&str>, after: Option<&str>) -> ActChange {
    ActChange { field: field.into(), before: before.map(str::to_owned), after: after.map(str::to_owned) }
}

fn acts() -> ListActsResponse {
    let end = change("phases[Vote].end_time", Some("2026-05-03T10:00:00Z"), Some("2026-05-10T10:00:00Z"));
    let title = change("title", Some("=1+1"), Some("Budget <2026>"));
    ListActsResponse {
        acts: vec![
            act(3, &format!("actor-of-{OTHER}"), vec![end]),
            act(2, "somebody-gone", vec![title]),
            act(1, "operator", Vec::new()),
        ],
        next_page_token: "next-one".into(),
    }
}

#[tokio::test]
async fn an_empty_log_says_what_will_be_in_it() {
    let site = office(&[Role::Auditor]).await;
    site.get("/fr/office/log").await.is(200).shows(&["Rien pour l’instant", "aucune donnée personnelle"]);
    let page = site.get("/fr/office/log?q=xyz").await;
    page.is(200).shows(&["Aucun acte ne correspond", "value=\"xyz\""]);
}

#[tokio::test]
async fn acts_are_said_in_words_with_who_did_them() {
    let site = administrator().await;
    site.double.give::<ListActsRequest, _>(acts());
    site.get("/fr/office/log").await.is(200).shows(&[
        "Bilal a changé les dates de la phase « Vote » de la démarche « Budget 2026 ».",
        "Un ancien membre de l’équipe a modifié la démarche « Budget 2026 ».",
        "Fin («\u{a0}Vote\u{a0}»)\u{a0}: 3 mai 2026 à 12:00 → 10 mai 2026 à 12:00",
        "Budget &lt;2026&gt;",
        "page_token=next-one",
        "/fr/office/log/export.csv",
    ]);
    site.get("/en/office/log").await.is(200).shows(&[
        "Bilal changed the dates of the phase “Vote” of the process “Budget 2026”.",
        "End (“Vote”): 3 May 2026",
    ]);
}

#[tokio::test]
async fn filters_work_without_a_script() {
    let site = administrator().await;
    let who = format!("actor-of-{OTHER}");
    let path = format!("/fr/office/log?who={who}&what={METHOD}&from=2026-05-03&to=2026-05-03&q=+vote+");
    site.get(&path).await.is(200);
    let (request, _) = site.double.calls::<ListActsRequest>().pop().unwrap();
    assert_eq!((request.actor.as_str(), request.method.as_str()), (who.as_str(), METHOD));
    assert_eq!(request.text, "vote");
    // The whole day in the city's zone.
    let [from, to] = [request.from_time, request.to_time].map(|time| time.unwrap().seconds);
    assert_eq!((to - from, from % 86_400), (24 * 3600, 22 * 3600));

    // What is no day and no method narrows nothing.
    site.get("/fr/office/log?what=nothing&from=tomorrow").await.is(200);
    let (request, _) = site.double.calls::<ListActsRequest>().pop().unwrap();
    assert_eq!((request.method.as_str(), request.from_time), ("", None));
}

#[tokio::test]
async fn the_file_has_a_line_for_each_value_and_no_formula() {
    let site = office(&[Role::Auditor]).await;
    site.double.on(|request: &ListActsRequest| {
        let mut answer = acts();
        if request.page_token == "next-one" {
            answer.next_page_token.clear();
        }
        Ok(answer)
    });
    let page = site.get("/fr/office/log/export.csv").await;
    page.is(200);
    assert_eq!(page.header("content-type"), "text/csv; charset=utf-8");
    let lines: Vec<_> = page.text.lines().collect();
    assert_eq!(lines.len(), 1 + 2 * 3, "{}", page.text);
    assert!(lines[1].contains("Bilal") && lines[1].contains("2026-05-10T10:00:00Z"), "{}", lines[1]);
    assert!(lines[2].contains(";'=1+1;"), "{}", lines[2]);
    assert!(lines[1].contains("Bilal a changé les dates"), "{}", lines[1]);
    let site = office(&[Role::Moderator]).await;
    site.get("/fr/office/log/export.csv").await.is(403);
}
