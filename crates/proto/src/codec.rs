//! The codec of generated clients and servers: that of `tonic-prost`, with small buffers.
//!
//! Nearly all messages are below a kilobyte, and tonic gives each of them 8 KiB, twice a call on either side. Allocators keep
//! small blocks at hand and search for large ones. Larger messages make a buffer grow.

use std::marker::PhantomData;

use tonic::codec::BufferSettings;
use tonic_prost::ProstCodec;

/// Bytes that a buffer has at first: with the allocator's own, less than a kilobyte.
const SMALL: usize = 1_000;
/// Bytes that are written before a stream of messages lets others go first; tonic's own choice.
const YIELD: usize = 32 * 1024;

/// How messages are buffered while they are encoded and decoded.
#[must_use]
pub fn buffers() -> BufferSettings {
    BufferSettings::new(SMALL, YIELD)
}

/// Encodes `T` and decodes `U`.
#[derive(Clone, Copy, Debug)]
pub struct Codec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> tonic::codec::Codec for Codec<T, U>
where
    T: prost::Message + Send + 'static,
    U: prost::Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = <ProstCodec<T, U> as tonic::codec::Codec>::Encoder;
    type Decoder = <ProstCodec<T, U> as tonic::codec::Codec>::Decoder;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::raw_encoder(buffers())
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstCodec::<T, U>::raw_decoder(buffers())
    }
}
