//! Areas: the districts of an organization.

use std::collections::HashMap;
use std::fmt;

/// A district.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// What rolls and budgets call it by; unique in the organization.
    pub code: String,
    /// Its name.
    pub title: String,
    /// The area that it is part of; nothing at the top.
    pub parent: Option<String>,
}

impl Area {
    /// Whether this area may have its parent, of which `ancestry` names the parent itself and everything that the
    /// parent is part of: no area is part of itself.
    #[must_use]
    pub fn fits_in(&self, ancestry: &[String]) -> bool {
        !ancestry.contains(&self.code)
    }
}

/// What is wrong with one of several new areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AreaFault {
    /// The organization has one with this code.
    Exists,
    /// One before it has this code.
    Repeated,
    /// What it is part of exists nowhere.
    ParentUnknown,
    /// It would be part of itself.
    InItself,
}

impl AreaFault {
    /// The field that is wrong, and the rule.
    #[must_use]
    pub const fn rule(self) -> (&'static str, &'static str) {
        match self {
            Self::Exists => ("code", "must not be another area's code"),
            Self::Repeated => ("code", "must not be given twice"),
            Self::ParentUnknown => ("parent_code", "must be the code of an area"),
            Self::InItself => ("parent_code", "must not be the area itself or an area that is part of it"),
        }
    }
}

/// The places of new areas in an order in which each comes after what it is part of.
///
/// # Errors
/// Codes that are there twice, and areas that are part of themselves.
pub fn order(new: &[Area]) -> Result<Vec<usize>, Vec<(usize, AreaFault)>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut faults = Vec::new();
    for (index, area) in new.iter().enumerate() {
        if places.contains_key(area.code.as_str()) {
            faults.push((index, AreaFault::Repeated));
        } else {
            places.insert(&area.code, index);
        }
    }
    let mut placed = vec![false; new.len()];
    let mut order = Vec::new();
    loop {
        let before = order.len();
        for (index, area) in new.iter().enumerate() {
            let parent = area.parent.as_deref().and_then(|parent| places.get(parent));
            let ready = parent.is_none_or(|parent| placed.get(*parent).copied().unwrap_or_default());
            if ready && !placed[index] {
                placed[index] = true;
                order.push(index);
            }
        }
        if order.len() == before {
            break;
        }
    }
    faults.extend((0..new.len()).filter(|index| !placed[*index]).map(|index| (index, AreaFault::InItself)));
    faults.sort_by_key(|(index, _)| *index);
    if faults.is_empty() { Ok(order) } else { Err(faults) }
}

/// How often an area is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Budgets that are for it, or whose vote names it.
    pub budgets: i64,
    /// Proposals that are for it.
    pub proposals: i64,
    /// Members of rolls who live in it.
    pub members: i64,
}

impl Uses {
    /// Whether nothing uses it.
    #[must_use]
    pub fn is_unused(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for Uses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.budgets, "budget", "budgets"),
            (self.proposals, "proposal", "proposals"),
            (self.members, "member of a roll", "members of rolls"),
        ];
        let words: Vec<_> = counts
            .into_iter()
            .filter(|(count, _, _)| *count > 0)
            .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
            .collect();
        f.write_str(&words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_named_as_people_count() {
        assert_eq!(
            Uses { budgets: 2, proposals: 0, members: 1 }.to_string(),
            "2 budgets, 1 member of a roll"
        );
        assert_eq!(Uses { proposals: 1, ..Uses::default() }.to_string(), "1 proposal");
        assert!(Uses::default().is_unused());
    }

    #[test]
    fn parents_come_first_and_circles_are_refused() {
        let area = |code: &str, parent: &str| Area {
            code: code.into(),
            title: code.into(),
            parent: (!parent.is_empty()).then(|| parent.to_owned()),
        };
        let good = [area("quay", "old"), area("old", "city"), area("city", "state"), area("hills", "")];
        assert_eq!(order(&good).unwrap(), [2, 3, 1, 0]);
        let bad = [area("a", "b"), area("b", "a"), area("c", ""), area("c", ""), area("d", "d")];
        assert_eq!(
            order(&bad).unwrap_err(),
            [
                (0, AreaFault::InItself),
                (1, AreaFault::InItself),
                (3, AreaFault::Repeated),
                (4, AreaFault::InItself)
            ]
        );
    }

    #[test]
    fn no_area_is_part_of_itself() {
        let area = |code: &str| Area { code: code.into(), title: code.into(), parent: Some("centre".into()) };
        let ancestry = ["centre".to_owned(), "city".to_owned()];
        assert!(area("old-town").fits_in(&ancestry));
        assert!(!area("centre").fits_in(&ancestry));
        assert!(!area("city").fits_in(&ancestry));
    }
}
