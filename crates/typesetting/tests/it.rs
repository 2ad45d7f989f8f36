//! What another program reads in a document: poppler, for the text, the pages and the structure.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::process::Command;

use comitia_typesetting::{Block, Column, Document};

fn column(label: &str, share: u16, numeric: bool) -> Column {
    Column { label: label.into(), share, numeric }
}

/// A result with so many projects; some have long names, and some are read from the right.
fn result(projects: usize) -> Document {
    let name = |number: usize| match number % 4 {
        0 => format!("Projet {number} : {}", "un jardin partagé pour tout le quartier ".repeat(5)),
        1 => format!("حديقة عامة رقم {number}"),
        2 => format!("גן ציבורי {number}"),
        _ => format!("Łącznik nr {number}"),
    };
    let row = |number| {
        let why =
            "Ses 100 soutiens n’avaient plus que 10 € chacun en moyenne ; il en fallait 50,01 €.".into();
        vec![name(number), "125\u{202f}000\u{a0}€".into(), number.to_string(), why]
    };
    Document {
        title: "Résultat : Budget participatif 2026".into(),
        language: "fr".into(),
        publisher: "Ville de Clairval".into(),
        color: [26, 77, 143],
        page_number: "Page {page} sur {pages}".into(),
        blocks: vec![
            Block::Paragraph("Publié le 1er novembre 2026.".into()),
            Block::Heading("Projets financés".into()),
            Block::Table {
                caption: "Dans l’ordre du financement".into(),
                columns: vec![
                    column("Projet", 4, false),
                    column("Coût", 2, true),
                    column("Voix", 1, true),
                    column("Pourquoi", 5, false),
                ],
                rows: (0..projects).map(row).collect(),
            },
            Block::Heading("Comment la décision a été prise".into()),
            Block::List(vec!["Les projets sont pris dans l’ordre.".into(), "Puis il reste 公園.".into()]),
            Block::Paragraph("cd".repeat(32)),
        ],
    }
}

fn written(document: &Document) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), document.write().unwrap()).unwrap();
    file
}

/// What a program says, or nothing where it is not installed.
fn said(program: &str, arguments: &[&str], file: &Path) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).arg(file);
    if program == "pdftotext" {
        command.arg("-");
    }
    match command.output() {
        Ok(output) => {
            assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("SKIPPED: {program} is not installed");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

#[test]
fn a_document_is_tagged_and_says_its_title_and_language() {
    let file = written(&result(8));
    let Some(about) = said("pdfinfo", &[], file.path()) else { return };
    for wanted in
        ["Résultat : Budget participatif 2026", "Tagged:          yes", "A4", "PDF version:     1.7"]
    {
        assert!(about.contains(wanted), "{wanted} is not in {about}");
    }
    let metadata = said("pdfinfo", &["-meta"], file.path()).unwrap();
    assert!(metadata.contains("<pdfuaid:part>1</pdfuaid:part>"), "{metadata}");
    assert!(metadata.contains("<rdf:li>fr</rdf:li>"), "{metadata}");
}

#[test]
fn the_structure_has_headings_lists_and_a_table_with_a_head() {
    let file = written(&result(8));
    let Some(structure) = said("pdfinfo", &["-struct"], file.path()) else { return };
    let count = |kind: &str| {
        structure.lines().filter(|line| line.trim().split([' ', ':']).next() == Some(kind)).count()
    };
    assert_eq!((count("H1"), count("H2"), count("Table"), count("THead")), (1, 2, 1, 1), "{structure}");
    // The head, and eight rows of four cells whose first is the row's head.
    assert_eq!((count("TR"), count("TH"), count("TD")), (9, 12, 24), "{structure}");
    assert_eq!((count("L"), count("LI"), count("LBody")), (1, 2, 2), "{structure}");
}

#[test]
fn a_hundred_and_sixty_projects_are_all_read_over_pages_with_their_heads() {
    let file = written(&result(160));
    let Some(about) = said("pdfinfo", &[], file.path()) else { return };
    let pages: usize =
        about.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap().trim().parse().unwrap();
    assert!((5..40).contains(&pages), "{pages}");
    let text = said("pdftotext", &["-layout"], file.path()).unwrap();
    for number in (3..160).step_by(4) {
        assert!(text.contains(&format!("Łącznik nr {number}")), "{number} is missing");
    }
    // The last page may have what stands below the table.
    let heads = text.matches("Pourquoi").count();
    assert!((pages - 1..=pages).contains(&heads), "{heads} heads on {pages} pages");
    for page in 1..=pages {
        assert!(text.contains(&format!("Page {page} sur {pages}")), "{page}");
    }
    // The head above later pages is for the eye: those who listen hear it once.
    let read = said("pdfinfo", &["-struct-text"], file.path()).unwrap();
    assert_eq!(read.matches("Pourquoi").count(), 1);
    let size = std::fs::metadata(file.path()).unwrap().len();
    assert!(size < 1_000_000, "{size} bytes");
}

#[test]
fn text_from_the_right_is_read_in_its_order() {
    let file = written(&result(8));
    let Some(text) = said("pdftotext", &["-raw"], file.path()) else { return };
    // Poppler may take the last letter for a word of its own.
    for word in ["حديق", "عام", "ציבור"] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
}

#[test]
fn a_long_name_stays_within_its_column() {
    let file = written(&result(8));
    let Some(page) = said("pdftotext", &["-bbox"], file.path()) else { return };
    let mut words = 0;
    for line in page.lines().filter(|line| line.contains("<word")) {
        let at = |name: &str| -> f32 {
            let value = line.split_once(&format!("{name}=\"")).unwrap().1.split_once('"').unwrap().0;
            value.parse().unwrap()
        };
        assert!(at("xMin") > 55.0 && at("xMax") < 541.0, "{line}");
        words += 1;
    }
    assert!(words > 100, "{words}");
}

#[test]
fn what_no_font_has_is_said_by_the_structure() {
    let file = written(&result(1));
    let Some(text) = said("pdftotext", &["-raw"], file.path()) else { return };
    assert!(text.contains("公園"), "{text}");
}
