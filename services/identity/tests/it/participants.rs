//! Accounts: registering, what is needed to write, sessions, and everything about oneself.

use chrono::TimeDelta;
use comitia_bus::Event;
use comitia_identity::app::email_codes::{Purpose, Whose};
use comitia_identity::app::participants::{self, Change, associations, own_sessions};
use comitia_identity::app::{email_codes, personal_data, retention, sessions};
use comitia_identity::consumers;
use comitia_identity::error::Error;
use comitia_platform::auth::{Caller, Role};
use comitia_platform::{ApiError, Reason};
use comitia_proto::events::v1::ParticipationChanged;
use comitia_proto::identity::v1::{
    Account, CompleteRegistrationRequest, Device, DeviceBrowser, DeviceKind, RegisterRequest, Session,
};

use crate::world::World;

pub const ADA: &str = "Ada@example.org";

impl World {
    /// Lets people register, under this version of the terms.
    pub async fn participation(&self, registration_open: bool, terms_version: i32, revision: i64) {
        let organization_id = self.organization.to_string();
        let time_zone = "Europe/Paris".into();
        let changed =
            ParticipationChanged { organization_id, registration_open, terms_version, revision, time_zone };
        let key = "spaces.organization.participation_changed";
        let subject = self.organization.to_string();
        let event = Event::new(&self.clock, key, Some(self.organization), subject, &changed);
        consumers::handle(self.app.clone(), event.clone()).await.unwrap();
        // Events arrive at least once.
        consumers::handle(self.app.clone(), event).await.unwrap();
    }

    /// Has a code for registering sent, and reads it.
    pub async fn code_for(&self, email: &str) -> String {
        let purpose = Purpose { register: true, language: "" };
        email_codes::request_for(&self.app, self.organization, None, email, purpose).await.unwrap();
        self.mailed_code().await
    }

    pub async fn register_with(&self, email: &str, code: &str, request_id: &str) -> Result<Session, Error> {
        let request = RegisterRequest {
            email: email.into(),
            code: code.into(),
            language: "fr".into(),
            device: Some(Device { kind: DeviceKind::Phone.into(), browser: DeviceBrowser::Firefox.into() }),
            request_id: request_id.into(),
        };
        participants::register(&self.app, self.organization, None, &request).await
    }

    /// Somebody who has registered, and not chosen a name yet.
    pub async fn newcomer(&self, email: &str) -> Caller {
        let code = self.code_for(email).await;
        let session = self.register_with(email, &code, "").await.unwrap();
        assert!(session.registration_pending);
        self.caller(&session).await.unwrap()
    }

    /// Somebody who may write under this name.
    pub async fn participant(&self, email: &str, name: &str) -> Caller {
        let caller = self.newcomer(email).await;
        let account = participants::complete(&self.app, self.organization, &caller, &complete(name)).await;
        assert!(account.unwrap().complete);
        caller
    }

    pub async fn account(&self, caller: &Caller) -> Result<Account, Error> {
        participants::get(&self.app, self.organization, caller).await
    }

    async fn accounts(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM identity.participants")
            .fetch_one(&mut *self.begin().await)
            .await
            .unwrap()
    }

    /// The routing keys of the events that wait to be published.
    pub async fn events(&self) -> Vec<String> {
        sqlx::query_scalar("SELECT routing_key FROM identity.outbox ORDER BY sequence")
            .fetch_all(&mut *self.begin().await)
            .await
            .unwrap()
    }
}

pub fn complete(name: &str) -> CompleteRegistrationRequest {
    CompleteRegistrationRequest {
        display_name: name.into(),
        accepted_terms_version: 1,
        fifteen_or_older: true,
        language: String::new(),
    }
}

pub fn reason<T: std::fmt::Debug>(result: Result<T, Error>) -> Reason {
    ApiError::from(result.unwrap_err()).reason
}

async fn open_world() -> World {
    let world = World::new().await;
    world.participation(true, 1, 1).await;
    world
}

