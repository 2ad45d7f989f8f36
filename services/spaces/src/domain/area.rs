//! Areas: the districts of an organization.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_area_is_part_of_itself() {
        let area = |code: &str| Area { code: code.into(), title: code.into(), parent: Some("centre".into()) };
        let ancestry = ["centre".to_owned(), "city".to_owned()];
        assert!(area("old-town").fits_in(&ancestry));
        assert!(!area("centre").fits_in(&ancestry));
        assert!(!area("city").fits_in(&ancestry));
    }
}
