//! Signatures through the gateway: cast, in the public log, checked by `comitia verify`, proved by a receipt.

use std::time::Duration;

use chrono::TimeDelta;
use comitia_cli::api::{Api, Failure, text};
use comitia_cli::commands::demo::seeded_city;
use comitia_cli::replay::city;
use comitia_core::Clock;
use comitia_testkit::{Front, wait_for, wait_until};
use comitia_transparency::sheet::{Leaf, identifier, text_digest};
use comitia_transparency::{Checkpoint, Hash, VerifierKeys, proof};
use comitia_voting::domain::tracking::TrackingCode;
use futures_util::{StreamExt as _, stream};
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use serde_json::{Value, json};

use crate::city::{DEVICE, HOST, Installation, assert_problem, problem};
use crate::cluster::{Cluster, OPERATOR_KEY};
use crate::commands::comitia;
use crate::corrections;

const PATIENCE: Duration = Duration::from_secs(60);
const SIGNERS: u32 = 300;

/// Opens a sheet for the members of the roll that another poll is for: milestones at 20, and at 5 in one district.
async fn open_sheet(api: &Api, token: &str, like: &str) -> String {
    let poll = api.get(&format!("/v1/polls/{like}"), Some(token)).await.unwrap();
    let time = |hours: i64| (Clock::system().now() + TimeDelta::hours(hours)).to_rfc3339();
    let body = json!({
        "pollId": comitia_core::id::new().to_string(),
        "title": "A lime tree for every street",
        "openTime": time(-1),
        "closeTime": time(24),
        "eligibility": {"rollId": poll["poll"]["eligibility"]["rollId"]},
        "specification": {"type": "BALLOT_TYPE_SIGNATURE"},
        "signatureSheet": {
            "publishesDistricts": true,
            "withdrawalAllowed": true,
            "texts": [
                {"language": "en", "body": "A lime tree for every street, before 2030."},
                {"language": "fr", "body": "Un tilleul dans chaque rue, avant 2030."},
            ],
            "milestones": [
                {"milestoneId": "answer", "minSignatures": "20"},
                {"milestoneId": "spread", "minDistricts": 1, "minInEachDistrict": "5"},
                {"milestoneId": "debate", "minSignatures": "100000"},
            ],
        },
    });
    let created = api.post("/v1/polls", Some(token), &body).await.unwrap();
    text(&created, "/poll/pollId").unwrap()
}

fn hex_of(value: &Value) -> [u8; 32] {
    hex::decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
}

async fn count(api: &Api, poll: &str) -> i64 {
    // A read that fails while a process starts again is made again.
    let counts = api.get(&format!("/v1/polls/{poll}/log/counts"), None).await;
    counts
        .ok()
        .and_then(|counts| comitia_cli::api::number(&counts, "/counts/signatureCount").ok())
        .unwrap_or(-1)
}

