//! identity as it is served: gRPC, sessions and their end, tenants, what is at rest.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use comitia_bus::{Bus, Event, InProcess};
use comitia_core::Clock;
use comitia_identity::{Config, migrations};
use comitia_platform::auth::Role;
use comitia_platform::database::{self, Tenant};
use comitia_platform::grpc::Endpoints;
use comitia_platform::{ApiError, Runtime, validate};
use comitia_proto::events::v1::PollCreated;
use comitia_proto::identity::v1::key_service_client::KeyServiceClient;
use comitia_proto::identity::v1::permit_service_client::PermitServiceClient;
use comitia_proto::identity::v1::roll_service_client::RollServiceClient;
use comitia_proto::identity::v1::session_service_client::SessionServiceClient;
use comitia_proto::identity::v1::staff_service_client::StaffServiceClient;
use comitia_proto::identity::v1::*;
use comitia_proto::voting::v1::Eligibility;
use comitia_testkit::{TestDatabase, wait_for, wait_until};
use serde_json::json;
use sqlx::PgPool;
use tonic::transport::Channel;
use uuid::Uuid;

const KEY: &str = "a2V5LW9mLXRoZS10ZXN0LWluc3RhbGxhdGlvbi0zMi0=";
const OPERATOR: &str = "the key of the operator";
const SERVICE: &str = "the key that all services share";
const PATIENCE: Duration = Duration::from_secs(20);

/// identity on a port of its own, in one organization, with a session of the operator acting for it.
struct World {
    runtime: Runtime,
    clock: Clock,
    channel: Channel,
    organization: Uuid,
    staff: String,
    mail: tempfile::TempDir,
    admin: PgPool,
    pool: PgPool,
    _database: TestDatabase,
}

impl Drop for World {
    fn drop(&mut self) {
        self.runtime.lifecycle.stop();
    }
}

