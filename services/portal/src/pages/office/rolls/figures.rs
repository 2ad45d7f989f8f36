//! What happened with a roll: letters, sign-ins and letters that came back, in all and by day. Sums, and nothing about one person.

use axum::response::Response;
use comitia_proto::identity::v1::{
    GetRollFiguresRequest, GetRollFiguresResponse, RecordReturnedLettersRequest, Roll,
};
use maud::{Markup, html};

use super::{path, roll};
use crate::error::PageError;
use crate::form::Form;
use crate::locale::{Locale, t};
use crate::pages::calls::{self, Areas, count};
use crate::pages::office::parts::{Sheet, done, new_request_id, refused, request_id, save_or_cancel, status};
use crate::pages::office::{ADMINISTRATOR, Desk, Officer};
use crate::pages::results::turnout;
use crate::pages::slugs::Slug;
use crate::ui::{
    Choice, Column, Field, FieldErrors, Kind, Narrow, Stat, Table, Width, details, form_post, stats, table,
};
use crate::visit::PageResult;

/// Numbers that one form takes.
const NUMBERS: usize = 1_000;

/// The figures, for the page of the roll.
pub async fn section(officer: &Officer, roll: &Roll) -> Result<Markup, PageError> {
    let request = officer.request(GetRollFiguresRequest { roll_id: roll.roll_id.clone() });
    let figures = async {
        let answer = officer.services().rolls().get_roll_figures(request).await?;
        Ok::<_, PageError>(answer.into_inner())
    };
    let (figures, areas) = tokio::try_join!(figures, calls::areas(officer))?;
    let locale = officer.locale;
    Ok(html! {
        h2 { (t!(locale, "office-figures")) }
        p { (t!(locale, "office-figures-lead")) }
        (sums(&locale, &figures))
        @if !figures.days.is_empty() { (days(&locale, &figures)) }
        @if !figures.returned.is_empty() { (returned(&locale, &areas, &figures)) }
    })
}

fn sums(locale: &Locale, figures: &GetRollFiguresResponse) -> Markup {
    let sum = |value: i64, label: String| (locale.number(count(value)), label);
    let list = [
        sum(
            figures.access_code_count,
            t!(locale, "office-figures-codes", count = count(figures.batch_count)),
        ),
        sum(figures.access_code_sign_in_count, t!(locale, "office-figures-by-code").into_owned()),
        sum(figures.email_sign_in_count, t!(locale, "office-figures-by-email").into_owned()),
        sum(figures.returned_count, t!(locale, "office-figures-returned").into_owned()),
    ];
    let list: Vec<_> = list.iter().map(|(value, label)| Stat { value, label }).collect();
    stats(&list)
}

fn days(locale: &Locale, figures: &GetRollFiguresResponse) -> Markup {
    let heads = [
        (t!(locale, "office-figures-day"), false),
        (t!(locale, "office-figures-codes-column"), true),
        (t!(locale, "office-figures-by-code"), true),
        (t!(locale, "office-figures-by-email"), true),
        (t!(locale, "office-figures-returned"), true),
    ];
    let columns: Vec<_> = heads.iter().map(|(label, numeric)| Column { label, numeric: *numeric }).collect();
    let rows = figures
        .days
        .iter()
        .map(|day| {
            let number = |value| html! { (locale.number(count(value))) };
            vec![
                html! { time datetime=(day.day) { (date(locale, &day.day)) } },
                number(day.access_code_count),
                number(day.access_code_sign_in_count),
                number(day.email_sign_in_count),
                number(day.returned_count),
            ]
        })
        .collect();
    let caption = t!(locale, "office-figures-days");
    let days =
        table(&Table { id: "days", caption: &caption, columns: &columns, rows, narrow: Narrow::Scroll });
    details(&t!(locale, "office-figures-days"), days)
}

/// A day such as "2026-06-01", as people write it.
fn date(locale: &Locale, day: &str) -> String {
    let utc = Locale::new(locale.language, chrono_tz::UTC);
    let day_time = day.parse::<chrono::NaiveDate>().ok().and_then(|date| date.and_hms_opt(0, 0, 0));
    day_time.map_or_else(|| day.to_owned(), |time| utc.date_short(time.and_utc()))
}

fn returned(locale: &Locale, areas: &Areas, figures: &GetRollFiguresResponse) -> Markup {
    let heads = [(t!(locale, "result-district"), false), (t!(locale, "office-figures-returned"), true)];
    let columns: Vec<_> = heads.iter().map(|(label, numeric)| Column { label, numeric: *numeric }).collect();
    let row = |found: &comitia_proto::identity::v1::ReturnedLetters| {
        vec![
            html! { (turnout::name(locale, areas, &found.district)) },
            html! { (locale.number(count(found.letter_count))) },
        ]
    };
    let caption = t!(locale, "office-figures-returned-caption");
    table(&Table {
        id: "returned",
        caption: &caption,
        columns: &columns,
        rows: figures.returned.iter().map(row).collect(),
        narrow: Narrow::Scroll,
    })
}

