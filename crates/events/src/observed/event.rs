//! An event that matters to pulls.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::about::About;
use crate::GoDuration;
use crate::message::FailureClass;
use crate::moment::Moment;

/// What all sightings of one event say together. It does not matter in which order they came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ObservedEvent {
    pub(crate) about: Arc<About>,
    pub(crate) step: Step,
    /// No kubelet wrote it: it was made of a pod's status.
    pub(crate) is_filled: bool,
    pub(crate) image: Option<Arc<str>>,
    /// Only of what ends a pull.
    pub(crate) message: Option<Arc<str>>,
    pub(crate) times: Times,
    pub(crate) files: Files,
}

/// The logs that have an event, by their position: mostly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files {
    first: u32,
    /// In order, without the first.
    others: Vec<u32>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Scheduled {
        node: Option<Arc<str>>,
    },
    Pulling,
    Pulled {
        pull: Option<GoDuration>,
        including_waiting: Option<GoDuration>,
        image_size_bytes: Option<u64>,
    },
    Present,
    /// The image was there when the container started, as the pod's status tells. An upper bound of when it came.
    ImageWasThere {
        /// The pod's policy says that it was asked for, whatever was on the node.
        is_pulled_always: bool,
    },
    /// An attempt failed, and the event names the image.
    PullFailed {
        class: FailureClass,
    },
    /// The container's image is at fault, and no attempt was made: a bad name, or a policy that forbids to pull.
    Unpullable {
        class: FailureClass,
    },
    /// The event that comes beside one that says more; counts where that one is missing.
    PullError {
        class: FailureClass,
        is_attempt: bool,
    },
    BackOff,
    Created,
    Started,
    JobCompleted,
}

/// When an event happened, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Times {
    /// `eventTime`: microseconds, from newer reporters only.
    pub(crate) event_time: Option<Moment>,
    /// `firstTimestamp`: whole seconds.
    pub(crate) first: Option<Moment>,
    /// `lastTimestamp`, of the latest sighting.
    pub(crate) last: Option<Moment>,
    /// In the event's own name: nanoseconds of its first occurrence.
    pub(crate) named: Option<Moment>,
    /// How often it happened, as the latest sighting says; at least 1.
    pub(crate) count: u32,
    /// When the n-th occurrence was, where a sighting tells; of repeated events only.
    pub(crate) occurrences: BTreeMap<u32, Moment>,
}

impl Times {
    /// When the event is said to have happened first: `eventTime`, else `firstTimestamp`, else `lastTimestamp`.
    pub(crate) fn stated(&self) -> Option<Moment> {
        self.event_time.or(self.first).or(self.last)
    }

    /// The first occurrence to the nanosecond where that is known: what comes first in the same second is then known too.
    pub(crate) fn precise(&self) -> Option<Moment> {
        self.event_time.or(self.named).or(self.first).or(self.last)
    }

    fn absorb(&mut self, other: &Self) {
        self.event_time = earlier(self.event_time, other.event_time);
        self.first = earlier(self.first, other.first);
        self.named = earlier(self.named, other.named);
        self.last = self.last.max(other.last);
        self.count = self.count.max(other.count);
        for (&nth, &at) in &other.occurrences {
            let known = self.occurrences.entry(nth).or_insert(at);
            *known = at.min(*known);
        }
    }
}

fn earlier(a: Option<Moment>, b: Option<Moment>) -> Option<Moment> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl Files {
    pub(super) fn one(file: u32) -> Self {
        Self {
            first: file,
            others: Vec::new(),
        }
    }

    /// Returns how many there are.
    pub(crate) fn count(&self) -> usize {
        1 + self.others.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    fn absorb(&mut self, other: &Self) {
        if other == self && self.others.is_empty() {
            return;
        }
        let mut all: Vec<u32> = self.iter().chain(other.iter()).collect();
        all.sort_unstable();
        all.dedup();
        self.first = all.remove(0);
        self.others = all;
    }
}

impl ObservedEvent {
    /// Adds what another sighting of the same event says.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.times.absorb(&other.times);
        self.files.absorb(&other.files);
        if self.about != other.about {
            self.about = Arc::new(self.about.with(&other.about));
        }
        // The same event does not say two things; should it, the choice must not depend on which came first.
        if other.said() < self.said() {
            self.message.clone_from(&other.message);
            self.step = other.step.clone();
            self.image.clone_from(&other.image);
        }
    }

    fn said(&self) -> (&Option<Arc<str>>, &Step, &Option<Arc<str>>) {
        (&self.message, &self.step, &self.image)
    }
}
