//! Everything that is kept about a person, as a page and as a file.

use axum::response::IntoResponse;
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{ExportOwnDataRequest, PersonalData};
use comitia_proto::proposals::v1::{ListMyProposalsRequest, Proposal};
use comitia_proto::spaces::v1::{Attachment, ListMyAttachmentsRequest};
use http::{HeaderValue, StatusCode, header};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{day, language, providers, sessions, view, written_day};
use crate::error::PageError;
use crate::locale::t;
use crate::pages::calls::instant;
use crate::pages::files::kind_and_size;
use crate::pages::parts;
use crate::ui::{Button, SummaryRow, button_link, buttons, summary_list};
use crate::visit::{PageResult, Visit};

/// So many pages of one's own proposals at the most, and so many on each.
const PAGES: usize = 20;
const PAGE: i32 = 1000;

/// What identity keeps about the person.
pub async fn get(visit: &Visit) -> Result<PersonalData, PageError> {
    let answer = visit.services().rolls().export_own_data(visit.request(ExportOwnDataRequest {})).await?;
    Ok(answer.into_inner().personal_data.unwrap_or_default())
}

/// What the person wrote.
async fn written(visit: &Visit) -> Result<Vec<Proposal>, PageError> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    for _ in 0..PAGES {
        let request = visit.request(ListMyProposalsRequest { page_size: PAGE, page_token });
        let answer = visit.services().proposals().list_my_proposals(request).await?.into_inner();
        all.extend(answer.proposals);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(all)
}

/// The photos and documents that the person has sent for proposals.
async fn sent(visit: &Visit) -> Result<Vec<Attachment>, PageError> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    for _ in 0..PAGES {
        let request = visit.request(ListMyAttachmentsRequest { page_size: PAGE, page_token });
        let answer = visit.services().attachments().list_my_attachments(request).await?.into_inner();
        all.extend(answer.attachments);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(all)
}

/// The page.
pub async fn show(visit: Visit) -> PageResult {
    let locale = visit.locale;
    if !visit.signed_in()?.has(Role::Participant) {
        return super::no_account(&visit);
    }
    let (data, proposals, files) = tokio::try_join!(get(&visit), written(&visit), sent(&visit))?;
    let title = t!(locale, "account-data");
    let main = html! {
        h1 { (title) }
        @if data.account.is_some() { (of_account(&visit, &data)) } @else { (of_roll(&visit, &data)) }
        h2 { (t!(locale, "account-data-proposals")) }
        @if proposals.is_empty() { p { (t!(locale, "account-data-no-proposals")) } } @else {
            ul {
                @for proposal in &proposals {
                    li { a href=(parts::proposal_path(&visit, &proposal.title, &proposal.proposal_id)) dir="auto" { (proposal.title) } }
                }
            }
        }
        @if !files.is_empty() {
            h2 { (t!(locale, "account-data-files")) }
            ul {
                @for one in &files {
                    li {
                        bdi { (one.title) } " " span .hint { (kind_and_size(&locale, one)) }
                        @if !one.alternative_text.is_empty() { br; (parts::written(&one.alternative_text)) }
                    }
                }
            }
        }
        p { (t!(locale, "account-no-ballots")) }
        (download_link(&visit))
    };
    Ok(visit.page(StatusCode::OK, view(&title, main)))
}

fn download_link(visit: &Visit) -> Markup {
    buttons(html! {
        a .button.secondary href=(visit.link("/account/data.json")) download { (t!(visit.locale, "account-download")) }
    })
}

fn text(visit: &Visit, value: &str) -> Markup {
    html! { @if value.is_empty() { (t!(visit.locale, "account-unknown")) } @else { bdi { (value) } } }
}

