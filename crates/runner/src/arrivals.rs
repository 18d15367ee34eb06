//! The layers of an image on their way to a node, some at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use pullstudy_events::{Phase, Stage};
use pullstudy_image::{Descriptor, Digest, Image};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::Span;
use crate::pull::{Pull, PullError};

/// What became of a layer that was asked for.
type Arrival = (Digest, Result<Instant, PullError>);

/// The layers on their way, and those that are there. Dropping it ends the downloads.
pub(crate) struct Arrivals {
    arriving: UnboundedReceiver<Arrival>,
    /// When a layer had come; none for one that was on the node before.
    arrived: BTreeMap<Digest, Option<Instant>>,
    stop: DropGuard,
}

impl Arrivals {
    /// Starts to fetch every layer that is not on the node, each once however often the image has it.
    pub(crate) fn start(pull: &Pull, image: &Image) -> Self {
        let stop = CancellationToken::new();
        let (sender, arriving) = unbounded_channel();
        let mut arrivals = Self {
            arriving,
            arrived: BTreeMap::new(),
            stop: stop.clone().drop_guard(),
        };
        let mut wanted = Vec::new();
        let mut seen = BTreeSet::new();
        for (layer, index) in image.layers().iter().zip(0..) {
            if !seen.insert(layer.digest()) {
                continue;
            }
            if pull.node.content().contains(&layer.descriptor) {
                pull.recorder.add_reused();
                arrivals.arrived.insert(layer.digest(), None);
            } else {
                wanted.push((index, layer.descriptor.clone()));
            }
        }
        tokio::spawn(dispatch(pull.clone(), wanted, stop, sender));
        arrivals
    }

    /// Waits for a layer of the image; fails with the first fetch that fails, of whatever layer.
    pub(crate) async fn wait_for(&mut self, wanted: &Digest) -> Result<Option<Instant>, PullError> {
        loop {
            if let Some(arrived_at) = self.arrived.get(wanted) {
                return Ok(*arrived_at);
            }
            let (digest, fetched) =
                self.arriving.recv().await.expect(
                    "every layer that is not on the node is fetched, unless its task panicked",
                );
            self.arrived.insert(digest, Some(fetched?));
        }
    }

    /// Ends all fetches, and waits until none touches the node any more.
    pub(crate) async fn stop(self) {
        let Self {
            mut arriving, stop, ..
        } = self;
        drop(stop);
        // The channel ends when the last task has ended that may send into it.
        while arriving.recv().await.is_some() {}
    }
}

/// Starts the fetches in the order of the layers, each as soon as there is a slot for it.
///
/// One task does it for all: tasks of their own would ask for slots in the order in which they happen to run.
async fn dispatch(
    pull: Pull,
    wanted: Vec<(u32, Descriptor)>,
    stop: CancellationToken,
    arrivals: UnboundedSender<Arrival>,
) {
    let downloads = pull.options.downloads.get();
    let slots = Arc::new(Semaphore::new(downloads));
    let queued = Instant::now();
    for (position, (layer, descriptor)) in wanted.into_iter().enumerate() {
        let slot = Arc::clone(&slots).acquire_owned();
        let Some(slot) = stop.run_until_cancelled(slot).await else {
            return;
        };
        let slot = slot.expect("the semaphore is never closed");
        if position >= downloads {
            let mut wait = Span::default();
            wait.add(queued, Instant::now(), 0);
            pull.recorder
                .add(Stage::Fetch, Some(layer), Phase::Wait, &wait);
        }
        let (pull, stop, arrivals) = (pull.clone(), stop.clone(), arrivals.clone());
        tokio::spawn(async move {
            let fetched = pull.fetch(layer, &descriptor, &stop).await;
            drop(slot);
            if let Some(fetched) = fetched.transpose() {
                // Nobody listens once the pull has failed.
                let _ = arrivals.send((descriptor.digest, fetched));
            }
        });
    }
}
