//! Areas: the districts of an organization.

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
    fn no_area_is_part_of_itself() {
        let area = |code: &str| Area { code: code.into(), title: code.into(), parent: Some("centre".into()) };
        let ancestry = ["centre".to_owned(), "city".to_owned()];
        assert!(area("old-town").fits_in(&ancestry));
        assert!(!area("centre").fits_in(&ancestry));
        assert!(!area("city").fits_in(&ancestry));
    }
}
