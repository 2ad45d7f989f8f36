//! Who looks at what is not public yet.

use aws_lc_rs::digest::{SHA256, digest};

/// The gRPC metadata key with the code of a preview, which the portal sets from the browser's cookie. The gateway takes it from
/// nobody.
pub const PREVIEW_HEADER: &str = "comitia-preview";

/// Who looks at what belongs to a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Viewer {
    /// Anybody.
    #[default]
    Public,
    /// Somebody with the code of a preview, by its digest: sees one process more.
    Preview([u8; 32]),
    /// Who works for the organization, and other services: sees everything.
    Staff,
}

/// What the code of a preview is compared by. The code itself is kept nowhere.
#[must_use]
pub fn preview_digest(code: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, code.as_bytes()).as_ref());
    bytes
}
