//! The style sheet, the modules and the pictures of the pages. `build.rs` puts them into the program, each under a name
//! that has the digest of its content: what is at such an address never changes.

/// A file as it is served.
#[derive(Debug)]
pub struct Asset {
    /// Its content.
    pub bytes: &'static [u8],
    /// Its media type.
    pub content_type: &'static str,
    /// Its validator, in quotation marks.
    pub etag: &'static str,
}

struct Entry {
    name: &'static str,
    url: &'static str,
    asset: Asset,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The path of an asset by its name in `assets/` (`js/ballot.js`); the sheets of `assets/css/` are `site.css` together.
#[must_use]
pub fn url(name: &str) -> &'static str {
    find(name).unwrap_or_else(|| {
        tracing::error!(asset = name, "a page asks for an asset that does not exist");
        "/assets/"
    })
}

/// The path of an asset that not every build has (`recount/`).
#[must_use]
pub fn find(name: &str) -> Option<&'static str> {
    ASSETS.iter().find(|entry| entry.name == name).map(|entry| entry.url)
}

/// The asset at a path below `/assets/`, with or without that prefix.
#[must_use]
pub fn get(path: &str) -> Option<&'static Asset> {
    let wanted = path.strip_prefix("/assets/").unwrap_or(path);
    let entry = ASSETS.iter().find(|entry| entry.url.strip_prefix("/assets/") == Some(wanted))?;
    Some(&entry.asset)
}

/// The file that has this name and another digest.
#[must_use]
pub fn of_another_version(path: &str) -> Option<&'static Asset> {
    let wanted = without_digest(path.strip_prefix("/assets/").unwrap_or(path))?;
    let entry = ASSETS.iter().find(|entry| {
        entry.url.strip_prefix("/assets/").and_then(without_digest).is_some_and(|name| name == wanted)
    })?;
    Some(&entry.asset)
}

/// The parts of `site.0123456789abcdef.css` round the digest.
fn without_digest(name: &str) -> Option<(&str, &str)> {
    let (rest, extension) = name.rsplit_once('.')?;
    let (stem, digest) = rest.rsplit_once('.')?;
    let is_digest = digest.len() == 16 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then_some((stem, extension))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn an_asset_is_found_under_its_public_name_only() {
        let path = url("site.css");
        assert!(path.starts_with("/assets/site.") && path.ends_with(".css"), "{path}");
        let asset = get(path).unwrap();
        assert_eq!(asset.content_type, "text/css; charset=utf-8");
        assert!(path.contains(asset.etag.trim_matches('"')));
        assert!(get("/assets/site.css").is_none());
        assert!(get("/assets/../Cargo.toml").is_none());
        assert!(get(path.strip_prefix("/assets/").unwrap()).is_some());
    }

    #[test]
    fn another_versions_digest_is_answered_by_name() {
        let asset = of_another_version("/assets/site.0123456789abcdef.css").unwrap();
        assert_eq!(asset.etag, get(url("site.css")).unwrap().etag);
        let module = of_another_version("js-ballot.0123456789abcdef.js").unwrap();
        assert_eq!(module.etag, get(url("js/ballot.js")).unwrap().etag);
        for odd in
            ["site.css", "site.0123.css", "other.0123456789abcdef.css", "site.0123456789abcdef.js", "..", ""]
        {
            assert!(of_another_version(odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn all_assets_are_in_one_folder() {
        for entry in ASSETS {
            assert!(!entry.url.strip_prefix("/assets/").unwrap().contains('/'), "{}", entry.url);
        }
    }

    /// What a file weighs on the wire.
    fn weight(bytes: &[u8]) -> usize {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().len()
    }

    #[test]
    fn sheet_and_modules_keep_their_weight() {
        let sheet = get(url("site.css")).unwrap();
        let sheet = weight(sheet.bytes);
        assert!(sheet <= 12 * 1024, "the style sheet weighs {sheet} bytes");
        let modules: usize = ASSETS
            .iter()
            // What comes with a click alone counts apart.
            .filter(|entry| entry.name.ends_with(".js"))
            .filter(|entry| {
                !["leaflet/", "recount/", "verify/"].iter().any(|one| entry.name.starts_with(one))
            })
            .map(|entry| weight(entry.asset.bytes))
            .sum();
        assert!(modules <= 15 * 1024, "the modules weigh {modules} bytes");
        let maps: usize = ASSETS
            .iter()
            .filter(|entry| entry.name.starts_with("leaflet/"))
            .map(|entry| weight(entry.asset.bytes))
            .sum();
        assert!(maps <= 64 * 1024, "maps that move weigh {maps} bytes");
        for folder in ["recount/", "verify/"] {
            let program: usize = ASSETS
                .iter()
                .filter(|entry| entry.name.starts_with(folder))
                .map(|entry| weight(entry.asset.bytes))
                .sum();
            assert!(program <= 512 * 1024, "{folder} weighs {program} bytes");
        }
    }

    #[test]
    fn the_sheet_loads_nothing_and_is_not_inline() {
        let sheet = std::str::from_utf8(get(url("site.css")).unwrap().bytes).unwrap();
        assert!(!sheet.contains("@import") && !sheet.contains("url("), "the sheet loads something");
    }
}
