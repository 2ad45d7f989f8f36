use chrono_tz::Europe::Paris;
use maud::html;

use super::check::{assert_sound, elements};
use crate::locale::{Language, Locale};
use crate::ui::*;

const HOSTILE: &str = "<i>\"&'</i>";

fn locales() -> Vec<Locale> {
    Language::all().map(|language| Locale::new(language, Paris)).collect()
}

fn locale() -> Locale {
    Locale::new(Language::parse("en").unwrap(), Paris)
}

/// The text is there once or more, never as markup.
fn assert_escaped(html: &str) {
    assert_sound(html);
    assert!(!html.contains("<i>"), "{html}");
    assert!(html.contains("&lt;i&gt;&quot;&amp;'&lt;/i&gt;"), "{html}");
}

fn layout<'a>(locale: Locale, alternates: &'a [Alternate], links: &'a [Link<'a>]) -> Layout<'a> {
    Layout {
        locale,
        organization: Organization { name: "Montfleury", logo: None, theme: None },
        origin: "https://participer.test",
        home: "/en",
        title: "Proposals",
        description: None,
        canonical: Some("/en/proposals"),
        alternates,
        navigation: links,
        account: Account::Hidden,
        footer: links,
        notice: None,
        breadcrumbs: None,
        main: html! { h1 { "Proposals" } },
        scripts: &[],
        noindex: false,
        error: false,
    }
}

#[test]
fn the_gallery_is_sound_in_every_language() {
    for locale in locales() {
        let page = gallery::page(&locale, Some("/theme/1.css"), |language| format!("/{language}/gallery"))
            .into_string();
        assert_sound(&page);
        assert!(!page.contains("<script"), "a script is in the page");
        for key in ["ui-", "language-"] {
            assert!(!page.contains(&format!(">{key}")), "a key is shown: {key}");
        }
    }
}

/// For a browser: `python3 -m http.server -d target/gallery`.
#[test]
#[ignore = "writes the gallery into target/gallery"]
fn the_gallery_for_a_browser() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/gallery");
    for name in ["site.css", "favicon.svg"] {
        let url = crate::assets::url(name);
        let path = folder.join(url.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, crate::assets::get(url).unwrap().bytes).unwrap();
    }
    for locale in locales() {
        let page = gallery::page(&locale, None, |language| format!("/{language}.html")).into_string();
        std::fs::write(folder.join(format!("{}.html", locale.language)), page).unwrap();
    }
}

#[test]
fn every_text_of_a_component_is_escaped() {
    let l = locale();
    let body = || html! { p { (HOSTILE) } };
    let field =
        || Field::new(&l, "f", HOSTILE).hint(HOSTILE).error(Some(HOSTILE)).prefix(HOSTILE).suffix(HOSTILE);
    let choices = [Choice::new(HOSTILE, HOSTILE).hint(HOSTILE).aside(HOSTILE)];
    let chart =
        Chart { id: "c", title: HOSTILE, description: HOSTILE, label_column: HOSTILE, value_column: HOSTILE };
    let column = Column { label: HOSTILE, numeric: true };
    let mut errors = FieldErrors::new();
    errors.push("", HOSTILE);
    let phase = Phase {
        name: HOSTILE,
        state: PhaseState::Current,
        starts: None,
        ends: None,
        text: Some(HOSTILE),
        now: Some(body()),
    };
    for html in [
        tag(Tone::Info, HOSTILE),
        notice(&l, Tone::Error, Some(HOSTILE), body()),
        empty(HOSTILE, body()),
        confirmation(HOSTILE, Some((HOSTILE, HOSTILE)), body()),
        button(Button::Primary, HOSTILE, Some((HOSTILE, HOSTILE))),
        button_link(Button::Quiet, HOSTILE, HOSTILE),
        form_post(HOSTILE, Some(HOSTILE), body()),
        form_get(HOSTILE, body()),
        form_file(HOSTILE, body()),
        cards(
            2,
            &[Card {
                picture: None,
                title: HOSTILE,
                path: HOSTILE,
                tag: None,
                text: Some(HOSTILE),
                facts: &[HOSTILE],
            }],
        ),
        stats(&[Stat { value: HOSTILE, label: HOSTILE }]),
        details(HOSTILE, body()),
        breadcrumbs(
            &l,
            &[Crumb { label: HOSTILE, path: Some(HOSTILE) }, Crumb { label: HOSTILE, path: None }],
        ),
        pagination(&l, Some(HOSTILE), Some(HOSTILE)),
        timeline(&l, &[phase]),
        table(&Table {
            id: "t",
            caption: HOSTILE,
            columns: &[column],
            rows: vec![vec![html! { (HOSTILE) }]],
            narrow: Narrow::Stack,
        }),
        bar_chart(&l, &chart, &[Bar { label: HOSTILE, value: 1, text: HOSTILE, strong: false }]),
        line_chart(&l, &chart, &[Point { label: HOSTILE, value: 1, text: HOSTILE }]),
        progress(HOSTILE, HOSTILE, 1, 2),
        summary_list(&l, &[SummaryRow { label: HOSTILE, value: body(), change: Some(HOSTILE) }]),
        tracking_code(&l, HOSTILE),
        markdown(HOSTILE, 2),
        filter(&l, &Filter { action: HOSTILE, active: 1, fields: body() }),
        error_summary(&l, &errors),
        field().input(Kind::Text, HOSTILE),
        field().textarea(HOSTILE, 3),
        field().file(HOSTILE),
        field().select(Some(HOSTILE), Some(HOSTILE), &choices),
        field().checkboxes(&[HOSTILE], &choices),
        field().radios(Some(HOSTILE), &choices),
        field().checkbox(true),
    ] {
        assert_escaped(&html.into_string());
    }
}