#[tokio::test]
async fn somebody_registers_chooses_a_name_and_signs_in_again() {
    let world = open_world().await;
    let caller = world.newcomer(ADA).await;
    assert_eq!(caller.roles, [Role::Participant]);
    let account = world.account(&caller).await.unwrap();
    assert_eq!((account.email.as_str(), account.display_name.as_str()), (ADA, ""));
    assert_eq!((account.language.as_str(), account.complete), ("fr", false));
    let author = participants::author(&world.app, world.organization, &caller.subject, None).await.unwrap();
    assert!(author.has_account && !author.complete);

    let completed = participants::complete(
        &world.app,
        world.organization,
        &caller,
        &CompleteRegistrationRequest { language: "en".into(), ..complete("  Ada   Lovelace ") },
    )
    .await
    .unwrap();
    assert_eq!((completed.display_name.as_str(), completed.language.as_str()), ("Ada Lovelace", "en"));
    assert_eq!((completed.complete, completed.accepted_terms_version), (true, 1));
    let author = participants::author(&world.app, world.organization, &caller.subject, None).await.unwrap();
    assert_eq!((author.complete, author.display_name.as_str()), (true, "Ada Lovelace"));
    assert_eq!(world.events().await, ["identity.author.renamed"]);

    email_codes::request(&world.app, world.organization, None, "ada@EXAMPLE.org").await.unwrap();
    let code = world.mailed_code().await;
    let session =
        email_codes::sign_in(&world.app, world.organization, None, "ada@example.org", &code).await.unwrap();
    assert!(!session.registration_pending);
    assert_eq!(world.caller(&session).await.unwrap().subject, caller.subject, "the same author");
    let renewed = sessions::refresh(&world.app, world.organization, &session.refresh_token).await.unwrap();
    assert_eq!(world.caller(&renewed).await.unwrap().subject, caller.subject);
}

#[tokio::test]
async fn nobody_registers_where_it_is_closed() {
    let world = World::new().await;
    let purpose = Purpose { register: true, language: "" };
    let asked = email_codes::request_for(&world.app, world.organization, None, ADA, purpose).await;
    assert_eq!(reason(asked), Reason::RegistrationClosed);
    world.participation(true, 1, 3).await;
    let code = world.code_for(ADA).await;
    // An older event, which is late, changes nothing; a newer one does.
    world.participation(false, 1, 2).await;
    world.participation(false, 1, 4).await;
    assert_eq!(reason(world.register_with(ADA, &code, "").await), Reason::RegistrationClosed);
    assert_eq!(world.accounts().await, 0);
    world.participation(true, 1, 3).await;
    assert_eq!(reason(world.register_with(ADA, &code, "").await), Reason::RegistrationClosed);
}

#[tokio::test]
async fn a_registration_that_is_repeated_after_a_lost_answer_makes_one_account() {
    let world = open_world().await;
    let code = world.code_for(ADA).await;
    let request_id = comitia_core::id::random().to_string();
    // The answer to the first was lost, and the client cannot tell.
    let first = world.register_with(ADA, &code, &request_id).await.unwrap();
    let again = world.register_with(ADA, &code, &request_id).await.unwrap();
    let subject = |caller: Caller| caller.subject;
    let (one, two) = (world.caller(&first).await.unwrap(), world.caller(&again).await.unwrap());
    assert_eq!(subject(one), subject(two));
    assert_eq!(world.accounts().await, 1);

    // Another request has no use of the code, and signing in has none either.
    let other = comitia_core::id::random().to_string();
    assert_eq!(reason(world.register_with(ADA, &code, &other).await), Reason::CredentialsInvalid);
    assert_eq!(reason(world.register_with(ADA, &code, "").await), Reason::CredentialsInvalid);
    let signed_in = email_codes::sign_in(&world.app, world.organization, None, ADA, &code).await;
    assert_eq!(reason(signed_in), Reason::CredentialsInvalid);
    // When the code's time is over, the request is as good as none.
    world.clock.advance(TimeDelta::minutes(12));
    assert_eq!(reason(world.register_with(ADA, &code, &request_id).await), Reason::CredentialsInvalid);

    // Of two at once with one code, one is late.
    let second = world.code_for(ADA).await;
    let (left, right) = (world.replica(), world.app.clone());
    comitia_identity::app::keys::load(&left).await.unwrap();
    let request = |code: &str| RegisterRequest { email: ADA.into(), code: code.into(), ..Default::default() };
    let (a, b) = (request(&second), request(&second));
    let (a, b) = tokio::join!(
        participants::register(&left, world.organization, None, &a),
        participants::register(&right, world.organization, None, &b)
    );
    assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|good| **good).count(), 1, "a code is good once");
    assert_eq!(world.accounts().await, 1);
}