fn refused<T: std::fmt::Debug>(answer: Result<tonic::Response<T>, tonic::Status>) -> ApiError {
    ApiError::from_status(&answer.unwrap_err())
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::create(&migrations()).await.unwrap();
        let clock = Clock::manual("2026-06-01T08:00:00Z".parse().unwrap());
        let mail = tempfile::tempdir().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let runtime = Runtime::new(
            clock.clone(),
            Arc::new(InProcess::new(clock.clone())),
            Arc::new(comitia_cache::InProcess::new(clock.clone())),
            Endpoints { identity: url.clone(), ..Endpoints::default() },
            SERVICE.into(),
        )
        .unwrap();
        let config: Config = serde_json::from_value(json!({
            "server": {"listen": "127.0.0.1:0"},
            "database": {"url": "postgres://comitia_identity@localhost/replaced"},
            "data_key": KEY,
            "lookup_key": KEY,
            "operator_key": OPERATOR,
            "mail": {"folder": mail.path(), "from": "City <vote@example.org>"},
            "emails_an_hour": 2,
        }))
        .unwrap();
        let config = Config { database: database.config("identity"), ..config };
        let serving = runtime.clone();
        runtime.lifecycle.spawn_essential("identity", comitia_identity::serve(config, listener, serving));
        let health = runtime.health.clone();
        let (lifecycle, health) = (runtime.lifecycle.clone(), &health);
        wait_until("identity", PATIENCE, async || {
            assert!(!lifecycle.failed());
            health.not_ready().is_empty() && tokio::net::TcpStream::connect(&url[7..]).await.is_ok()
        })
        .await;
        let channel = Channel::from_shared(url).unwrap().connect().await.unwrap();
        let mut world = Self {
            runtime,
            clock,
            channel,
            organization: comitia_core::id::new(),
            staff: String::new(),
            mail,
            admin: database.admin_pool().unwrap(),
            pool: database.pool("identity").unwrap(),
            _database: database,
        };
        world.staff = world.operator(true).await.access_token;
        world
    }

    /// A message to the organization of this world, with the token if it is not empty.
    fn to<T>(&self, token: &str, message: T) -> tonic::Request<T> {
        self.to_organization(self.organization, token, message)
    }

    fn to_organization<T>(&self, organization: Uuid, token: &str, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        let metadata = request.metadata_mut();
        metadata.insert("comitia-organization", organization.to_string().parse().unwrap());
        metadata.insert("comitia-client-address", "192.0.2.1".parse().unwrap());
        if !token.is_empty() {
            metadata.insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        request
    }

    fn sessions(&self) -> SessionServiceClient<Channel> {
        SessionServiceClient::new(self.channel.clone())
    }

    fn rolls(&self) -> RollServiceClient<Channel> {
        RollServiceClient::new(self.channel.clone())
    }

    fn employees(&self) -> StaffServiceClient<Channel> {
        StaffServiceClient::new(self.channel.clone())
    }

    fn permits(&self) -> PermitServiceClient<Channel> {
        PermitServiceClient::new(self.channel.clone())
    }

    async fn operator(&self, as_administrator: bool) -> Session {
        let message = SignInOperatorRequest { operator_key: OPERATOR.into(), as_administrator };
        self.sessions().sign_in_operator(self.to("", message)).await.unwrap().into_inner().session.unwrap()
    }

    async fn roll(&self, csv: &str) -> String {
        let message = CreateRollRequest { title: "Residents".into(), ..Default::default() };
        let answer = self.rolls().create_roll(self.to(&self.staff, message)).await.unwrap().into_inner();
        let roll_id = answer.roll.unwrap().roll_id;
        let message = ImportMembersRequest { roll_id: roll_id.clone(), csv: csv.into(), ..Default::default() };
        self.rolls().import_members(self.to(&self.staff, message)).await.unwrap();
        roll_id
    }

    async fn sign_in(&self, roll_id: &str, member_number: &str) -> Session {
        let message = ReplaceAccessCodeRequest { roll_id: roll_id.into(), member_number: member_number.into() };
        let code = self.rolls().replace_access_code(self.to(&self.staff, message)).await.unwrap().into_inner();
        let AccessCode { member_number, access_code } = code.access_code.unwrap();
        let message = SignInWithAccessCodeRequest { member_number, access_code };
        let answer = self.sessions().sign_in_with_access_code(self.to("", message)).await.unwrap();
        answer.into_inner().session.unwrap()
    }

    async fn employee(&self, email: &str, role: Role) -> StaffMember {
        let message = CreateStaffMemberRequest {
            email: email.into(),
            display_name: "Grace Hopper".into(),
            roles: vec![role as i32],
            request_id: String::new(),
        };
        let answer = self.employees().create_staff_member(self.to(&self.staff, message)).await.unwrap();
        answer.into_inner().staff_member.unwrap()
    }

    async fn email_code(&self, email: &str) -> Result<(), ApiError> {
        let message = RequestEmailCodeRequest { email: email.into() };
        let answer = self.sessions().request_email_code(self.to("", message)).await;
        answer.map(drop).map_err(|status| ApiError::from_status(&status))
    }

    fn mails(&self) -> Vec<std::path::PathBuf> {
        std::fs::read_dir(self.mail.path()).unwrap().map(|mail| mail.unwrap().path()).collect()
    }

    /// Waits for the only mail, takes it out of the folder, and gives its code.
    async fn mailed_code(&self) -> String {
        wait_for("a mail", PATIENCE, async || {
            let path = self.mails().pop()?;
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split_once("sign in: ")?.1.get(..8)?.to_owned();
            std::fs::remove_file(path).unwrap();
            Some(code)
        })
        .await
    }

    async fn with_code(&self, email: &str, code: &str) -> Result<Session, ApiError> {
        let message = SignInWithEmailCodeRequest { email: email.into(), code: code.into() };
        let answer = self.sessions().sign_in_with_email_code(self.to("", message)).await;
        answer.map(|answer| answer.into_inner().session.unwrap()).map_err(|status| ApiError::from_status(&status))
    }

    /// Asks for a permit until identity knows the poll.
    async fn permit(&self, token: &str, poll_id: Uuid) -> Result<IssuePermitResponse, ApiError> {
        wait_for("the poll", PATIENCE, async || {
            let message = IssuePermitRequest { poll_id: poll_id.to_string() };
            match self.permits().issue_permit(self.to(token, message)).await {
                Ok(answer) => Some(Ok(answer.into_inner())),
                Err(status) => {
                    let error = ApiError::from_status(&status);
                    (error.reason_name() != "RESOURCE_NOT_FOUND").then_some(Err(error))
                }
            }
        })
        .await
    }

    /// A poll that opens in an hour, for a day.
    async fn poll(&self, roll_id: &str) -> Uuid {
        let poll_id = comitia_core::id::new();
        let open_time = self.clock.now() + TimeDelta::hours(1);
        let created = PollCreated {
            poll_id: poll_id.to_string(),
            eligibility: Some(Eligibility { roll_id: roll_id.into(), ..Default::default() }),
            open_time: Some(validate::timestamp(open_time)),
            close_time: Some(validate::timestamp(open_time + TimeDelta::days(1))),
        };
        let organization = Some(self.organization);
        let event = Event::new(&self.clock, "voting.poll.created", organization, poll_id.to_string(), &created);
        self.runtime.bus.publish(&[event]).await.unwrap();
        poll_id
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permit_is_issued_while_the_poll_is_open_and_verified_from_the_key_set() {
    let world = World::new().await;
    let roll = world.roll("member_number,district\n1,north\n").await;
    let session = world.sign_in(&roll, "1").await;
    let unknown = IssuePermitRequest { poll_id: comitia_core::id::new().to_string() };
    let unknown = refused(world.permits().issue_permit(world.to(&session.access_token, unknown)).await);
    assert_eq!((unknown.reason_name(), unknown.retry_after), ("RESOURCE_NOT_FOUND", Some(Duration::from_secs(1))));

    let poll = world.poll(&roll).await;
    let early = world.permit(&session.access_token, poll).await.unwrap_err();
    assert_eq!(early.reason_name(), "POLL_NOT_OPEN");
    world.clock.advance(TimeDelta::hours(1));
    let session = world.sign_in(&roll, "1").await;
    let issued = world.permit(&session.access_token, poll).await.unwrap();
    assert_eq!(issued.district, "north");

    // Other services verify with the key set that they fetch.
    let claims = world.runtime.verifier.permit(&issued.permit).await.unwrap();
    assert_eq!((claims.poll, claims.dis.as_str(), claims.paper), (poll, "north", false));
    assert_eq!(claims.exp, (world.clock.now() + TimeDelta::hours(1)).timestamp());
    assert!(world.runtime.verifier.session(&issued.permit).await.is_err(), "a permit is no session");
    assert!(world.runtime.verifier.permit(&session.access_token).await.is_err(), "a session is no permit");
    let keys = KeyServiceClient::new(world.channel.clone()).get_key_set(GetKeySetRequest {}).await.unwrap();
    let keys = keys.into_inner().keys;
    assert_eq!((keys.len(), keys[0].crv.as_str(), keys[0].alg.as_str()), (1, "Ed25519", "EdDSA"));

    world.clock.advance(TimeDelta::minutes(23 * 60 + 30));
    let session = world.sign_in(&roll, "1").await;
    let last = world.permit(&session.access_token, poll).await.unwrap();
    assert_eq!(last.expire_time.unwrap().seconds, (world.clock.now() + TimeDelta::minutes(30)).timestamp());
    world.clock.advance(TimeDelta::minutes(30));
    let session = world.sign_in(&roll, "1").await;
    assert_eq!(world.permit(&session.access_token, poll).await.unwrap_err().reason_name(), "POLL_CLOSED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_a_session_ends_it_at_once() {
    let world = World::new().await;
    let ada = world.employee("ada@example.org", Role::Administrator).await;
    world.employee("bob@example.org", Role::Administrator).await;
    world.email_code("ada@example.org").await.unwrap();
    let session = world.with_code("ADA@example.org", &world.mailed_code().await).await.unwrap();
    let list = async |token: &str| world.rolls().list_rolls(world.to(token, ListRollsRequest::default())).await;
    list(&session.access_token).await.unwrap();

    // New roles hold at once: the old token is refused.
    let roles = vec![Role::Administrator as i32, Role::Auditor as i32];
    let update = UpdateStaffMemberRequest { staff_member_id: ada.staff_member_id.clone(), roles };
    world.employees().update_staff_member(world.to(&world.staff, update)).await.unwrap();
    assert_eq!(refused(list(&session.access_token).await).reason_name(), "SESSION_REVOKED");
    let refresh = RefreshSessionRequest { refresh_token: session.refresh_token };
    let refresh = refused(world.sessions().refresh_session(world.to("", refresh)).await);
    assert_eq!(refresh.reason_name(), "CREDENTIALS_INVALID");

    // Removed staff are out at once, too.
    world.email_code("ada@example.org").await.unwrap();
    let session = world.with_code("ada@example.org", &world.mailed_code().await).await.unwrap();
    assert_eq!(session.roles, [Role::Administrator as i32, Role::Auditor as i32]);
    let delete = DeleteStaffMemberRequest { staff_member_id: ada.staff_member_id };
    world.employees().delete_staff_member(world.to(&world.staff, delete)).await.unwrap();
    assert_eq!(refused(list(&session.access_token).await).reason_name(), "SESSION_REVOKED");

    // A participant and an operator sign out.
    let roll = world.roll("member_number\n1\n").await;
    let participant = world.sign_in(&roll, "1").await.access_token;
    let export = async || world.rolls().export_own_data(world.to(&participant, ExportOwnDataRequest {})).await;
    assert_eq!(export().await.unwrap().into_inner().personal_data.unwrap().member_number, "1");
    for token in [&participant, &world.staff] {
        world.sessions().revoke_session(world.to(token, RevokeSessionRequest {})).await.unwrap();
    }
    assert_eq!(refused(export().await).reason_name(), "SESSION_REVOKED");
    assert_eq!(refused(list(&world.staff).await).reason_name(), "SESSION_REVOKED");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_at_rest_tells_who_a_person_is() {
    let world = World::new().await;
    let roll = world.roll("member_number,birth_date,email\nN-4711,1990-01-31,ada@example.org\n").await;
    world.sign_in(&roll, "N-4711").await;
    let request_id = comitia_core::id::new().to_string();
    let message = CreateStaffMemberRequest {
        email: "grace@example.org".into(),
        display_name: "Grace Hopper".into(),
        roles: vec![Role::Auditor as i32],
        request_id,
    };
    let create = async || {
        let request = world.to(&world.staff, message.clone());
        world.employees().create_staff_member(request).await.unwrap().into_inner()
    };
    let first = create().await;
    assert_eq!(first.staff_member.as_ref().unwrap().email, "grace@example.org");
    assert_eq!(create().await, first, "the same request again");

    let tables: Vec<String> =
        sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'identity'")
            .fetch_all(&world.admin)
            .await
            .unwrap();
    assert!(tables.len() > 10, "{tables:?}");
    for table in tables {
        let sql = format!("SELECT coalesce(string_agg(t::text, ''), '') FROM identity.{table} t");
        let rows: String = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&world.admin).await.unwrap();
        for secret in ["ada@example.org", "1990-01-31", "N-4711", "grace@example.org", "Grace Hopper"] {
            assert!(!rows.contains(secret), "{table} has {secret} in the clear");
            assert!(!rows.contains(&hex(secret)), "{table} has the bytes of {secret} in the clear");
        }
    }
}

/// Bytes as PostgreSQL shows a bytea in a row.
fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn row_level_security_keeps_organizations_apart() {
    let world = World::new().await;
    let roll = world.roll("member_number\n1\n").await;
    world.sign_in(&roll, "1").await;
    let count = async |tenant: Option<Tenant>| -> i64 {
        let mut transaction = match tenant {
            Some(tenant) => database::begin(&world.pool, tenant).await.unwrap(),
            None => world.pool.begin().await.unwrap(),
        };
        let sql = "SELECT (SELECT count(*) FROM identity.rolls) + (SELECT count(*) FROM identity.members)
                       + (SELECT count(*) FROM identity.sessions)";
        sqlx::query_scalar(sql).fetch_one(&mut *transaction).await.unwrap()
    };
    assert_eq!(count(Some(Tenant::Organization(world.organization))).await, 4);
    assert_eq!(count(Some(Tenant::Organization(comitia_core::id::new()))).await, 0);
    assert_eq!(count(None).await, 0);
    let mut foreign = database::begin(&world.pool, Tenant::Organization(comitia_core::id::new())).await.unwrap();
    let insert = sqlx::query("INSERT INTO identity.rolls VALUES (gen_random_uuid(), $1, 'x', now())")
        .bind(world.organization)
        .execute(&mut *foreign)
        .await;
    assert!(insert.is_err(), "a row was written for another organization");

    let get = GetRollRequest { roll_id: roll };
    let mismatch = world.to_organization(comitia_core::id::new(), &world.staff, get.clone());
    assert_eq!(refused(world.rolls().get_roll(mismatch).await).reason_name(), "ORGANIZATION_MISMATCH");
    let message = SignInServiceRequest { service: "budgets".into(), service_key: SERVICE.into() };
    let service = world.sessions().sign_in_service(message).await.unwrap().into_inner().session.unwrap().access_token;
    world.rolls().get_roll(world.to(&service, get.clone())).await.unwrap();
    let stranger = world.to_organization(comitia_core::id::new(), &service, get);
    assert_eq!(refused(world.rolls().get_roll(stranger).await).reason_name(), "RESOURCE_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_time_codes_are_limited_and_tell_nothing() {
    let world = World::new().await;
    world.roll("member_number,email\n1,ada@example.org\n2,both@example.org\n3,both@example.org\n").await;
    for email in ["nobody@example.org", "both@example.org", "ada@example.org"] {
        world.email_code(email).await.unwrap();
    }
    let code = world.mailed_code().await;
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM identity.email_codes").fetch_one(&world.admin).await.unwrap();
    assert_eq!(kept, 3, "the same work for all addresses");

    // Five attempts: after that the right code is no good either.
    let wrong = if code == "12345678" { "12345679" } else { "12345678" };
    for _ in 0..5 {
        assert_eq!(world.with_code("ada@example.org", wrong).await.unwrap_err().reason_name(), "CREDENTIALS_INVALID");
    }
    assert_eq!(world.with_code("ada@example.org", &code).await.unwrap_err().reason_name(), "CREDENTIALS_INVALID");

    world.email_code("ada@example.org").await.unwrap();
    let code = world.mailed_code().await;
    world.clock.advance(TimeDelta::minutes(10));
    assert_eq!(world.with_code("ada@example.org", &code).await.unwrap_err().reason_name(), "CREDENTIALS_INVALID");
    assert_eq!(world.mails(), Vec::<std::path::PathBuf>::new(), "nobody else got a mail");

    // Two an hour, wherever they are known or not.
    world.email_code("nobody@example.org").await.unwrap();
    for email in ["ada@example.org", "nobody@example.org"] {
        let mut limited = world.email_code(email).await;
        if limited.is_ok() {
            limited = world.email_code(email).await;
        }
        let limited = limited.unwrap_err();
        assert_eq!(limited.reason_name(), "RATE_LIMITED");
        assert!(limited.retry_after.is_some_and(|wait| wait > Duration::from_secs(60)));
    }

    world.clock.advance(TimeDelta::hours(2));
    world.email_code("ada@example.org").await.unwrap();
    let session = world.with_code("ada@example.org", &world.mailed_code().await).await.unwrap();
    assert_eq!(session.roles, [Role::Participant as i32]);
}
