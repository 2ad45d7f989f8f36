//! What authors do.

use std::sync::Arc;

use comitia_bus::{Event, outbox};
use comitia_platform::auth::Viewer;
use comitia_platform::idempotency::Idempotent;
use comitia_proto::events::v1::ProposalSubmitted;
use prost::Message;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::{App, lock, readers};
use crate::domain::languages::Dictionaries;
use crate::domain::proposal::{Proposal, Text};
use crate::domain::speaker::Speaker;
use crate::domain::submission::Submission;
use crate::error::Error;
use crate::{spaces, store};

/// Who writes.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    /// Their pseudonym.
    pub author: &'a str,
    /// Whether they are on the team, and so speak for the organization.
    pub staff: bool,
    /// The association that they write for.
    pub association: Option<Uuid>,
}

impl Writer<'_> {
    async fn speaker(&self, app: &App, organization: Uuid) -> Result<Speaker, Error> {
        if self.staff && self.association.is_none() {
            return Ok(Speaker::Institution);
        }
        app.authors.speaker(organization, self.author, self.association).await
    }
}

/// Submits a proposal, while a submission phase of the process is open. `answer` makes the answer, which an equal
/// request gets too.
///
/// # Errors
/// [`Error::ProcessUnknown`], [`Error::ProcessNotPublished`], [`Error::PhaseNotOpen`]; those of
/// [`crate::identity::Authors::speaker`].
pub async fn submit<R: Message + Default>(
    app: &App,
    organization: Uuid,
    request: &Idempotent,
    process: Uuid,
    text: Text,
    writer: Writer<'_>,
    answer: impl FnOnce(Proposal) -> R + Send,
) -> Result<R, Error> {
    // Before the transaction, which must not wait for another service. What was submitted before is answered in any
    // case.
    let asked = ask(app, organization, process, &text.area_code).await;
    let speaker = writer.speaker(app, organization).await;
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = request.earlier(&mut transaction).await? {
        return Ok(earlier);
    }
    let now = app.clock.now();
    let (submission, dictionaries) = asked?;
    submission.check(now)?;
    let speaker = speaker?;
    store::authors::lock(&mut transaction, writer.author).await?;
    if store::authors::is_erased(&mut transaction, writer.author).await? {
        return Err(Error::AuthorErased);
    }
    let proposal = Proposal::submit(process, text, writer.author.to_owned(), speaker, now);
    store::proposals::insert(&mut transaction, organization, &proposal, &dictionaries).await?;
    let id = proposal.proposal_id;
    let submitted = ProposalSubmitted { proposal_id: id.to_string(), process_id: process.to_string() };
    let event = Event::new(&app.clock, "proposals.proposal.submitted", Some(organization), id, &submitted);
    outbox::append(&mut transaction, &[event]).await?;
    let response = answer(proposal);
    request.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(response)
}

/// What spaces has to say of a new proposal.
async fn ask(
    app: &App,
    organization: Uuid,
    process: Uuid,
    area: &str,
) -> Result<(Submission, Arc<Dictionaries>), Error> {
    let submission = spaces::submission(&app.processes, organization, process).await?;
    app.organizations.check_area(organization, area).await?;
    Ok((submission, app.organizations.dictionaries(organization).await?))
}

/// What an author changes.
#[derive(Clone, Debug)]
pub struct Rewriting {
    /// The title from now on; unchanged when there is none.
    pub title: Option<String>,
    /// The text from now on; unchanged when there is none.
    pub body: Option<String>,
    /// The etag that the proposal must have; empty for any.
    pub etag: String,
}

/// Changes the author's own proposal, while the submission phase is open and nobody has answered it.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotTheAuthor`], [`Error::EtagMismatch`], [`Error::State`], and those of [`submit`].
pub async fn rewrite(
    app: &App,
    organization: Uuid,
    proposal: Uuid,
    change: Rewriting,
    author: &str,
) -> Result<Proposal, Error> {
    let process = readers::get(app, organization, proposal, Viewer::Staff).await?.process_id;
    let submission = spaces::submission(&app.processes, organization, process).await;
    let dictionaries = app.organizations.dictionaries(organization).await;
    let mut transaction = app.begin(organization).await?;
    let mut proposal = own(&mut transaction, proposal, author).await?;
    if !change.etag.is_empty() && change.etag != proposal.etag() {
        return Err(Error::EtagMismatch);
    }
    let now = app.clock.now();
    let changed = proposal.rewrite(change.title, change.body, now)?;
    submission?.check(now)?;
    if changed {
        store::proposals::update(&mut transaction, &proposal).await?;
        store::words::write(&mut transaction, &proposal, &*dictionaries?).await?;
    }
    transaction.commit().await?;
    Ok(proposal)
}

/// Withdraws the author's own proposal, as long as it has not become a project. Once it is, nothing more happens.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotTheAuthor`], [`Error::State`].
pub async fn withdraw(
    app: &App,
    organization: Uuid,
    proposal: Uuid,
    author: &str,
) -> Result<Proposal, Error> {
    let mut transaction = app.begin(organization).await?;
    let mut proposal = own(&mut transaction, proposal, author).await?;
    if proposal.withdraw(app.clock.now())? {
        store::proposals::update(&mut transaction, &proposal).await?;
    }
    transaction.commit().await?;
    Ok(proposal)
}

async fn own(connection: &mut PgConnection, proposal: Uuid, author: &str) -> Result<Proposal, Error> {
    let proposal = lock(connection, proposal).await?;
    // An erased author is nobody.
    let own = !author.is_empty() && proposal.author == author;
    if own { Ok(proposal) } else { Err(Error::NotTheAuthor) }
}
