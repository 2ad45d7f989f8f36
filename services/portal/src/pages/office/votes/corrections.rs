//! Corrections of a signature sheet: what its minutes look like, what is proposed, what was decided, and the appeals.

mod decide;
mod propose;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use comitia_proto::common::v1::Role;
use comitia_proto::voting::v1::{
    Correction, CorrectionProposal, GetLogRequest, ListCorrectionProposalsRequest,
    ListSignatureMinutesRequest, Log, NoteAppealRequest, Poll, SignatureMinute,
};
use maud::{Markup, html};

use super::{BUDGETERS, path, poll};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::{self, count, instant};
use crate::pages::corrections::{self, Districts, numbered, which};
use crate::pages::office::parts::{Sheet, done, status, what_was_done};
use crate::pages::office::{Desk, Officer};
use crate::pages::votes::is_sheet;
use crate::ui::{
    Button, Column, Field, FieldErrors, Kind, Narrow, Table, Width, button, button_link, buttons, form_post,
    table,
};
use crate::visit::PageResult;

/// Who looks; auditors decide nothing.
pub const LOOKERS: &[Role] = &[Role::Administrator, Role::BudgetOfficer, Role::Auditor];
/// The longest reason and note, as the API has it.
const TEXT_MAX: u32 = 1000;
/// The minutes that are shown.
const MINUTES: i32 = 60;

type PollPath = Path<(String, String)>;
type ProposalPath = Path<(String, String, String)>;

pub fn routes() -> Router {
    Router::new()
        .route("/office/votes/{poll}/corrections", get(show))
        .route("/office/votes/{poll}/corrections/new", get(propose::ask).post(propose::answer))
        .route("/office/votes/{poll}/corrections/appeal", post(appeal))
        .route("/office/votes/{poll}/corrections/{proposal}", get(decide::ask).post(decide::answer))
}

/// A sheet with its log.
struct Page {
    officer: Officer,
    poll: Poll,
    log: Log,
    districts: Districts,
}

impl Page {
    async fn of(officer: Officer, id: &str) -> Result<Self, PageError> {
        officer.require(LOOKERS)?;
        let poll = poll(&officer, id).await?;
        if !is_sheet(&poll) {
            return Err(PageError::NotFound);
        }
        let request = officer.request(GetLogRequest { poll_id: poll.poll_id.clone() });
        let log = officer.services().logs().get_log(request).await?.into_inner().log;
        let log = log.ok_or(PageError::NotFound)?;
        let areas = calls::areas(&officer).await?;
        let codes = log.districts.iter().map(|one| one.district.clone()).filter(|code| !code.is_empty());
        let districts = codes.map(|code| (code.clone(), areas.title(&code).to_owned())).collect();
        Ok(Self { officer, poll, log, districts })
    }

    /// Where the corrections of the sheet are, after the language.
    fn path(&self) -> String {
        format!("{}/corrections", path(&self.poll))
    }

    async fn proposals(&self) -> Result<Vec<CorrectionProposal>, PageError> {
        let message = ListCorrectionProposalsRequest { poll_id: self.poll.poll_id.clone() };
        let request = self.officer.request(message);
        let answer = self.officer.services().corrections().list_correction_proposals(request).await?;
        Ok(answer.into_inner().proposals)
    }

    async fn minutes(&self) -> Result<Vec<SignatureMinute>, PageError> {
        let poll_id = self.poll.poll_id.clone();
        let message = ListSignatureMinutesRequest { poll_id, before_time: None, page_size: MINUTES };
        let request = self.officer.request(message);
        let answer = self.officer.services().corrections().list_signature_minutes(request).await?;
        Ok(answer.into_inner().minutes)
    }

