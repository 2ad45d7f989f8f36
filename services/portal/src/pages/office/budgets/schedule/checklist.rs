//! What the team makes sure of before a vote: beside what Comitia knows itself, what only people know, signed off by two of them.

mod items;

use axum::response::Response;
use comitia_platform::Reason;
use comitia_proto::budgets::v1::{
    ChecklistItemState, GetVoteChecklistRequest, PlanVoteRequest, ScheduleVoteRequest, SignOff,
    SignOffChange, SignOffVoteRequest, VoteChecklist, VotePlan,
};
use http::StatusCode;
use maud::{Markup, html};

use self::items::{ITEMS, said_of};
pub use self::items::{check_item, item_form};
use super::Around;
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{Locale, key, t};
use crate::pages::calls::instant;
use crate::pages::office::Officer;
use crate::pages::office::budgets::{path, sheet};
use crate::pages::office::parts::{changed_meanwhile, done, is_changed, status, what_was_done};
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Field, FieldErrors, SummaryRow, Tone, button, button_link, buttons, empty, form_post, notice,
    summary_list, tag,
};
use crate::visit::PageResult;

/// The checklist of a budget.
pub async fn of_budget(officer: &Officer, budget_id: &str) -> Result<VoteChecklist, PageError> {
    let request = officer.request(GetVoteChecklistRequest { budget_id: budget_id.to_owned() });
    let answer = officer.services().checklists().get_vote_checklist(request).await?;
    answer.into_inner().checklist.ok_or(PageError::NotFound)
}

/// Whether one colleague has signed, and the officer who looks has not.
pub fn waits_for_me(list: &VoteChecklist) -> bool {
    let mut signed = list.sign_offs.iter().filter(|one| one.withdraw_time.is_none()).peekable();
    !list.signed_off && signed.peek().is_some() && !signed.any(|one| one.own)
}

/// Keeps the plan, to be checked and signed off.
pub async fn plan(officer: &Officer, asked: ScheduleVoteRequest) -> Result<(), PageError> {
    let plan = VotePlan {
        roll_id: asked.roll_id,
        open_time: asked.open_time,
        close_time: asked.close_time,
        districts: asked.districts,
        minimum_age: asked.minimum_age,
        paper_close_time: asked.paper_close_time,
    };
    let request = PlanVoteRequest { budget_id: asked.budget_id, plan: Some(plan) };
    let Err(status) = officer.services().checklists().plan_vote(officer.request(request)).await else {
        return Ok(());
    };
    let mut error = PageError::from(status);
    if let PageError::Api { violations, .. } = &mut error {
        // The page asks for the same as for a vote that is scheduled at once.
        for (field, _) in violations {
            *field = field.trim_start_matches("plan.").to_owned();
        }
    }
    Err(error)
}

/// The vote of the plan, as it would be scheduled.
fn vote(list: &VoteChecklist, plan: VotePlan, validate_only: bool) -> ScheduleVoteRequest {
    ScheduleVoteRequest {
        budget_id: list.budget_id.clone(),
        roll_id: plan.roll_id,
        open_time: plan.open_time,
        close_time: plan.close_time,
        districts: plan.districts,
        minimum_age: plan.minimum_age,
        paper_close_time: plan.paper_close_time,
        validate_only,
    }
}

impl Around {
    fn list_path(&self) -> String {
        format!("{}/checklist", path(&self.budget))
    }

    async fn list_page(
        &self,
        list: &VoteChecklist,
        errors: &FieldErrors,
        said: Option<Markup>,
    ) -> Result<Response, PageError> {
        let (officer, locale) = (&self.officer, self.officer.locale);
        let (known, possible) = self.known(list).await?;
        let body = html! {
            (what_was_done(officer, &[
                ("planned", key!("office-checklist-done-planned")),
                ("checked", key!("office-checklist-done-checked")),
                ("signed", key!("office-checklist-done-signed")),
            ]))
            (known)
            (self.items(list))
            (self.sign_offs(list))
            @if possible { (self.next(list, errors)) }
        };
        let (title, lead) = (t!(locale, "office-checklist"), t!(locale, "office-checklist-lead"));
        let link = officer.link(&path(&self.budget));
        let way = [(self.budget.title.as_str(), link.as_str())];
        let mut sheet = sheet(&title, &lead, &way, errors);
        let status = if said.is_some() { StatusCode::CONFLICT } else { status(errors) };
        sheet.said = said;
        Ok(sheet.show(officer, status, body))
    }

