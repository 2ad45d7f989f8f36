//! Scheduling the vote: what it would be is shown with all that is said against it, before anything is frozen.

mod check;
pub mod checklist;

use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use comitia_platform::Reason;
use comitia_platform::validate::timestamp;
use comitia_proto::budgets::v1::{Budget, ScheduleVoteRequest, VotePlan};
use comitia_proto::identity::v1::{ListRollsRequest, Roll};
use comitia_proto::spaces::v1::{PhaseKind, Process};
use http::StatusCode;
use maud::{Markup, html};

use super::terms::draft_budget;
use super::{BUDGETERS, path, sheet};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{key, t};
use crate::pages::calls::{self, Areas, instant};
use crate::pages::office::parts::{done, refused, status};
use crate::pages::office::processes::calendar::{End, moment, typed};
use crate::pages::office::{Desk, Officer};
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Choice, Field, FieldErrors, Kind, Tone, Width, button, button_link, buttons, empty, form_post,
    notice,
};
use crate::visit::PageResult;

const ROLLS: i32 = 1000;
/// How long after the close paper is entered, where nothing else is said, and at most; in days.
const PAPER_DAYS: i64 = 3;
const PAPER_DAYS_MOST: i64 = 60;
const AGE_MOST: u32 = 150;

/// The form as it was typed.
#[derive(Clone, Debug, Default)]
struct Draft {
    roll: String,
    open_day: String,
    open_time: String,
    close_day: String,
    close_time: String,
    paper_days: String,
    age: String,
    districts: Vec<String>,
}

impl Draft {
    fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        let districts = form.fields().filter(|(name, value)| *name == "district" && !value.is_empty());
        Self {
            roll: text("roll"),
            open_day: text("open_day"),
            open_time: text("open_time"),
            close_day: text("close_day"),
            close_time: text("close_time"),
            paper_days: text("paper_days"),
            age: text("age"),
            districts: districts.map(|(_, code)| code.to_owned()).collect(),
        }
    }

    /// The whole of the vote phase, as far as it is to come.
    fn of_phase(around: &Around) -> Self {
        let (officer, now) = (&around.officer, around.officer.now());
        let zone = officer.locale.zone;
        let phase = around.vote_phases().into_iter().find(|(_, end)| *end > now);
        let (open, close) = match phase {
            Some((start, end)) => {
                let soon = now + TimeDelta::minutes(60 - now.timestamp() / 60 % 60);
                (typed(zone, End::First, start.max(soon)), typed(zone, End::Last, end))
            }
            None => Default::default(),
        };
        Self {
            roll: around.rolls.first().map(|roll| roll.roll_id.clone()).unwrap_or_default(),
            open_day: open.0,
            open_time: open.1,
            close_day: close.0,
            close_time: close.1,
            paper_days: PAPER_DAYS.to_string(),
            age: String::new(),
            districts: Vec::new(),
        }
    }

    /// What was planned before, to be changed.
    fn of_plan(around: &Around, plan: &VotePlan) -> Self {
        let zone = around.officer.locale.zone;
        let when = |end, time: Option<&prost_types::Timestamp>| {
            instant(time).map(|time| typed(zone, end, time)).unwrap_or_default()
        };
        let open = when(End::First, plan.open_time.as_ref());
        let close = when(End::Last, plan.close_time.as_ref());
        let paper = instant(plan.paper_close_time.as_ref()).zip(instant(plan.close_time.as_ref()));
        let paper = paper.map_or(PAPER_DAYS, |(paper, close)| (paper - close).num_days());
        let age = if plan.minimum_age == 0 { String::new() } else { plan.minimum_age.to_string() };
        Self {
            roll: plan.roll_id.clone(),
            open_day: open.0,
            open_time: open.1,
            close_day: close.0,
            close_time: close.1,
            paper_days: paper.to_string(),
            age,
            districts: plan.districts.clone(),
        }
    }

    fn hidden(&self) -> Markup {
        let fields = [
            ("roll", &self.roll),
            ("open_day", &self.open_day),
            ("open_time", &self.open_time),
            ("close_day", &self.close_day),
            ("close_time", &self.close_time),
            ("paper_days", &self.paper_days),
            ("age", &self.age),
        ];
        html! {
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            @for district in &self.districts { input type="hidden" name="district" value=(district); }
        }
    }

    fn read(&self, around: &Around, errors: &mut FieldErrors) -> ScheduleVoteRequest {
        let locale = around.officer.locale;
        let mut time = |name: &str, end, day: &str, time: &str| match moment(locale.zone, end, day, time) {
            Ok(moment) => Some(moment),
            Err(_) => {
                errors.push(name, t!(locale, "office-schedule-time-wrong"));
                None
            }
        };
        let open = time("open_day", End::First, &self.open_day, &self.open_time);
        let close = time("close_day", End::Last, &self.close_day, &self.close_time);
        let paper = self.paper_days.parse().ok().filter(|days| (0..=PAPER_DAYS_MOST).contains(days));
        if paper.is_none() {
            errors.push("paper_days", t!(locale, "office-schedule-paper-wrong"));
        }
        let age =
            if self.age.is_empty() { Some(0) } else { self.age.parse().ok().filter(|age| *age <= AGE_MOST) };
        if age.is_none() {
            errors.push("age", t!(locale, "office-schedule-age-wrong"));
        }
        if !around.rolls.iter().any(|roll| roll.roll_id == self.roll) {
            errors.push("roll", t!(locale, "office-schedule-roll-missing"));
        }
        let paper_close =
            close.zip(paper).and_then(|(close, days)| close.checked_add_signed(TimeDelta::try_days(days)?));
        ScheduleVoteRequest {
            budget_id: around.budget.budget_id.clone(),
            roll_id: self.roll.clone(),
            open_time: open.map(timestamp),
            close_time: close.map(timestamp),
            districts: self.districts.clone(),
            minimum_age: age.unwrap_or(0),
            paper_close_time: paper_close.map(timestamp),
            validate_only: true,
        }
    }
}

