//! Proposing a correction: which signatures, what it would do, and why.

use axum::extract::Path;
use axum::response::Response;
use comitia_platform::Reason;
use comitia_proto::voting::v1::{
    CorrectionAct, PreviewCorrectionRequest, PreviewCorrectionResponse, ProposeCorrectionRequest,
    SignatureChannel, SignatureSelection,
};
use maud::{Markup, html};
use prost_types::Timestamp;

use super::{BUDGETERS, Page, PollPath, TEXT_MAX};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::count;
use crate::pages::corrections::{milestones, numbered, what, which};
use crate::pages::office::Officer;
use crate::pages::office::parts::{done, request_id};
use crate::ui::{
    Button, Choice, Field, FieldErrors, Kind, Tone, Width, button, button_link, buttons, form_post, notice,
};
use crate::visit::PageResult;

/// What an act is called in forms and lists; about an earlier correction, or about signatures.
pub fn act_name(act: CorrectionAct, earlier: bool) -> &'static str {
    match act {
        CorrectionAct::Restoration => key!("office-corrections-restore"),
        CorrectionAct::Invalidation if earlier => key!("office-corrections-make-final"),
        CorrectionAct::Invalidation => key!("office-corrections-invalidate"),
        CorrectionAct::Quarantine | CorrectionAct::Unspecified => key!("office-corrections-quarantine"),
    }
}

/// What is asked for, as it is typed.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    act: String,
    /// Entries from 1, both included.
    first: String,
    last: String,
    /// Minutes since 1970 of the only minute; empty for all.
    minute: String,
    channel: String,
    district: String,
    /// The number of an earlier decision.
    earlier: String,
}

impl Typed {
    fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        Self {
            act: text("act"),
            first: text("first"),
            last: text("last"),
            minute: text("minute"),
            channel: text("channel"),
            district: text("district"),
            earlier: text("earlier"),
        }
    }

    fn act(&self) -> Option<CorrectionAct> {
        match self.act.as_str() {
            "quarantine" => Some(CorrectionAct::Quarantine),
            "invalidate" => Some(CorrectionAct::Invalidation),
            "restore" => Some(CorrectionAct::Restoration),
            _ => None,
        }
    }

    fn earlier(&self) -> i32 {
        self.earlier.parse().unwrap_or(0)
    }

    /// The signatures, if these are numbers.
    fn selection(&self) -> Option<SignatureSelection> {
        let number = |text: &str| text.replace([' ', '\u{a0}', '\u{202f}'], "").parse::<i64>().ok();
        let (first, last) = (number(&self.first)?, number(&self.last)?);
        let minute = self.minute.parse::<i64>().ok();
        let time = |minute: i64| Timestamp { seconds: minute.saturating_mul(60), nanos: 0 };
        Some(SignatureSelection {
            first_leaf: first.checked_sub(1).filter(|first| *first >= 0)?,
            end_leaf: Some(last).filter(|last| *last >= first)?,
            begin_time: minute.map(time),
            end_time: minute.map(|minute| time(minute.saturating_add(1))),
            channel: match self.channel.as_str() {
                "online" => SignatureChannel::Online,
                "paper" => SignatureChannel::Paper,
                _ => SignatureChannel::Unspecified,
            }
            .into(),
            district: self.district.clone(),
        })
    }

    /// What the next form carries.
    fn hidden(&self) -> Markup {
        let fields = [
            ("act", &self.act),
            ("first", &self.first),
            ("last", &self.last),
            ("minute", &self.minute),
            ("channel", &self.channel),
            ("district", &self.district),
            ("earlier", &self.earlier),
        ];
        html! {
            @for (name, value) in fields {
                @if !value.is_empty() { input type="hidden" name=(name) value=(value); }
            }
        }
    }
}

/// The form. An address may bring a range with it, or an earlier decision.
pub async fn ask(officer: Officer, Path((_, id)): PollPath) -> PageResult {
    officer.require(BUDGETERS)?;
    let typed = Typed::of(&Form::parse(officer.query.as_deref().unwrap_or_default().as_bytes())?);
    let page = Page::of(officer, &id).await?;
    Ok(form(&page, &typed, &FieldErrors::new(), None))
}

