//! A file that comes in pieces, read and sealed block by block.

use bytes::Bytes;
use comitia_platform::ApiError;
use futures_util::{Stream, StreamExt};
use uuid::Uuid;

use crate::app::App;
use crate::app::imports::sealed;
use crate::domain::member_csv::{NewMember, Pieces, Remark};
use crate::domain::secrets::RequestDigest;
use crate::error::Error;
use crate::store::members::NewMembers;

/// The bytes of a block: some 5,000 lines.
const BLOCK: usize = 256 * 1024;

/// What some of the lines say.
pub struct Block {
    /// Of the good lines: their numbers in the file.
    pub lines: Vec<i64>,
    /// All look-ups that each of their members may have; none for an empty roll.
    pub forms: Vec<Vec<Vec<u8>>>,
    pub rows: NewMembers,
    pub bad: Vec<Remark>,
    pub notices: Vec<Remark>,
}

/// The blocks of a file.
pub struct Reader<S> {
    app: App,
    organization: Uuid,
    /// Nothing after the end.
    pieces: Option<Pieces>,
    digest: RequestDigest,
    into_empty_roll: bool,
    file: S,
    rest: Bytes,
}

impl<S: Stream<Item = Result<Bytes, Error>> + Send + Unpin> Reader<S> {
    pub fn new(
        app: &App,
        organization: Uuid,
        pieces: Pieces,
        digest: RequestDigest,
        into_empty_roll: bool,
        file: S,
    ) -> Self {
        let (app, rest) = (app.clone(), Bytes::new());
        Self { app, organization, pieces: Some(pieces), digest, into_empty_roll, file, rest }
    }

    /// The next block; nothing after the last one.
    ///
    /// # Errors
    /// `Csv` when nothing of the file can be read; the error that the file ends with.
    pub async fn next(&mut self) -> Result<Option<Block>, Error> {
        let Some(mut pieces) = self.pieces.take() else { return Ok(None) };
        let (bytes, last) = self.bytes().await?;
        self.digest.update(&bytes);
        let (app, organization, into_empty_roll) =
            (self.app.clone(), self.organization, self.into_empty_roll);
        let sealing = tokio::task::spawn_blocking(move || {
            let parsed = pieces.read(&bytes, last).map_err(|wrong| Error::Csv(vec![wrong], 1))?;
            let members = &parsed.members;
            let forms = |member: &NewMember| app.lookup.member_numbers(organization, &member.member_number);
            let block = Block {
                lines: members.iter().map(|member| super::line(member.line)).collect(),
                forms: if into_empty_roll { Vec::new() } else { members.iter().map(forms).collect() },
                rows: sealed(&app, organization, members)?,
                bad: parsed.bad,
                notices: parsed.notices,
            };
            Ok::<_, Error>((pieces, block))
        });
        let (pieces, block) = sealing.await.map_err(ApiError::internal)??;
        self.pieces = (!last).then_some(pieces);
        Ok(Some(block))
    }

    /// As many bytes as a block has, and whether they are the last.
    async fn bytes(&mut self) -> Result<(Vec<u8>, bool), Error> {
        let mut bytes = Vec::with_capacity(BLOCK);
        while bytes.len() < BLOCK {
            if self.rest.is_empty() {
                match self.file.next().await {
                    Some(piece) => self.rest = piece?,
                    None => return Ok((bytes, true)),
                }
            }
            let taken = self.rest.split_to(self.rest.len().min(BLOCK - bytes.len()));
            bytes.extend_from_slice(&taken);
        }
        Ok((bytes, false))
    }

    /// The digest of the request, once all of it was read.
    pub fn digest(self) -> Vec<u8> {
        self.digest.finish()
    }
}
