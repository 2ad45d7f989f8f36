use maud::{Markup, html};

/// A thing in a list: a process, a proposal, a project.
#[derive(Debug)]
pub struct Card<'a> {
    /// Its title.
    pub title: &'a str,
    /// Where it is.
    pub path: &'a str,
    /// A picture of it.
    pub picture: Option<Markup>,
    /// Its state.
    pub tag: Option<Markup>,
    /// What it is, in a sentence or two.
    pub text: Option<&'a str>,
    /// Facts in a line: place, cost, votes.
    pub facts: &'a [&'a str],
}

/// Things beside each other, or below each other on phones. `level` is that of their headings.
#[must_use]
pub fn cards(level: u8, list: &[Card<'_>]) -> Markup {
    html! {
        ul .cards {
            @for card in list {
                li .card {
                    @if let Some(picture) = &card.picture { div .card-picture { (picture) } }
                    @if let Some(tag) = &card.tag { p .card-tag { (tag) } }
                    (heading(level, &html! { a href=(card.path) { (card.title) } }))
                    @if let Some(text) = card.text { p .card-text { (text) } }
                    @if !card.facts.is_empty() {
                        ul .facts { @for fact in card.facts { li { (fact) } } }
                    }
                }
            }
        }
    }
}

fn heading(level: u8, content: &Markup) -> Markup {
    html! {
        @match level {
            0..=2 => h2 { (content) },
            3 => h3 { (content) },
            _ => h4 { (content) },
        }
    }
}

/// A figure that is worth to be seen first.
#[derive(Clone, Copy, Debug)]
pub struct Stat<'a> {
    /// The figure.
    pub value: &'a str,
    /// What it counts.
    pub label: &'a str,
}

/// Figures beside each other.
#[must_use]
pub fn stats(list: &[Stat<'_>]) -> Markup {
    html! {
        dl .stats {
            @for stat in list {
                div {
                    dt { (stat.label) }
                    dd { (stat.value) }
                }
            }
        }
    }
}

/// What only some want to read.
#[must_use]
pub fn details(summary: &str, body: Markup) -> Markup {
    html! {
        details .more {
            summary { (summary) }
            div { (body) }
        }
    }
}
