//! One resident, one account: verification by letter and roll, and cases for the team.

use chrono::TimeDelta;
use comitia_identity::app::participants::residents;
use comitia_identity::app::{permits, personal_data, replacements, retention};
use comitia_identity::error::Error;
use comitia_platform::auth::Caller;
use comitia_platform::{ApiError, Reason};
use comitia_proto::identity::v1::{
    ApproveAccessCodeReplacementRequest, CaseDecision, ReplaceAccessCodeRequest, ResidentCase,
    VerificationOutcome, VerifyResidentRequest, VerifyResidentResponse,
};
use uuid::Uuid;

use crate::participants::{ADA, reason};
use crate::world::World;

const ROLL: &str = "member_number,district,email\n1,north,ada@example.org\n2,south,\n";

struct City {
    world: World,
    roll: Uuid,
    codes: Vec<String>,
}

impl City {
    async fn new() -> Self {
        let world = World::new().await;
        world.participation(true, 1, 1).await;
        let roll = world.roll().await;
        world.import(roll, ROLL, false).await.unwrap();
        let codes = world.codes(roll).await.into_iter().map(|(_, code)| code).collect();
        Self { world, roll, codes }
    }

    async fn verify(
        &self,
        caller: &Caller,
        number: &str,
        code: &str,
    ) -> Result<VerifyResidentResponse, Error> {
        let request = VerifyResidentRequest { member_number: number.into(), access_code: code.into() };
        residents::verify(&self.world.app, self.world.organization, caller, None, &request).await
    }

    async fn verified(&self, caller: &Caller, number: &str, code: &str) -> VerificationOutcome {
        self.verify(caller, number, code).await.unwrap().outcome()
    }

    async fn nullifier(&self, caller: &Caller, poll: Uuid) -> Result<String, Error> {
        let issued = permits::issue(&self.world.app, self.world.organization, caller, poll).await?;
        Ok(comitia_identity::verifier(&self.world.app).permit(&issued.permit).await.unwrap().nul)
    }

    async fn cases(&self, resolved_too: bool) -> Vec<ResidentCase> {
        let (app, organization) = (&self.world.app, self.world.organization);
        residents::list(app, organization, 0, "", resolved_too).await.unwrap().cases
    }

    async fn read(&self, case_id: &str) -> Result<ResidentCase, Error> {
        residents::get(&self.world.app, self.world.organization, case_id.parse().unwrap()).await
    }

    async fn decide(&self, case: &ResidentCase, decision: CaseDecision) -> Result<ResidentCase, Error> {
        let (app, organization) = (&self.world.app, self.world.organization);
        let id = case.case_id.parse().unwrap();
        residents::resolve(app, organization, &self.world.operator(), id, decision).await
    }

    /// Two accounts that claim the first member; the first one has it.
    async fn conflict(&self) -> (Caller, Caller, ResidentCase) {
        let holder = self.world.participant(ADA, "Ada").await;
        let claimant = self.world.participant("eve@example.org", "Eve").await;
        assert_eq!(self.verified(&holder, "1", &self.codes[0]).await, VerificationOutcome::Verified);
        let opened = self.verified(&claimant, "1", &self.codes[0]).await;
        assert_eq!(opened, VerificationOutcome::CaseOpened);
        let case = self.cases(false).await.pop().unwrap();
        (holder, claimant, case)
    }
}

