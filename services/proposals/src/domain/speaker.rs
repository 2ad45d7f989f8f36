//! Who speaks in a proposal, and under which name.

use comitia_proto::proposals::v1::AuthorKind;
use uuid::Uuid;

/// Who speaks in a proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Speaker {
    /// A person without a name: somebody who signed in without an account, or whose account is erased.
    #[default]
    Nameless,
    /// A participant under their display name.
    Person(String),
    /// An association, by one of its members.
    Association {
        /// Its id.
        association_id: Uuid,
        /// Its name.
        name: String,
    },
    /// The organization, by somebody of its team.
    Institution,
}

impl Speaker {
    /// As it is kept: the kind, the name and the association.
    #[must_use]
    pub fn columns(&self) -> (AuthorKind, &str, Option<Uuid>) {
        match self {
            Self::Nameless => (AuthorKind::Person, "", None),
            Self::Person(name) => (AuthorKind::Person, name, None),
            Self::Association { association_id, name } => {
                (AuthorKind::Association, name, Some(*association_id))
            }
            Self::Institution => (AuthorKind::Institution, "", None),
        }
    }

    /// From what is kept.
    #[must_use]
    pub fn of_columns(kind: AuthorKind, name: String, association: Option<Uuid>) -> Self {
        match (kind, association) {
            (AuthorKind::Association, Some(association_id)) => Self::Association { association_id, name },
            (AuthorKind::Institution, _) => Self::Institution,
            _ if name.is_empty() => Self::Nameless,
            _ => Self::Person(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speaker_is_what_its_columns_say() {
        let association = Speaker::Association { association_id: Uuid::from_u128(7), name: "Trees".into() };
        for speaker in [Speaker::Nameless, Speaker::Person("Ada".into()), association, Speaker::Institution] {
            let (kind, name, of) = speaker.columns();
            assert_eq!(Speaker::of_columns(kind, name.to_owned(), of), speaker);
        }
    }
}
