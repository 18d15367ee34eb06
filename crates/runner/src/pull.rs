//! One image onto one node, the way containerd does it by default.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pullstudy_events::{Phase, Stage};
use pullstudy_image::{
    Digest, Image, ImageError, ParseConfigError, ParseDocumentError, Platform, Reference,
};
use pullstudy_registry::{Client, PullBlobError, PullImageError, PullManifestError};

use crate::arrivals::Arrivals;
use crate::content_store::StoreError;
use crate::node::{ApplyError, Node, NodeImage, Snapshot};
use crate::recorder::Recorder;
use crate::unpack::UnpackError;
use crate::{Span, Unpacked};

/// How a node pulls. The defaults are those of containerd 1.6 and the kubelet.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroUsize;
/// use pullstudy_runner::{PullOptions, PullPolicy};
///
/// let mut options = PullOptions::default();
/// assert_eq!(options.downloads.get(), 3);
/// options.downloads = NonZeroUsize::MIN;
/// options.policy = PullPolicy::IfNotPresent;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PullOptions {
    /// How many layers of an image are downloaded at a time. Default: 3, containerd's
    /// `max_concurrent_downloads`.
    pub downloads: NonZeroUsize,
    /// How often a pull is tried before it counts as failed. Default: 1.
    pub attempts: NonZeroUsize,
    /// The pause before the second attempt; it doubles with each further one, up to 300 s. Default: 10 s, the
    /// kubelet's.
    pub back_off: Duration,
    /// Whether a blob must be on the disk before it counts as stored. Default: true, as in containerd.
    pub sync_blobs: bool,
    /// What the image is to run on. Default: `linux/amd64`.
    pub platform: Platform,
    /// When to pull an image that is on the node. Default: [`PullPolicy::Always`].
    pub policy: PullPolicy,
}

/// The kubelet's longest pause between two attempts.
const MAX_BACK_OFF: Duration = Duration::from_secs(300);

impl Default for PullOptions {
    fn default() -> Self {
        Self {
            downloads: NonZeroUsize::new(3).expect("three is not zero"),
            attempts: NonZeroUsize::MIN,
            back_off: Duration::from_secs(10),
            sync_blobs: true,
            platform: Platform::linux_amd64(),
            policy: PullPolicy::Always,
        }
    }
}

impl PullOptions {
    /// Returns the pause after so many failed attempts.
    pub(crate) fn pause_after(&self, failures: usize) -> Duration {
        let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        let factor = 2_u32.saturating_pow(doublings);
        self.back_off.saturating_mul(factor).min(MAX_BACK_OFF)
    }
}

/// When to pull an image that is on the node, in Kubernetes' words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PullPolicy {
    /// Always ask the registry; what is on the node already is not fetched again.
    #[default]
    Always,
    /// Only ask the registry for an image that is not on the node.
    IfNotPresent,
}

/// Why an image could not be pulled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// The registry did not say what the reference stands for.
    #[error("failed to resolve the reference")]
    Resolve {
        /// The cause.
        source: PullManifestError,
    },
    /// The index or the manifest did not come.
    #[error("failed to get the manifest")]
    Manifest {
        /// The cause.
        source: PullManifestError,
    },
    /// An index has nothing for the platform.
    #[error("{reference} has no image for {platform}")]
    NoPlatform {
        /// What was asked for.
        reference: Box<Reference>,
        /// What it should run on.
        platform: Platform,
    },
    /// Indexes nest too deep, or in a circle.
    #[error("the indexes of {reference} are nested too deep")]
    TooDeep {
        /// What was asked for.
        reference: Box<Reference>,
    },
    /// The config did not come.
    #[error("failed to get the config")]
    Config {
        /// The cause.
        source: PullImageError,
    },
    /// A manifest or index in the node's store cannot be understood.
    #[error("document {digest} on the node is damaged; remove the node's folder")]
    StoredDocument {
        /// Its digest.
        digest: Digest,
        /// Why.
        source: ParseDocumentError,
    },
    /// A config in the node's store cannot be understood.
    #[error("config {digest} on the node is damaged; remove the node's folder")]
    StoredConfig {
        /// Its digest.
        digest: Digest,
        /// Why.
        source: ParseConfigError,
    },
    /// Manifest and config contradict each other, or a layer is no tar.
    #[error("the image cannot be unpacked")]
    Image {
        /// How.
        source: ImageError,
    },
    /// A layer did not come, or not whole.
    #[error("failed to download layer {digest}")]
    Fetch {
        /// The layer.
        digest: Digest,
        /// The cause.
        source: PullBlobError,
    },
    /// A layer came with other bytes than asked for.
    #[error("layer {expected} from {repository} has digest {actual}")]
    Digest {
        /// Registry and repository.
        repository: String,
        /// The layer asked for.
        expected: Digest,
        /// What its bytes hash to.
        actual: Digest,
    },
    /// The node's folder could not be read or written.
    #[error("node {node} cannot keep the image")]
    Store {
        /// The node.
        node: String,
        /// Where and why.
        source: StoreError,
    },
    /// Unpacking could not be started.
    #[error("node {node} cannot unpack the image")]
    Snapshot {
        /// The node.
        node: String,
        /// Why.
        source: UnpackError,
    },
    /// A layer could not be unpacked.
    #[error("failed to unpack layer {digest} on node {node}")]
    Unpack {
        /// The node.
        node: String,
        /// The layer.
        digest: Digest,
        /// Why.
        source: UnpackError,
    },
}

