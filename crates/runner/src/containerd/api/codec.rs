//! Protocol buffers on the wire.

use std::marker::PhantomData;

use prost::Message;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// Writes one message and reads another.
pub(super) struct Prost<Q, R>(PhantomData<(Q, R)>);

impl<Q, R> Default for Prost<Q, R> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<Q, R> Codec for Prost<Q, R>
where
    Q: Message + 'static,
    R: Message + Default + 'static,
{
    type Encode = Q;
    type Decode = R;
    type Encoder = Writer<Q>;
    type Decoder = Reader<R>;

    fn encoder(&mut self) -> Writer<Q> {
        Writer(PhantomData)
    }

    fn decoder(&mut self) -> Reader<R> {
        Reader(PhantomData)
    }
}

pub(super) struct Writer<Q>(PhantomData<Q>);

impl<Q: Message> Encoder for Writer<Q> {
    type Item = Q;
    type Error = Status;

    fn encode(&mut self, message: Q, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        let encoded = message.encode(buffer);
        encoded.map_err(|error| Status::internal(error.to_string()))
    }
}

pub(super) struct Reader<R>(PhantomData<R>);

impl<R: Message + Default> Decoder for Reader<R> {
    type Item = R;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<R>, Status> {
        let decoded = R::decode(buffer);
        decoded
            .map(Some)
            .map_err(|error| Status::internal(error.to_string()))
    }
}
