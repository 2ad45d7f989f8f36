//! What one signs, what is kept of it, and the ways to sign; the permit of a session or a browser; the check.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use comitia_proto::identity::v1::{IssueOpenPermitRequest, IssuePermitRequest, Provider};
use comitia_proto::voting::v1::{EligibilityBasis, Log, Poll};
use http::{HeaderMap, StatusCode, header};
use maud::{Markup, html};
use uuid::Uuid;

use super::super::entry::Entry;
use super::super::paper::{Door, Paper, Papers, closes, door, opens};
use super::super::{poll_id, refusal as booth};
use super::{Sheets, cookies, is_sheet, milestones, refusal, text, withdraw};
use crate::error::PageError;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::calls::count;
use crate::ui::{
    Button, Stat, SummaryRow, Tone, button, button_link, buttons, notice, stats, steps, summary_list,
};
use crate::visit::{PageResult, Visit, shared};

/// How one gets a permit.
enum Ways {
    /// At one of these.
    Providers(Arc<Vec<Provider>>),
    /// By the session of a letter or an account.
    Session,
    /// By nothing.
    Anyone,
    /// Nobody can say at the moment.
    Unknown,
}

fn basis(poll: &Poll) -> EligibilityBasis {
    poll.eligibility.as_ref().map_or(EligibilityBasis::Unspecified, |who| who.basis())
}

async fn ways(visit: &Visit, sheets: &Sheets, poll: &Poll, id: Uuid) -> Ways {
    match basis(poll) {
        EligibilityBasis::Providers => {
            sheets.providers(visit, id).await.map_or(Ways::Unknown, Ways::Providers)
        }
        EligibilityBasis::Anyone => Ways::Anyone,
        EligibilityBasis::Unspecified | EligibilityBasis::Roll | EligibilityBasis::Participants => {
            Ways::Session
        }
    }
}

/// The sheet. It is the same for all who look.
pub async fn show(visit: &Visit, sheets: &Sheets, id: Uuid, poll: &Poll) -> PageResult {
    let (log, ways) = futures_util::join!(sheets.log(visit, id), ways(visit, sheets, poll, id));
    let (log, locale) = (log?, visit.locale);
    let door = door(poll, visit.now());
    let link = |step: &str| visit.link(&format!("/votes/{id}/{step}"));
    let main = html! {
        p .lead { (t!(locale, "sheet-kind")) }
        h1 dir="auto" { (poll.title) }
        (standing(visit, poll, door))
        (tally(visit, &log, door == Door::Open))
        p { a href=(link("signatures")) { (t!(locale, "sheet-see-count")) } }
        (text::section(&locale, poll, &log.text_digest))
        @if door == Door::Open && !poll.paused {
            section aria-labelledby="sign" {
                h2 #sign { (t!(locale, "sheet-sign")) }
                (conditions(visit, poll))
                (doors(visit, id, &ways))
            }
        }
        @if door == Door::Open || door == Door::NotYet { (kept(visit, poll, &ways)) }
        h2 { (t!(locale, "sheet-check-yourself")) }
        p { (t!(locale, "sheet-check-yourself-text")) }
        p { a href=(link("prove")) { (t!(locale, "sheet-to-proof")) } }
    };
    let view = View { section: Section::Votes, scripts: &["js/sheet.js"], ..View::new(&poll.title, main) };
    Ok(shared(visit, visit.page(StatusCode::OK, view)))
}

/// Whether and until when one can sign.
fn standing(visit: &Visit, poll: &Poll, door: Door) -> Markup {
    let locale = visit.locale;
    let time = |time: Option<_>| time.map(|time| locale.deadline(time)).unwrap_or_default();
    match door {
        Door::Open if poll.paused => refusal::paused_notice(visit, poll),
        Door::Open => html! { p { (t!(locale, "sheet-open-until", time = time(closes(poll)))) } },
        Door::NotYet => {
            let time = opens(poll).map(|time| locale.date_time(time)).unwrap_or_default();
            let title = t!(locale, "sheet-too-early");
            notice(
                &locale,
                Tone::Info,
                Some(&title),
                html! {
                    p { (t!(locale, "sheet-too-early-text", time = time)) }
                },
            )
        }
        Door::Over => {
            let title = t!(locale, "sheet-too-late");
            notice(
                &locale,
                Tone::Info,
                Some(&title),
                html! {
                    p { (t!(locale, "sheet-too-late-text", time = time(closes(poll)))) }
                    @if !poll.close_reason.is_empty() {
                        p { (t!(locale, "sheet-closed-early")) " " q dir="auto" { (poll.close_reason) } }
                    }
                },
            )
        }
        Door::CalledOff => {
            let title = t!(locale, "sheet-called-off");
            notice(
                &locale,
                Tone::Warning,
                Some(&title),
                html! {
                    p { (t!(locale, "sheet-called-off-text")) }
                    @if !poll.call_off_reason.is_empty() { p { q dir="auto" { (poll.call_off_reason) } } }
                },
            )
        }
    }
}

