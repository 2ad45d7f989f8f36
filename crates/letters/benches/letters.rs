//! How many letters a second, and how many bytes each, as JSON: files of 500 letters, as the office prints them, on as many
//! threads as are asked for (2). Memory is what one file takes for each thread.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on ends")]

use std::time::Instant;

use comitia_letters::{Batch, Template, Window, Words};

const LETTERS: usize = 500;
const FILES: usize = 4;

fn file(template: &Template, first: usize) -> usize {
    let mut batch = Batch::new("Lettres", "fr").expect("a file");
    for place in first..first + LETTERS {
        let number = format!("{place:06}");
        let address = [
            format!("Amélie Œuvrard {place}"),
            format!("{place}, rue de l’Île"),
            "12345 CLAIRVAL".to_owned(),
        ];
        let link =
            format!("https://participer.clairval.test/fr/sign-in/letter#n={number}&c=4F7K-9QXR-2MTB-8VWC");
        let letter = template.letter(&address, &number, "4F7K-9QXR-2MTB-8VWC", &link).expect("a letter");
        batch.add(template, &letter).expect("a page");
    }
    batch.finish().expect("a file").len()
}

fn main() {
    let paragraph = "Vous pouvez voter pour le budget participatif de votre ville. Voici ce qu’il vous faut pour vous \
                     connecter ; ne le confiez à personne, car qui a ce code peut voter à votre place.";
    let words = Words {
        language: "fr".into(),
        sender: vec!["Ville de Clairval".into(), "1, place de la Mairie".into(), "12345 Clairval".into()],
        date: "le 30 novembre 2026".into(),
        heading: "Votez : votre code d’accès".into(),
        before: vec![paragraph.into(), paragraph.into()],
        number: "Votre numéro".into(),
        code: "Votre code".into(),
        picture: "Code QR : ouvre la page de connexion".into(),
        after: vec![paragraph.into()],
    };
    let template = Template::new(&words, Window::Right).expect("a template");
    let threads = std::env::args().nth(1).and_then(|given| given.parse().ok()).unwrap_or(2_usize);
    let begin = Instant::now();
    let bytes: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let template = &template;
                scope.spawn(move || {
                    (0..FILES).map(|part| file(template, (worker * FILES + part) * LETTERS)).sum::<usize>()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a thread")).sum()
    });
    let seconds = begin.elapsed().as_secs_f64();
    let letters = threads * FILES * LETTERS;
    let figures = serde_json::json!({
        "letters": letters,
        "threads": threads,
        "letters_per_file": LETTERS,
        "seconds": seconds,
        "letters_per_second": letters as f64 / seconds,
        "bytes_per_letter": bytes / letters,
    });
    println!("{figures}");
}
