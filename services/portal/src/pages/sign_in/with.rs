//! Signing in to an account at a provider, or linking the provider to the account of the session: the way there and back. It is
//! a link and no form, for a form may not lead to another host.

use std::time::Duration;

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};
use comitia_platform::validate;
use comitia_proto::identity::v1::{
    AccountProvider, BeginAccountSignInRequest, CompleteAccountSignInRequest, CompleteAccountSignInResponse,
    CompleteProviderLinkRequest, ListAccountProvidersRequest,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use maud::{Markup, html};

use super::with_refusal as refusal;
use super::{asked, begin as begin_session, with_return};
use crate::device;
use crate::error::PageError;
use crate::frame::View;
use crate::locale::{Language, t};
use crate::session::{Attempt, Newcomer, SignOut};
use crate::ui::{Button, button_link, buttons};
use crate::visit::{PageResult, Visit};

/// Shorter than the gateway waits, so that it is this page that says that no answer came.
const WAIT: Duration = Duration::from_secs(12);
/// How long the way to sign out at a provider is kept: as long as sessions of participants live.
const SIGN_OUT_KEPT: TimeDelta = TimeDelta::hours(2);

/// The providers that people may sign in to their accounts with. Other ways are there when identity does not answer.
pub async fn providers(visit: &Visit) -> Vec<AccountProvider> {
    let request = visit.anonymous(ListAccountProvidersRequest {});
    let answer = visit.services().account_providers().list_account_providers(request).await;
    answer.map(|answer| answer.into_inner().providers).unwrap_or_default()
}

/// The name of a provider; its id where that is not known.
pub async fn name_of(visit: &Visit, id: &str) -> String {
    let known = providers(visit).await;
    let named = known.into_iter().find(|provider| provider.provider_id == id);
    named.map_or_else(|| id.to_owned(), |provider| provider.display_name)
}

/// The ways to the providers, in the words that they ask for.
pub fn offers(visit: &Visit, providers: &[AccountProvider], back: &str) -> Markup {
    let locale = visit.locale;
    html! {
        @for provider in providers {
            @let path = with_return(&visit.link(&format!("/sign-in/with/{}", provider.provider_id)), back);
            (buttons(button_link(Button::Primary,
                &t!(locale, "with-sign-in", provider = &provider.display_name), &path)))
            @if !provider.about_url.is_empty() {
                p { a href=(provider.about_url) rel="noopener noreferrer" {
                    (t!(locale, "with-what-is", provider = &provider.display_name)) } }
            }
        }
    }
}

/// Begins a sign-in and sends the browser to the provider.
pub async fn begin(visit: Visit, Path((_, provider)): Path<(String, String)>) -> PageResult {
    let message = BeginAccountSignInRequest {
        provider_id: provider.clone(),
        language: visit.locale.language.code().to_owned(),
    };
    let name = name_of(&visit, &provider).await;
    let back = asked(&visit);
    let mut services = visit.services().account_providers();
    match in_time(services.begin_account_sign_in(visit.stranger(message))).await {
        Ok(begun) => {
            let attempt = Attempt {
                language: visit.locale.language.code().to_owned(),
                provider,
                name,
                links: false,
                back,
                sealed: begun.sealed_sign_in,
            };
            leave(&visit, &attempt, &begun.authorization_url, begun.expire_time.as_ref())
        }
        Err(error) => refusal::page(&visit, &refusal::Way::sign_in(&visit, &provider, &name, &back), error),
    }
}

/// Sends the browser to the provider, with what it must bring back.
pub fn leave(
    visit: &Visit,
    attempt: &Attempt,
    url: &str,
    expires: Option<&prost_types::Timestamp>,
) -> PageResult {
    let expires = validate::time("expire_time", expires)?;
    let mut response = Redirect::to(url).into_response();
    let kept = visit.sessions().keep_attempt(visit.organization_id, attempt, expires);
    response.headers_mut().append(header::SET_COOKIE, kept);
    Ok(response)
}

/// Ends the sign-in with what the browser brings back.
pub async fn back(visit: Visit, headers: HeaderMap) -> PageResult {
    let query = visit.query.clone().unwrap_or_default();
    let attempt = visit.sessions().attempt(visit.organization_id, &headers).filter(|_| !query.is_empty());
    let Some(attempt) = attempt else { return Ok(refusal::not_begun(&visit)) };
    let language = Language::parse(&attempt.language).filter(|known| visit.languages.contains(known));
    if let Some(language) = language.filter(|known| *known != visit.locale.language) {
        return Ok(Redirect::to(&format!("/{}/sign-in/with?{query}", language.code())).into_response());
    }
    let answer = if attempt.links {
        linked(&visit, &attempt, query).await
    } else {
        signed_in(&visit, &headers, &attempt, query).await
    };
    let mut response = match answer {
        Ok(response) => response,
        Err(error) => {
            let way = match attempt.links {
                true => refusal::Way::link(&visit, &attempt.provider, &attempt.name),
                false => refusal::Way::sign_in(&visit, &attempt.provider, &attempt.name, &attempt.back),
            };
            refusal::page(&visit, &way, error)?
        }
    };
    // Whatever became of it: its code is spent.
    response.headers_mut().append(header::SET_COOKIE, visit.sessions().end_attempt());
    Ok(response)
}

async fn signed_in(
    visit: &Visit,
    headers: &HeaderMap,
    attempt: &Attempt,
    callback_query: String,
) -> Result<Response, PageError> {
    let message = CompleteAccountSignInRequest {
        sealed_sign_in: attempt.sealed.clone(),
        callback_query,
        device: Some(device::of(headers)),
    };
    let mut services = visit.services().account_providers();
    let answer = in_time(services.complete_account_sign_in(visit.stranger(message))).await?;
    let sign_out = sign_out(visit, &attempt.name, &answer.sign_out_url);
    let mut response = match answer {
        CompleteAccountSignInResponse { session: Some(session), .. } => {
            begin_session(visit, Some(session), &attempt.back)?
        }
        answer => {
            let expires = validate::time("identity_expire_time", answer.identity_expire_time.as_ref())?;
            let Attempt { provider, name, back, .. } = attempt.clone();
            let one = Newcomer { provider, name, back, sealed: answer.sealed_identity };
            let mut response = Redirect::to(&visit.link("/register/with")).into_response();
            let kept = visit.sessions().keep_newcomer(visit.organization_id, &one, expires);
            response.headers_mut().append(header::SET_COOKIE, kept);
            response
        }
    };
    response.headers_mut().extend(sign_out.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

async fn linked(visit: &Visit, attempt: &Attempt, callback_query: String) -> Result<Response, PageError> {
    visit.signed_in()?;
    let message = CompleteProviderLinkRequest { sealed_sign_in: attempt.sealed.clone(), callback_query };
    let mut services = visit.services().account_providers();
    let answer = in_time(services.complete_provider_link(visit.request(message))).await?;
    let mut response = Redirect::to(&visit.link("/account/providers?done=linked")).into_response();
    let sign_out = sign_out(visit, &attempt.name, &answer.sign_out_url);
    response.headers_mut().extend(sign_out.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}

/// The cookie that keeps the way to sign out at the provider.
fn sign_out(visit: &Visit, name: &str, url: &str) -> Option<HeaderValue> {
    let one = SignOut { name: name.to_owned(), url: url.to_owned() };
    let until: DateTime<Utc> = visit.now() + SIGN_OUT_KEPT;
    (!url.is_empty()).then(|| visit.sessions().keep_sign_out(visit.organization_id, &one, until))
}

/// Leads to where one signs out at the provider, once.
pub async fn out(visit: Visit, headers: HeaderMap) -> PageResult {
    let Some(one) = visit.sessions().sign_out_at(visit.organization_id, &headers) else {
        return Ok(Redirect::to(&visit.link("/sign-out")).into_response());
    };
    let mut response = Redirect::to(&one.url).into_response();
    response.headers_mut().append(header::SET_COOKIE, visit.sessions().end_sign_out());
    Ok(response)
}

/// That somebody is still signed in at the provider, on a page that says that they are signed out here.
pub fn still_signed_in(visit: &Visit, headers: &HeaderMap) -> Markup {
    let locale = visit.locale;
    let known = visit.sessions().sign_out_at(visit.organization_id, headers);
    html! {
        @if let Some(one) = known {
            p { (t!(locale, "with-still-signed-in", provider = &one.name)) }
            (buttons(button_link(Button::Secondary, &t!(locale, "with-sign-out", provider = &one.name),
                &visit.link("/sign-out/provider"))))
        }
    }
}

/// An answer that comes in time.
pub async fn in_time<A>(
    call: impl Future<Output = Result<tonic::Response<A>, tonic::Status>>,
) -> Result<A, PageError> {
    match tokio::time::timeout(WAIT, call).await {
        Ok(answer) => Ok(answer?.into_inner()),
        Err(_) => Err(tonic::Status::deadline_exceeded("no answer came").into()),
    }
}

/// A page of this flow.
pub fn page(visit: &Visit, status: StatusCode, title: &str, body: Markup) -> Response {
    let main = html! { h1 { (title) } (body) };
    visit.page(status, View { private: true, ..View::new(title, main) })
}
