//! Proposals and what may be done with them.

use chrono::{DateTime, Utc};
use comitia_proto::proposals::v1::ProposalState;
use uuid::Uuid;

use crate::domain::speaker::Speaker;
use crate::domain::words::Words;

/// A text that a participant submitted in a process.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Its id.
    pub proposal_id: Uuid,
    /// The process that it was submitted in.
    pub process_id: Uuid,
    /// What it says.
    pub text: Text,
    /// Its author's pseudonym in the organization; empty once the author is erased.
    pub author: String,
    /// Who speaks in it.
    pub speaker: Speaker,
    /// Where it stands.
    pub state: ProposalState,
    /// The team's answer; empty until there is one.
    pub answer: String,
    /// The team's estimate of its cost, in minor units; 0 until estimated, and when it is free.
    pub estimated_cost: i64,
    /// Why it is hidden, if it is.
    pub hidden_reason: Option<String>,
    /// The projects that it became.
    pub projects: Vec<Uuid>,
    /// Counts its changes.
    pub revision: i64,
    /// When it was submitted.
    pub create_time: DateTime<Utc>,
    /// When it was last changed.
    pub update_time: DateTime<Utc>,
}

/// What a proposal says.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// The code of the area that it is for; empty for the whole city.
    pub area_code: String,
    /// Its category; empty for none.
    pub category: String,
    /// Where it would be.
    pub place: Option<Place>,
}

/// A place on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The address or name of the place.
    pub address: String,
    /// Degrees north, WGS 84.
    pub latitude: f64,
    /// Degrees east, WGS 84.
    pub longitude: f64,
}

impl Place {
    /// Whether the latitude is one.
    #[must_use]
    pub fn has_latitude(&self) -> bool {
        (-90.0..=90.0).contains(&self.latitude)
    }

    /// Whether the longitude is one.
    #[must_use]
    pub fn has_longitude(&self) -> bool {
        (-180.0..=180.0).contains(&self.longitude)
    }
}

/// The state of a proposal does not allow something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateFault {
    /// Answered proposals are not changed.
    #[error("the proposal was answered and can no longer be changed")]
    Answered,
    /// Withdrawn proposals are neither changed nor answered.
    #[error("the proposal was withdrawn")]
    Withdrawn,
    /// What became a project is not withdrawn.
    #[error("the proposal has become a project and can no longer be withdrawn")]
    IsProject,
}

impl Proposal {
    /// A new proposal.
    #[must_use]
    pub fn submit(
        process_id: Uuid,
        text: Text,
        author: String,
        speaker: Speaker,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            proposal_id: comitia_core::id::new(),
            process_id,
            text,
            author,
            speaker,
            state: ProposalState::Submitted,
            answer: String::new(),
            estimated_cost: 0,
            hidden_reason: None,
            projects: Vec::new(),
            revision: 1,
            create_time: now,
            update_time: now,
        }
    }

    /// Whether it is hidden by moderation.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.hidden_reason.is_some()
    }

    /// Whether its author may still change it: nobody has answered it, and it is not withdrawn.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == ProposalState::Submitted
    }

    /// A text that changes whenever the proposal does.
    #[must_use]
    pub fn etag(&self) -> String {
        format!("r{:x}", self.revision)
    }

    /// Gives it another title or text, where there is one. Gives whether anything changed.
    ///
    /// # Errors
    /// When it was answered or withdrawn.
    pub fn rewrite(
        &mut self,
        title: Option<String>,
        body: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<bool, StateFault> {
        match self.state {
            ProposalState::Submitted => {}
            ProposalState::Withdrawn => return Err(StateFault::Withdrawn),
            _ => return Err(StateFault::Answered),
        }
        let before = (self.text.title.clone(), self.text.body.clone());
        if let Some(title) = title {
            self.text.title = title;
        }
        if let Some(body) = body {
            self.text.body = body;
        }
        let changed = (&self.text.title, &self.text.body) != (&before.0, &before.1);
        Ok(self.touch_if(changed, now))
    }

    /// Withdraws it. Gives whether anything changed.
    ///
    /// # Errors
    /// When it has become a project.
    pub fn withdraw(&mut self, now: DateTime<Utc>) -> Result<bool, StateFault> {
        if !self.projects.is_empty() {
            return Err(StateFault::IsProject);
        }
        let changed = self.state != ProposalState::Withdrawn;
        self.state = ProposalState::Withdrawn;
        Ok(self.touch_if(changed, now))
    }

    /// Hides it for a reason, or shows it. Gives whether anything changed.
    pub fn moderate(&mut self, hidden_reason: Option<String>, now: DateTime<Utc>) -> bool {
        let changed = self.hidden_reason != hidden_reason;
        self.hidden_reason = hidden_reason;
        self.touch_if(changed, now)
    }

    /// Answers it, in the place of any answer before.
    ///
    /// # Errors
    /// When it was withdrawn.
    pub fn answer(
        &mut self,
        state: ProposalState,
        answer: String,
        estimated_cost: i64,
        now: DateTime<Utc>,
    ) -> Result<(), StateFault> {
        if self.state == ProposalState::Withdrawn {
            return Err(StateFault::Withdrawn);
        }
        (self.state, self.answer, self.estimated_cost) = (state, answer, estimated_cost);
        self.touch_if(true, now);
        Ok(())
    }

    fn touch_if(&mut self, changed: bool, now: DateTime<Utc>) -> bool {
        if changed {
            self.revision += 1;
            self.update_time = now;
        }
        changed
    }
}

