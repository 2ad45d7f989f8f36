//! Registers that are corrected and loaded again, addresses that several people have.

use chrono::TimeDelta;
use comitia_identity::app::changes::{self, Correction};
use comitia_identity::app::email_codes::{self, Whose};
use comitia_identity::app::{exports, personal_data, reload, replacements, retention, rolls};
use comitia_identity::error::Error;
use comitia_platform::ApiError;
use comitia_platform::auth::Role;
use comitia_proto::identity::v1::{
    ApproveAccessCodeReplacementRequest, MemberChangeKind, ReloadMembersRequest, ReloadMembersResponse,
    ReplaceAccessCodeRequest, RollChange, RollChangeKind, Session, UpdateMemberResponse,
};
use uuid::Uuid;

use crate::world::World;

const FAMILY: &str = "family@example.org";

async fn ask(world: &World, email: &str) -> String {
    email_codes::request(&world.app, world.organization, None, email).await.unwrap();
    world.mailed_code().await
}

async fn sign_in(world: &World, email: &str, code: &str, whose: Whose<'_>) -> Result<Session, Error> {
    email_codes::sign_in_as(&world.app, world.organization, Some("192.0.2.1"), email, code, whose).await
}

fn member(member_number: &str) -> Whose<'_> {
    Whose { member_number, ..Whose::default() }
}

async fn number_of(world: &World, session: &Session) -> String {
    let caller = world.caller(session).await.unwrap();
    personal_data::export_own(&world.app, world.organization, &caller).await.unwrap().member_number
}

#[tokio::test]
async fn a_shared_address_signs_in_who_is_meant() {
    let world = World::new().await;
    let roll = world.roll().await;
    let csv = "member_number,email\n1,family@example.org\n2,Family@example.org\n3,other@example.org\n";
    let imported = world.import(roll, csv, false).await.unwrap();
    let noticed: Vec<_> = imported.notices.iter().map(|one| (one.line, one.column.as_str())).collect();
    assert_eq!((imported.imported_count, noticed), (3, vec![(2, "email"), (3, "email")]));
    let more = world.import(roll, "member_number,email\n4,family@example.org\n", false).await.unwrap();
    assert_eq!((more.notice_count, more.notices[0].line), (1, 2));

    email_codes::request(&world.app, world.organization, None, FAMILY).await.unwrap();
    let mail = world.mail().await;
    assert!(mail.contains("give your member number"), "{mail}");
    let code = mail.split_once("sign in: ").unwrap().1[..12].to_owned();
    // Who has no good code learns nothing.
    let guess = sign_in(&world, FAMILY, "000000000000", Whose::default()).await;
    assert!(matches!(guess, Err(Error::CredentialsInvalid)), "{guess:?}");
    let stranger = sign_in(&world, FAMILY, &code, member("3")).await;
    assert!(matches!(stranger, Err(Error::CredentialsInvalid)), "another address's member: {stranger:?}");
    let whose = sign_in(&world, FAMILY, &code, Whose::default()).await.unwrap_err();
    let whose = ApiError::from(whose);
    assert_eq!(
        (whose.reason_name(), whose.violations[0].field.as_str()),
        ("MEMBER_NUMBER_REQUIRED", "member_number")
    );
    let session = sign_in(&world, FAMILY, &code, member(" ２ ")).await.unwrap();
    assert_eq!(number_of(&world, &session).await, "2");
    let used = sign_in(&world, FAMILY, &code, member("1")).await;
    assert!(matches!(used, Err(Error::CredentialsInvalid)), "a code is good once: {used:?}");

    let code = ask(&world, "other@example.org").await;
    let session = sign_in(&world, "other@example.org", &code, Whose::default()).await.unwrap();
    assert_eq!(number_of(&world, &session).await, "3", "an address of one needs no number");
}

#[tokio::test]
async fn staff_who_are_voters_sign_in_as_either() {
    let world = World::new().await;
    let roll = world.roll().await;
    let code = {
        world.administrator("ada@example.org").await;
        world.import(roll, "member_number,email\n1,ada@example.org\n", false).await.unwrap();
        ask(&world, "ada@example.org").await
    };
    let staff = sign_in(&world, "ada@example.org", &code, Whose::default()).await.unwrap();
    assert_eq!(staff.roles, [Role::Administrator as i32]);
    for whose in [Whose { as_member: true, ..Whose::default() }, member("1")] {
        world.clock.advance(TimeDelta::hours(1));
        let code = ask(&world, "ada@example.org").await;
        let voter = sign_in(&world, "ada@example.org", &code, whose).await.unwrap();
        assert_eq!(
            (voter.roles.clone(), number_of(&world, &voter).await),
            (vec![Role::Participant as i32], "1".into())
        );
    }
}

