use proptest::prelude::*;

use crate::{Block, Column, Document};

fn document(blocks: Vec<Block>) -> Document {
    Document {
        title: "Résultat".into(),
        language: "fr".into(),
        publisher: "Ville de Clairval".into(),
        color: [13, 92, 88],
        page_number: "{page} / {pages}".into(),
        blocks,
    }
}

fn anything() -> impl Strategy<Value = String> {
    prop_oneof![".{0,80}", "[א-ת ؀-ۿ a-z0-9(«»)]{0,60}", "\\PC{0,300}", "[a-z]{200,300}"]
}

fn block() -> impl Strategy<Value = Block> {
    let column = (anything(), 0_u16..9, proptest::bool::ANY).prop_map(|(label, share, numeric)| Column {
        label,
        share,
        numeric,
    });
    let row = proptest::collection::vec(anything(), 3);
    let table = (anything(), proptest::collection::vec(column, 3), proptest::collection::vec(row, 0..12));
    prop_oneof![
        anything().prop_map(Block::Heading),
        anything().prop_map(Block::Paragraph),
        proptest::collection::vec(anything(), 0..4).prop_map(Block::List),
        table.prop_map(|(caption, columns, rows)| Block::Table { caption, columns, rows }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_refused(title in "[A-Za-zé].{0,80}", blocks in proptest::collection::vec(block(), 0..6)) {
        let document = Document { title, ..document(blocks) };
        prop_assert!(document.write().is_ok());
    }
}

#[test]
fn what_says_nothing_is_left_out() {
    let blocks = vec![Block::Heading(String::new()), Block::Paragraph(" ".into()), Block::List(vec![])];
    assert_eq!(document(blocks.clone()).shown().count(), 0);
    document(blocks).write().unwrap();
}

#[test]
fn a_row_longer_than_a_page_goes_on_over_pages() {
    let columns = vec![
        Column { label: "Projet".into(), share: 1, numeric: false },
        Column { label: "Voix".into(), share: 1, numeric: true },
    ];
    let rows = vec![vec!["mot ".repeat(4_000), "1".into()], vec!["b".into(), String::new()]];
    let block = Block::Table { caption: "Projets".into(), columns, rows };
    let pages = crate::page::set(crate::faces().unwrap(), &document(vec![block]));
    assert!(pages.pages.len() > 2, "{}", pages.pages.len());
    let lowest = pages.pages.iter().flatten().filter_map(|drawn| match drawn {
        crate::page::Drawn::Text { y, .. } => Some(*y),
        crate::page::Drawn::Bar { .. } => None,
    });
    assert!(lowest.fold(0.0, f32::max) < crate::page::FOOT);
}
