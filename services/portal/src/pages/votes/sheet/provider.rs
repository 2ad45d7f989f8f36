//! The way to a provider and back. Nothing here knows a session: the sign-in is in a cookie of its own, sealed by identity.

use std::time::Duration;

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use comitia_platform::Reason;
use comitia_platform::validate;
use comitia_proto::identity::v1::{
    BeginProviderSignInRequest, CompleteProviderSignInRequest, CompleteProviderSignInResponse,
};
use http::{HeaderMap, StatusCode, header};
use maud::html;

use super::super::paper::Papers;
use super::super::poll_id;
use super::cookies::{self, Attempt};
use super::sign::Check;
use super::{Sheets, refusal};
use crate::error::PageError;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::visit::{PageResult, Visit};

/// Shorter than the gateway waits, so that it is this page that says that no answer came.
const WAIT: Duration = Duration::from_secs(12);

/// Begins a sign-in and sends the browser to the provider. It is a link: a form may not lead to another host.
pub async fn begin(
    visit: Visit,
    Path((_, provider, poll)): Path<(String, String, String)>,
    Extension(papers): Extension<Papers>,
    Extension(sheets): Extension<Sheets>,
) -> PageResult {
    let id = poll_id(&poll)?;
    let poll = papers.poll(&visit, id).await?;
    let message = BeginProviderSignInRequest {
        poll_id: id.to_string(),
        provider_id: provider.clone(),
        language: visit.locale.language.code().to_owned(),
    };
    let mut providers = visit.services().providers();
    let call = providers.begin_provider_sign_in(visit.anonymous(message));
    let begun = match in_time(call).await {
        Ok(begun) => begun,
        Err(error) => {
            let name = sheets.provider_name(&visit, id, &provider).await;
            return refusal::no_permit(&visit, id, &poll, Some((provider.as_str(), name.as_str())), error);
        }
    };
    let expires = validate::time("expire_time", begun.expire_time.as_ref())?;
    let language = visit.locale.language;
    let attempt = Attempt { language, poll: id, provider, sealed: begun.sealed_sign_in };
    let mut response = Redirect::to(&begun.authorization_url).into_response();
    response.headers_mut().append(header::SET_COOKIE, attempt.keep(&visit, expires));
    Ok(response)
}

/// Ends the sign-in with what the browser brings back, and shows the check.
pub async fn back(
    visit: Visit,
    headers: HeaderMap,
    Extension(papers): Extension<Papers>,
    Extension(sheets): Extension<Sheets>,
) -> PageResult {
    let query = visit.query.clone().unwrap_or_default();
    let attempt = Attempt::of(&visit, &headers).filter(|_| !query.is_empty());
    let Some(attempt) = attempt else { return Ok(refusal::not_begun(&visit)) };
    if attempt.language != visit.locale.language && visit.languages.contains(&attempt.language) {
        return Ok(
            Redirect::to(&format!("/{}/sign-in/provider?{query}", attempt.language.code())).into_response()
        );
    }
    // Before the code is spent: without the poll there is no page to show.
    let poll = papers.poll(&visit, attempt.poll).await?;
    let message = CompleteProviderSignInRequest { sealed_sign_in: attempt.sealed, callback_query: query };
    let mut providers = visit.services().providers();
    let answer = in_time(providers.complete_provider_sign_in(visit.anonymous(message))).await;
    let name = sheets.provider_name(&visit, attempt.poll, &attempt.provider).await;
    match answer {
        Ok(completed) => checked(&visit, &papers, &name, completed).await,
        Err(error) => {
            let of_provider = Some((attempt.provider.as_str(), name.as_str()));
            let spent = error.reason() != Some(Reason::Overloaded);
            let mut response = refusal::no_permit(&visit, attempt.poll, &poll, of_provider, error)?;
            if spent {
                response.headers_mut().append(header::SET_COOKIE, cookies::end(&visit));
            }
            Ok(response)
        }
    }
}

async fn checked(
    visit: &Visit,
    papers: &Papers,
    provider: &str,
    completed: CompleteProviderSignInResponse,
) -> PageResult {
    let id = poll_id(&completed.poll_id)?;
    let poll = papers.poll(visit, id).await?;
    let vouched = t!(visit.locale, "sheet-vouched-provider", provider = provider).into();
    let check = Check {
        visit,
        id,
        poll: &poll,
        permit: completed.permit,
        vouched,
        district: "",
        sign_out: &completed.sign_out_url,
    };
    let mut response = check.page();
    response.headers_mut().append(header::SET_COOKIE, cookies::end(visit));
    Ok(response)
}

/// Where the browser comes back to after it signed out at the provider.
pub async fn out(visit: Visit) -> PageResult {
    let locale = visit.locale;
    let title = t!(locale, "sheet-signed-out");
    let main = html! { h1 { (title) } p { (t!(locale, "sheet-signed-out-text")) } };
    let view = View { section: Section::Votes, private: true, focused: true, ..View::new(&title, main) };
    Ok(visit.page(StatusCode::OK, view))
}

async fn in_time<A>(
    call: impl Future<Output = Result<tonic::Response<A>, tonic::Status>>,
) -> Result<A, PageError> {
    match tokio::time::timeout(WAIT, call).await {
        Ok(answer) => Ok(answer?.into_inner()),
        Err(_) => Err(tonic::Status::deadline_exceeded("no answer came").into()),
    }
}
