//! For whom a vote is: the areas that its districts stand for, and how many members of the roll may vote.

use std::collections::{BTreeMap, BTreeSet};

use comitia_platform::currency;
use comitia_proto::budgets::v1::{VoteWarning, VoteWarningKind};
use comitia_proto::identity::v1::DistrictElectors;
use comitia_proto::spaces::v1::Area;

use crate::domain::budget::Terms;
use crate::domain::poll::Schedule;
use crate::domain::project::Project;
use crate::error::Error;

/// How many examples a warning names.
const EXAMPLES: usize = 20;

/// The areas of an organization.
#[derive(Clone, Debug, Default)]
pub struct Areas {
    /// The areas that are part of each.
    parts: BTreeMap<String, Vec<String>>,
}

impl Areas {
    /// From what spaces says.
    #[must_use]
    pub fn new(areas: Vec<Area>) -> Self {
        let mut parts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for area in areas {
            if !area.parent_code.is_empty() {
                parts.entry(area.parent_code).or_default().push(area.code.clone());
            }
            parts.entry(area.code).or_default();
        }
        Self { parts }
    }

    /// Whether there is an area with this code.
    #[must_use]
    pub fn has(&self, code: &str) -> bool {
        self.parts.contains_key(code)
    }

    /// A district and all that is part of it.
    fn within(&self, district: &str) -> BTreeSet<String> {
        let mut within = BTreeSet::from([district.to_owned()]);
        let mut next = vec![district.to_owned()];
        while let Some(area) = next.pop() {
            for part in self.parts.get(&area).into_iter().flatten() {
                if within.insert(part.clone()) {
                    next.push(part.clone());
                }
            }
        }
        within
    }

    /// Everything that these districts stand for, in order.
    #[must_use]
    pub fn all_within(&self, districts: &[String]) -> Vec<String> {
        let all: BTreeSet<_> = districts.iter().flat_map(|district| self.within(district)).collect();
        all.into_iter().collect()
    }
}

/// The members of the roll by district, with the areas and the schedule of the vote that they were counted for.
#[derive(Clone, Debug)]
pub struct Electorate<'a> {
    /// What was asked for.
    pub schedule: &'a Schedule,
    /// The areas of the organization.
    pub areas: &'a Areas,
    /// The districts of the roll.
    pub districts: &'a [DistrictElectors],
}

