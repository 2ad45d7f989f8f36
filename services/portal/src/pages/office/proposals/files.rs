//! Photos and documents of a proposal, as the team sees them: each with what it shows, and removed with a reason.

use axum::extract::Path;
use axum::response::Response;
use comitia_proto::proposals::v1::{GetProposalRequest, Proposal};
use comitia_proto::spaces::v1::{Attachment, RemoveAttachmentRequest};
use maud::{Markup, html};

use super::{MODERATORS, path};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::t;
use crate::pages::files::{Wanted, kind_and_size, of_proposal, send};
use crate::pages::office::parts::{Sheet, done, status};
use crate::pages::office::{Desk, Officer, STAFF};
use crate::pages::parts::Asked;
use crate::pages::slugs::Slug;
use crate::ui::{Button, Field, FieldErrors, button, button_link, buttons, form_post};
use crate::visit::PageResult;

const REASON_MAX: u32 = 1000;

/// The files of a proposal below a heading, with the way to remove each.
pub fn section(officer: &Officer, proposal: &Proposal, attachments: &[Attachment]) -> Markup {
    let locale = officer.locale;
    let may = officer.has_any(MODERATORS);
    let here = officer.link(&format!("{}/files", path(proposal)));
    html! {
        @if !attachments.is_empty() {
            section aria-labelledby="files" {
                h2 #files { (t!(locale, "office-files")) }
                ul .files { @for one in attachments { (row(officer, &here, one, may)) } }
            }
        }
    }
}

fn row(officer: &Officer, here: &str, attachment: &Attachment, may: bool) -> Markup {
    let locale = officer.locale;
    let one = format!("{here}/{}", attachment.attachment_id);
    html! {
        li {
            a href=(format!("{one}/file")) { bdi { (attachment.title) } }
            " " span .hint { (kind_and_size(&locale, attachment)) }
            @if let Some(smallest) = attachment.renditions.first() {
                br;
                img .thumbnail src=(format!("{one}/file?width={}", smallest.width)) width=(smallest.width)
                    height=(smallest.height) loading="lazy" alt=(attachment.alternative_text);
            }
            @if may {
                br;
                a href=(format!("{one}/remove")) {
                    (t!(locale, "office-files-remove")) span .unseen { " " (attachment.title) }
                }
            }
        }
    }
}

type Named = Path<(String, String, String)>;

async fn named(officer: &Officer, slug: &Slug, id: &str) -> Result<(Proposal, Attachment), PageError> {
    let request = officer.request(GetProposalRequest { proposal_id: slug.id() });
    let mut proposals = officer.services().proposals();
    let proposal = async { Ok::<_, PageError>(proposals.get_proposal(request).await?.into_inner()) };
    let (proposal, found) = tokio::try_join!(proposal, of_proposal(officer, slug.id()))?;
    let one = found.attachments.into_iter().find(|one| one.attachment_id == id);
    Ok((proposal.proposal.ok_or(PageError::NotFound)?, one.ok_or(PageError::NotFound)?))
}

pub async fn ask_remove(officer: Officer, slug: Slug, Path((_, _, id)): Named) -> PageResult {
    officer.require(MODERATORS)?;
    let (proposal, attachment) = named(&officer, &slug, &id).await?;
    Ok(question(&officer, &proposal, &attachment, "", &FieldErrors::new()))
}

fn question(
    officer: &Officer,
    proposal: &Proposal,
    attachment: &Attachment,
    reason: &str,
    errors: &FieldErrors,
) -> Response {
    let locale = officer.locale;
    let back = officer.link(&path(proposal));
    let action = format!("{back}/files/{}/remove", attachment.attachment_id);
    let body = form_post(
        &action,
        None,
        html! {
            ul {
                li { (t!(locale, "office-proposal-files-gone")) }
                li { (t!(locale, "office-files-remove-file")) }
                li { (t!(locale, "office-files-remove-copies")) }
            }
            (Field::new(&locale, "reason", t!(locale, "office-moderate-reason"))
                .hint(t!(locale, "office-proposal-files-reason-hint"))
                .error(errors.of("reason").map(str::to_owned))
                .max_length(REASON_MAX)
                .textarea(reason, 3))
            (buttons(html! {
                (button(Button::Danger, &t!(locale, "office-files-remove-do"), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &back))
            }))
        },
    );
    let sheet = Sheet {
        desk: Desk::Proposals,
        title: &t!(locale, "office-files-remove-title", title = &attachment.title),
        lead: &t!(locale, "office-proposal-files-lead"),
        way: &[(&proposal.title, &back)],
        errors,
        said: None,
    };
    sheet.show(officer, status(errors), body)
}

pub async fn remove(officer: Officer, slug: Slug, Path((_, _, id)): Named, form: Form) -> PageResult {
    officer.require(MODERATORS)?;
    let (proposal, attachment) = named(&officer, &slug, &id).await?;
    let reason = form.text("reason").replace("\r\n", "\n");
    // A file of the team's own proposal needs no reason, and one is asked for all the same: the log has it.
    if reason.is_empty() || reason.chars().count() > REASON_MAX as usize {
        let mut errors = FieldErrors::new();
        errors.push("reason", t!(officer.locale, "office-moderate-reason-missing"));
        return Ok(question(&officer, &proposal, &attachment, &reason, &errors));
    }
    let request = RemoveAttachmentRequest { attachment_id: id, reason };
    officer.services().attachments().remove_attachment(officer.request(request)).await?;
    Ok(done(&officer, &path(&proposal), "file-removed"))
}

/// The file, for staff: that of a hidden proposal has no public address.
pub async fn file(
    officer: Officer,
    Path((_, _, attachment_id)): Named,
    Asked(asked): Asked<Wanted>,
) -> PageResult {
    officer.require(STAFF)?;
    send(&officer, attachment_id, asked.width).await
}
