//! The pages, in the order of the site. Each file reads the request, calls, makes its view and renders it.

mod account;
mod budgets;
mod calls;
mod corrections;
mod data;
mod dates;
pub mod errors;
pub mod files;
mod home;
mod legal;
mod office;
mod parts;
pub mod preview;
mod processes;
mod projects;
mod proposals;
mod reasons;
mod receipts;
mod register;
mod results;
mod rules;
mod search;
mod sign_in;
mod sitemap;
mod slugs;
mod votes;

use axum::Router;
use axum::extract::Path;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::error::PageError;
use crate::locale::Language;
use crate::{App, assets, engine, theme, ui, visit};

pub use sign_in::passkey::first as to_second_factor;

/// All pages of the portal. `gallery` adds the page of all components.
pub fn router(app: App, gallery: bool) -> Router {
    let mut site = Router::new()
        .merge(home::routes())
        .merge(processes::routes())
        .merge(proposals::routes())
        .merge(budgets::routes())
        .merge(projects::routes())
        .merge(results::routes())
        .merge(data::routes())
        .merge(files::routes())
        .merge(preview::routes())
        .merge(legal::routes())
        .merge(search::routes())
        .merge(sign_in::routes())
        .merge(votes::routes())
        .merge(receipts::routes())
        .merge(register::routes())
        .merge(account::routes())
        .merge(office::routes());
    if gallery {
        site = site.route("/gallery", get(ui::gallery::show));
    }
    let pages = home::without_language()
        .merge(sitemap::routes())
        .nest("/{language}", site.layer(from_fn(in_a_known_language)))
        .fallback(async || PageError::NotFound)
        .layer(from_fn_with_state(app, visit::around));
    Router::new().route("/assets/{name}", get(asset)).route("/theme/{name}", get(theme::show)).merge(pages)
}

/// A language that the organization does not have leads to one that it has, where it is a page's; anything else that is no
/// language has no pages.
async fn in_a_known_language(visit: visit::Visit, request: Request, next: Next) -> Response {
    let named = visit.path.trim_start_matches('/').split('/').next();
    if named == Some(visit.locale.language.code()) {
        return next.run(request).await;
    }
    let known = named.and_then(Language::parse).is_some();
    if known && matches!(*request.method(), Method::GET | Method::HEAD) {
        Redirect::to(&visit.in_language(visit.locale.language)).into_response()
    } else {
        PageError::NotFound.into_response()
    }
}

/// A file whose name has the digest of its content: browsers keep it for good. A digest of another version, whose pages are
/// still read while this one comes, gets this version's file, which nobody keeps.
async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let (asset, kept_for) = match (assets::get(&name), assets::of_another_version(&name)) {
        (Some(asset), _) => (asset, "public, max-age=31536000, immutable"),
        (None, Some(asset)) => (asset, "no-cache"),
        (None, None) => return StatusCode::NOT_FOUND.into_response(),
    };
    let kept = headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag == asset.etag);
    let mut response =
        if kept { StatusCode::NOT_MODIFIED.into_response() } else { asset.bytes.into_response() };
    for (name, value) in [
        (header::CONTENT_TYPE, asset.content_type),
        (header::ETAG, asset.etag),
        (header::CACHE_CONTROL, kept_for),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if let Some(policy) = engine::worker_policy(asset) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    response
}

/// Whether a page takes what a permit alone may bring, so that nobody's session comes near it: the check and the cast of a
/// ballot, the receipt, its proof and its withdrawal (`/<language>/votes/<poll>/…`), and the way to a provider and back. The gateway has the same
/// rule, and sends neither cookie nor address; from a provider, the cookie of that sign-in alone.
pub fn is_anonymous(path: &str) -> bool {
    let mut parts = path.trim_start_matches('/').split('/').skip(1);
    match (parts.next(), parts.next(), parts.next()) {
        (Some("votes"), Some(_), Some(step)) => {
            matches!(step, "check" | "cast" | "receipt" | "prove" | "withdraw")
        }
        (Some("sign-in"), Some("provider"), _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_anonymous;

    #[test]
    fn ballots_are_anonymous_and_nothing_else_is() {
        for path in [
            "/fr/votes/7/check",
            "/en/votes/7/cast",
            "/en/votes/7/receipt",
            "/fr/votes/7/prove",
            "/fr/sign-in/provider",
            "/fr/sign-in/provider/franceconnect/7",
        ] {
            assert!(is_anonymous(path), "{path}");
        }
        for path in [
            "/fr/votes",
            "/fr/votes/7",
            "/fr/votes/7/sign",
            "/fr/sign-in",
            "/fr/sign-in/letter",
            "/",
            "/votes/7/cast",
        ] {
            assert!(!is_anonymous(path), "{path}");
        }
    }
}
