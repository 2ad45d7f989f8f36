//! Submitting a proposal, one thing a page: the rules, the title, proposals that look alike, the text with its place, and a
//! check of all of it, with a photo and a document. Each page is a form that carries what was written before; which page is next is the button's to say.

use std::collections::HashMap;

use axum::response::{IntoResponse, Redirect, Response};
use comitia_platform::Reason;
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::Account;
use comitia_proto::proposals::v1::{ListProposalsRequest, Proposal};
use comitia_proto::spaces::v1::{PhaseKind, Process};
use futures_util::future::try_join_all;
use http::StatusCode;
use maud::{Markup, html};

use super::draft::{BODY_MAX, CATEGORY_MAX, Draft, PLACE_MAX, TITLE_MAX, telling_words};
use super::enclosed::{self, Enclosed};
use crate::error::PageError;
use crate::form::Form;
use crate::frame::{Section, View};
use crate::locale::t;
use crate::pages::account;
use crate::pages::calls::{self, Areas, instant};
use crate::pages::office::upload::Upload;
use crate::pages::parts::{self, trail};
use crate::pages::slugs::Slug;
use crate::ui::{
    Button, Choice, Field, FieldErrors, Kind, Map, Shape, SummaryRow, Tone, button, button_link, buttons,
    error_summary, form_file, form_post, map, map_possible, markdown, notice, position_text, steps,
    summary_list,
};
use crate::visit::{PageResult, Visit};

/// Look-alikes that are shown, and those that are looked at for each word.
const ALIKE: usize = 5;
const ALIKE_PER_WORD: i32 = 20;
const STEPS: u32 = 4;

/// A submission under way.
struct Flow {
    visit: Visit,
    process: Process,
    path: String,
    /// The account of who writes; none with a letter.
    account: Option<Account>,
    /// The outlines of areas, once a place is asked for.
    shapes: Vec<Shape>,
}

impl Flow {
    async fn begin(visit: Visit, slug: &Slug) -> Result<Self, PageError> {
        let process = calls::process(&visit, slug.id()).await?;
        let path = format!("{}/proposals/new", parts::process_path(&visit, &process));
        let participant = visit.session.as_ref().is_some_and(|session| session.has(Role::Participant));
        let account = if participant { account::own(&visit).await? } else { None };
        Ok(Self { visit, process, path, account, shapes: Vec::new() })
    }

    fn is_open(&self) -> bool {
        parts::submission_open(&self.process, self.visit.now())
    }

    fn page(&self, status: StatusCode, title: &str, main: Markup) -> Response {
        self.show(status, title, main, false)
    }

    fn show(&self, status: StatusCode, title: &str, main: Markup, map: bool) -> Response {
        let visit = &self.visit;
        let process_path = parts::process_path(visit, &self.process);
        let proposals = t!(visit.locale, "proposals-title");
        let proposals_path = format!("{process_path}/proposals");
        let way = [(self.process.title.as_str(), process_path.as_str()), (&proposals, &proposals_path)];
        let view = View {
            section: Section::Processes,
            breadcrumbs: Some(trail(visit, &way, &t!(visit.locale, "proposals-new"))),
            private: true,
            map,
            error: status == StatusCode::UNPROCESSABLE_ENTITY,
            ..View::new(title, main)
        };
        visit.page(status, view)
    }

    /// The form of a step: what it does not ask for itself is carried along.
    fn form(&self, draft: &Draft, own: &[&str], content: Markup) -> Markup {
        form_post(
            &self.path,
            Some(&draft.request_id),
            html! {
                (draft.hidden(own))
                (content)
            },
        )
    }
}

/// The rules, before anything is written.
pub async fn begin(visit: Visit, slug: Slug) -> PageResult {
    let flow = Flow::begin(visit, &slug).await?;
    let address = |slug: &str| format!("/processes/{slug}/proposals/new");
    if let Some(moved) = slug.moved(&flow.visit, &flow.process.title, address) {
        return Ok(moved);
    }
    if !flow.is_open() {
        return Ok(closed(&flow, &Draft::default()));
    }
    flow.visit.signed_in()?;
    if flow.account.as_ref().is_some_and(|account| !account.complete) {
        return Ok(account::welcome_first(&flow.visit));
    }
    Ok(rules(&flow, &Draft::new()))
}

