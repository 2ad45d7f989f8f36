//! Letters with access codes: files of 500, as the office prints them, on all processors.

use std::time::Instant;

use comitia_letters::{Batch, Logo, Mark, Template, Window, Words};
use rayon::prelude::*;
use serde_json::json;

use super::super::World;
use crate::figures::Figure;
use crate::load::rounded;

/// Letters of a file.
const LETTERS: usize = 500;
const FILES: usize = 8;
const QUICK_FILES: usize = 2;
/// A logo of the largest size that is printed.
const LOGO: &[u8] = include_bytes!("../../../../crates/letters/tests/logo.jpg");
const CODE: &str = "4F7K-9QXR-2MTB-8VWC";

/// Letters a second. Nothing else runs meanwhile but what the machine shares.
pub fn measure(world: &World) -> anyhow::Result<Figure> {
    let template = Template::new(&words(), Window::Right)?;
    let files = if world.quick { QUICK_FILES } else { FILES };
    let begun = Instant::now();
    let bytes: usize = (0..files)
        .into_par_iter()
        .map(|place| file(&template, place * LETTERS))
        .sum::<anyhow::Result<usize>>()?;
    let seconds = begun.elapsed().as_secs_f64();
    let letters = files * LETTERS;
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let value = letters as f64 / seconds;
    let detail = json!({
        "letters": letters, "threads": rayon::current_num_threads(), "seconds": rounded(seconds),
        "bytes_each": bytes / letters,
    });
    Ok(Figure { key: "office_letters", value, detail })
}

/// The length of a file of letters.
fn file(template: &Template, first: usize) -> anyhow::Result<usize> {
    let mut batch = Batch::new("Lettres", "fr")?;
    for place in first..first + LETTERS {
        let number = format!("{place:06}");
        let address = [
            format!("Amélie Œuvrard {place}"),
            format!("{place}, rue de l’Île"),
            "12345 CLAIRVAL".to_owned(),
        ];
        let link = format!("https://participer.clairval.test/fr/sign-in/letter#n={number}&c={CODE}");
        let letter = template.letter(&address, &number, CODE, &link)?;
        batch.add(template, &letter)?;
    }
    Ok(batch.finish()?.len())
}

fn words() -> Words {
    let paragraph = "Vous pouvez voter pour le budget participatif de votre ville. Voici ce qu’il vous faut pour vous \
                     connecter ; ne le confiez à personne, car qui a ce code peut voter à votre place.";
    Words {
        language: "fr".into(),
        mark: Mark {
            name: "Ville de Clairval".into(),
            logo: Some(Logo { jpeg: LOGO.to_vec(), alternative: "Les armes de Clairval".into() }),
        },
        sender: vec!["Ville de Clairval".into(), "1, place de la Mairie".into(), "12345 Clairval".into()],
        date: "le 30 novembre 2026".into(),
        heading: "Votez : votre code d’accès".into(),
        before: vec![paragraph.into(), paragraph.into()],
        number: "Votre numéro".into(),
        code: "Votre code".into(),
        picture: "Code QR : ouvre la page de connexion".into(),
        after: vec![paragraph.into()],
    }
}
