//! What the city's team does: paper ballots by two officers, proposals that become projects.

use std::time::Duration;

use comitia_cli::api::{Api, text};
use comitia_testkit::{wait_for, wait_until};
use serde_json::{Value, json};

use crate::city::{Installation, assert_problem, problem};
use crate::commands::comitia;

/// The session of a new budget officer, who signs in by the code that came by e-mail.
pub async fn officer(here: &Installation, email: &str) -> String {
    staff(here, email, "ROLE_BUDGET_OFFICER").await
}

/// The session of a new staff member, who signs in by the code that came by e-mail.
pub async fn staff(here: &Installation, email: &str, role: &str) -> String {
    let staff = json!({"email": email, "displayName": email, "roles": [role]});
    here.post("/v1/staff", staff).await.unwrap();
    here.api.post("/v1/sessions:requestEmailCode", None, &json!({"email": email})).await.unwrap();
    let code = wait_for("the e-mail", Duration::from_secs(10), async || {
        std::fs::read_dir(&here.embedded.mail).unwrap().find_map(|mail| {
            let mail = std::fs::read_to_string(mail.unwrap().path()).unwrap_or_default();
            let code = mail.split("sign in: ").nth(1)?.trim_start().get(..12)?.to_owned();
            mail.contains(email).then_some(code)
        })
    })
    .await;
    let body = json!({"email": email, "code": code});
    let answer = here.api.post("/v1/sessions:signInWithEmailCode", None, &body).await.unwrap();
    text(&answer, "/session/accessToken").unwrap()
}

