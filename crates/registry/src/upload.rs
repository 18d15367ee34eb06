//! Blobs that are pushed while they are made: their digest is known at the end.

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};
use pullstudy_image::{Digest, Reference};
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderName, LOCATION, RANGE};
use reqwest::{Method, Response, Url};
use tokio::time::sleep;

use crate::retry::Attempts;
use crate::transport::{Payload, Request, Target};
use crate::{Client, PushBlobError, TransportError};

/// The least a registry takes at a time, except for the last chunk (distribution-spec 1.1, "Pushing a blob in chunks").
const OCI_CHUNK_MIN_LENGTH: HeaderName = HeaderName::from_static("oci-chunk-min-length");

/// A registry that wants more at a time is not obeyed: the chunk is held in memory.
const MAX_CHUNK_BYTES: usize = 64 << 20;

pub(crate) const OCTETS: &str = "application/octet-stream";

/// A blob on its way into a repository, chunk by chunk.
///
/// A chunk that fails is sent again from where the registry got to. A registry that has forgotten the upload by then
/// gives [`PushBlobError::UploadLost`]: the blob must be started anew. An upload that is dropped unfinished is left to
/// the registry, which removes it after a while.
pub struct Upload {
    client: Client,
    reference: Reference,
    location: Url,
    /// How many bytes the registry has.
    offset: u64,
    gathered: BytesMut,
    chunk_bytes: usize,
    /// Failures in a row, over all chunks: one that goes without counts anew. Where each chunk needs its second try the
    /// registry is out of order, and at a stall a chunk nobody would live to see the end.
    attempts: Attempts,
}

impl Client {
    /// Starts a blob whose digest is not known yet.
    ///
    /// # Errors
    ///
    /// [`PushBlobError`] when the registry does not let it start.
    pub async fn start_upload(&self, reference: &Reference) -> Result<Upload, PushBlobError> {
        let (location, headers) = self.open_session(reference).await?;
        let wanted = headers
            .get(OCI_CHUNK_MIN_LENGTH)
            .and_then(|text| text.to_str().ok()?.parse().ok());
        let least: usize = wanted.unwrap_or(0);
        let wanted = self.options().chunk_bytes.max(least);
        let chunk_bytes = wanted.clamp(1, MAX_CHUNK_BYTES);
        Ok(Upload {
            client: self.clone(),
            reference: reference.clone(),
            location,
            offset: 0,
            gathered: BytesMut::new(),
            chunk_bytes,
            attempts: self.transport.attempts(),
        })
    }

    /// Asks for a place to upload to.
    pub(crate) async fn open_session(
        &self,
        reference: &Reference,
    ) -> Result<(Url, HeaderMap), PushBlobError> {
        let target = Target::Path("blobs/uploads/");
        let request = Request::write(Method::POST, reference, target);
        let opened = self.transport.send(&request).await;
        let response = opened.map_err(|source| push_error(reference, None, source))?;
        let location = location(&response)
            .ok_or_else(|| push_error(reference, None, no_location(reference)))?;
        Ok((location, response.headers().clone()))
    }
}