#[tokio::test]
async fn a_member_of_two_rolls_says_which() {
    let world = World::new().await;
    let (old, new) = (world.roll().await, world.roll().await);
    world.import(old, "member_number,email\nA1,family@example.org\n", false).await.unwrap();
    world.import(new, "member_number,email\nB1,family@example.org\n", false).await.unwrap();
    for (typed, number) in [("", "B1"), ("a1", "A1"), ("b1", "B1")] {
        let code = ask(&world, FAMILY).await;
        let session = sign_in(&world, FAMILY, &code, member(typed)).await.unwrap();
        assert_eq!(number_of(&world, &session).await, number);
        world.clock.advance(TimeDelta::hours(1));
    }
}

async fn correct(
    world: &World,
    roll: Uuid,
    number: &str,
    correction: Correction,
) -> Result<UpdateMemberResponse, Error> {
    changes::correct(&world.app, world.organization, &world.operator(), roll, number, correction).await
}

fn district(district: &str) -> Correction {
    Correction { district: Some(district.into()), ..Correction::default() }
}

fn birth_date(date: &str) -> Correction {
    Correction { birth_date: Some(date.parse().ok()), ..Correction::default() }
}

fn email(email: &str) -> Correction {
    Correction { email: Some((!email.is_empty()).then(|| email.to_owned())), ..Correction::default() }
}

async fn listed(world: &World, roll: Uuid) -> Vec<RollChange> {
    changes::list(&world.app, world.organization, roll, 0, "").await.unwrap().changes
}

#[tokio::test]
async fn a_correction_is_noted_and_changes_no_open_vote() {
    let world = World::new().await;
    let roll = world.roll().await;
    let csv = "member_number,district,birth_date\n1,north,1990-01-01\n2,south,2015-01-01\n";
    world.import(roll, csv, false).await.unwrap();
    let codes = world.codes(roll).await;
    let moved = correct(&world, roll, " 1 ", district("south")).await.unwrap();
    assert_eq!((moved.changed_fields, moved.address_held), (vec!["district".to_owned()], false));
    correct(&world, roll, "1", district("north")).await.unwrap();
    assert!(correct(&world, roll, "1", district("north")).await.unwrap().changed_fields.is_empty());

    let poll = world.poll(roll, &["north"], 16).await;
    let session = world.sign_in("1", &codes[0].1).await.unwrap();
    world.nullifier(&session, poll).await.unwrap();
    for correction in [district("south"), district(""), birth_date("2015-01-01"), birth_date("")] {
        let column = if correction.district.is_some() { "district" } else { "birth_date" };
        let refused = ApiError::from(correct(&world, roll, "1", correction).await.unwrap_err());
        assert_eq!(
            (refused.reason_name(), refused.violations[0].field.as_str()),
            ("OPEN_POLL_AFFECTED", column)
        );
    }
    // Somebody whom a mistake kept out.
    let other = world.sign_in("2", &codes[1].1).await.unwrap();
    assert!(matches!(world.nullifier(&other, poll).await, Err(Error::NotEligible(_))));
    correct(&world, roll, "2", birth_date("1980-01-01")).await.unwrap();
    correct(&world, roll, "2", district("north")).await.unwrap();
    world.nullifier(&other, poll).await.unwrap();

    // After the vote and its paper.
    world.clock.advance(TimeDelta::days(8));
    assert!(correct(&world, roll, "1", district("south")).await.is_err(), "paper is still entered");
    world.clock.advance(TimeDelta::days(2));
    correct(&world, roll, "1", district("south")).await.unwrap();

    let changes = listed(&world, roll).await;
    let first = &changes[0];
    assert_eq!((first.kind, first.officer.as_str()), (RollChangeKind::Correction as i32, "operator"));
    assert_eq!((first.member_number.as_str(), first.fields.as_slice()), ("1", &["district".to_owned()][..]));
    assert_eq!(
        (changes.len(), changes[6].kind, changes[6].added_count),
        (7, RollChangeKind::Import as i32, 2)
    );
    let unknown = correct(&world, roll, "9", district("south")).await;
    assert!(matches!(unknown, Err(Error::MemberUnknown)), "{unknown:?}");
    let unknown = correct(&world, Uuid::nil(), "1", district("south")).await;
    assert!(matches!(unknown, Err(Error::RollUnknown)), "{unknown:?}");
}

