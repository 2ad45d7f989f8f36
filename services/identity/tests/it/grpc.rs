//! identity as it is served: gRPC, sessions and their end, tenants, what is at rest.

use std::time::Duration;

use chrono::TimeDelta;
use comitia_platform::auth::Role;
use comitia_platform::database::{self, Tenant};
use comitia_proto::identity::v1::key_service_client::KeyServiceClient;
use comitia_proto::identity::v1::*;

use crate::served::{SERVICE, Served, refused};

#[tokio::test(flavor = "multi_thread")]
async fn a_permit_is_issued_while_the_poll_is_open_and_verified_from_the_key_set() {
    let world = Served::new().await;
    let roll = world.roll("member_number,district\n1,north\n").await;
    let session = world.sign_in(&roll, "1").await;
    let unknown = IssuePermitRequest { poll_id: comitia_core::id::new().to_string() };
    let unknown = refused(world.permits().issue_permit(world.to(&session.access_token, unknown)).await);
    assert_eq!(
        (unknown.reason_name(), unknown.retry_after),
        ("RESOURCE_NOT_FOUND", Some(Duration::from_secs(1)))
    );

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
    let world = Served::new().await;
    let ada = world.employee("ada@example.org", Role::Administrator).await;
    world.employee("bob@example.org", Role::Administrator).await;
    world.email_code("ada@example.org").await.unwrap();
    let session = world.with_code("ADA@example.org", &world.mailed_code().await).await.unwrap();
    let list =
        async |token: &str| world.rolls().list_rolls(world.to(token, ListRollsRequest::default())).await;
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
    let export =
        async || world.rolls().export_own_data(world.to(&participant, ExportOwnDataRequest {})).await;
    assert_eq!(export().await.unwrap().into_inner().personal_data.unwrap().member_number, "1");
    for token in [&participant, &world.staff] {
        world.sessions().revoke_session(world.to(token, RevokeSessionRequest {})).await.unwrap();
    }
    assert_eq!(refused(export().await).reason_name(), "SESSION_REVOKED");
    assert_eq!(refused(list(&world.staff).await).reason_name(), "SESSION_REVOKED");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_at_rest_tells_who_a_person_is() {
    let world = Served::new().await;
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
        let rows: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&world.admin).await.unwrap();
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
    let world = Served::new().await;
    let roll = world.roll("member_number\n1\n").await;
    world.sign_in(&roll, "1").await;
    let count = async |tenant: Option<Tenant>| -> i64 {
        let sql = "SELECT (SELECT count(*) FROM identity.rolls) + (SELECT count(*) FROM identity.members)
                       + (SELECT count(*) FROM identity.sessions)";
        let sql = sqlx::query_scalar(sql);
        let Some(tenant) = tenant else { return sql.fetch_one(&world.pool).await.unwrap() };
        let mut transaction = database::begin(&world.pool, tenant).await.unwrap();
        sql.fetch_one(&mut *transaction).await.unwrap()
    };
    assert_eq!(count(Some(Tenant::Organization(world.organization))).await, 5);
    assert_eq!(count(Some(Tenant::Organization(comitia_core::id::new()))).await, 0);
    assert_eq!(count(None).await, 0);
    let mut foreign =
        database::begin(&world.pool, Tenant::Organization(comitia_core::id::new())).await.unwrap();
    let insert = sqlx::query("INSERT INTO identity.rolls VALUES (gen_random_uuid(), $1, 'x', now())")
        .bind(world.organization)
        .execute(&mut *foreign)
        .await;
    assert!(insert.is_err(), "a row was written for another organization");

    let get = GetRollRequest { roll_id: roll };
    let mismatch = world.to_organization(comitia_core::id::new(), &world.staff, get.clone());
    assert_eq!(refused(world.rolls().get_roll(mismatch).await).reason_name(), "ORGANIZATION_MISMATCH");
    let message = SignInServiceRequest { service: "budgets".into(), service_key: SERVICE.into() };
    let service =
        world.sessions().sign_in_service(message).await.unwrap().into_inner().session.unwrap().access_token;
    world.rolls().get_roll(world.to(&service, get.clone())).await.unwrap();
    let stranger = world.to_organization(comitia_core::id::new(), &service, get);
    assert_eq!(refused(world.rolls().get_roll(stranger).await).reason_name(), "RESOURCE_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_time_codes_are_limited_and_tell_nothing() {
    let world = Served::new().await;
    world.roll("member_number,email\n1,ada@example.org\n2,bob@example.org\n").await;
    for email in ["nobody@example.org", "stranger@example.org", "ada@example.org"] {
        world.email_code(email).await.unwrap();
    }
    world.mailed_code().await;
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM identity.one_time_codes")
        .fetch_one(&world.admin)
        .await
        .unwrap();
    assert_eq!(kept, 3, "the same work for all addresses");

    world.email_code("ada@example.org").await.unwrap();
    let code = world.mailed_code().await;
    world.clock.advance(TimeDelta::minutes(11));
    assert_eq!(
        world.with_code("ada@example.org", &code).await.unwrap_err().reason_name(),
        "CREDENTIALS_INVALID"
    );
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