impl Upload {
    /// Takes the next bytes, and sends them as soon as a chunk is full.
    ///
    /// # Errors
    ///
    /// [`PushBlobError`] when the registry does not take a chunk.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), PushBlobError> {
        while !bytes.is_empty() {
            if self.gathered.capacity() == 0 {
                self.gathered.reserve(self.chunk_bytes);
            }
            let room = self.chunk_bytes - self.gathered.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.gathered.extend_from_slice(now);
            bytes = later;
            if self.gathered.len() == self.chunk_bytes {
                let chunk = std::mem::take(&mut self.gathered).freeze();
                self.send_chunk(chunk).await?;
            }
        }
        Ok(())
    }

    /// Sends what is left and makes the blob visible under `digest`. The registry checks that the bytes have it.
    ///
    /// # Errors
    ///
    /// [`PushBlobError`] when the registry does not take it; nothing is visible then.
    pub async fn finish(mut self, digest: &Digest) -> Result<(), PushBlobError> {
        let rest = std::mem::take(&mut self.gathered).freeze();
        if self.offset == 0 {
            return self.client.push_bytes(&self.reference, digest, rest).await;
        }
        if !rest.is_empty() {
            self.send_chunk(rest).await?;
        }
        self.commit(digest).await
    }

    async fn commit(&self, digest: &Digest) -> Result<(), PushBlobError> {
        let url = with_digest(&self.location, digest);
        let request = self
            .request(Method::PUT, url)
            .header(CONTENT_TYPE, OCTETS)
            .payload(Payload::Bytes(Bytes::new()));
        let mut attempts = self.client.transport.attempts();
        loop {
            let Err(error) = self.client.transport.send_once(&request).await else {
                return Ok(());
            };
            // The answer may have been lost after the registry had done its work.
            if error.is_retryable() || error.is_not_found() {
                let there = self.client.has_blob(&self.reference, digest).await;
                if matches!(there, Ok(true)) {
                    return Ok(());
                }
            }
            let paused = self.client.transport.pause(&mut attempts, error).await;
            paused.map_err(|source| self.lost_or(Some(digest), source))?;
        }
    }

    async fn send_chunk(&mut self, mut chunk: Bytes) -> Result<(), PushBlobError> {
        while !chunk.is_empty() {
            let error = match self.patch(&chunk).await {
                Ok(taken) if taken == self.offset => {
                    let error = self.protocol("it takes no byte of a chunk");
                    let wait = self.attempts.next_wait(None);
                    let wait = wait.ok_or_else(|| self.lost(error))?;
                    sleep(wait).await;
                    continue;
                }
                Ok(taken) => {
                    self.attempts.moved_on();
                    self.advance(&mut chunk, taken)?;
                    continue;
                }
                Err(error) => error,
            };
            // 416: the registry has another number of bytes than this side believes.
            if error.status() != Some(416) {
                let client = self.client.clone();
                let paused = client.transport.pause(&mut self.attempts, error).await;
                paused.map_err(|source| self.lost_or(None, source))?;
            } else if self.attempts.next_wait(None).is_none() {
                return Err(self.lost(error));
            }
            let reached = self.ask_state().await?;
            self.advance(&mut chunk, reached)?;
        }
        Ok(())
    }

    /// Sends a chunk and returns how many bytes the registry has then.
    async fn patch(&mut self, chunk: &Bytes) -> Result<u64, TransportError> {
        let end = self.offset + chunk.len() as u64;
        let request = self
            .request(Method::PATCH, self.location.clone())
            .header(CONTENT_TYPE, OCTETS)
            .header(CONTENT_RANGE, &format!("{}-{}", self.offset, end - 1))
            .payload(Payload::Bytes(chunk.clone()));
        let response = self.client.transport.send_once(&request).await?;
        if let Some(location) = location(&response) {
            self.location = location;
        }
        Ok(reached(response.headers()).unwrap_or(end))
    }

    /// Asks how many bytes the registry has.
    async fn ask_state(&mut self) -> Result<u64, PushBlobError> {
        let request = self.request(Method::GET, self.location.clone());
        let answered = self.client.transport.send(&request).await;
        let response = answered.map_err(|source| self.lost_or(None, source))?;
        if let Some(location) = location(&response) {
            self.location = location;
        }
        // `0-0` may mean one byte or none (the specification does not say): so the answer says nothing then.
        reached(response.headers())
            .or((self.offset == 0).then_some(0))
            .ok_or_else(|| self.lost(self.protocol("it does not tell how far an upload has come")))
    }

    /// Cuts off what the registry has of the chunk.
    fn advance(&mut self, chunk: &mut Bytes, reached: u64) -> Result<(), PushBlobError> {
        let end = self.offset + chunk.len() as u64;
        if !(self.offset..=end).contains(&reached) {
            return Err(self.lost(self.protocol("it has another part of the upload than was sent")));
        }
        let bytes = reached - self.offset;
        chunk.advance(usize::try_from(bytes).expect("part of a chunk in memory"));
        self.offset = reached;
        Ok(())
    }

    fn request(&self, method: Method, url: Url) -> Request<'_> {
        Request::write(method, &self.reference, Target::Url(url))
    }

    fn protocol(&self, problem: &'static str) -> TransportError {
        TransportError::Protocol {
            registry: self.reference.registry().to_owned(),
            problem,
        }
    }

    /// A registry that does not know the upload any more wants it to start anew.
    fn lost_or(&self, digest: Option<&Digest>, error: TransportError) -> PushBlobError {
        let forgotten = matches!(
            error.code(),
            Some("BLOB_UPLOAD_UNKNOWN" | "BLOB_UPLOAD_INVALID")
        );
        if forgotten || error.is_not_found() {
            return self.lost(error);
        }
        push_error(&self.reference, digest, error)
    }

    fn lost(&self, source: TransportError) -> PushBlobError {
        PushBlobError::UploadLost {
            repository: self.reference.name(),
            source,
        }
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The location is left out: whoever has it can write to the upload.
        f.debug_struct("Upload")
            .field("reference", &self.reference)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

pub(crate) fn push_error(
    reference: &Reference,
    digest: Option<&Digest>,
    source: TransportError,
) -> PushBlobError {
    // Another number of bytes has arrived than was sent.
    if source.status() == Some(416) {
        let repository = reference.name();
        return PushBlobError::UploadLost { repository, source };
    }
    PushBlobError::Transport {
        repository: reference.name(),
        digest: digest.copied(),
        source,
    }
}

pub(crate) fn no_location(reference: &Reference) -> TransportError {
    TransportError::Protocol {
        registry: reference.registry().to_owned(),
        problem: "it gave no place to upload to",
    }
}

/// Returns the address in `Location`, which may be relative (RFC 9110, section 10.2.2).
pub(crate) fn location(response: &Response) -> Option<Url> {
    let text = response.headers().get(LOCATION)?.to_str().ok()?;
    response.url().join(text).ok()
}

pub(crate) fn with_digest(location: &Url, digest: &Digest) -> Url {
    let mut url = location.clone();
    url.query_pairs_mut()
        .append_pair("digest", &digest.to_string());
    url
}

/// Reads `Range: 0-1023` (with or without `bytes=`) as the 1024 bytes the registry has.
fn reached(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(RANGE)?.to_str().ok()?;
    let range = text.strip_prefix("bytes=").unwrap_or(text);
    let (_, last) = range.split_once('-')?;
    match last.trim().parse::<u64>().ok()? {
        0 => None,
        last => last.checked_add(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_an_upload_has_come() {
        let range = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RANGE, text.parse().unwrap());
            reached(&headers)
        };
        assert_eq!(range("0-1023"), Some(1024));
        assert_eq!(range("bytes=0-1023"), Some(1024));
        assert_eq!(range("0-0"), None);
        assert_eq!(range("0-18446744073709551615"), None);
        assert_eq!(range("none"), None);
    }

    #[test]
    fn a_digest_joins_what_the_location_carries() {
        let location = "http://r/v2/a/blobs/uploads/1?_state=x".parse().unwrap();
        let url = with_digest(&location, &Digest::of(b""));
        assert!(
            url.as_str()
                .starts_with("http://r/v2/a/blobs/uploads/1?_state=x&digest=sha256%3Ae3b0")
        );
    }
}