fn of_account(visit: &Visit, data: &PersonalData) -> Markup {
    let locale = visit.locale;
    let account = data.account.clone().unwrap_or_default();
    let accepted = html! {
        @if data.terms_acceptances.is_empty() { (t!(locale, "account-data-none")) } @else {
            ul {
                @for one in &data.terms_acceptances {
                    li { (t!(locale, "account-data-terms-version",
                        version = one.terms_version.to_string(), day = day(visit, one.accept_time.as_ref()))) }
                }
            }
        }
    };
    let own_sessions = html! {
        ul { @for session in &data.sessions { li { (sessions::words(visit, session)) } } }
    };
    let linked = html! {
        @if account.linked_providers.is_empty() { (t!(locale, "account-providers-no")) } @else {
            ul {
                @for one in &account.linked_providers {
                    li { (t!(locale, "account-data-provider", provider = providers::name(one),
                        day = day(visit, one.link_time.as_ref()))) }
                }
            }
        }
    };
    let associations = html! {
        @if data.associations.is_empty() { (t!(locale, "account-data-none")) } @else {
            ul { @for name in &data.associations { li { bdi { (name) } } } }
        }
    };
    let rows = [
        (t!(locale, "account-name"), text(visit, &account.display_name)),
        (t!(locale, "account-email"), text(visit, &account.email)),
        (t!(locale, "account-language"), html! { (language(visit, &account.language)) }),
        (t!(locale, "account-data-since"), text(visit, &day(visit, data.create_time.as_ref()))),
        (t!(locale, "account-data-terms"), accepted),
        (t!(locale, "account-data-age"), text(visit, &day(visit, data.age_declaration_time.as_ref()))),
        (t!(locale, "account-providers"), linked),
        (t!(locale, "account-own-sessions"), own_sessions),
        (t!(locale, "account-data-associations"), associations),
    ];
    let rows = rows.iter().map(|(label, value)| SummaryRow { label, value: value.clone(), change: None });
    html! {
        p { (t!(locale, "account-lead", organization = &visit.organization.display_name)) }
        (summary_list(&locale, &rows.collect::<Vec<_>>()))
        @for entry in &data.roll_entries {
            h2 { (t!(locale, "account-data-roll-entry")) }
            (summary_list(&locale, &roll_rows(visit, entry, &roll_labels(visit))))
        }
    }
}

fn roll_labels(visit: &Visit) -> [String; 6] {
    let locale = visit.locale;
    [
        t!(locale, "account-roll"),
        t!(locale, "account-number"),
        t!(locale, "account-district"),
        t!(locale, "account-birth-date"),
        t!(locale, "account-email"),
        t!(locale, "account-imported"),
    ]
    .map(std::borrow::Cow::into_owned)
}

fn roll_rows<'a>(visit: &Visit, data: &PersonalData, labels: &'a [String; 6]) -> Vec<SummaryRow<'a>> {
    let imported = instant(data.create_time.as_ref()).map(|time| visit.locale.date(time)).unwrap_or_default();
    let values = [
        text(visit, &data.roll_title),
        text(visit, &data.member_number),
        text(visit, &data.district),
        text(visit, &birth_date(visit, &data.birth_date)),
        text(visit, &data.email),
        text(visit, &imported),
    ];
    labels.iter().zip(values).map(|(label, value)| SummaryRow { label, value, change: None }).collect()
}

/// The entry of the roll, and the days on which its member signed in.
fn of_roll(visit: &Visit, data: &PersonalData) -> Markup {
    let locale = visit.locale;
    let sessions = html! {
        @if data.session_start_times.is_empty() { (t!(locale, "account-no-sessions")) } @else {
            ul { @for time in &data.session_start_times { li { (day(visit, Some(time))) } } }
        }
    };
    let labels = roll_labels(visit);
    let mut rows = roll_rows(visit, data, &labels);
    let label = t!(locale, "account-sessions");
    rows.push(SummaryRow { label: &label, value: sessions, change: None });
    html! {
        p { (t!(locale, "account-lead", organization = &visit.organization.display_name)) }
        (summary_list(&locale, &rows))
    }
}

/// The page of who signed in with a letter.
pub fn of_member(visit: &Visit, data: &PersonalData) -> Markup {
    let locale = visit.locale;
    html! {
        (of_roll(visit, data))
        p { (t!(locale, "account-no-ballots")) }
        (download_link(visit))
        @if visit.organization.registration_open {
            p { (t!(locale, "account-member-register")) " "
                a href=(visit.link("/register")) { (t!(locale, "register-title")) } }
        }
        h2 { (t!(locale, "account-erase")) }
        p { (t!(locale, "account-erase-text")) }
        (buttons(button_link(Button::Secondary, &t!(locale, "account-erase-go"), &visit.link("/account/erase"))))
    }
}