#[test]
fn a_field_names_its_hint_and_its_error() {
    let l = locale();
    let html = Field::new(&l, "cost", "Cost")
        .hint("In euros.")
        .error(Some("Enter a number"))
        .input(Kind::Decimal, "x");
    let all = elements(&html.into_string());
    let input = all.iter().find(|element| element.name == "input").unwrap();
    assert_eq!(input.attributes["aria-describedby"], "cost-hint cost-error");
    assert_eq!(input.attributes["aria-invalid"], "true");
    assert_eq!(input.attributes["value"], "x");
    let html = Field::new(&l, "cost", "Cost").input(Kind::Decimal, "").into_string();
    assert!(!html.contains("aria-"), "{html}");
}

#[test]
fn an_error_leads_to_the_first_answer_of_its_group() {
    let l = locale();
    let mut errors = FieldErrors::new();
    errors.push("area", "Choose an area");
    errors.push("area", "A second one is not shown at the field");
    assert_eq!(errors.of("area"), Some("Choose an area"));
    let choices = [Choice::new("a", "A"), Choice::new("b", "B")];
    let group = Field::new(&l, "area", "Area").error(errors.of("area")).radios(Some("b"), &choices);
    let html = html! { (error_summary(&l, &errors)) (group) }.into_string();
    assert_sound(&html);
    assert!(
        html.contains("href=\"#area\"") && html.contains("id=\"area\"") && html.contains("id=\"area-2\""),
        "{html}"
    );
    assert!(html.contains("value=\"b\" checked"), "{html}");
}

#[test]
fn without_errors_there_is_no_summary_and_without_pages_no_pagination() {
    assert_eq!(error_summary(&locale(), &FieldErrors::new()).into_string(), "");
    assert_eq!(pagination(&locale(), None, None).into_string(), "");
}

#[test]
fn what_is_typed_into_a_text_area_comes_back_whole() {
    let html = Field::new(&locale(), "t", "T").textarea("\n\nfirst", 3).into_string();
    assert!(html.contains(">\n\n\nfirst</textarea>"), "{html}");
}

#[test]
fn a_page_says_its_language_and_its_addresses() {
    let alternates: Vec<Alternate> = Language::all()
        .map(|language| Alternate { language, path: format!("/{language}/proposals") })
        .collect();
    let html = layout(locale(), &alternates, &[]).render().into_string();
    assert_sound(&html);
    assert!(html.contains("<html lang=\"en\" dir=\"ltr\">"), "{html}");
    assert!(html.contains("<title>Proposals – Montfleury</title>"), "{html}");
    assert!(html.contains("rel=\"canonical\" href=\"https://participer.test/en/proposals\""), "{html}");
    assert!(html.contains("hreflang=\"fr\" href=\"https://participer.test/fr/proposals\""), "{html}");
    assert!(html.contains("<a href=\"/fr/proposals\" lang=\"fr\" hreflang=\"fr\">Français</a>"), "{html}");
    assert!(!html.contains("noindex") && !html.contains("<nav class=\"push\""), "{html}");
}

#[test]
fn a_page_with_errors_says_so_in_its_title() {
    let mut page = layout(locale(), &[], &[]);
    (page.error, page.noindex, page.canonical) = (true, true, None);
    let html = page.render().into_string();
    assert!(html.contains("<title>Error: Proposals – Montfleury</title>"), "{html}");
    assert!(html.contains("content=\"noindex\"") && !html.contains("og:"), "{html}");
}

#[test]
fn a_page_escapes_what_it_is_given() {
    let links = [Link { label: HOSTILE, path: HOSTILE, current: true }];
    let mut page = layout(locale(), &[], &links);
    page.organization = Organization {
        name: HOSTILE,
        logo: Some(Logo { path: HOSTILE, alternative: HOSTILE, width: 480, height: 240 }),
        theme: Some(HOSTILE),
    };
    (page.title, page.description, page.canonical) = (HOSTILE, Some(HOSTILE), Some(HOSTILE));
    page.account = Account::SignedIn { name: Some(HOSTILE), account: HOSTILE, sign_out: HOSTILE };
    assert_escaped(&page.render().into_string());
}

#[test]
fn bars_are_shares_of_the_longest() {
    let chart = Chart { id: "c", title: "T", description: "D", label_column: "L", value_column: "V" };
    let bar = |value| Bar { label: "b", value, text: "t", strong: false };
    let html = bar_chart(&locale(), &chart, &[bar(u64::MAX), bar(u64::MAX / 2 + 1), bar(0)]).into_string();
    for width in ["width=\"70.00%\"", "width=\"35.00%\"", "width=\"0.00%\""] {
        assert!(html.contains(width), "{html}");
    }
    assert_sound(&bar_chart(&locale(), &chart, &[]).into_string());
    assert_sound(&line_chart(&locale(), &chart, &[]).into_string());
}

#[test]
fn an_address_that_is_too_long_for_a_code_is_text() {
    let html = tracking_code(&locale(), &format!("https://a.test/{}", "a".repeat(4000))).into_string();
    assert!(!html.contains("<svg") && html.contains("<a href"), "{html:.200}");
    assert!(tracking_code(&locale(), "https://a.test").into_string().contains("role=\"img\""));
}