#[tokio::test]
async fn what_is_answered_is_the_same_for_known_and_unknown_addresses() {
    let world = open_world().await;
    world.participant(ADA, "Ada").await;
    let purpose = Purpose { register: true, language: "" };
    for email in [ADA, "nobody@example.org"] {
        email_codes::request_for(&world.app, world.organization, None, email, purpose).await.unwrap();
        assert_eq!(world.mailed_code().await.len(), 12);
        let wrong = world.register_with(email, "000000000000", "").await;
        assert_eq!(reason(wrong), Reason::CredentialsInvalid);
        // To sign in, too.
        let wrong = email_codes::sign_in(&world.app, world.organization, None, email, "000000000000").await;
        assert_eq!(reason(wrong), Reason::CredentialsInvalid);
    }
    // Without `register` an unknown address is kept a code for and gets no mail.
    email_codes::request(&world.app, world.organization, None, "other@example.org").await.unwrap();
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM identity.one_time_codes")
        .fetch_one(&mut *world.begin().await)
        .await
        .unwrap();
    assert_eq!(kept, 3);
}

#[tokio::test]
async fn who_reads_french_gets_a_french_mail() {
    let world = open_world().await;
    world.participant(ADA, "Ada").await;
    email_codes::request(&world.app, world.organization, None, ADA).await.unwrap();
    assert!(world.mail().await.contains("Votre code de connexion"));
}

#[tokio::test]
async fn names_terms_and_age_have_rules() {
    let world = open_world().await;
    let caller = world.newcomer(ADA).await;
    let send = async |request: CompleteRegistrationRequest| {
        let answer = participants::complete(&world.app, world.organization, &caller, &request).await;
        ApiError::from(answer.unwrap_err())
    };
    let fields = |error: &ApiError| -> Vec<String> {
        error.violations.iter().map(|violation| violation.field.clone()).collect()
    };
    let young = CompleteRegistrationRequest { fifteen_or_older: false, ..complete("a\u{202e}b") };
    assert_eq!(fields(&send(young).await), ["display_name", "fifteen_or_older"]);
    let none = CompleteRegistrationRequest { accepted_terms_version: 0, ..complete("Ada") };
    assert_eq!(send(none).await.reason, Reason::TermsChanged);
    assert!(!world.account(&caller).await.unwrap().complete);
    // Nobody chooses a name by the way.
    let change = Change { display_name: Some("Ada".into()), language: None };
    let early = participants::update(&world.app, world.organization, &caller, change).await;
    assert_eq!(reason(early), Reason::RegistrationIncomplete);

    // Two people may have one name.
    world.participant("other@example.org", "Ada").await;
    participants::complete(&world.app, world.organization, &caller, &complete("Ada")).await.unwrap();
    let change = Change { display_name: Some("Countess Ada".into()), language: Some("en".into()) };
    let changed = participants::update(&world.app, world.organization, &caller, change).await.unwrap();
    assert_eq!((changed.display_name.as_str(), changed.language.as_str()), ("Countess Ada", "en"));
    let change = Change { display_name: Some("x".into()), language: None };
    let refused = participants::update(&world.app, world.organization, &caller, change).await;
    assert_eq!(reason(refused), Reason::FieldInvalid);
}

