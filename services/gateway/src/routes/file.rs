//! Files: a stream of messages whose bytes are the body of the answer, passed on while they arrive.

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use tonic::Streaming;

use crate::http::answer::{Body, BodyError};

/// The file that a method answers with.
#[derive(Clone, Debug)]
pub struct File {
    pub media_type: HeaderValue,
    disposition: HeaderValue,
    field: FieldDescriptor,
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
        Ok(Self {
            media_type: HeaderValue::from_str(&policy.media_type)
                .map_err(|_| (&*policy.media_type, "must be a media type"))?,
            disposition: HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
                .map_err(|_| (name.as_str(), "must be a plain file name"))?,
            field: field.ok_or((&*policy.field, "must be bytes"))?,
        })
    }

    /// The answer that is the file. A stream that breaks off breaks the connection, so that nobody
    /// takes a part for the whole. `slot` is kept until the end.
    pub fn respond(&self, messages: Streaming<Bytes>, slot: impl Send + 'static) -> Response<Body> {
        let field = self.field.clone();
        let frames = messages.map(move |message| {
            let _ = &slot;
            let bytes = message.map_err(BodyError::from).and_then(|message| part(&field, message));
            bytes.map(Frame::data)
        });
        let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, self.media_type.clone());
        headers.insert(header::CONTENT_DISPOSITION, self.disposition.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        response
    }
}

fn part(field: &FieldDescriptor, message: Bytes) -> Result<Bytes, BodyError> {
    let message = DynamicMessage::decode(field.parent_message().clone(), message)?;
    Ok(message.get_field(field).as_bytes().cloned().unwrap_or_default())
}