/// What the gateway asks for before it reads files: who is shown this page may send some. Without a session nothing of a body is
/// read, so that what was written has to be sent once more from the page before.
pub async fn before_files(visit: Visit, slug: Slug) -> PageResult {
    let flow = Flow::begin(visit, &slug).await?;
    if flow.visit.session.is_some() {
        return Ok(rules(&flow, &Draft::new()));
    }
    let locale = flow.visit.locale;
    let heading = t!(locale, "proposals-session-over");
    let main = html! {
        h1 { (heading) }
        p { (t!(locale, "own-files-session-over")) }
        p { (session_link(&flow)) }
    };
    Ok(flow.page(StatusCode::UNAUTHORIZED, &heading, main))
}

fn session_link(flow: &Flow) -> Markup {
    html! {
        a href=(flow.visit.link("/sign-in")) target="_blank" rel="noopener" {
            (t!(flow.visit.locale, "proposals-session-over-sign-in"))
        }
    }
}

/// The next page, as the button says.
pub async fn go_on(visit: Visit, slug: Slug, form: Form) -> PageResult {
    step(visit, slug, form, Enclosed::default()).await
}

/// The last page, with its files.
pub async fn go_on_with_files(visit: Visit, slug: Slug, upload: Upload) -> PageResult {
    let files = Enclosed::of(&upload);
    step(visit, slug, upload.form, files).await
}

async fn step(visit: Visit, slug: Slug, form: Form, files: Enclosed) -> PageResult {
    let mut flow = Flow::begin(visit, &slug).await?;
    let draft = Draft::of(&form);
    if !flow.is_open() {
        return Ok(closed(&flow, &draft));
    }
    if flow.visit.session.is_none() {
        return Ok(session_over(&flow, &draft, form.text("to")));
    }
    let locale = flow.visit.locale;
    let mut errors = FieldErrors::new();
    match form.text("to") {
        "rules" => return Ok(rules(&flow, &draft)),
        "title" => return Ok(title(&flow, &draft, &errors)),
        _ => draft.check_title(&locale, &mut errors),
    }
    if !errors.is_empty() {
        return Ok(title(&flow, &draft, &errors));
    }
    if form.text("to") == "alike" {
        let alike = look_alikes(&flow, &draft.title).await?;
        if !alike.is_empty() {
            return show_alike(&flow, &draft, &alike).await;
        }
    }
    let (areas, shapes) = tokio::try_join!(calls::areas(&flow.visit), calls::outlines(&flow.visit))?;
    flow.shapes = shapes;
    if matches!(form.text("to"), "alike" | "details") {
        return Ok(details(&flow, &draft, &areas, &errors));
    }
    draft.check_details(&locale, &areas, &mut errors);
    if !errors.is_empty() {
        return Ok(details(&flow, &draft, &areas, &errors));
    }
    if form.text("to") != "send" {
        return Ok(check(&flow, &draft, &areas, &errors, None));
    }
    files.check(&locale, &draft, &mut errors);
    if errors.is_empty() {
        send(&flow, draft, &areas, files).await
    } else {
        Ok(check(&flow, &draft, &areas, &errors, None))
    }
}