/// Which proposals to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those in this state.
    pub state: Option<ProposalState>,
    /// Only those for this area.
    pub area_code: Option<String>,
    /// Only those of this category.
    pub category: Option<String>,
    /// Only those that have all these words.
    pub words: Option<Words>,
    /// Hidden ones too.
    pub hidden: bool,
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn proposal() -> Proposal {
        let text = Text {
            title: "Trees".into(),
            body: "More trees for the street".into(),
            area_code: String::new(),
            category: String::new(),
            place: None,
        };
        Proposal::submit(Uuid::nil(), text, "author".into(), Speaker::Nameless, DateTime::UNIX_EPOCH)
    }

    fn later() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(1)
    }

    #[test]
    fn a_proposal_is_rewritten_until_it_is_answered() {
        let mut one = proposal();
        assert_eq!(one.rewrite(Some("Shrubs".into()), None, later()), Ok(true));
        assert_eq!((one.text.title.as_str(), one.revision, one.update_time), ("Shrubs", 2, later()));
        assert_eq!(one.rewrite(None, None, later()), Ok(false));
        assert_eq!(one.revision, 2);
        for state in [ProposalState::Examined, ProposalState::Accepted, ProposalState::Rejected] {
            one.answer(state, "why".into(), 0, later()).unwrap();
            assert_eq!(one.rewrite(Some("Flowers".into()), None, later()), Err(StateFault::Answered));
        }
    }

    #[test]
    fn what_is_withdrawn_stays_so() {
        let mut one = proposal();
        assert_eq!(one.withdraw(later()), Ok(true));
        assert_eq!(one.withdraw(later()), Ok(false));
        assert_eq!(one.rewrite(None, None, later()), Err(StateFault::Withdrawn));
        let answered = one.answer(ProposalState::Accepted, "yes".into(), 0, later());
        assert_eq!((answered, one.state), (Err(StateFault::Withdrawn), ProposalState::Withdrawn));
    }

    #[test]
    fn what_became_a_project_is_not_withdrawn() {
        let mut one = Proposal { projects: vec![Uuid::nil()], ..proposal() };
        assert_eq!(one.withdraw(later()), Err(StateFault::IsProject));
        assert_eq!(one.state, ProposalState::Submitted);
    }

    #[test]
    fn places_are_on_the_globe() {
        let place = |latitude, longitude| Place { address: String::new(), latitude, longitude };
        assert!(place(-90.0, 180.0).has_latitude() && place(-90.0, 180.0).has_longitude());
        assert!(!place(90.1, 0.0).has_latitude() && !place(f64::NAN, 0.0).has_latitude());
        assert!(!place(0.0, -180.1).has_longitude() && !place(0.0, f64::INFINITY).has_longitude());
    }

    proptest! {
        #[test]
        fn the_etag_changes_exactly_when_the_proposal_does(steps in prop::collection::vec(0_u8..6, 0..20)) {
            let mut one = proposal();
            for step in steps {
                let before = one.clone();
                let _ = match step {
                    0 => one.rewrite(Some("Shrubs".into()), None, later()).is_ok(),
                    1 => one.withdraw(later()).is_ok(),
                    2 => one.moderate(Some("rude".into()), later()),
                    3 => one.moderate(None, later()),
                    4 => one.rewrite(None, Some("Fewer cars in the street".into()), later()).is_ok(),
                    _ => one.rewrite(None, None, later()).is_ok(),
                };
                let same = Proposal { revision: one.revision, update_time: one.update_time, ..before.clone() } == one;
                prop_assert_eq!(same, one.etag() == before.etag());
            }
        }
    }
}
