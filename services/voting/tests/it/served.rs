//! The whole service behind its port.

use std::time::Duration;

use comitia_core::Clock;
use comitia_platform::database::DatabaseConfig;
use comitia_platform::grpc::{Client, Endpoints};
use comitia_platform::runtime::{ServerConfig, ServiceKeys};
use comitia_platform::{ApiError, Runtime};
use comitia_proto::voting::v1::ballot_service_client::BallotServiceClient;
use comitia_proto::voting::v1::batched_cast_result::Result as Cast;
use comitia_proto::voting::v1::paper_ballot_service_client::PaperBallotServiceClient;
use comitia_proto::voting::v1::poll_service_client::PollServiceClient;
use comitia_proto::voting::v1::{
    BatchCastBallotsRequest, BatchCastBallotsResponse, BatchedCast, BatchedCastResult, CastBallotRequest,
    ClosePollRequest, CreatePaperBatchRequest, CreatePollRequest, EnterPaperBallotsRequest, GetPollRequest,
    GetReceiptRequest, GetTurnoutRequest, ListTrackingCodesRequest, LookUpTrackingCodeRequest, Poll,
    PollState, StreamBallotsRequest, StreamBallotsResponse, TrackedState, WatchTurnoutRequest,
};
use comitia_testkit::TestDatabase;
use comitia_testkit::service;
use comitia_voting::{Config, StartError};
use tokio::net::TcpListener;
use tonic::{Request, Status};
use uuid::Uuid;

use crate::harness::{Bench, DEVICE, LOG_KEY, ORGANIZATION, RECEIPT_KEY, approve, poll};

struct Served {
    bench: Bench,
    runtime: Runtime,
    client: Client,
    task: tokio::task::JoinHandle<Result<(), StartError>>,
}

fn config(database: DatabaseConfig, listen: std::net::SocketAddr) -> Config {
    Config {
        server: ServerConfig { listen },
        database,
        intake: Default::default(),
        receipt_key: RECEIPT_KEY.into(),
        log_key: LOG_KEY.into(),
        previous_log_keys: Vec::new(),
        log_name: "comitia.example".into(),
        sequencer_ms: 50,
        closing_grace_ms: 100,
        tick_ms: 20,
        smallest_group: 5,
    }
}

impl Served {
    async fn start() -> Self {
        let mut bench = Bench::new().await;
        bench.clock = Clock::system();
        let clock = bench.clock.clone();
        let mut runtime = service::runtime(&clock, Endpoints::default(), ServiceKeys::default());
        runtime.verifier = bench.signer.verifier(&clock);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = config(bench.database.config("voting"), address);
        let task =
            comitia_core::task::spawn("test", comitia_voting::serve(config, listener, runtime.clone()));
        let client = runtime.connect(&format!("http://{address}")).unwrap();
        Self { bench, runtime, client, task }
    }

    fn polls(&self) -> PollServiceClient<Client> {
        PollServiceClient::new(self.client.clone())
    }

    fn ballots(&self) -> BallotServiceClient<Client> {
        BallotServiceClient::new(self.client.clone())
    }

    /// A request without a session.
    fn public<T>(&self, message: T) -> Request<T> {
        service::sent(ORGANIZATION, "", message)
    }

    fn as_role<T>(&self, role: &str, message: T) -> Request<T> {
        // Of the services, budgets alone may create polls and read ballots.
        let (subject, organization) =
            if role == "SERVICE" { ("budgets", None) } else { (role, Some(ORGANIZATION)) };
        let session = self.bench.signer.session(subject, organization, &[role]);
        service::sent(ORGANIZATION, &session, message)
    }

    fn request(&self) -> (Uuid, CreatePollRequest) {
        let id = comitia_core::id::new();
        let now = self.bench.clock.now();
        let poll = poll(id, (now, now + chrono::TimeDelta::hours(1)), true);
        let request = CreatePollRequest {
            poll_id: poll.poll_id,
            title: poll.title,
            open_time: poll.open_time,
            close_time: poll.close_time,
            eligibility: poll.eligibility,
            specification: poll.specification,
            options: poll.options,
            recast_allowed: poll.recast_allowed,
            ..Default::default()
        };
        (id, request)
    }

    async fn open_poll(&self) -> Uuid {
        let (id, request) = self.request();
        self.polls().create_poll(self.as_role("SERVICE", request)).await.unwrap();
        id
    }