/// What the page needs to know.
struct Around {
    officer: Officer,
    budget: Budget,
    process: Process,
    areas: Areas,
    rolls: Vec<Roll>,
}

impl Around {
    async fn of(officer: Officer, slug: &Slug) -> Result<Self, PageError> {
        officer.require(BUDGETERS)?;
        let budget = draft_budget(&officer, slug).await?;
        let rolls = async {
            let request = officer.request(ListRollsRequest { page_size: ROLLS, page_token: String::new() });
            Ok(officer.services().rolls().list_rolls(request).await?.into_inner().rolls)
        };
        let (process, areas, rolls) = tokio::try_join!(
            calls::process(&officer, budget.process_id.clone()),
            calls::areas(&officer),
            rolls
        )?;
        Ok(Self { budget, process, areas, rolls, officer })
    }

    fn vote_phases(&self) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let votes = self.process.phases.iter().filter(|phase| phase.kind() == PhaseKind::Vote);
        votes
            .filter_map(|phase| instant(phase.start_time.as_ref()).zip(instant(phase.end_time.as_ref())))
            .collect()
    }

    fn sheet(
        &self,
        errors: &FieldErrors,
        said: Option<Markup>,
        status: StatusCode,
        body: Markup,
    ) -> Response {
        let locale = self.officer.locale;
        let (title, lead) = (t!(locale, "office-schedule"), t!(locale, "office-schedule-lead"));
        let link = self.officer.link(&path(&self.budget));
        let way = [(self.budget.title.as_str(), link.as_str())];
        let mut sheet = sheet(&title, &lead, &way, errors);
        sheet.said = said;
        sheet.show(&self.officer, status, body)
    }

    fn form(&self, draft: &Draft, errors: &FieldErrors, said: Option<Markup>) -> Response {
        let (officer, locale) = (&self.officer, self.officer.locale);
        let status = if said.is_some() { StatusCode::CONFLICT } else { status(errors) };
        if self.vote_phases().is_empty() || self.rolls.is_empty() {
            return self.sheet(errors, said, status, self.first());
        }
        let body = html! {
            (form_post(&officer.link(&format!("{}/schedule", path(&self.budget))), None, html! {
                (self.fields(draft, errors))
                (buttons(html! {
                    (button(Button::Primary, &t!(locale, "office-schedule-check"), Some(("to", "check"))))
                    (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link(&path(&self.budget))))
                }))
            }))
        };
        self.sheet(errors, said, status, body)
    }

    /// What is missing before a vote can be scheduled at all.
    fn first(&self) -> Markup {
        let (officer, locale) = (&self.officer, self.officer.locale);
        html! {
            @if self.vote_phases().is_empty() {
                (empty(&t!(locale, "office-schedule-no-phase"), html! {
                    p { (t!(locale, "office-schedule-no-phase-text", process = &self.process.title)) }
                    p { a href=(officer.link(Desk::Processes.path())) { (t!(locale, "office-processes")) } }
                }))
            }
            @if self.rolls.is_empty() {
                (empty(&t!(locale, "office-schedule-no-roll"), html! {
                    p { (t!(locale, "office-schedule-no-roll-text")) }
                    p { a href=(officer.link(Desk::Rolls.path())) { (t!(locale, "office-rolls")) } }
                }))
            }
        }
    }

    fn fields(&self, draft: &Draft, errors: &FieldErrors) -> Markup {
        let locale = self.officer.locale;
        let field = |name: &'static str, label: &'static str| {
            Field::new(&locale, name, locale.text(label)).error(errors.of(name).map(str::to_owned))
        };
        let rolls: Vec<_> = self.rolls.iter().map(|roll| Choice::new(&roll.roll_id, &roll.title)).collect();
        let phases = self.vote_phases();
        let phases: Vec<_> = phases
            .iter()
            .map(|(start, end)| {
                t!(
                    locale,
                    "office-schedule-phase",
                    start = locale.date_time(*start),
                    end = locale.deadline(*end)
                )
            })
            .collect();
        let by_title = self.areas.by_title();
        let areas: Vec<_> = by_title.iter().map(|(code, title)| Choice::new(code, title)).collect();
        let chosen: Vec<_> = draft.districts.iter().map(String::as_str).collect();
        html! {
            (field("roll", key!("office-schedule-roll"))
                .hint(t!(locale, "office-schedule-roll-hint"))
                .select(Some(&draft.roll), None, &rolls))
            (field("open_day", key!("office-schedule-open-day"))
                .hint(phases.join(" "))
                .width(Width::Medium).input(Kind::Date, &draft.open_day))
            (field("open_time", key!("office-schedule-open-time"))
                .hint(t!(locale, "office-schedule-open-time-hint"))
                .optional().width(Width::Short).input(Kind::Time, &draft.open_time))
            (field("close_day", key!("office-schedule-close-day"))
                .width(Width::Medium).input(Kind::Date, &draft.close_day))
            (field("close_time", key!("office-schedule-close-time"))
                .hint(t!(locale, "office-schedule-close-time-hint"))
                .optional().width(Width::Short).input(Kind::Time, &draft.close_time))
            (field("paper_days", key!("office-schedule-paper"))
                .hint(t!(locale, "office-schedule-paper-hint"))
                .width(Width::Short).input(Kind::Digits, &draft.paper_days))
            (field("age", key!("office-schedule-age"))
                .hint(t!(locale, "office-schedule-age-hint"))
                .optional().width(Width::Short).input(Kind::Digits, &draft.age))
            @if !areas.is_empty() {
                (field("district", key!("office-schedule-districts"))
                    .hint(t!(locale, "office-schedule-districts-hint"))
                    .optional().checkboxes(&chosen, &areas))
            }
        }
    }

    /// What the API has against it: at the fields, or above them.
    fn refusal(&self, error: PageError) -> Result<(FieldErrors, Option<Markup>), PageError> {
        let locale = self.officer.locale;
        let nobody = error.reason() == Some(Reason::NobodyEligible);
        let text = |key: &str| locale.text(key);
        let pick = |eligible, other| text(if nobody { eligible } else { other });
        let words = [
            (
                "roll_id",
                "roll",
                pick(key!("office-schedule-roll-empty"), key!("office-schedule-roll-missing")),
            ),
            ("open_time", "open_day", text(key!("office-schedule-open-wrong"))),
            ("close_time", "close_day", text(key!("office-schedule-close-wrong"))),
            ("paper_close_time", "paper_days", text(key!("office-schedule-paper-wrong"))),
            (
                "minimum_age",
                "age",
                pick(key!("office-schedule-nobody-so-old"), key!("office-schedule-age-wrong")),
            ),
            (
                "districts",
                "district",
                pick(key!("office-schedule-nobody-there"), key!("office-schedule-districts-wrong")),
            ),
        ];
        let words: Vec<_> = words.iter().map(|(api, name, text)| (*api, *name, text.as_ref())).collect();
        let said = match error.reason() {
            Some(Reason::ProcessNotPublished) => key!("office-schedule-not-published"),
            Some(Reason::LeftoverTooLate) => key!("office-schedule-leftover-late"),
            Some(Reason::RuleNotApplicable) if self.has_violation(&error, "budget_id") => {
                key!("office-budget-no-projects")
            }
            Some(Reason::RuleNotApplicable) => key!("office-schedule-rule-impossible"),
            _ => return Ok((refused(error, &words)?, None)),
        };
        let body = html! {
            p { (text(said)) }
            @if error.reason() == Some(Reason::RuleNotApplicable) {
                p { a href=(self.officer.link(&format!("{}/edit", path(&self.budget)))) { (t!(locale, "office-budget-edit")) } }
            }
        };
        Ok((
            FieldErrors::new(),
            Some(notice(&locale, Tone::Error, Some(&t!(locale, "office-schedule-refused")), body)),
        ))
    }

    fn has_violation(&self, error: &PageError, name: &str) -> bool {
        matches!(error, PageError::Api { violations, .. } if violations.iter().any(|(field, _)| field == name))
    }
}

