//! Signature sheets: what one signs, the way to a permit, the check, the receipt; the count, and the proof of a signature.
//!
//! The permit comes from a provider, a session or the browser itself, and is then in the form of the check. From there on the
//! paths are those of a ballot: the cast goes through the same door, with the permit alone.

mod cookies;
mod count;
mod milestones;
mod prove;
mod provider;
mod receipt;
mod refusal;
mod series;
mod sign;
mod text;
mod verify;
mod withdraw;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use comitia_proto::identity::v1::{ListPollProvidersRequest, Provider};
use comitia_proto::voting::v1::{BallotType, GetCountsRequest, GetLogRequest, Log, Poll, SignatureCounts};
use moka::future::Cache;
use tonic::Status;
use uuid::Uuid;

use super::entry::poll_kind;
use crate::error::PageError;
use crate::visit::Visit;

pub use milestones::condition as milestone_words;
pub use receipt::page as receipt_page;
pub use refusal::of_cast;
pub use sign::show;

/// As long as the API's own answers are good for.
const LOG_GOOD_FOR: Duration = Duration::from_secs(1);
const PROVIDERS_GOOD_FOR: Duration = Duration::from_secs(2);
const SHEETS: u64 = 200;

pub fn routes() -> Router {
    Router::new()
        .route("/votes/{poll}/sign", get(sign::with_session))
        .route("/votes/{poll}/signatures", get(count::show))
        .route("/votes/{poll}/prove", get(prove::form).post(prove::prove))
        .route("/votes/{poll}/withdraw", post(withdraw::withdraw))
        .route("/sign-in/provider", get(provider::back))
        .route("/sign-in/provider/out", get(provider::out))
        .route("/sign-in/provider/{provider}/{poll}", get(provider::begin))
}

/// Whether a poll's ballots are signatures.
pub fn is_sheet(poll: &Poll) -> bool {
    poll_kind(poll) == BallotType::Signature
}

/// What was asked for a moment ago: it is the same for all who look. Cheap to clone.
#[derive(Clone)]
pub struct Sheets {
    logs: Cache<(Uuid, Uuid), Arc<Log>>,
    counts: Cache<(Uuid, Uuid), Arc<SignatureCounts>>,
    providers: Cache<(Uuid, Uuid), Arc<Vec<Provider>>>,
}

impl Sheets {
    pub fn new() -> Self {
        Self {
            logs: Cache::builder().max_capacity(SHEETS).time_to_live(LOG_GOOD_FOR).build(),
            counts: Cache::builder().max_capacity(SHEETS).time_to_live(LOG_GOOD_FOR).build(),
            providers: Cache::builder().max_capacity(SHEETS).time_to_live(PROVIDERS_GOOD_FOR).build(),
        }
    }

    /// The log of a sheet: its checkpoint, and what its entries come to.
    ///
    /// # Errors
    /// When the poll has none, or voting is away.
    pub async fn log(&self, visit: &Visit, id: Uuid) -> Result<Arc<Log>, PageError> {
        let ask = async {
            let message = GetLogRequest { poll_id: id.to_string() };
            let answer = visit.services().logs().get_log(visit.anonymous(message)).await?;
            answer.into_inner().log.map(Arc::new).ok_or_else(|| Status::internal("voting gave no log"))
        };
        let found = self.logs.try_get_with((visit.organization_id, id), ask).await;
        found.map_err(|status: Arc<Status>| (*status).clone().into())
    }

    /// How many signatures there are, by hour too.
    ///
    /// # Errors
    /// When the poll has no log, or voting is away.
    pub async fn counts(&self, visit: &Visit, id: Uuid) -> Result<Arc<SignatureCounts>, PageError> {
        let ask = async {
            let message = GetCountsRequest { poll_id: id.to_string() };
            let answer = visit.services().logs().get_counts(visit.anonymous(message)).await?;
            let counts = answer.into_inner().counts;
            counts.map(Arc::new).ok_or_else(|| Status::internal("voting gave no counts"))
        };
        let found = self.counts.try_get_with((visit.organization_id, id), ask).await;
        found.map_err(|status: Arc<Status>| (*status).clone().into())
    }

    /// The providers that may vouch for people in a poll.
    ///
    /// # Errors
    /// When identity does not know the poll yet, or is away.
    pub async fn providers(&self, visit: &Visit, id: Uuid) -> Result<Arc<Vec<Provider>>, PageError> {
        let ask = async {
            let message = ListPollProvidersRequest { poll_id: id.to_string() };
            let answer = visit.services().providers().list_poll_providers(visit.anonymous(message)).await?;
            Ok(Arc::new(answer.into_inner().providers))
        };
        let found = self.providers.try_get_with((visit.organization_id, id), ask).await;
        found.map_err(|status: Arc<Status>| (*status).clone().into())
    }

    /// What people call a provider; its id when nobody says.
    async fn provider_name(&self, visit: &Visit, id: Uuid, provider: &str) -> String {
        let known = self.providers(visit, id).await.unwrap_or_default();
        let named = known.iter().find(|one| one.provider_id == provider);
        named.map_or(provider, |one| &one.display_name).to_owned()
    }
}
