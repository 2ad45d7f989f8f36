//! Signatures that two officers set aside and restore, as everybody sees it: a part of the journey of signatures.

use std::time::Duration;

use comitia_testkit::wait_until;
use serde_json::{Value, json};

use crate::city::{Installation, assert_problem, problem};
use crate::officers::officer;
use crate::signatures::{published, verify};

/// A quarantine of the first half of a log with a milestone that it loses, an appeal, and a restoration.
pub async fn set_aside_and_restore(here: &Installation, poll: &str, log: &str) {
    let (ada, ben) = (officer(here, "ada@example.org").await, officer(here, "ben@example.org").await);
    let api = &here.api;
    let proposals = format!("/v1/polls/{poll}/correctionProposals");
    let wanted = json!({
        "act": "CORRECTION_ACT_QUARANTINE",
        "selection": {"firstLeaf": "0", "endLeaf": "15", "channel": "SIGNATURE_CHANNEL_ONLINE"},
    });
    let anybody = problem(api.post(&format!("{proposals}:preview"), None, &wanted).await);
    assert_problem(&anybody, 401, "SESSION_INVALID", "");
    let preview = api.post(&format!("{proposals}:preview"), Some(&ada), &wanted).await.unwrap();
    // One of the fifteen was taken back by its signer.
    assert_eq!(
        (&preview["effect"]["signatureCount"], &preview["signatureCount"]),
        (&json!("14"), &json!("30"))
    );
    assert_eq!(preview["effect"]["lostMilestoneIds"][0], "answer", "{preview}");
    let mut nobody = wanted.clone();
    nobody["selection"]["channel"] = "SIGNATURE_CHANNEL_PAPER".into();
    let empty = problem(api.post(&format!("{proposals}:preview"), Some(&ada), &nobody).await);
    assert_problem(&empty, 409, "CORRECTION_EMPTY", "");

    let mut proposed = wanted.clone();
    let missing = problem(api.post(&proposals, Some(&ada), &wanted).await);
    assert_problem(&missing, 400, "FIELD_INVALID", "reason");
    proposed["reason"] = "A program signed".into();
    let proposed = api.post(&proposals, Some(&ada), &proposed).await.unwrap();
    let proposal = format!("{proposals}/{}", proposed["proposal"]["proposalId"].as_str().unwrap());
    let alone = problem(api.post(&format!("{proposal}:confirm"), Some(&ada), &json!({})).await);
    assert_problem(&alone, 409, "SECOND_OFFICER_REQUIRED", "");
    let done = api.post(&format!("{proposal}:confirm"), Some(&ben), &json!({})).await.unwrap();
    assert_eq!(done["correction"]["effect"], preview["effect"]);
    shown(here, poll, 1).await;
    published(log, 33).await;
    let (report, exit) = verify(&[log]);
    assert_eq!((exit, &report["size"], &report["set_aside"]), (Some(0), &json!(33), &json!(14)), "{report}");
    assert_eq!((&report["published"], &report["milestones"][0]["holds"]), (&json!(16), &json!(false)));
    assert_eq!(report["milestones"][0]["leaf"], 19, "it stays in history");

    let note = json!({"note": "The author appeals"});
    let path = format!("/v1/polls/{poll}/log/corrections/1:noteAppeal");
    api.post(&path, Some(&ada), &note).await.unwrap();
    let back =
        json!({"act": "CORRECTION_ACT_RESTORATION", "earlierNumber": 1, "reason": "It was the town hall"});
    let back = api.post(&proposals, Some(&ben), &back).await.unwrap();
    let listed = api.get(&proposals, Some(&ada)).await.unwrap();
    assert_eq!(listed["proposals"].as_array().map(Vec::len), Some(1));
    let back = format!("{proposals}/{}", back["proposal"]["proposalId"].as_str().unwrap());
    api.post(&format!("{back}:confirm"), Some(&ada), &json!({})).await.unwrap();
    shown(here, poll, 2).await;
    published(log, 34).await;
    let (report, exit) = verify(&[log]);
    assert_eq!((exit, &report["published"], &report["size"]), (Some(0), &json!(30), &json!(34)), "{report}");
    let register = api.get(&format!("/v1/polls/{poll}/log/corrections"), None).await.unwrap();
    let register = register["corrections"].as_array().unwrap();
    assert_eq!(register[0]["appeals"][0]["note"], "The author appeals");
    assert_eq!(
        (&register[1]["earlierNumber"], &register[1]["reason"]),
        (&json!(1), &json!("It was the town hall"))
    );
    let minutes = api.get(&format!("/v1/polls/{poll}/log/minutes"), Some(&ada)).await.unwrap();
    let given = minutes["minutes"].as_array().unwrap().iter().map(|one| of(one, "onlineCount")).sum::<i64>();
    assert_eq!((given, &minutes["size"]), (31, &json!("34")));
}

/// Caches may keep the description of a log for a second.
async fn shown(here: &Installation, poll: &str, corrections: usize) {
    wait_until("the corrections", Duration::from_secs(10), async || {
        let log = here.api.get(&format!("/v1/polls/{poll}/log"), None).await.unwrap();
        log["log"]["corrections"].as_array().map(Vec::len) == Some(corrections)
    })
    .await;
}

fn of(value: &Value, field: &str) -> i64 {
    value[field].as_str().map_or(0, |text| text.parse().unwrap())
}
