//! How far fetching has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pullstudy_console::{Meter, Unit, counted, retries, say};
use pullstudy_registry::{FetchProgress, Observer};

/// Shows how many tags are done.
pub(super) struct FetchDisplay {
    meter: Arc<Meter>,
    requests: AtomicU64,
}

impl FetchDisplay {
    pub(super) fn new() -> Self {
        Self {
            meter: Arc::new(Meter::new(Unit::Things("tags"))),
            requests: AtomicU64::new(0),
        }
    }

    /// Returns what a client tells its failures to.
    pub(super) fn observer(&self) -> Observer {
        let meter = Arc::clone(&self.meter);
        retries(move |line| meter.say(line))
    }

    pub(super) fn show(&self, event: FetchProgress<'_>) {
        match event {
            FetchProgress::Planned { tags } => self.meter.set_total(tags as u64),
            FetchProgress::Listed {
                instead_of, tags, ..
            } => {
                // A repository was counted by the references that name it, until its tags were known.
                let others = self.meter.total().saturating_sub(instead_of as u64);
                self.meter.set_total(others + tags as u64);
            }
            FetchProgress::Requested => {
                let requests = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
                self.meter.set_words(format!("{requests} requests"));
            }
            FetchProgress::Tag(_) => self.meter.advance(1),
            _ => {}
        }
    }

    pub(super) fn finish(&self) {
        self.meter.finish();
        let count =
            |count: u64, thing| counted(usize::try_from(count).unwrap_or(usize::MAX), thing);
        let (tags, requests) = (self.meter.done(), self.requests.load(Ordering::Relaxed));
        say(format_args!(
            "{} after {}",
            count(tags, "tag"),
            count(requests, "request")
        ));
    }
}
