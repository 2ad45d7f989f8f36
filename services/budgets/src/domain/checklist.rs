//! What a team makes sure of before a vote is scheduled, and who signed it off.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::poll::Schedule;
use crate::error::Error;

/// How many people sign a vote off.
pub const SIGNERS: usize = 2;
/// The longest note, in characters.
pub const LONGEST_NOTE: usize = 1_000;

/// What is made sure of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The electoral roll is loaded and was looked through.
    RollLoaded,
    /// The letters with the codes are on their way.
    LettersOut,
    /// Somebody voted in a test vote from beginning to end.
    TestVoteDone,
    /// Alerts of the operators are on, and reach somebody.
    AlertsOn,
    /// A backup was taken.
    BackupTaken,
}

impl Item {
    /// All items, in their order.
    pub const ALL: [Self; 5] =
        [Self::RollLoaded, Self::LettersOut, Self::TestVoteDone, Self::AlertsOn, Self::BackupTaken];

    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RollLoaded => "roll_loaded",
            Self::LettersOut => "letters_out",
            Self::TestVoteDone => "test_vote_done",
            Self::AlertsOn => "alerts_on",
            Self::BackupTaken => "backup_taken",
        }
    }

    /// The item that the database calls so.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|item| item.name() == name)
    }
}

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemState {
    /// Nobody has made sure of it yet.
    Open,
    /// It is done.
    Done,
    /// This vote does not need it.
    NotNeeded,
}

impl ItemState {
    const ALL: [Self; 3] = [Self::Open, Self::Done, Self::NotNeeded];

    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::NotNeeded => "not_needed",
        }
    }

    /// The state that the database calls so.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What somebody said of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The item.
    pub item: Item,
    /// Where it stands.
    pub state: ItemState,
    /// What is to be said of it.
    pub note: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub time: DateTime<Utc>,
}

/// What takes sign-offs away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A project was added, changed or removed.
    Projects,
    /// The budget's title, amount or rules changed.
    Terms,
    /// The dates or the people who may vote changed.
    Plan,
    /// An item changed.
    Items,
    /// The vote was scheduled and called off.
    CalledOff,
}

impl Change {
    const ALL: [Self; 5] = [Self::Projects, Self::Terms, Self::Plan, Self::Items, Self::CalledOff];

    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Projects => "projects",
            Self::Terms => "terms",
            Self::Plan => "plan",
            Self::Items => "items",
            Self::CalledOff => "called_off",
        }
    }

    /// The change that the database calls so.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.name() == name)
    }
}

/// Somebody's word that the vote can be scheduled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOff {
    /// Who signed.
    pub by: String,
    /// When.
    pub time: DateTime<Utc>,
    /// When it ceased to count, and because of what.
    pub withdrawn: Option<(DateTime<Utc>, Change)>,
}

/// The checklist of a budget's vote.
#[derive(Clone, Debug)]
pub struct Checklist {
    /// The budget.
    pub budget: Uuid,
    /// Counts changes of what is signed off; 0 before the first.
    pub revision: i64,
    /// When and for whom the vote is to be.
    pub plan: Option<Schedule>,
    /// What was said of items.
    pub words: Vec<Word>,
    /// What counts, and what ceased to count.
    pub sign_offs: Vec<SignOff>,
}

impl Checklist {
    /// What changes whenever anything changes that is signed off.
    #[must_use]
    pub fn etag(&self) -> String {
        format!("{:x}", self.revision)
    }

    /// What was said of an item.
    #[must_use]
    pub fn word(&self, item: Item) -> Option<&Word> {
        self.words.iter().find(|word| word.item == item)
    }

    /// The people whose sign-off counts.
    pub fn signers(&self) -> impl Iterator<Item = &str> {
        self.sign_offs.iter().filter(|one| one.withdrawn.is_none()).map(|one| one.by.as_str())
    }

    /// Whether so many people have signed as it takes.
    #[must_use]
    pub fn is_signed_off(&self) -> bool {
        self.signers().count() >= SIGNERS
    }

    /// Refuses the sign-off of somebody who saw another checklist, signed before, or finds something open.
    ///
    /// # Errors
    /// [`Error::ChecklistChanged`], [`Error::SignedBefore`] or [`Error::ChecklistIncomplete`].
    pub fn check_sign_off(&self, by: &str, etag: &str) -> Result<(), Error> {
        if etag != self.etag() {
            return Err(Error::ChecklistChanged);
        }
        if self.signers().any(|signer| signer == by) {
            return Err(Error::SignedBefore);
        }
        let is_open = |item: &Item| self.word(*item).is_none_or(|word| word.state == ItemState::Open);
        let open: Vec<_> = Item::ALL.into_iter().filter(is_open).collect();
        if open.is_empty() && self.plan.is_some() {
            return Ok(());
        }
        Err(Error::ChecklistIncomplete { open, planned: self.plan.is_some() })
    }