#[tokio::test]
async fn a_verified_resident_votes_as_with_the_letter() {
    let city = City::new().await;
    let poll = city.world.poll(city.roll, &[], 0).await;
    let caller = city.world.participant(ADA, "Ada").await;
    let early = city.nullifier(&caller, poll).await;
    assert_eq!(reason(early), Reason::NotEligible);
    assert_eq!(
        city.verified(&caller, " 1", &city.codes[0].to_lowercase()).await,
        VerificationOutcome::Verified
    );
    let letter = city.world.sign_in("1", &city.codes[0]).await.unwrap();
    let by_letter = city.world.nullifier(&letter, poll).await.unwrap();
    assert_eq!(city.nullifier(&caller, poll).await.unwrap(), by_letter, "one person, one vote");

    let account = city.world.account(&caller).await.unwrap();
    assert_eq!(account.residences.len(), 1);
    assert_eq!(
        (account.residences[0].member_number.as_str(), account.residences[0].district.as_str()),
        ("1", "north")
    );
    assert_eq!(account.residences[0].verify_time.unwrap().seconds % 86_400, 0, "a day, and no more");
    // The same again changes nothing; another person of the roll is another matter.
    assert_eq!(city.verified(&caller, "1", &city.codes[0]).await, VerificationOutcome::Verified);
    let other = city.verify(&caller, "2", &city.codes[1]).await;
    assert_eq!(reason(other), Reason::AlreadyVerified);
    assert!(city.cases(false).await.is_empty());
}

#[tokio::test]
async fn wrong_letters_verify_nobody_and_are_counted() {
    let city = City::new().await;
    let caller = city.world.participant(ADA, "Ada").await;
    for _ in 0..3 {
        let wrong = city.verify(&caller, "1", &city.codes[1]).await;
        assert_eq!(reason(wrong), Reason::CredentialsInvalid);
    }
    assert_eq!(reason(city.verify(&caller, "1", &city.codes[1]).await), Reason::RateLimited);
    assert_eq!(reason(city.verify(&caller, "1", "short").await), Reason::FieldInvalid);
    // The right one goes on.
    assert_eq!(city.verified(&caller, "1", &city.codes[0]).await, VerificationOutcome::Verified);
    // A session with a letter has no account to verify.
    let letter = city.world.sign_in("2", &city.codes[1]).await.unwrap();
    let letter = city.world.caller(&letter).await.unwrap();
    assert_eq!(reason(city.verify(&letter, "2", &city.codes[1]).await), Reason::AccountMissing);
}

#[tokio::test]
async fn an_address_that_the_roll_has_verifies_too() {
    let city = City::new().await;
    let caller = city.world.participant(ADA, "Ada").await;
    assert!(city.world.account(&caller).await.unwrap().roll_has_email);
    assert_eq!(city.verified(&caller, "", "").await, VerificationOutcome::Verified);
    assert!(!city.world.account(&caller).await.unwrap().roll_has_email);
    let stranger = city.world.participant("stranger@example.org", "Stranger").await;
    assert_eq!(reason(city.verify(&stranger, "", "").await), Reason::RollEntryUnknown);
}

#[tokio::test]
async fn a_conflict_is_a_case_and_the_team_keeps_or_moves() {
    let city = City::new().await;
    let (holder, claimant, case) = city.conflict().await;
    let name = |account: &Option<comitia_proto::identity::v1::CaseAccount>| {
        account.as_ref().map(|account| (account.display_name.clone(), account.email.clone()))
    };
    assert_eq!(name(&case.claimant), Some(("Eve".into(), "eve@example.org".into())));
    assert_eq!(name(&case.holder), Some(("Ada".into(), ADA.into())));
    assert_eq!(case.member_number, "1");
    assert_eq!(city.read(&case.case_id).await.unwrap(), case);
    let unknown = city.read("0192f0c1-0000-7000-8000-00000000ffff").await;
    assert_eq!(reason(unknown), Reason::ResourceNotFound);
    assert!(city.world.account(&claimant).await.unwrap().case_open);
    // The same claim again is the same case.
    let again = city.verified(&claimant, "1", &city.codes[0]).await;
    assert_eq!(again, VerificationOutcome::CaseOpened);
    assert_eq!(city.cases(false).await.len(), 1);

    let kept = city.decide(&case, CaseDecision::Keep).await.unwrap();
    assert_eq!((kept.decision(), kept.resolved_by.as_str()), (CaseDecision::Keep, "operator"));
    assert_eq!(city.decide(&case, CaseDecision::Keep).await.unwrap(), kept, "once more");
    assert_eq!(reason(city.decide(&case, CaseDecision::Move).await), Reason::CaseNotOpen);
    assert!(city.cases(false).await.is_empty());
    assert_eq!(city.cases(true).await.len(), 1);
    assert!(city.world.account(&claimant).await.unwrap().residences.is_empty());

    // Who claims again gets another case, and this time the team moves the person.
    city.verified(&claimant, "1", &city.codes[0]).await;
    let case = city.cases(false).await.pop().unwrap();
    let moved = city.decide(&case, CaseDecision::Move).await.unwrap();
    assert_eq!(name(&moved.holder), Some(("Eve".into(), "eve@example.org".into())));
    assert_eq!(city.world.account(&claimant).await.unwrap().residences.len(), 1);
    assert!(city.world.account(&holder).await.unwrap().residences.is_empty());
    let poll = city.world.poll(city.roll, &[], 0).await;
    assert!(city.nullifier(&claimant, poll).await.is_ok());
    assert_eq!(reason(city.nullifier(&holder, poll).await), Reason::NotEligible);

    city.world.clock.advance(TimeDelta::days(91));
    retention::run(&city.world.app).await.unwrap();
    assert!(city.cases(true).await.is_empty(), "decided cases are forgotten");
}

