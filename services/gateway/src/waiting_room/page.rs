//! The page of the waiting room: it needs no script, updates itself (and can be told not to, WCAG 2.2.1), and says
//! everything in words.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::{Standing, State};

/// The colours and sizes of all pages, of which the gateway's are some: the portal's own file.
const TOKENS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../portal/assets/css/10-tokens.css"));

/// What these few pages need of the rest. It is in the page: the portal, which has the style sheet, may be away.
const RULES: &str = "*{box-sizing:border-box}
    html{font:106.25%/1.6 var(--font);background:var(--page);color:var(--ink);-webkit-text-size-adjust:100%}
    body{margin:0;overflow-wrap:anywhere}
    .band{min-height:.5rem;background:var(--brand)}
    main{max-width:44.5rem;margin:0 auto;padding:clamp(2rem,1rem + 4vw,4.5rem) 1.25rem}
    h1{margin:0 0 .6em;font-size:clamp(1.75rem,1.35rem + 1.9vw,2.5rem);line-height:1.15;letter-spacing:-.022em;text-wrap:balance}
    p,dl{margin:0 0 1rem}
    .lead{color:var(--soft);font-size:1.2rem;line-height:1.5}
    a{color:var(--link);text-underline-offset:.18em}
    :focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:4px}
    .buttons{display:flex;flex-wrap:wrap;gap:.75rem;margin-block:2rem 0}
    .button{display:inline-flex;align-items:center;justify-content:center;min-height:3rem;padding:.5rem 1.5rem;\
    border:2px solid transparent;border-radius:var(--radius);background:var(--brand);color:var(--on-brand);font-weight:650;\
    line-height:1.3;text-align:center;text-decoration:none}
    .button.secondary{border-color:var(--edge);background:transparent;color:var(--ink)}
    .stats{display:grid;gap:1.25rem;grid-template-columns:repeat(auto-fit,minmax(min(12rem,100%),1fr));margin-block:1.5rem}
    .stats>div{padding:1.125rem 1.375rem;border-radius:var(--radius-large);background:var(--surface)}
    dt{color:var(--soft);font-size:.9375rem}
    dd{margin:0;font-size:1.5rem;font-weight:700;line-height:1.2}
    .notice{padding:1rem 1.25rem;border-radius:var(--radius);background:var(--info-tint)}
    @media (max-width:30rem){.buttons>.button{flex:1 1 100%}}";

/// The style of pages that the gateway makes itself, without comments and indentation.
static STYLE: LazyLock<String> = LazyLock::new(|| {
    let mut style = String::new();
    // What stands before a comment, or behind its end.
    for part in
        TOKENS.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, rest)| rest)).chain([RULES])
    {
        part.lines().for_each(|line| style.push_str(line.trim()));
    }
    style
});

/// Nothing from elsewhere, no script, this style alone.
pub static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

/// A page that needs nothing but itself, in the look of all others.
pub fn document(language: Language, title: &str, main: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLE.as_str())) }
            }
            body {
                div .band {}
                main { (main) }
            }
        }
    }
}

/// A language that the page speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

impl Language {
    /// The one that an `Accept-Language` header likes best (RFC 9110 section 12.5.4); English where it names none.
    pub fn of(accepted: &str) -> Self {
        let mut best = (Self::English, 0);
        for range in accepted.split(',') {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let language =
                match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
                    "en" => Self::English,
                    "fr" => Self::French,
                    _ => continue,
                };
            let weight = weight.trim().strip_prefix("q=").map_or(1_000, thousandths);
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    /// Its tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// The text of this language.
    pub fn say(self, english: &'static str, french: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::French => french,
        }
    }

