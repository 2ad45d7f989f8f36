//! identity on a port, called as other services and the gateway call it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use chrono::TimeDelta;
use comitia_bus::Event;
use comitia_core::Clock;
use comitia_identity::{Config, migrations};
use comitia_platform::auth::Role;
use comitia_platform::grpc::Endpoints;
use comitia_platform::runtime::ServiceKeys;
use comitia_platform::{ApiError, Runtime, validate};
use comitia_proto::events::v1::PollCreated;
use comitia_proto::identity::v1::permit_service_client::PermitServiceClient;
use comitia_proto::identity::v1::roll_service_client::RollServiceClient;
use comitia_proto::identity::v1::session_service_client::SessionServiceClient;
use comitia_proto::identity::v1::staff_service_client::StaffServiceClient;
use comitia_proto::identity::v1::*;
use comitia_proto::voting::v1::Eligibility;
use comitia_testkit::{TestDatabase, service, wait_for, wait_until};
use serde_json::json;
use sqlx::PgPool;
use tonic::transport::Channel;
use uuid::Uuid;

const KEY: &str = "a2V5LW9mLXRoZS10ZXN0LWluc3RhbGxhdGlvbi0zMi0=";
const OPERATOR: &str = "the key of the operator";
pub const SERVICE: &str = "the key of budgets and of no other service";
const PATIENCE: Duration = Duration::from_secs(20);

/// identity on a port of its own, in one organization, with a session of the operator acting for it.
pub struct Served {
    pub runtime: Runtime,
    pub clock: Clock,
    pub channel: Channel,
    pub organization: Uuid,
    pub staff: String,
    mail: tempfile::TempDir,
    /// Access codes by roll and number.
    codes: Mutex<HashMap<(String, String), String>>,
    pub admin: PgPool,
    pub pool: PgPool,
    _database: TestDatabase,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.runtime.lifecycle.stop();
    }
}

pub fn refused<T: std::fmt::Debug>(answer: Result<tonic::Response<T>, tonic::Status>) -> ApiError {
    ApiError::from_status(&answer.unwrap_err())
}

