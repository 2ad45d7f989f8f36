//! What ends a session is on the list of revoked sessions, in the order of commits.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use comitia_core::Clock;
use comitia_identity::app::{personal_data, replacements, retention, revocations, sessions, staff};
use comitia_identity::store;
use comitia_platform::auth::{Caller, Role};
use comitia_proto::identity::v1::{
    ApproveAccessCodeReplacementRequest, CreateStaffMemberRequest, ReplaceAccessCodeRequest, Session,
};
use uuid::Uuid;

use crate::world::World;

async fn listed(world: &World, since: u64) -> (BTreeSet<Uuid>, u64) {
    let batch = revocations::read(&world.app, &world.app.pool, since).await.unwrap();
    (batch.revoked.into_iter().map(|revoked| revoked.session).collect(), batch.watermark)
}

/// The session of an access token, whether it was revoked or not.
fn session_of(session: &Session) -> Uuid {
    session.refresh_token.split('.').next().unwrap().parse().unwrap()
}

/// Replaces an access code, which takes two officers.
async fn replace_access_code(world: &World, roll: Uuid, number: &str, [asking, approving]: [&Caller; 2]) {
    let request = ReplaceAccessCodeRequest {
        roll_id: roll.to_string(),
        member_number: number.into(),
        request_id: String::new(),
    };
    let asked = replacements::request(&world.app, world.organization, asking, roll, &request).await.unwrap();
    let replacement_id = asked.replacement.unwrap().replacement_id;
    let id = replacement_id.parse().unwrap();
    let request = ApproveAccessCodeReplacementRequest { replacement_id, request_id: String::new() };
    replacements::approve(&world.app, world.organization, approving, id, &request).await.unwrap();
}

/// A session of a member, and one of a staff member in the same way that signing in opens it.
async fn employee(world: &World, email: &str) -> (Uuid, Uuid) {
    let request = CreateStaffMemberRequest {
        email: email.into(),
        display_name: "Grace Hopper".into(),
        ..Default::default()
    };
    let roles = [Role::Administrator];
    let created =
        staff::create(&world.app, world.organization, &world.operator(), &request, &roles).await.unwrap();
    let id: Uuid = created.staff_member.unwrap().staff_member_id.parse().unwrap();
    let session_id = comitia_core::id::new();
    let now = world.clock.now();
    let new = store::sessions::NewSession {
        session_id,
        organization_id: world.organization,
        refresh_sha256: None,
        create_time: now,
        expire_time: now + TimeDelta::hours(12),
    };
    let mut transaction = world.begin().await;
    store::sessions::open(&mut transaction, &new, None, Some(id)).await.unwrap();
    transaction.commit().await.unwrap();
    (id, session_id)
}

#[tokio::test]
async fn everything_that_ends_a_session_is_listed() {
    let world = World::at(Clock::manual(Clock::system().now())).await;
    let roll = world.roll().await;
    world.import(roll, "member_number\n1\n2\n3\n4\n", false).await.unwrap();
    let codes = world.codes(roll).await;
    let mut opened = Vec::new();
    for (number, code) in &codes {
        opened.push(world.sign_in(number, code).await.unwrap());
    }
    let ids: Vec<Uuid> = opened.iter().map(session_of).collect();
    let (ada, of_ada) = employee(&world, "ada@example.org").await;
    let (ben, of_ben) = employee(&world, "ben@example.org").await;
    employee(&world, "eve@example.org").await;
    let (_, asking) = world.administrator("ask@example.org").await;
    let (_, approving) = world.administrator("approve@example.org").await;
    let (nobody, mut watermark) = listed(&world, 0).await;
    assert_eq!(nobody, BTreeSet::new());

    // The watermark is the whole server's: while anything else runs there, what is known is listed again.
    let mut known = BTreeSet::new();
    let mut next = async |what: &str, session: Option<Uuid>| {
        let (mut new, above) = listed(&world, watermark).await;
        new.retain(|session| !known.contains(session));
        assert_eq!(new, session.into_iter().collect(), "{what}");
        known.append(&mut new);
        watermark = above;
    };
    let caller = world.caller(&opened[0]).await.unwrap();
    sessions::revoke(&world.app, &caller).await.unwrap();
    next("signing out", Some(ids[0])).await;
    personal_data::erase(&world.app, world.organization, &world.operator(), roll, "2").await.unwrap();
    next("erasing a member", Some(ids[1])).await;
    replace_access_code(&world, roll, "3", [&asking, &approving]).await;
    next("another access code", Some(ids[2])).await;
    staff::set_roles(&world.app, world.organization, ada, &[Role::Auditor]).await.unwrap();
    next("other roles", Some(of_ada)).await;
    staff::delete(&world.app, world.organization, ben).await.unwrap();
    next("removing a staff member", Some(of_ben)).await;
    let admin = world.database.admin_pool().unwrap();
    sqlx::query("UPDATE identity.sessions SET revoke_time = now() WHERE session_id = $1")
        .bind(ids[3])
        .execute(&admin)
        .await
        .unwrap();
    next("a statement by hand", Some(ids[3])).await;
    // What is revoked already is not revoked again when its row goes.
    staff::delete(&world.app, world.organization, ada).await.unwrap();
    next("removing whose sessions had ended", None).await;

    // This process refuses them once it has read the list.
    world.caller(&opened[3]).await.unwrap();
    revocations::load(&world.app).await.unwrap();
    assert_eq!(world.caller(&opened[3]).await.unwrap_err().reason_name(), "SESSION_REVOKED");
}