/// The day as people write it; as it is stored, if it is no day.
fn birth_date(visit: &Visit, stored: &str) -> String {
    stored.parse().map_or_else(|_| stored.to_owned(), |day| written_day(visit, day))
}

/// Everything as JSON, with the names that the API has for it.
pub async fn download(visit: Visit) -> PageResult {
    visit.signed_in()?;
    let (data, proposals, files) = tokio::try_join!(get(&visit), written(&visit), sent(&visit))?;
    let mut body = match &data.account {
        Some(account) => account_json(&data, account, proposals.iter().map(proposal_json).collect()),
        None => {
            let mut body = roll_json(&data);
            body["proposals"] = proposals.iter().map(proposal_json).collect();
            body
        }
    };
    body["attachments"] = files.iter().map(file_json).collect();
    let text = serde_json::to_string_pretty(&body).unwrap_or_default();
    let mut response = text.into_response();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"comitia.json\""),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

fn file_json(file: &Attachment) -> Value {
    json!({
        "attachmentId": file.attachment_id,
        "proposalId": file.proposal_id,
        "title": file.title,
        "alternativeText": file.alternative_text,
        "mediaType": file.media_type,
        "byteCount": file.byte_count,
        "sha256": file.sha256,
        "createTime": iso(file.create_time.as_ref()),
    })
}

fn iso(time: Option<&prost_types::Timestamp>) -> Option<String> {
    instant(time).map(|time| time.to_rfc3339())
}

fn roll_json(data: &PersonalData) -> Value {
    let sessions: Vec<_> = data.session_start_times.iter().filter_map(|time| iso(Some(time))).collect();
    json!({
        "rollTitle": data.roll_title,
        "memberNumber": data.member_number,
        "district": data.district,
        "birthDate": data.birth_date,
        "email": data.email,
        "createTime": iso(data.create_time.as_ref()),
        "sessionStartTimes": sessions,
    })
}

fn account_json(
    data: &PersonalData,
    account: &comitia_proto::identity::v1::Account,
    proposals: Value,
) -> Value {
    let sessions: Vec<_> = data.sessions.iter().map(session_json).collect();
    let terms: Vec<_> = data
        .terms_acceptances
        .iter()
        .map(|one| json!({"termsVersion": one.terms_version, "acceptTime": iso(one.accept_time.as_ref())}))
        .collect();
    let verified: Vec<_> =
        account.residences.iter().map(|residence| iso(residence.verify_time.as_ref())).collect();
    let linked: Vec<_> = account
        .linked_providers
        .iter()
        .map(|one| json!({"providerId": one.provider_id, "linkTime": iso(one.link_time.as_ref())}))
        .collect();
    json!({
        "displayName": account.display_name,
        "email": account.email,
        "language": account.language,
        "createTime": iso(data.create_time.as_ref()),
        "ageDeclarationTime": iso(data.age_declaration_time.as_ref()),
        "termsAcceptances": terms,
        "sessions": sessions,
        "rollEntries": data.roll_entries.iter().map(roll_json).collect::<Vec<_>>(),
        "verifyTimes": verified,
        "linkedProviders": linked,
        "caseOpen": account.case_open,
        "associations": data.associations,
        "proposals": proposals,
    })
}

fn session_json(session: &comitia_proto::identity::v1::OwnSession) -> Value {
    let device = session.device.unwrap_or_default();
    json!({
        "startTime": iso(session.start_time.as_ref()),
        "device": {"kind": device.kind().as_str_name(), "browser": device.browser().as_str_name()},
        "present": session.present,
    })
}

fn proposal_json(proposal: &Proposal) -> Value {
    json!({
        "proposalId": proposal.proposal_id,
        "title": proposal.title,
        "body": proposal.body,
        "areaCode": proposal.area_code,
        "category": proposal.category,
        "address": proposal.place.as_ref().map(|place| &place.address),
        "createTime": iso(proposal.create_time.as_ref()),
    })
}
