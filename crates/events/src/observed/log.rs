//! One log, read: what is kept of its events.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::about::Abouts;
use super::event::{Files, ObservedEvent, Step, Times};
use super::identity::{EventId, Identity, is_combined};
use super::sightings::Sightings;
use crate::filled::FilledMessage;
use crate::keyed_hash::KeyedHash;
use crate::message::{FailureClass, Message};
use crate::moment::{self, Moment, Stamp};
use crate::record::Record;
use crate::strings::Strings;
use pullstudy_json::RawText;

/// What is kept of one log.
#[derive(Debug, Default)]
pub(crate) struct ObservedLog {
    /// Position of the log among those read.
    file: u32,
    strings: Strings,
    abouts: Abouts,
    /// Where each event stands in `events`.
    known: HashMap<EventId, usize, KeyedHash>,
    pub(crate) events: Vec<(EventId, ObservedEvent)>,
    pub(crate) sightings: Sightings,
    /// Those of events that were made of pod statuses.
    pub(crate) filled: Sightings,
    /// How often one of these is told.
    pub(crate) filled_events: u64,
    /// First and last moment that any event tells of.
    pub(crate) span: Option<(Moment, Moment)>,
    pub(crate) bad_timestamps: u64,
    pub(crate) events_without_metadata: u64,
}

/// What a message says: the step, its image, and the message itself if it ends a pull.
type Said = (Step, Option<Arc<str>>, Option<Arc<str>>);

/// The timestamps of one sighting.
#[derive(Debug, Default, Clone, Copy)]
struct Stamps {
    event_time: Option<Moment>,
    first: Option<Moment>,
    last: Option<Moment>,
}

impl ObservedLog {
    pub(crate) fn new(file: u32) -> Self {
        Self {
            file,
            ..Self::default()
        }
    }

    /// Takes a sighting.
    pub(crate) fn take(&mut self, record: &Record<'_>) {
        let identity = Identity::of(record);
        let is_filled = record.is_filled();
        self.events_without_metadata += u64::from(!identity.has_metadata);
        let reason = record.reason.map_or(Cow::Borrowed(""), RawText::text);
        let stamps = self.stamps(record);
        self.widen_span(stamps);
        let event = if is_filled {
            self.filled_events += 1;
            self.filled.add(identity.distinct, &reason);
            self.observe_filled(record, &reason, stamps)
        } else {
            self.sightings.add(identity.distinct, &reason);
            self.observe(record, &reason, stamps)
        };
        if let Some(event) = event {
            self.keep(identity.repeats, event);
        }
    }

    /// Forgets what only reading needs, and lays together what is about the same container.
    pub(crate) fn finish(&mut self) {
        // By where it lies: the order means nothing, only that what is equal is together.
        self.events
            .sort_by_cached_key(|(_, event)| Arc::as_ptr(&event.about).addr());
        self.known = HashMap::default();
        self.strings = Strings::default();
        self.abouts = Abouts::default();
        self.events.shrink_to_fit();
        self.sightings.make_distinct();
        self.filled.make_distinct();
    }

    fn keep(&mut self, id: EventId, event: ObservedEvent) {
        match self.known.entry(id) {
            Entry::Occupied(known) => self.events[*known.get()].1.absorb(&event),
            Entry::Vacant(place) => {
                place.insert(self.events.len());
                self.events.push((id, event));
            }
        }
    }

    fn stamps(&mut self, record: &Record<'_>) -> Stamps {
        Stamps {
            event_time: self.stamp(record.event_time),
            first: self.stamp(record.first_timestamp),
            last: self
                .stamp(record.series_last)
                .or_else(|| self.stamp(record.last_timestamp)),
        }
    }

    fn stamp(&mut self, raw: Option<RawText<'_>>) -> Option<Moment> {
        match moment::parse(raw.filter(|raw| !raw.is_empty())?.bytes()) {
            Stamp::At(moment) => Some(moment),
            Stamp::Unset => None,
            Stamp::Bad => {
                self.bad_timestamps += 1;
                None
            }
        }
    }

    fn widen_span(&mut self, stamps: Stamps) {
        for at in [stamps.event_time, stamps.first, stamps.last]
            .into_iter()
            .flatten()
        {
            self.span = Some(match self.span {
                Some((first, last)) => (first.min(at), last.max(at)),
                None => (at, at),
            });
        }
    }

    /// Returns what is kept of an event; `None` if it does not matter to pulls.
    fn observe(
        &mut self,
        record: &Record<'_>,
        reason: &str,
        stamps: Stamps,
    ) -> Option<ObservedEvent> {
        let object = record.object.unwrap_or_default();
        let kind = object.kind.map_or(&b"Pod"[..], RawText::bytes);
        let (step, image, message) = match (kind, reason) {
            (b"Job", "Completed") => (Step::JobCompleted, None, None),
            (b"Pod", "Created") => (Step::Created, None, None),
            (b"Pod", "Started") => (Step::Started, None, None),
            (
                b"Pod",
                "Pulling" | "Pulled" | "Failed" | "BackOff" | "InspectFailed" | "ErrImageNeverPull"
                | "Scheduled",
            ) => {
                let text = record.message?.text();
                self.step(reason, &text)?
            }
            _ => return None,
        };
        Some(ObservedEvent {
            about: self.abouts.of(record, &mut self.strings),
            times: times(record, stamps),
            step,
            is_filled: false,
            image,
            message,
            files: Files::one(self.file),
        })
    }

