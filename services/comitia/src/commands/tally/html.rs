//! A result as one page to publish: no script, nothing loaded, readable without style.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::count::{Count, Row};
use super::words;

const STYLE: &str = "
:root{color-scheme:light dark;--line:#8884;--funded:#1a7f4b;--other:#888}
body{font:1rem/1.5 system-ui,sans-serif;max-width:64rem;margin:0 auto;padding:1rem}
table{border-collapse:collapse;width:100%;margin:1rem 0}
caption{text-align:left;font-weight:bold;font-size:1.25rem;padding:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.bar{height:.5rem;margin-top:.25rem;background:var(--other);print-color-adjust:exact;-webkit-print-color-adjust:exact}
.funded .bar{background:var(--funded)}
.id{color:var(--other);font-size:.85rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}
dt{font-weight:bold}dd{margin:0;overflow-wrap:anywhere}
.notice{border-left:.3rem solid #c60;padding-left:.8rem}
@media(max-width:40rem){.why{display:block}dl{display:block}}
";

/// The whole page. `command` counts the same again.
pub(super) fn page(count: &Count, command: &str) -> String {
    let election = &count.election;
    let title = words::title(election);
    let language = election
        .meta
        .language()
        .filter(|code| code.len() <= 8 && code.chars().all(|c| c.is_ascii_alphabetic() || c == '-'));
    let rows = count.rows();
    let (funded, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.funded);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 lang=[language] { (title) }
                    @if let Some(notice) = words::replaced(count) {
                        p.notice { "Notice: " (notice) "." }
                    }
                    p {
                        strong { (funded.len()) " of " (rows.len()) " projects are funded" }
                        ", for " (count.money(count.outcome.cost.minor))
                        " of " (count.money(count.outcome.budget.minor)) "."
                    }
                    (table(count, "Funded, in the order of the decision", &funded, language))
                    (table(count, "Not funded", &others, language))
                    h2 { "How it was decided" }
                    @for sentence in words::explained(count) { p { (sentence) } }
                    dl {
                        @for (key, value) in words::facts(count) { dt { (key) } dd { (value) } }
                    }
                    h2 { "Count it yourself" }
                    p { "With the file of the election, this command gives the same result and the same SHA-256:" }
                    pre { code { (command) } }
                }
            }
        }
    };
    page.into_string()
}

fn table(count: &Count, caption: &str, rows: &[&Row<'_>], language: Option<&str>) -> Markup {
    let currency = count.election.meta.currency();
    html! {
        @if !rows.is_empty() {
            table {
                caption { (caption) }
                thead {
                    tr {
                        th scope="col" { "Project" }
                        th.n scope="col" { "Cost" @if let Some(code) = currency { " (" (code) ")" } }
                        th.n scope="col" { (count.unit()) }
                        th scope="col" { "Why" }
                    }
                }
                tbody {
                    @for row in rows {
                        tr.funded[row.funded] {
                            th scope="row" {
                                span lang=[language] { (row.name) }
                                " " span.id { (row.id) }
                                div.bar aria-hidden="true" style={ "width:" (row.percent) "%" } {}
                            }
                            td.n { (row.cost) }
                            td.n { (row.support) }
                            td.why { (row.why) }
                        }
                    }
                }
            }
        }
    }
}
