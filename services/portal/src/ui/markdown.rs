//! What people write, as HTML. The only place that makes markup of a string: every text goes through the escaper, every
//! element and attribute is written out here, and what is not on the list is left out.

use std::fmt::Write as _;

use maud::{Escaper, Markup, PreEscaped, html};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// Deeper nesting is nobody's text: `> > > …` makes pages of megabytes.
const DEPTH: usize = 32;
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// Renders Markdown that anybody may have written. Headings begin at `level`, below those of the page, and leave none out. Raw HTML and pictures
/// are not shown, their text is; links lead to the web or to a mail address. Line breaks stay. What is nested too deeply is
/// shown as it was typed.
#[must_use]
pub fn markdown(text: &str, level: u8) -> Markup {
    let content = Writer::new(level).run(text).map_or_else(|| typed(text), PreEscaped);
    html! { div .prose dir="auto" { (content) } }
}

fn typed(text: &str) -> Markup {
    html! { p .typed { (text) } }
}

struct Writer {
    out: String,
    /// The headings that the present place is below, from the outermost: as they were written.
    headings: Vec<HeadingLevel>,
    level: u8,
    depth: usize,
    /// The links that are open, and whether each was written: an address that is not allowed leaves the words alone.
    links: Vec<bool>,
    in_head: bool,
}

impl Writer {
    const fn new(level: u8) -> Self {
        Self { out: String::new(), headings: Vec::new(), level, depth: 0, links: Vec::new(), in_head: false }
    }

