//! Areas from a map: a GeoJSON file, looked at first, then drawn, all of its areas or none. Between the look and the decision the
//! file is kept for half an hour.

use axum::response::{IntoResponse, Redirect, Response};
use comitia_platform::Reason;
use comitia_proto::spaces::v1::{DrawAreasRequest, DrawnArea};
use http::StatusCode;
use maud::{Markup, html};
use uuid::Uuid;

use super::import::choose_page;
use crate::error::PageError;
use crate::form::Form;
use crate::frame::View;
use crate::locale::t;
use crate::pages::calls::rings;
use crate::pages::office::parts::done;
use crate::pages::office::upload::Upload;
use crate::pages::office::{ADMINISTRATOR, Desk, Officer};
use crate::ui::{
    Button, Column, FieldErrors, Map, Narrow, Shape, Table, Tone, button, button_link, buttons, form_post,
    map, notice, table,
};
use crate::visit::PageResult;

/// Whether a file is meant as GeoJSON.
pub fn is_geojson(file: &[u8]) -> bool {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    file.trim_ascii_start().starts_with(b"{")
}

/// The properties that have code and name, where the file has others than usual.
struct Names {
    code: String,
    title: String,
}

impl Names {
    fn of(form: &Form) -> Self {
        let text = |name| form.text(name).chars().take(100).collect();
        Self { code: text("code_property"), title: text("title_property") }
    }
}

async fn call(
    officer: &Officer,
    file: &[u8],
    names: &Names,
    validate_only: bool,
) -> Result<Result<Vec<DrawnArea>, String>, PageError> {
    let Ok(geojson) = std::str::from_utf8(file) else {
        return Ok(Err(t!(officer.locale, "office-map-malformed").into_owned()));
    };
    let request = officer.request(DrawAreasRequest {
        geojson: geojson.to_owned(),
        code_property: names.code.clone(),
        title_property: names.title.clone(),
        validate_only,
    });
    match officer.services().areas().draw_areas(request).await {
        Ok(answer) => Ok(Ok(answer.into_inner().areas)),
        Err(status) => why(officer, status.into()).map(Err),
    }
}

/// What is wrong with the file, in the words of the page. The API names the feature, and the projection where it knows it.
fn why(officer: &Officer, error: PageError) -> Result<String, PageError> {
    let locale = officer.locale;
    let PageError::Api { reason, violations, .. } = &error else { return Err(error) };
    let (field, rule) = violations.first().map_or(("", ""), |(field, rule)| (field.as_str(), rule.as_str()));
    let place = field.split(['[', ']']).nth(1).and_then(|place| place.parse::<u64>().ok());
    let feature = place.map_or(1, |place| place + 1);
    let projection = rule.rsplit_once("those of EPSG:").map(|(_, number)| number.trim_end_matches('.'));
    Ok(match (reason, projection) {
        (Reason::GeojsonMalformed, _) => t!(locale, "office-map-malformed").into_owned(),
        (Reason::GeojsonTooLarge, _) => t!(locale, "office-map-large").into_owned(),
        (Reason::GeojsonProjection, Some("2154")) => t!(locale, "office-map-lambert").into_owned(),
        (Reason::GeojsonProjection, Some(number)) => t!(locale, "office-map-projection", number = number),
        (Reason::GeojsonProjection, None) => t!(locale, "office-map-metres").into_owned(),
        (Reason::GeojsonGeometry, _) => t!(locale, "office-map-geometry", feature = feature),
        (Reason::GeojsonArea, _) if field.ends_with("title") => {
            t!(locale, "office-map-title", feature = feature)
        }
        (Reason::GeojsonArea, _) => t!(locale, "office-map-code", feature = feature),
        _ => return Err(error),
    })
}

fn refused(officer: &Officer, text: String) -> Response {
    let mut errors = FieldErrors::new();
    errors.push("file", text);
    choose_page(officer, &errors, &[])
}

