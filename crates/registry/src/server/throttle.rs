//! One bandwidth for all bodies.

use std::num::NonZeroU64;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// Timers fire late, by a millisecond or more when the processors are busy. So much of the time that passed unused
/// may be made up for, or one client alone would never reach the bandwidth.
const CREDIT: Duration = Duration::from_millis(10);

/// A piece takes this long at the whole bandwidth, within the bounds below: so long does one client wait for another.
const PIECES_PER_SECOND: u64 = 500;
const MIN_PIECE_BYTES: u64 = 1 << 10;
const MAX_PIECE_BYTES: u64 = 64 << 10;

/// Time on a link of a given bandwidth, given out piece by piece.
///
/// It is no store of tokens that someone must refill: a piece takes the time from when the one before ends, so the
/// sum is exact however many clients there are, and they are served in the order they ask.
#[derive(Debug)]
pub(super) struct Bucket {
    bytes_per_second: NonZeroU64,
    piece_bytes: usize,
    /// When the link is free again; before the first piece, since ever.
    free: Mutex<Option<Instant>>,
}

impl Bucket {
    pub(super) fn new(bytes_per_second: NonZeroU64) -> Self {
        let piece_bytes = bytes_per_second.get() / PIECES_PER_SECOND;
        Self {
            bytes_per_second,
            piece_bytes: piece_bytes.clamp(MIN_PIECE_BYTES, MAX_PIECE_BYTES) as usize,
            free: Mutex::new(None),
        }
    }

    /// Takes the next free time for `bytes` and returns when it ends, which may be in the past.
    fn reserve(&self, bytes: usize) -> Instant {
        let earliest = Instant::now() - CREDIT;
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let start = free.map_or(earliest + CREDIT, |free| free.max(earliest));
        let end = start + self.duration(bytes);
        *free = Some(end);
        end
    }

    fn duration(&self, bytes: usize) -> Duration {
        let nanos = bytes as u128 * 1_000_000_000 / u128::from(self.bytes_per_second.get());
        Duration::from_nanos(nanos.try_into().unwrap_or(u64::MAX))
    }
}

/// A body that is sent no faster than its bucket allows.
pub(super) struct Throttled {
    inner: Body,
    bucket: Arc<Bucket>,
    /// Read from `inner`, and not reserved yet.
    unsent: Bytes,
    /// Reserved, and due when `until` ends.
    due: Bytes,
    until: Pin<Box<Sleep>>,
}

impl Throttled {
    pub(super) fn new(inner: Body, bucket: Arc<Bucket>) -> Self {
        Self {
            inner,
            bucket,
            unsent: Bytes::new(),
            due: Bytes::new(),
            until: Box::pin(sleep_until(Instant::now())),
        }
    }

    /// Takes a piece of what was read, and the time to send it.
    fn reserve(&mut self) {
        let bytes = self.unsent.len().min(self.bucket.piece_bytes);
        self.due = self.unsent.split_to(bytes);
        let end = self.bucket.reserve(bytes);
        self.until.as_mut().reset(end);
    }
}

impl http_body::Body for Throttled {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        loop {
            if !this.due.is_empty() {
                ready!(this.until.as_mut().poll(cx));
                let due = std::mem::take(&mut this.due);
                return Poll::Ready(Some(Ok(Frame::data(due))));
            }
            if !this.unsent.is_empty() {
                this.reserve();
                continue;
            }
            match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.unsent = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return Poll::Ready(other),
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        let held = (self.unsent.len() + self.due.len()) as u64;
        let inner = self.inner.size_hint();
        let mut hint = SizeHint::new();
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + held);
        }
        hint.set_lower(inner.lower() + held);
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use futures_util::future::join_all;
    use http_body::Body as _;
    use http_body_util::BodyExt;

    const GIGABIT: u64 = 125_000_000;

    fn bucket(bytes_per_second: u64) -> Arc<Bucket> {
        Arc::new(Bucket::new(NonZeroU64::new(bytes_per_second).unwrap()))
    }

    /// Sends a body in frames of 256 KiB, as files are read, and returns how many bytes came.
    async fn send(bucket: &Arc<Bucket>, bytes: usize) -> usize {
        let frame = Bytes::from(vec![7; 256 << 10]);
        let frames = (0..bytes.div_ceil(frame.len())).map(move |number| {
            let rest = bytes - number * frame.len();
            Ok::<_, std::io::Error>(frame.slice(..rest.min(frame.len())))
        });
        let body = Body::from_stream(futures_util::stream::iter(frames));
        let throttled = Throttled::new(body, Arc::clone(bucket));
        throttled.collect().await.unwrap().to_bytes().len()
    }

    /// The clock is tokio's and stands still but for the waiting itself.
    async fn seconds(work: impl Future) -> f64 {
        let start = Instant::now();
        work.await;
        start.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn one_client_gets_the_bandwidth() {
        for (rate, bytes) in [(GIGABIT, 250_000_000), (1_000_000, 2_000_000), (3000, 6000)] {
            let bucket = bucket(rate);
            let taken = seconds(async { assert_eq!(send(&bucket, bytes).await, bytes) }).await;
            assert!((1.98..2.02).contains(&taken), "{rate} B/s: {taken} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn twelve_clients_share_it() {
        let bucket = bucket(GIGABIT);
        let bytes = 250_000_000 / 12;
        let all = (0..12).map(|_| {
            let bucket = Arc::clone(&bucket);
            tokio::spawn(async move { seconds(send(&bucket, bytes)).await })
        });
        let taken: Vec<f64> = join_all(all)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let last = taken.iter().copied().fold(0.0, f64::max);
        let first = taken.iter().copied().fold(f64::MAX, f64::min);
        assert!((1.98..2.02).contains(&last), "{last} s");
        assert!(
            last - first < 0.02,
            "the first was done after {first} s of {last} s"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_not_saved_up() {
        let bucket = bucket(GIGABIT);
        send(&bucket, 1_000_000).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        let taken = seconds(send(&bucket, 125_000_000)).await;
        assert!((0.98..1.0).contains(&taken), "{taken} s");
    }

    #[tokio::test(start_paused = true)]
    async fn timers_that_fire_late_cost_nothing() {
        let bucket = bucket(GIGABIT);
        let start = Instant::now();
        for _ in 0..2000 {
            let end = bucket.reserve(MAX_PIECE_BYTES as usize);
            if end > Instant::now() {
                tokio::time::sleep_until(end + Duration::from_millis(3)).await;
            }
        }
        let rate = 2000.0 * MAX_PIECE_BYTES as f64 / start.elapsed().as_secs_f64();
        assert!(
            (0.98..1.02).contains(&(rate / GIGABIT as f64)),
            "{rate} B/s"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_keeps_its_bytes_and_their_order() {
        let content: Vec<u8> = (0..200_000_u32).map(|number| number as u8).collect();
        let throttled = Throttled::new(Body::from(content.clone()), bucket(GIGABIT));
        assert_eq!(throttled.size_hint().exact(), Some(200_000));
        assert!(throttled.collect().await.unwrap().to_bytes() == content);
    }
}
