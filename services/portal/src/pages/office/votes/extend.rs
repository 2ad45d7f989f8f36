//! An open vote closes later: asked for with the reason that everybody reads, and done by somebody else where the budget asks for two
//! people.

use axum::extract::Path;
use axum::response::Response;
use chrono::{DateTime, Utc};
use comitia_platform::Reason;
use comitia_platform::validate::timestamp;
use comitia_proto::budgets::v1::{Budget, ExtendVoteRequest, GetProposedExtensionRequest, VoteExtension};
use comitia_proto::common::v1::Role;
use comitia_proto::spaces::v1::Process;
use comitia_proto::voting::v1::{Poll, PollState};
use http::StatusCode;
use maud::{Markup, html};

use super::{BUDGETERS, acts, budget_of, path, poll};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{Locale, key, t};
use crate::pages::calls::{self, instant};
use crate::pages::office::parts::{Sheet, done, refused, status};
use crate::pages::office::processes::calendar::{End, moment, typed};
use crate::pages::office::{Desk, Officer, processes};
use crate::pages::parts as site;
use crate::ui::{
    Button, Field, FieldErrors, Kind, SummaryRow, Tone, button, button_link, buttons, form_post, notice,
    summary_list,
};
use crate::visit::PageResult;

/// The longest reason, as the API has it.
const REASON_MAX: u32 = 1000;
/// Who reads what is proposed.
const READERS: &[Role] = &[Role::Administrator, Role::BudgetOfficer, Role::Auditor];

/// The vote, its budget, and what somebody proposes.
struct About {
    poll: Poll,
    budget: Budget,
    process: Process,
    proposed: Option<VoteExtension>,
}

impl About {
    async fn read(officer: &Officer, id: &str) -> Result<Self, PageError> {
        officer.require(BUDGETERS)?;
        let poll = poll(officer, id).await?;
        if poll.state() != PollState::Open {
            return Err(acts::wrong_state());
        }
        let budget = budget_of(officer, &poll).await?.ok_or(PageError::NotFound)?;
        let (process, proposed) =
            tokio::try_join!(calls::process(officer, budget.process_id.clone()), proposed(officer, &budget))?;
        Ok(Self { poll, budget, process, proposed })
    }

    fn closes(&self) -> Option<DateTime<Utc>> {
        instant(self.poll.close_time.as_ref())
    }

    /// What somebody else proposed.
    fn to_confirm(&self) -> Option<&VoteExtension> {
        self.proposed.as_ref().filter(|proposed| !proposed.own)
    }
}

/// What is proposed for the vote of a budget and not done.
///
/// # Errors
/// When budgets is away.
pub async fn proposed(officer: &Officer, budget: &Budget) -> Result<Option<VoteExtension>, PageError> {
    if !officer.has_any(READERS) {
        return Ok(None);
    }
    let request = officer.request(GetProposedExtensionRequest { budget_id: budget.budget_id.clone() });
    Ok(officer.services().budgets().get_proposed_extension(request).await?.into_inner().extension)
}

/// That somebody proposes a later close, on the page of the vote.
pub fn proposal(officer: &Officer, poll: &Poll, proposed: Option<&VoteExtension>) -> Markup {
    let locale = officer.locale;
    let Some(proposed) = proposed.filter(|_| poll.state() == PollState::Open) else { return html! {} };
    let until = instant(proposed.close_time.as_ref()).map(|time| locale.deadline(time)).unwrap_or_default();
    let title = t!(locale, "office-extend-proposed", until = until);
    notice(
        &locale,
        Tone::Warning,
        Some(&title),
        html! {
            p { (t!(locale, "office-extend-proposed-text")) }
            blockquote { (site::written(&proposed.reason)) }
            @if officer.has_any(BUDGETERS) {
                p { a href=(officer.link(&format!("{}/extend", path(poll)))) { (t!(locale, "office-extend-proposed-see")) } }
            }
        },
    )
}

/// What was typed.
#[derive(Default)]
struct Draft {
    day: String,
    time: String,
    reason: String,
}