pub fn verify(arguments: &[&str]) -> (Value, Option<i32>) {
    let mut all = vec!["verify", "--format", "json"];
    all.extend(arguments);
    let output = comitia(&all);
    let report = serde_json::from_slice(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (report.unwrap_or_else(|error| panic!("{error}: {said}")), output.status.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_signatures_are_in_a_log_that_anybody_checks() {
    let here = Installation::start(40, &[("gateway.default_organization_host", HOST)]).await;
    let poll = open_sheet(&here.api, &here.city.token, &here.city.poll).await;
    // identity makes the poll's key when it hears of the poll.
    let session = here.sign_in(1).await;
    let path = format!("/v1/polls/{poll}/permits");
    wait_until("the poll's key", PATIENCE, async || {
        here.api.post(&path, Some(&session), &json!({})).await.is_ok()
    })
    .await;

    let mut codes = Vec::new();
    for resident in 1..=30 {
        let permit = here.permit(resident, &poll).await;
        let answer = here.cast(&poll, &permit, &[]).await.unwrap();
        assert_eq!(here.cast(&poll, &permit, &[]).await.unwrap(), answer, "the same act, the same receipt");
        codes.push(text(&answer, "/receipt/trackingCode").unwrap());
    }
    let permit = here.permit(1, &poll).await;
    let again = problem(here.cast_with(&poll, &permit, "EBESExQVFhcYGRobHB0eHw==", &[]).await);
    assert_problem(&again, 409, "BALLOT_ALREADY_CAST", "");
    let choosing = here.ballot_refused(&poll, &here.permit(31, &poll).await, &["1"]).await;
    assert_problem(&choosing, 400, "BALLOT_INVALID", "ballot.choices");
    wait_until("the log", PATIENCE, async || count(&here.api, &poll).await == 30).await;

    let log = format!("{}/v1/polls/{poll}/log", here.embedded.url);
    published(&log, 30).await;
    let saved = tempfile::tempdir().unwrap();
    let folder = saved.path().join("sheet").display().to_string();
    let (report, code) = verify(&[&log, "--receipt", &codes[6], "--save", &folder]);
    assert_eq!((code, &report["size"], &report["altered"]), (Some(0), &json!(30), &json!([])), "{report}");
    assert_eq!(report["milestones"][0]["leaf"], 19);
    // What was signed is named by the head, and kept with it.
    let text = std::fs::read(saved.path().join("sheet/text")).unwrap();
    assert!(String::from_utf8_lossy(&text).contains("\nfr\n\tUn tilleul dans chaque rue, avant 2030.\n"));
    assert_eq!((&report["checks"]["text"], text_digest(&text)), (&json!("holds"), hex_of(&report["text"])));
    assert_eq!(report["milestones"][2]["leaf"], Value::Null);
    // The same without the server, and against the head that was kept.
    let kept = saved.path().join("sheet/checkpoint").display().to_string();
    let (offline, code) = verify(&[&folder, "--since", &kept, "--receipt", &codes[29]]);
    assert_eq!((code, &offline["root"], &offline["since"]), (Some(0), &report["root"], &json!(30)));

    read_as_others_do(&log).await;
    prove(&here.api, &poll, &codes[11]).await;
    let plain = here.api.get(&format!("/v1/polls/{}/log", here.city.poll), None).await;
    assert_problem(&problem(plain), 404, "POLL_HAS_NO_LOG", "");
    pause_extend_and_withdraw(&here, &poll, &log, &codes[0]).await;
    corrections::set_aside_and_restore(&here, &poll, &log).await;
}

/// The owner's acts, and a signature that is taken back with a permit of another day.
async fn pause_extend_and_withdraw(here: &Installation, poll: &str, log: &str, code: &str) {
    let (api, token) = (&here.api, Some(here.city.token.as_str()));
    let late = here.permit(31, poll).await;
    let why = json!({"reason": "a doubt about the list"});
    let paused = api.post(&format!("/v1/polls/{poll}:pause"), token, &why).await.unwrap();
    assert_eq!(paused["poll"]["paused"], true);
    assert_problem(&problem(here.cast(poll, &late, &[]).await), 409, "POLL_PAUSED", "");
    let path = format!("/v1/polls/{poll}/permits");
    let session = here.sign_in(32).await;
    wait_until("no permits", PATIENCE, async || {
        let refused = api.post(&path, Some(&session), &json!({})).await;
        matches!(refused, Err(Failure::Refused(problem)) if problem.reason == "POLL_PAUSED")
    })
    .await;
    let resumed = json!({"reason": "there is none"});
    api.post(&format!("/v1/polls/{poll}:resume"), token, &resumed).await.unwrap();
    here.cast(poll, &late, &[]).await.unwrap();
    let later = (Clock::system().now() + TimeDelta::hours(48)).to_rfc3339();
    let more = json!({"reason": "a strike of the post", "closeTime": later});
    let extended = api.post(&format!("/v1/polls/{poll}:extend"), token, &more).await.unwrap();
    let history = extended["poll"]["history"].as_array().unwrap();
    let kinds: Vec<_> = history.iter().map(|act| act["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["POLL_ACT_KIND_PAUSED", "POLL_ACT_KIND_RESUMED", "POLL_ACT_KIND_EXTENDED"]);
    let staff = api.post(&format!("/v1/polls/{poll}:pause"), None, &why).await;
    assert_problem(&problem(staff), 401, "SESSION_INVALID", "");

    // identity hears of it a moment later.
    wait_until("permits again", PATIENCE, async || api.post(&path, Some(&session), &json!({})).await.is_ok())
        .await;
    let permit = here.permit(1, poll).await;
    let body = json!({"permit": permit, "castSecret": "EBESExQVFhcYGRobHB0eHw=="});
    let path = format!("/v1/polls/{poll}/signatures:withdraw");
    let withdrawn = api.post(&path, None, &body).await.unwrap();
    assert_eq!(api.post(&path, None, &body).await.unwrap(), withdrawn, "the same act, the same answer");
    wait_until("the withdrawal", PATIENCE, async || {
        let counts = api.get(&format!("/v1/polls/{poll}/log/counts"), None).await.unwrap();
        counts["counts"]["withdrawnCount"] == "1" && counts["counts"]["signatureCount"] == "30"
    })
    .await;
    let key = text(&withdrawn, "/logIdentifier").unwrap();
    let proved = api.get(&format!("/v1/polls/{poll}/log/proofs/{key}"), None).await.unwrap();
    assert!(Leaf::decode(&base64_of(proved["entry"].as_str().unwrap())).unwrap().withdrawal);
    let looked = api.get(&format!("/v1/polls/{poll}/trackingCodes/{code}"), None).await.unwrap();
    assert_eq!(looked["state"], "TRACKED_STATE_WITHDRAWN");
    published(log, 32).await;
    let (report, exit) = verify(&[log, "--receipt", code]);
    assert_eq!((exit, &report["size"], &report["withdrawn"]), (Some(0), &json!(32), &json!(1)), "{report}");
}

/// Waits until the head that everybody reads has this size: the counts know a leaf first, and caches keep a head for a second.
pub async fn published(log: &str, size: u64) {
    let http = reqwest::Client::new();
    wait_until("the published head", PATIENCE, async || {
        let Ok(head) = http.get(format!("{log}/checkpoint")).send().await else { return false };
        head.text().await.is_ok_and(|text| text.lines().nth(1) == Some(size.to_string().as_str()))
    })
    .await;
}

/// The files come with the types and lifetimes that C2SP and caches expect.
async fn read_as_others_do(log: &str) {
    let http = reqwest::Client::new();
    let get = async |path: &str| http.get(format!("{log}/{path}")).send().await.unwrap();
    let header = |response: &reqwest::Response, name: HeaderName| {
        response.headers()[name].to_str().unwrap().to_owned()
    };
    let head = get("checkpoint").await;
    assert_eq!(header(&head, CONTENT_TYPE), "text/plain; charset=utf-8");
    assert!(header(&head, CACHE_CONTROL).contains("s-maxage=1"), "{:?}", head.headers());
    assert!(head.text().await.unwrap().contains("\n30\n"));
    for (path, length) in
        [("tile/0/000.p/30", Some(960)), ("tile/0/000.p/7", Some(224)), ("tile/entries/000.p/30", None)]
    {
        let tile = get(path).await;
        assert_eq!(header(&tile, CONTENT_TYPE), "application/octet-stream");
        assert_eq!(header(&tile, CACHE_CONTROL), "public, max-age=31536000, immutable");
        let bytes = tile.bytes().await.unwrap();
        assert!(length.is_none_or(|length| bytes.len() == length), "{path}: {}", bytes.len());
    }
    let missing = get("tile/0/000").await;
    assert_eq!(missing.status(), 404);
    assert_eq!(header(&missing, CONTENT_TYPE), "application/problem+json");
    assert_eq!(get("tile/0/00").await.status(), 400);
    let hours = get("hours.csv").await;
    assert_eq!(header(&hours, CONTENT_TYPE), "text/csv; charset=utf-8");
    assert!(hours.text().await.unwrap().starts_with("begin_time,signature_count,withdrawn_count\r\n20"));
}

/// A receipt leads to its entry, and the entry to the signed head.
async fn prove(api: &Api, poll: &str, code: &str) {
    let log = api.get(&format!("/v1/polls/{poll}/log"), None).await.unwrap()["log"].clone();
    let keys = log["verifierKeys"].as_array().unwrap().iter().filter_map(Value::as_str);
    let keys = VerifierKeys::parse(keys).unwrap();
    let code = TrackingCode::parse(code).unwrap();
    let wanted = identifier(poll.parse::<uuid::Uuid>().unwrap().as_bytes(), &code.0);
    let hex: String = wanted.iter().map(|byte| format!("{byte:02x}")).collect();
    let proved = api.get(&format!("/v1/polls/{poll}/log/proofs/{hex}"), None).await.unwrap();
    let bytes = |value: &Value| base64_of(value.as_str().unwrap());
    let entry = bytes(&proved["entry"]);
    assert_eq!(Leaf::decode(&entry).unwrap().identifier, wanted);
    let hashes: Vec<Hash> = proved["hashes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hash| Hash::from_slice(&bytes(hash)).unwrap())
        .collect();
    let head = Checkpoint::open(proved["checkpoint"].as_str().unwrap().as_bytes(), &keys).unwrap();
    let index = comitia_cli::api::number(&proved, "/leafIndex").unwrap().unsigned_abs();
    assert!(proof::includes(&hashes, index, Hash::leaf(&entry), head.size, head.root));
    let nobody = api.get(&format!("/v1/polls/{poll}/log/proofs/{}", "0".repeat(64)), None).await;
    assert_problem(&problem(nobody), 404, "LOG_ENTRY_NOT_FOUND", "");
}

fn base64_of(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

/// One signer, who tries until there is an answer, as a client does.
async fn sign(api: &Api, poll: &str, member: &str, code: &str) -> String {
    let body = json!({"memberNumber": member, "accessCode": code});
    let session = api.post("/v1/sessions:signInWithAccessCode", None, &body).await.unwrap();
    let session = text(&session, "/session/accessToken").unwrap();
    let permits = format!("/v1/polls/{poll}/permits");
    let permit = wait_for("the permit", PATIENCE, async || {
        let answer = api.post(&permits, Some(&session), &json!({})).await.ok()?;
        text(&answer, "/permit").ok()
    })
    .await;
    let body = json!({"permit": permit, "ballot": {}, "castSecret": DEVICE});
    let answer = api.post(&format!("/v1/polls/{poll}/ballots"), None, &body).await.unwrap();
    text(&answer, "/receipt/trackingCode").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_kill_9_of_both_sequencers_and_postgres_loses_doubles_and_moves_no_signature() {
    let host = format!("gateway.default_organization_host={HOST}");
    let mut cluster = Cluster::start_behind(Front::None, 2, &[], &[&host]).await;
    let api = cluster.api(HOST);
    let plan = seeded_city::plan(3, SIGNERS).unwrap();
    let city = city::set_up(&api, OPERATOR_KEY, &plan, Clock::system().now(), &|_| {}).await.unwrap();
    let poll = open_sheet(&api, &city.token, &city.poll).await;

    let signing = stream::iter(city.codes.clone())
        .map(|(member, code)| {
            let (api, poll) = (&api, &poll);
            async move { sign(api, poll, &member, &code).await }
        })
        .buffer_unordered(16)
        .collect::<Vec<_>>();
    let url = format!("{}/v1/polls/{poll}/log", cluster.gateways().split(',').next().unwrap());
    let faults = async {
        let reached = async |signatures: i64| {
            wait_until("signatures in the log", PATIENCE, async || count(&api, &poll).await >= signatures)
                .await;
        };
        reached(20).await;
        cluster.kill_and_restart("voting-1");
        reached(80).await;
        cluster.kill_and_restart("voting-2");
        reached(140).await;
        let early = reqwest::get(format!("{url}/checkpoint")).await.unwrap().bytes().await.unwrap();
        cluster.postgres.kill();
        cluster.postgres.restart().unwrap();
        reached(200).await;
        cluster.kill_and_restart("voting-1");
        cluster.kill_and_restart("voting-2");
        early
    };
    let (receipts, early) = tokio::join!(signing, faults);
    assert_eq!(receipts.len(), SIGNERS as usize);
    wait_until("the whole log", PATIENCE, async || count(&api, &poll).await == i64::from(SIGNERS)).await;

    published(&url, u64::from(SIGNERS)).await;
    let kept = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(kept.path(), &early).unwrap();
    let since = kept.path().display().to_string();
    for receipt in [&receipts[0], &receipts[receipts.len() - 1]] {
        let (report, code) = verify(&[&url, "--since", &since, "--receipt", receipt]);
        assert_eq!((code, &report["altered"]), (Some(0), &json!([])), "{report}");
        assert_eq!(report["size"], SIGNERS);
    }
}
