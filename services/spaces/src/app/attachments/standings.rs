//! What holds for the attachments of something: of processes this service knows, of the rest it asks.

use comitia_proto::spaces::v1::AttachmentKind;
use uuid::Uuid;

use crate::app::{App, previews};
use crate::domain::attachment::{Attachment, Holder, Removed};
use crate::domain::standing::{Standing, Visitor};
use crate::error::{Error, FileError};
use crate::store;

/// What holds for a visitor. Outside of transactions, because another service may be asked.
///
/// # Errors
/// [`Error::NotFound`]; `DEPENDENCY_UNAVAILABLE` when the service that keeps it is away.
pub async fn of(app: &App, organization: Uuid, holder: Holder, visitor: &Visitor) -> Result<Standing, Error> {
    let found = match holder {
        Holder::Process(id) => {
            let mut transaction = app.reading(organization).await?;
            let standing = match store::processes::get(&mut transaction, id).await? {
                Some(process) => Some(Standing {
                    public: process.is_published(),
                    previewed: previews::shows(app, &mut transaction, &process, visitor.viewer).await?,
                    ..Standing::default()
                }),
                None => None,
            };
            transaction.commit().await?;
            standing
        }
        Holder::Proposal(id) => {
            app.holders.proposals(organization, &[id], &visitor.subject).await?.remove(&id)
        }
        Holder::Project(id) => app.holders.project(organization, id, visitor.viewer).await?,
        Holder::Organization(_) => Some(Standing { public: true, ..Standing::default() }),
    };
    found.ok_or_else(|| Error::not_found(holder.name(), holder.id()))
}

/// What holds for adding: of a project, the report has to be one of its own.
///
/// # Errors
/// As [`of`]; [`FileError::ReportUnknown`].
pub async fn for_adding(
    app: &App,
    organization: Uuid,
    holder: Holder,
    report: Option<Uuid>,
    visitor: &Visitor,
) -> Result<Standing, Error> {
    let Holder::Project(id) = holder else { return of(app, organization, holder, visitor).await };
    match app.holders.ask_project(organization, id, report, visitor.viewer).await? {
        Some((_, false)) if report.is_some() => Err(FileError::ReportUnknown.into()),
        Some((standing, _)) => Ok(standing),
        None => Err(Error::not_found(holder.name(), id)),
    }
}

/// The attachments of something in their order, to those who may see them.
///
/// # Errors
/// [`Error::NotFound`]; as [`of`].
pub async fn list(
    app: &App,
    organization: Uuid,
    holder: Holder,
    visitor: &Visitor,
) -> Result<Vec<Attachment>, Error> {
    if !visitor.sees(of(app, organization, holder, visitor).await?) {
        return Err(Error::not_found(holder.name(), holder.id()));
    }
    let mut transaction = app.reading(organization).await?;
    let attachments = store::attachments::list(&mut transaction, holder).await?;
    transaction.commit().await?;
    Ok(attachments)
}

/// The attachments of a proposal as [`list`] gives them, and what the team has removed, which its author and staff are told.
///
/// # Errors
/// As [`list`].
pub async fn list_of_proposal(
    app: &App,
    organization: Uuid,
    proposal: Uuid,
    visitor: &Visitor,
) -> Result<(Vec<Attachment>, Vec<Removed>), Error> {
    let holder = Holder::Proposal(proposal);
    let standing = of(app, organization, holder, visitor).await?;
    if !visitor.sees(standing) {
        return Err(Error::not_found(holder.name(), proposal));
    }
    let mut transaction = app.reading(organization).await?;
    let attachments = store::attachments::list(&mut transaction, holder).await?;
    let removed = if standing.own || visitor.is_staff() {
        store::attachments::list_removed(&mut transaction, holder).await?
    } else {
        Vec::new()
    };
    transaction.commit().await?;
    Ok((attachments, removed))
}

/// The first photo of each of those of these proposals that everybody may see.
///
/// # Errors
/// `DEPENDENCY_UNAVAILABLE` when proposals is away; when the database fails.
pub async fn covers(app: &App, organization: Uuid, proposals: &[Uuid]) -> Result<Vec<Attachment>, Error> {
    let mut transaction = app.reading(organization).await?;
    let mut found = store::attachments::covers(&mut transaction, proposals).await?;
    transaction.commit().await?;
    found.retain(|photo| photo.kind == AttachmentKind::Photo && matches!(photo.holder, Holder::Proposal(_)));
    if found.is_empty() {
        return Ok(found);
    }
    let ids: Vec<_> = found.iter().map(|photo| photo.holder.id()).collect();
    let standings = app.holders.proposals(organization, &ids, "").await?;
    found.retain(|photo| standings.get(&photo.holder.id()).is_some_and(|standing| standing.public));
    Ok(found)
}

/// At most `limit` of what somebody has sent for proposals, the newest first, from the one before `before`.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn own(
    app: &App,
    organization: Uuid,
    owner: &str,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Attachment>, Error> {
    let mut transaction = app.reading(organization).await?;
    let found = store::attachments::list_of_owner(&mut transaction, owner, before, limit).await?;
    transaction.commit().await?;
    Ok(found)
}
