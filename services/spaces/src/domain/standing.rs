//! Who may see photos and documents, and who may change them.

use comitia_platform::auth::Viewer;

use crate::domain::attachment::Holder;

/// What holds for the attachments of something, as the service says that keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether everybody may see them.
    pub public: bool,
    /// Whether the visitor may see them all the same, such as in a preview that they have opened.
    pub previewed: bool,
    /// Whether it is the visitor's own.
    pub own: bool,
    /// Whether its author may change it now.
    pub open: bool,
}

/// Who looks at attachments, or changes them.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    /// Their pseudonym; empty for anybody.
    pub subject: String,
    /// What they see of what is not public yet.
    pub viewer: Viewer,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// Whether they are a moderator.
    pub moderator: bool,
    /// Whether they are a budget officer.
    pub budget_officer: bool,
}

/// Why somebody may not change attachments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// None of their roles allows it.
    Role,
    /// It is somebody else's.
    NotTheAuthor,
    /// It can no longer be changed, or not yet.
    Closed,
}

/// How somebody removes an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removing {
    /// As they may with what is theirs to look after.
    Own,
    /// As a moderator does, who says why.
    Moderating,
}

impl Visitor {
    /// Whether they work for the organization, or are another service.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.viewer == Viewer::Staff
    }

    /// Whether they may see the attachments of what stands so.
    #[must_use]
    pub fn sees(&self, standing: Standing) -> bool {
        standing.public || standing.previewed || standing.own || self.is_staff()
    }

    /// Whether they may add attachments, or change their words.
    ///
    /// # Errors
    /// Why not.
    pub fn may_change(&self, holder: Holder, standing: Standing) -> Result<(), Denied> {
        match holder {
            Holder::Process(_) | Holder::Organization(_) if self.administrator => Ok(()),
            Holder::Project(_) if self.administrator || self.budget_officer => Ok(()),
            Holder::Process(_) | Holder::Project(_) | Holder::Organization(_) => Err(Denied::Role),
            Holder::Proposal(_) if !standing.own => Err(Denied::NotTheAuthor),
            Holder::Proposal(_) if !standing.open => Err(Denied::Closed),
            Holder::Proposal(_) => Ok(()),
        }
    }

    /// How they remove an attachment, if they may. What somebody sent is always theirs to take back.
    ///
    /// # Errors
    /// Why not.
    pub fn may_remove(&self, holder: Holder, standing: Standing) -> Result<Removing, Denied> {
        match holder {
            Holder::Proposal(_) if standing.own => Ok(Removing::Own),
            Holder::Proposal(_) if self.administrator || self.moderator => Ok(Removing::Moderating),
            Holder::Proposal(_) => Err(Denied::NotTheAuthor),
            _ => self.may_change(holder, standing).map(|()| Removing::Own),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const HIDDEN: Standing = Standing { public: false, previewed: false, own: false, open: false };
    const NOBODYS: Standing = Standing { public: true, ..HIDDEN };
    const OPEN: Standing = Standing { own: true, open: true, ..NOBODYS };
    const CLOSED: Standing = Standing { own: true, ..NOBODYS };

    fn visitor(change: impl FnOnce(&mut Visitor)) -> Visitor {
        let mut visitor = Visitor::default();
        change(&mut visitor);
        visitor
    }

    #[test]
    fn what_is_hidden_is_seen_by_its_author_and_staff_and_in_its_preview() {
        let staff = visitor(|one| one.viewer = Viewer::Staff);
        let anybody = Visitor::default();
        assert!(anybody.sees(NOBODYS) && !anybody.sees(HIDDEN) && staff.sees(HIDDEN));
        assert!(anybody.sees(Standing { own: true, ..HIDDEN }));
        assert!(anybody.sees(Standing { previewed: true, ..HIDDEN }));
    }

    #[test]
    fn a_proposal_is_its_authors_while_it_is_open() {
        let proposal = Holder::Proposal(Uuid::nil());
        let administrator = visitor(|one| one.administrator = true);
        let author = Visitor::default();
        assert_eq!(author.may_change(proposal, OPEN), Ok(()));
        assert_eq!(author.may_change(proposal, CLOSED), Err(Denied::Closed));
        assert_eq!(administrator.may_change(proposal, NOBODYS), Err(Denied::NotTheAuthor));
        assert_eq!(author.may_remove(proposal, CLOSED), Ok(Removing::Own));
        assert_eq!(author.may_remove(proposal, NOBODYS), Err(Denied::NotTheAuthor));
        assert_eq!(administrator.may_remove(proposal, NOBODYS), Ok(Removing::Moderating));
        assert_eq!(administrator.may_remove(proposal, CLOSED), Ok(Removing::Own));
    }

    #[test]
    fn processes_and_projects_have_roles_of_their_own() {
        let (process, project) = (Holder::Process(Uuid::nil()), Holder::Project(Uuid::nil()));
        let officer = visitor(|one| one.budget_officer = true);
        let moderator = visitor(|one| one.moderator = true);
        let administrator = visitor(|one| one.administrator = true);
        assert_eq!(officer.may_change(project, NOBODYS), Ok(()));
        assert_eq!(officer.may_change(process, NOBODYS), Err(Denied::Role));
        assert_eq!(moderator.may_remove(project, NOBODYS), Err(Denied::Role));
        assert_eq!(moderator.may_remove(process, NOBODYS), Err(Denied::Role));
        for holder in [process, project] {
            assert_eq!(administrator.may_remove(holder, NOBODYS), Ok(Removing::Own));
        }
    }
}
