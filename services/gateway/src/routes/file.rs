//! Files: a stream of messages whose bytes are the body of the answer, passed on while they arrive.

use std::borrow::Cow;

use bytes::Bytes;
use comitia_proto::common::v1::FileHead;
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use tonic::Streaming;

use crate::http::answer::{Body, BodyError};

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// The only media type that a page may show.
const SHOWN: &str = "image/jpeg";
/// A document of an origin of its own, in which nothing is loaded and nothing runs.
const SANDBOX: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";
/// What RFC 5987 lets stand in `filename*`.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// The file that a method answers with.
#[derive(Clone, Debug)]
pub struct File {
    pub media_type: HeaderValue,
    disposition: HeaderValue,
    field: FieldDescriptor,
    /// The field of the first message that says what the file is.
    head: Option<FieldDescriptor>,
}

impl File {
    /// The file that a policy speaks of, for a method with these messages.
    ///
    /// # Errors
    /// The part of the policy that does not fit, and the rule that it breaks.
    pub fn of(
        policy: &'static comitia_proto::common::v1::File,
        output: &MessageDescriptor,
    ) -> Result<Self, (&'static str, &'static str)> {
        let field = output.get_field_by_name(&policy.field);
        let field = field.filter(|field| matches!(field.kind(), Kind::Bytes) && !field.is_list());
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let name = Some(&policy.name).filter(|name| !name.is_empty() && name.chars().all(plain));
        let name = name.ok_or((&*policy.name, "must be a plain file name"))?;
        let head = match policy.head_field.as_str() {
            "" => None,
            name => Some(head_field(output, name).ok_or((name, "must be one FileHead"))?),
        };
        Ok(Self {
            media_type: HeaderValue::from_str(&policy.media_type)
                .map_err(|_| (&*policy.media_type, "must be a media type"))?,
            disposition: HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
                .map_err(|_| (name.as_str(), "must be a plain file name"))?,
            field: field.ok_or((&*policy.field, "must be bytes"))?,
            head,
        })
    }

    /// Whether the first message says what the file is.
    pub fn has_head(&self) -> bool {
        self.head.is_some()
    }

    /// The headers of the file. `first` is its first message, if that has the head.
    ///
    /// # Errors
    /// If the message has no head, or one that no header can hold.
    pub fn headers(&self, first: Option<Bytes>) -> Result<HeaderMap, BodyError> {
        let Some(field) = &self.head else {
            return Ok(HeaderMap::from_iter([
                (header::CONTENT_TYPE, self.media_type.clone()),
                (header::CONTENT_DISPOSITION, self.disposition.clone()),
                (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
            ]));
        };
        let first = first.ok_or("the stream has no first message")?;
        let message = DynamicMessage::decode(field.parent_message().clone(), first)?;
        let head = Some(message.get_field(field)).filter(|_| message.has_field(field));
        let head = head.as_ref().and_then(|head| head.as_message()).ok_or("the first message has no head")?;
        headers(&head.transcode_to::<FileHead>()?)
    }

    /// The answer that is the file. A stream that breaks off breaks the connection, so that nobody
    /// takes a part for the whole. `slot` is kept until the end.
    pub fn respond(
        &self,
        headers: HeaderMap,
        messages: Streaming<Bytes>,
        slot: impl Send + 'static,
    ) -> Response<Body> {
        let field = self.field.clone();
        let frames = messages.map(move |message| {
            let _ = &slot;
            let bytes = message.map_err(BodyError::from).and_then(|message| part(&field, message));
            bytes.map(Frame::data)
        });
        let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
        *response.headers_mut() = headers;
        response
    }
}

fn head_field(output: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    let field = output.get_field_by_name(name)?;
    let Kind::Message(kind) = field.kind() else { return None };
    (kind.full_name() == "comitia.common.v1.FileHead" && !field.is_list()).then_some(field)
}

/// What somebody sent gets nothing of the site's rights, and a photo alone is shown.
fn headers(head: &FileHead) -> Result<HeaderMap, BodyError> {
    let shown = head.inline && head.media_type == SHOWN;
    let disposition = if shown { "inline" } else { "attachment" };
    let disposition = format!("{disposition}; filename*=UTF-8''{}", encoded(&head.name));
    let control = match head.immutable {
        true => "public, max-age=31536000, immutable",
        false => "private, no-store",
    };
    Ok(HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_str(&head.media_type)?),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition)?),
        (header::CONTENT_LENGTH, HeaderValue::from(head.byte_count)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
        (header::CACHE_CONTROL, HeaderValue::from_static(control)),
    ]))
}

fn encoded(name: &str) -> Cow<'_, str> {
    utf8_percent_encode(name, NAME).into()
}

fn part(field: &FieldDescriptor, message: Bytes) -> Result<Bytes, BodyError> {
    let message = DynamicMessage::decode(field.parent_message().clone(), message)?;
    Ok(message.get_field(field).as_bytes().cloned().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(media_type: &str, inline: bool, immutable: bool) -> HeaderMap {
        let name = "Règlement \"2026\"\r\n.pdf".to_owned();
        headers(&FileHead { media_type: media_type.into(), name, byte_count: 12, inline, immutable }).unwrap()
    }

    #[test]
    fn a_document_is_saved_and_only_a_photo_is_shown() {
        let saved = |headers: &HeaderMap| {
            headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment; ")
        };
        assert!(saved(&of("application/pdf", false, true)));
        assert!(!saved(&of("image/jpeg", true, true)));
        // Whatever a service says.
        for kind in ["text/html", "image/svg+xml", "application/pdf"] {
            assert!(saved(&of(kind, true, true)), "{kind}");
        }
    }

    #[test]
    fn a_name_in_any_script_stays_one_header() {
        let headers = of("application/pdf", false, true);
        let name = "attachment; filename*=UTF-8''R%C3%A8glement%20%222026%22%0D%0A.pdf";
        assert_eq!(headers[header::CONTENT_DISPOSITION], name);
    }

    #[test]
    fn what_was_sent_has_no_right_of_the_site() {
        for immutable in [true, false] {
            let headers = of("image/jpeg", true, immutable);
            assert_eq!(headers[header::CONTENT_SECURITY_POLICY], SANDBOX);
            assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert_eq!(headers[RESOURCE_POLICY], "same-origin");
            let kept = headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable");
            assert_eq!(kept, immutable);
        }
    }

    #[test]
    fn a_media_type_that_is_no_header_is_refused() {
        let head = FileHead { media_type: "image/jpeg\r\nset-cookie: a=b".into(), ..FileHead::default() };
        headers(&head).unwrap_err();
    }
}