/// What the form says.
#[derive(Default)]
struct Draft {
    numbers: String,
    count: String,
    district: String,
}

pub async fn form(officer: Officer, slug: Slug) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let roll = roll(&officer, slug.id()).await?;
    let areas = calls::areas(&officer).await?;
    Ok(page(&officer, &roll, &areas, &Draft::default(), &new_request_id(), &FieldErrors::new()))
}

fn page(
    officer: &Officer,
    roll: &Roll,
    areas: &Areas,
    draft: &Draft,
    request_id: &str,
    errors: &FieldErrors,
) -> Response {
    let locale = officer.locale;
    let way = officer.link(&path(roll));
    let none = t!(locale, "result-district-none");
    let mut districts = vec![Choice::new("", &none)];
    districts.extend(areas.by_title().into_iter().map(|(code, title)| Choice::new(code, title)));
    let body = form_post(
        &format!("{way}/returned"),
        Some(request_id),
        html! {
            (Field::new(&locale, "numbers", t!(locale, "office-returned-numbers"))
                .hint(t!(locale, "office-returned-numbers-hint")).error(errors.of("numbers")).optional()
                .textarea(&draft.numbers, 6))
            (Field::new(&locale, "count", t!(locale, "office-returned-count"))
                .hint(t!(locale, "office-returned-count-hint")).error(errors.of("count")).optional()
                .width(Width::Short).input(Kind::Digits, &draft.count))
            (Field::new(&locale, "district", t!(locale, "result-district"))
                .error(errors.of("district")).optional().width(Width::Medium)
                .select(Some(&draft.district), None, &districts))
            (save_or_cancel(officer, &path(roll)))
        },
    );
    let sheet = Sheet {
        desk: Desk::Rolls,
        title: &t!(locale, "office-returned"),
        lead: &t!(locale, "office-returned-lead"),
        way: &[(&roll.title, &way)],
        errors,
        said: None,
    };
    sheet.show(officer, status(errors), body)
}

pub async fn record(officer: Officer, slug: Slug, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let locale = officer.locale;
    let roll = roll(&officer, slug.id()).await?;
    let areas = calls::areas(&officer).await?;
    let draft = Draft {
        numbers: form.get("numbers").to_owned(),
        count: form.text("count").to_owned(),
        district: form.text("district").to_owned(),
    };
    let id = request_id(&form);
    let numbers: Vec<_> =
        draft.numbers.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let letters = if draft.count.is_empty() { Some(0) } else { draft.count.parse::<i64>().ok() };
    let mut errors = FieldErrors::new();
    if numbers.len() > NUMBERS {
        errors.push("numbers", t!(locale, "office-returned-numbers-many"));
    }
    match letters {
        Some(0) if numbers.is_empty() => errors.push("numbers", t!(locale, "office-returned-nothing")),
        Some(0..=1_000_000) => {}
        _ => errors.push("count", t!(locale, "office-returned-count-wrong")),
    }
    if !draft.district.is_empty() && !areas.has(&draft.district) {
        errors.push("district", t!(locale, "office-returned-district-wrong"));
    }
    if !errors.is_empty() {
        return Ok(page(&officer, &roll, &areas, &draft, &id, &errors));
    }
    let request = RecordReturnedLettersRequest {
        roll_id: roll.roll_id.clone(),
        member_numbers: numbers.clone(),
        letter_count: letters.unwrap_or_default(),
        district: draft.district.clone(),
        request_id: id.clone(),
    };
    let unknown = match officer.services().rolls().record_returned_letters(officer.request(request)).await {
        Ok(answer) => answer.into_inner().unknown_lines,
        Err(error) => {
            let wrong = t!(locale, "office-returned-numbers-wrong");
            let errors = refused(error.into(), &[("member_numbers", "numbers", &wrong)])?;
            return Ok(page(&officer, &roll, &areas, &draft, &id, &errors));
        }
    };
    if unknown.is_empty() {
        return Ok(done(&officer, &path(&roll), "returned"));
    }
    // The others are noted; these are given back to be looked at.
    let lines = unknown.iter().filter_map(|line| numbers.get(usize::try_from(*line).ok()?.checked_sub(1)?));
    let left: Vec<_> = lines.cloned().collect();
    let draft = Draft { numbers: left.join("\n"), ..Draft::default() };
    errors.push("numbers", t!(locale, "office-returned-unknown", count = left.len()));
    Ok(page(&officer, &roll, &areas, &draft, &new_request_id(), &errors))
}
