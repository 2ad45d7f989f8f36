//! A database, replicas of the service on it, and a signer in identity's place.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use comitia_bus::OutboxSignal;
use comitia_cache::{InProcess, Resilient};
use comitia_core::Clock;
use comitia_platform::ApiError;
use comitia_platform::auth::signature::Signature;
use comitia_platform::auth::{Caller, PermitClaims, Role};
use comitia_platform::database::DatabaseConfig;
use comitia_platform::lifecycle::Lifecycle;
use comitia_platform::validate::timestamp;
use comitia_proto::voting::v1::{
    Ballot, BallotSpecification, BallotType, Choice, Eligibility, Poll, PollOption, Receipt, SignatureSheet,
};
use comitia_testkit::TestDatabase;
use comitia_testkit::service::{self, Signer};
use comitia_voting::app::App;
use comitia_voting::app::definitions::Definitions;
use comitia_voting::app::endings::Endings;
use comitia_voting::app::intake::{Intake, IntakeConfig, UncheckedCast};
use comitia_voting::app::turnout::Turnouts;
use comitia_voting::app::{cast, polls};
use comitia_voting::domain::ballot::SIGNATURE;
use comitia_voting::domain::{CastDigest, LogKeys, Nullifier, ReceiptKey};
use comitia_voting::error::Error;
use comitia_voting::store::ballots::Cast;
use sqlx::PgPool;
use tokio::time::Instant;
use uuid::Uuid;

pub const RECEIPT_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub const LOG_KEY: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
/// The secret of a voter's device.
pub const DEVICE: [u8; 16] = [0xd5; 16];
pub const ORGANIZATION: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_00aa);

pub fn start_time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

/// A process of voting, without its server.
pub struct Replica {
    pub app: App,
    pub lifecycle: Lifecycle,
    /// One that identity made: the intake looks at nothing else of a permit.
    signature: Signature,
}

/// A database, a clock and a signer.
pub struct Bench {
    pub database: TestDatabase,
    pub clock: Clock,
    pub signer: Signer,
    pub admin: PgPool,
    pub cache: InProcess,
}

impl Bench {
    pub async fn new() -> Self {
        Self::on(TestDatabase::create(&comitia_voting::migrations()).await.unwrap())
    }

    pub fn on(database: TestDatabase) -> Self {
        let clock = Clock::manual(start_time());
        let admin = database.admin_pool().unwrap();
        let cache = InProcess::new(clock.clone());
        Self { database, clock, signer: Signer::new("key"), admin, cache }
    }

    pub fn replica(&self) -> Replica {
        self.replica_with(&IntakeConfig::default())
    }

    pub fn replica_with(&self, config: &IntakeConfig) -> Replica {
        let database = DatabaseConfig { acquire_timeout_ms: 10_000, ..self.database.config("voting") };
        let pool = comitia_platform::database::connect(&database).unwrap();
        let lifecycle = Lifecycle::new();
        let clock = self.clock.clone();
        let outbox = OutboxSignal::new();
        let cache = Resilient::new(Arc::new(self.cache.clone()), clock.clone());
        let turnouts = Turnouts::new(pool.clone(), clock.clone(), cache);
        let intake = Intake::start(config, &pool.connect_options(), &clock, &turnouts, &lifecycle);
        lifecycle.spawn("turnout signals", turnouts.clone().tell(lifecycle.stopping()));
        let app = App {
            definitions: Definitions::new(pool.clone()),
            endings: Endings::new(pool.clone(), clock.clone()),
            pool,
            clock,
            outbox,
            verifier: self.signer.verifier(&self.clock),
            receipts: ReceiptKey::from_base64(&RECEIPT_KEY.into()).unwrap(),
            log_keys: LogKeys::new("comitia.example", &LOG_KEY.into(), &[]).unwrap(),
            intake,
            turnouts,
            smallest_group: 5,
        };
        Replica { app, lifecycle, signature: self.signer.signature() }
    }

