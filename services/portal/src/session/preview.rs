//! The preview of a process that a browser has opened: the code of its link, sealed in a cookie, so that neither script nor log can
//! read it. It is nobody's session, and gives no right but to look.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Sessions;
use crate::cookie;

/// The gateway knows this name: a page that is asked for with it is shared with nobody.
const COOKIE: &str = "preview";
/// The longest title that is kept, in characters: a cookie has little room.
const TITLE_MAX: usize = 80;

/// A preview that this browser has opened.
#[derive(Clone, Serialize, Deserialize)]
pub struct Preview {
    /// The code of the link.
    pub code: String,
    /// The process that it shows.
    pub process_id: Uuid,
    /// The title of the process when the preview was opened, perhaps cut off.
    pub title: String,
    /// When it ends, in seconds since the epoch.
    expires: i64,
}

impl Preview {
    /// A preview that ends at this time.
    pub fn new(code: String, process_id: Uuid, title: &str, expires: DateTime<Utc>) -> Self {
        let title = title.chars().take(TITLE_MAX).collect();
        Self { code, process_id, title, expires: expires.timestamp() }
    }

    /// When it ends.
    pub fn expires(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.expires, 0)
    }
}

impl Sessions {
    /// The preview that a request brought, unless it has ended. A cookie of another organization opens nothing.
    pub fn preview(&self, organization: Uuid, headers: &HeaderMap) -> Option<Preview> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie::given(headers, self.secure, COOKIE)?).ok()?;
        let opened = self.keys.open(&context(organization), &sealed)?;
        let preview: Preview = serde_json::from_slice(&opened).ok()?;
        (preview.expires > self.now().timestamp()).then_some(preview)
    }

    /// The cookie that keeps a preview until it ends.
    pub fn keep_preview(&self, organization: Uuid, preview: &Preview) -> HeaderValue {
        let bytes = serde_json::to_vec(preview).unwrap_or_default();
        let sealed = self.keys.seal(&context(organization), bytes);
        let value = sealed.map_or_else(String::new, |sealed| URL_SAFE_NO_PAD.encode(sealed));
        let seconds = preview.expires - self.now().timestamp();
        cookie::set(self.secure, COOKIE, &value, Some(seconds.max(0)))
    }

    /// The cookie that takes a preview away.
    pub fn end_preview(&self) -> HeaderValue {
        cookie::set(self.secure, COOKIE, "", Some(0))
    }
}

fn context(organization: Uuid) -> Vec<u8> {
    let mut context = b"preview".to_vec();
    context.extend_from_slice(organization.as_bytes());
    context
}