/// Shows what it would do, or proposes it.
pub async fn answer(officer: Officer, Path((_, id)): PollPath, given: Form) -> PageResult {
    officer.require(BUDGETERS)?;
    let page = Page::of(officer, &id).await?;
    let locale = page.officer.locale;
    let typed = Typed::of(&given);
    let mut errors = FieldErrors::new();
    let act = typed.act();
    if act.is_none() {
        errors.push("act", t!(locale, "office-corrections-act-missing"));
    }
    let earlier = typed.earlier();
    let selection = (earlier == 0).then(|| typed.selection()).flatten();
    if earlier == 0 && selection.is_none() {
        errors.push("last", t!(locale, "office-corrections-range-wrong"));
    }
    let (Some(act), true) = (act, errors.is_empty()) else { return Ok(form(&page, &typed, &errors, None)) };
    let request = PreviewCorrectionRequest {
        poll_id: page.poll.poll_id.clone(),
        act: act.into(),
        selection: selection.clone(),
        earlier_number: earlier,
    };
    let services = page.officer.services();
    let preview = services.corrections().preview_correction(page.officer.request(request)).await;
    let preview = match preview {
        Ok(preview) => preview.into_inner(),
        Err(status) => return refused(&page, &typed, status.into()),
    };
    let reason = given.text("reason").replace("\r\n", "\n");
    if given.get("step") != "propose" {
        return Ok(confirm(&page, &typed, act, &preview, "", &given, &errors));
    }
    if !(1..=TEXT_MAX as usize).contains(&reason.trim().chars().count()) {
        errors.push("reason", t!(locale, "office-vote-reason-missing"));
        return Ok(confirm(&page, &typed, act, &preview, &reason, &given, &errors));
    }
    let request = ProposeCorrectionRequest {
        poll_id: page.poll.poll_id.clone(),
        act: act.into(),
        selection,
        earlier_number: earlier,
        reason,
        request_id: request_id(&given),
    };
    match services.corrections().propose_correction(page.officer.request(request)).await {
        Ok(_) => Ok(done(&page.officer, &page.path(), "proposed")),
        Err(status) => refused(&page, &typed, status.into()),
    }
}

/// Why it cannot be proposed, above the form.
fn refused(page: &Page, typed: &Typed, error: PageError) -> PageResult {
    let locale = page.officer.locale;
    let key = match error.reason() {
        Some(Reason::FieldInvalid) => key!("office-corrections-range-wrong"),
        Some(reason) => match why_not(reason) {
            Some(key) => key,
            None => return Err(error),
        },
        None => return Err(error),
    };
    let said = notice(&locale, Tone::Error, None, html! { p { (locale.text(key)) } });
    Ok(form(page, typed, &FieldErrors::new(), Some(said)))
}

/// What a refusal of a correction says.
pub fn why_not(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::CorrectionEmpty => Some(key!("office-corrections-empty")),
        Reason::CorrectionNotInForce => Some(key!("office-corrections-not-in-force")),
        Reason::CorrectionDecided => Some(key!("office-corrections-decided")),
        Reason::TooManyCorrections => Some(key!("office-corrections-too-many")),
        Reason::SecondOfficerRequired => Some(key!("office-vote-second-person")),
        _ => None,
    }
}

fn form(page: &Page, typed: &Typed, errors: &FieldErrors, said: Option<Markup>) -> Response {
    let (officer, locale) = (&page.officer, page.officer.locale);
    let earlier = typed.earlier();
    let body = form_post(
        &officer.link(&format!("{}/new", page.path())),
        None,
        html! {
            @if earlier > 0 {
                p { (t!(locale, "office-corrections-about", number = numbered(earlier))) }
                input type="hidden" name="earlier" value=(earlier);
                (acts(page, typed, errors, &[
                    ("restore", CorrectionAct::Restoration), ("invalidate", CorrectionAct::Invalidation),
                ]))
            } @else {
                (acts(page, typed, errors, &[
                    ("quarantine", CorrectionAct::Quarantine), ("invalidate", CorrectionAct::Invalidation),
                ]))
                (range(page, typed, errors))
            }
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-corrections-preview"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&page.path())))
            }))
        },
    );
    let body = html! {
        (body)
        @if earlier == 0 { (earlier_ones(page)) }
    };
    let (title, lead) = (t!(locale, "office-corrections-new"), t!(locale, "office-corrections-new-lead"));
    page.behind(&title, &lead, errors, said, body)
}