/// One pull under way; cheap to clone.
#[derive(Clone)]
pub(crate) struct Pull {
    pub(crate) node: Arc<Node>,
    pub(crate) client: Client,
    pub(crate) reference: Reference,
    pub(crate) options: Arc<PullOptions>,
    pub(crate) recorder: Arc<Recorder>,
}

impl Pull {
    /// Pulls the image, and unpacks its layers in order while later ones are still coming.
    pub(crate) async fn attempt(&self) -> Result<NodeImage, PullError> {
        self.recorder.start_attempt();
        let prepared = self.prepare().await?;
        let image = Arc::new(prepared.image);
        let (node, wanted) = (self.node.clone(), image.clone());
        // Whatever its layers' blobs: an unpacked image needs none of them (so does containerd).
        if !blocking(move || node.is_unpacked(&wanted)).await {
            self.fetch_and_unpack(&image).await?;
        }
        let (node, reference) = (self.node.clone(), self.reference.clone());
        let size_bytes = prepared.image_size_bytes;
        blocking(move || node.record(&reference, &image, size_bytes))
            .await
            .map_err(|source| self.store_error(source))
    }

    async fn fetch_and_unpack(&self, image: &Arc<Image>) -> Result<(), PullError> {
        let mut arrivals = Arrivals::start(self, image);
        let unpacked = self.unpack_in_order(image, &mut arrivals).await;
        if unpacked.is_err() {
            arrivals.stop().await;
        }
        unpacked
    }

    async fn unpack_in_order(
        &self,
        image: &Arc<Image>,
        arrivals: &mut Arrivals,
    ) -> Result<(), PullError> {
        let (node, wanted) = (self.node.clone(), image.clone());
        let started = blocking(move || node.start_snapshot(&wanted)).await;
        let mut snapshot = started.map_err(|source| PullError::Snapshot {
            node: self.node.name().to_owned(),
            source,
        })?;
        let mut idle_since = Instant::now();
        for (index, layer) in image.layers().iter().enumerate() {
            match arrivals.wait_for(&layer.digest()).await {
                Ok(arrived_at) => self.record_wait(index, arrived_at, idle_since),
                Err(error) => {
                    blocking(move || drop(snapshot)).await;
                    return Err(error);
                }
            }
            snapshot = self.unpack(image, index, snapshot).await?;
            idle_since = Instant::now();
        }
        let committed = blocking(move || snapshot.commit()).await;
        committed.map_err(|source| self.store_error(source))
    }

    /// A layer that was there before the layers below it were unpacked has waited for them.
    fn record_wait(&self, index: usize, arrived_at: Option<Instant>, idle_since: Instant) {
        let Some(arrived_at) = arrived_at.filter(|arrived_at| *arrived_at < idle_since) else {
            return;
        };
        let mut wait = Span::default();
        wait.add(arrived_at, Instant::now(), 0);
        self.recorder
            .add(Stage::Unpack, Some(number(index)), Phase::Wait, &wait);
    }

    async fn unpack(
        &self,
        image: &Arc<Image>,
        index: usize,
        mut snapshot: Snapshot,
    ) -> Result<Snapshot, PullError> {
        let (node, image) = (self.node.clone(), image.clone());
        let digest = image.layers()[index].digest();
        let applied = blocking(move || {
            let unpacked = snapshot.apply(node.content(), &image.layers()[index])?;
            Ok::<(Snapshot, Unpacked), ApplyError>((snapshot, unpacked))
        });
        let (snapshot, unpacked) = applied.await.map_err(|error| match error {
            ApplyError::Store(source) => self.store_error(source),
            ApplyError::Unpack(source) => PullError::Unpack {
                node: self.node.name().to_owned(),
                digest,
                source,
            },
        })?;
        self.recorder.add_unpacked(number(index), &unpacked);
        Ok(snapshot)
    }

    pub(crate) fn store_error(&self, source: StoreError) -> PullError {
        PullError::Store {
            node: self.node.name().to_owned(),
            source,
        }
    }
}

/// A layer's position as the trace has it.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Runs work that may block on a thread made for it.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is going away, and this task with it.
        Err(_) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_kubelet_s_longest() {
        let options = PullOptions::default();
        let pauses = [1, 2, 3, 6, 1_000].map(|failures| options.pause_after(failures).as_secs());
        assert_eq!(pauses, [10, 20, 40, 300, 300]);
    }
}
