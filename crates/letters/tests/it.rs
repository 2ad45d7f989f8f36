//! What another program reads in a file of letters: poppler for the text, the places and the structure, ZBar for the picture.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::process::Command;

use comitia_letters::{Batch, Letter, Logo, Mark, Template, Window, Words};

fn words(language: &str) -> Words {
    let text = |french: &str, english: &str| if language == "fr" { french } else { english }.to_owned();
    Words {
        language: language.into(),
        mark: Mark { name: "Clairval-sur-Mer".into(), logo: None },
        sender: vec!["Ville de Clairval".into(), "Hôtel de ville".into(), "12345 Clairval".into()],
        date: text("le 30 novembre 2026", "30 November 2026"),
        heading: text("Votez : votre code d’accès", "Vote: your access code"),
        before: vec![text(
            "Madame, Monsieur, vous pouvez voter pour le budget participatif. Voici ce qu’il vous faut pour vous \
             connecter ; ne le confiez à personne : « qui a ce code peut voter à votre place ».",
            "Dear Sir or Madam, you can vote in the participatory budget. This is what you need to sign in; give it to \
             nobody, because who has this code can vote in your place.",
        )],
        number: text("Votre numéro", "Your number"),
        code: text("Votre code", "Your code"),
        picture: text("Code QR : ouvre la page de connexion", "QR code: opens the page for signing in"),
        after: vec![text(
            "Sans Internet, venez à la mairie.",
            "Without the internet, come to the town hall.",
        )],
    }
}

fn letter(template: &Template, number: usize) -> Letter {
    let address = ["Amélie Œuvrard-Nuñez", "Bât. C", "3, rue de l’Île", "12345 CLAIRVAL"].map(String::from);
    let number = format!("{number:06}");
    let link = format!("https://clairval.test/fr/sign-in/letter#n={number}&c=4F7K9QXR2MTB8VWC");
    template.letter(&address, &number, "4F7K-9QXR-2MTB-8VWC", &link).unwrap()
}

fn written(window: Window, language: &str, letters: usize) -> tempfile::NamedTempFile {
    let template = Template::new(&words(language), window).unwrap();
    let mut batch = Batch::new("Lettres : Électeurs", "fr").unwrap();
    assert!(batch.is_empty());
    for number in 1..=letters {
        batch.add(&template, &letter(&template, number)).unwrap();
    }
    assert_eq!(batch.len(), letters);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), batch.finish().unwrap()).unwrap();
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
            // Titles in the structure come as they are in the file, in UTF-16.
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
fn a_file_is_tagged_and_says_its_title_and_language() {
    let file = written(Window::Right, "fr", 2);
    let Some(about) = said("pdfinfo", &[], file.path()) else { return };
    for wanted in
        ["Lettres : Électeurs", "Tagged:          yes", "Pages:           2", "A4", "PDF version:     1.7"]
    {
        assert!(about.contains(wanted), "{wanted} is not in {about}");
    }
    let metadata = said("pdfinfo", &["-meta"], file.path()).unwrap();
    assert!(metadata.contains("<pdfuaid:part>1</pdfuaid:part>"), "{metadata}");
    assert!(metadata.contains("<rdf:li>fr</rdf:li>"), "{metadata}");
    let structure = said("pdfinfo", &["-struct-text"], file.path()).unwrap();
    assert_eq!(
        structure.matches("\n  Part").count() + usize::from(structure.starts_with("  Part")),
        2,
        "{structure}"
    );
    assert_eq!(structure.matches("H1").count(), 2, "{structure}");
    assert_eq!(structure.matches("Figure").count(), 2, "{structure}");
    let attributes = said("pdfinfo", &["-struct"], file.path()).unwrap();
    assert!(attributes.contains("Figure"), "{attributes}");
    let bytes = std::fs::read(file.path()).unwrap();
    // The alternative text is UTF-16 or PDFDocEncoding in the file; its structure is not compressed.
    assert!(bytes.windows(7).any(|window| window == b"/Figure"), "no figure in the structure");
    assert!(bytes.windows(4).any(|window| window == b"/Alt"), "no alternative text");
}

