use proptest::prelude::*;

use crate::form::{Letter, MM, Template, Window, Words};
use crate::mark::{Logo, Mark, Placed};
use crate::text::{Field, Refusal, Rule, clean};

fn words() -> Words {
    Words {
        language: "fr".into(),
        mark: Mark { name: "Ville de Clairval".into(), logo: None },
        sender: vec!["Ville de Clairval".into(), "1, place de la Mairie".into()],
        date: "le 30 novembre 2026".into(),
        heading: "Votre code d’accès".into(),
        before: vec!["Bonjour\u{202f}! «\u{a0}Ceci\u{a0}» est un texte.".into()],
        number: "Numéro".into(),
        code: "Code".into(),
        picture: "Code QR".into(),
        after: vec!["Merci.".into()],
    }
}

fn template(window: Window) -> Template {
    Template::new(&words(), window).unwrap()
}

fn with_address(window: Window, address: &[&str]) -> Result<Letter, Refusal> {
    let address: Vec<String> = address.iter().map(|line| (*line).to_owned()).collect();
    template(window).letter(&address, "42", "4F7K-9QXR", "https://a.test/#n=42")
}

/// How far the ink of an address is outside of its place, in millimetres.
fn outside(window: Window, letter: &Letter) -> f32 {
    let place = window.place();
    let bottom = match window {
        Window::Left => 90.0 * MM,
        Window::Right => 79.0 * MM,
    };
    let over = letter.address.iter().flat_map(|line| {
        let ink = line.run.ink;
        [
            place.left - (line.x + ink.left * line.size),
            line.x + ink.right * line.size - (place.left + place.width),
            place.top - (line.y - ink.above * line.size),
            line.y - ink.below * line.size - bottom,
        ]
    });
    over.fold(0.0, f32::max) / MM
}

#[test]
fn what_cannot_be_printed_is_refused_by_field_and_rule() {
    let refused = |address: &[&str]| with_address(Window::Right, address).unwrap_err();
    assert_eq!(refused(&["A", "漢字"]), Rule::Unknown('漢').of(Field::Address(1)));
    assert_eq!(refused(&["A\u{7}"]), Rule::Unprintable.of(Field::Address(0)));
    assert_eq!(refused(&["A", &"M".repeat(60)]), Rule::TooWide.of(Field::Address(1)));
    assert_eq!(refused(&["A", "B", "C", "D", "E", "F", "G"]), Rule::TooManyLines(6).of(Field::Address(6)));
    assert_eq!(refused(&[&format!("A{}", "\u{301}".repeat(20))]), Rule::TooTall.of(Field::Address(0)));
    let code = |code: &str| template(Window::Left).letter(&[], "42", code, "https://a.test/");
    for confusing in ["", "4F7O", "4F7K-9QX1", "4f7k", "0000"] {
        assert_eq!(code(confusing).unwrap_err(), Rule::Confusing.of(Field::Code), "{confusing}");
    }
    let number = |number: &str| template(Window::Left).letter(&[], number, "4F7K", "https://a.test/");
    assert_eq!(number(" ").unwrap_err(), Rule::Empty.of(Field::Number));
    assert_eq!(number(&"W".repeat(64)).unwrap_err(), Rule::TooWide.of(Field::Number));
    let link = "x".repeat(5_000);
    let long = template(Window::Left).letter(&[], "42", "4F7K", &link);
    assert_eq!(long.unwrap_err(), Rule::TooWide.of(Field::Link));
}

#[test]
fn a_text_that_is_too_long_for_the_page_is_refused() {
    let long = Words { before: vec!["Beaucoup de mots. ".repeat(400)], ..words() };
    let refusal = Template::new(&long, Window::Left).unwrap_err();
    assert!(matches!(refusal.rule, Rule::TooManyLines(_)), "{refusal}");
    let wide = Words { after: vec!["x".repeat(300)], ..words() };
    assert_eq!(Template::new(&wide, Window::Left).unwrap_err(), Rule::TooWide.of(Field::Paragraph(1)));
    let nobody = Words { sender: Vec::new(), ..words() };
    assert_eq!(Template::new(&nobody, Window::Left).unwrap_err().field, Field::Sender(0));
}

