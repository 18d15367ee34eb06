//! How far a long command has come: a bar on a terminal, a line now and then elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use pullstudy_console::{Meter, Unit, counted, retries, retry_line, say};
use pullstudy_crafter::{BuildProgress, VerifyProgress};
use pullstudy_registry::{BlobOutcome, Observer, TransferEvent};
use pullstudy_report::human_bytes;

/// Shows how far a build has come.
pub(crate) struct BuildDisplay {
    meter: Meter,
    images: AtomicUsize,
    done: AtomicUsize,
    started: Instant,
}

impl BuildDisplay {
    pub(crate) fn new() -> Self {
        Self {
            meter: Meter::new(Unit::Bytes),
            images: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            started: Instant::now(),
        }
    }

    pub(crate) fn show(&self, event: BuildProgress<'_>) {
        match event {
            BuildProgress::Started {
                layers,
                finished_layers,
                bytes,
            } => {
                self.meter.set_total(bytes);
                if finished_layers > 0 {
                    self.meter.say(&format!(
                        "{finished_layers} of {layers} layers are there already"
                    ));
                }
            }
            BuildProgress::Wrote { bytes } => self.meter.advance(bytes),
            BuildProgress::Image(image) => {
                let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
                self.meter.say(&format!(
                    "built {} ({done} of {})",
                    image.reference,
                    self.images.load(Ordering::Relaxed)
                ));
            }
            _ => {}
        }
    }

    /// Says how many images there will be.
    pub(crate) fn expect(&self, images: usize) {
        self.images.store(images, Ordering::Relaxed);
    }

    /// Returns what the client under the build tells its events to.
    pub(crate) fn observer(self: &Arc<Self>) -> Observer {
        let display = Arc::clone(self);
        retries(move |line| display.meter.say(line))
    }

    pub(crate) fn finish(&self, place: &str) {
        self.meter.finish();
        let seconds = self.started.elapsed().as_secs_f64();
        say(format_args!(
            "{} in {} after {seconds:.1} s",
            counted(self.images.load(Ordering::Relaxed), "image"),
            place
        ));
    }
}

/// Shows how far a verification has come.
pub(crate) struct VerifyDisplay {
    meter: Meter,
}

impl VerifyDisplay {
    pub(crate) fn new() -> Self {
        Self {
            meter: Meter::new(Unit::Bytes),
        }
    }

    pub(crate) fn show(&self, event: VerifyProgress) {
        match event {
            VerifyProgress::Started { bytes, .. } => self.meter.set_total(bytes),
            VerifyProgress::Layer { bytes } => self.meter.advance(bytes),
            _ => {}
        }
    }

    pub(crate) fn finish(&self) {
        self.meter.finish();
    }
}

/// Shows how far a copy has come.
pub(crate) struct TransferDisplay {
    meter: Meter,
    images: AtomicUsize,
    moved_bytes: AtomicU64,
    started: Instant,
}

impl TransferDisplay {
    pub(crate) fn new() -> Self {
        Self {
            meter: Meter::new(Unit::Bytes),
            images: AtomicUsize::new(0),
            moved_bytes: AtomicU64::new(0),
            started: Instant::now(),
        }
    }

    /// Returns what a client tells its events to.
    pub(crate) fn observer(self: &Arc<Self>) -> Observer {
        let display = Arc::clone(self);
        Observer::new(move |event| display.show(event))
    }

    fn show(&self, event: &TransferEvent<'_>) {
        match event {
            TransferEvent::Planned { bytes, .. } => self.meter.extend(*bytes),
            TransferEvent::Moved { bytes } => {
                self.moved_bytes.fetch_add(*bytes, Ordering::Relaxed);
                self.meter.advance(*bytes);
            }
            TransferEvent::Blob { bytes, how, .. } if *how != BlobOutcome::Moved => {
                self.meter.advance(*bytes);
            }
            TransferEvent::Image { .. } => {
                self.images.fetch_add(1, Ordering::Relaxed);
            }
            TransferEvent::Retry { .. } => {
                let line = retry_line(event).unwrap_or_default();
                self.meter.say(&line);
            }
            TransferEvent::Found { bytes } => self.meter.advance(*bytes),
            TransferEvent::RateLimit { registry, limit } if limit.remaining < limit.limit / 10 => {
                self.meter.say(&format!("{registry}: {limit}"));
            }
            _ => {}
        }
    }

    pub(crate) fn finish(&self) {
        self.meter.finish();
        let seconds = self.started.elapsed().as_secs_f64();
        say(format_args!(
            "{}, {} moved in {seconds:.1} s",
            counted(self.images.load(Ordering::Relaxed), "image"),
            human_bytes(self.moved_bytes.load(Ordering::Relaxed)),
        ));
    }
}