    /// A number as it is written: 12,345 or 12 345.
    fn number(self, number: u64) -> String {
        let digits = number.to_string();
        let separator = self.say(",", "\u{202f}");
        let mut text = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push_str(separator);
            }
            text.push(digit);
        }
        text
    }

    /// Some seconds in words.
    pub fn seconds(self, seconds: u64) -> String {
        match (seconds, self) {
            (0..=1, Self::English) => "a second".to_owned(),
            (0..=1, Self::French) => "une seconde".to_owned(),
            (2..=59, Self::English) => format!("{seconds} seconds"),
            (2..=59, Self::French) => format!("{seconds} secondes"),
            _ => self.duration(seconds),
        }
    }

    /// A time to wait, rounded up to minutes.
    fn duration(self, seconds: u64) -> String {
        let minutes = seconds.div_ceil(60);
        let unit = |count: u64, one: &'static str, many: &'static str| {
            format!("{} {}", self.number(count), if count == 1 { one } else { many })
        };
        let minutes_of = |count| unit(count, "minute", "minutes");
        let hours_of = |count| match self {
            Self::English => unit(count, "hour", "hours"),
            Self::French => unit(count, "heure", "heures"),
        };
        match (minutes / 60, minutes % 60) {
            (0, 0 | 1) => self.say("less than a minute", "moins d’une minute").to_owned(),
            (0, minutes) => minutes_of(minutes),
            (hours, 0) => hours_of(hours),
            (hours, minutes) => format!("{} {}", hours_of(hours), minutes_of(minutes)),
        }
    }
}