fn rules(flow: &Flow, draft: &Draft) -> Response {
    let locale = flow.visit.locale;
    let heading = t!(locale, "proposals-new");
    let open = flow.process.phases.iter().filter(|phase| phase.kind() == PhaseKind::Submission);
    let end = open.filter_map(|phase| instant(phase.end_time.as_ref())).find(|end| *end > flow.visit.now());
    let main = html! {
        h1 { (heading) }
        @if let Some(end) = end { p { (t!(locale, "proposals-rules-until", end = locale.deadline(end))) } }
        ul {
            li { (t!(locale, "proposals-rules-one")) }
            li { (t!(locale, "proposals-rules-public")) }
            li { (t!(locale, "proposals-rules-name")) }
            li { (t!(locale, "proposals-rules-respect")) }
            li { (t!(locale, "proposals-rules-examined")) }
            li { (t!(locale, "proposals-rules-change")) }
        }
        (flow.form(draft, &[], buttons(button(Button::Primary, &t!(locale, "proposals-begin"), Some(("to", "title"))))))
    };
    flow.page(StatusCode::OK, &heading, main)
}

fn title(flow: &Flow, draft: &Draft, errors: &FieldErrors) -> Response {
    let locale = flow.visit.locale;
    let question = t!(locale, "proposals-title-question");
    let field = Field::new(&locale, "title", question.clone())
        .heading()
        .hint(t!(locale, "proposals-title-hint", most = TITLE_MAX))
        .error(errors.of("title").map(str::to_owned))
        .max_length(TITLE_MAX);
    let main = html! {
        (error_summary(&locale, errors))
        (steps(&locale, 1, STEPS))
        (flow.form(draft, &["title"], html! {
            (field.input(Kind::Text, &draft.title))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "proposals-continue"), Some(("to", "alike"))))
                (button(Button::Quiet, &t!(locale, "proposals-previous"), Some(("to", "rules"))))
            }))
        }))
    };
    flow.page(status(errors), &question, main)
}

fn status(errors: &FieldErrors) -> StatusCode {
    if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}

/// Proposals of the process that have words of the title, those with most of them first.
async fn look_alikes(flow: &Flow, title: &str) -> Result<Vec<Proposal>, PageError> {
    let words = telling_words(title);
    let searches = words.iter().map(|word| {
        let request = ListProposalsRequest {
            process_id: flow.process.process_id.clone(),
            query: word.clone(),
            page_size: ALIKE_PER_WORD,
            ..ListProposalsRequest::default()
        };
        calls::proposals(&flow.visit, request)
    });
    let found = try_join_all(searches).await?.into_iter().flat_map(|answer| answer.proposals);
    Ok(most_alike(found, words.len()))
}

/// A proposal was found once for each word that it has. One word in common is enough only where there are no more.
fn most_alike(found: impl Iterator<Item = Proposal>, words: usize) -> Vec<Proposal> {
    let mut counted: HashMap<String, (usize, Proposal)> = HashMap::new();
    for proposal in found {
        counted.entry(proposal.proposal_id.clone()).or_insert((0, proposal)).0 += 1;
    }
    let least = if words > 1 { 2 } else { 1 };
    let mut alike: Vec<_> = counted.into_values().filter(|(count, _)| *count >= least).collect();
    alike.sort_by(|(a, first), (b, second)| (b, &second.proposal_id).cmp(&(a, &first.proposal_id)));
    alike.into_iter().map(|(_, proposal)| proposal).take(ALIKE).collect()
}

async fn show_alike(flow: &Flow, draft: &Draft, alike: &[Proposal]) -> PageResult {
    let locale = flow.visit.locale;
    let areas = calls::areas(&flow.visit).await?;
    let heading = t!(locale, "proposals-alike", count = alike.len());
    let main = html! {
        (steps(&locale, 2, STEPS))
        h1 { (heading) }
        p { (t!(locale, "proposals-alike-text")) }
        (super::cards(&flow.visit, alike, &areas, &HashMap::new(), 2))
        (flow.form(draft, &[], buttons(html! {
            (button(Button::Primary, &t!(locale, "proposals-alike-none"), Some(("to", "details"))))
            (button(Button::Quiet, &t!(locale, "proposals-alike-title"), Some(("to", "title"))))
        })))
    };
    Ok(flow.page(StatusCode::OK, &heading, main))
}

