//! What anybody may look up of receipts: whether the ballot of a tracking code counts, and the codes of a sealed poll.

use comitia_platform::database::{self, Tenant};
use comitia_platform::error::{ApiError, ErrorCode, Reason};
use comitia_proto::voting::v1::{ListTrackingCodesResponse, LookUpTrackingCodeResponse, TrackedState};
use futures_util::TryStreamExt;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{App, close, withdraw};
use crate::domain::receipt::Match;
use crate::domain::tracking::{CodesDigest, TrackingCode};
use crate::error::Error;
use crate::store;

/// Codes of a page.
const PAGE: usize = 4_096;
/// Bytes of a code.
const CODE: usize = 16;

/// What became of the ballot with a tracking code. The code itself says where to look, so this costs one look into
/// the primary key, also for a code that was made up.
///
/// # Errors
/// [`Error::TrackingCodeUnknown`]; `FIELD_INVALID` for what is no tracking code; [`Error::PollNotFound`].
pub async fn look_up_tracking_code(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    code: &str,
) -> Result<LookUpTrackingCodeResponse, Error> {
    let code = TrackingCode::parse(code).ok_or_else(|| {
        ApiError::invalid_field(
            "tracking_code",
            "must be a tracking code of 28 letters and digits; one is wrong or missing",
        )
    })?;
    let definition = app.definitions.get(organization, poll_id).await?;
    let location = app.receipts.locate(code);
    let mut transaction = database::begin(&app.pool, Tenant::All).await?;
    let found = store::ballots::beginning_with(&mut transaction, poll_id, location.prefix).await?;
    transaction.commit().await?;
    let found = found.iter().filter_map(|present| present.tracked(poll_id)).find_map(|stored| {
        let state = match app.receipts.compare(location, stored) {
            Match::Same => TrackedState::Counted,
            Match::Earlier => TrackedState::Replaced,
            Match::Other => return None,
        };
        let latest_revision = u32::try_from(stored.revision).unwrap_or(0);
        let revision =
            if state == TrackedState::Counted { latest_revision } else { location.revision.into() };
        let answer = LookUpTrackingCodeResponse { state: state.into(), revision, latest_revision };
        Some((answer, *stored.nullifier))
    });
    let (mut answer, nullifier) = found.ok_or(Error::TrackingCodeUnknown)?;
    if definition.withdrawal_allowed && withdraw::is_withdrawn(app, poll_id, &nullifier).await? {
        answer.set_state(TrackedState::Withdrawn);
    }
    Ok(answer)
}

/// Publishes the tracking codes of the ballots that were cast online, in the transaction that seals their poll. Sorting
/// them (16 bytes each, in memory) hides the order in which people voted.
pub(super) async fn publish_codes(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    poll_id: Uuid,
) -> Result<(), Error> {
    let mut codes = Vec::new();
    {
        let mut ballots = std::pin::pin!(store::ballots::online(connection, poll_id));
        while let Some(ballot) = ballots.try_next().await? {
            codes.extend(ballot.tracked(poll_id).map(|tracked| app.receipts.tracking_code(tracked)));
        }
    }
    // Sorting millions takes a second: off the async threads.
    let sorted = comitia_core::task::blocking(move || {
        codes.sort_unstable();
        let mut digest = CodesDigest::new(poll_id);
        codes.iter().for_each(|code| digest.add(*code));
        let bytes: Vec<u8> = codes.iter().flat_map(|code| code.0).collect();
        (bytes, digest.finish())
    });
    let (bytes, digest) = sorted.await.map_err(|error| Error::Api(ApiError::internal(error)))?;
    let pages: Vec<&[u8]> = bytes.chunks(PAGE * CODE).collect();
    let count = i64::try_from(bytes.len() / CODE).unwrap_or(i64::MAX);
    store::tracking::publish(connection, organization, poll_id, &pages, &digest, count).await?;
    Ok(())
}

/// A page of the tracking codes of a sealed poll.
///
/// # Errors
/// [`Error::PollNotFound`], [`Error::NotSealed`], and `PAGE_TOKEN_INVALID` for a token that no page gave.
pub async fn list_tracking_codes(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
    token: &str,
) -> Result<ListTrackingCodesResponse, Error> {
    close::require_sealed(app, organization, poll_id).await?;
    // The page token is the plain number of the page.
    let page = match token {
        "" => Some(0),
        token => token.parse().ok().filter(|page| *page > 0),
    };
    let invalid = || {
        let message = "the page token is not from this list";
        ApiError::new(ErrorCode::InvalidArgument, Reason::PageTokenInvalid, message)
            .with_violation("page_token", "must be a next_page_token of this list")
    };
    let page: i32 = page.ok_or_else(invalid)?;
    let mut transaction = app.begin(organization).await?;
    let found = store::tracking::page(&mut transaction, poll_id, page).await?;
    transaction.commit().await?;
    let (codes, more) = match found {
        Some(found) => found,
        None if page == 0 => return Ok(ListTrackingCodesResponse::default()),
        None => return Err(invalid().into()),
    };
    let (codes, _) = codes.as_chunks::<CODE>();
    Ok(ListTrackingCodesResponse {
        tracking_codes: codes.iter().map(|code| TrackingCode(*code).to_string()).collect(),
        next_page_token: if more { (page + 1).to_string() } else { String::new() },
    })
}