/// A weight such as `0.8` in thousandths; 0 for what is none.
fn thousandths(weight: &str) -> u32 {
    let (whole, part) = weight.trim().split_once('.').unwrap_or_else(|| (weight.trim(), ""));
    match (whole, part.len()) {
        ("1", _) => 1_000,
        ("0", 1..=3) => format!("{part:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

/// Whether a path leads to this site and nowhere else: browsers read `//host` and `/\host` as another site.
pub fn is_local(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The language.
    pub language: Language,
    /// How the visitor stands.
    pub standing: &'a Standing,
    /// Whether the visitor wants to update it by hand.
    pub by_hand: bool,
    /// Where the visitor wants to go, a path of this site.
    pub goal: Option<&'a str>,
}

impl Page<'_> {
    /// The page.
    pub fn render(&self) -> Markup {
        let say = |english, french| self.language.say(english, french);
        let waits = self.standing.state == State::Waiting;
        let title = if waits {
            say("Waiting room", "File d’attente")
        } else {
            say("It is your turn", "C’est votre tour")
        };
        let main = html! {
            h1 { (title) }
            @if waits { (self.waiting()) } @else { (self.admitted()) }
        };
        document(self.language, &format!("{}{title}", self.short()), main)
    }

    /// The place, for the title: it is what a tab shows.
    fn short(&self) -> String {
        self.standing
            .position
            .map_or_else(String::new, |position| format!("{} – ", self.language.number(position)))
    }

    fn waiting(&self) -> Markup {
        let say = |english, french| self.language.say(english, french);
        let standing = self.standing;
        html! {
            p .lead { (say(
                "More people want to sign in than we can serve at once. You keep your place: everybody is let in by the \
                 order of their arrival.",
                "Plus de personnes souhaitent se connecter que nous ne pouvons en accueillir à la fois. Votre place est \
                 gardée : chacun entre dans l’ordre d’arrivée.",
            )) }
            div role="status" {
                dl .stats {
                    @if let Some(position) = standing.position {
                        div {
                            dt { (say("Your place in the line", "Votre place dans la file")) }
                            dd { strong { (self.language.number(position)) } }
                        }
                    }
                    @if let Some(seconds) = standing.estimate_seconds {
                        div {
                            dt { (say("Estimated wait", "Attente estimée")) }
                            dd { (self.language.duration(seconds)) }
                        }
                    }
                }
            }
            @if self.by_hand {
                p .buttons {
                    a .button href=(self.link(true)) { (say("Update now", "Actualiser maintenant")) }
                    a .button.secondary href=(self.link(false)) { (say("Update by itself again", "Reprendre l’actualisation automatique")) }
                }
            } @else {
                p { (say("This page updates by itself: you can leave it open.", "Cette page s’actualise d’elle-même\u{a0}: vous pouvez la laisser ouverte.")) }
                p .buttons { a .button.secondary href=(self.link(true)) { (say("Stop updating by itself", "Arrêter l’actualisation automatique")) } }
            }
        }
    }

    fn admitted(&self) -> Markup {
        let say = |english, french| self.language.say(english, french);
        html! {
            p .lead role="status" { (say("You can sign in now.", "Vous pouvez vous connecter maintenant.")) }
            @if self.standing.pass.is_some() {
                p { (say(
                    "Please do so within a few minutes: after that your turn is over and you would have to wait again.",
                    "Faites-le dans les prochaines minutes : passé ce délai, votre tour est terminé et il faudrait \
                     attendre à nouveau.",
                )) }
            }
            p .buttons { a .button href=(self.goal.unwrap_or("/")) { (say("Continue", "Continuer")) } }
        }
    }

    /// This page, updated by hand or by itself.
    fn link(&self, by_hand: bool) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(goal) = self.goal {
            query.append_pair("return", goal);
        }
        if by_hand {
            query.append_pair("update", "byHand");
        }
        format!("?{}", query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(language: Language, standing: &Standing, by_hand: bool, goal: Option<&str>) -> String {
        Page { language, standing, by_hand, goal }.render().into_string()
    }

    fn waiting() -> Standing {
        Standing {
            position: Some(12_345),
            estimate_seconds: Some(4_000),
            ..Standing::new(State::Waiting, 20_000)
        }
    }

    #[test]
    fn the_language_is_the_one_liked_best() {
        for (accepted, language) in [
            ("", Language::English),
            ("de, ja;q=0.5", Language::English),
            ("fr", Language::French),
            ("fr-CA, en;q=0.9", Language::French),
            ("en-GB;q=0.8, FR;q=0.81", Language::French),
            ("fr;q=0.2, en;q=0.25", Language::English),
            ("fr;q=0", Language::English),
            ("de, fr;q=0.5, en;q=0.4", Language::French),
            ("fr;q=nonsense", Language::English),
        ] {
            assert_eq!(Language::of(accepted), language, "{accepted}");
        }
    }

    #[test]
    fn numbers_and_times_are_in_words_of_the_language() {
        assert_eq!(Language::English.number(1_234_567), "1,234,567");
        assert_eq!(Language::French.number(12_345), "12\u{202f}345");
        for (seconds, english, french) in [
            (0, "less than a minute", "moins d’une minute"),
            (61, "2 minutes", "2 minutes"),
            (3_600, "1 hour", "1 heure"),
            (7_210, "2 hours 1 minute", "2 heures 1 minute"),
        ] {
            assert_eq!(Language::English.duration(seconds), english);
            assert_eq!(Language::French.duration(seconds), french);
        }
    }

    #[test]
    fn the_page_says_place_and_time_and_can_be_stopped() {
        let english = page(Language::English, &waiting(), false, Some("/polls/7?a=b&c=d"));
        assert!(english.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{english}");
        assert!(
            english.contains("<strong>12,345</strong>") && english.contains("1 hour 7 minutes"),
            "{english}"
        );
        assert!(
            english.contains("href=\"?return=%2Fpolls%2F7%3Fa%3Db%26c%3Dd&amp;update=byHand\""),
            "{english}"
        );
        assert!(!english.contains("<script"));
        let french = page(Language::French, &waiting(), true, None);
        assert!(
            french.contains("Votre place dans la file") && french.contains("Actualiser maintenant"),
            "{french}"
        );
    }

    #[test]
    fn whose_turn_it_is_gets_a_link_that_stays_here() {
        let standing = Standing { pass: Some("pass".into()), ..Standing::new(State::Admitted, 0) };
        let html = page(Language::English, &standing, false, Some("/polls/7?a=\"b"));
        assert!(html.contains("href=\"/polls/7?a=&quot;b\""), "{html}");
        assert!(page(Language::French, &standing, false, None).contains("href=\"/\""));
        for path in
            ["", "polls", "//evil.example", "/\\evil.example", "https://evil.example", "/a b", "/a\nb"]
        {
            assert!(!is_local(path), "{path:?}");
        }
        assert!(is_local("/") && is_local("/polls/7?a=b#c"));
    }
}
