//! The use cases, one by one.

use chrono::TimeDelta;
use comitia_bus::Event;
use comitia_identity::app::{
    email_codes, permits, personal_data, replacements, retention, rolls, sessions, staff,
};
use comitia_identity::consumers;
use comitia_identity::error::Error;
use comitia_platform::ApiError;
use comitia_platform::auth::Role;
use comitia_proto::events::v1::PollClosed;
use comitia_proto::identity::v1::{ApproveAccessCodeReplacementRequest, CreateStaffMemberRequest};

use crate::world::{SERVICE_KEY, World};

#[tokio::test]
async fn a_member_votes_with_the_code_of_the_letter() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number,district\n1,north\n2,south\n", false).await.unwrap();
    let codes = world.codes(roll).await;
    assert_eq!(codes.len(), 2);
    assert_eq!(world.codes(roll).await, []);

    let first = world.sign_in(" 1 ", &codes[0].1.to_lowercase()).await.unwrap();
    assert_eq!(first.roles, [Role::Participant as i32]);
    let second = world.sign_in("2", &codes[1].1).await.unwrap();
    let (poll, other) = (world.poll(roll, &[], 0).await, world.poll(roll, &[], 0).await);
    let nullifier = world.nullifier(&first, poll).await.unwrap();
    assert_eq!(world.nullifier(&first, poll).await.unwrap(), nullifier, "asked again");
    let again = world.sign_in("1", &codes[0].1).await.unwrap();
    assert_eq!(world.nullifier(&again, poll).await.unwrap(), nullifier, "another session of the same person");
    assert_ne!(world.nullifier(&second, poll).await.unwrap(), nullifier, "another person");
    assert_ne!(world.nullifier(&first, other).await.unwrap(), nullifier, "another poll");
}

#[tokio::test]
async fn who_is_erased_and_imported_again_is_the_same_voter() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n", false).await.unwrap();
    let poll = world.poll(roll, &[], 0).await;
    let session = world.sign_in("1", &world.codes(roll).await[0].1).await.unwrap();
    let nullifier = world.nullifier(&session, poll).await.unwrap();

    personal_data::erase(&world.app, world.organization, &world.operator(), roll, "1").await.unwrap();
    let gone = world.nullifier(&session, poll).await;
    assert!(matches!(gone, Err(Error::SessionRevoked)), "{gone:?}");
    world.import(roll, "member_number\n1\n", false).await.unwrap();
    // Two people give the new code.
    assert_eq!(world.codes(roll).await, []);
    let waiting = replacements::list(&world.app, world.organization, 0, "").await.unwrap().replacements;
    assert_eq!((waiting.len(), waiting[0].member_number.as_str()), (1, "1"));
    let (_, ada) = world.administrator("ada@example.org").await;
    let approve = ApproveAccessCodeReplacementRequest::default();
    let id = waiting[0].replacement_id.parse().unwrap();
    let early = replacements::approve(&world.app, world.organization, &ada, id, &approve).await;
    assert!(early.is_ok(), "{early:?}");
    let code = early.unwrap().access_code.unwrap().access_code;
    let session = world.sign_in("1", &code).await.unwrap();
    assert_eq!(world.nullifier(&session, poll).await.unwrap(), nullifier);
}

#[tokio::test]
async fn an_import_is_all_or_nothing_unless_partial() {
    let world = World::new().await;
    let roll = world.roll().await;
    let csv = "member_number,birth_date,email\n1,1990-01-01,a@example.org\n2,1990-13-01,\n1,,\n";
    let refused = world.import(roll, csv, false).await;
    let Err(Error::Csv(bad, _)) = refused else { panic!("{refused:?}") };
    assert_eq!(
        bad.iter().map(|bad| (bad.line, bad.column)).collect::<Vec<_>>(),
        [(3, "birth_date"), (4, "member_number")]
    );
    let answer = ApiError::from(Error::Csv(bad, 2));
    assert_eq!(answer.violations[0].field, "csv line 3, column birth_date");
    assert_eq!(rolls::get(&world.app, world.organization, roll).await.unwrap().member_count, 0);

    let partial = world.import(roll, csv, true).await.unwrap();
    assert_eq!((partial.imported_count, partial.bad_lines.len()), (1, 2));
    let again = world.import(roll, "member_number\n1\n", false).await;
    assert!(matches!(again, Err(Error::Csv(..))), "{again:?}");

    let data = personal_data::export(&world.app, world.organization, roll, "1").await.unwrap();
    assert_eq!((data.birth_date.as_str(), data.email.as_str()), ("1990-01-01", "a@example.org"));
}