pub async fn form(officer: Officer, slug: Slug) -> PageResult {
    let around = Around::of(officer, &slug).await?;
    let plan = if around.budget.sign_off_required {
        checklist::of_budget(&around.officer, &around.budget.budget_id).await?.plan
    } else {
        None
    };
    let draft = match plan {
        Some(plan) => Draft::of_plan(&around, &plan),
        None => Draft::of_phase(&around),
    };
    Ok(around.form(&draft, &FieldErrors::new(), None))
}

pub async fn go_on(officer: Officer, slug: Slug, form: Form) -> PageResult {
    let around = Around::of(officer, &slug).await?;
    let officer = &around.officer;
    let draft = Draft::of(&form);
    let mut errors = FieldErrors::new();
    if form.text("to") == "change" {
        return Ok(around.form(&draft, &errors, None));
    }
    let asked = draft.read(&around, &mut errors);
    if !errors.is_empty() {
        return Ok(around.form(&draft, &errors, None));
    }
    let mut budgets = officer.services().budgets();
    let checked = match budgets.schedule_vote(officer.request(asked.clone())).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => {
            let (errors, said) = around.refusal(status.into())?;
            return Ok(around.form(&draft, &errors, said));
        }
    };
    if form.text("to") != "schedule" {
        return Ok(around.check(&draft, &asked, &checked, &errors));
    }
    if around.budget.sign_off_required {
        return match checklist::plan(officer, asked).await {
            Ok(()) => Ok(done(officer, &format!("{}/checklist", path(&around.budget)), "planned")),
            Err(error) => {
                let (errors, said) = around.refusal(error)?;
                Ok(around.form(&draft, &errors, said))
            }
        };
    }
    if form.get("sure") != "yes" {
        errors.push("sure", t!(officer.locale, "office-sure-missing"));
        return Ok(around.check(&draft, &asked, &checked, &errors));
    }
    let real = ScheduleVoteRequest { validate_only: false, ..asked };
    match budgets.schedule_vote(officer.request(real)).await {
        Ok(_) => Ok(done(officer, &path(&around.budget), "scheduled")),
        Err(status) => {
            let (errors, said) = around.refusal(status.into())?;
            Ok(around.form(&draft, &errors, said))
        }
    }
}