    /// A page behind the one of all corrections.
    fn behind(
        &self,
        title: &str,
        lead: &str,
        errors: &FieldErrors,
        said: Option<Markup>,
        body: Markup,
    ) -> Response {
        let locale = self.officer.locale;
        let status = match &said {
            Some(_) => http::StatusCode::CONFLICT,
            None => status(errors),
        };
        let all = t!(locale, "office-corrections");
        let (to_vote, to_all) = (self.officer.link(&path(&self.poll)), self.officer.link(&self.path()));
        let way = [(self.poll.title.as_str(), to_vote.as_str()), (all.as_ref(), to_all.as_str())];
        let sheet = Sheet { desk: Desk::Votes, title, lead, way: &way, errors, said };
        sheet.show(&self.officer, status, body)
    }

    async fn show(&self, note: &str, errors: &FieldErrors) -> PageResult {
        let (officer, locale) = (&self.officer, self.officer.locale);
        let (proposals, minutes) = tokio::try_join!(self.proposals(), self.minutes())?;
        let may = officer.has_any(BUDGETERS);
        let known = [
            ("proposed", key!("office-corrections-done-proposed")),
            ("confirmed", key!("office-corrections-done-confirmed")),
            ("dropped", key!("office-corrections-done-dropped")),
            ("noted", key!("office-corrections-done-noted")),
        ];
        let body = html! {
            (what_was_done(officer, &known))
            h2 { (t!(locale, "office-corrections-waiting")) }
            (self.waiting(&proposals))
            @if may {
                @let new = officer.link(&format!("{}/new", self.path()));
                (buttons(button_link(Button::Primary, &t!(locale, "office-corrections-new"), &new)))
            }
            h2 { (t!(locale, "office-corrections-minutes")) }
            (self.by_minute(&minutes, may))
            h2 { (t!(locale, "corrections-title")) }
            @if self.log.corrections.is_empty() {
                p { (t!(locale, "office-corrections-none")) }
            } @else {
                (corrections::register(&locale, &self.log, &self.districts))
                @if may { (self.appeal_form(note, errors)) }
            }
        };
        let (title, lead) = (t!(locale, "office-corrections"), t!(locale, "office-corrections-lead"));
        let to_vote = officer.link(&path(&self.poll));
        let way = [(self.poll.title.as_str(), to_vote.as_str())];
        let sheet = Sheet { desk: Desk::Votes, title: &title, lead: &lead, way: &way, errors, said: None };
        Ok(sheet.show(officer, status(errors), body))
    }

    fn waiting(&self, proposals: &[CorrectionProposal]) -> Markup {
        let (officer, locale) = (&self.officer, self.officer.locale);
        if proposals.is_empty() {
            return html! { p { (t!(locale, "office-corrections-none-waiting")) } };
        }
        html! {
            ul {
                @for one in proposals {
                    @let time = instant(one.propose_time.as_ref()).map(|time| locale.date_time(time)).unwrap_or_default();
                    li {
                        a href=(officer.link(&format!("{}/{}", self.path(), one.proposal_id))) {
                            (self.in_short(one)) " (" (time) ")"
                        }
                        @if one.own_proposal { " " (t!(locale, "office-corrections-own")) }
                    }
                }
            }
        }
    }

    /// A proposal in a line.
    fn in_short(&self, one: &CorrectionProposal) -> String {
        let locale = self.officer.locale;
        match &one.selection {
            Some(selection) => {
                let act = locale.text(propose::act_name(one.act(), false));
                t!(
                    locale,
                    "office-corrections-short",
                    act = act,
                    which = which(&locale, selection, &self.districts)
                )
            }
            None => {
                let act = locale.text(propose::act_name(one.act(), true));
                t!(
                    locale,
                    "office-corrections-short-earlier",
                    act = act,
                    number = numbered(one.earlier_number)
                )
            }
        }
    }