/// How many have signed, and how far it is to the next milestone. A script keeps both up to date while people sign.
pub fn tally(visit: &Visit, log: &Log, grows: bool) -> Markup {
    let locale = visit.locale;
    let total = count(log.signature_count);
    let number = locale.number(total);
    let label = t!(locale, "sheet-signatures");
    let watched = grows.then(|| format!("/v1/polls/{}/log/counts:watch", log.poll_id));
    html! {
        div data-counts=[watched] data-said=(t!(locale, "sheet-signatures")) {
            (stats(&[Stat { value: &number, label: &label }]))
            (milestones::next(&locale, log))
            p .unseen role="status" data-announced {}
        }
    }
}

/// Who may sign, and how often.
fn conditions(visit: &Visit, poll: &Poll) -> Markup {
    let locale = visit.locale;
    let who = poll.eligibility.clone().unwrap_or_default();
    html! {
        ul {
            @match basis(poll) {
                EligibilityBasis::Anyone => li { (t!(locale, "sheet-once-a-browser")) },
                EligibilityBasis::Participants => li { (t!(locale, "sheet-once-an-account")) },
                _ => li { (t!(locale, "sheet-once")) },
            }
            @if who.minimum_age > 0 { li { (t!(locale, "sheet-minimum-age", age = who.minimum_age)) } }
            @if !who.provider_level.is_empty() {
                li { (t!(locale, "sheet-level", level = &who.provider_level)) }
            }
            @if withdraw::is_allowed(poll) {
                li { (t!(locale, "sheet-withdrawable")) }
            } @else {
                li { (t!(locale, "sheet-final")) }
            }
        }
    }
}

/// The ways to sign. They are links: no form may lead to a provider, whatever address answers it.
fn doors(visit: &Visit, id: Uuid, ways: &Ways) -> Markup {
    let locale = visit.locale;
    let sign = visit.link(&format!("/votes/{id}/sign"));
    match ways {
        Ways::Providers(providers) if !providers.is_empty() => html! {
            p { (t!(locale, "sheet-providers-text")) }
            (buttons(html! {
                @for (place, provider) in providers.iter().enumerate() {
                    @let kind = if place == 0 { Button::Primary } else { Button::Secondary };
                    (button_link(kind, &t!(locale, "sheet-sign-with", provider = &provider.display_name),
                        &provider_path(visit, &provider.provider_id, id)))
                }
            }))
        },
        Ways::Providers(_) | Ways::Unknown => {
            let title = t!(locale, "sheet-no-way");
            notice(
                &locale,
                Tone::Warning,
                Some(&title),
                html! {
                    p { (t!(locale, "sheet-no-way-text")) }
                    p { a href=(visit.link(&format!("/votes/{id}"))) { (t!(locale, "vote-try-again")) } }
                },
            )
        }
        Ways::Session => html! {
            p { (t!(locale, "sheet-session-text")) }
            (buttons(button_link(Button::Primary, &t!(locale, "sheet-sign-session"), &sign)))
        },
        Ways::Anyone => html! {
            (notice(&locale, Tone::Info, None, html! { p { (t!(locale, "sheet-anyone-text")) } }))
            (buttons(button_link(Button::Primary, &t!(locale, "sheet-sign"), &sign)))
        },
    }
}

/// The way to a provider, for a poll.
pub fn provider_path(visit: &Visit, provider: &str, poll: Uuid) -> String {
    visit.link(&format!("/sign-in/provider/{provider}/{poll}"))
}

/// What is stored of who signs: nothing that names them.
fn kept(visit: &Visit, poll: &Poll, ways: &Ways) -> Markup {
    let locale = visit.locale;
    let districts = poll.signature_sheet.as_ref().is_some_and(|sheet| sheet.publishes_districts);
    html! {
        h2 { (t!(locale, "sheet-kept")) }
        ul {
            @if districts { li { (t!(locale, "sheet-kept-minute-district")) } } @else { li { (t!(locale, "sheet-kept-minute")) } }
            li { (t!(locale, "sheet-kept-mark")) }
            @match ways {
                Ways::Providers(providers) => { @for provider in providers.iter() {
                    li {
                        @if provider.anonymous {
                            (t!(locale, "sheet-kept-anonymous", provider = &provider.display_name))
                        } @else {
                            (t!(locale, "sheet-kept-birth-date", provider = &provider.display_name))
                        }
                    }
                } },
                Ways::Session => li { (t!(locale, "sheet-kept-session")) },
                Ways::Anyone => li { (t!(locale, "sheet-kept-browser")) },
                Ways::Unknown => {},
            }
            li { (t!(locale, "sheet-kept-until")) " "
                a href=(visit.link("/legal/privacy")) { (t!(locale, "site-privacy")) } }
        }
    }
}