#[tokio::test]
async fn eligibility_is_checked_when_the_permit_is_issued() {
    let world = World::new().await;
    let roll = world.roll().await;
    world
        .import(
            roll,
            "member_number,district,birth_date\n1,north,2010-05-31\n2,south,1990-01-01\n3,north,\n",
            false,
        )
        .await
        .unwrap();
    let codes = world.codes(roll).await;
    let poll = world.poll(roll, &["north"], 16).await;
    let mut outcomes = Vec::new();
    for (number, code) in &codes {
        let session = world.sign_in(number, code).await.unwrap();
        outcomes.push(world.nullifier(&session, poll).await.is_ok());
    }
    assert_eq!(outcomes, [true, false, false]);

    let officer = world.officer();
    let numbers = ["1", "2", "9"].map(str::to_owned);
    let permits =
        permits::issue_paper(&world.app, world.organization, &officer, poll, &numbers).await.unwrap();
    assert!(permits[0].refusal.is_empty() && !permits[0].permit.is_empty());
    assert!(!permits[1].refusal.is_empty() && permits[1].permit.is_empty());
    assert!(!permits[2].refusal.is_empty());
    let claims = comitia_identity::verifier(&world.app).permit(&permits[0].permit).await.unwrap();
    assert!(claims.paper);
    let session = world.sign_in("1", &codes[0].1).await.unwrap();
    assert_eq!(
        world.nullifier(&session, poll).await.unwrap(),
        claims.nul,
        "paper and online share nullifiers"
    );

    let other =
        permits::issue(&world.app, comitia_core::id::new(), &world.caller(&session).await.unwrap(), poll)
            .await
            .err();
    assert!(matches!(other, Some(Error::PollUnknown)), "{other:?}");
}

#[tokio::test]
async fn a_closed_poll_issues_no_permits_and_its_key_is_destroyed_in_time() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n", false).await.unwrap();
    let poll = world.poll(roll, &[], 0).await;
    let session = world.sign_in("1", &world.codes(roll).await[0].1).await.unwrap();
    world.nullifier(&session, poll).await.unwrap();
    let closed = PollClosed { poll_id: poll.to_string() };
    let event =
        Event::new(&world.clock, "voting.poll.closed", Some(world.organization), poll.to_string(), &closed);
    consumers::poll(world.app.clone(), event).await.unwrap();
    assert!(matches!(world.nullifier(&session, poll).await, Err(Error::PollClosed)));

    world.clock.advance(TimeDelta::days(91));
    retention::run(&world.app).await.unwrap();
    world.app.polls.invalidate_all();
    let caller = world.officer();
    let late =
        permits::issue_paper(&world.app, world.organization, &caller, poll, &["1".to_owned()]).await.err();
    assert!(matches!(late, Some(Error::PollClosed)), "{late:?}");
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_its_second_use_ends_the_session() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n", false).await.unwrap();
    let code = world.codes(roll).await[0].1.clone();
    let session = world.sign_in("1", &code).await.unwrap();
    world.clock.advance(TimeDelta::minutes(11));
    let expired = world.caller(&session).await.unwrap_err();
    assert_eq!(expired.reason_name(), "SESSION_EXPIRED");

    let refreshed = sessions::refresh(&world.app, world.organization, &session.refresh_token).await.unwrap();
    let caller = world.caller(&refreshed).await.unwrap();

    // Who knows a session's id, and has seen tokens of another one, ends nothing.
    let other = world.sign_in("1", &code).await.unwrap();
    let (_, secret) = other.refresh_token.split_once('.').unwrap();
    for guess in ["x", secret] {
        let guess = format!("{}.{guess}", caller.session.simple());
        let guessed = sessions::refresh(&world.app, world.organization, &guess).await;
        assert!(matches!(guessed, Err(Error::CredentialsInvalid)), "{guessed:?}");
    }
    sessions::require_live(&world.app, &caller).await.unwrap();

    let reused = sessions::refresh(&world.app, world.organization, &session.refresh_token).await;
    assert!(matches!(reused, Err(Error::SessionRevoked)), "{reused:?}");
    let after = sessions::refresh(&world.app, world.organization, &refreshed.refresh_token).await;
    assert!(matches!(after, Err(Error::CredentialsInvalid)), "{after:?}");
    let poll = world.poll(roll, &[], 0).await;
    assert!(matches!(world.nullifier(&refreshed, poll).await, Err(Error::SessionRevoked)));
}

