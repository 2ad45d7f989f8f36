//! identity's use cases on a database of the test's own.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use comitia_bus::{Event, InProcess};
use comitia_cache::Cache;
use comitia_core::Clock;
use comitia_identity::app::{App, email_codes, imports, keys, permits, revocations, rolls, sessions, staff};
use comitia_identity::error::Error;
use comitia_identity::{Config, consumers, migrations};
use comitia_platform::auth::revocations::RevocationsConfig;
use comitia_platform::auth::{Caller, Role};
use comitia_platform::database::{self, DatabaseConfig, Tenant};
use comitia_platform::grpc::Endpoints;
use comitia_platform::runtime::ServiceKeys;
use comitia_platform::{ApiError, Runtime, validate};
use comitia_proto::events::v1::PollCreated;
use comitia_proto::identity::v1::{
    CreateRollRequest, CreateStaffMemberRequest, GenerateAccessCodesRequest, ImportMembersRequest,
    ImportMembersResponse, Session,
};
use comitia_proto::voting::v1::Eligibility;
use comitia_testkit::{TestDatabase, wait_for};
use serde_json::{Value, json};
use uuid::Uuid;

pub const SERVICE_KEY: &str = "the key of budgets in these tests";
pub const KEY: &str = "a2V5LW9mLXRoZS10ZXN0LWluc3RhbGxhdGlvbi0zMi0=";
const NOW: &str = "2026-06-01T08:00:00Z";

pub struct World {
    pub app: App,
    pub clock: Clock,
    pub organization: Uuid,
    pub database: TestDatabase,
    mail: tempfile::TempDir,
}

/// With other values in the configuration, and what budgets signs in with.
fn app(
    database: DatabaseConfig,
    clock: &Clock,
    mail: &Path,
    service_key: &str,
    cache: Arc<dyn Cache>,
    more: Value,
) -> App {
    let runtime = Runtime::new(
        clock.clone(),
        Arc::new(InProcess::new(clock.clone())),
        cache,
        Endpoints::default(),
        ServiceKeys { budgets: Some(service_key.into()), ..ServiceKeys::default() },
    )
    .unwrap()
    // Tests read the list when they want to, and take their time.
    .with_revocations(RevocationsConfig { stale_ms: 3_600_000, ..RevocationsConfig::default() })
    .unwrap();
    let mut config = json!({
        "server": {"listen": "127.0.0.1:0"},
        "database": {"url": "postgres://comitia_identity@localhost/replaced"},
        "data_key": KEY,
        "lookup_key": KEY,
        "operator_key": "operator",
        "mail": {"folder": mail, "from": "City <vote@example.org>"},
        "attempts_a_member": 3,
        "attempts_an_address": 30,
        "emails_an_hour": 3,
    });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let config: Config = serde_json::from_value(config).unwrap();
    comitia_identity::app(&Config { database, ..config }, &runtime).unwrap()
}

fn in_process(clock: &Clock) -> Arc<dyn Cache> {
    Arc::new(comitia_cache::InProcess::new(clock.clone()))
}

impl World {
    pub async fn new() -> Self {
        Self::at(Clock::manual(NOW.parse().unwrap())).await
    }

    pub async fn at(clock: Clock) -> Self {
        let database = TestDatabase::create(&migrations()).await.unwrap();
        let mail = tempfile::tempdir().unwrap();
        let app =
            app(database.config("identity"), &clock, mail.path(), SERVICE_KEY, in_process(&clock), json!({}));
        keys::load(&app).await.unwrap();
        revocations::load(&app).await.unwrap();
        Self { app, clock, organization: comitia_core::id::new(), database, mail }
    }

    /// Another process on the same database, which has not loaded the keys yet.
    pub fn replica(&self) -> App {
        self.replica_with(self.database.config("identity"), SERVICE_KEY, json!({}))
    }

