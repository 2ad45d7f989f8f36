use comitia_proto::voting::v1::{BallotSpecification, PollOption};
use proptest::prelude::*;

use super::*;

const KINDS: [BallotType; 6] = [
    BallotType::Approval,
    BallotType::Knapsack,
    BallotType::Cumulative,
    BallotType::Ranking,
    BallotType::ChooseOne,
    BallotType::Score,
];

fn poll(kind: BallotType) -> Poll {
    let option =
        |id: &str| PollOption { option_id: id.to_owned(), title: id.to_owned(), ..PollOption::default() };
    Poll {
        specification: Some(BallotSpecification { r#type: kind.into(), ..BallotSpecification::default() }),
        options: ["a", "b/1", "c.2", "d-3", "e_4", "f"].map(option).into(),
        ..Poll::default()
    }
}

fn secret() -> String {
    URL_SAFE_NO_PAD.encode([7; SECRET_BYTES])
}

fn form(fields: &[(&str, &str)]) -> Form {
    let secret = secret();
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.append_pair("permit", "a.b.c").append_pair("secret", &secret).extend_pairs(fields);
    Form::parse(body.finish().as_bytes()).unwrap()
}

fn read(kind: BallotType, fields: &[(&str, &str)]) -> Entry {
    Entry::read(&form(fields), &poll(kind)).unwrap()
}

fn ballot(kind: BallotType, fields: &[(&str, &str)]) -> Result<Vec<(String, u32)>, Vec<Mistake>> {
    let ballot = read(kind, fields).ballot(&poll(kind))?;
    Ok(ballot.choices.into_iter().map(|choice| (choice.option_id, choice.points)).collect())
}

fn choices(list: &[(&str, u32)]) -> Vec<(String, u32)> {
    list.iter().map(|(id, points)| ((*id).to_owned(), *points)).collect()
}

#[test]
fn boxes_are_the_options_that_are_checked() {
    for kind in [BallotType::Approval, BallotType::Knapsack, BallotType::ChooseOne] {
        // In the poll's order, and once, whatever the browser sends.
        let sent = [(CHOICE, "c.2"), (CHOICE, "a"), (CHOICE, "a"), ("points.b/1", "3"), ("rank.f", "1")];
        assert_eq!(ballot(kind, &sent), Ok(choices(&[("a", 0), ("c.2", 0)])));
        assert_eq!(ballot(kind, &[]), Ok(vec![]));
    }
}

#[test]
fn points_are_numbers_or_nothing() {
    let sent = [("points.a", " 5 "), ("points.b/1", ""), ("points.c.2", "0"), ("points.f", "12")];
    assert_eq!(ballot(BallotType::Cumulative, &sent), Ok(choices(&[("a", 5), ("f", 12)])));
    // No points are a judgment, an empty field is none.
    assert_eq!(ballot(BallotType::Score, &sent), Ok(choices(&[("a", 5), ("c.2", 0), ("f", 12)])));
    for wrong in ["x", "-1", "+1", "1.5", "1,5", "4294967296", "１"] {
        let sent = [("points.b/1", wrong)];
        for kind in [BallotType::Cumulative, BallotType::Score] {
            assert_eq!(ballot(kind, &sent), Err(vec![Mistake::NotANumber(1)]), "{wrong}");
        }
    }
}

#[test]
fn ranks_may_have_gaps_and_no_ties() {
    let sent = [("rank.a", "30"), ("rank.c.2", "2"), ("rank.f", "7"), ("rank.d-3", "")];
    assert_eq!(ballot(BallotType::Ranking, &sent), Ok(choices(&[("c.2", 0), ("f", 0), ("a", 0)])));
    let same = [("rank.a", "1"), ("rank.c.2", "2"), ("rank.f", "1")];
    assert_eq!(ballot(BallotType::Ranking, &same), Err(vec![Mistake::SameRank(5)]));
    let zero = [("rank.a", "0"), ("rank.f", "first")];
    assert_eq!(ballot(BallotType::Ranking, &zero), Err(vec![Mistake::NotANumber(0), Mistake::NotANumber(5)]));
}

#[test]
fn what_was_typed_is_kept_as_it_was_typed() {
    let entry = read(BallotType::Ranking, &[("rank.a", "first"), ("rank.f", "2")]);
    assert_eq!(entry.values, BTreeMap::from([(0, "first".to_owned()), (5, "2".to_owned())]));
    assert_eq!(entry.chosen(&poll(BallotType::Ranking)), [5, 0]);
    assert_eq!(entry.ballot_so_far(&poll(BallotType::Ranking)).choices.len(), 1);
}

#[test]
fn what_no_form_of_the_poll_has_is_malformed() {
    let malformed =
        |form: &Form| matches!(Entry::read(form, &poll(BallotType::Approval)), Err(PageError::FormMalformed));
    assert!(!malformed(&form(&[])));
    assert!(malformed(&form(&[(CHOICE, "nowhere")])));
    let secret = secret();
    for body in [
        String::new(),
        format!("secret={secret}"),
        "permit=a".to_owned(),
        "permit=a&secret=short".to_owned(),
        format!("permit=a&secret={secret}!"),
        format!("permit={}&secret={secret}", "a".repeat(LONGEST_PERMIT + 1)),
    ] {
        assert!(malformed(&Form::parse(body.as_bytes()).unwrap()), "{body}");
    }
}

#[test]
fn each_form_has_bytes_of_its_own() {
    let (one, other) = (Entry::new("p".into()), Entry::new("p".into()));
    assert_eq!(one.secret_bytes().unwrap().len(), SECRET_BYTES);
    assert_ne!(one.secret_bytes(), other.secret_bytes());
}

/// The fields that a form sends which has this markup in it.
fn sent_by(markup: &Markup) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!("{name}=\"")).unwrap();
        rest.split_once('"')
            .unwrap()
            .0
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    };
    markup.0.split("<input ").skip(1).map(|tag| (attribute(tag, "name"), attribute(tag, "value"))).collect()
}