#[tokio::test]
async fn who_erases_a_member_or_takes_a_copy_of_a_roll_is_noted() {
    let world = World::new().await;
    let roll = world.roll().await;
    let csv = "member_number,district,birth_date,email\n1,north,,\n2,,1990-01-31,ann@example.org\n";
    world.import(roll, csv, false).await.unwrap();
    let (operator, city) = (world.operator(), world.organization);
    personal_data::erase(&world.app, city, &operator, roll, "1").await.unwrap();
    exports::begin(&world.app, city, &operator, roll).await.unwrap();
    let (last, part) = exports::part(&world.app, city, roll, None).await.unwrap().unwrap();
    let text = String::from_utf8(part).unwrap();
    assert_eq!(text, "member_number,district,birth_date,email\r\n2,,1990-01-31,ann@example.org\r\n");
    assert_eq!(exports::part(&world.app, city, roll, Some(last)).await.unwrap(), None);

    let changes = listed(&world, roll).await;
    let kinds: Vec<_> = changes.iter().map(|change| (change.kind, change.left_count)).collect();
    let kind = |kind: RollChangeKind| kind as i32;
    assert_eq!(
        kinds,
        [
            (kind(RollChangeKind::Export), 0),
            (kind(RollChangeKind::Erasure), 1),
            (kind(RollChangeKind::Import), 0)
        ]
    );
    let erased = &changes[1];
    assert_eq!((erased.officer.as_str(), erased.member_number.as_str()), ("operator", ""));
    // An empty roll is its header; another city's is none.
    let empty = world.roll().await;
    let (_, part) = exports::part(&world.app, city, empty, None).await.unwrap().unwrap();
    assert_eq!(part, b"member_number,district,birth_date,email\r\n");
    let stranger = exports::begin(&world.app, comitia_core::id::new(), &operator, roll).await;
    assert!(matches!(stranger, Err(Error::RollUnknown)), "{stranger:?}");
    assert_eq!(listed(&world, roll).await.len(), 3);
}

/// Whoever chooses an address could sign in as the member.
#[tokio::test]
async fn a_new_address_signs_nobody_in_during_a_vote() {
    let world = World::new().await;
    let roll = world.roll().await;
    world.import(roll, "member_number,email\n1,ada@example.org\n", false).await.unwrap();
    let access_code = world.codes(roll).await[0].1.clone();
    // Without a vote it is a correction like any other, of which the earlier address is told.
    let changed = correct(&world, roll, "1", email("ada.new@example.org")).await.unwrap();
    assert!(!changed.address_held);
    let mail = world.mail().await;
    assert!(mail.contains("To: ada@example.org\r\n") && mail.contains("replaced"), "{mail}");
    let code = ask(&world, "ada.new@example.org").await;
    let session = sign_in(&world, "ada.new@example.org", &code, Whose::default()).await.unwrap();

    let poll = world.poll(roll, &[], 0).await;
    // Another spelling is no other address.
    assert!(!correct(&world, roll, "1", email("Ada.New@example.org")).await.unwrap().address_held);
    world.mail().await;
    let changed = correct(&world, roll, "1", email("mallory@example.org")).await.unwrap();
    assert!(changed.address_held);
    world.mail().await;
    assert!(
        matches!(world.nullifier(&session, poll).await, Err(Error::SessionRevoked)),
        "earlier sessions end"
    );
    email_codes::request(&world.app, world.organization, None, "mallory@example.org").await.unwrap();
    let (_, bob) = world.administrator("bob@example.org").await;
    assert_eq!(world.mails().len(), 0, "bob's mail was the only one");
    world.sign_in("1", &access_code).await.expect("the letter is as good as before");

    // Two people can let it in.
    let request = ReplaceAccessCodeRequest { member_number: "1".into(), ..Default::default() };
    let asked = replacements::request(&world.app, world.organization, &world.operator(), roll, &request)
        .await
        .unwrap();
    let id = asked.replacement.unwrap().replacement_id.parse().unwrap();
    let approve = ApproveAccessCodeReplacementRequest::default();
    replacements::approve(&world.app, world.organization, &bob, id, &approve).await.unwrap();
    world.mail().await;
    let code = ask(&world, "mallory@example.org").await;
    sign_in(&world, "mallory@example.org", &code, Whose::default()).await.unwrap();

    // And the end of the vote.
    let changed = correct(&world, roll, "1", email("ada@example.org")).await.unwrap();
    assert!(changed.address_held);
    world.mail().await;
    world.clock.advance(TimeDelta::days(8));
    retention::run(&world.app).await.unwrap();
    let code = ask(&world, "ada@example.org").await;
    sign_in(&world, "ada@example.org", &code, Whose::default()).await.unwrap();
}