    /// As [`World::replica`], with another configuration.
    pub fn replica_with(&self, database: DatabaseConfig, service_key: &str, more: Value) -> App {
        app(database, &self.clock, self.mail.path(), service_key, in_process(&self.clock), more)
    }

    /// As [`World::replica_with`], at another time.
    pub fn replica_at(&self, clock: &Clock, more: Value) -> App {
        let database = self.database.config("identity");
        app(database, clock, self.mail.path(), SERVICE_KEY, in_process(clock), more)
    }

    /// Another process on the same database, whose cache is away.
    pub async fn replica_without_cache(&self) -> App {
        let away =
            comitia_cache::CacheConfig { url: Some("redis://127.0.0.1:1/".into()), ..Default::default() };
        let cache = comitia_cache::connect(&away, self.clock.clone()).unwrap();
        let database = self.database.config("identity");
        let replica = app(database, &self.clock, self.mail.path(), SERVICE_KEY, cache, json!({}));
        keys::load(&replica).await.unwrap();
        replica
    }

    /// A session of the operator, as it is in a call.
    pub fn operator(&self) -> Caller {
        Caller {
            subject: "operator".into(),
            organization: Some(self.organization),
            session: Uuid::nil(),
            roles: vec![Role::Operator, Role::Administrator, Role::BudgetOfficer],
        }
    }

    /// Adds an administrator, who signs in.
    pub async fn administrator(&self, email: &str) -> (Uuid, Caller) {
        let request = CreateStaffMemberRequest {
            email: email.into(),
            display_name: "Ada".into(),
            roles: vec![Role::Administrator as i32],
            request_id: String::new(),
        };
        let roles = [Role::Administrator];
        let created =
            staff::create(&self.app, self.organization, &self.operator(), &request, &roles).await.unwrap();
        let id = created.staff_member.unwrap().staff_member_id.parse().unwrap();
        email_codes::request(&self.app, self.organization, None, email).await.unwrap();
        let code = self.mailed_code().await;
        let session = email_codes::sign_in(&self.app, self.organization, None, email, &code).await.unwrap();
        (id, self.caller(&session).await.unwrap())
    }

    /// A transaction on the rows of the organization.
    pub async fn begin(&self) -> database::Transaction {
        database::begin(&self.app.pool, Tenant::Organization(self.organization)).await.unwrap()
    }

    pub async fn roll(&self) -> Uuid {
        let request = CreateRollRequest { title: "Residents".into(), request_id: String::new() };
        let roll = rolls::create(&self.app, self.organization, &self.operator(), &request)
            .await
            .unwrap()
            .roll
            .unwrap();
        roll.roll_id.parse().unwrap()
    }

    pub async fn import(&self, roll: Uuid, csv: &str, partial: bool) -> Result<ImportMembersResponse, Error> {
        let request = ImportMembersRequest {
            roll_id: roll.to_string(),
            csv: csv.into(),
            partial,
            ..Default::default()
        };
        imports::import(&self.app, self.organization, &self.operator(), roll, &request).await
    }

    /// The access codes of members, in the order of their numbers.
    pub async fn codes(&self, roll: Uuid) -> Vec<(String, String)> {
        let request = GenerateAccessCodesRequest::default();
        let (organization, caller) = (self.organization, self.operator());
        let answer = rolls::generate_access_codes(&self.app, organization, &caller, roll, 1_000, &request)
            .await
            .unwrap();
        let mut codes: Vec<_> =
            answer.access_codes.into_iter().map(|code| (code.member_number, code.access_code)).collect();
        codes.sort();
        codes
    }

    pub async fn sign_in(&self, number: &str, code: &str) -> Result<Session, Error> {
        self.sign_in_from(Some("192.0.2.1"), number, code).await
    }

    pub async fn sign_in_from(
        &self,
        address: Option<&str>,
        number: &str,
        code: &str,
    ) -> Result<Session, Error> {
        sessions::sign_in_with_access_code(&self.app, self.organization, address, number, code).await
    }

