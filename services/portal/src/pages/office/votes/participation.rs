//! Who could take part in a vote and who did: by area, by age, and ballots by area. Every figure is one that may be published:
//! small groups stand together, and nothing says who voted.

use axum::body::Body;
use axum::extract::Path;
use comitia_proto::identity::v1::{AgeParticipation, GetParticipationRequest, GetParticipationResponse};
use comitia_proto::voting::v1::{GetTurnoutRequest, Poll, PollState, Turnout};
use http::StatusCode;
use maud::{Markup, html};

use super::{path, poll};
use crate::error::PageError;
use crate::locale::{Locale, t};
use crate::pages::calls::{self, Areas, count};
use crate::pages::office::parts::{Sheet, csv_file, csv_line};
use crate::pages::office::{Desk, Officer};
use crate::pages::results::turnout;
use crate::pages::slugs;
use crate::ui::{
    Bar, Chart, Column, FieldErrors, Narrow, Stat, Table, Tone, bar_chart, buttons, notice, stats, table,
};
use crate::visit::PageResult;

/// A group as it is shown.
struct Group {
    label: String,
    electors: u64,
    sign_ins: u64,
}

struct Figures {
    poll: Poll,
    participation: GetParticipationResponse,
    areas: Areas,
    /// Ballots in the groups that everybody sees, once the poll is sealed.
    turnout: Option<Turnout>,
}

async fn figures(officer: &Officer, id: &str) -> Result<Figures, PageError> {
    let poll = poll(officer, id).await?;
    let request = officer.request(GetParticipationRequest { poll_id: poll.poll_id.clone() });
    let participation = async {
        let answer = officer.services().rolls().get_participation(request).await?;
        Ok::<_, PageError>(answer.into_inner())
    };
    let turnout = async {
        if poll.state() != PollState::Sealed {
            return Ok(None);
        }
        // As nobody: staff would be given exact districts.
        let request = officer.anonymous(GetTurnoutRequest { poll_id: poll.poll_id.clone() });
        Ok::<_, PageError>(officer.services().polls().get_turnout(request).await?.into_inner().turnout)
    };
    let (participation, areas, turnout) = tokio::try_join!(participation, calls::areas(officer), turnout)?;
    Ok(Figures { poll, participation, areas, turnout })
}

impl Figures {
    fn areas(&self, locale: &Locale) -> Vec<Group> {
        let group = |area: &comitia_proto::identity::v1::AreaParticipation| Group {
            label: turnout::name(locale, &self.areas, &area.district),
            electors: count(area.elector_count),
            sign_ins: count(area.sign_in_count),
        };
        self.participation.areas.iter().map(group).collect()
    }

    fn ages(&self, locale: &Locale) -> Vec<Group> {
        let group = |ages: &AgeParticipation| Group {
            label: age(locale, ages),
            electors: count(ages.elector_count),
            sign_ins: count(ages.sign_in_count),
        };
        self.participation.ages.iter().map(group).collect()
    }
}

/// "de 18 à 24 ans".
fn age(locale: &Locale, ages: &AgeParticipation) -> String {
    let years = |age: i32| count(age.into());
    let text = match (ages.from_age, ages.to_age) {
        (None, _) => return t!(locale, "office-participation-age-unknown").into_owned(),
        (Some(0), Some(to)) => t!(locale, "office-participation-age-under", to = years(to + 1)),
        (Some(0), None) => t!(locale, "office-participation-age-any").into_owned(),
        (Some(from), Some(to)) => {
            t!(locale, "office-participation-age-between", from = years(from), to = years(to))
        }
        (Some(from), None) => t!(locale, "office-participation-age-over", from = years(from)),
    };
    if ages.with_unknown { t!(locale, "office-participation-age-with-unknown", ages = text) } else { text }
}

/// The page.
pub async fn show(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    let locale = officer.locale;
    let figures = figures(&officer, &id).await?;
    let participation = &figures.participation;
    let here = officer.link(&path(&figures.poll));
    let body = html! {
        (totals(&locale, participation))
        @if !participation.closed {
            (notice(&locale, Tone::Info, None, html! { p { (t!(locale, "office-participation-open")) } }))
        }
        p .small {
            (t!(locale, "office-participation-groups", count = count(participation.smallest_group))) " "
            (t!(locale, "office-participation-not-votes"))
        }
        h2 { (t!(locale, "office-participation-ages")) }
        (section(&locale, "ages", &t!(locale, "office-participation-age"), &figures.ages(&locale), participation.closed))
        h2 { (t!(locale, "office-participation-areas")) }
        (section(&locale, "areas", &t!(locale, "result-district"), &figures.areas(&locale), participation.closed))
        @if let Some(turnout) = &figures.turnout { (turnout::section(&locale, &figures.areas, turnout)) }
        (buttons(html! {
            a .button.secondary href={ (here) "/participation.csv" } download { (t!(locale, "office-participation-csv")) }
        }))
    };
    let none = FieldErrors::new();
    let sheet = Sheet {
        desk: Desk::Votes,
        title: &t!(locale, "office-participation"),
        lead: &t!(locale, "office-participation-lead"),
        way: &[(&figures.poll.title, &here)],
        errors: &none,
        said: None,
    };
    Ok(sheet.show(&officer, StatusCode::OK, body))
}

