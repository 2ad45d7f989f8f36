//! Whether a piece of HTML is sound: elements are closed in their order, ids are there once and found by those who name
//! them, nothing is inline that the policy forbids.

use std::collections::{HashMap, HashSet};

const VOID: [&str; 9] = ["area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"];
const NOT_IN_A_PARAGRAPH: [&str; 22] = [
    "details", "div", "dl", "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "main", "nav", "ol", "p", "pre", "table", "ul",
];

pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: HashMap<String, String>,
}

/// Panics with what is wrong.
pub(crate) fn assert_sound(html: &str) {
    let elements = elements(html);
    let mut ids = HashSet::new();
    for element in &elements {
        if let Some(id) = element.attributes.get("id") {
            assert!(ids.insert(id.as_str()), "the id {id:?} is there twice");
            assert!(!id.is_empty() && !id.contains(char::is_whitespace), "the id {id:?} is none");
        }
        for name in element.attributes.keys() {
            assert!(
                name != "style" && !name.starts_with("on"),
                "<{}> has the attribute {name}",
                element.name
            );
        }
    }
    for element in &elements {
        for name in ["for", "aria-describedby", "aria-labelledby", "aria-controls"] {
            for id in element.attributes.get(name).map_or("", String::as_str).split_whitespace() {
                assert!(ids.contains(id), "<{} {name}> names {id:?}, which does not exist", element.name);
            }
        }
    }
}

/// The elements in their order.
pub(crate) fn elements(html: &str) -> Vec<Element> {
    let (mut open, mut all): (Vec<String>, Vec<Element>) = (Vec::new(), Vec::new());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if rest.starts_with("!DOCTYPE") {
            continue;
        }
        let end = rest.find('>').unwrap_or_else(|| panic!("a tag is not closed: <{rest}"));
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(
                open.pop().as_deref(),
                Some(name),
                "</{name}> closes another element before {rest:.80}"
            );
            continue;
        }
        let element = element(tag);
        let inside = open.last().map(String::as_str);
        assert!(
            !(inside == Some("p") && NOT_IN_A_PARAGRAPH.contains(&element.name.as_str())),
            "<{}> stands in a paragraph",
            element.name
        );
        if !VOID.contains(&element.name.as_str()) {
            open.push(element.name.clone());
        }
        all.push(element);
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    all
}

fn element(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(|c: char| c.is_whitespace()).unwrap_or((tag, ""));
    assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()), "<{tag}> is no element");
    let mut attributes = HashMap::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Element { name: name.to_owned(), attributes };
        }
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let attribute = &rest[..end];
        rest = &rest[end..];
        let mut value = "";
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let end = quoted.find('"').unwrap_or_else(|| panic!("an attribute is not closed: <{tag}>"));
            (value, rest) = (&quoted[..end], &quoted[end + 1..]);
        }
        let before = attributes.insert(attribute.to_owned(), value.to_owned());
        assert!(before.is_none(), "<{tag}> has the attribute {attribute} twice");
    }
}