    /// A permit for a voter of a district, good for a day.
    pub fn permit(&self, poll: Uuid, voter: u32, district: &str, paper: bool) -> String {
        self.signer.permit(&self.claims(poll, voter, district, paper))
    }

    pub fn claims(&self, poll: Uuid, voter: u32, district: &str, paper: bool) -> PermitClaims {
        PermitClaims {
            iss: "comitia".into(),
            poll,
            nul: URL_SAFE_NO_PAD.encode(nullifier(voter).as_bytes()),
            dis: district.into(),
            paper,
            desk: false,
            exp: (self.clock.now() + TimeDelta::days(1)).timestamp(),
        }
    }

    /// Ballots as the database has them: by district and channel.
    pub async fn recount(&self, poll: Uuid) -> BTreeMap<(String, bool), i64> {
        let rows: Vec<(String, bool, i64)> = sqlx::query_as(
            "SELECT district, paper, count(*) FROM voting.ballots WHERE poll_id = $1 GROUP BY district, paper",
        )
        .bind(poll)
        .fetch_all(&self.admin)
        .await
        .unwrap();
        rows.into_iter().map(|(district, paper, count)| ((district, paper), count)).collect()
    }

    /// The counters as the database has them.
    pub async fn counters(&self, poll: Uuid) -> BTreeMap<(String, bool), i64> {
        let rows: Vec<(String, bool, i64)> = sqlx::query_as(
            "SELECT district, paper, sum(ballot_count)::bigint FROM voting.turnout WHERE poll_id = $1
             GROUP BY district, paper",
        )
        .bind(poll)
        .fetch_all(&self.admin)
        .await
        .unwrap();
        rows.into_iter().map(|(district, paper, count)| ((district, paper), count)).collect()
    }

    /// The stored ballot of each voter, with its revision.
    pub async fn stored(&self, poll: Uuid) -> BTreeMap<Vec<u8>, (Vec<u8>, i32)> {
        let rows: Vec<(Vec<u8>, Vec<u8>, i32)> =
            sqlx::query_as("SELECT nullifier, ballot, revision FROM voting.ballots WHERE poll_id = $1")
                .bind(poll)
                .fetch_all(&self.admin)
                .await
                .unwrap();
        rows.into_iter().map(|(nullifier, ballot, revision)| (nullifier, (ballot, revision))).collect()
    }

    /// The routing keys of a poll's events, in their order.
    pub async fn events(&self, poll: Uuid) -> Vec<String> {
        sqlx::query_scalar("SELECT routing_key FROM voting.outbox WHERE subject = $1 ORDER BY sequence")
            .bind(poll.to_string())
            .fetch_all(&self.admin)
            .await
            .unwrap()
    }
}

pub fn nullifier(voter: u32) -> Nullifier {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&voter.to_be_bytes());
    Nullifier::new(bytes)
}

pub fn officer(subject: &str) -> Caller {
    service::caller(Some(ORGANIZATION), Role::BudgetOfficer, subject)
}

pub fn approve(options: &[&str]) -> Ballot {
    Ballot {
        choices: options.iter().map(|option| Choice { option_id: (*option).to_owned(), points: 0 }).collect(),
    }
}

pub fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

/// An approval poll with five options.
pub fn poll(id: Uuid, period: (DateTime<Utc>, DateTime<Utc>), recast_allowed: bool) -> Poll {
    Poll {
        poll_id: id.to_string(),
        title: "What shall we build?".into(),
        open_time: Some(timestamp(period.0)),
        close_time: Some(timestamp(period.1)),
        eligibility: Some(Eligibility { roll_id: Uuid::from_u128(5).to_string(), ..Default::default() }),
        specification: Some(BallotSpecification {
            r#type: BallotType::Approval.into(),
            max_choices: 3,
            ..Default::default()
        }),
        options: (0..5)
            .map(|number| PollOption {
                option_id: format!("o{number}"),
                title: format!("Option {number}"),
                cost: 100,
                ..Default::default()
            })
            .collect(),
        recast_allowed,
        ..Default::default()
    }
}

