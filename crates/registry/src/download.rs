//! Blobs that arrive whole, whatever connections do.

use bytes::{Bytes, BytesMut};
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, stream};
use pullstudy_image::{Descriptor, Reference};
use reqwest::header::{CONTENT_RANGE, RANGE};
use reqwest::{Method, Response, StatusCode};

use crate::blob::{size_mismatch, transport};
use crate::retry::Attempts;
use crate::transport::{Request, Target};
use crate::{Client, PullBlobError, TransferEvent, TransportError};

/// The size of a range where several are pulled at once.
const RANGE_BYTES: u64 = 4 << 20;

/// So many bytes between two failures mean that the transfer moves on: the tries are counted anew.
const PROGRESS_BYTES: u64 = 64 << 10;

/// A blob on its way from a registry, which goes on after failures where it was.
///
/// The bytes are not hashed: a caller that goes on from bytes of an earlier attempt hashes those as well.
pub struct Download {
    client: Client,
    reference: Reference,
    descriptor: Descriptor,
    /// Where the next byte belongs.
    offset: u64,
    /// Where the wanted bytes end.
    end: u64,
    answer: Option<Answer>,
    attempts: Attempts,
    /// Bytes since the last failure.
    moved_bytes: u64,
    /// The registry refused to give a range (416).
    without_ranges: bool,
    /// Other ranges follow, if the registry gives this one as a range.
    is_first: bool,
}

/// An answer being read.
struct Answer {
    response: Response,
    /// Bytes at its start that are there already: the registry ignored the range.
    skip_bytes: u64,
    /// It is a range, which may end before the blob does.
    is_range: bool,
    /// Bytes of it that have come.
    bytes: u64,
}

impl Client {
    /// Pulls a blob from `offset` on. Nothing is sent before the first chunk is asked for.
    pub fn download(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
        offset: u64,
    ) -> Download {
        Download {
            client: self.clone(),
            reference: reference.clone(),
            descriptor: descriptor.clone(),
            offset,
            end: descriptor.size_bytes,
            answer: None,
            attempts: self.transport.attempts(),
            moved_bytes: 0,
            without_ranges: false,
            is_first: false,
        }
    }

    /// Pulls a blob from `offset` on, in as many parallel ranges as the options say, in order.
    ///
    /// The first range shows whether the registry gives any: if not, its answer is read on to the end.
    pub(crate) fn chunks(
        &self,
        reference: &Reference,
        descriptor: &Descriptor,
        offset: u64,
    ) -> impl Stream<Item = Result<Bytes, PullBlobError>> + Send + use<> {
        let mut first = self.download(reference, descriptor, offset);
        if self.options().ranges_per_blob > 1 {
            first.end = descriptor
                .size_bytes
                .min(offset.saturating_add(RANGE_BYTES));
            first.is_first = true;
        }
        stream::try_unfold(Course::First(Box::new(first)), async |mut course| {
            let chunk = course.next_chunk().await?;
            Ok(chunk.map(|chunk| (chunk, course)))
        })
    }
}

/// How far a blob has come.
enum Course {
    First(Box<Download>),
    Ranges(BoxStream<'static, Result<Bytes, PullBlobError>>),
}

impl Course {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, PullBlobError> {
        if let Self::First(first) = self {
            if let Some(chunk) = first.next_chunk().await? {
                return Ok(Some(chunk));
            }
            *self = Self::Ranges(first.rest().boxed());
        }
        match self {
            Self::Ranges(ranges) => ranges.next().await.transpose(),
            Self::First(_) => Ok(None),
        }
    }
}

fn ranges(start: u64, end: u64) -> impl Iterator<Item = (u64, u64)> {
    let step = usize::try_from(RANGE_BYTES).unwrap_or(usize::MAX);
    (start..end)
        .step_by(step)
        .map(move |start| (start, end.min(start + RANGE_BYTES)))
}

impl Download {
    /// Returns where the next byte belongs.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Waits for the next bytes; `None` after the last. The bytes are **not** hashed.
    ///
    /// # Errors
    ///
    /// [`PullBlobError`] when trying again is of no use or did not help, or when the size is wrong.
    pub async fn next_chunk(&mut self) -> Result<Option<Bytes>, PullBlobError> {
        while self.offset < self.end {
            match self.try_next().await {
                Ok(Some(chunk)) => return Ok(Some(self.took(chunk))),
                Ok(None) => {}
                Err(error) => self.recover(error).await?,
            }
        }
        self.answer = None;
        Ok(None)
    }

    /// What lies behind the end of this download, in parallel ranges.
    fn rest(&self) -> impl Stream<Item = Result<Bytes, PullBlobError>> + Send + use<> {
        let (client, reference) = (self.client.clone(), self.reference.clone());
        let descriptor = self.descriptor.clone();
        let parallel = client.options().ranges_per_blob.max(1);
        let ranges = ranges(self.end, descriptor.size_bytes).map(move |(start, end)| {
            let mut range = client.download(&reference, &descriptor, start);
            range.end = end;
            range.collect()
        });
        stream::iter(ranges).buffered(parallel)
    }