#[test]
fn everything_on_the_page_is_read_in_its_order() {
    for language in ["fr", "en"] {
        let file = written(Window::Left, language, 1);
        let Some(text) = said("pdftotext", &["-raw"], file.path()) else { return };
        let mut rest = text.as_str();
        let words = words(language);
        let wanted = [
            words.mark.name.as_str(),
            words.sender[0].as_str(),
            "Amélie Œuvrard-Nuñez",
            "12345 CLAIRVAL",
            &words.date,
            &words.heading,
            &words.number,
            "000001",
            &words.code,
            "4F7K-9QXR-2MTB-8VWC",
            &words.after[0],
        ];
        for wanted in wanted {
            let place = rest.find(wanted);
            assert!(place.is_some(), "{wanted:?} is not in its place in {text}");
            rest = &rest[place.unwrap() + wanted.len()..];
        }
    }
}

/// Left, upper, right and lower edge of a word in millimetres, as poppler finds it.
fn place(page: &str, word: &str) -> [f32; 4] {
    let line = page.lines().find(|line| line.contains(&format!(">{word}</word>"))).unwrap();
    ["xMin", "yMin", "xMax", "yMax"].map(|name| {
        let value = line.split_once(&format!("{name}=\"")).unwrap().1.split_once('"').unwrap().0;
        value.parse::<f32>().unwrap() * 25.4 / 72.0
    })
}

#[test]
fn the_address_is_in_the_window_of_the_country() {
    // DIN 5008 form B; and what a DL window shows however the sheet has slipped.
    for (country, window) in [("DE", [20.0, 62.0, 105.0, 90.0]), ("FR", [100.0, 54.5, 190.0, 79.5])] {
        let file = written(Window::of_country(country), "fr", 1);
        let Some(page) = said("pdftotext", &["-bbox"], file.path()) else { return };
        for word in ["Amélie", "Œuvrard-Nuñez", "Bât.", "l’Île", "CLAIRVAL"] {
            let [left, top, right, bottom] = place(&page, word);
            let inside = left >= window[0] && top >= window[1] && right <= window[2] && bottom <= window[3];
            assert!(inside, "{country}: {word} is at {left} {top} {right} {bottom}");
        }
    }
    assert_eq!(Window::of_country("RE"), Window::Right);
    assert_eq!(Window::of_country(""), Window::Left);
}

#[test]
fn a_camera_reads_the_link() {
    let file = written(Window::Right, "fr", 1);
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page");
    let drawn = Command::new("pdftoppm")
        .args(["-r", "200", "-png", "-singlefile"])
        .arg(file.path())
        .arg(&page)
        .status();
    if drawn.is_err() {
        println!("SKIPPED: pdftoppm is not installed");
        return;
    }
    let Some(read) = said("zbarimg", &["--quiet", "--raw"], &page.with_extension("png")) else { return };
    assert_eq!(read.trim(), "https://clairval.test/fr/sign-in/letter#n=000001&c=4F7K9QXR2MTB8VWC");
}

#[test]
fn a_file_of_many_letters_has_one_font_and_a_mark_for_each() {
    let one = std::fs::metadata(written(Window::Right, "fr", 1).path()).unwrap().len();
    let many = written(Window::Right, "fr", 100);
    let size = std::fs::metadata(many.path()).unwrap().len();
    assert!(size < 50 * one, "one letter has {one} bytes, and a hundred have {size}");
    let Some(text) = said("pdftotext", &[], many.path()) else { return };
    for number in 1..=100 {
        assert!(text.contains(&format!("{number:06}")), "{number} is missing");
    }
}

/// The logo of the organization is one picture of the file, however many letters show it, and is described on each page.
#[test]
fn a_logo_is_in_the_file_once_and_described() {
    let logo =
        Logo { jpeg: include_bytes!("logo.jpg").to_vec(), alternative: "Les armes de Clairval".into() };
    let mark = Mark { name: "Clairval".into(), logo: Some(logo) };
    let words = Words { mark, ..words("fr") };
    let template = Template::new(&words, Window::Right).unwrap();
    let pdf = |letters: usize| {
        let mut batch = Batch::new("Lettres", "fr").unwrap();
        for number in 1..=letters {
            batch.add(&template, &letter(&template, number)).unwrap();
        }
        batch.finish().unwrap()
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pdf(3)).unwrap();
    let Some(images) = said("pdfimages", &["-list"], file.path()) else { return };
    let pictures: Vec<_> = images.lines().filter(|line| line.contains(" image ")).collect();
    assert_eq!(pictures.len(), 3, "{images}");
    let objects: std::collections::HashSet<_> =
        pictures.iter().filter_map(|line| line.split_whitespace().nth(10)).collect();
    assert_eq!(objects.len(), 1, "{images}");
    let Some(structure) = said("pdfinfo", &["-struct-text"], file.path()) else { return };
    assert_eq!(structure.matches("Figure").count(), 6, "logo and code of each letter: {structure}");
}
