//! The second factor of staff, as identity serves it: with an authenticator that is right, and with one thing wrong at a time.

mod device;

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use comitia_platform::ApiError;
use comitia_platform::auth::Role;
use comitia_proto::identity::v1::passkey_service_client::PasskeyServiceClient;
use comitia_proto::identity::v1::*;
use comitia_testkit::{service, wait_for};
use tonic::transport::Channel;

use self::device::Device;
use crate::served::{Served, refused};

const HOST: &str = "city.example";
const PENDING: [i32; 1] = [Role::SecondFactorPending as i32];

/// Each call comes from an address of its own, so that no limit is in the way.
static CALLS: AtomicU8 = AtomicU8::new(1);

struct Town(Served);

impl Town {
    async fn new() -> Self {
        Self(Served::new().await)
    }

    fn passkeys(&self) -> PasskeyServiceClient<Channel> {
        PasskeyServiceClient::new(self.0.channel.clone())
    }

    fn at<T>(&self, host: &str, token: &str, message: T) -> tonic::Request<T> {
        let mut request = service::sent(self.0.organization, token, message);
        let address = format!("192.0.2.{}", CALLS.fetch_add(1, Ordering::Relaxed));
        request.metadata_mut().insert("comitia-client-address", address.parse().unwrap());
        request.metadata_mut().insert("comitia-host", host.parse().unwrap());
        request
    }

    fn to<T>(&self, token: &str, message: T) -> tonic::Request<T> {
        self.at(HOST, token, message)
    }

    /// Waits for a mail that says this, and takes it out of the folder.
    async fn mail(&self, says: &str) -> String {
        wait_for("a mail", Duration::from_secs(20), async || {
            self.0.mails().into_iter().find_map(|path| {
                let mail = std::fs::read_to_string(&path)
                    .ok()
                    .filter(|mail| mail.contains(says) && mail.ends_with('\n'))?;
                std::fs::remove_file(path).unwrap();
                Some(mail)
            })
        })
        .await
    }

    async fn sign_in(&self, email: &str) -> Session {
        let message = RequestEmailCodeRequest { email: email.into(), ..Default::default() };
        self.0.sessions().request_email_code(self.to("", message)).await.unwrap();
        let mail = self.mail("sign in: ").await;
        let code = mail.split_once("sign in: ").unwrap().1[..12].to_owned();
        let message = SignInWithEmailCodeRequest { email: email.into(), code, ..Default::default() };
        let answer = self.0.sessions().sign_in_with_email_code(self.to("", message)).await.unwrap();
        answer.into_inner().session.unwrap()
    }

    /// Somebody of the team with a passkey, and their session that has proved it.
    async fn with_passkey(&self, email: &str, role: Role) -> (StaffMember, Device, Session) {
        let member = self.0.employee(email, role).await;
        let session = self.sign_in(email).await;
        let mut device = Device::new();
        let registered = self.register(&session, &mut device).await.unwrap();
        self.mail("A passkey was added").await;
        (member, device, registered.session.unwrap())
    }

    async fn creation(&self, token: &str) -> Result<String, ApiError> {
        let begun = self.passkeys().begin_passkey_registration(self.to(token, Default::default())).await;
        begun.map(|begun| begun.into_inner().options_json).map_err(|status| ApiError::from_status(&status))
    }

    async fn register(
        &self,
        session: &Session,
        device: &mut Device,
    ) -> Result<RegisterPasskeyResponse, ApiError> {
        let options = self.creation(&session.access_token).await?;
        let credential_json = device.create(&options);
        let message = RegisterPasskeyRequest { credential_json, label: "Phone".into() };
        let answer = self.passkeys().register_passkey(self.to(&session.access_token, message)).await;
        answer.map(tonic::Response::into_inner).map_err(|status| ApiError::from_status(&status))
    }

    async fn request(&self, token: &str) -> BeginPasskeyVerificationResponse {
        let begun = self.passkeys().begin_passkey_verification(self.to(token, Default::default())).await;
        begun.unwrap().into_inner()
    }

    async fn answer(&self, token: &str, credential_json: String) -> Result<Session, ApiError> {
        let message = VerifyPasskeyRequest { credential_json };
        let answer = self.passkeys().verify_passkey(self.to(token, message)).await;
        answer
            .map(|answer| answer.into_inner().session.unwrap())
            .map_err(|status| ApiError::from_status(&status))
    }

    async fn verify(&self, session: &Session, device: &mut Device) -> Result<Session, ApiError> {
        let options = self.request(&session.access_token).await.options_json;
        self.answer(&session.access_token, device.get(&options)).await
    }

