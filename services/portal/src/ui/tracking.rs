use maud::{Markup, html};
use qrcodegen::{QrCode, QrCodeEcc};

use crate::locale::{Locale, t};

/// Four modules of quiet around the code, as the standard asks.
const QUIET: i32 = 4;

/// An address as a code that a camera reads, and as text. A text that is too long for a code (about 2,300 bytes) is shown
/// as text alone.
#[must_use]
pub fn tracking_code(locale: &Locale, url: &str) -> Markup {
    html! {
        figure .tracking {
            @if let Ok(code) = QrCode::encode_text(url, QrCodeEcc::Medium) {
                @let side = code.size() + 2 * QUIET;
                svg .qr role="img" aria-label=(t!(locale, "ui-tracking-code", url = url)) viewBox={ "0 0 " (side) " " (side) }
                    width="200" height="200" shape-rendering="crispEdges" {
                    rect width="100%" height="100%" fill="#fff" {}
                    path d=(modules(&code)) fill="#000" {}
                }
            }
            figcaption { a href=(url) { (url) } }
        }
    }
}

/// The dark modules, each run of a row as one rectangle.
fn modules(code: &QrCode) -> String {
    use std::fmt::Write as _;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size()).take_while(|column| code.get_module(*column, y)).count();
            let Ok(run) = i32::try_from(run) else { break };
            if run > 0 {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run.max(1);
        }
    }
    path
}