    /// What Comitia knows itself, as it is now; and whether the vote could be scheduled so.
    async fn known(&self, list: &VoteChecklist) -> Result<(Markup, bool), PageError> {
        let (officer, locale) = (&self.officer, self.officer.locale);
        let schedule = officer.link(&format!("{}/schedule", path(&self.budget)));
        let Some(plan) = list.plan.clone() else {
            let first = empty(
                &t!(locale, "office-checklist-no-plan"),
                html! {
                    p { (t!(locale, "office-checklist-no-plan-text")) }
                    (buttons(button_link(Button::Primary, &t!(locale, "office-checklist-plan"), &schedule)))
                },
            );
            return Ok((first, false));
        };
        let asked = vote(list, plan, true);
        let change = html! { p { a href=(schedule) { (t!(locale, "office-checklist-replan")) } } };
        match officer.services().budgets().schedule_vote(officer.request(asked.clone())).await {
            Ok(answer) => {
                let said = answer.into_inner();
                let known = html! {
                    h2 { (t!(locale, "office-checklist-known")) }
                    (self.warnings(&said.warnings))
                    (self.facts(&asked, &said))
                    @if said.electors.len() > 1 { (self.electors(&said)) }
                    (change)
                };
                Ok((known, true))
            }
            Err(status) => {
                let (errors, said) = self.refusal(status.into())?;
                let refused = html! {
                    h2 { (t!(locale, "office-checklist-known")) }
                    @match said {
                        Some(said) => (said),
                        None => (notice(&locale, Tone::Error, Some(&t!(locale, "office-schedule-refused")), html! {
                            ul { @for error in errors.iter() { li { (error.message) } } }
                        })),
                    }
                    (change)
                };
                Ok((refused, false))
            }
        }
    }

    fn items(&self, list: &VoteChecklist) -> Markup {
        let (officer, locale) = (&self.officer, self.officer.locale);
        let rows: Vec<_> = ITEMS
            .iter()
            .map(|(name, kind, label, _)| {
                let item = list.items.iter().find(|item| item.kind() == *kind).cloned().unwrap_or_default();
                let link = officer.link(&format!("{}/{name}", self.list_path()));
                (locale.text(label), said_of(&locale, &item), link)
            })
            .collect();
        let rows: Vec<_> = rows
            .iter()
            .map(|(label, value, link)| SummaryRow { label, value: value.clone(), change: Some(link) })
            .collect();
        html! { h2 { (t!(locale, "office-checklist-items")) } (summary_list(&locale, &rows)) }
    }

    fn sign_offs(&self, list: &VoteChecklist) -> Markup {
        let locale = self.officer.locale;
        html! {
            h2 { (t!(locale, "office-checklist-sign-offs")) }
            @if list.sign_offs.is_empty() {
                p { (t!(locale, "office-checklist-nobody")) }
            } @else {
                ul { @for one in &list.sign_offs { li { (signed(&locale, one)) } } }
            }
        }
    }

    /// The one thing to do next: an item, a signature, or the vote itself.
    fn next(&self, list: &VoteChecklist, errors: &FieldErrors) -> Markup {
        let (officer, locale) = (&self.officer, self.officer.locale);
        let open = list.items.iter().any(|item| item.state() == ChecklistItemState::Open);
        let mine = list.sign_offs.iter().any(|one| one.own && one.withdraw_time.is_none());
        if list.signed_off {
            return self.ask(
                list,
                errors,
                "schedule",
                key!("office-schedule-do"),
                html! {
                    li { (t!(locale, "office-schedule-freezes")) }
                    li { (t!(locale, "office-schedule-clock")) }
                    li { (t!(locale, "office-schedule-cancel")) }
                },
            );
        }
        if open {
            return notice(
                &officer.locale,
                Tone::Info,
                None,
                html! { p { (t!(locale, "office-checklist-first")) } },
            );
        }
        if mine {
            return notice(
                &officer.locale,
                Tone::Info,
                None,
                html! { p { (t!(locale, "office-checklist-second")) } },
            );
        }
        self.ask(
            list,
            errors,
            "sign",
            key!("office-checklist-sign"),
            html! {
                li { (t!(locale, "office-checklist-means")) }
                li { (t!(locale, "office-checklist-two")) }
                li { (t!(locale, "office-checklist-taken-away")) }
            },
        )
    }

