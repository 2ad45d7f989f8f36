//! The roles that staff may have, by the names that are stored and signed.

use comitia_platform::auth::Role;

/// The roles of staff members.
const STAFF: [Role; 4] = [Role::Administrator, Role::Moderator, Role::BudgetOfficer, Role::Auditor];

/// The name of a role, as tokens and the database have it.
#[must_use]
pub fn name(role: Role) -> &'static str {
    let name = role.as_str_name();
    name.strip_prefix("ROLE_").unwrap_or(name)
}

/// The role with this name.
#[must_use]
pub fn from_name(name: &str) -> Option<Role> {
    Role::from_str_name(&format!("ROLE_{name}"))
}

/// Staff roles in the order of the enum, each once; nothing when one of them is no staff role or there are none.
#[must_use]
pub fn staff(numbers: &[i32]) -> Option<Vec<Role>> {
    let mut roles = numbers
        .iter()
        .map(|&number| Role::try_from(number).ok().filter(|role| STAFF.contains(role)))
        .collect::<Option<Vec<_>>>()?;
    roles.sort_unstable_by_key(|role| *role as i32);
    roles.dedup();
    (!roles.is_empty()).then_some(roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_staff_roles_can_be_given() {
        let both = [Role::Auditor as i32, Role::Administrator as i32, Role::Auditor as i32];
        assert_eq!(staff(&both), Some(vec![Role::Administrator, Role::Auditor]));
        assert_eq!(staff(&[]), None);
        for forbidden in [Role::Operator, Role::Service, Role::Participant, Role::Unspecified] {
            assert_eq!(staff(&[Role::Administrator as i32, forbidden as i32]), None);
        }
    }

    #[test]
    fn names_come_back() {
        assert_eq!(from_name(name(Role::BudgetOfficer)), Some(Role::BudgetOfficer));
    }
}
