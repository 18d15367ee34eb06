//! Threads that pull blobs, each with connections of its own.

use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Builder, Runtime};

use crate::Client;

/// A client whose connections are driven by the thread that reads from them.
///
/// On the caller's runtime another thread receives what this one hashes and writes; handing every chunk over costs a
/// fifth of the time that pulling from this machine takes.
pub(super) struct Lane {
    pub(super) client: Client,
    /// There until the lane is dropped.
    runtime: Option<Runtime>,
}

/// Lanes that nobody uses at the moment. Their connections are kept for the next blob.
#[derive(Default)]
pub(super) struct Lanes(Mutex<Vec<Lane>>);

impl Lanes {
    /// Takes a lane, or makes one that shares what `client` knows; nothing where the system gives none.
    pub(super) fn take(&self, client: &Client) -> Option<Lane> {
        let idle = self.idle().pop();
        idle.or_else(|| Lane::new(client))
    }

    /// Gives a lane back.
    pub(super) fn put(&self, lane: Lane) {
        self.idle().push(lane);
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Lane>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    fn new(client: &Client) -> Option<Self> {
        let runtime = Builder::new_current_thread().enable_all().build().ok()?;
        Some(Self {
            client: client.with_own_connections()?,
            runtime: Some(runtime),
        })
    }

    /// Does some work on this thread.
    pub(super) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let runtime = self.runtime.as_ref();
        runtime
            .expect("it is there until the lane is dropped")
            .block_on(work)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // A runtime that is simply dropped waits for its threads, which an async caller must not.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