    /// Returns what is kept of an event that was made of a pod's status.
    fn observe_filled(
        &mut self,
        record: &Record<'_>,
        reason: &str,
        stamps: Stamps,
    ) -> Option<ObservedEvent> {
        let text = record.message?.text();
        let (step, image) = self.filled_step(FilledMessage::parse(reason, &text)?);
        let ends_pull = image.is_some();
        Some(ObservedEvent {
            about: self.abouts.of(record, &mut self.strings),
            times: times_of_filled(stamps),
            step,
            is_filled: true,
            image,
            message: ends_pull.then(|| text.into()),
            files: Files::one(self.file),
        })
    }

    fn filled_step(&mut self, message: FilledMessage<'_>) -> (Step, Option<Arc<str>>) {
        match message {
            FilledMessage::Scheduled { node } => {
                let node = Some(self.strings.keep(node));
                (Step::Scheduled { node }, None)
            }
            FilledMessage::Started => (Step::Started, None),
            FilledMessage::ImageWasThere {
                image,
                is_pulled_always,
            } => (
                Step::ImageWasThere { is_pulled_always },
                Some(self.strings.keep(image)),
            ),
            FilledMessage::PullFailed {
                image,
                error,
                message,
            } => {
                let class = error.class().unwrap_or_else(|| FailureClass::of(message));
                let is_attempt = error.is_attempt() || error.is_state();
                let step = match is_attempt {
                    true => Step::PullFailed { class },
                    false => Step::Unpullable { class },
                };
                (step, Some(self.strings.keep(image)))
            }
        }
    }

    fn step(&mut self, reason: &str, text: &str) -> Option<Said> {
        let (step, image) = match Message::parse(reason, text) {
            Message::Pulling { image } => {
                return Some((Step::Pulling, Some(self.strings.keep(image)), None));
            }
            Message::Scheduled { node } => {
                let node = Some(self.strings.keep(node));
                return Some((Step::Scheduled { node }, None, None));
            }
            Message::Pulled {
                image,
                pull,
                including_waiting,
                image_size_bytes,
            } => (
                Step::Pulled {
                    pull,
                    including_waiting,
                    image_size_bytes,
                },
                Some(image),
            ),
            Message::Present { image } => (Step::Present, Some(image)),
            Message::PullFailed { image, class } => (Step::PullFailed { class }, Some(image)),
            Message::InvalidName { image } => (
                Step::Unpullable {
                    class: FailureClass::InvalidName,
                },
                Some(image),
            ),
            Message::ImageNeverPull { image } | Message::InspectFailed { image } => (
                Step::Unpullable {
                    class: FailureClass::Other,
                },
                Some(image),
            ),
            Message::BackOff { image } => (Step::BackOff, Some(image)),
            Message::PullError { error } if error.is_state() => (Step::BackOff, None),
            Message::PullError { error } => {
                let class = error.class().unwrap_or(FailureClass::Other);
                let is_attempt = error.is_attempt();
                (Step::PullError { class, is_attempt }, None)
            }
            _ => return None,
        };
        let image = image.map(|image| self.strings.keep(image));
        Some((step, image, Some(text.into())))
    }
}

fn times(record: &Record<'_>, stamps: Stamps) -> Times {
    if record.message.is_some_and(is_combined) {
        return times_of_combined(record, stamps);
    }
    let Stamps {
        event_time,
        first,
        last,
    } = stamps;
    let count = record.series_count.or(record.count).unwrap_or(1).max(1);
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let mut times = Times {
        event_time,
        first,
        last,
        named: named_moment(record).filter(|named| first == Some(named.whole_second())),
        count,
        ..Times::default()
    };
    if count > 1 {
        times.occurrences.extend(last.map(|at| (count, at)));
    }
    times
}

/// A status cuts moments to whole seconds, and what is filled comes after what led to it in the same second.
fn times_of_filled(stamps: Stamps) -> Times {
    Times {
        first: stamps.first,
        last: stamps.last,
        named: stamps.first.map(Moment::end_of_second),
        count: 1,
        ..Times::default()
    }
}

/// Of what was combined before, an event still has the first timestamp and the count.
fn times_of_combined(record: &Record<'_>, stamps: Stamps) -> Times {
    let last = stamps.last.or(stamps.event_time);
    Times {
        first: last,
        last,
        named: named_moment(record).filter(|named| last == Some(named.whole_second())),
        count: 1,
        ..Times::default()
    }
}

/// The recorder of client-go names an event after its object and the nanoseconds of its first occurrence, in hexadecimal.
fn named_moment(record: &Record<'_>) -> Option<Moment> {
    let name = record.metadata?.name?.bytes();
    let dot = memchr::memrchr(b'.', name)?;
    let digits = std::str::from_utf8(&name[dot + 1..]).ok()?;
    Moment::from_nanos(u64::from_str_radix(digits, 16).ok()?)
}