#[tokio::test]
async fn changed_terms_are_asked_for_again() {
    let world = open_world().await;
    let caller = world.participant(ADA, "Ada").await;
    world.participation(true, 2, 2).await;
    let account = world.account(&caller).await.unwrap();
    assert_eq!((account.complete, account.terms_version, account.accepted_terms_version), (false, 2, 1));
    assert!(
        !participants::author(&world.app, world.organization, &caller.subject, None).await.unwrap().complete
    );
    let earlier = participants::accept(&world.app, world.organization, &caller, 1).await;
    assert_eq!(reason(earlier), Reason::TermsChanged);
    let accepted = participants::accept(&world.app, world.organization, &caller, 2).await.unwrap();
    assert!(accepted.complete);
    let data = personal_data::export_own(&world.app, world.organization, &caller).await.unwrap();
    let versions: Vec<_> = data.terms_acceptances.iter().map(|one| one.terms_version).collect();
    assert_eq!(versions, [1, 2]);
}

#[tokio::test]
async fn sessions_are_listed_by_days_and_ended_by_their_owner_alone() {
    let world = open_world().await;
    let caller = world.participant(ADA, "Ada").await;
    let other = world.participant("other@example.org", "Other").await;
    email_codes::request(&world.app, world.organization, None, ADA).await.unwrap();
    let code = world.mailed_code().await;
    let second = email_codes::sign_in_as(&world.app, world.organization, None, ADA, &code, Whose::default())
        .await
        .unwrap();
    let second = world.caller(&second).await.unwrap();
    let listed = own_sessions::list(&world.app, world.organization, &caller).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed[0].present && !listed[1].present);
    assert_eq!(listed[0].session_id, caller.session.to_string());
    assert_eq!(listed[0].device.unwrap().kind(), DeviceKind::Phone);
    for session in &listed {
        assert_eq!(session.start_time.unwrap().seconds % 86_400, 0, "a day, and no more");
    }
    let foreign = own_sessions::end(&world.app, world.organization, &other, second.session).await;
    assert_eq!(reason(foreign), Reason::ResourceNotFound);
    own_sessions::end(&world.app, world.organization, &caller, second.session).await.unwrap();
    own_sessions::end(&world.app, world.organization, &caller, second.session).await.unwrap();
    assert_eq!(own_sessions::list(&world.app, world.organization, &caller).await.unwrap().len(), 1);
    assert!(sessions::require_live(&world.app, &second).await.is_err());
    assert!(sessions::require_live(&world.app, &caller).await.is_ok());
}

#[tokio::test]
async fn everything_is_seen_and_erased() {
    let world = open_world().await;
    let caller = world.participant(ADA, "Ada").await;
    let data = personal_data::export_own(&world.app, world.organization, &caller).await.unwrap();
    let account = data.account.unwrap();
    assert_eq!((account.display_name.as_str(), data.email.as_str()), ("Ada", ADA));
    assert_eq!((data.sessions.len(), data.terms_acceptances.len()), (1, 1));
    assert!(data.age_declaration_time.is_some() && data.roll_entries.is_empty());

    personal_data::erase_own(&world.app, world.organization, &caller, false).await.unwrap();
    assert_eq!(world.events().await, ["identity.author.renamed", "identity.author.erased"]);
    for table in ["participants", "terms_acceptances", "sessions", "residences", "resident_cases"] {
        let left: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM identity.{table}")))
                .fetch_one(&mut *world.begin().await)
                .await
                .unwrap();
        assert_eq!(left, 0, "{table}");
    }
    assert_eq!(reason(world.account(&caller).await), Reason::AccountMissing);
    let gone = personal_data::erase_own(&world.app, world.organization, &caller, false).await;
    assert_eq!(reason(gone), Reason::SessionRevoked);
    // Who registers again is somebody else to everybody.
    let again = world.newcomer(ADA).await;
    assert_ne!(again.subject, caller.subject);
}