#[tokio::test]
async fn a_transaction_that_commits_late_is_not_missed() {
    let world = World::new().await;
    let (_, slow) = employee(&world, "ada@example.org").await;
    let (_, fast) = employee(&world, "ben@example.org").await;
    let now = world.clock.now();
    let mut late = world.begin().await;
    store::sessions::revoke(&mut late, slow, now).await.unwrap();
    let mut early = world.begin().await;
    store::sessions::revoke(&mut early, fast, now).await.unwrap();
    early.commit().await.unwrap();

    let (seen, watermark) = listed(&world, 0).await;
    assert_eq!(seen, BTreeSet::from([fast]));
    late.commit().await.unwrap();
    let (seen, mut above) = listed(&world, watermark).await;
    assert_eq!(seen, BTreeSet::from([slow, fast]));
    // Other tests' transactions on the same server hold the watermark back for a moment.
    comitia_testkit::wait_until(
        "the watermark passes them",
        std::time::Duration::from_secs(20),
        async || {
            let (again, further) = listed(&world, above).await;
            above = further;
            again.is_empty()
        },
    )
    .await;
    assert!(above > watermark);
}

#[tokio::test]
async fn sessions_that_ended_by_themselves_and_old_revocations_are_forgotten() {
    let world = World::at(Clock::manual(Clock::system().now() - TimeDelta::days(60))).await;
    let (_, session) = employee(&world, "ada@example.org").await;
    let mut transaction = world.begin().await;
    store::sessions::delete_ended(&mut transaction, Clock::system().now()).await.unwrap();
    transaction.commit().await.unwrap();
    let mut transaction = world.begin().await;
    let live = store::sessions::is_live(&mut transaction, session, world.clock.now()).await.unwrap();
    drop(transaction);
    assert_eq!((live, listed(&world, 0).await.0), (false, BTreeSet::new()));

    let (_, session) = employee(&world, "ben@example.org").await;
    let mut transaction = world.begin().await;
    store::sessions::revoke(&mut transaction, session, world.clock.now()).await.unwrap();
    transaction.commit().await.unwrap();
    retention::run(&world.app).await.unwrap();
    assert_eq!(listed(&world, 0).await.0, BTreeSet::from([session]));
    let admin = world.database.admin_pool().unwrap();
    sqlx::query("UPDATE identity.revocations SET revoke_time = now() - interval '66 minutes'")
        .execute(&admin)
        .await
        .unwrap();
    assert_eq!(listed(&world, 0).await.0, BTreeSet::new());
    retention::run(&world.app).await.unwrap();
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM identity.revocations").fetch_one(&admin).await.unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn new_roles_find_the_session_that_is_being_opened_with_the_old_ones() {
    let world = World::new().await;
    let (ada, _) = employee(&world, "ada@example.org").await;
    employee(&world, "eve@example.org").await;
    let lookup = world.app.lookup.email(world.organization, "ada@example.org");
    let now = world.clock.now();

    // A sign-in has read the roles and has not opened its session yet.
    let mut opening = world.begin().await;
    let read = store::staff::lock_by_email(&mut opening, &lookup).await.unwrap().unwrap();
    assert_eq!(read.roles, ["ADMINISTRATOR"]);
    let (app, organization) = (world.app.clone(), world.organization);
    let demotion = comitia_core::task::spawn("demotion", async move {
        staff::set_roles(&app, organization, ada, &[Role::Auditor]).await
    });
    let admin = world.database.admin_pool().unwrap();
    comitia_testkit::wait_until("the demotion waits", std::time::Duration::from_secs(20), async || {
        let waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                           AND wait_event_type = 'Lock')";
        sqlx::query_scalar(waiting).fetch_one(&admin).await.unwrap()
    })
    .await;
    let session_id = comitia_core::id::new();
    let new = store::sessions::NewSession {
        session_id,
        organization_id: world.organization,
        refresh_sha256: None,
        create_time: now,
        expire_time: now + TimeDelta::hours(12),
    };
    store::sessions::open(&mut opening, &new, None, Some(ada)).await.unwrap();
    opening.commit().await.unwrap();
    demotion.await.unwrap().unwrap();
    assert!(listed(&world, 0).await.0.contains(&session_id));
}