fn acts(page: &Page, typed: &Typed, errors: &FieldErrors, acts: &[(&str, CorrectionAct)]) -> Markup {
    let locale = page.officer.locale;
    let labels: Vec<_> =
        acts.iter().map(|(value, act)| (*value, locale.text(act_name(*act, typed.earlier() > 0)))).collect();
    let choices: Vec<_> = labels.iter().map(|(value, label)| Choice::new(value, label)).collect();
    Field::new(&locale, "act", t!(locale, "office-corrections-act"))
        .error(errors.of("act").map(str::to_owned))
        .radios(Some(typed.act.as_str()), &choices)
}

fn range(page: &Page, typed: &Typed, errors: &FieldErrors) -> Markup {
    let locale = page.officer.locale;
    let ways = [
        ("online", t!(locale, "office-corrections-online")),
        ("paper", t!(locale, "office-corrections-paper")),
    ];
    let ways: Vec<_> = ways.iter().map(|(value, label)| Choice::new(value, label)).collect();
    let mut districts: Vec<_> = page.districts.iter().map(|(code, name)| Choice::new(code, name)).collect();
    districts.sort_by_key(|choice| choice.label);
    html! {
        (Field::new(&locale, "first", t!(locale, "office-corrections-first"))
            .hint(t!(locale, "office-corrections-first-hint"))
            .width(Width::Medium)
            .input(Kind::Digits, &typed.first))
        (Field::new(&locale, "last", t!(locale, "office-corrections-last"))
            .error(errors.of("last").map(str::to_owned))
            .width(Width::Medium)
            .input(Kind::Digits, &typed.last))
        @if let Some(selection) = typed.selection().filter(|_| !typed.minute.is_empty()) {
            p { (t!(locale, "office-corrections-this-minute")) " " (which(&locale, &selection, &page.districts)) }
            input type="hidden" name="minute" value=(typed.minute);
        }
        (Field::new(&locale, "channel", t!(locale, "office-corrections-channel"))
            .select(Some(typed.channel.as_str()), Some(&t!(locale, "office-corrections-both")), &ways))
        @if page.log.publishes_districts && !districts.is_empty() {
            (Field::new(&locale, "district", t!(locale, "result-district"))
                .select(Some(typed.district.as_str()), Some(&t!(locale, "office-corrections-all")), &districts))
        }
    }
}

/// The decisions that can be decided about.
fn earlier_ones(page: &Page) -> Markup {
    let (officer, locale) = (&page.officer, page.officer.locale);
    let in_force: Vec<_> = page.log.corrections.iter().filter(|one| one.in_force).collect();
    html! {
        @if !in_force.is_empty() {
            h2 { (t!(locale, "office-corrections-earlier")) }
            ul {
                @for one in in_force {
                    @let link = officer.link(&format!("{}/new?earlier={}", page.path(), one.number));
                    @let done = one.effect.as_ref().map_or(0, |effect| effect.signature_count);
                    li { a href=(link) { (one.number) ". " (what(&locale, one.act(), 0, count(done))) } }
                }
            }
        }
    }
}

/// What it would do, and the reason to give.
fn confirm(
    page: &Page,
    typed: &Typed,
    act: CorrectionAct,
    preview: &PreviewCorrectionResponse,
    reason: &str,
    given: &Form,
    errors: &FieldErrors,
) -> Response {
    let (officer, locale) = (&page.officer, page.officer.locale);
    let effect = preview.effect.clone().unwrap_or_default();
    let body = html! {
        (notice(&locale, Tone::Warning, Some(&t!(locale, "office-what-happens")), html! {
            p { (what(&locale, act, typed.earlier(), count(effect.signature_count))) }
            @if let Some(selection) = typed.selection().filter(|_| typed.earlier() == 0) {
                p { (which(&locale, &selection, &page.districts)) }
            }
            (milestones(&locale, &page.log, &effect))
            p { (t!(locale, "office-corrections-now", count = count(preview.signature_count))) }
            p { (t!(locale, "office-corrections-second")) }
        }))
        (form_post(&officer.link(&format!("{}/new", page.path())), Some(&request_id(given)), html! {
            (typed.hidden())
            input type="hidden" name="step" value="propose";
            (Field::new(&locale, "reason", t!(locale, "office-vote-reason"))
                .hint(t!(locale, "office-vote-reason-hint"))
                .error(errors.of("reason").map(str::to_owned))
                .max_length(TEXT_MAX)
                .textarea(reason, 3))
            (buttons(html! {
                (button(Button::Danger, &t!(locale, "office-corrections-propose"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&page.path())))
            }))
        }))
    };
    let (title, lead) = (t!(locale, "office-corrections-new"), t!(locale, "office-corrections-new-lead"));
    page.behind(&title, &lead, errors, None, body)
}