async fn load(
    world: &World,
    roll: Uuid,
    csv: &str,
    etag: Option<&str>,
) -> Result<ReloadMembersResponse, Error> {
    let request = ReloadMembersRequest {
        csv: csv.into(),
        validate_only: etag.is_none(),
        etag: etag.unwrap_or_default().into(),
        ..Default::default()
    };
    reload::run(&world.app, world.organization, &world.operator(), roll, &request).await
}

fn counts(answer: &ReloadMembersResponse) -> [i64; 5] {
    let sum = answer.added_count
        + answer.changed_count
        + answer.waiting_count
        + answer.unchanged_count
        + answer.rejected_count;
    assert_eq!(answer.line_count, sum, "every line is accounted for");
    [
        answer.added_count,
        answer.changed_count,
        answer.waiting_count,
        answer.unchanged_count,
        answer.left_count,
    ]
}

#[tokio::test]
async fn a_register_is_loaded_again_as_it_was_shown() {
    let world = World::new().await;
    let roll = world.roll().await;
    let first = "member_number,district,birth_date,email\n\
                 1,north,1990-01-01,one@example.org\n2,north,,\n3,south,,three@example.org\n4,south,,\n";
    world.import(roll, first, false).await.unwrap();
    let codes = world.codes(roll).await;
    let second =
        "member_number,district,email\n1,North,one@example.org\n3,west,\n4,south,four@example.org\n5,west,\n";
    let shown = load(&world, roll, second, None).await.unwrap();
    assert_eq!(counts(&shown), [1, 2, 0, 1, 1]);
    let kinds: Vec<_> = shown
        .changes
        .iter()
        .map(|change| (change.kind(), change.line, change.member_number.as_str(), change.fields.join(",")))
        .collect();
    assert_eq!(
        kinds,
        [
            (MemberChangeKind::Added, 5, "5", String::new()),
            (MemberChangeKind::Changed, 3, "3", "district,email".to_owned()),
            (MemberChangeKind::Changed, 4, "4", "email".to_owned()),
            (MemberChangeKind::Left, 0, "2", String::new()),
        ]
    );
    assert_eq!(rolls::get(&world.app, world.organization, roll).await.unwrap().member_count, 4, "only shown");

    // Without the tag, with a file that is another one, or with a roll that has changed since, nothing is done.
    let other = second.replace("5,west,\n", "");
    for (csv, etag) in [(second, ""), (other.as_str(), shown.etag.as_str())] {
        let refused = load(&world, roll, csv, Some(etag)).await;
        assert!(matches!(refused, Err(Error::PlanChanged)), "{refused:?}");
    }
    correct(&world, roll, "4", district("north")).await.unwrap();
    let refused = load(&world, roll, second, Some(&shown.etag)).await;
    assert!(matches!(refused, Err(Error::PlanChanged)), "{refused:?}");

    let shown = load(&world, roll, second, None).await.unwrap();
    assert_eq!(shown.first_members.len(), 4);
    let done = load(&world, roll, second, Some(&shown.etag)).await.unwrap();
    // The first rows are for who looks at a file before it is loaded.
    assert_eq!(done, ReloadMembersResponse { first_members: Vec::new(), ..shown });
    let roll_now = rolls::get(&world.app, world.organization, roll).await.unwrap();
    assert_eq!((roll_now.member_count, roll_now.access_code_count), (4, 3));
    let data = async |number: &str| personal_data::export(&world.app, world.organization, roll, number).await;
    let one = data("1").await.unwrap();
    assert_eq!(
        (one.district.as_str(), one.birth_date.as_str()),
        ("north", "1990-01-01"),
        "a column that is absent"
    );
    let three = data("3").await.unwrap();
    assert_eq!((three.district.as_str(), three.email.as_str()), ("west", ""));
    assert!(
        matches!(data("2").await, Err(Error::MemberUnknown)),
        "nothing is kept of who left without a vote"
    );
    assert!(world.sign_in("2", &codes[1].1).await.is_err());
    world.sign_in("3", &codes[2].1).await.unwrap();
    let again = load(&world, roll, second, None).await.unwrap();
    assert_eq!(counts(&again), [0, 0, 0, 4, 0]);
    let noted = &listed(&world, roll).await[0];
    assert_eq!(
        (noted.kind, noted.added_count, noted.changed_count, noted.left_count),
        (RollChangeKind::Reload as i32, 1, 2, 1)
    );

    // Somebody on a bad line has not left.
    let bad = "member_number,district\n1,north\n3,no rth\n4,\"south\n5,west\n";
    let shown = load(&world, roll, bad, None).await.unwrap();
    assert_eq!((counts(&shown)[4], shown.rejected_count, shown.bad_lines.len()), (0, 2, 2));
    let refused = load(&world, roll, bad, Some(&shown.etag)).await;
    assert!(matches!(&refused, Err(Error::Csv(bad, _)) if bad.len() == 2), "{refused:?}");
}