    /// Why a call that staff may make is refused; empty when it is not.
    async fn refusal(&self, token: &str) -> String {
        match self.0.employees().get_own_staff_member(self.to(token, GetOwnStaffMemberRequest {})).await {
            Ok(_) => String::new(),
            answer => refused(answer).reason_name().to_owned(),
        }
    }

    async fn require(&self, token: &str, required: bool) -> Result<(), ApiError> {
        let message = UpdateStaffSignInRequest { second_factor_required: required };
        let answer = self.0.employees().update_staff_sign_in(self.to(token, message)).await;
        answer.map(drop).map_err(|status| ApiError::from_status(&status))
    }

    async fn own(&self, token: &str) -> Vec<Passkey> {
        let list = self.passkeys().list_own_passkeys(self.to(token, ListOwnPasskeysRequest {})).await;
        list.unwrap().into_inner().passkeys
    }

    async fn delete(&self, token: &str, passkey_id: &str) -> Result<(), ApiError> {
        let message = DeletePasskeyRequest { passkey_id: passkey_id.into() };
        let answer = self.passkeys().delete_passkey(self.to(token, message)).await;
        answer.map(drop).map_err(|status| ApiError::from_status(&status))
    }

    async fn reset(&self, token: &str, member: &StaffMember) -> Result<(), ApiError> {
        let message = ResetPasskeysRequest { staff_member_id: member.staff_member_id.clone() };
        let answer = self.0.employees().reset_passkeys(self.to(token, message)).await;
        answer.map(drop).map_err(|status| ApiError::from_status(&status))
    }
}

