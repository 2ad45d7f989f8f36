//! What the process's team does to many proposals at once: one decision, and for each of them an outcome, an event and a line in
//! the organization's log, in as many statements as for one.

use std::collections::HashMap;

use comitia_bus::{Event, outbox};
use comitia_platform::acts::{self, Changes};
use comitia_platform::database::Transaction;
use comitia_platform::idempotency::Idempotent;
use comitia_proto::events::v1::{ProposalAnswered, ProposalModerated};
use comitia_proto::proposals::v1::ProposalState;
use prost::Message;
use uuid::Uuid;

use crate::app::App;
use crate::domain::proposal::Proposal;
use crate::error::Error;
use crate::store;

/// A proposal with why nothing was done to it, if nothing was.
pub type Outcome = (Uuid, Option<Error>);

/// Gives proposals one answer, each in the place of any answer before. One that has it already stays as it is.
///
/// # Errors
/// A used request id. What is wrong with a proposal is its outcome: [`Error::NotFound`], [`Error::State`].
pub async fn answer<R: Message + Default>(
    app: &App,
    organization: Uuid,
    idempotent: &Idempotent,
    ids: &[Uuid],
    (state, answer): (ProposalState, &str),
    encode: impl Fn(Vec<Outcome>) -> R,
) -> Result<R, Error> {
    let mut batch = match Batch::begin(app, organization, idempotent, ids).await? {
        Begun::Earlier(earlier) => return Ok(earlier),
        Begun::New(batch) => batch,
    };
    let (now, accepted) = (app.clock.now(), state == ProposalState::Accepted);
    batch.decide(app, "answered", |proposal| {
        if (proposal.state, proposal.answer.as_str()) == (state, answer) {
            return Ok(None);
        }
        let before = proposal.clone();
        proposal.answer(state, answer.to_owned(), before.estimated_cost, now)?;
        let changes = Changes::default().and("state", before.state.as_str_name(), state.as_str_name()).and(
            "answer",
            &before.answer,
            answer,
        );
        let fact = ProposalAnswered { proposal_id: proposal.proposal_id.to_string(), accepted };
        Ok(Some((changes, fact)))
    });
    store::batch::update_answers(&mut batch.transaction, &batch.changed).await?;
    batch.finish(app, idempotent, encode).await
}

/// Hides proposals for one reason, or shows them again. One where that is in force already stays as it is.
///
/// # Errors
/// A used request id. What is wrong with a proposal is its outcome: [`Error::NotFound`].
pub async fn moderate<R: Message + Default>(
    app: &App,
    organization: Uuid,
    idempotent: &Idempotent,
    ids: &[Uuid],
    (hidden, reason, moderator): (bool, &str, &str),
    encode: impl Fn(Vec<Outcome>) -> R,
) -> Result<R, Error> {
    let mut batch = match Batch::begin(app, organization, idempotent, ids).await? {
        Begun::Earlier(earlier) => return Ok(earlier),
        Begun::New(batch) => batch,
    };
    let now = app.clock.now();
    batch.decide(app, "moderated", |proposal| {
        let before = proposal.hidden_reason.clone();
        if !proposal.moderate(hidden.then(|| reason.to_owned()), now) {
            return Ok(None);
        }
        let changes = Changes::default().and("hidden", before.is_some(), hidden).and(
            "reason",
            before.unwrap_or_default(),
            reason,
        );
        Ok(Some((changes, ProposalModerated { proposal_id: proposal.proposal_id.to_string(), hidden })))
    });
    let (transaction, changed) = (&mut batch.transaction, &batch.changed);
    store::batch::update_moderations(transaction, changed).await?;
    store::batch::insert_moderations(transaction, organization, changed, reason, moderator).await?;
    batch.finish(app, idempotent, encode).await
}

enum Begun<R> {
    /// The answer of the first time.
    Earlier(R),
    New(Box<Batch>),
}

/// A decision on many proposals, in one transaction.
struct Batch {
    transaction: Transaction,
    organization: Uuid,
    ids: Vec<Uuid>,
    /// Nobody else changes them until the end.
    found: HashMap<Uuid, Proposal>,
    changed: Vec<Proposal>,
    events: Vec<Event>,
    outcomes: Vec<Outcome>,
}

impl Batch {
    async fn begin<R: Message + Default>(
        app: &App,
        organization: Uuid,
        idempotent: &Idempotent,
        ids: &[Uuid],
    ) -> Result<Begun<R>, Error> {
        let mut transaction = app.begin(organization).await?;
        if let Some(earlier) = idempotent.earlier(&mut transaction).await? {
            return Ok(Begun::Earlier(earlier));
        }
        let found = store::batch::lock(&mut transaction, ids).await?;
        Ok(Begun::New(Box::new(Self {
            transaction,
            organization,
            ids: ids.to_vec(),
            found: found.into_iter().map(|proposal| (proposal.proposal_id, proposal)).collect(),
            changed: Vec::new(),
            events: Vec::new(),
            outcomes: Vec::new(),
        })))
    }

    /// Decides on each. `decide` gives what changes, and nothing where it is so already.
    fn decide<M: Message>(
        &mut self,
        app: &App,
        what: &str,
        decide: impl Fn(&mut Proposal) -> Result<Option<(Changes, M)>, Error>,
    ) {
        let key = format!("proposals.proposal.{what}");
        for id in &self.ids {
            let Some(mut proposal) = self.found.remove(id) else {
                self.outcomes.push((*id, Some(Error::NotFound(*id))));
                continue;
            };
            match decide(&mut proposal) {
                Ok(Some((changes, fact))) => {
                    acts::each("proposals", *id, changes);
                    let organization = Some(self.organization);
                    self.events.push(Event::new(&app.clock, key.as_str(), organization, *id, &fact));
                    self.changed.push(proposal);
                    self.outcomes.push((*id, None));
                }
                Ok(None) => self.outcomes.push((*id, None)),
                Err(error) => self.outcomes.push((*id, Some(error))),
            }
        }
    }

    async fn finish<R: Message + Default>(
        mut self,
        app: &App,
        idempotent: &Idempotent,
        encode: impl Fn(Vec<Outcome>) -> R,
    ) -> Result<R, Error> {
        let answer = encode(self.outcomes);
        outbox::append(&mut self.transaction, &self.events).await?;
        // Where nothing changes, nothing is written either, so that the log has no line of it.
        if !self.changed.is_empty() {
            idempotent.keep(&mut self.transaction, &answer).await?;
            self.transaction.commit().await?;
            app.outbox.wake();
        }
        Ok(answer)
    }
}