    /// None when the text is nested too deeply.
    fn run(mut self, text: &str) -> Option<String> {
        for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
            match event {
                Event::Start(tag) => {
                    self.depth += 1;
                    if self.depth > DEPTH {
                        return None;
                    }
                    self.start(&tag);
                }
                Event::End(tag) => {
                    self.depth -= 1;
                    self.end(tag);
                }
                Event::Text(text) | Event::InlineHtml(text) | Event::Html(text) => self.text(&text),
                Event::Code(code) => {
                    self.raw("<code>");
                    self.text(&code);
                    self.raw("</code>");
                }
                Event::SoftBreak | Event::HardBreak => self.raw("<br>"),
                Event::Rule => self.raw("<hr>"),
                Event::InlineMath(_)
                | Event::DisplayMath(_)
                | Event::FootnoteReference(_)
                | Event::TaskListMarker(_) => {}
            }
        }
        Some(self.out)
    }

    fn raw(&mut self, markup: &'static str) {
        self.out.push_str(markup);
    }

    fn text(&mut self, text: &str) {
        // Writing to a String cannot fail.
        let _ = Escaper::new(&mut self.out).write_str(text);
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph => self.raw("<p>"),
            Tag::Heading { level, .. } => {
                self.headings.retain(|above| above < level);
                self.headings.push(*level);
                let tag = self.heading();
                let _ = write!(self.out, "<{tag}>");
            }
            Tag::BlockQuote(_) => self.raw("<blockquote>"),
            Tag::CodeBlock(_) => self.raw("<pre tabindex=\"0\"><code>"),
            Tag::HtmlBlock => self.raw("<p>"),
            Tag::List(None) => self.raw("<ul>"),
            Tag::List(Some(1)) => self.raw("<ol>"),
            Tag::List(Some(first)) => {
                let first = i32::try_from(*first).unwrap_or(1);
                let _ = write!(self.out, "<ol start=\"{first}\">");
            }
            Tag::Item => self.raw("<li>"),
            Tag::Table(_) => self.raw("<div class=\"table-frame\" tabindex=\"0\"><table>"),
            Tag::TableHead => {
                self.in_head = true;
                self.raw("<thead><tr>");
            }
            Tag::TableRow => self.raw("<tr>"),
            Tag::TableCell => self.raw(if self.in_head { "<th scope=\"col\">" } else { "<td>" }),
            Tag::Emphasis => self.raw("<em>"),
            Tag::Strong => self.raw("<strong>"),
            Tag::Strikethrough => self.raw("<s>"),
            Tag::Link { dest_url, .. } => self.link(dest_url),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.raw("</p>"),
            TagEnd::Heading(_) => {
                let tag = self.heading();
                let _ = write!(self.out, "</{tag}>");
            }
            TagEnd::BlockQuote(_) => self.raw("</blockquote>"),
            TagEnd::CodeBlock => self.raw("</code></pre>"),
            TagEnd::List(true) => self.raw("</ol>"),
            TagEnd::List(false) => self.raw("</ul>"),
            TagEnd::Item => self.raw("</li>"),
            TagEnd::Table => self.raw("</tbody></table></div>"),
            TagEnd::TableHead => {
                self.in_head = false;
                self.raw("</tr></thead><tbody>");
            }
            TagEnd::TableRow => self.raw("</tr>"),
            TagEnd::TableCell => self.raw(if self.in_head { "</th>" } else { "</td>" }),
            TagEnd::Emphasis => self.raw("</em>"),
            TagEnd::Strong => self.raw("</strong>"),
            TagEnd::Strikethrough => self.raw("</s>"),
            TagEnd::Link if self.links.pop() == Some(true) => self.raw("</a>"),
            _ => {}
        }
    }

    /// `rel` tells search engines that the site does not vouch for what people link to.
    fn link(&mut self, address: &str) {
        let lower = address.trim().to_ascii_lowercase();
        let allowed = SCHEMES.iter().any(|scheme| lower.starts_with(scheme));
        self.links.push(allowed);
        if allowed {
            self.raw("<a href=\"");
            self.text(address.trim());
            self.raw("\" rel=\"nofollow ugc noopener noreferrer\">");
        }
    }

    fn heading(&self) -> &'static str {
        let below = u8::try_from(self.headings.len().saturating_sub(1)).unwrap_or(u8::MAX);
        match self.level.saturating_add(below) {
            0..=2 => "h2",
            3 => "h3",
            4 => "h4",
            5 => "h5",
            _ => "h6",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::check;

    fn html(text: &str) -> String {
        let html = markdown(text, 3).into_string();
        check::assert_sound(&html);
        html
    }

    #[test]
    fn ordinary_text_is_what_it_looks_like() {
        let text = html("# One\n\nTwo *three* **four** ~~five~~\nsix `seven`\n\n- a\n- b\n\n3. c\n\n> d");
        assert!(text.contains("<h3>One</h3>"), "{text}");
        assert!(
            text.contains("Two <em>three</em> <strong>four</strong> <s>five</s><br>six <code>seven</code>"),
            "{text}"
        );
        assert!(text.contains("<ul><li>a</li><li>b</li></ul><ol start=\"3\"><li>c</li></ol>"), "{text}");
        assert!(text.contains("<blockquote><p>d</p></blockquote>"), "{text}");
    }

    #[test]
    fn headings_leave_no_level_out() {
        let text = html("### One\n\n###### Two\n\n#### Three\n\n# Four\n\n## Five");
        let all = ["<h3>One</h3>", "<h4>Two</h4>", "<h4>Three</h4>", "<h3>Four</h3>", "<h4>Five</h4>"];
        assert!(text.contains(&all.concat()), "{text}");
    }

    #[test]
    fn markup_is_shown_not_run() {
        for text in [
            "<script>alert(1)</script>",
            "a <b onclick=x>b</b>",
            "<div>\n<img src=x onerror=alert(1)>\n</div>",
            "`<script>`",
            "```\n<script>\n```",
            "| <i>a</i> |\n|---|\n| <script> |",
        ] {
            let html = html(text);
            assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<b "), "{html}");
            assert!(html.contains("&lt;"), "{html}");
        }
    }

    #[test]
    fn links_lead_to_the_web_or_to_a_mail_address() {
        for address in ["https://a.test/?x=1&y=%22", "http://a.test", "mailto:a@b.test", "HTTPS://A.TEST"] {
            let html = html(&format!("[x]({address})"));
            assert!(html.contains("rel=\"nofollow ugc noopener noreferrer\">x</a>"), "{html}");
        }
        for address in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "//a.test",
            "/fr",
            "vbscript:x",
        ] {
            let html = html(&format!("[x]({address}) <{address}>"));
            assert!(!html.contains("href"), "{html}");
        }
    }

    #[test]
    fn pictures_are_their_words() {
        let html = html("![a dog](https://tracker.test/dog.png)");
        assert!(html.contains("a dog") && !html.contains("tracker"), "{html}");
    }

    #[test]
    fn what_is_nested_too_deeply_is_shown_as_typed() {
        let text = "> ".repeat(20_000);
        let html = html(&format!("{text}a"));
        assert!(html.contains("class=\"typed\"") && html.contains("&gt; &gt;"));
        assert!(html.len() < text.len() * 5);
    }

    #[test]
    fn lists_in_lists_and_tables_are_whole() {
        html("1. a\n   - b\n\n     c\n2. d\n\n| a | b |\n|---|---|\n| c | d |\n| e |");
    }
}
