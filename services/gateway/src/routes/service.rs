//! The services behind the gateway.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceName {
    Identity,
    Spaces,
    Proposals,
    Budgets,
    Voting,
    /// Answers with pages, to requests that are not the API's.
    Portal,
}

impl ServiceName {
    pub const COUNT: usize = 6;

    pub const ALL: [Self; Self::COUNT] =
        [Self::Identity, Self::Spaces, Self::Proposals, Self::Budgets, Self::Voting, Self::Portal];

    /// The name in configuration and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Spaces => "spaces",
            Self::Proposals => "proposals",
            Self::Budgets => "budgets",
            Self::Voting => "voting",
            Self::Portal => "portal",
        }
    }

    /// The service of a proto package such as `comitia.voting.v1`.
    pub fn of_package(package: &str) -> Option<Self> {
        Some(match package.strip_prefix("comitia.")?.split('.').next()? {
            "identity" => Self::Identity,
            "spaces" => Self::Spaces,
            "proposals" => Self::Proposals,
            "budgets" => Self::Budgets,
            "voting" => Self::Voting,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_with_services_has_its_service() {
        for method in comitia_proto::methods() {
            let service = method.parent_service();
            assert!(ServiceName::of_package(service.package_name()).is_some(), "{}", service.full_name());
        }
        assert_eq!(ServiceName::of_package("comitia.voting.v1"), Some(ServiceName::Voting));
        assert_eq!(ServiceName::of_package("google.api"), None);
    }
}