#[tokio::test]
async fn an_open_vote_goes_on_as_it_was_when_a_register_is_loaded_again() {
    let world = World::new().await;
    let admin = world.database.admin_pool().unwrap();
    let roll = world.roll().await;
    let first = "member_number,district,email\n1,north,\n2,north,\n3,south,\n4,north,four@example.org\n";
    world.import(roll, first, false).await.unwrap();
    let codes = world.codes(roll).await;
    let poll = world.poll(roll, &["north"], 0).await;
    let voter = world.sign_in("2", &codes[1].1).await.unwrap();
    let nullifier = world.nullifier(&voter, poll).await.unwrap();
    world.clock.advance(TimeDelta::minutes(5));

    // 1 moves away, 2 leaves, 3 moves in, 4 has another address, 5 is new.
    let second = "member_number,district,email\n1,south,\n3,north,\n4,north,mallory@example.org\n5,north,\n";
    let shown = load(&world, roll, second, None).await.unwrap();
    assert_eq!(counts(&shown), [1, 2, 1, 0, 1]);
    let waiting = shown.changes.iter().find(|change| change.kind() == MemberChangeKind::Waiting).unwrap();
    assert_eq!((waiting.member_number.as_str(), waiting.fields.join(",")), ("1", "district".to_owned()));
    assert!(waiting.rule.contains("until the vote is over"));
    assert_eq!((shown.notice_count, shown.notices[0].line), (1, 4));
    load(&world, roll, second, Some(&shown.etag)).await.unwrap();

    world.sign_in("1", &codes[0].1).await.unwrap();
    let again = world.sign_in("2", &codes[1].1).await.unwrap();
    assert_eq!(world.nullifier(&again, poll).await.unwrap(), nullifier, "who left votes where it had opened");
    let moved_in = world.sign_in("3", &codes[2].1).await.unwrap();
    world.nullifier(&moved_in, poll).await.unwrap();
    email_codes::request(&world.app, world.organization, None, "mallory@example.org").await.unwrap();
    assert_eq!(rolls::get(&world.app, world.organization, roll).await.unwrap().member_count, 4);

    // A poll that opens later is not theirs.
    world.clock.advance(TimeDelta::hours(2));
    let later = world.poll(roll, &[], 0).await;
    let again = world.sign_in("2", &codes[1].1).await.unwrap();
    assert!(matches!(world.nullifier(&again, later).await, Err(Error::NotEligible(_))));
    world.nullifier(&again, poll).await.unwrap();

    // Who comes back is the same person with the same letter.
    let third = format!("{second}2,north,\n");
    let shown = load(&world, roll, &third, None).await.unwrap();
    let back = shown.changes.iter().find(|change| change.member_number == "2").unwrap();
    assert_eq!((back.kind(), back.fields.join(",")), (MemberChangeKind::Changed, "left".to_owned()));
    load(&world, roll, &third, Some(&shown.etag)).await.unwrap();
    let again = world.sign_in("2", &codes[1].1).await.unwrap();
    world.nullifier(&again, later).await.unwrap();

    // When the votes and their paper are over, who left is gone, and what waited is done.
    let shown = load(&world, roll, second, None).await.unwrap();
    load(&world, roll, second, Some(&shown.etag)).await.unwrap();
    world.clock.advance(TimeDelta::days(10));
    retention::run(&world.app).await.unwrap();
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM identity.members").fetch_one(&admin).await.unwrap();
    assert_eq!(left, 4);
    let shown = load(&world, roll, second, None).await.unwrap();
    assert_eq!(counts(&shown), [0, 1, 0, 3, 0]);
    assert_eq!(world.mails().len(), 0, "an address that waits gets no code");
}