fn totals(locale: &Locale, participation: &GetParticipationResponse) -> Markup {
    let electors = locale.number(count(participation.elector_count));
    let sign_ins = locale.number(count(participation.sign_in_count));
    let (may, did) = (
        t!(locale, "office-participation-electors", count = count(participation.elector_count)),
        t!(locale, "office-participation-sign-ins", count = count(participation.sign_in_count)),
    );
    let mut figures = vec![Stat { value: &electors, label: &may }];
    if participation.closed {
        figures.push(Stat { value: &sign_ins, label: &did });
    }
    stats(&figures)
}

fn section(locale: &Locale, id: &str, what: &str, groups: &[Group], closed: bool) -> Markup {
    let title = if closed {
        t!(locale, "office-participation-chart-sign-ins")
    } else {
        t!(locale, "office-participation-chart-electors")
    };
    let value = |group: &Group| if closed { group.sign_ins } else { group.electors };
    let texts: Vec<_> = groups
        .iter()
        .map(|group| {
            let number = locale.number(value(group));
            if closed {
                format!("{number} · {}", locale.percent(group.sign_ins, group.electors))
            } else {
                number
            }
        })
        .collect();
    let bars: Vec<_> = groups
        .iter()
        .zip(&texts)
        .map(|(group, text)| Bar { label: &group.label, value: value(group), text, strong: true })
        .collect();
    let (about, column) =
        (t!(locale, "office-participation-chart-about"), t!(locale, "office-participation-count"));
    let chart_id = format!("{id}-chart");
    let chart = Chart {
        id: &chart_id,
        title: &title,
        description: &about,
        label_column: what,
        value_column: &column,
    };
    html! {
        (bar_chart(locale, &chart, &bars))
        (numbers(locale, id, what, groups, closed))
    }
}

fn numbers(locale: &Locale, id: &str, what: &str, groups: &[Group], closed: bool) -> Markup {
    let heads = [
        t!(locale, "office-participation-may"),
        t!(locale, "office-participation-did"),
        t!(locale, "office-participation-share"),
    ];
    let heads = if closed { &heads[..] } else { &heads[..1] };
    let mut columns = vec![Column { label: what, numeric: false }];
    columns.extend(heads.iter().map(|label| Column { label, numeric: true }));
    let row = |group: &Group| {
        let mut row = vec![html! { (group.label) }, html! { (locale.number(group.electors)) }];
        if closed {
            row.push(html! { (locale.number(group.sign_ins)) });
            row.push(html! { (locale.percent(group.sign_ins, group.electors)) });
        }
        row
    };
    table(&Table {
        id,
        caption: &t!(locale, "office-participation-table"),
        columns: &columns,
        rows: groups.iter().map(row).collect(),
        narrow: Narrow::Scroll,
    })
}

/// The same figures for spreadsheets.
pub async fn csv(officer: Officer, Path((_, id)): Path<(String, String)>) -> PageResult {
    let locale = officer.locale;
    let figures = figures(&officer, &id).await?;
    let closed = figures.participation.closed;
    let mut head = vec![
        t!(locale, "office-participation-by").into_owned(),
        t!(locale, "office-participation-group").into_owned(),
        t!(locale, "office-participation-may").into_owned(),
    ];
    if closed {
        head.push(t!(locale, "office-participation-did").into_owned());
    }
    // With the mark, spreadsheets read accents as they are.
    let mut text = format!("\u{feff}{}", csv_line(&head));
    for (by, groups) in [
        (t!(locale, "office-participation-age"), figures.ages(&locale)),
        (t!(locale, "result-district"), figures.areas(&locale)),
    ] {
        for group in groups {
            let mut cells = vec![by.to_string(), group.label, group.electors.to_string()];
            if closed {
                cells.push(group.sign_ins.to_string());
            }
            text.push_str(&csv_line(&cells));
        }
    }
    let name = format!("{}-participation", slugs::of_text(&figures.poll.title, &figures.poll.poll_id));
    Ok(csv_file(Body::from(text), &name))
}
