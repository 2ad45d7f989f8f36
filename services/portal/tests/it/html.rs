//! Whether a page is sound.

use std::collections::HashSet;

const VOID: [&str; 9] = ["area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"];

/// Elements are closed in their order, ids are there once and found by those who name them, nothing is inline, each field has
/// a label, there is one first heading, and every text was found.
#[track_caller]
pub fn check(html: &str) {
    let (mut open, mut ids, mut named, mut headings): (Vec<&str>, HashSet<&str>, Vec<&str>, usize) =
        Default::default();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("a tag that ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if tag.starts_with("!DOCTYPE") {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> closes another element, before {rest:.120}");
            continue;
        }
        let name = tag.split([' ', '\n']).next().unwrap();
        if !VOID.contains(&name) {
            open.push(name);
        }
        headings += usize::from(name == "h1");
        for attribute in ["style=", "onclick=", "onload=", "javascript:"] {
            assert!(!tag.contains(&format!(" {attribute}")), "inline code: <{tag}>");
        }
        if let Some(id) = value(tag, "id") {
            assert!(ids.insert(id), "the id {id:?} is there twice");
        }
        for name in ["for", "aria-labelledby", "aria-describedby", "aria-controls"] {
            named.extend(value(tag, name).unwrap_or_default().split_whitespace());
        }
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    assert_eq!(headings, 1, "first headings: {html}");
    for id in named {
        assert!(ids.contains(id), "{id:?} is named and is not there: {html}");
    }
    untranslated(html);
}

fn value<'h>(tag: &'h str, name: &str) -> Option<&'h str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// A text that is missing is shown as its key.
#[track_caller]
fn untranslated(html: &str) {
    for group in [
        "home",
        "process",
        "proposals",
        "budgets",
        "projects",
        "result",
        "press",
        "legal",
        "site",
        "ui",
        "errors",
        "vote",
        "votes",
        "receipt",
        "receipts",
        "sheet",
        "sign-in",
        "sign-out",
        "account",
        "office",
        "passkey",
    ] {
        for opening in [">", "\""] {
            let start = format!("{opening}{group}-");
            for (at, _) in html.match_indices(&start) {
                let key: String = html[at + 1..]
                    .chars()
                    .take_while(|letter| letter.is_ascii_lowercase() || *letter == '-')
                    .collect();
                let end = &html[at + 1 + key.len()..];
                assert!(opening == "\"" || !end.starts_with('<'), "the text {key} is missing");
            }
        }
    }
}
