//! A few words for what somebody signs in with, so that they know their sessions again. What browsers say of themselves is
//! longer, and goes no further.

use comitia_proto::identity::v1::{Device, DeviceBrowser, DeviceKind};
use http::{HeaderMap, header};

/// The device that a request comes from.
pub fn of(headers: &HeaderMap) -> Device {
    let text = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Device { kind: kind(text).into(), browser: browser(text).into() }
}

fn kind(text: &str) -> DeviceKind {
    let has = |word: &str| text.contains(word);
    if has("iPad") || has("Tablet") || (has("Android") && !has("Mobile")) {
        DeviceKind::Tablet
    } else if has("iPhone") || has("Mobile") {
        DeviceKind::Phone
    } else if ["Windows NT", "Macintosh", "X11", "CrOS"].into_iter().any(has) {
        DeviceKind::Computer
    } else {
        DeviceKind::Unspecified
    }
}

/// Most browsers name others too, so that the more particular names come first.
fn browser(text: &str) -> DeviceBrowser {
    const NAMES: [(&str, DeviceBrowser); 7] = [
        ("Edg", DeviceBrowser::Edge),
        ("Firefox/", DeviceBrowser::Firefox),
        ("FxiOS/", DeviceBrowser::Firefox),
        ("Chrome/", DeviceBrowser::Chrome),
        ("CriOS/", DeviceBrowser::Chrome),
        ("Chromium/", DeviceBrowser::Chrome),
        ("Safari/", DeviceBrowser::Safari),
    ];
    NAMES
        .into_iter()
        .find(|(name, _)| text.contains(name))
        .map_or(DeviceBrowser::Unspecified, |(_, browser)| browser)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_the_words_that_they_have_had_for_years() {
        for (text, device, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                DeviceKind::Computer,
                DeviceBrowser::Firefox,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
                DeviceKind::Computer,
                DeviceBrowser::Edge,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/17.5 Mobile/15E148 Safari/604.1",
                DeviceKind::Phone,
                DeviceBrowser::Safari,
            ),
            (
                "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
                DeviceKind::Tablet,
                DeviceBrowser::Chrome,
            ),
            ("curl/8.5", DeviceKind::Unspecified, DeviceBrowser::Unspecified),
        ] {
            assert_eq!((kind(text), browser(text)), (device, name), "{text}");
        }
    }
}