    fn ask(
        &self,
        list: &VoteChecklist,
        errors: &FieldErrors,
        to: &'static str,
        label: &'static str,
        lines: Markup,
    ) -> Markup {
        let locale = self.officer.locale;
        html! {
            (notice(&locale, Tone::Warning, Some(&t!(locale, "office-what-happens")), html! { ul { (lines) } }))
            (form_post(&self.officer.link(&self.list_path()), None, html! {
                input type="hidden" name="etag" value=(list.etag);
                (Field::new(&locale, "sure", t!(locale, "office-schedule-sure"))
                    .error(errors.of("sure").map(str::to_owned)).checkbox(false))
                (buttons(button(Button::Primary, &locale.text(label), Some(("to", to)))))
            }))
        }
    }
}

/// Who signed, and what became of it.
fn signed(locale: &Locale, one: &SignOff) -> Markup {
    let at = |time: Option<&prost_types::Timestamp>| {
        instant(time).map(|time| locale.date_time(time)).unwrap_or_default()
    };
    let time = at(one.sign_time.as_ref());
    let who = if one.own {
        t!(locale, "office-checklist-you-signed", time = time)
    } else {
        t!(locale, "office-checklist-colleague-signed", time = time)
    };
    let why = match one.withdrawn_for() {
        SignOffChange::Unspecified => {
            return html! { (tag(Tone::Success, &t!(locale, "office-checklist-counts"))) " " (who) };
        }
        SignOffChange::Projects => key!("office-checklist-lost-projects"),
        SignOffChange::Terms => key!("office-checklist-lost-terms"),
        SignOffChange::Plan => key!("office-checklist-lost-plan"),
        SignOffChange::Items => key!("office-checklist-lost-items"),
        SignOffChange::CalledOff => key!("office-checklist-lost-called-off"),
    };
    let lost = t!(locale, "office-checklist-lost", time = at(one.withdraw_time.as_ref()));
    html! {
        (tag(Tone::Neutral, &t!(locale, "office-checklist-counts-not"))) " "
        (who) " " (lost) " " (locale.text(why))
    }
}

pub async fn show(officer: Officer, slug: Slug) -> PageResult {
    let around = Around::of(officer, &slug).await?;
    let list = of_budget(&around.officer, &around.budget.budget_id).await?;
    around.list_page(&list, &FieldErrors::new(), None).await
}

/// Signs off, or schedules what two people have signed off.
pub async fn go_on(officer: Officer, slug: Slug, form: Form) -> PageResult {
    let around = Around::of(officer, &slug).await?;
    let (officer, locale) = (&around.officer, around.officer.locale);
    let list = of_budget(officer, &around.budget.budget_id).await?;
    if form.get("sure") != "yes" {
        let mut errors = FieldErrors::new();
        errors.push("sure", t!(locale, "office-sure-missing"));
        return around.list_page(&list, &errors, None).await;
    }
    let (result, to, word) = if form.text("to") == "schedule" {
        let Some(plan) = list.plan.clone() else { return Err(PageError::NotFound) };
        let request = officer.request(vote(&list, plan, false));
        let result = officer.services().budgets().schedule_vote(request).await.map(|_| ());
        (result, path(&around.budget), "scheduled")
    } else {
        let etag = form.text("etag").to_owned();
        let request = SignOffVoteRequest { budget_id: list.budget_id.clone(), etag };
        let result = officer.services().checklists().sign_off_vote(officer.request(request)).await;
        (result.map(|_| ()), around.list_path(), "signed")
    };
    let Err(status) = result else { return Ok(done(officer, &to, word)) };
    let error = PageError::from(status);
    let said = if is_changed(&error) {
        changed_meanwhile(officer)
    } else {
        let why = match error.reason() {
            Some(Reason::SecondPersonRequired) => key!("office-checklist-second"),
            Some(Reason::ChecklistIncomplete) => key!("office-checklist-first"),
            Some(Reason::SignOffMissing) => key!("office-checklist-missing"),
            // The page that comes back says live what stands against the vote.
            Some(Reason::FieldInvalid | Reason::PhaseNotOpen | Reason::NobodyEligible) => {
                key!("office-schedule-refused")
            }
            _ => return Err(error),
        };
        notice(&locale, Tone::Error, None, html! { p { (locale.text(why)) } })
    };
    let list = of_budget(officer, &around.budget.budget_id).await?;
    around.list_page(&list, &FieldErrors::new(), Some(said)).await
}