    async fn vote(&self, poll: Uuid, voter: u32, options: &[&str]) -> Result<String, Status> {
        let request = CastBallotRequest {
            poll_id: poll.to_string(),
            permit: self.bench.permit(poll, voter, ["north", "south"][voter as usize % 2], false),
            ballot: Some(approve(options)),
            cast_secret: DEVICE.into(),
        };
        let answer = self.ballots().cast_ballot(self.public(request)).await?;
        Ok(answer.into_inner().receipt.unwrap().tracking_code)
    }

    async fn stop(self) {
        self.runtime.lifecycle.stop();
        self.task.await.unwrap().unwrap();
        tokio::time::timeout(Duration::from_secs(20), self.runtime.lifecycle.drained()).await.unwrap();
    }
}

/// What became of each cast of a batch: its tracking code, or why it was refused.
async fn batch(served: &Served, casts: Vec<BatchedCast>) -> Vec<Result<String, &'static str>> {
    let mut results = vec![None; casts.len()];
    // Nobody's metadata: each cast brings what it needs.
    let request = Request::new(BatchCastBallotsRequest { casts });
    let mut answers = served.ballots().batch_cast_ballots(request).await.unwrap().into_inner();
    while let Some(answer) = answers.message().await.unwrap() {
        for BatchedCastResult { index, result } in answer.results {
            let result = match result.unwrap() {
                Cast::Response(response) => Ok(response.receipt.unwrap().tracking_code),
                Cast::Refusal(refusal) => {
                    let code = tonic::Code::from_i32(refusal.code);
                    let status = Status::with_details(code, refusal.message, refusal.details.into());
                    Err(reason(&status).0)
                }
            };
            assert_eq!(results[index as usize].replace(result), None, "one result for each cast");
        }
    }
    results.into_iter().map(Option::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn casts_in_one_call_are_casts_each_for_itself() {
    let served = Served::start().await;
    let (poll, elsewhere) = (served.open_poll().await, Uuid::from_u128(7));
    let cast = |voter: u32, options: &[&str]| BatchedCast {
        organization_id: ORGANIZATION.to_string(),
        request: Some(CastBallotRequest {
            poll_id: poll.to_string(),
            permit: served.bench.permit(poll, voter, ["north", "south"][voter as usize % 2], false),
            ballot: Some(approve(options)),
            cast_secret: DEVICE.into(),
        }),
        ..BatchedCast::default()
    };
    let mut forged = cast(4, &["o1"]);
    forged.request.as_mut().unwrap().permit.push('x');
    let casts = vec![
        cast(1, &["o1", "o2"]),
        cast(2, &["nowhere"]),
        forged,
        BatchedCast { organization_id: elsewhere.to_string(), ..cast(5, &["o1"]) },
        BatchedCast { organization_id: "nobody".into(), ..cast(6, &["o1"]) },
        BatchedCast { request: None, ..cast(7, &["o1"]) },
        BatchedCast { timeout_ms: 60_000, traceparent: "odd".into(), ..cast(3, &["o2"]) },
        cast(1, &["o1", "o2"]),
    ];
    let results = batch(&served, casts).await;
    let refused: Vec<_> = results[1..6].iter().map(|result| result.clone().unwrap_err()).collect();
    let (field, gone) = ("FIELD_INVALID", "RESOURCE_NOT_FOUND");
    assert_eq!(refused, ["OPTION_UNKNOWN", "PERMIT_INVALID", gone, field, field]);
    assert_eq!(results[0], results[7], "the same ballot has the same receipt");
    // They are what single casts find.
    assert_eq!(served.vote(poll, 1, &["o1", "o2"]).await.ok(), results[0].clone().ok());
    assert_eq!(served.vote(poll, 3, &["o2"]).await.ok(), results[6].clone().ok());
    let request = GetTurnoutRequest { poll_id: poll.to_string() };
    let turnout = served.polls().get_turnout(served.public(request)).await.unwrap().into_inner();
    assert_eq!(turnout.turnout.unwrap().ballot_count, 2);

    for count in [0, 1_001] {
        let request = Request::new(BatchCastBallotsRequest { casts: vec![BatchedCast::default(); count] });
        let refused = served.ballots().batch_cast_ballots(request).await.unwrap_err();
        assert_eq!(reason(&refused), ("FIELD_INVALID", vec!["casts".to_owned()]));
    }
    served.stop().await;
}

/// The table of ballots is locked, so that nothing can be written.
#[tokio::test(flavor = "multi_thread")]
async fn a_cast_that_waits_holds_nobody_up_and_ends_at_its_deadline() {
    let served = Served::start().await;
    let poll = served.open_poll().await;
    served.vote(poll, 1, &["o1"]).await.unwrap();
    let mut lock = served.bench.admin.begin().await.unwrap();
    sqlx::query("LOCK TABLE voting.ballots").execute(&mut *lock).await.unwrap();
    let request = |voter: u32, options: &[&str]| CastBallotRequest {
        poll_id: poll.to_string(),
        permit: served.bench.permit(poll, voter, "north", false),
        ballot: Some(approve(options)),
        cast_secret: DEVICE.into(),
    };
    let casts = [(2, "o1"), (4, "nowhere")].map(|(voter, option)| BatchedCast {
        organization_id: ORGANIZATION.to_string(),
        request: Some(request(voter, &[option])),
        timeout_ms: 1_500,
        ..BatchedCast::default()
    });
    let request = Request::new(BatchCastBallotsRequest { casts: casts.into() });
    let mut answers = served.ballots().batch_cast_ballots(request).await.unwrap().into_inner();
    let codes = async |answers: &mut tonic::Streaming<BatchCastBallotsResponse>| {
        let results = answers.message().await.unwrap().unwrap().results.into_iter();
        let code = |result: BatchedCastResult| match result.result.unwrap() {
            Cast::Response(_) => (result.index, tonic::Code::Ok),
            Cast::Refusal(refusal) => (result.index, tonic::Code::from_i32(refusal.code)),
        };
        results.map(code).collect::<Vec<_>>()
    };
    assert_eq!(codes(&mut answers).await, [(1, tonic::Code::InvalidArgument)]);
    assert_eq!(codes(&mut answers).await, [(0, tonic::Code::DeadlineExceeded)]);
    assert!(answers.message().await.unwrap().is_none());
    lock.rollback().await.unwrap();
    served.stop().await;
}

fn reason(status: &Status) -> (&'static str, Vec<String>) {
    let error = ApiError::from_status(status);
    (error.reason_name(), error.violations.into_iter().map(|violation| violation.field).collect())
}

/// The codes are found one by one and in the list that the poll's digest is of.
async fn published(served: &Served, poll: &Poll, codes: &[String]) {
    let mut sorted = codes.to_vec();
    sorted.sort();
    let list = ListTrackingCodesRequest { poll_id: poll.poll_id.clone(), page_token: String::new() };
    let list = served.ballots().list_tracking_codes(served.public(list)).await.unwrap().into_inner();
    assert_eq!((list.tracking_codes, list.next_page_token.as_str()), (sorted.clone(), ""));
    let lines: String = sorted.iter().map(|code| format!("{code}\n")).collect();
    let text = format!("comitia tracking codes v1\n{}\n{lines}", poll.poll_id);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    assert_eq!(poll.tracking_codes_digest, hex::encode(digest));
    assert_eq!(poll.tracking_codes_count, 3);
    let look_up = async |code: &str| {
        let request =
            LookUpTrackingCodeRequest { poll_id: poll.poll_id.clone(), tracking_code: code.to_owned() };
        let found = served.ballots().look_up_tracking_code(served.public(request)).await;
        found.map(|found| found.into_inner().state()).map_err(|status| reason(&status))
    };
    for code in codes {
        assert_eq!(look_up(code).await, Ok(TrackedState::Counted));
    }
    assert_eq!(look_up("0000-0000-0000-0000-0000-0000-0000").await.unwrap_err().0, "BALLOT_NOT_FOUND");
    let wrong = look_up(&codes[0][1..]).await.unwrap_err();
    assert_eq!(wrong, ("FIELD_INVALID", vec!["tracking_code".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_poll_to_its_ballots() {
    let served = Served::start().await;
    let poll = served.open_poll().await;
    let id = poll.to_string();
    let codes = [
        served.vote(poll, 1, &["o1", "o2"]).await.unwrap(),
        served.vote(poll, 2, &["o2", "o1"]).await.unwrap(),
        served.vote(poll, 3, &["o1", "o2"]).await.unwrap(),
        served.vote(poll, 1, &["o2", "o1"]).await.unwrap(),
    ];
    assert_eq!(codes[0], codes[3]);
    assert!(codes[0] != codes[1] && codes[1] != codes[2]);
    let get_receipt = async |secret: &[u8]| {
        let permit = served.bench.permit(poll, 3, "south", false);
        let request = GetReceiptRequest { poll_id: id.clone(), permit, cast_secret: secret.into() };
        served.ballots().get_receipt(served.public(request)).await.map_err(|status| reason(&status))
    };
    let receipt = get_receipt(&DEVICE).await.unwrap().into_inner().receipt.unwrap();
    assert_eq!(receipt.tracking_code, codes[2]);
    assert_eq!(get_receipt(&[9; 16]).await.unwrap_err().0, "BALLOT_NOT_FOUND");
    assert_eq!(get_receipt(&[]).await.unwrap_err(), ("FIELD_INVALID", vec!["cast_secret".to_owned()]));

    let request = || served.as_role("AUDITOR", StreamBallotsRequest { poll_id: id.clone() });
    let early = served.ballots().stream_ballots(request()).await.unwrap_err();
    assert_eq!(reason(&early).0, "POLL_STATE_INVALID");

    let request = ClosePollRequest { poll_id: id.clone(), reason: "the test is over".into() };
    let closed =
        served.polls().close_poll(served.as_role("BUDGET_OFFICER", request)).await.unwrap().into_inner();
    let closed = closed.poll.unwrap();
    assert_eq!((closed.state(), closed.seal_digest.len()), (PollState::Sealed, 64));
    let late = served.vote(poll, 4, &["o1"]).await.unwrap_err();
    assert_eq!(reason(&late).0, "POLL_CLOSED");
    published(&served, &closed, &codes[..3]).await;

    let mut stream = served
        .ballots()
        .stream_ballots(served.as_role("SERVICE", StreamBallotsRequest { poll_id: id.clone() }))
        .await
        .unwrap()
        .into_inner();
    let mut groups = Vec::new();
    while let Some(StreamBallotsResponse { groups: some }) = stream.message().await.unwrap() {
        groups.extend(
            some.into_iter()
                .map(|group| (group.ballot.unwrap(), group.district, group.any_channel, group.count)),
        );
    }
    let ballot = approve(&["o1", "o2"]);
    assert_eq!(groups, [(ballot, "*".to_owned(), true, 3)], "three voters are too few for districts");
    let turnout = served
        .polls()
        .get_turnout(served.public(GetTurnoutRequest { poll_id: id.clone() }))
        .await
        .unwrap()
        .into_inner()
        .turnout
        .unwrap();
    assert_eq!((turnout.ballot_count, turnout.districts[0].any_channel_count), (3, 3));
    let request = GetTurnoutRequest { poll_id: id.clone() };
    let exact =
        served.polls().get_turnout(served.as_role("BUDGET_OFFICER", request)).await.unwrap().into_inner();
    assert_eq!(exact.turnout.unwrap().districts.len(), 2, "who runs the poll sees its districts");
    // The relay has published everything, and nobody wanted it.
    comitia_testkit::wait_until("an empty outbox", Duration::from_secs(10), async || {
        served.bench.events(poll).await.is_empty()
    })
    .await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_shows_changes_and_ends_with_the_process() {
    let served = Served::start().await;
    let poll = served.open_poll().await;
    let request = served.public(WatchTurnoutRequest { poll_id: poll.to_string() });
    let mut watch = served.polls().watch_turnout(request).await.unwrap().into_inner();
    let mut count = async || Ok(watch.message().await?.map(|message| message.turnout.unwrap().ballot_count));
    assert_eq!(count().await.unwrap(), Some(0));
    served.vote(poll, 1, &["o1"]).await.unwrap();
    assert_eq!(count().await.unwrap(), Some(1));
    let seen = std::time::Instant::now();
    for voter in 2..6 {
        served.vote(poll, voter, &["o1"]).await.unwrap();
    }
    assert_eq!(count().await.unwrap(), Some(5));
    assert!(seen.elapsed() > Duration::from_millis(900), "at most once a second");
    served.runtime.lifecycle.stop();
    let stopped: tonic::Status = count().await.unwrap_err();
    assert_eq!(stopped.code(), tonic::Code::Unavailable, "another replica goes on");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_checked_before_anything_is_done() {
    let served = Served::start().await;
    let create = async |change: &dyn Fn(&mut CreatePollRequest)| {
        let (_, mut request) = served.request();
        change(&mut request);
        reason(&served.polls().create_poll(served.as_role("ADMINISTRATOR", request)).await.unwrap_err())
    };
    let fields =
        |names: &[&str]| ("FIELD_INVALID", names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    assert_eq!(create(&|r| r.poll_id = "7".into()).await, fields(&["poll_id"]));
    assert_eq!(create(&|r| r.poll_id = Uuid::from_u128(7).to_string()).await, fields(&["poll_id"]));
    assert_eq!(create(&|r| r.title = String::new()).await, fields(&["title"]));
    assert_eq!(create(&|r| r.close_time = r.open_time).await, fields(&["close_time"]));
    assert_eq!(create(&|r| r.open_time = None).await, fields(&["open_time"]));
    assert_eq!(create(&|r| r.eligibility = None).await, fields(&["eligibility.roll_id"]));
    assert_eq!(create(&|r| r.options[1].cost = -1).await, fields(&["options[1].cost"]));
    assert_eq!(
        create(&|r| (r.title, r.specification) = (String::new(), None)).await,
        fields(&["title", "specification.type"])
    );

    let poll = served.open_poll().await;
    let id = poll.to_string();
    let (_, request) = served.request();
    let refused = served.polls().create_poll(served.as_role("PARTICIPANT", request)).await.unwrap_err();
    assert_eq!(reason(&refused).0, "ROLE_MISSING");
    let request = ClosePollRequest { poll_id: id.clone(), reason: String::new() };
    let refused = served.polls().close_poll(served.as_role("ADMINISTRATOR", request)).await.unwrap_err();
    assert_eq!(reason(&refused), fields(&["reason"]));
    for (ballot, secret, field) in [
        (None, 16, "ballot"),
        (Some(approve(&["o1"])), 15, "cast_secret"),
        (Some(approve(&["o1"])), 65, "cast_secret"),
    ] {
        let (permit, cast_secret) = (served.bench.permit(poll, 9, "north", false), vec![1; secret]);
        let request = CastBallotRequest { poll_id: id.clone(), permit, ballot, cast_secret };
        let refused = served.ballots().cast_ballot(served.public(request)).await.unwrap_err();
        assert_eq!(reason(&refused), fields(&[field]));
    }
    let refused = served.vote(poll, 1, &["o1", "nowhere"]).await.unwrap_err();
    assert_eq!(reason(&refused), ("OPTION_UNKNOWN", vec!["ballot.choices[1].option_id".to_owned()]));
    let mut paper = PaperBallotServiceClient::new(served.client.clone());
    let request =
        CreatePaperBatchRequest { poll_id: id.clone(), title: "Box".into(), request_id: "x".into() };
    let refused = paper.create_paper_batch(served.as_role("BUDGET_OFFICER", request)).await.unwrap_err();
    assert_eq!(reason(&refused), fields(&["request_id"]));
    let request =
        CreatePaperBatchRequest { poll_id: id.clone(), title: "Box".into(), request_id: String::new() };
    let batch =
        paper.create_paper_batch(served.as_role("BUDGET_OFFICER", request)).await.unwrap().into_inner();
    let request = EnterPaperBallotsRequest {
        poll_id: id.clone(),
        paper_batch_id: batch.paper_batch.unwrap().paper_batch_id,
        forms: Vec::new(),
        ..Default::default()
    };
    let refused = paper.enter_paper_ballots(served.as_role("BUDGET_OFFICER", request)).await.unwrap_err();
    assert_eq!(reason(&refused), fields(&["forms"]));
    let poll =
        served.polls().get_poll(served.public(GetPollRequest { poll_id: id })).await.unwrap().into_inner();
    assert_eq!(poll.poll.unwrap().state(), PollState::Open);
    served.stop().await;
}

#[tokio::test]
async fn it_does_not_start_on_what_cannot_work() {
    let database = TestDatabase::create(&comitia_voting::migrations()).await.unwrap();
    let runtime = service::runtime(&Clock::system(), Endpoints::default(), ServiceKeys::default());
    let listen = "127.0.0.1:0".parse().unwrap();
    let start = async |config: Config| {
        let listener = TcpListener::bind(listen).await.unwrap();
        Box::pin(comitia_voting::serve(config, listener, runtime.clone())).await.unwrap_err().to_string()
    };
    let good = config(database.config("voting"), listen);
    let error = start(Config { receipt_key: "c2hvcnQ=".into(), ..good.clone() }).await;
    assert!(error.contains("receipt_key") && !error.contains("c2hvcnQ"), "{error}");
    let error = start(Config { log_key: "c2hvcnQ=".into(), ..good.clone() }).await;
    assert!(error.contains("log_key") && !error.contains("c2hvcnQ"), "{error}");
    sqlx::query("DELETE FROM voting._sqlx_migrations WHERE description = 'polls'")
        .execute(&database.admin_pool().unwrap())
        .await
        .unwrap();
    let error = start(good).await;
    assert!(error.contains("comitia migrate"), "{error}");
}
