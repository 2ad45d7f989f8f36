//! A form to print: what voters on paper mark, as officers will type it.

use axum::extract::Path;
use comitia_proto::voting::v1::{BallotType, PollOption};
use http::StatusCode;
use maud::{Markup, html};

use super::{READERS, poll_path};
use crate::frame::View;
use crate::locale::t;
use crate::pages::office::{Desk, Officer, votes};
use crate::pages::parts as site;
use crate::pages::rules;
use crate::visit::PageResult;

pub async fn show(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    officer.require(READERS)?;
    let locale = officer.locale;
    let poll = votes::poll(&officer, &id).await?;
    let budget = votes::budget_of(&officer, &poll).await?;
    let kind = poll.specification.as_ref().map_or(BallotType::Unspecified, |rules| rules.r#type());
    let currency = budget.as_ref().map(|budget| budget.currency.clone()).unwrap_or_default();
    let option = |option: &PollOption| -> Markup {
        html! {
            li {
                @match kind {
                    BallotType::Cumulative | BallotType::Score | BallotType::Ranking => span .blank-line {},
                    _ => span .box-to-tick {},
                }
                span .paper-number { (option.option_id) }
                span { (site::written(&option.title)) }
                @if option.cost > 0 { span .push { (locale.money(option.cost, &currency)) } }
            }
        }
    };
    let mark = match kind {
        BallotType::Cumulative | BallotType::Score => t!(locale, "office-form-points"),
        BallotType::Ranking => t!(locale, "office-form-ranks"),
        _ => t!(locale, "office-form-tick"),
    };
    let title = t!(locale, "office-paper-form-title", vote = &poll.title);
    let main = html! {
        p .screen-only { (t!(locale, "office-form-print")) }
        section .paper-form {
            h1 { (site::written(&poll.title)) }
            div .paper-fields {
                p { (t!(locale, "office-form-number")) " " span .blank-line {} }
                p { (t!(locale, "office-form-member")) " " span .blank-line {} }
            }
            @if let Some(budget) = &budget { ul { @for sentence in rules::ballot(&locale, budget) { li { (sentence) } } } }
            p { strong { (mark) } }
            ul .paper-options { @for one in &poll.options { (option(one)) } }
            p .small { (t!(locale, "office-form-foot", organization = &officer.organization.display_name)) }
        }
    };
    let link = officer.link(&poll_path(&poll));
    let here = t!(locale, "office-paper-form");
    let breadcrumbs = Some(officer.trail(Desk::Paper, &[(&poll.title, &link)], &here));
    Ok(officer.page(Desk::Paper, StatusCode::OK, View { breadcrumbs, ..View::new(&title, main) }))
}
