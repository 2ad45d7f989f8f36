//! Bodies that are handed to the service while they come.

use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::encoding::{
    DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field,
};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

/// The method that takes a body in pieces, with the fields of its messages.
#[derive(Clone, Debug)]
pub struct Upload {
    pub path: PathAndQuery,
    /// The request without its body, in the first message.
    request: u32,
    /// The next bytes of the body.
    bytes: u32,
    /// The mark of the last message.
    end: u32,
    /// What is answered.
    answer: u32,
}

impl Upload {
    /// The upload by the method with this gRPC path, for a method with this input and output.
    ///
    /// # Errors
    /// The rule that the method breaks.
    pub fn of(
        path: &str,
        input: &MessageDescriptor,
        output: &MessageDescriptor,
    ) -> Result<Self, &'static str> {
        let method = comitia_proto::methods()
            .find(|method| comitia_proto::path(method) == path)
            .filter(|method| method.is_client_streaming() && !method.is_server_streaming())
            .ok_or("must be the path of a method that takes a stream and answers once")?;
        let pieces = method.input();
        let holds = |message: &MessageDescriptor, fits: &dyn Fn(&FieldDescriptor) -> bool| {
            message.fields().find(|field| !field.is_list() && fits(field)).map(|field| field.number())
        };
        let missing = "must take the request, bytes and a mark of the end, and give the answer";
        Ok(Self {
            path: path.parse().map_err(|_| "cannot stand in a path")?,
            request: holds(&pieces, &|field| field.kind().as_message() == Some(input)).ok_or(missing)?,
            bytes: holds(&pieces, &|field| matches!(field.kind(), Kind::Bytes)).ok_or(missing)?,
            end: holds(&pieces, &|field| matches!(field.kind(), Kind::Bool)).ok_or(missing)?,
            answer: holds(&method.output(), &|field| field.kind().as_message() == Some(output))
                .ok_or(missing)?,
        })
    }

    /// The first message.
    pub fn first(&self, request: &[u8]) -> Bytes {
        with_length(self.request, request)
    }

    /// A message with bytes.
    pub fn piece(&self, bytes: &[u8]) -> Bytes {
        with_length(self.bytes, bytes)
    }

    /// The last message.
    pub fn last(&self) -> Bytes {
        let mut message = Vec::with_capacity(4);
        encode_key(self.end, WireType::Varint, &mut message);
        encode_varint(1, &mut message);
        message.into()
    }

    /// The answer in the stream's answer; nothing when it has none.
    pub fn answer(&self, mut whole: Bytes) -> Option<Bytes> {
        while !whole.is_empty() {
            let (number, wire_type) = decode_key(&mut whole).ok()?;
            if number == self.answer && wire_type == WireType::LengthDelimited {
                let length = usize::try_from(decode_varint(&mut whole).ok()?).ok()?;
                return (length <= whole.len()).then(|| whole.split_to(length));
            }
            skip_field(wire_type, number, &mut whole, DecodeContext::default()).ok()?;
        }
        None
    }
}

fn with_length(field: u32, bytes: &[u8]) -> Bytes {
    let mut message = Vec::with_capacity(bytes.len() + 8);
    encode_key(field, WireType::LengthDelimited, &mut message);
    encode_varint(bytes.len() as u64, &mut message);
    message.extend_from_slice(bytes);
    message.into()
}

#[cfg(test)]
mod tests {
    use comitia_proto::identity::v1::{
        ImportMembersRequest, ImportMembersResponse, UploadMembersRequest, UploadMembersResponse,
    };
    use prost::Message;

    use super::*;

    fn upload() -> Upload {
        let find = |name: &str| comitia_proto::methods().find(|method| method.name() == name).unwrap();
        let (import, stream) = (find("ImportMembers"), find("UploadMembers"));
        Upload::of(&comitia_proto::path(&stream), &import.input(), &import.output()).unwrap()
    }

    #[test]
    fn a_body_in_pieces_is_a_stream_of_messages() {
        let upload = upload();
        let read = |message: Bytes| UploadMembersRequest::decode(message).unwrap();
        let import = ImportMembersRequest { roll_id: "7".into(), partial: true, ..Default::default() };
        let first = read(upload.first(&import.encode_to_vec()));
        assert_eq!(first, UploadMembersRequest { import: Some(import), ..Default::default() });
        assert_eq!(read(upload.piece(b"a\0b")).file, b"a\0b");
        assert!(read(upload.last()).complete);
    }

    #[test]
    fn the_answer_is_taken_out_of_the_streams_answer() {
        let upload = upload();
        let answer = ImportMembersResponse { imported_count: 7, ..Default::default() };
        let whole = UploadMembersResponse { import: Some(answer.clone()) };
        let taken = upload.answer(whole.encode_to_vec().into()).unwrap();
        assert_eq!(ImportMembersResponse::decode(taken).unwrap(), answer);
        assert_eq!(upload.answer(Bytes::new()), None);
        assert_eq!(upload.answer(Bytes::from_static(b"\x0a\x7f")), None);
    }

    #[test]
    fn another_method_is_no_upload() {
        let import = comitia_proto::methods().find(|method| method.name() == "ImportMembers").unwrap();
        let path = comitia_proto::path(&import);
        assert!(Upload::of(&path, &import.input(), &import.output()).is_err());
        assert!(Upload::of("/nowhere", &import.input(), &import.output()).is_err());
    }
}
