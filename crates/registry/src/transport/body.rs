//! What requests carry, and the signs of life while it is sent.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc::Receiver;

/// What goes to the socket at a time: a sign of life each.
const SLICE_BYTES: usize = 256 << 10;

/// Why a stream of bytes ended early.
pub(crate) type StreamError = Box<dyn Error + Send + Sync>;

/// Chunks on their way into a request.
pub(crate) type Chunks = Receiver<Result<Bytes, StreamError>>;

/// What a request carries. It can be had again, for a second try.
#[derive(Clone, Default)]
pub(crate) enum Payload {
    /// Nothing.
    #[default]
    Empty,
    /// These bytes.
    Bytes(Bytes),
    /// A stream of known length.
    Stream {
        length: u64,
        /// Starts the stream from its beginning.
        open: Arc<dyn Fn() -> Chunks + Send + Sync>,
    },
}

/// A sign of life: a number that grows while a body is sent, and ends as [`SENT`].
#[derive(Clone, Default)]
pub(crate) struct Pulse(Arc<AtomicU64>);

/// All of the body is out; it is the registry's turn.
const SENT: u64 = u64::MAX;

impl Pulse {
    fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn sent(&self) {
        self.0.store(SENT, Ordering::Relaxed);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn is_sent(&self) -> bool {
        self.count() == SENT
    }
}

impl Payload {
    /// Starts the body; nothing where there is none.
    pub(crate) fn open(&self, pulse: &Pulse) -> Option<reqwest::Body> {
        let (left_bytes, source) = match self {
            Self::Empty => return None,
            Self::Bytes(bytes) => (bytes.len() as u64, Source::Bytes(bytes.clone())),
            Self::Stream { length, open } => (*length, Source::Chunks(open())),
        };
        let pulse = pulse.clone();
        if left_bytes == 0 {
            pulse.sent();
        }
        Some(reqwest::Body::wrap(Outgoing {
            source,
            left_bytes,
            pulse,
        }))
    }
}

/// A body of known length that shows how far it has come.
struct Outgoing {
    source: Source,
    left_bytes: u64,
    pulse: Pulse,
}

enum Source {
    Bytes(Bytes),
    Chunks(Chunks),
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = StreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StreamError>>> {
        let next = match &mut self.source {
            Source::Bytes(bytes) if bytes.is_empty() => None,
            Source::Bytes(bytes) => Some(Ok(bytes.split_to(bytes.len().min(SLICE_BYTES)))),
            Source::Chunks(chunks) => match chunks.poll_recv(context) {
                Poll::Ready(next) => next,
                Poll::Pending => return Poll::Pending,
            },
        };
        Poll::Ready(next.map(|next| next.map(|bytes| self.count(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}

impl Outgoing {
    fn count(&mut self, bytes: Bytes) -> Frame<Bytes> {
        self.left_bytes = self.left_bytes.saturating_sub(bytes.len() as u64);
        self.pulse.beat();
        if self.left_bytes == 0 {
            self.pulse.sent();
        }
        Frame::data(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test]
    async fn a_body_is_cut_into_slices_and_tells_when_it_is_out() {
        let pulse = Pulse::default();
        let mut body = Outgoing {
            source: Source::Bytes(Bytes::from(vec![7; SLICE_BYTES + 1])),
            left_bytes: SLICE_BYTES as u64 + 1,
            pulse: pulse.clone(),
        };
        let mut lengths = Vec::new();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            lengths.push(frame.unwrap().into_data().unwrap().len());
            assert_eq!(pulse.is_sent(), lengths.len() == 2);
        }
        assert_eq!(lengths, [SLICE_BYTES, 1]);
    }
}