fn details(flow: &Flow, draft: &Draft, areas: &Areas, errors: &FieldErrors) -> Response {
    let locale = flow.visit.locale;
    let heading = t!(locale, "proposals-details");
    let by_title = areas.by_title();
    let choices: Vec<_> = by_title.iter().map(|(code, title)| Choice::new(code, title)).collect();
    let error = |name: &str| errors.of(name).map(str::to_owned);
    let main = html! {
        (error_summary(&locale, errors))
        (steps(&locale, 3, STEPS))
        h1 { (heading) }
        p { bdi { (draft.title) } }
        (flow.form(draft, &["body", "area", "category", "place", "latitude", "longitude", "association"], html! {
            (Field::new(&locale, "body", t!(locale, "proposals-body"))
                .hint(t!(locale, "proposals-body-hint", most = BODY_MAX))
                .error(error("body"))
                .max_length(BODY_MAX)
                .textarea(&draft.body, 12))
            @if !choices.is_empty() {
                (Field::new(&locale, "area", t!(locale, "proposals-area"))
                    .error(error("area"))
                    .select(Some(&draft.area), Some(&t!(locale, "proposals-everywhere")), &choices))
            }
            (Field::new(&locale, "place", t!(locale, "proposals-place"))
                .hint(t!(locale, "proposals-place-hint"))
                .error(error("place"))
                .max_length(PLACE_MAX)
                .optional()
                .input(Kind::Text, &draft.place))
            (map(&locale, &Map {
                label: &t!(locale, "proposals-map-where"),
                shapes: &flow.shapes,
                points: &[],
                listed: false,
                tiles: flow.visit.tiles(),
                pick: Some(draft.position()),
            }))
            (Field::new(&locale, "category", t!(locale, "proposals-category"))
                .hint(t!(locale, "proposals-category-hint"))
                .error(error("category"))
                .max_length(CATEGORY_MAX)
                .optional()
                .input(Kind::Text, &draft.category))
            (speaker(flow, draft))
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "proposals-continue"), Some(("to", "check"))))
                (button(Button::Quiet, &t!(locale, "proposals-previous"), Some(("to", "title"))))
            }))
        }))
    };
    flow.show(status(errors), &heading, main, map_possible(&flow.shapes, flow.visit.tiles()))
}

/// In whose name it is, where somebody writes for associations too.
fn speaker(flow: &Flow, draft: &Draft) -> Markup {
    let locale = flow.visit.locale;
    let Some(account) = flow.account.as_ref().filter(|account| !account.associations.is_empty()) else {
        return html! {};
    };
    let choices: Vec<_> = account
        .associations
        .iter()
        .map(|association| Choice::new(&association.association_id, &association.display_name))
        .collect();
    Field::new(&locale, "association", t!(locale, "proposals-speaker")).select(
        Some(&draft.association),
        Some(&account.display_name),
        &choices,
    )
}

/// The name that will stand beside the proposal.
fn speaker_name<'a>(flow: &'a Flow, draft: &Draft) -> &'a str {
    let Some(account) = &flow.account else { return "" };
    let mut associations = account.associations.iter();
    let chosen = associations.find(|association| association.association_id == draft.association);
    chosen.map_or(&account.display_name, |association| &association.display_name)
}