#[test]
fn a_mark_is_above_the_window_and_a_logo_keeps_its_shape() {
    let of = |mark: Mark| Template::new(&Words { mark, ..words() }, Window::Right).unwrap().mark;
    let logo = |jpeg: &[u8]| Some(Logo { jpeg: jpeg.to_vec(), alternative: " ".into() });
    let jpeg = include_bytes!("../tests/logo.jpg");
    let Some(Placed::Logo(picture, alternative)) = of(Mark { name: "Clairval".into(), logo: logo(jpeg) })
    else {
        panic!("no logo");
    };
    let (across, down) = picture.image.size();
    assert!((picture.width / picture.height - across as f32 / down as f32).abs() < 0.01);
    assert!(picture.top + picture.height <= 36.1 * MM && picture.left >= 129.9 * MM);
    assert_eq!(alternative, "Clairval", "what nobody has described is the organization's");
    for (mark, shown) in [
        (Mark { name: "Clairval".into(), logo: logo(b"GIF89a") }, true),
        (Mark { name: "Clairval".into(), logo: None }, true),
        (Mark { name: "W".repeat(200), logo: None }, false),
        (Mark::default(), false),
    ] {
        let placed = of(mark);
        assert_eq!(matches!(placed, Some(Placed::Name(_))), shown, "{placed:?}");
    }
}

#[test]
fn names_of_europe_are_written() {
    for name in
        ["Łukasz Żółć", "Zoë Ÿves-Šťastná", "Γιώργος Παπαδόπουλος", "Иван Щербак", "Nguyễn Thị Ấu", "Ǻse Þór"]
    {
        with_address(Window::Right, &[name]).unwrap();
    }
}

#[test]
fn codes_are_in_groups_of_four() {
    let letter = template(Window::Left).letter(&[], "42", "4F7K9QXR2M", "https://a.test/").unwrap();
    assert_eq!(letter.code.run.text, "4F7K-9QXR-2M");
    assert!(letter.address.is_empty());
}

#[test]
fn what_has_no_width_is_left_out() {
    assert_eq!(clean("\u{feff} Ame\u{301}lie\t\u{200b} Roux\n"), Ok("Amélie Roux".into()));
    assert_eq!(clean("10\u{202f}000\u{a0}€"), Ok("10\u{202f}000\u{a0}€".into()));
}

fn anything() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,60}",
        "[A-ZÀ-Þa-zß-ÿ0-9 ,.'’-]{0,50}",
        "[\\u{300}-\\u{36f}A-Zà-ÿĀ-ſȀ-ɏΑ-ωА-яẠ-ỹ]{0,40}",
        ".{0,200}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_address_fits_its_window_or_is_refused(
        address in proptest::collection::vec(anything(), 0..8),
        left in proptest::bool::ANY,
    ) {
        let window = if left { Window::Left } else { Window::Right };
        let checked = template(window).check(&address, "42");
        let letter = template(window).letter(&address, "42", "4F7K-9QXR", "https://a.test/#n=42");
        prop_assert_eq!(checked.err(), letter.as_ref().err().copied());
        match letter {
            // Less than a sheet moves in its envelope.
            Ok(letter) => {
                prop_assert!(outside(window, &letter) <= 0.75, "{} mm", outside(window, &letter));
                let mut batch = crate::Batch::new("Lettres", "fr").unwrap();
                batch.add(&template(window), &letter).unwrap();
                prop_assert!(batch.finish().is_ok());
            }
            Err(Refusal { field: Field::Address(line), .. }) => prop_assert!(line < address.len()),
            Err(refusal) => prop_assert!(false, "{refusal}"),
        }
    }

    #[test]
    fn no_text_breaks_a_template(
        heading in anything(), text in anything(), sender in anything(), name in anything(),
    ) {
        let mark = Mark { name, logo: None };
        let _ = Template::new(&Words { mark, heading, before: vec![text], sender: vec![sender], ..words() }, Window::Left);
    }
}