#[tokio::test]
async fn a_replaced_code_parts_the_member_from_the_account() {
    let city = City::new().await;
    let (holder, _, case) = city.conflict().await;
    let request = ReplaceAccessCodeRequest {
        roll_id: city.roll.to_string(),
        member_number: "1".into(),
        ..Default::default()
    };
    let world = &city.world;
    let (_, ada) = world.administrator("boss@example.org").await;
    let (_, bob) = world.administrator("bob@example.org").await;
    let asked =
        replacements::request(&world.app, world.organization, &ada, city.roll, &request).await.unwrap();
    let id = asked.replacement.unwrap().replacement_id.parse().unwrap();
    let approve = ApproveAccessCodeReplacementRequest::default();
    replacements::approve(&world.app, world.organization, &bob, id, &approve).await.unwrap();
    assert!(world.account(&holder).await.unwrap().residences.is_empty());
    assert!(city.cases(true).await.is_empty());
    let late = ApiError::from(city.decide(&case, CaseDecision::Move).await.unwrap_err());
    assert_eq!(late.reason, Reason::ResourceNotFound);
}

#[tokio::test]
async fn erasing_takes_the_roll_entry_along_where_it_is_asked_for() {
    let city = City::new().await;
    let caller = city.world.participant(ADA, "Ada").await;
    city.verified(&caller, "1", &city.codes[0]).await;
    let data = personal_data::export_own(&city.world.app, city.world.organization, &caller).await.unwrap();
    assert_eq!((data.roll_entries.len(), data.roll_entries[0].district.as_str()), (1, "north"));
    personal_data::erase_own(&city.world.app, city.world.organization, &caller, false).await.unwrap();
    assert!(city.world.sign_in("1", &city.codes[0]).await.is_ok(), "the letter stays good");

    let again = city.world.participant(ADA, "Ada").await;
    city.verified(&again, "1", &city.codes[0]).await;
    personal_data::erase_own(&city.world.app, city.world.organization, &again, true).await.unwrap();
    assert!(city.world.sign_in("1", &city.codes[0]).await.is_err());
    assert!(city.world.sign_in("2", &city.codes[1]).await.is_ok());
}

#[tokio::test]
async fn rows_of_earlier_days_are_in_no_order() {
    let city = City::new().await;
    let first = city.world.participant(ADA, "Ada").await;
    let second = city.world.participant("eve@example.org", "Eve").await;
    city.verified(&first, "1", &city.codes[0]).await;
    city.verified(&second, "2", &city.codes[1]).await;
    retention::run(&city.world.app).await.unwrap();
    let shuffled = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM identity.residences WHERE shuffled")
            .fetch_one(&mut *city.world.begin().await)
            .await
            .unwrap()
    };
    assert_eq!(shuffled().await, 0, "not of the present day");
    city.world.clock.advance(TimeDelta::days(2));
    retention::run(&city.world.app).await.unwrap();
    assert_eq!(shuffled().await, 2);
}