fn reason<T: std::fmt::Debug>(answer: Result<T, ApiError>) -> String {
    answer.unwrap_err().reason_name().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_passkey_is_asked_for_it_and_gets_nowhere_without() {
    let town = Town::new().await;
    town.0.employee("ada@example.org", Role::Administrator).await;
    let (first, beside) = (town.sign_in("ada@example.org").await, town.sign_in("ada@example.org").await);
    assert_eq!(first.roles, [Role::Administrator as i32], "nobody asks for a second factor yet");
    let mut device = Device::new();
    let registered = town.register(&first, &mut device).await.unwrap();
    assert!(town.mail("A passkey was added").await.contains("To: ada@example.org"));
    let passkey = registered.passkey.unwrap();
    assert_eq!((passkey.label.as_str(), passkey.domain.as_str()), ("Phone", HOST));
    assert_eq!(passkey.create_date, "2026-06-01");
    // The session that registered it has ended, and so has the one beside it; what came in its place is whole.
    for token in [&first.access_token, &beside.access_token] {
        assert_eq!(town.refusal(token).await, "SESSION_REVOKED");
    }
    assert_eq!(town.refusal(&registered.session.unwrap().access_token).await, "");

    let pending = town.sign_in("ada@example.org").await;
    assert_eq!(pending.roles, PENDING);
    assert_eq!(town.refusal(&pending.access_token).await, "SECOND_FACTOR_REQUIRED");
    // Nor can it give itself another passkey, or become more by waiting.
    assert_eq!(reason(town.creation(&pending.access_token).await), "SECOND_FACTOR_REQUIRED");
    let refresh = RefreshSessionRequest { refresh_token: pending.refresh_token.clone() };
    let refreshed = town.0.sessions().refresh_session(town.to("", refresh)).await.unwrap().into_inner();
    let pending = refreshed.session.unwrap();
    assert_eq!(pending.roles, PENDING);

    let begun = town.request(&pending.access_token).await;
    assert_eq!(begun.domains, [HOST]);
    let answer = device.get(&begun.options_json);
    let whole = town.answer(&pending.access_token, answer.clone()).await.unwrap();
    assert_eq!(whole.roles, [Role::Administrator as i32]);
    assert_eq!(town.refusal(&whole.access_token).await, "");
    // Another session took the place of the first: nothing that was known of it is good any more.
    assert_eq!(reason(town.answer(&pending.access_token, answer).await), "SESSION_REVOKED");
    let refresh = RefreshSessionRequest { refresh_token: pending.refresh_token };
    let refresh = refused(town.0.sessions().refresh_session(town.to("", refresh)).await);
    assert_eq!(refresh.reason_name(), "CREDENTIALS_INVALID");
    let refresh = RefreshSessionRequest { refresh_token: whole.refresh_token };
    let refreshed = town.0.sessions().refresh_session(town.to("", refresh)).await.unwrap().into_inner();
    assert_eq!(refreshed.session.unwrap().roles, [Role::Administrator as i32]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_one_thing_wrong_is_refused() {
    let town = Town::new().await;
    let (_, mut device, _) = town.with_passkey("ada@example.org", Role::Administrator).await;
    let (_, mut other, _) = town.with_passkey("bob@example.org", Role::Administrator).await;
    let pending = town.sign_in("ada@example.org").await;
    let token = pending.access_token.as_str();
    let another = town.sign_in("ada@example.org").await;

    type Change = (&'static str, fn(&mut Device), fn(&mut Device));
    let changes: [Change; 5] = [
        (
            "origin",
            |device| device.origin = "https://city.example.evil.example",
            |device| {
                device.origin = "https://city.example";
            },
        ),
        ("domain", |device| device.domain = "evil.example", |device| device.domain = HOST),
        ("verification", |device| device.flags = 0b001, |device| device.flags = 0b101),
        ("presence", |device| device.flags = 0b100, |device| device.flags = 0b101),
        ("counter", |device| device.count = 0, |device| device.count = 10),
    ];
    for (what, change, mend) in changes {
        let options = town.request(token).await.options_json;
        change(&mut device);
        let answer = device.get(&options);
        assert_eq!(reason(town.answer(token, answer.clone()).await), "PASSKEY_REFUSED", "{what}");
        // Its challenge is used up.
        assert_eq!(reason(town.answer(token, answer).await), "PASSKEY_CHALLENGE_UNKNOWN", "{what}");
        mend(&mut device);
    }
    // Another's passkey; another's session's challenge; one's own to register with; what is no answer.
    let options = town.request(token).await.options_json;
    assert_eq!(reason(town.answer(token, other.get(&options)).await), "PASSKEY_REFUSED");
    let options = town.request(&another.access_token).await.options_json;
    assert_eq!(reason(town.answer(token, device.get(&options)).await), "PASSKEY_CHALLENGE_UNKNOWN");
    assert_eq!(reason(town.answer(token, "{}".into()).await), "PASSKEY_REFUSED");
    // Too late.
    let options = town.request(token).await.options_json;
    town.0.clock.advance(TimeDelta::minutes(5));
    assert_eq!(reason(town.answer(token, device.get(&options)).await), "PASSKEY_CHALLENGE_UNKNOWN");
    // At another host name of the organization there is nothing to answer with; at an address there never is.
    let elsewhere = town.at("other.example:8443", token, BeginPasskeyVerificationRequest {});
    let elsewhere = town.passkeys().begin_passkey_verification(elsewhere).await.unwrap().into_inner();
    assert_eq!((elsewhere.options_json.as_str(), elsewhere.domains), ("", vec![HOST.to_owned()]));
    let options = town.request(token).await.options_json;
    let message = VerifyPasskeyRequest { credential_json: device.get(&options) };
    let moved = refused(town.passkeys().verify_passkey(town.at("other.example", token, message)).await);
    assert_eq!(moved.reason_name(), "PASSKEY_REFUSED");
    let at = town.at("192.0.2.1", token, BeginPasskeyVerificationRequest {});
    let at = refused(town.passkeys().begin_passkey_verification(at).await);
    assert_eq!(at.reason_name(), "PASSKEYS_IMPOSSIBLE_HERE");
    // After all of that, what is right still is.
    assert!(town.verify(&pending, &mut device).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_is_throttled() {
    let town = Town::new().await;
    let (_, mut device, _) = town.with_passkey("ada@example.org", Role::Administrator).await;
    let pending = town.sign_in("ada@example.org").await;
    let token = pending.access_token.as_str();
    let answer = async || {
        let mut request = town.to(token, VerifyPasskeyRequest { credential_json: "{}".into() });
        request.metadata_mut().insert("comitia-client-address", "198.51.100.7".parse().unwrap());
        refused(town.passkeys().verify_passkey(request).await).reason_name().to_owned()
    };
    let mut answers = Vec::new();
    while answers.len() < 20 && answers.last().is_none_or(|answer| answer == "PASSKEY_REFUSED") {
        answers.push(answer().await);
    }
    assert_eq!(answers.last().unwrap(), "RATE_LIMITED", "{answers:?}");
    assert!(town.verify(&pending, &mut device).await.is_ok(), "from elsewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_asks_everybody_once_somebody_has_proved_theirs() {
    let town = Town::new().await;
    town.0.employee("eve@example.org", Role::Administrator).await;
    let eve = town.sign_in("eve@example.org").await;
    let without = town.require(&eve.access_token, true).await;
    assert_eq!(reason(without), "OWN_SECOND_FACTOR_REQUIRED");
    assert_eq!(town.require(&town.0.staff, true).await.unwrap_err().reason_name(), "RESOURCE_NOT_FOUND");

    let (_, _, ada) = town.with_passkey("ada@example.org", Role::Administrator).await;
    town.require(&ada.access_token, true).await.unwrap();
    let rules = GetStaffSignInRequest {};
    let rules = town.0.employees().get_staff_sign_in(town.to(&ada.access_token, rules)).await.unwrap();
    assert!(rules.into_inner().staff_sign_in.unwrap().second_factor_required);
    assert_eq!(town.refusal(&eve.access_token).await, "SESSION_REVOKED");
    assert_eq!(town.refusal(&ada.access_token).await, "");

    // Who has none registers the first one, and no second one by the way.
    let eve = town.sign_in("eve@example.org").await;
    assert_eq!(eve.roles, PENDING);
    let begun = town.request(&eve.access_token).await;
    assert_eq!((begun.options_json.as_str(), begun.domains.len()), ("", 0));
    let stale = town.creation(&eve.access_token).await.unwrap();
    let mut device = Device::new();
    let registered = town.register(&eve, &mut device).await.unwrap().session.unwrap();
    assert_eq!(registered.roles, [Role::Administrator as i32]);
    let message = RegisterPasskeyRequest { credential_json: Device::new().create(&stale), label: "x".into() };
    let again = refused(town.passkeys().register_passkey(town.to(&eve.access_token, message)).await);
    assert_eq!(again.reason_name(), "SESSION_REVOKED");

    // The last one stays, unless nobody asks for it.
    let token = &registered.access_token;
    let own = town.own(token).await;
    assert_eq!(reason(town.delete(token, &own[0].passkey_id).await), "LAST_PASSKEY");
    let mut second = Device::new();
    let answer = town.register(&registered, &mut second).await.unwrap();
    assert!(answer.session.is_none(), "the session had a second factor");
    let rename = RenamePasskeyRequest { passkey_id: own[0].passkey_id.clone(), label: " Key ".into() };
    let renamed = town.passkeys().rename_passkey(town.to(token, rename)).await.unwrap().into_inner();
    assert_eq!(renamed.passkey.unwrap().label, "Key");
    town.delete(token, &own[0].passkey_id).await.unwrap();
    town.mail("A passkey was removed").await;
    assert_eq!(
        reason(town.delete(&ada.access_token, &town.own(token).await[0].passkey_id).await),
        "RESOURCE_NOT_FOUND"
    );
    town.require(token, false).await.unwrap();
    town.delete(token, &town.own(token).await[0].passkey_id).await.unwrap();
    assert_eq!(town.sign_in("eve@example.org").await.roles, [Role::Administrator as i32]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_passkey_is_reset_by_another_person() {
    let town = Town::new().await;
    let (ada, _, ada_session) = town.with_passkey("ada@example.org", Role::Administrator).await;
    let (bob, _, bob_session) = town.with_passkey("bob@example.org", Role::Moderator).await;
    let (ada_token, bob_token) = (&ada_session.access_token, &bob_session.access_token);
    assert_eq!(reason(town.reset(ada_token, &ada).await), "SECOND_PERSON_REQUIRED");
    assert_eq!(reason(town.reset(bob_token, &ada).await), "ROLE_MISSING");
    let list = town.0.employees().list_staff_members(town.to(ada_token, Default::default())).await.unwrap();
    assert!(list.into_inner().staff_members.iter().all(|member| member.passkey_count == 1));

    town.reset(ada_token, &bob).await.unwrap();
    assert!(town.mail("Your passkeys were reset").await.contains("To: bob@example.org"));
    assert_eq!(town.refusal(bob_token).await, "SESSION_REVOKED");
    assert_eq!(town.sign_in("bob@example.org").await.roles, [Role::Moderator as i32]);
    // The operator helps a sole administrator.
    let operator = town.0.operator(false).await.access_token;
    town.reset(&operator, &ada).await.unwrap();
    town.mail("Your passkeys were reset").await;
    assert_eq!(town.refusal(ada_token).await, "SESSION_REVOKED");
    // With the staff member go their passkeys.
    let (eve, ..) = town.with_passkey("eve@example.org", Role::Auditor).await;
    let message = DeleteStaffMemberRequest { staff_member_id: eve.staff_member_id };
    town.0.employees().delete_staff_member(town.to(&town.0.staff, message)).await.unwrap();
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM identity.passkeys").fetch_one(&town.0.admin).await.unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_is_registered_once_and_there_are_ten_at_the_most() {
    let town = Town::new().await;
    let (_, mut device, session) = town.with_passkey("ada@example.org", Role::Administrator).await;
    assert_eq!(reason(town.register(&session, &mut device).await), "PASSKEY_REGISTERED");
    for _ in 1..10 {
        town.register(&session, &mut Device::new()).await.unwrap();
    }
    assert_eq!(reason(town.creation(&session.access_token).await), "TOO_MANY_PASSKEYS");
    // Names are personal, and not read from the database.
    let clear: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM identity.passkeys WHERE position('Phone'::bytea IN label) > 0",
    )
    .fetch_one(&town.0.admin)
    .await
    .unwrap();
    assert_eq!(clear, 0);
}
