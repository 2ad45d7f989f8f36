//! Files that browsers send: bounded, read whole, and nothing of them trusted. The gateway bounds them first.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::header;
use multer::{Constraints, Multipart, SizeLimit};

use crate::error::PageError;
use crate::form::Form;

/// The largest body with a file in it: a roll of 500,000 members, as the API takes it. The gateway has the same limit.
pub const BODY_BYTES: usize = 33 * 1024 * 1024;
/// The largest field that is no file.
const FIELD_BYTES: u64 = 16 * 1024;
/// The text of a proposal: 20,000 characters of four bytes.
const TEXT_BYTES: u64 = 96 * 1024;
const FIELDS_AT_MOST: usize = 32;

/// A form with a file.
pub struct Upload {
    /// The other fields.
    pub form: Form,
    /// The file; empty when none was chosen.
    pub file: Bytes,
    /// A second file, where a form asks for a document too; empty when none was chosen.
    pub document: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = PageError;

    /// A body of another kind, or a larger one, is no form of this site.
    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary =
            kind.and_then(|kind| multer::parse_boundary(kind).ok()).ok_or(PageError::FormMalformed)?;
        let body = Bytes::from_request(request, state).await.map_err(|_| PageError::FormMalformed)?;
        Self::read(body, boundary).await
    }
}

impl Upload {
    async fn read(body: Bytes, boundary: String) -> Result<Self, PageError> {
        let limits = SizeLimit::new()
            .whole_stream(BODY_BYTES as u64)
            .per_field(FIELD_BYTES)
            .for_field("body", TEXT_BYTES)
            .for_field("file", BODY_BYTES as u64)
            .for_field("document", BODY_BYTES as u64);
        let constraints = Constraints::new().size_limit(limits);
        let stream = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(body)]);
        let mut parts = Multipart::with_constraints(stream, boundary, constraints);
        let (mut fields, mut file, mut document) = (Vec::new(), Bytes::new(), Bytes::new());
        while let Some(part) = parts.next_field().await.map_err(|_| PageError::FormMalformed)? {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|_| PageError::FormMalformed)?;
            if name == "file" {
                file = bytes;
            } else if name == "document" {
                document = bytes;
            } else if fields.len() < FIELDS_AT_MOST {
                fields.push((name, String::from_utf8_lossy(&bytes).into_owned()));
            } else {
                return Err(PageError::FormMalformed);
            }
        }
        Ok(Self { form: Form::from(fields), file, document })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(parts: &[(&str, &[u8])]) -> Bytes {
        let mut body = Vec::new();
        for (head, content) in parts {
            body.extend_from_slice(b"--XX\r\nContent-Disposition: form-data; ");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(b"\r\n\r\n");
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--XX--\r\n");
        body.into()
    }

    async fn read(body: Bytes) -> Result<Upload, PageError> {
        Upload::read(body, "XX".into()).await
    }

    #[tokio::test]
    async fn a_file_comes_as_it_is_beside_its_fields() {
        let file = b"\xff\xfea\0--XX?\r\n\0";
        let sent = body(&[
            ("name=\"encoding\"", b"utf-8".as_slice()),
            ("name=\"file\"; filename=\"../liste.csv\"", file.as_slice()),
        ]);
        let upload = read(sent).await.unwrap();
        assert_eq!(upload.form.get("encoding"), "utf-8");
        assert_eq!(&upload.file[..], file);
    }

    #[tokio::test]
    async fn what_no_form_of_ours_sends_is_refused() {
        let long = vec![b'a'; usize::try_from(FIELD_BYTES).unwrap() + 1];
        assert!(read(body(&[("name=\"encoding\"", &long)])).await.is_err());
        assert!(read(body(&[("name=\"a\"", b"1" as &[u8]); FIELDS_AT_MOST + 1])).await.is_err());
        assert!(read(Bytes::from_static(b"--XX\r\nContent-Disp")).await.is_err());
        assert!(read(Bytes::from_static(b"a=b")).await.is_err());
    }
}