    fn by_minute(&self, minutes: &[SignatureMinute], may: bool) -> Markup {
        let (officer, locale) = (&self.officer, self.officer.locale);
        if minutes.is_empty() {
            return html! { p { (t!(locale, "office-corrections-no-minutes")) } };
        }
        let labels = [
            t!(locale, "office-corrections-minute"),
            t!(locale, "office-corrections-online"),
            t!(locale, "office-corrections-paper"),
            t!(locale, "office-corrections-withdrawn"),
            t!(locale, "office-corrections-entries"),
        ];
        let column = |place: usize, numeric| Column { label: &labels[place], numeric };
        let columns = [column(0, false), column(1, true), column(2, true), column(3, true), column(4, false)];
        let row = |minute: &SignatureMinute| {
            let time = instant(minute.begin_time.as_ref());
            let when = time.map(|time| locale.date_time(time)).unwrap_or_default();
            let (first, last) = (count(minute.first_leaf) + 1, count(minute.end_leaf));
            let query = format!(
                "first={first}&last={last}&minute={}",
                minute.begin_time.as_ref().map_or(0, |time| time.seconds / 60)
            );
            let link = officer.link(&format!("{}/new?{query}", self.path()));
            let range = t!(
                locale,
                "office-corrections-range",
                first = locale.number(first),
                last = locale.number(last)
            );
            vec![
                html! { (when) },
                html! { (locale.number(count(minute.online_count))) },
                html! { (locale.number(count(minute.paper_count))) },
                html! { (locale.number(count(minute.withdrawn_count))) },
                html! { @if may { a href=(link) { (range) } } @else { (range) } },
            ]
        };
        let rows = minutes.iter().rev().map(row).collect();
        let caption = t!(locale, "office-corrections-minutes-caption");
        html! {
            p { (t!(locale, "office-corrections-minutes-text")) }
            (table(&Table { id: "minutes", caption: &caption, columns: &columns, rows, narrow: Narrow::Scroll }))
        }
    }

    fn appeal_form(&self, note: &str, errors: &FieldErrors) -> Markup {
        let (officer, locale) = (&self.officer, self.officer.locale);
        let number = self.log.corrections.last().map_or(1, |one| one.number).to_string();
        html! {
            h2 { (t!(locale, "office-corrections-appeal")) }
            (form_post(&officer.link(&format!("{}/appeal", self.path())), None, html! {
                (Field::new(&locale, "number", t!(locale, "office-corrections-appeal-number"))
                    .error(errors.of("number").map(str::to_owned))
                    .width(Width::Short)
                    .input(Kind::Digits, &number))
                (Field::new(&locale, "note", t!(locale, "office-corrections-appeal-note"))
                    .hint(t!(locale, "office-corrections-appeal-hint"))
                    .error(errors.of("note").map(str::to_owned))
                    .max_length(TEXT_MAX)
                    .textarea(note, 3))
                (buttons(button(Button::Secondary, &t!(locale, "office-corrections-appeal-do"), None)))
            }))
        }
    }
}

async fn show(officer: Officer, Path((_, id)): PollPath) -> PageResult {
    Page::of(officer, &id).await?.show("", &FieldErrors::new()).await
}

async fn appeal(officer: Officer, Path((_, id)): PollPath, form: Form) -> PageResult {
    officer.require(BUDGETERS)?;
    let page = Page::of(officer, &id).await?;
    let (officer, locale) = (&page.officer, page.officer.locale);
    let note = form.text("note").replace("\r\n", "\n");
    let mut errors = FieldErrors::new();
    let known = |one: &&Correction| form.text("number").parse() == Ok(one.number);
    let number = page.log.corrections.iter().find(known).map(|one| one.number);
    if number.is_none() {
        errors.push("number", t!(locale, "office-corrections-appeal-unknown"));
    }
    if !(1..=TEXT_MAX as usize).contains(&note.trim().chars().count()) {
        errors.push("note", t!(locale, "office-corrections-appeal-missing"));
    }
    let (true, Some(number)) = (errors.is_empty(), number) else { return page.show(&note, &errors).await };
    let request = NoteAppealRequest { poll_id: page.poll.poll_id.clone(), number, note };
    officer.services().corrections().note_appeal(officer.request(request)).await?;
    Ok(done(officer, &page.path(), "noted"))
}