    pub async fn caller(&self, session: &Session) -> Result<Caller, ApiError> {
        comitia_identity::verifier(&self.app).session(&session.access_token).await
    }

    pub async fn poll(&self, roll: Uuid, districts: &[&str], minimum_age: u32) -> Uuid {
        self.poll_for(Eligibility {
            roll_id: roll.to_string(),
            districts: districts.iter().map(|&district| district.to_owned()).collect(),
            minimum_age,
            time_zone: "UTC".into(),
            ..Eligibility::default()
        })
        .await
    }

    pub async fn poll_for(&self, eligibility: Eligibility) -> Uuid {
        let poll_id = comitia_core::id::new();
        let now = self.clock.now();
        let created = PollCreated {
            poll_id: poll_id.to_string(),
            eligibility: Some(eligibility),
            open_time: Some(validate::timestamp(now - TimeDelta::hours(1))),
            close_time: Some(validate::timestamp(now + TimeDelta::days(7))),
            paper_close_time: Some(validate::timestamp(now + TimeDelta::days(9))),
        };
        let organization = Some(self.organization);
        let event =
            Event::new(&self.clock, "voting.poll.created", organization, poll_id.to_string(), &created);
        consumers::poll(self.app.clone(), event.clone()).await.unwrap();
        // Events arrive at least once.
        consumers::poll(self.app.clone(), event).await.unwrap();
        poll_id
    }

    pub fn mails(&self) -> Vec<std::path::PathBuf> {
        std::fs::read_dir(self.mail.path()).unwrap().map(|mail| mail.unwrap().path()).collect()
    }

    /// The text of the one mail that was sent, which is taken out of the folder; it is sent after the answer.
    pub async fn mail(&self) -> String {
        wait_for("the mail", Duration::from_secs(10), async || {
            let mails = self.mails();
            assert!(mails.len() < 2, "more than one mail");
            let path = mails.first()?;
            let mail = std::fs::read_to_string(path).unwrap();
            // Written as a whole.
            if !mail.ends_with('\n') {
                return None;
            }
            std::fs::remove_file(path).unwrap();
            Some(mail)
        })
        .await
    }

    /// The code in the one mail that was sent.
    pub async fn mailed_code(&self) -> String {
        let mail = self.mail().await;
        let (_, body) = mail.split_once("\r\n\r\n").unwrap();
        let runs = body.split(|c: char| !c.is_ascii_digit());
        runs.into_iter().find(|run| run.len() == 12).unwrap().to_owned()
    }

    pub async fn nullifier(&self, session: &Session, poll: Uuid) -> Result<String, Error> {
        let caller = self.caller(session).await.unwrap();
        let issued = permits::issue(&self.app, self.organization, &caller, poll).await?;
        let claims = comitia_identity::verifier(&self.app).permit(&issued.permit).await.unwrap();
        assert_eq!(claims.poll, poll);
        assert!(DateTime::<Utc>::from_timestamp(claims.exp, 0).unwrap() <= issued.expire_time);
        Ok(claims.nul)
    }

    /// Every row of identity's tables and of what it sends, as text, without what reading them changes.
    pub async fn stored(&self) -> Vec<String> {
        let pool = self.database.admin_pool().unwrap();
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables
             WHERE table_schema = 'identity' AND table_type = 'BASE TABLE' ORDER BY 1",
        )
        .fetch_all(&pool)
        .await
        .unwrap();
        let mut rows = Vec::new();
        for table in tables {
            let query = format!("SELECT $1::text || ' ' || t::text FROM {table} AS t ORDER BY 1");
            let of_table: Vec<String> =
                sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(table).fetch_all(&pool).await.unwrap();
            rows.extend(of_table);
        }
        rows
    }

    /// A budget officer.
    pub fn officer(&self) -> Caller {
        Caller {
            subject: "officer".into(),
            organization: Some(self.organization),
            session: Uuid::nil(),
            roles: vec![Role::BudgetOfficer],
        }
    }
}