/// The forms of the batch: number, voter, options.
fn forms(permits: &[String], ballots: &[(&str, usize, &[&str])]) -> Value {
    let forms: Vec<_> = ballots
        .iter()
        .map(|(number, voter, options)| {
            let choices: Vec<_> = options.iter().map(|option| json!({"optionId": option})).collect();
            json!({"formNumber": number, "permit": permits[*voter], "ballot": {"choices": choices}})
        })
        .collect();
    json!({ "forms": forms })
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_paper_ballots_are_entered_twice_and_nobody_votes_twice() {
    let here = Installation::start(5, &[]).await;
    let poll = here.city.poll.clone();
    let (ada, ben) = (officer(&here, "ada@example.org").await, officer(&here, "ben@example.org").await);
    let api: &Api = &here.api;

    // Resident 3 votes online before the paper is entered.
    let online = here.permit(3, &poll).await;
    here.cast(&poll, &online, &["1"]).await.unwrap();

    // The poll is known to identity by now: a permit was issued.
    let numbers = json!({"memberNumbers": ["000001", "000002", "000003", "999999"]});
    let answer =
        api.post(&format!("/v1/polls/{poll}/permits:issuePaper"), Some(&ada), &numbers).await.unwrap();
    let permits: Vec<String> =
        answer["permits"].as_array().unwrap().iter().map(|permit| text(permit, "/permit").unwrap()).collect();
    assert!(permits[3].is_empty(), "a stranger gets no permit");

    let batch = json!({"title": "Box 12"});
    let batch = api.post(&format!("/v1/polls/{poll}/paperBatches"), Some(&ada), &batch).await.unwrap();
    let batch =
        format!("/v1/polls/{poll}/paperBatches/{}", text(&batch, "/paperBatch/paperBatchId").unwrap());
    let right: &[(&str, usize, &[&str])] = &[("A1", 0, &["1", "2"]), ("A2", 1, &["3"]), ("A3", 2, &["4"])];
    let wrong: &[(&str, usize, &[&str])] = &[("A1", 0, &["1", "2"]), ("A2", 1, &["5"]), ("A3", 2, &["4"])];
    api.post(&format!("{batch}:enter"), Some(&ada), &forms(&permits, right)).await.unwrap();
    let alone = problem(api.post(&format!("{batch}:commit"), Some(&ada), &json!({})).await);
    assert_problem(&alone, 409, "SECOND_OFFICER_REQUIRED", "");
    let differing = api.post(&format!("{batch}:enter"), Some(&ben), &forms(&permits, wrong)).await.unwrap();
    let differences = differing["paperBatch"]["differences"].as_array().unwrap();
    assert_eq!(differences.len(), 1, "{differing}");
    assert_eq!(
        (&differences[0]["formNumber"], &differences[0]["difference"]),
        (&json!("A2"), &json!("ballot"))
    );
    let differ = problem(api.post(&format!("{batch}:commit"), Some(&ben), &json!({})).await);
    assert_problem(&differ, 409, "ENTRIES_DIFFER", "");
    assert_eq!(here.turnout(&poll).await["ballotCount"], "1");

    let agreed = api.post(&format!("{batch}:enter"), Some(&ben), &forms(&permits, right)).await.unwrap();
    assert_eq!(agreed["paperBatch"]["state"], "PAPER_BATCH_STATE_AGREED", "{agreed}");
    let done = api.post(&format!("{batch}:commit"), Some(&ben), &json!({})).await.unwrap();
    assert_eq!(done["paperBatch"]["countedCount"], "2", "{done}");
    assert_eq!(done["paperBatch"]["rejections"][0]["formNumber"], "A3");
    let again = api.post(&format!("{batch}:commit"), Some(&ada), &json!({})).await.unwrap();
    assert_eq!(again["paperBatch"]["countedCount"], "2", "{again}");

    // Resident 1 voted on paper and can no longer vote online.
    let permit = here.permit(1, &poll).await;
    let twice = here.ballot_refused(&poll, &permit, &["6"]).await;
    assert_problem(&twice, 409, "ALREADY_VOTED_ON_PAPER", "");
    let turnout = here.turnout(&poll).await;
    assert_eq!(turnout["ballotCount"], "3", "{turnout}");

    here.post(&format!("/v1/polls/{poll}:close"), json!({"reason": "test"})).await.unwrap();
    let export = format!("/v1/budgets/{}/result:export", here.city.budget);
    wait_until("the result", Duration::from_secs(30), async || api.get(&export, None).await.is_ok()).await;
    let export = api.get(&export, None).await.unwrap();
    let election = comitia_pabulib::Election::parse(text(&export, "/content").unwrap().as_bytes()).unwrap();
    assert_eq!(election.ballots.len(), 3);
    // Three ballots are too few to say where and how they were cast.
    for ballot in election.ballots.iter() {
        assert_eq!((ballot.voting_method(), ballot.district()), (None, Some("*")));
    }
    // An auditor has the file, the seal that was noted, and no server.
    let folder = tempfile::tempdir().unwrap();
    let content = text(&export, "/content").unwrap();
    let tally = |name: &str, content: &str, seal: &str| {
        let file = folder.path().join(name).display().to_string();
        std::fs::write(&file, content).unwrap();
        let output = comitia(&["tally", &file, "--seal", seal]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let noted = text(&export, "/sealDigest").unwrap();
    let (code, said) = tally("export.pb", &content, &noted);
    assert!(code == Some(0) && said.contains("VERIFIED"), "{said}");
    let (code, said) = tally("altered.pb", &content.replacen(";*", ";north", 1), &noted);
    assert!(code == Some(2) && said.contains("ALTERED"), "{said}");
    let (code, said) = tally("other.pb", &content, &"0".repeat(64));
    assert!(code == Some(2) && said.contains("ALTERED"), "{said}");
    let count = comitia_recount::Count::new(election, &comitia_recount::Choice::default()).unwrap();
    let seal = text(&export, "/sealDigest").unwrap();
    assert!(matches!(count.seal.and_seal(&seal), comitia_recount::Check::Verified(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_an_accepted_proposal_becomes_a_project() {
    let here = Installation::start(2, &[]).await;
    let now = comitia_core::Clock::system().now();
    let time = |hours: i64| (now + chrono::TimeDelta::hours(hours)).to_rfc3339();
    let process = json!({"title": "Ideas", "phases": [
        {"title": "Submit", "kind": "PHASE_KIND_SUBMISSION", "startTime": time(-1), "endTime": time(24)},
        {"title": "Vote", "kind": "PHASE_KIND_VOTE", "startTime": time(24), "endTime": time(48)},
    ]});
    let process = here.post("/v1/processes", process).await.unwrap();
    let process = text(&process, "/process/processId").unwrap();
    let resident = here.sign_in(1).await;
    let path = format!("/v1/processes/{process}/proposals");
    let idea = json!({"title": "Ławki na skwerze", "body": "Benches in the shade of the old trees."});
    let early = problem(here.api.post(&path, Some(&resident), &idea).await);
    assert_problem(&early, 409, "PROCESS_NOT_PUBLISHED", "");
    let draft = drafts_are_the_teams(&here, &process, (time(25), time(30))).await;
    here.post(&format!("/v1/processes/{process}:publish"), json!({})).await.unwrap();
    let proposal = wait_for("the published process", Duration::from_secs(20), async || {
        here.api.post(&path, Some(&resident), &idea).await.ok()
    })
    .await;
    wait_until("the published budget", Duration::from_secs(20), async || {
        here.api.get(&format!("/v1/budgets/{draft}"), None).await.is_ok()
    })
    .await;
    let id = text(&proposal, "/proposal/proposalId").unwrap();
    let found = here.api.get(&format!("{path}?query=lawki%20trees"), None).await.unwrap();
    assert_eq!(found["proposals"][0]["proposalId"], id, "{found}");

    let other = here.sign_in(2).await;
    let stranger =
        problem(here.api.post(&format!("/v1/proposals/{id}:withdraw"), Some(&other), &json!({})).await);
    assert_problem(&stranger, 403, "NOT_THE_AUTHOR", "");

    let budget = json!({
        "title": "Ideas", "amount": "1000000", "currency": "EUR",
        "ballotRule": {"type": "BALLOT_TYPE_APPROVAL"}, "allocationRule": {"kind": "RULE_KIND_GREEDY"},
    });
    let budget = here.post(&format!("/v1/processes/{process}/budgets"), budget).await.unwrap();
    let budget = text(&budget, "/budget/budgetId").unwrap();
    let import = json!({"proposalIds": [id]});
    let path = format!("/v1/budgets/{budget}/projects:importProposals");
    let unanswered = here.refused(&path, None, import.clone()).await;
    assert_eq!(unanswered.reason, "PROPOSAL_STATE_INVALID", "{unanswered:?}");
    let answer =
        json!({"state": "PROPOSAL_STATE_ACCEPTED", "answer": "A good idea.", "estimatedCost": "250000"});
    here.post(&format!("/v1/proposals/{id}:answer"), answer).await.unwrap();
    let projects = here.post(&path, import).await.unwrap();
    assert_eq!(projects["projects"][0]["proposalId"], id);
    assert_eq!(projects["projects"][0]["cost"], "250000");
    let project = text(&projects, "/projects/0/projectId").unwrap();
    wait_until("the link back", Duration::from_secs(20), async || {
        let proposal = here.api.get(&format!("/v1/proposals/{id}"), Some(&resident)).await.unwrap();
        proposal["proposal"]["projectIds"] == json!([project])
    })
    .await;
}

/// A budget of a process that is not published: its team sees it, nobody else does, and it gets no vote.
async fn drafts_are_the_teams(here: &Installation, process: &str, vote: (String, String)) -> String {
    let budget = json!({
        "title": "Draft", "amount": "1000000", "currency": "EUR",
        "ballotRule": {"type": "BALLOT_TYPE_APPROVAL"}, "allocationRule": {"kind": "RULE_KIND_GREEDY"},
    });
    let budget = here.post(&format!("/v1/processes/{process}/budgets"), budget).await.unwrap();
    let budget = text(&budget, "/budget/budgetId").unwrap();
    let projects = json!({"projects": [{"reference": "A", "title": "A", "cost": "6000"}]});
    let projects = here.post(&format!("/v1/budgets/{budget}/projects:batchCreate"), projects).await.unwrap();
    let project = text(&projects, "/projects/0/projectId").unwrap();

    let resident = here.sign_in(1).await;
    let hidden = [
        format!("/v1/budgets/{budget}"),
        format!("/v1/budgets/{budget}/projects"),
        format!("/v1/budgets/{budget}/result"),
        format!("/v1/budgets/{budget}/result:export"),
        format!("/v1/projects/{project}"),
    ];
    // First the team, so that a cache that kept its answer would be found out.
    here.api.get(&hidden[0], Some(&here.city.token)).await.unwrap();
    for path in &hidden {
        for token in [None, Some(resident.as_str())] {
            let refused = problem(here.api.get(path, token).await);
            assert_eq!((refused.status, refused.reason.as_str()), (404, "RESOURCE_NOT_FOUND"), "{path}");
        }
    }
    let listed = here.api.get(&format!("/v1/processes/{process}/budgets"), None).await.unwrap();
    assert!(listed["budgets"].as_array().is_none_or(Vec::is_empty), "{listed}");

    let poll = here.api.get(&format!("/v1/polls/{}", here.city.poll), None).await.unwrap();
    let schedule = json!({
        "rollId": poll["poll"]["eligibility"]["rollId"], "openTime": vote.0, "closeTime": vote.1,
    });
    let unpublished = here.refused(&format!("/v1/budgets/{budget}:scheduleVote"), None, schedule).await;
    assert_problem(&unpublished, 409, "PROCESS_NOT_PUBLISHED", "process_id");
    budget
}