impl Served {
    pub async fn new() -> Self {
        let database = TestDatabase::create(&migrations()).await.unwrap();
        let clock = Clock::manual("2026-06-01T08:00:00Z".parse().unwrap());
        let mail = tempfile::tempdir().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let endpoints = Endpoints { identity: url.clone(), ..Endpoints::default() };
        let keys = ServiceKeys { budgets: Some(SERVICE.into()), ..ServiceKeys::default() };
        let runtime = service::runtime(&clock, endpoints, keys);
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
            codes: Mutex::default(),
            admin: database.admin_pool().unwrap(),
            pool: database.pool("identity").unwrap(),
            _database: database,
        };
        world.staff = world.operator(true).await.access_token;
        world
    }

    /// A message to the organization of this world, with the token if it is not empty.
    pub fn to<T>(&self, token: &str, message: T) -> tonic::Request<T> {
        self.to_organization(self.organization, token, message)
    }

    pub fn to_organization<T>(&self, organization: Uuid, token: &str, message: T) -> tonic::Request<T> {
        let mut request = service::sent(organization, token, message);
        request.metadata_mut().insert("comitia-client-address", "192.0.2.1".parse().unwrap());
        request
    }

    pub fn sessions(&self) -> SessionServiceClient<Channel> {
        SessionServiceClient::new(self.channel.clone())
    }

    pub fn rolls(&self) -> RollServiceClient<Channel> {
        RollServiceClient::new(self.channel.clone())
    }

    pub fn employees(&self) -> StaffServiceClient<Channel> {
        StaffServiceClient::new(self.channel.clone())
    }

    pub fn permits(&self) -> PermitServiceClient<Channel> {
        PermitServiceClient::new(self.channel.clone())
    }

    pub async fn operator(&self, as_administrator: bool) -> Session {
        let message = SignInOperatorRequest { operator_key: OPERATOR.into(), as_administrator };
        self.sessions().sign_in_operator(self.to("", message)).await.unwrap().into_inner().session.unwrap()
    }

    pub async fn roll(&self, csv: &str) -> String {
        let message = CreateRollRequest { title: "Residents".into(), ..Default::default() };
        let answer = self.rolls().create_roll(self.to(&self.staff, message)).await.unwrap().into_inner();
        let roll_id = answer.roll.unwrap().roll_id;
        let message =
            ImportMembersRequest { roll_id: roll_id.clone(), csv: csv.into(), ..Default::default() };
        self.rolls().import_members(self.to(&self.staff, message)).await.unwrap();
        roll_id
    }

    pub async fn sign_in(&self, roll_id: &str, member_number: &str) -> Session {
        let staff = self.operator(true).await.access_token;
        let message = GenerateAccessCodesRequest { roll_id: roll_id.into(), ..Default::default() };
        let answer = self.rolls().generate_access_codes(self.to(&staff, message)).await.unwrap().into_inner();
        let access_code = {
            let mut codes = self.codes.lock().unwrap();
            codes.extend(
                answer
                    .access_codes
                    .into_iter()
                    .map(|code| ((roll_id.to_owned(), code.member_number), code.access_code)),
            );
            codes[&(roll_id.to_owned(), member_number.to_owned())].clone()
        };
        let member_number = member_number.to_owned();
        let message = SignInWithAccessCodeRequest { member_number, access_code };
        let answer = self.sessions().sign_in_with_access_code(self.to("", message)).await.unwrap();
        answer.into_inner().session.unwrap()
    }

    pub async fn employee(&self, email: &str, role: Role) -> StaffMember {
        let message = CreateStaffMemberRequest {
            email: email.into(),
            display_name: "Grace Hopper".into(),
            roles: vec![role as i32],
            request_id: String::new(),
        };
        let answer = self.employees().create_staff_member(self.to(&self.staff, message)).await.unwrap();
        answer.into_inner().staff_member.unwrap()
    }

    pub async fn email_code(&self, email: &str) -> Result<(), ApiError> {
        let message = RequestEmailCodeRequest { email: email.into(), ..Default::default() };
        let answer = self.sessions().request_email_code(self.to("", message)).await;
        answer.map(drop).map_err(|status| ApiError::from_status(&status))
    }

    pub fn mails(&self) -> Vec<std::path::PathBuf> {
        std::fs::read_dir(self.mail.path()).unwrap().map(|mail| mail.unwrap().path()).collect()
    }

    /// Waits for the only mail, takes it out of the folder, and gives its code.
    pub async fn mailed_code(&self) -> String {
        wait_for("a mail", PATIENCE, async || {
            let path = self.mails().pop()?;
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split_once("sign in: ")?.1.get(..12)?.to_owned();
            std::fs::remove_file(path).unwrap();
            Some(code)
        })
        .await
    }

    pub async fn with_code(&self, email: &str, code: &str) -> Result<Session, ApiError> {
        let message =
            SignInWithEmailCodeRequest { email: email.into(), code: code.into(), ..Default::default() };
        let answer = self.sessions().sign_in_with_email_code(self.to("", message)).await;
        answer
            .map(|answer| answer.into_inner().session.unwrap())
            .map_err(|status| ApiError::from_status(&status))
    }

    /// Asks for a permit until identity knows the poll.
    pub async fn permit(&self, token: &str, poll_id: Uuid) -> Result<IssuePermitResponse, ApiError> {
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
    pub async fn poll(&self, roll_id: &str) -> Uuid {
        let poll_id = comitia_core::id::new();
        let open_time = self.clock.now() + TimeDelta::hours(1);
        let created = PollCreated {
            poll_id: poll_id.to_string(),
            eligibility: Some(Eligibility { roll_id: roll_id.into(), ..Default::default() }),
            open_time: Some(validate::timestamp(open_time)),
            close_time: Some(validate::timestamp(open_time + TimeDelta::days(1))),
            paper_close_time: None,
        };
        let organization = Some(self.organization);
        let event =
            Event::new(&self.clock, "voting.poll.created", organization, poll_id.to_string(), &created);
        self.runtime.bus.publish(&[event]).await.unwrap();
        poll_id
    }
}