impl Electorate<'_> {
    /// How many may vote.
    #[must_use]
    pub fn count(&self) -> i64 {
        self.districts.iter().map(|district| district.elector_count).sum()
    }

    /// How many members the roll has.
    fn members(&self) -> i64 {
        self.districts.iter().map(|district| district.member_count).sum()
    }

    /// How many may vote in a district or in what is part of it.
    fn within(&self, district: &str) -> i64 {
        let within = self.areas.within(district);
        let there = self.districts.iter().filter(|found| within.contains(&found.district));
        there.map(|found| found.elector_count).sum()
    }

    /// Refuses a vote in which nobody may vote, or that is for something which is neither an area nor a district.
    ///
    /// # Errors
    /// [`Error::NobodyEligible`], which says why; `FIELD_INVALID` for districts that do not exist.
    pub fn check(&self) -> Result<(), Error> {
        let mut checks = comitia_platform::validate::Checks::new();
        for district in &self.schedule.districts {
            let known = self.areas.parts.contains_key(district)
                || self.districts.iter().any(|found| found.district == *district);
            // Without a place: they are sorted by now.
            checks.require(
                known,
                "districts",
                format!("must be areas or districts of the roll; {district} is neither"),
            );
        }
        checks.finish()?;
        if self.count() > 0 {
            return Ok(());
        }
        let without: i64 = self.districts.iter().map(|district| district.without_birth_date_count).sum();
        let (field, rule) = if self.members() == 0 {
            ("roll_id", "must be a roll with members; it has none".to_owned())
        } else if self.schedule.minimum_age > 0 && without == self.members() {
            ("minimum_age", "must be 0: the roll has no birth dates".to_owned())
        } else if !self.schedule.districts.is_empty() && self.lives_nobody() {
            let roll: Vec<_> = self.districts.iter().map(|found| found.district.as_str()).collect();
            let named = self.schedule.districts.join(", ");
            (
                "districts",
                format!(
                    "must be districts of the roll: no member lives in {named}; members live in {}",
                    some(roll.into_iter())
                ),
            )
        } else {
            (
                "minimum_age",
                format!(
                    "must be less: no member of these districts is {} years old",
                    self.schedule.minimum_age
                ),
            )
        };
        Err(Error::NobodyEligible { field, rule })
    }

    /// Whether no member lives in the vote's districts.
    fn lives_nobody(&self) -> bool {
        let within = self.areas.all_within(&self.schedule.districts);
        !self.districts.iter().any(|found| found.member_count > 0 && within.contains(&found.district))
    }

    /// What looks wrong, without hindering the vote.
    #[must_use]
    pub fn warnings(&self, terms: &Terms, projects: &[Project]) -> Vec<VoteWarning> {
        let mut warnings = Vec::new();
        self.warn_of_districts(&mut warnings);
        self.warn_of_members(&mut warnings);
        let dearer = projects.iter().filter(|project| project.values.cost > terms.amount);
        let amount = currency::text(terms.amount, &terms.currency);
        push(
            &mut warnings,
            VoteWarningKind::ProjectDearerThanBudget,
            dearer.map(|project| project.reference.as_str()),
            &format!("dearer than the {amount} that the budget has of its own"),
            ("project", "projects"),
        );
        let free = projects.iter().filter(|project| project.values.cost == 0);
        push(
            &mut warnings,
            VoteWarningKind::ProjectWithoutCost,
            free.map(|project| project.reference.as_str()),
            "without a cost, funded by any vote that reaches the rule's threshold",
            ("project", "projects"),
        );
        warnings
    }

    fn warn_of_districts(&self, warnings: &mut Vec<VoteWarning>) {
        if !self.areas.parts.is_empty() {
            let strange = self.districts.iter().map(|found| found.district.as_str());
            let strange = strange.filter(|code| !code.is_empty() && !self.areas.parts.contains_key(*code));
            push(
                warnings,
                VoteWarningKind::DistrictWithoutArea,
                strange,
                "of the roll without an area",
                ("district", "districts"),
            );
        }
        let empty = self.schedule.districts.iter().map(String::as_str);
        push(
            warnings,
            VoteWarningKind::DistrictWithoutElectors,
            empty.filter(|code| self.within(code) == 0),
            "of the vote without anybody who may vote",
            ("district", "districts"),
        );
    }

    fn warn_of_members(&self, warnings: &mut Vec<VoteWarning>) {
        let mut warn = |kind: VoteWarningKind, count: i64, text: &str| {
            if count > 0 {
                let members = if count == 1 { "member" } else { "members" };
                warnings.push(VoteWarning {
                    kind: kind.into(),
                    count,
                    examples: Vec::new(),
                    text: format!("{count} {members} of the roll {text}"),
                });
            }
        };
        let nowhere = self.districts.iter().find(|found| found.district.is_empty());
        let matters = self.districts.len() > 1 || !self.schedule.districts.is_empty();
        let nowhere = nowhere.filter(|_| matters).map_or(0, |found| found.member_count);
        let consequence = if self.schedule.districts.is_empty() {
            "without a district: their ballots are counted in none"
        } else {
            "without a district: they cannot vote"
        };
        warn(VoteWarningKind::MembersWithoutDistrict, nowhere, consequence);
        let unknown = self.districts.iter().map(|found| found.without_birth_date_count).sum();
        warn(
            VoteWarningKind::MembersWithoutBirthDate,
            unknown,
            "without a birth date: they cannot vote, because there is a minimum age",
        );
    }
}

fn push<'a>(
    warnings: &mut Vec<VoteWarning>,
    kind: VoteWarningKind,
    codes: impl Iterator<Item = &'a str>,
    text: &str,
    (one, many): (&str, &str),
) {
    let codes: Vec<_> = codes.collect();
    if codes.is_empty() {
        return;
    }
    let noun = if codes.len() == 1 { one } else { many };
    warnings.push(VoteWarning {
        kind: kind.into(),
        count: i64::try_from(codes.len()).unwrap_or(i64::MAX),
        examples: codes.iter().take(EXAMPLES).map(|code| (*code).to_owned()).collect(),
        text: format!("{} {noun} {text}: {}", codes.len(), some(codes.iter().copied())),
    });
}

/// Some of these codes in words.
fn some<'a>(codes: impl Iterator<Item = &'a str>) -> String {
    let codes: Vec<_> = codes.map(|code| if code.is_empty() { "(none)" } else { code }).collect();
    let shown = codes.iter().take(EXAMPLES).copied().collect::<Vec<_>>().join(", ");
    if codes.len() > EXAMPLES { format!("{shown} and {} more", codes.len() - EXAMPLES) } else { shown }
}

#[cfg(test)]
#[path = "electorate_tests.rs"]
mod tests;
