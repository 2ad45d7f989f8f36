//! The tiles behind the pages' maps: whose they are, and from where browsers load them. Without them, maps show the outlines
//! of areas.

use http::Uri;
use serde::Deserialize;

/// The zoom that most tile servers go to.
const DEEPEST: u8 = 19;
/// No tile server goes deeper.
const MOST: u8 = 24;

/// `portal.tiles` in the configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TilesConfig {
    /// The address of a tile, with `{z}`, `{x}` and `{y}` in it. Empty for no tiles.
    #[serde(default)]
    pub url: String,
    /// Whose tiles they are, in the words that their owners ask for.
    #[serde(default)]
    pub attribution: String,
    /// Where these words lead. Empty for nowhere.
    #[serde(default)]
    pub attribution_url: String,
    /// The deepest zoom that there are tiles for.
    #[serde(default)]
    pub max_zoom: Option<u8>,
}

/// What is wrong with the configuration of tiles.
#[derive(Debug, thiserror::Error)]
pub enum TilesError {
    /// Not the address of a tile.
    #[error(
        "portal.tiles.url must be an address such as https://tiles.example.org/{{z}}/{{x}}/{{y}}.png, with each of \
         {{z}}, {{x}} and {{y}} once and nothing else in braces"
    )]
    Url,
    /// Nobody is named.
    #[error("portal.tiles.attribution must say whose tiles they are")]
    Attribution,
    /// Not an address.
    #[error("portal.tiles.attribution_url must be an address that begins with https://, or empty")]
    AttributionUrl,
    /// Deeper than maps go.
    #[error("portal.tiles.max_zoom must be 1 to {MOST}")]
    MaxZoom,
}

/// Tiles as pages name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiles {
    /// The address of a tile.
    pub url: String,
    /// Scheme and host, as the page's policy names them.
    pub origin: String,
    /// The host, as people are told it.
    pub host: String,
    /// Whose they are.
    pub attribution: String,
    /// Where that leads.
    pub attribution_url: String,
    /// The deepest zoom.
    pub max_zoom: u8,
}

impl Tiles {
    /// The tiles of an installation that has some.
    ///
    /// # Errors
    /// For what is no address, and tiles without an owner.
    pub fn new(config: &TilesConfig) -> Result<Option<Self>, TilesError> {
        if config.url.is_empty() {
            return Ok(None);
        }
        let (origin, host) = origin(&config.url).ok_or(TilesError::Url)?;
        if config.attribution.trim().is_empty() {
            return Err(TilesError::Attribution);
        }
        if !config.attribution_url.is_empty() && !config.attribution_url.starts_with("https://") {
            return Err(TilesError::AttributionUrl);
        }
        let max_zoom = config.max_zoom.unwrap_or(DEEPEST);
        if !(1..=MOST).contains(&max_zoom) {
            return Err(TilesError::MaxZoom);
        }
        Ok(Some(Self {
            url: config.url.clone(),
            origin,
            host,
            attribution: config.attribution.trim().to_owned(),
            attribution_url: config.attribution_url.clone(),
            max_zoom,
        }))
    }
}

/// Origin and host of a tile's address. It goes into a header: nothing but what an address has may be in it.
fn origin(template: &str) -> Option<(String, String)> {
    let mut address = template.to_owned();
    for place in ["{z}", "{x}", "{y}"] {
        if address.matches(place).count() != 1 {
            return None;
        }
        address = address.replace(place, "0");
    }
    let odd =
        |letter: char| !letter.is_ascii_graphic() || matches!(letter, '{' | '}' | '"' | '\'' | ';' | ',');
    if address.contains(odd) {
        return None;
    }
    let uri: Uri = address.parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "https" | "http"))?;
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    Some((format!("{scheme}://{authority}"), authority.host().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str) -> TilesConfig {
        TilesConfig { url: url.into(), attribution: "© Somebody".into(), ..TilesConfig::default() }
    }

    #[test]
    fn the_origin_is_what_the_policy_names() {
        let tiles = Tiles::new(&config("https://tiles.example.org:8443/a/{z}/{x}/{y}.png?key=1")).unwrap();
        let tiles = tiles.unwrap();
        assert_eq!(
            (tiles.origin.as_str(), tiles.host.as_str()),
            ("https://tiles.example.org:8443", "tiles.example.org")
        );
        assert_eq!(tiles.max_zoom, DEEPEST);
        assert_eq!(Tiles::new(&TilesConfig::default()).unwrap(), None);
    }

    #[test]
    fn what_is_no_address_of_a_tile_is_refused() {
        for url in [
            "tiles",
            "/{z}/{x}/{y}.png",
            "https://tiles.example.org/{z}/{x}.png",
            "https://{s}.example.org/{z}/{x}/{y}.png",
            "ftp://tiles.example.org/{z}/{x}/{y}.png",
            "https://tiles.example.org; script-src *//{z}/{x}/{y}.png",
            "https://tiles.example.org/{z}/{x}/{y}/{y}.png",
            "https://user:word@tiles.example.org/{z}/{x}/{y}.png",
        ] {
            assert!(matches!(Tiles::new(&config(url)), Err(TilesError::Url)), "{url}");
        }
        let good = config("https://tiles.example.org/{z}/{x}/{y}.png");
        let nobody = TilesConfig { attribution: " ".into(), ..good.clone() };
        assert!(matches!(Tiles::new(&nobody), Err(TilesError::Attribution)));
        let script = TilesConfig { attribution_url: "javascript:alert(1)".into(), ..good.clone() };
        assert!(matches!(Tiles::new(&script), Err(TilesError::AttributionUrl)));
        let deep = TilesConfig { max_zoom: Some(25), ..good };
        assert!(matches!(Tiles::new(&deep), Err(TilesError::MaxZoom)));
    }
}