#[tokio::test]
async fn accounts_without_a_name_are_forgotten() {
    let world = open_world().await;
    world.newcomer("nameless@example.org").await;
    world.participant(ADA, "Ada").await;
    world.clock.advance(TimeDelta::days(30));
    retention::run(&world.app).await.unwrap();
    assert_eq!(world.accounts().await, 2);
    world.clock.advance(TimeDelta::days(1));
    retention::run(&world.app).await.unwrap();
    assert_eq!(world.accounts().await, 1);
}

#[tokio::test]
async fn nothing_of_a_person_can_be_read_in_the_tables() {
    let mut world = open_world().await;
    world.participant(ADA, "Ada Lovelace").await;
    let row: String = sqlx::query_scalar("SELECT p::text FROM identity.participants p")
        .fetch_one(&mut *world.begin().await)
        .await
        .unwrap();
    let as_hex = |text: &str| -> String { text.bytes().map(|byte| format!("{byte:02x}")).collect() };
    for secret in ["Lovelace", "example.org", &as_hex("Lovelace"), &as_hex(ADA)] {
        assert!(!row.contains(secret), "{row}");
    }
    // Another organization sees nothing of it.
    world.organization = comitia_core::id::new();
    assert_eq!(world.accounts().await, 0);
}

#[tokio::test]
async fn the_team_lets_people_write_for_an_association() {
    let world = open_world().await;
    let (app, organization) = (&world.app, world.organization);
    let association = associations::create(app, organization, " Friends of the park ").await.unwrap();
    assert_eq!(association.display_name, "Friends of the park");
    let twice = associations::create(app, organization, "Friends of the park").await;
    assert_eq!(reason(twice), Reason::ResourceAlreadyExists);
    assert_eq!(reason(associations::create(app, organization, "a@b").await), Reason::FieldInvalid);
    let id: uuid::Uuid = association.association_id.parse().unwrap();

    // Before there is an account, and once more: the answer is the same.
    associations::add_member(app, organization, id, ADA).await.unwrap();
    associations::add_member(app, organization, id, "ada@EXAMPLE.org").await.unwrap();
    assert_eq!(associations::members(app, organization, id).await.unwrap().len(), 1);
    let ada = world.participant(ADA, "Ada").await;
    let eve = world.participant("eve@example.org", "Eve").await;
    let ask = async |caller: &Caller| {
        participants::author(app, organization, &caller.subject, Some(id)).await.unwrap()
    };
    let found = ask(&ada).await;
    assert_eq!((found.writes_for_association, found.display_name.as_str()), (true, "Friends of the park"));
    assert!(!ask(&eve).await.writes_for_association);
    assert_eq!(world.account(&ada).await.unwrap().associations.len(), 1);

    let renamed = associations::rename(app, organization, id, "Friends of all parks").await.unwrap();
    assert_eq!(renamed.display_name, "Friends of all parks");
    assert_eq!(associations::list(app, organization, 0, "").await.unwrap().associations, [renamed]);
    let data = personal_data::export_own(app, organization, &ada).await.unwrap();
    assert_eq!(data.associations, ["Friends of all parks"]);
    personal_data::erase_own(app, organization, &ada, false).await.unwrap();
    assert!(associations::members(app, organization, id).await.unwrap().is_empty());

    associations::add_member(app, organization, id, "eve@example.org").await.unwrap();
    let member = associations::members(app, organization, id).await.unwrap().pop().unwrap();
    assert_eq!(member.email, "eve@example.org");
    let member = member.association_member_id.parse().unwrap();
    associations::remove_member(app, organization, id, member).await.unwrap();
    let again = associations::remove_member(app, organization, id, member).await;
    assert_eq!(reason(again), Reason::ResourceNotFound);
    associations::delete(app, organization, id).await.unwrap();
    assert_eq!(reason(associations::delete(app, organization, id).await), Reason::ResourceNotFound);
}