    /// Gathers all that is left.
    async fn collect(mut self) -> Result<Bytes, PullBlobError> {
        let left = usize::try_from(self.end - self.offset).unwrap_or_default();
        let mut bytes = BytesMut::with_capacity(left);
        while let Some(chunk) = self.next_chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    fn took(&mut self, chunk: Bytes) -> Bytes {
        let bytes = chunk.len() as u64;
        self.offset += bytes;
        self.moved_bytes += bytes;
        if self.moved_bytes >= PROGRESS_BYTES {
            self.attempts.moved_on();
        }
        let observer = &self.client.options().observer;
        observer.tell(&TransferEvent::Moved { bytes });
        chunk
    }

    async fn recover(&mut self, error: PullBlobError) -> Result<(), PullBlobError> {
        self.answer = None;
        self.moved_bytes = 0;
        let PullBlobError::Transport { source, .. } = error else {
            return Err(error);
        };
        if source.status() == Some(416) && !self.without_ranges {
            self.without_ranges = true;
            return Ok(());
        }
        let transport_layer = &self.client.transport;
        let paused = transport_layer.pause(&mut self.attempts, source).await;
        paused.map_err(|source| transport(&self.reference, &self.descriptor, source))
    }

    /// Reads on, or asks; nothing where an answer ended, or where its bytes are there already.
    async fn try_next(&mut self) -> Result<Option<Bytes>, PullBlobError> {
        let mut answer = match self.answer.take() {
            Some(answer) => answer,
            None => self.ask().await?,
        };
        let chunk = answer.response.chunk();
        let chunk = self.client.transport.wait(&self.reference, chunk).await;
        let chunk = chunk.map_err(|source| transport(&self.reference, &self.descriptor, source))?;
        let Some(mut chunk) = chunk else {
            return match (answer.is_range, answer.bytes) {
                (false, _) => Err(self.wrong_size(self.offset)),
                (true, 0) => Err(self.protocol("it gave an empty range of the blob")),
                // A range that is shorter than asked for is allowed (RFC 9110, section 15.3.7): the rest is asked for.
                (true, _) => Ok(None),
            };
        };
        answer.bytes += chunk.len() as u64;
        let known = usize::try_from(answer.skip_bytes).unwrap_or(usize::MAX);
        let known = chunk.split_to(known.min(chunk.len()));
        answer.skip_bytes -= known.len() as u64;
        let left_bytes = self.end - self.offset;
        if chunk.len() as u64 > left_bytes {
            if self.end == self.descriptor.size_bytes {
                return Err(self.wrong_size(self.offset + chunk.len() as u64));
            }
            chunk.truncate(usize::try_from(left_bytes).unwrap_or(usize::MAX));
        }
        self.answer = Some(answer);
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    async fn ask(&mut self) -> Result<Answer, PullBlobError> {
        let path = format!("blobs/{}", self.descriptor.digest);
        let mut request =
            Request::read(Method::GET, &self.reference, Target::Path(&path)).accept("*/*");
        let whole = self.offset == 0 && self.end == self.descriptor.size_bytes;
        if !whole && !self.without_ranges {
            let range = format!("bytes={}-{}", self.offset, self.end - 1);
            request = request.header(RANGE, &range);
        }
        let response = self.client.transport.send_once(&request).await;
        let response =
            response.map_err(|source| transport(&self.reference, &self.descriptor, source))?;
        if response.status() == StatusCode::PARTIAL_CONTENT {
            return self.ranged(response);
        }
        match response.content_length() {
            Some(announced) if announced != self.descriptor.size_bytes => {
                Err(self.wrong_size(announced))
            }
            _ => Ok(self.whole(response)),
        }
    }

    /// Takes an answer that is the whole blob. The first of several ranges goes on in it to the end.
    fn whole(&mut self, response: Response) -> Answer {
        if self.is_first {
            self.end = self.descriptor.size_bytes;
        }
        Answer {
            response,
            skip_bytes: self.offset,
            is_range: false,
            bytes: 0,
        }
    }

    /// Checks that a range is the one asked for.
    fn ranged(&self, response: Response) -> Result<Answer, PullBlobError> {
        let header = response.headers().get(CONTENT_RANGE);
        let range = header.and_then(|text| content_range(text.to_str().ok()?));
        match range {
            Some((start, total)) if start == self.offset => {
                if let Some(total) = total.filter(|total| *total != self.descriptor.size_bytes) {
                    return Err(self.wrong_size(total));
                }
                Ok(Answer {
                    response,
                    skip_bytes: 0,
                    is_range: true,
                    bytes: 0,
                })
            }
            _ => Err(self.protocol("it gave another range of the blob than it was asked for")),
        }
    }

    fn protocol(&self, problem: &'static str) -> PullBlobError {
        let registry = self.reference.registry().to_owned();
        let source = TransportError::Protocol { registry, problem };
        transport(&self.reference, &self.descriptor, source)
    }

    fn wrong_size(&self, actual_bytes: u64) -> PullBlobError {
        size_mismatch(&self.reference, &self.descriptor, actual_bytes)
    }
}

/// Reads `bytes 5-9/10` or `bytes 5-9/*` (RFC 9110, section 14.4) as start and total.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.trim().parse().ok()?, total.trim().parse().ok()))
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The answer is left out: its headers may hold a signed address.
        f.debug_struct("Download")
            .field("reference", &self.reference)
            .field("descriptor", &self.descriptor)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, None)));
        assert_eq!(content_range("bytes */10"), None);
        assert_eq!(content_range("5-9/10"), None);
    }

    #[test]
    fn ranges_cover_all_once() {
        let mib = 1 << 20;
        assert_eq!(
            ranges(4 * mib, 9 * mib).collect::<Vec<_>>(),
            [(4 * mib, 8 * mib), (8 * mib, 9 * mib)]
        );
    }
}
