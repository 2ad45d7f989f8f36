//! What a person sent and has not decided about yet: a file between its preview and its import. It lies sealed in the cache for
//! half an hour, so that no replica has to remember anybody, and nobody who reads the cache reads the file. When the cache has
//! lost it, the person chooses the file again.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use uuid::Uuid;

use super::Sessions;

/// How long it is kept.
pub const KEPT_FOR: Duration = Duration::from_secs(30 * 60);
/// How much of it lies under one key.
const PIECE: usize = 512 * 1024;
/// More pieces than the largest file has.
const PIECES_AT_MOST: usize = 80;

impl Sessions {
    /// Keeps a file. Gives what it is called.
    pub async fn keep(&self, organization: Uuid, file: &[u8]) -> Uuid {
        let id = comitia_core::id::new();
        self.keep_as(organization, id, file).await;
        id
    }

    /// Keeps a file under this name, in the place of one before.
    pub async fn keep_as(&self, organization: Uuid, id: Uuid, file: &[u8]) {
        let mut pieces = file.chunks(PIECE).enumerate().peekable();
        while let Some((place, piece)) = pieces.next() {
            let mut bytes = piece.to_vec();
            bytes.push(u8::from(pieces.peek().is_none()));
            if let Some(sealed) = self.keys.seal(&context(organization, id, place), bytes) {
                self.cache.set(&name(id, place), sealed.into(), KEPT_FOR).await;
            }
        }
    }

    /// A file that was kept; nothing when it is gone, or another organization's.
    pub async fn kept(&self, organization: Uuid, id: Uuid) -> Option<Bytes> {
        let mut file = BytesMut::new();
        for place in 0..PIECES_AT_MOST {
            let sealed = self.cache.get(&name(id, place)).await?;
            let piece = self.keys.open(&context(organization, id, place), &sealed)?;
            // Whether it is the last one stands at its end.
            let (last, piece) = piece.split_last()?;
            file.extend_from_slice(piece);
            if *last == 1 {
                return Some(file.freeze());
            }
        }
        None
    }

    /// Forgets a file of this size.
    pub async fn forget(&self, id: Uuid, size: usize) {
        for place in 0..size.div_ceil(PIECE).min(PIECES_AT_MOST) {
            self.cache.delete(&name(id, place)).await;
        }
    }
}

fn name(id: Uuid, place: usize) -> String {
    format!("portal:file:{id}:{place}")
}

/// A piece is of one organization and one file, and has its place in it.
fn context(organization: Uuid, id: Uuid, place: usize) -> Vec<u8> {
    let mut context = b"file".to_vec();
    context.extend_from_slice(organization.as_bytes());
    context.extend_from_slice(id.as_bytes());
    context.extend_from_slice(&place.to_be_bytes());
    context
}
