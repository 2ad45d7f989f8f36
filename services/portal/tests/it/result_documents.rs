//! The result as a PDF and as a text for the press.

use std::path::Path;
use std::process::Command;

use comitia_proto::budgets::v1::*;
use comitia_proto::spaces::v1::PhaseKind;
use comitia_proto::voting::v1::*;

use crate::city::{self, budget_path, furnish};
use crate::site::Site;

fn path(language: &str) -> String {
    format!("/{language}{}/result", budget_path())
}

fn plain(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

/// What poppler says of a file, or nothing where it is not installed.
fn said(program: &str, arguments: &[&str], file: &Path) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).arg(file);
    if program == "pdftotext" {
        command.arg("-");
    }
    match command.output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("SKIPPED: {program} is not installed");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

async fn pdf(site: &Site, language: &str) -> tempfile::NamedTempFile {
    let path = format!("{}.pdf", path(language));
    let answer = site.request(reqwest::Method::GET, &path).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    let name = city::slug("toute-la-ville", city::BUDGET);
    assert_eq!(answer.headers()["content-disposition"], format!("attachment; filename=\"{name}.pdf\""));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), answer.bytes().await.unwrap()).unwrap();
    file
}

#[tokio::test]
async fn a_result_is_a_tagged_pdf_with_everything_that_the_page_says() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    let file = pdf(&site, "fr").await;
    let Some(about) = said("pdfinfo", &[], file.path()) else { return };
    for wanted in ["Toute la ville", "Tagged:          yes", "A4"] {
        assert!(about.contains(wanted), "{wanted} is not in {about}");
    }
    let text =
        plain(&said("pdftotext", &["-raw"], file.path()).unwrap()).replace('\n', " ").replace("  ", " ");
    for wanted in [
        "Écluse (n° 10)",
        "3 000 €",
        "Financé au tour 1 : 120 de ses soutiens l’ont payé avec leur part",
        // Poppler takes the last letter for a word of its own.
        "حديق",
        "203 personnes ont voté.",
        "Quartier Nord",
        "Plusieurs petits quartiers réunis",
        "Comment la décision a été prise",
        "Tour 1 : les projets 10, 2 étaient à égalité",
        &"cd".repeat(32),
        &format!("{}.pb", path("fr")),
        "aucun groupe de moins de 5 bulletins",
    ] {
        // Long words are broken at the end of a line.
        let found = text.contains(wanted) || text.replace(' ', "").contains(&wanted.replace(' ', ""));
        assert!(found, "{wanted} is not in {text}");
    }
    let read = said("pdfinfo", &["-struct"], file.path()).unwrap();
    assert!(read.contains("Table") && read.contains("H2"), "{read}");
    let english = pdf(&site, "en").await;
    let text = said("pdftotext", &["-raw"], english.path()).unwrap();
    assert!(text.contains("Projects that are not funded") || text.contains("Not funded"), "{text}");
}

#[tokio::test]
async fn a_large_result_is_a_pdf_of_some_pages() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    let mut result = city::result();
    let one = result.outcomes.remove(1);
    for number in 0..160 {
        let title = format!("Projet {number} {}", "pour les habitantes et habitants ".repeat(number % 6));
        let outcome = ProjectOutcome { title, reference: format!("R{number}"), ..one.clone() };
        result.outcomes.push(outcome);
    }
    site.double.give::<GetResultRequest, _>(GetResultResponse { result: Some(result) });
    let file = pdf(&site, "fr").await;
    let Some(text) = said("pdftotext", &["-layout"], file.path()) else { return };
    let text = plain(&text);
    for number in 0..160 {
        assert!(text.contains(&format!("Projet {number} ")), "{number} is missing");
    }
    assert!(text.contains("Page 5 sur "), "{text}");
}

#[tokio::test]
async fn a_text_for_the_press_has_its_figures_in_words() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    let page = site.get(&format!("{}/press", path("fr"))).await;
    page.is(200);
    let text = plain(&page.text);
    for wanted in [
        "Toute la ville : un projet est financé",
        "Un projet sur deux est financé, pour 3 000 euros : 30 % de l’enveloppe de 10 000 euros.",
        "Écluse – 3 000 euros, 120 voix",
        "il a obtenu 120 voix (trois cinquièmes des bulletins)",
        "Parmi les projets qui ne sont pas financés, le plus choisi est",
        "Ses 100 soutiens n’avaient plus que 10 € chacun en moyenne",
        "203 personnes ont voté.",
        "au moins un projet est financé : trois cinquièmes.",
        &"cd".repeat(32),
        "Restants : 7 000 €",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in {text}");
    }
    let file = site.get(&format!("{}/press.txt", path("en"))).await;
    file.is(200);
    assert_eq!(file.header("content-type"), "text/plain; charset=utf-8");
    let text = &file.text;
    for wanted in [
        "Toute la ville: one project is funded\n\n",
        "– Écluse – 3,000 euros, 120 votes\n",
        "\u{2068}حديقة عامة\u{2069}",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in {text}");
    }
    assert!(!text.contains('<'), "{text}");
}

#[tokio::test]
async fn a_text_for_the_press_says_that_nothing_is_funded() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    let mut result = city::result();
    result.outcomes.remove(0);
    result.spent = 0;
    result.satisfied_share = "0/0".into();
    site.double.give::<GetResultRequest, _>(GetResultResponse { result: Some(result) });
    let page = site.get(&format!("{}/press", path("fr"))).await;
    page.is(200).shows(&["aucun projet n’est financé", "Le seul projet n’est pas financé"]);
    page.hides(&["Sont financés", "Part des votantes"]);
}

#[tokio::test]
async fn before_there_is_a_result_there_is_nothing_to_hand_on() {
    let site = Site::open().await;
    furnish(&site, PhaseKind::Vote, BudgetState::Frozen, PollState::Open);
    for file in [".pdf", "/press", "/press.txt"] {
        site.get(&format!("{}{file}", path("fr"))).await.is(404);
    }
    furnish(&site, PhaseKind::Execution, BudgetState::Decided, PollState::Sealed);
    let page = site.get(&path("fr")).await;
    page.is(200).shows(&[&format!("href=\"{}.pdf\"", path("fr")), &format!("href=\"{}/press\"", path("fr"))]);
}