/// All of it once more. What is changed is a button, because what was written travels in the form.
fn check(flow: &Flow, draft: &Draft, areas: &Areas, errors: &FieldErrors, said: Option<Markup>) -> Response {
    let locale = flow.visit.locale;
    let heading = t!(locale, "proposals-check");
    let none = t!(locale, "proposals-none-given");
    let or_none = |text: &str| {
        if text.is_empty() {
            html! { (none) }
        } else {
            parts::written(text)
        }
    };
    let point = draft.position().map(position_text).unwrap_or_default();
    let place = [draft.place.as_str(), point.as_str()].map(str::trim);
    let place = place.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ");
    let everywhere = t!(locale, "proposals-everywhere");
    let area = if draft.area.is_empty() { &everywhere } else { areas.title(&draft.area) };
    let labels = [
        t!(locale, "proposals-mine-title"),
        t!(locale, "proposals-body"),
        t!(locale, "proposals-area"),
        t!(locale, "proposals-place"),
        t!(locale, "proposals-category"),
        t!(locale, "proposals-author"),
    ];
    let nameless = t!(locale, "proposals-author-nameless");
    let name = Some(speaker_name(flow, draft)).filter(|name| !name.is_empty());
    let values = [
        parts::written(&draft.title),
        markdown(&draft.body, 3),
        parts::written(area),
        or_none(&place),
        or_none(&draft.category),
        parts::written(name.unwrap_or(&nameless)),
    ];
    let rows: Vec<_> =
        labels.iter().zip(values).map(|(label, value)| SummaryRow { label, value, change: None }).collect();
    let status = if said.is_some() { StatusCode::CONFLICT } else { status(errors) };
    let main = html! {
        (error_summary(&locale, errors))
        @if let Some(said) = said { (said) }
        (steps(&locale, 4, STEPS))
        h1 { (heading) }
        (summary_list(&locale, &rows))
        (form_file(&format!("{}/send", flow.path), html! {
            input type="hidden" name="request_id" value=(draft.request_id);
            (draft.hidden(&["alternative_text", "document_title"]))
            (enclosed::fields(&locale, draft, errors))
            p { (t!(locale, "proposals-check-text")) }
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "proposals-send"), Some(("to", "send"))))
                (back(flow, "details", &t!(locale, "proposals-change-details")))
                (back(flow, "title", &t!(locale, "proposals-change-title")))
            }))
        }))
    };
    flow.page(status, &heading, main)
}

/// A button that leads back without sending a file.
fn back(flow: &Flow, to: &str, label: &str) -> Markup {
    html! {
        button .button.quiet type="submit" name="to" value=(to) formaction=(flow.path)
            formenctype="application/x-www-form-urlencoded" { (label) }
    }
}

/// Submits it. The same form again comes to the same proposal.
async fn send(flow: &Flow, draft: Draft, areas: &Areas, files: Enclosed) -> PageResult {
    let locale = flow.visit.locale;
    let request = flow.visit.request(draft.clone().request(flow.process.process_id.clone()));
    let error = match flow.visit.services().proposals().submit_proposal(request).await {
        Ok(answer) => {
            let sent = answer.into_inner().proposal.ok_or(PageError::NotFound)?;
            let path = parts::proposal_path(&flow.visit, &sent.title, &sent.proposal_id);
            if let Some(refused) = files.send(&flow.visit, &sent.proposal_id, &sent.title, &draft).await {
                return Ok(Redirect::to(&format!("{path}/files/new?refused={refused}")).into_response());
            }
            return Ok(Redirect::to(&format!("{path}?done=sent")).into_response());
        }
        Err(status) => PageError::from(status),
    };
    match error.reason() {
        Some(Reason::RequestIdReused) => {
            let said = notice(
                &locale,
                Tone::Warning,
                Some(&t!(locale, "proposals-sent-before")),
                html! {
                    p { (t!(locale, "proposals-sent-before-text")) }
                    p { a href=(flow.visit.link("/my-proposals")) { (t!(locale, "proposals-mine")) } }
                },
            );
            // What is sent now is another proposal, and so another request.
            let anew = Draft { request_id: Draft::new().request_id, ..draft };
            Ok(check(flow, &anew, areas, &FieldErrors::new(), Some(said)))
        }
        Some(Reason::RegistrationIncomplete) => {
            let said = notice(
                &locale,
                Tone::Warning,
                Some(&t!(locale, "proposals-account-first")),
                html! {
                    p { (t!(locale, "proposals-account-first-text")) }
                    p {
                        a href=(flow.visit.link("/account/welcome")) target="_blank" rel="noopener" {
                            (t!(locale, "proposals-account-first-go"))
                        }
                    }
                },
            );
            Ok(check(flow, &draft, areas, &FieldErrors::new(), Some(said)))
        }
        Some(Reason::PhaseNotOpen | Reason::ProcessNotPublished) => Ok(closed(flow, &draft)),
        Some(Reason::SessionExpired | Reason::SessionInvalid | Reason::SessionRevoked) => {
            Ok(session_over(flow, &draft, "send"))
        }
        // The association was taken away meanwhile: what was written goes on in one's own name.
        Some(Reason::NotOfTheAssociation) => {
            let own = Draft { association: String::new(), ..draft };
            Ok(details(flow, &own, areas, &FieldErrors::new()))
        }
        Some(Reason::FieldInvalid) => Ok(refused(flow, &draft, areas, &error)),
        _ => Err(error),
    }
}