impl Replica {
    /// Creates a poll that is open for an hour.
    pub async fn open_poll(&self, recast_allowed: bool) -> Uuid {
        let now = self.app.clock.now();
        self.poll((now, now + TimeDelta::hours(1)), recast_allowed).await
    }

    pub async fn poll(&self, period: (DateTime<Utc>, DateTime<Utc>), recast_allowed: bool) -> Uuid {
        let id = comitia_core::id::new();
        polls::create_poll(&self.app, ORGANIZATION, id, period, poll(id, period, recast_allowed))
            .await
            .unwrap();
        id
    }

    /// Creates a poll of signatures that is open for an hour.
    pub async fn open_sheet(&self, sheet: SignatureSheet) -> Uuid {
        let (id, now) = (comitia_core::id::new(), self.app.clock.now());
        let period = (now, now + TimeDelta::hours(1));
        let specification =
            BallotSpecification { r#type: BallotType::Signature.into(), ..Default::default() };
        let sheet = Poll {
            specification: Some(specification),
            options: Vec::new(),
            signature_sheet: Some(sheet),
            ..poll(id, period, false)
        };
        polls::create_poll(&self.app, ORGANIZATION, id, period, sheet).await.unwrap();
        id
    }

    /// A signature as it reaches the intake: of the north by every third voter, of the south by the others.
    pub fn signature(&self, poll_id: Uuid, voter: u32) -> UncheckedCast {
        let mut unchecked =
            self.cast(poll_id, voter, 0, if voter.is_multiple_of(3) { "north" } else { "south" });
        unchecked.cast.ballot = SIGNATURE.to_vec();
        unchecked
    }

    /// A cast as it reaches the intake, of a device that has one secret for each ballot.
    pub fn cast(&self, poll_id: Uuid, voter: u32, ballot: u8, district: &str) -> UncheckedCast {
        let arrival = self.app.clock.now();
        let nullifier = nullifier(voter);
        let cast = Cast {
            poll_id,
            organization_id: ORGANIZATION,
            nullifier,
            ballot: vec![1, 1, ballot],
            digest: CastDigest::of(poll_id, &[ballot; 16]),
            district: district.into(),
            arrival,
            order: self.app.receipts.arrival_order(poll_id, &nullifier, arrival),
        };
        UncheckedCast { cast, signature: self.signature.clone() }
    }

    /// Casts with a permit, as the voter does from one device, which has one secret.
    pub async fn vote(
        &self,
        bench: &Bench,
        poll: Uuid,
        voter: u32,
        options: &[&str],
    ) -> Result<Receipt, ApiError> {
        self.vote_with(&bench.permit(poll, voter, "north", false), poll, &DEVICE, options).await
    }

    /// Casts with this permit and secret.
    pub async fn vote_with(
        &self,
        permit: &str,
        poll: Uuid,
        secret: &[u8],
        options: &[&str],
    ) -> Result<Receipt, ApiError> {
        cast::cast_ballot(&self.app, ORGANIZATION, poll, permit.to_owned(), &approve(options), secret, soon())
            .await
            .map_err(ApiError::from)
    }

    /// Stops the process in good order.
    pub async fn stop(self) {
        self.lifecycle.stop();
        drop(self.app);
        self.lifecycle.drained().await;
    }
}

pub fn reason<T: std::fmt::Debug>(result: Result<T, impl Into<ApiError>>) -> &'static str {
    match result {
        Ok(value) => panic!("not refused: {value:?}"),
        Err(error) => error.into().reason_name(),
    }
}

/// A [`Error`] by its reason.
pub fn named<T>(result: Result<T, Error>) -> Result<T, &'static str> {
    result.map_err(|error| ApiError::from(error).reason_name())
}