impl Draft {
    /// The moment, if it is one, and later than the vote closes.
    fn moment(&self, locale: &Locale, about: &About, errors: &mut FieldErrors) -> Option<DateTime<Utc>> {
        let Ok(moment) = moment(locale.zone, End::Last, &self.day, &self.time) else {
            errors.push("close_day", t!(locale, "office-schedule-time-wrong"));
            return None;
        };
        if about.closes().is_some_and(|closes| moment <= closes) {
            errors.push("close_day", t!(locale, "office-extend-not-later"));
            return None;
        }
        Some(moment)
    }
}

type PollPath = Path<(String, String)>;

pub async fn ask(officer: Officer, Path((_, id)): PollPath) -> PageResult {
    let about = About::read(&officer, &id).await?;
    let (day, time) =
        about.closes().map(|closes| typed(officer.locale.zone, End::Last, closes)).unwrap_or_default();
    let draft = Draft { day, time, reason: String::new() };
    Ok(page(&officer, &about, &draft, &FieldErrors::new(), None))
}

fn page(
    officer: &Officer,
    about: &About,
    draft: &Draft,
    errors: &FieldErrors,
    said: Option<Markup>,
) -> Response {
    let locale = officer.locale;
    let back = officer.link(&path(&about.poll));
    let body = html! {
        (consequences(&locale, about))
        @match about.to_confirm() {
            Some(proposed) => {
                (facts(&locale, about, proposed))
                (form_post(&format!("{back}/extend"), None, html! {
                    input type="hidden" name="to" value="confirm";
                    input type="hidden" name="until" value=(seconds(proposed));
                    (sure(&locale, errors))
                    (answers(&locale, &t!(locale, "office-extend"), &back))
                }))
            }
            None => {
                @if about.proposed.is_some() { (proposal(officer, &about.poll, about.proposed.as_ref())) }
                (form_post(&format!("{back}/extend"), None, html! {
                    (fields(&locale, draft, errors))
                    (sure(&locale, errors))
                    (answers(&locale, &locale.text(label(&about.budget)), &back))
                }))
            }
        }
    };
    let status = if said.is_some() { StatusCode::CONFLICT } else { status(errors) };
    let sheet = Sheet {
        desk: Desk::Votes,
        title: &t!(locale, "office-extend-title"),
        lead: &t!(locale, "office-extend-lead", vote = &about.poll.title),
        way: &[(&about.poll.title, &back)],
        errors,
        said,
    };
    sheet.show(officer, status, body)
}

const fn label(budget: &Budget) -> &'static str {
    if budget.sign_off_required { key!("office-extend-propose") } else { key!("office-extend") }
}

fn seconds(proposed: &VoteExtension) -> i64 {
    proposed.close_time.map_or(0, |time| time.seconds)
}

fn consequences(locale: &Locale, about: &About) -> Markup {
    let two = about.budget.sign_off_required && about.to_confirm().is_none();
    notice(
        locale,
        Tone::Warning,
        Some(&t!(locale, "office-what-happens")),
        html! {
            ul {
                li { (t!(locale, "office-extend-1")) }
                li { (t!(locale, "office-extend-2")) }
                li { (t!(locale, "office-extend-3")) }
                @if two { li { (t!(locale, "office-extend-4")) } }
            }
        },
    )
}

/// What is to be confirmed.
fn facts(locale: &Locale, about: &About, proposed: &VoteExtension) -> Markup {
    let until = |time: Option<DateTime<Utc>>| time.map(|time| locale.deadline(time)).unwrap_or_default();
    let rows = [
        (t!(locale, "office-extend-now"), html! { (until(about.closes())) }),
        (t!(locale, "office-extend-then"), html! { (until(instant(proposed.close_time.as_ref()))) }),
        (t!(locale, "office-vote-reason"), site::written(&proposed.reason)),
    ];
    let rows: Vec<_> =
        rows.iter().map(|(label, value)| SummaryRow { label, value: value.clone(), change: None }).collect();
    summary_list(locale, &rows)
}