/// The service has a rule that this page does not know: it names the field.
fn refused(flow: &Flow, draft: &Draft, areas: &Areas, error: &PageError) -> Response {
    let mut errors = FieldErrors::new();
    let violations = match error {
        PageError::Api { violations, .. } => violations.as_slice(),
        _ => &[],
    };
    for (field, rule) in violations {
        let field = match field.as_str() {
            "title" => "title",
            "body" => "body",
            "area_code" => "area",
            "category" => "category",
            "place.address" | "place.latitude" | "place.longitude" => "place",
            _ => "",
        };
        errors.push(field, rule.clone());
    }
    if errors.of("title").is_some() {
        title(flow, draft, &errors)
    } else {
        details(flow, draft, areas, &errors)
    }
}

/// The session ended while somebody wrote: nothing is lost.
fn session_over(flow: &Flow, draft: &Draft, to: &str) -> Response {
    let locale = flow.visit.locale;
    let heading = t!(locale, "proposals-session-over");
    let main = html! {
        h1 { (heading) }
        p { (t!(locale, "proposals-session-over-text")) }
        p { (session_link(flow)) }
        (flow.form(draft, &[], buttons(button(Button::Primary, &t!(locale, "proposals-continue"), Some(("to", to))))))
    };
    flow.page(StatusCode::UNAUTHORIZED, &heading, main)
}

/// No proposal can be submitted now: when one can, and what was written, to be kept.
fn closed(flow: &Flow, draft: &Draft) -> Response {
    let locale = flow.visit.locale;
    let heading = t!(locale, "proposals-closed");
    let now = flow.visit.now();
    let next = flow
        .process
        .phases
        .iter()
        .filter(|phase| phase.kind() == PhaseKind::Submission)
        .filter_map(|phase| instant(phase.start_time.as_ref()))
        .find(|start| *start > now);
    let main = html! {
        h1 { (heading) }
        p {
            @match next {
                Some(start) => (t!(locale, "proposals-closed-until", start = locale.date_time(start))),
                None => (t!(locale, "proposals-closed-over")),
            }
        }
        @if !draft.title.is_empty() || !draft.body.is_empty() {
            h2 { (t!(locale, "proposals-closed-draft")) }
            p { (t!(locale, "proposals-closed-draft-text")) }
            p { strong { (parts::written(&draft.title)) } }
            (markdown(&draft.body, 3))
        }
        p { (button_link(Button::Primary, &t!(locale, "proposals-closed-back"), &parts::process_path(&flow.visit, &flow.process))) }
    };
    let status = if draft.title.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    flow.page(status, &heading, main)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(ids: &[&str]) -> Vec<Proposal> {
        let proposal = |id: &&str| Proposal { proposal_id: (*id).to_owned(), ..Proposal::default() };
        ids.iter().map(proposal).collect()
    }

    #[test]
    fn those_with_most_words_in_common_come_first() {
        let alike = |ids: &[&str], words| -> Vec<String> {
            most_alike(found(ids).into_iter(), words)
                .into_iter()
                .map(|proposal| proposal.proposal_id)
                .collect()
        };
        assert_eq!(alike(&["a", "b", "c", "b", "a", "b", "d"], 3), ["b", "a"]);
        assert_eq!(alike(&["a", "b"], 1), ["b", "a"]);
        assert!(alike(&["a", "b", "c"], 3).is_empty());
        assert_eq!(alike(&["1", "2", "3", "4", "5", "6", "7"], 1).len(), ALIKE);
    }
}