#[tokio::test]
async fn staff_sign_in_by_one_time_code_and_the_last_administrator_stays() {
    let world = World::new().await;
    let request = CreateStaffMemberRequest {
        email: "Ada@Example.org".into(),
        display_name: "Ada".into(),
        roles: vec![Role::Administrator as i32],
        request_id: String::new(),
    };
    let roles = [Role::Administrator];
    let ada =
        staff::create(&world.app, world.organization, &world.operator(), &request, &roles).await.unwrap();
    let ada = ada.staff_member.unwrap();
    let twice = staff::create(&world.app, world.organization, &world.operator(), &request, &roles).await;
    assert!(matches!(twice, Err(Error::StaffExists)), "{twice:?}");

    for email in ["ada@example.org", "nobody@example.org"] {
        email_codes::request(&world.app, world.organization, None, email).await.unwrap();
    }
    let code = world.mailed_code().await;
    let sign_in = async |code: &str| {
        email_codes::sign_in(&world.app, world.organization, None, "ada@example.org", code).await
    };
    assert!(matches!(sign_in("00000000").await, Err(Error::CredentialsInvalid)));
    let session = sign_in(&code).await.unwrap();
    assert!(world.caller(&session).await.unwrap().has(Role::Administrator));
    assert!(matches!(sign_in(&code).await, Err(Error::CredentialsInvalid)), "a code is good once");

    let id = ada.staff_member_id.parse().unwrap();
    let demoted = staff::set_roles(&world.app, world.organization, id, &[Role::Auditor]).await;
    assert!(matches!(demoted, Err(Error::LastAdministrator)), "{demoted:?}");
    let deleted = staff::delete(&world.app, world.organization, id).await;
    assert!(matches!(deleted, Err(Error::LastAdministrator)), "{deleted:?}");
}

#[tokio::test]
async fn who_is_removed_and_added_again_is_the_same_person() {
    let world = World::new().await;
    let add = async |email: &str| {
        let request = CreateStaffMemberRequest {
            email: email.into(),
            display_name: "Somebody".into(),
            roles: vec![Role::BudgetOfficer as i32],
            request_id: String::new(),
        };
        let roles = [Role::BudgetOfficer];
        let added =
            staff::create(&world.app, world.organization, &world.operator(), &request, &roles).await.unwrap();
        added.staff_member.unwrap().staff_member_id
    };
    let first = add("Grace@Example.org").await;
    staff::delete(&world.app, world.organization, first.parse().unwrap()).await.unwrap();
    assert_eq!(add(" grace@example.org ").await, first, "two officers are two people");
    assert_ne!(add("ada@example.org").await, first);
}

#[tokio::test]
async fn paper_permits_end_with_the_time_for_paper() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n", false).await.unwrap();
    let poll = world.poll(roll, &[], 0).await;
    let officer = world.officer();
    let issue = async || {
        permits::issue_paper(&world.app, world.organization, &officer, poll, &["1".to_owned()]).await
    };
    // The poll closes in seven days, and paper is entered for two more.
    world.clock.advance(TimeDelta::days(9) - TimeDelta::minutes(1));
    let permit = issue().await.unwrap().remove(0).permit;
    let claims = comitia_identity::verifier(&world.app).permit(&permit).await.unwrap();
    assert_eq!(claims.exp, (world.clock.now() + TimeDelta::minutes(1)).timestamp());
    world.clock.advance(TimeDelta::minutes(1));
    assert!(matches!(issue().await, Err(Error::PaperDeadlinePassed)));
}

#[tokio::test]
async fn tenants_do_not_see_each_other() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n", false).await.unwrap();
    let code = world.codes(roll).await[0].1.clone();
    let stranger = comitia_core::id::new();
    assert!(matches!(rolls::get(&world.app, stranger, roll).await, Err(Error::RollUnknown)));
    let signed_in = sessions::sign_in_with_access_code(&world.app, stranger, None, "1", &code).await;
    assert!(matches!(signed_in, Err(Error::CredentialsInvalid)));
    let erased = personal_data::erase(&world.app, stranger, &world.operator(), roll, "1").await;
    assert!(matches!(erased, Err(Error::MemberUnknown)));
    world.sign_in("1", &code).await.unwrap();
}

#[tokio::test]
async fn only_the_operator_key_signs_the_operator_in() {
    let world = World::new().await;
    let wrong = sessions::sign_in_operator(&world.app, None, None, "guess").await;
    assert!(matches!(wrong, Err(Error::CredentialsInvalid)));
    let session = sessions::sign_in_operator(&world.app, None, None, "operator").await.unwrap();
    let caller = world.caller(&session).await.unwrap();
    assert_eq!((caller.roles, caller.organization), (vec![Role::Operator], None));
    assert!(sessions::sign_in_service(&world.app, "budgets", SERVICE_KEY).is_ok());
    assert!(sessions::sign_in_service(&world.app, "budgets", "guess").is_err());
    // A key is one service's; identity has none.
    for other in ["stranger", "voting", "gateway", "identity", ""] {
        assert!(sessions::sign_in_service(&world.app, other, SERVICE_KEY).is_err(), "{other}");
    }
}
