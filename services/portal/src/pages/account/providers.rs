//! The providers that a person signs in with: linking one, and unlinking one that is not the last way in.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use comitia_platform::Reason;
use comitia_proto::identity::v1::{
    Account, AccountProvider, BeginProviderLinkRequest, LinkedProvider, UnlinkProviderRequest,
};
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};

use super::{Query, day, own, view};
use crate::error::PageError;
use crate::locale::t;
use crate::pages::parts::Asked;
use crate::pages::sign_in::{Way, in_time, leave, name_of_provider, providers, refused_way};
use crate::session::Attempt;
use crate::ui::{Button, Tone, button, button_link, buttons, form_post, notice};
use crate::visit::{PageResult, Visit};

const HERE: &str = "/account/providers";

pub async fn show(visit: Visit, Asked(asked): Asked<Query>) -> PageResult {
    let locale = visit.locale;
    let Some(account) = own(&visit).await? else { return super::no_account(&visit) };
    let offered = providers(&visit).await;
    let done = match asked.done.as_str() {
        "linked" => Some(t!(locale, "account-provider-done")),
        "unlinked" => Some(t!(locale, "account-provider-undone")),
        _ => None,
    };
    let said = done.map(|text| notice(&locale, Tone::Success, None, html! { p { (text) } }));
    Ok(page(&visit, StatusCode::OK, &account, &offered, said))
}

fn page(
    visit: &Visit,
    status: StatusCode,
    account: &Account,
    offered: &[AccountProvider],
    said: Option<Markup>,
) -> Response {
    let locale = visit.locale;
    let title = t!(locale, "account-providers");
    let linked = &account.linked_providers;
    let others: Vec<_> = offered
        .iter()
        .filter(|one| linked.iter().all(|known| known.provider_id != one.provider_id))
        .collect();
    let main = html! {
        @if let Some(said) = &said { (said) }
        h1 { (title) }
        p { (t!(locale, "account-providers-text")) }
        @if linked.is_empty() { p { (t!(locale, "account-providers-none")) } }
        @for one in linked { (linked_one(visit, account, one)) }
        @for one in others {
            (buttons(button_link(Button::Secondary, &t!(locale, "account-provider-link", provider = &one.display_name),
                &visit.link(&format!("{HERE}/{}/link", one.provider_id)))))
        }
        p { (button_link(Button::Quiet, &t!(locale, "account-back"), &visit.link("/account"))) }
    };
    visit.page(status, view(&title, main))
}

fn linked_one(visit: &Visit, account: &Account, one: &LinkedProvider) -> Markup {
    let locale = visit.locale;
    let name = name(one);
    let day = day(visit, one.link_time.as_ref());
    let other_way = !account.email.is_empty()
        || account.linked_providers.iter().any(|other| other.allowed && other.provider_id != one.provider_id);
    html! {
        h2 { (name) }
        p { (t!(locale, "account-provider-since", day = day)) }
        @if !one.allowed { p { (t!(locale, "account-provider-not-now", organization = &visit.organization.display_name)) } }
        @if other_way {
            (form_post(&visit.link(&format!("{HERE}/{}/unlink", one.provider_id)), None,
                buttons(button(Button::Secondary, &t!(locale, "account-provider-unlink", provider = name), None))))
        } @else {
            p { (t!(locale, "account-provider-last", provider = name)) }
        }
    }
}

/// The name of a provider; its id when it is not configured any more.
pub fn name(one: &LinkedProvider) -> &str {
    if one.display_name.is_empty() { &one.provider_id } else { &one.display_name }
}

/// The names of all, for the account's page.
pub fn names(visit: &Visit, account: &Account) -> Markup {
    let names: Vec<_> = account.linked_providers.iter().map(name).collect();
    html! {
        @if names.is_empty() { (t!(visit.locale, "account-providers-no")) } @else { bdi { (names.join(", ")) } }
    }
}

/// Begins to link a provider. Another site's page does not lead here past the page with the link: it could have signed the
/// person in at the provider as somebody else.
pub async fn link(
    visit: Visit,
    headers: HeaderMap,
    Path((_, provider)): Path<(String, String)>,
) -> PageResult {
    visit.signed_in()?;
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if !matches!(site, None | Some("same-origin")) {
        return Ok(Redirect::to(&visit.link(HERE)).into_response());
    }
    let name = name_of_provider(&visit, &provider).await;
    let message = BeginProviderLinkRequest {
        provider_id: provider.clone(),
        language: visit.locale.language.code().to_owned(),
    };
    let mut services = visit.services().account_providers();
    match in_time(services.begin_provider_link(visit.request(message))).await {
        Ok(begun) => {
            let attempt = Attempt {
                language: visit.locale.language.code().to_owned(),
                provider,
                name,
                links: true,
                back: String::new(),
                sealed: begun.sealed_sign_in,
            };
            leave(&visit, &attempt, &begun.authorization_url, begun.expire_time.as_ref())
        }
        Err(error) if error.reason() == Some(Reason::AccountMissing) => super::no_account(&visit),
        Err(error) => refused_way(&visit, &Way::link(&visit, &provider, &name), error),
    }
}

pub async fn unlink(visit: Visit, Path((_, provider_id)): Path<(String, String)>) -> PageResult {
    visit.signed_in()?;
    let message = UnlinkProviderRequest { provider_id };
    let answer = visit.services().account_providers().unlink_provider(visit.request(message)).await;
    let Err(status) = answer else {
        return Ok(Redirect::to(&visit.link(&format!("{HERE}?done=unlinked"))).into_response());
    };
    let error = PageError::from(status);
    match error.reason() {
        Some(Reason::AccountMissing) => super::no_account(&visit),
        Some(Reason::LastWayIn) => {
            let Some(account) = own(&visit).await? else { return super::no_account(&visit) };
            let text = t!(visit.locale, "account-provider-last-said");
            let said = notice(&visit.locale, Tone::Error, None, html! { p { (text) } });
            Ok(page(&visit, error.status(), &account, &providers(&visit).await, Some(said)))
        }
        _ => Err(error),
    }
}
