//! What happens during transfers, told while it happens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pullstudy_image::{Digest, Reference};

use crate::{RateLimit, TransportError};

/// Something that happened during a transfer. Events come from several threads.
#[derive(Debug)]
#[non_exhaustive]
pub enum TransferEvent<'a> {
    /// An image's documents are known, and so is what its blobs add to the work: blobs of several images count once.
    Planned {
        /// Blobs not counted before.
        blobs: usize,
        /// Their size.
        bytes: u64,
    },
    /// Bytes of a blob are there from an earlier attempt, and need not move again.
    Found {
        /// How many.
        bytes: u64,
    },
    /// Bytes of a blob have moved. After a failure that could not be resumed they move again and count again.
    Moved {
        /// How many.
        bytes: u64,
    },
    /// A blob is where it should be.
    Blob {
        /// Its digest.
        digest: Digest,
        /// Its size.
        bytes: u64,
        /// How it came there.
        how: BlobOutcome,
    },
    /// An image is complete and tagged.
    Image {
        /// What it is called at its destination.
        reference: &'a Reference,
        /// The digest of its manifest or index.
        digest: Digest,
        /// It was there before, so nothing was moved.
        present: bool,
    },
    /// A request failed for a reason that may pass, and will be sent again.
    Retry {
        /// What went wrong.
        error: &'a TransportError,
        /// How many tries have failed.
        tries: u32,
        /// How long until the next.
        wait: Duration,
    },
    /// A registry told how many requests it still allows.
    RateLimit {
        /// The registry's host and port.
        registry: &'a str,
        /// What it said.
        limit: RateLimit,
    },
}

/// How a blob came to be at its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlobOutcome {
    /// Its bytes were moved.
    Moved,
    /// It was there before.
    Present,
    /// The registry took it over from another of its repositories.
    Mounted,
}

/// Whoever wants to hear of [`TransferEvent`]s. By default nobody does.
///
/// # Examples
///
/// ```
/// use pullstudy_registry::{ClientOptions, Observer, TransferEvent};
///
/// let mut options = ClientOptions::default();
/// options.observer = Observer::new(|event| {
///     if let TransferEvent::Moved { bytes } = event {
///         let _ = bytes; // advance a bar
///     }
/// });
/// ```
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<Callback>>);

type Callback = dyn Fn(&TransferEvent<'_>) + Send + Sync;

impl Observer {
    /// Calls `observe` with every event. It should return at once: transfers wait for it.
    pub fn new(observe: impl Fn(&TransferEvent<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observe)))
    }

    pub(crate) fn tell(&self, event: &TransferEvent<'_>) {
        if let Some(observe) = &self.0 {
            observe(event);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observer").field(&self.0.is_some()).finish()
    }
}