fn fields(locale: &Locale, draft: &Draft, errors: &FieldErrors) -> Markup {
    let error = |name: &str| errors.of(name).map(str::to_owned);
    html! {
        div .pair {
            (Field::new(locale, "close_day", t!(locale, "office-extend-day")).error(error("close_day"))
                .input(Kind::Date, &draft.day))
            (Field::new(locale, "close_time", t!(locale, "office-extend-time")).optional()
                .error(error("close_time")).input(Kind::Time, &draft.time))
        }
        (Field::new(locale, "reason", t!(locale, "office-vote-reason"))
            .hint(t!(locale, "office-vote-reason-hint")).error(error("reason"))
            .max_length(REASON_MAX).textarea(&draft.reason, 3))
    }
}

fn sure(locale: &Locale, errors: &FieldErrors) -> Markup {
    html! {
        (Field::new(locale, "sure", t!(locale, "office-vote-sure"))
            .error(errors.of("sure").map(str::to_owned)).checkbox(false))
    }
}

fn answers(locale: &Locale, yes: &str, back: &str) -> Markup {
    buttons(html! {
        (button(Button::Primary, yes, None))
        (button_link(Button::Quiet, &t!(locale, "office-cancel"), back))
    })
}

pub async fn act(officer: Officer, Path((_, id)): PollPath, form: Form) -> PageResult {
    let about = About::read(&officer, &id).await?;
    let locale = officer.locale;
    let mut errors = FieldErrors::new();
    let draft = Draft {
        day: form.text("close_day").to_owned(),
        time: form.text("close_time").to_owned(),
        reason: form.text("reason").replace("\r\n", "\n"),
    };
    let close = if form.text("to") == "confirm" {
        let until = form.text("until").parse().ok();
        let close = until.and_then(|until| DateTime::from_timestamp(until, 0));
        Some(close.ok_or(PageError::FormMalformed)?)
    } else {
        let length = draft.reason.chars().count();
        if length == 0 || length > REASON_MAX as usize {
            errors.push("reason", t!(locale, "office-vote-reason-missing"));
        }
        draft.moment(&locale, &about, &mut errors)
    };
    if form.get("sure") != "yes" {
        errors.push("sure", t!(locale, "office-sure-missing"));
    }
    let Some(close) = close.filter(|_| errors.is_empty()) else {
        return Ok(page(&officer, &about, &draft, &errors, None));
    };
    let request = ExtendVoteRequest {
        budget_id: about.budget.budget_id.clone(),
        close_time: Some(timestamp(close)),
        reason: draft.reason.clone(),
    };
    match officer.services().budgets().extend_vote(officer.request(request)).await {
        Ok(answer) => {
            let done_time = answer.into_inner().extension.and_then(|extension| extension.done_time);
            let word = if done_time.is_some() { "extended" } else { "extension-proposed" };
            Ok(done(&officer, &path(&about.poll), word))
        }
        Err(error) => not_done(&officer, &about, &draft, error.into()),
    }
}

/// Why it was not done, and what to do.
fn not_done(officer: &Officer, about: &About, draft: &Draft, error: PageError) -> PageResult {
    let locale = officer.locale;
    let none = FieldErrors::new();
    let said = |text: Markup| Some(notice(&locale, Tone::Error, None, text));
    let text = match error.reason() {
        Some(Reason::PhaseNotOpen) => html! {
            p { (t!(locale, "office-extend-phase")) }
            p {
                a href=(officer.link(&format!("{}/phases", processes::path(&about.process)))) {
                    (t!(locale, "office-extend-phase-see"))
                }
            }
        },
        Some(Reason::SecondPersonRequired) => html! { p { (t!(locale, "office-extend-second-person")) } },
        Some(Reason::PollStateInvalid | Reason::PollClosed | Reason::PollNotOpen) => {
            html! { p { (t!(locale, "office-extend-too-late")) } }
        }
        _ => {
            let (later, why) =
                (t!(locale, "office-extend-not-later"), t!(locale, "office-vote-reason-missing"));
            let errors = refused(error, &[("close_time", "close_day", &later), ("reason", "reason", &why)])?;
            return Ok(page(officer, about, draft, &errors, None));
        }
    };
    Ok(page(officer, about, draft, &none, said(text)))
}