pub async fn preview(officer: &Officer, upload: &Upload) -> PageResult {
    let names = Names::of(&upload.form);
    match call(officer, &upload.file, &names, true).await? {
        Err(text) => Ok(refused(officer, text)),
        Ok(areas) => {
            let kept = officer.sessions().keep(officer.organization_id, &upload.file).await;
            Ok(preview_page(officer, &areas, &names, kept))
        }
    }
}

fn preview_page(officer: &Officer, areas: &[DrawnArea], names: &Names, kept: Uuid) -> Response {
    let locale = officer.locale;
    let shapes: Vec<_> =
        areas.iter().map(|area| Shape { title: area.title.clone(), rings: rings(&area.rings) }).collect();
    let created = areas.iter().filter(|area| area.created).count();
    let title = t!(locale, "office-map-preview");
    let main = html! {
        h1 { (title) }
        p .lead { (t!(locale, "office-map-preview-lead")) }
        (notice(&locale, Tone::Info, None, html! {
            p { (t!(locale, "office-map-nothing-yet", count = areas.len(), created = created)) }
        }))
        (map(&locale, &Map {
            label: &t!(locale, "office-map-label"),
            shapes: &shapes,
            points: &[],
            listed: false,
            tiles: officer.tiles(),
            pick: None,
        }))
        (list(officer, areas))
        (form_post(&officer.link("/office/areas/draw"), None, html! {
            input type="hidden" name="kept" value=(kept);
            input type="hidden" name="code_property" value=(names.code);
            input type="hidden" name="title_property" value=(names.title);
            (buttons(html! {
                (button(Button::Primary, &t!(locale, "office-map-do", count = areas.len()), None))
                (button_link(Button::Quiet, &t!(locale, "office-cancel"), &officer.link("/office/areas")))
            }))
        }))
    };
    let breadcrumbs = Some(officer.trail(Desk::Areas, &[], &title));
    officer.page(Desk::Areas, StatusCode::OK, View { breadcrumbs, map: true, ..View::new(&title, main) })
}

fn list(officer: &Officer, areas: &[DrawnArea]) -> Markup {
    let locale = officer.locale;
    let heads = [
        t!(locale, "office-areas-title"),
        t!(locale, "office-areas-code"),
        t!(locale, "office-processes-state"),
    ];
    let columns: Vec<_> = heads.iter().map(|label| Column { label, numeric: false }).collect();
    let (new, known) = (t!(locale, "office-map-new"), t!(locale, "office-map-known"));
    let rows = areas
        .iter()
        .map(|area| {
            vec![
                html! { bdi { (area.title) } },
                html! { code { (area.code) } },
                html! { @if area.created { (new) } @else { (known) } },
            ]
        })
        .collect();
    table(&Table {
        id: "drawn",
        caption: &t!(locale, "office-areas-count", count = areas.len()),
        columns: &columns,
        rows,
        narrow: Narrow::Stack,
    })
}

/// Who reloads the page begins anew.
pub async fn again(officer: Officer) -> PageResult {
    Ok(Redirect::to(&officer.link("/office/areas/file")).into_response())
}

pub async fn draw(officer: Officer, form: Form) -> PageResult {
    officer.require(ADMINISTRATOR)?;
    let kept = Uuid::try_parse(form.text("kept")).map_err(|_| PageError::FormMalformed)?;
    let Some(file) = officer.sessions().kept(officer.organization_id, kept).await else {
        return Ok(refused(&officer, t!(officer.locale, "office-rolls-file-gone").into_owned()));
    };
    match call(&officer, &file, &Names::of(&form), false).await? {
        Err(text) => Ok(refused(&officer, text)),
        Ok(_) => {
            officer.sessions().forget(kept, file.len()).await;
            Ok(done(&officer, "/office/areas", "drawn"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_geojson;

    #[test]
    fn geojson_begins_with_a_brace() {
        assert!(is_geojson(b"\xef\xbb\xbf \n{\"type\""));
        assert!(!is_geojson(b"code;nom\na;{b}") && !is_geojson(b""));
    }
}
