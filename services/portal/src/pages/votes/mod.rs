//! The booth: the votes, a ballot as a form, its check, its cast, its receipt.
//!
//! A ballot lives in its form, in the person's browser, together with the permit that it is cast with. The page that the permit
//! is fetched with knows the session and no ballot; check, cast and receipt know the ballot and no session: they are anonymous
//! paths ([`super::is_anonymous`]), which no cookie reaches.

mod ballot;
mod cast;
mod check;
mod desk;
mod entry;
mod list;
mod option;
mod paper;
mod receipt;
mod refusal;
mod rules;
mod sheet;

use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::{Extension, Router};
use uuid::Uuid;

use crate::error::PageError;

pub use desk::PATH as DESK;
pub use list::{all_polls, sheet_cards};
pub use paper::{Door, Papers, door};
pub use sheet::{is_sheet, milestone_words};

/// A ballot of 1,000 choices with permit and secret, or a form in which each of 10,000 options has a field that is empty: what
/// the gateway takes.
const FORM_BYTES: usize = 256 * 1024;

pub fn routes() -> Router {
    Router::new()
        .route(desk::PATH, get(desk::form).post(desk::redeem))
        .route("/votes", get(list::show))
        .route("/votes/{poll}", get(ballot::show))
        .route("/votes/{poll}/check", get(check::without_form).post(check::check))
        .route("/votes/{poll}/cast", get(check::without_form).post(cast::cast))
        .route("/votes/{poll}/receipt", get(receipt::show))
        .merge(sheet::routes())
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(Extension(Papers::new()))
        .layer(Extension(sheet::Sheets::new()))
}

/// The id of a poll in a path.
///
/// # Errors
/// [`PageError::NotFound`] for what is none.
pub fn poll_id(segment: &str) -> Result<Uuid, PageError> {
    Uuid::parse_str(segment).map_err(|_| PageError::NotFound)
}