/// The check for whom a session or nothing at all entitles to sign. It fetches the permit: from here on the person is not needed,
/// and not known.
pub async fn with_session(
    visit: Visit,
    Path((_, poll)): Path<(String, String)>,
    Extension(papers): Extension<Papers>,
    headers: HeaderMap,
) -> PageResult {
    let id = poll_id(&poll)?;
    let poll = papers.poll(&visit, id).await?;
    let to_sheet = || Ok(Redirect::to(&visit.link(&format!("/votes/{id}"))).into_response());
    if !is_sheet(&poll) || door(&poll, visit.now()) != Door::Open {
        return to_sheet();
    }
    match basis(&poll) {
        EligibilityBasis::Providers => to_sheet(),
        EligibilityBasis::Anyone => with_browser(&visit, id, &poll, &headers).await,
        EligibilityBasis::Unspecified | EligibilityBasis::Roll | EligibilityBasis::Participants => {
            with_member(&visit, &papers, id, &poll).await
        }
    }
}

async fn with_member(visit: &Visit, papers: &Papers, id: Uuid, poll: &Arc<Poll>) -> PageResult {
    visit.signed_in()?;
    let message = IssuePermitRequest { poll_id: id.to_string() };
    let issued = match visit.services().permits().issue_permit(visit.request(message)).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => {
            let paper = Paper { poll: poll.clone(), envelope: None };
            return booth::no_permit(visit, &paper, status.into());
        }
    };
    let published = poll.signature_sheet.as_ref().is_some_and(|sheet| sheet.publishes_districts);
    let district = if published { papers.district(visit, &issued.district).await } else { String::new() };
    let vouched = t!(visit.locale, "sheet-vouched-session");
    Ok(Check { visit, id, poll, permit: issued.permit, vouched, district: &district, sign_out: "" }.page())
}

async fn with_browser(visit: &Visit, id: Uuid, poll: &Poll, headers: &HeaderMap) -> PageResult {
    let (browser_secret, cookie) = cookies::browser_secret(visit, headers);
    let message = IssueOpenPermitRequest { poll_id: id.to_string(), browser_secret };
    let issued = match visit.services().permits().issue_open_permit(visit.stranger(message)).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => {
            let error = PageError::from(status);
            return refusal::no_permit(visit, id, poll, None, error);
        }
    };
    let vouched = t!(visit.locale, "sheet-vouched-nobody");
    let mut response =
        Check { visit, id, poll, permit: issued.permit, vouched, district: "", sign_out: "" }.page();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The last look before a signature counts.
pub struct Check<'a> {
    pub visit: &'a Visit,
    pub id: Uuid,
    pub poll: &'a Poll,
    /// The permit, for a field that nobody sees.
    pub permit: String,
    /// Who says that the person may sign.
    pub vouched: Cow<'a, str>,
    /// The district that is published; empty for none.
    pub district: &'a str,
    /// Where the browser signs out at the provider; empty for nowhere.
    pub sign_out: &'a str,
}

impl Check<'_> {
    pub fn page(self) -> Response {
        let Self { visit, id, poll, permit, vouched, district, sign_out } = self;
        let locale = visit.locale;
        let title = t!(locale, "sheet-check");
        let entry = Entry::new(permit);
        let labels = [
            t!(locale, "sheet-check-what"),
            t!(locale, "sheet-check-who"),
            t!(locale, "sheet-check-district"),
        ];
        let mut rows = vec![
            SummaryRow { label: &labels[0], value: html! { bdi { (poll.title) } }, change: None },
            SummaryRow { label: &labels[1], value: html! { (vouched) }, change: None },
        ];
        if !district.is_empty() {
            rows.push(SummaryRow { label: &labels[2], value: html! { (district) }, change: None });
        }
        let withdrawable = withdraw::is_allowed(poll);
        let main = html! {
            (steps(&locale, 2, 3))
            h1 { (title) }
            (summary_list(&locale, &rows))
            (text::again(&locale, poll))
            p { (t!(locale, "sheet-check-text")) " "
                @if withdrawable { (t!(locale, "sheet-withdrawable")) } @else { (t!(locale, "sheet-final")) }
            }
            form method="post" action=(visit.link(&format!("/votes/{id}/cast"))) novalidate data-cast {
                (entry.hidden_permit())
                (buttons(html! {
                    (button(Button::Primary, &t!(locale, "sheet-sign"), None))
                    (button_link(Button::Quiet, &t!(locale, "sheet-leave"), &visit.link(&format!("/votes/{id}"))))
                }))
            }
            @if withdrawable {
                h2 { (t!(locale, "sheet-signed-before")) }
                p { (t!(locale, "sheet-signed-before-text")) }
                (withdraw::form(visit, id, &entry, button(Button::Secondary, &t!(locale, "sheet-withdraw"), None)))
            }
            @if !sign_out.is_empty() {
                (notice(&locale, Tone::Info, Some(&t!(locale, "sheet-sign-out")), html! {
                    p { (t!(locale, "sheet-sign-out-text")) }
                    p { a href=(sign_out) target="_blank" rel="noopener noreferrer" { (t!(locale, "sheet-sign-out-do")) } }
                }))
            }
        };
        let view = View {
            section: Section::Votes,
            private: true,
            focused: true,
            scripts: &["js/cast.js", "js/sheet.js"],
            ..View::new(&title, main)
        };
        visit.page(StatusCode::OK, view)
    }
}
