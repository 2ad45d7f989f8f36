//! Answers that are no JSON: the bytes of one field.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};

use crate::http::answer::Answer;
use crate::http::error::Error;

/// For what never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// What a method answers with instead of JSON.
#[derive(Clone, Debug)]
pub struct Content {
    pub media_type: HeaderValue,
    field: FieldDescriptor,
    immutable: bool,
}

impl Content {
    /// The content that a policy speaks of, for a method with this answer.
    ///
    /// # Errors
    /// The part of the policy that does not fit, and the rule that it breaks.
    pub fn of(
        policy: &'static comitia_proto::common::v1::Content,
        output: &MessageDescriptor,
    ) -> Result<Self, (&'static str, &'static str)> {
        let field = output.get_field_by_name(&policy.field);
        let field = field.filter(|field| matches!(field.kind(), Kind::Bytes) && !field.is_list());
        Ok(Self {
            media_type: HeaderValue::from_str(&policy.media_type)
                .map_err(|_| (&*policy.media_type, "must be a media type"))?,
            field: field.ok_or((&*policy.field, "must be bytes"))?,
            immutable: policy.immutable,
        })
    }

    /// The answer with this encoded message: for its caller alone, or one that equal requests share.
    ///
    /// # Errors
    /// If the bytes are not such a message.
    pub fn answer(&self, message: Bytes, shared: bool) -> Result<Answer, Error> {
        let message = DynamicMessage::decode(self.field.parent_message().clone(), message);
        let message = message.map_err(|error| Error::AnswerMalformed(error.into()))?;
        let body = message.get_field(&self.field).as_bytes().cloned().unwrap_or_default();
        let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, self.media_type.clone())]);
        if shared && self.immutable {
            headers.insert(header::CACHE_CONTROL, FOR_EVER);
        }
        let answer = if shared { Answer::page(body, headers) } else { Answer::private_page(body, headers) };
        // Hashes cannot be compressed.
        Ok(if self.immutable { Answer { gzip: None, ..answer } } else { answer })
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use http_body_util::BodyExt as _;
    use prost::Message as _;

    use super::*;
    use crate::routes::Routes;

    fn content(name: &str) -> Content {
        let routes = Routes::of_all_services().unwrap();
        routes.iter().find(|route| route.method.name() == name).unwrap().content.clone().unwrap()
    }

    #[tokio::test]
    async fn bytes_come_as_they_are_and_stay_in_caches() {
        let tile = comitia_proto::voting::v1::GetTileResponse { tile: vec![7; 8_192] };
        let answer = content("GetTile").answer(tile.encode_to_vec().into(), true).unwrap();
        let gzip = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"))]);
        let response = answer.respond(&gzip, 60);
        let headers = response.headers().clone();
        assert_eq!(headers[header::CONTENT_TYPE], "application/octet-stream");
        assert_eq!(headers[header::CACHE_CONTROL], FOR_EVER);
        assert!(!headers.contains_key(header::CONTENT_ENCODING));
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), vec![7; 8_192]);
        let again = HeaderMap::from_iter([(header::IF_NONE_MATCH, headers[header::ETAG].clone())]);
        assert_eq!(answer.respond(&again, 60).status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn what_changes_is_kept_for_a_second_and_what_is_private_not_at_all() {
        let head = comitia_proto::voting::v1::GetCheckpointResponse { checkpoint: b"note".to_vec() };
        let head = Bytes::from(head.encode_to_vec());
        let content = content("GetCheckpoint");
        let control = |shared, seconds| {
            let response = content.answer(head.clone(), shared).unwrap().respond(&HeaderMap::new(), seconds);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; charset=utf-8");
            response.headers()[header::CACHE_CONTROL].to_str().unwrap().to_owned()
        };
        assert!(control(true, 1).contains("s-maxage=1"));
        assert_eq!(control(false, 0), "private, no-store");
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        assert!(content("GetTile").answer(Bytes::from_static(&[0xff]), true).is_err());
    }
}