fn entered() -> impl Strategy<Value = (BallotType, Vec<(usize, String)>)> {
    let text = prop_oneof![
        4 => (0_u32..40).prop_map(|number| number.to_string()),
        1 => "[ 0-9a-z<&\"']{0,6}".prop_map(String::from),
    ];
    (prop::sample::select(KINDS.to_vec()), prop::collection::vec((0_usize..6, text), 0..8))
}

proptest! {
    /// What the check shows is what its hidden fields cast, and what Change brings back.
    #[test]
    fn a_ballot_survives_its_hidden_fields((kind, values) in entered()) {
        let poll = poll(kind);
        let name = |option: usize| {
            let id = &poll.options[option].option_id;
            match marks(&poll) {
                Marks::Boxes => CHOICE.to_owned(),
                Marks::Points => format!("{POINTS}{id}"),
                Marks::Ranks => format!("{RANK}{id}"),
            }
        };
        let fields: Vec<(String, String)> = values
            .iter()
            .map(|(option, value)| match marks(&poll) {
                Marks::Boxes => (name(*option), poll.options[*option].option_id.clone()),
                _ => (name(*option), value.clone()),
            })
            .collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let first = form(&fields);
        let entry = Entry::read(&first, &poll).unwrap();

        let hidden = sent_by(&entry.hidden(&poll));
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&hidden);
        let again = Entry::read(&Form::parse(body.finish().as_bytes()).unwrap(), &poll).unwrap();
        prop_assert_eq!(&again, &entry);
        prop_assert_eq!(again.ballot(&poll), entry.ballot(&poll));
        prop_assert_eq!(again.secret_bytes(), entry.secret_bytes());

        // The same when nobody could look at it on the way.
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(sent_by(&hidden_as_it_came(&first)));
        let unseen = Entry::read(&Form::parse(body.finish().as_bytes()).unwrap(), &poll).unwrap();
        prop_assert_eq!(unseen.ballot(&poll), entry.ballot(&poll));
    }

    /// A ballot names options of the poll, each once, and never has points where there are none.
    #[test]
    fn a_ballot_is_one((kind, values) in entered()) {
        let poll = poll(kind);
        let entry = Entry { values: values.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect(), ..Entry::default() };
        if let Ok(ballot) = entry.ballot(&poll) {
            let mut ids: Vec<_> = ballot.choices.iter().map(|choice| choice.option_id.as_str()).collect();
            prop_assert!(ids.iter().all(|id| poll.options.iter().any(|option| option.option_id == *id)));
            ids.sort_unstable();
            let count = ids.len();
            ids.dedup();
            prop_assert_eq!(ids.len(), count);
            prop_assert!(marks(&poll) == Marks::Points || ballot.choices.iter().all(|choice| choice.points == 0));
            prop_assert_eq!(&entry.ballot_so_far(&poll), &ballot);
        }
    }
}