    /// Refuses a vote that two people have not signed off as it is to be scheduled.
    ///
    /// # Errors
    /// [`Error::SignOffMissing`], with all that is missing or differs.
    pub fn check_schedule(&self, schedule: &Schedule) -> Result<(), Error> {
        let signers = self.signers().count();
        let Some(plan) = &self.plan else {
            let rule = "must have a vote that is planned and signed off by two people";
            return Err(Error::SignOffMissing(vec![("budget_id", rule.to_owned())]));
        };
        let mut missing = Vec::new();
        if signers < SIGNERS {
            let rule = format!("must have a checklist with the sign-offs of two people; it has {signers}");
            missing.push(("budget_id", rule));
        }
        let differs = [
            ("roll_id", plan.roll != schedule.roll),
            ("open_time", plan.open_time != schedule.open_time),
            ("close_time", plan.close_time != schedule.close_time),
            ("districts", plan.districts != schedule.districts),
            ("minimum_age", plan.minimum_age != schedule.minimum_age),
            ("paper_close_time", plan.paper_close_time != schedule.paper_close_time),
        ];
        let differs = differs.into_iter().filter(|(_, differs)| *differs);
        missing
            .extend(differs.map(|(field, _)| (field, "must be as in the plan of the checklist".to_owned())));
        if missing.is_empty() { Ok(()) } else { Err(Error::SignOffMissing(missing)) }
    }
}

#[cfg(test)]
mod tests {
    use comitia_platform::{ApiError, Reason};

    use super::*;

    fn moment(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000 + 3_600 * hour, 0).unwrap()
    }

    fn plan() -> Schedule {
        Schedule {
            roll: Uuid::from_u128(7),
            open_time: moment(30),
            close_time: moment(60),
            districts: vec!["north".into()],
            minimum_age: 16,
            paper_close_time: None,
        }
    }

    fn word(item: Item, state: ItemState) -> Word {
        Word { item, state, note: String::new(), by: "ann".into(), time: moment(1) }
    }

    fn signed(by: &str, withdrawn: Option<Change>) -> SignOff {
        SignOff { by: by.into(), time: moment(2), withdrawn: withdrawn.map(|change| (moment(3), change)) }
    }

    fn complete() -> Checklist {
        Checklist {
            budget: Uuid::from_u128(1),
            revision: 6,
            plan: Some(plan()),
            words: Item::ALL.into_iter().map(|item| word(item, ItemState::Done)).collect(),
            sign_offs: Vec::new(),
        }
    }

    fn refused(result: Result<(), Error>) -> (Reason, Vec<String>) {
        let error = ApiError::from(result.unwrap_err());
        (error.reason, error.violations.into_iter().map(|violation| violation.field).collect())
    }

    #[test]
    fn names_lead_back() {
        for item in Item::ALL {
            assert_eq!(Item::from_name(item.name()), Some(item));
        }
        for state in ItemState::ALL {
            assert_eq!(ItemState::from_name(state.name()), Some(state));
        }
        for change in Change::ALL {
            assert_eq!(Change::from_name(change.name()), Some(change));
        }
        assert_eq!((Item::from_name(""), ItemState::from_name("x")), (None, None));
    }

    #[test]
    fn nobody_signs_what_is_open_or_what_they_did_not_see() {
        let mut list = complete();
        list.check_sign_off("ann", "6").unwrap();
        assert_eq!(refused(list.check_sign_off("ann", "5")).0, Reason::EtagMismatch);
        list.words[1].state = ItemState::NotNeeded;
        list.check_sign_off("ann", "6").unwrap();
        list.words[2].state = ItemState::Open;
        list.words.remove(0);
        let incomplete = refused(list.check_sign_off("ann", "6"));
        assert_eq!(incomplete.0, Reason::ChecklistIncomplete);
        assert_eq!(incomplete.1, ["items.roll_loaded", "items.test_vote_done"]);
        list.plan = None;
        assert_eq!(refused(list.check_sign_off("ann", "6")).1[0], "plan");
    }

    #[test]
    fn two_people_sign_and_nobody_twice() {
        let mut list = complete();
        list.sign_offs = vec![signed("ann", None), signed("ben", Some(Change::Projects))];
        assert_eq!(refused(list.check_sign_off("ann", "6")).0, Reason::SecondPersonRequired);
        list.check_sign_off("ben", "6").unwrap();
        assert!(!list.is_signed_off(), "what was taken away does not count");
        assert_eq!(
            refused(list.check_schedule(&plan())),
            (Reason::SignOffMissing, vec!["budget_id".to_owned()])
        );
        list.sign_offs.push(signed("ben", None));
        list.check_schedule(&plan()).unwrap();
    }

    #[test]
    fn a_vote_is_scheduled_as_it_was_signed_off() {
        let mut list = complete();
        list.sign_offs = vec![signed("ann", None), signed("ben", None)];
        let other = Schedule { close_time: moment(61), minimum_age: 18, ..plan() };
        assert_eq!(refused(list.check_schedule(&other)).1, ["close_time", "minimum_age"]);
        list.plan = None;
        assert_eq!(refused(list.check_schedule(&plan())).1, ["budget_id"]);
    }
}
