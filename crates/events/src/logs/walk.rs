//! The events of one container, one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::filled::first_pulling;
use crate::message::FailureClass;
use crate::moment::Moment;
use crate::observed::{EventId, ObservedEvent, Step, Times};
use crate::trace::PullOutcome;

/// A `Pulling` this long after the `Pulled` it led to is put down to a clock that was set back.
const CLOCK_STEP_SECONDS: f64 = 60.0;

/// So many pulls at most are taken from one folded `Pulled`: more are not of a container that runs, but of a broken log.
const MOST_FOLDED_PULLS: u32 = 10_000;

/// A moment as the timestamps state it, and as well as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) stated: Moment,
    pub(super) precise: Moment,
}

/// A pull, or an image that was present, and the event that ended it.
#[derive(Debug)]
pub(super) struct Ended<'a> {
    pub(super) outcome: PullOutcome,
    /// The event that ended it; the last one of a pull without an end.
    pub(super) by: &'a ObservedEvent,
    pub(super) at: Option<At>,
    pub(super) image: Option<Arc<str>>,
    pub(super) attempts: u32,
    pub(super) first_pulling: Option<At>,
    pub(super) last_pulling: Option<At>,
    pub(super) first_failed: Option<At>,
    pub(super) failures: BTreeMap<FailureClass, u32>,
}

/// Some occurrences of an event at one moment.
struct Occurrence<'a> {
    at: Option<At>,
    event: &'a ObservedEvent,
    id: EventId,
    /// How many: those whose moment nobody tells count with the next one that is known.
    count: u32,
    /// It has happened before.
    is_repeat: bool,
}

/// A pull that has begun.
struct Open<'a> {
    image: Option<Arc<str>>,
    asked: u32,
    first_pulling: Option<At>,
    last_pulling: Option<At>,
    first_failed: Option<At>,
    failures: BTreeMap<FailureClass, u32>,
    failed_attempts: u32,
    /// From events that come beside those that say more.
    errors: BTreeMap<FailureClass, u32>,
    erroneous_attempts: u32,
    /// The last event that says that it fails, unless it was tried again since.
    failing: Option<(&'a ObservedEvent, Option<At>)>,
    latest: &'a ObservedEvent,
}

/// Goes through the events of a container.
pub(super) struct Walk<'a> {
    open: Option<Open<'a>>,
    /// Attempts of pulls that ended before their `Pulling` was told: a later sighting counts them too.
    owed: u32,
    /// How often the kubelet asked for an image, as the last sightings say.
    asked_in_all: u32,
    /// Attempts of the pulls that ended.
    attempts: u32,
    ended: Vec<Ended<'a>>,
}

impl<'a> Walk<'a> {
    /// Returns the pulls of one container, the earliest first.
    pub(super) fn through(events: &[(EventId, &'a ObservedEvent)]) -> Vec<Ended<'a>> {
        let mut walk = Self {
            open: None,
            owed: 0,
            asked_in_all: asked_in_all(events),
            attempts: 0,
            ended: Vec::new(),
        };
        for occurrence in in_order(events) {
            walk.take(&occurrence);
        }
        walk.close();
        walk.ended
    }

    fn take(&mut self, occurrence: &Occurrence<'a>) {
        let event = occurrence.event;
        match &event.step {
            Step::Pulling => self.pulling(occurrence),
            Step::Pulled { .. } if occurrence.is_repeat => self.pulled_again(occurrence),
            Step::Pulled { .. } => self.pulled(occurrence),
            // A repeat is no row of its own, but what was open before it is over.
            Step::Present if occurrence.is_repeat => self.close(),
            Step::Present => self.present(occurrence),
            Step::ImageWasThere { is_pulled_always } => {
                if *is_pulled_always || self.is_pulling(occurrence.event) {
                    self.pulled(occurrence);
                }
            }
            Step::PullFailed { class } => {
                let open = self.fails(occurrence);
                add(open.failures.entry(*class).or_default(), occurrence.count);
                add(&mut open.failed_attempts, occurrence.count);
            }
            Step::Unpullable { class } => {
                let open = self.fails(occurrence);
                add(open.failures.entry(*class).or_default(), occurrence.count);
            }
            Step::PullError { class, is_attempt } => {
                let open = self.fails(occurrence);
                add(open.errors.entry(*class).or_default(), occurrence.count);
                let attempts = if *is_attempt { occurrence.count } else { 0 };
                add(&mut open.erroneous_attempts, attempts);
            }
            Step::BackOff => drop(self.fails(occurrence)),
            Step::Scheduled { .. } | Step::Created | Step::Started | Step::JobCompleted => {}
        }
    }

    fn pulling(&mut self, occurrence: &Occurrence<'a>) {
        let owed = std::mem::take(&mut self.owed).min(occurrence.count - 1);
        let at = occurrence.at;
        let open = self.open(occurrence.event);
        add(&mut open.asked, occurrence.count - owed);
        open.first_pulling = open.first_pulling.or(at);
        open.last_pulling = at;
        open.failing = None;
    }

    fn fails(&mut self, occurrence: &Occurrence<'a>) -> &mut Open<'a> {
        let (event, at) = (occurrence.event, occurrence.at);
        let open = self.open(event);
        open.first_failed = open.first_failed.or(at);
        // Back-off, and the short word beside a failure, say less than the failure itself.
        let is_cause = matches!(
            event.step,
            Step::PullFailed { .. } | Step::Unpullable { .. }
        );
        if is_cause || open.failing.is_none() {
            open.failing = Some((event, at));
        }
        open
    }

    fn pulled(&mut self, occurrence: &Occurrence<'a>) {
        let event = occurrence.event;
        self.open(event);
        let open = self.open.take().expect("it was opened just now");
        self.end(open, PullOutcome::Pulled, event, occurrence.at);
    }

    /// A `Pulled` with the same durations, or without any as of kubelets before 1.20, is folded into one event too. A
    /// repeat of it is a pull of its own if `Pulling` was repeated as well.
    fn pulled_again(&mut self, occurrence: &Occurrence<'a>) {
        let event = occurrence.event;
        let left = self.asked_in_all.saturating_sub(self.attempts);
        let pulls = occurrence.count.min(left).min(MOST_FOLDED_PULLS);
        for _ in 1..pulls {
            let mut other = Open::at(event);
            other.image.clone_from(&event.image);
            if let Some(open) = self.open.as_mut().filter(|open| open.asked > 1) {
                (open.asked, other.asked) = (open.asked - 1, 1);
            }
            self.end(other, PullOutcome::Pulled, event, None);
        }
        if pulls > 0 {
            self.pulled(occurrence);
        }
    }

    /// Tells whether the kubelet is pulling an image. If its last attempt has failed, another pod may have brought the
    /// image.
    fn is_pulling(&self, event: &ObservedEvent) -> bool {
        let open = self.open.as_ref();
        open.is_some_and(|open| open.failing.is_none() && open.image == event.image)
    }

    fn end(&mut self, open: Open<'a>, outcome: PullOutcome, by: &'a ObservedEvent, at: Option<At>) {
        let asked = open.asked;
        let ended = open.ended(outcome, by, at);
        add(&mut self.owed, ended.attempts - asked);
        add(&mut self.attempts, ended.attempts);
        self.ended.push(ended);
    }

    /// An image that is there ends no pull: what was open before it has failed, or its end is lost.
    fn present(&mut self, occurrence: &Occurrence<'a>) {
        self.close();
        self.ended.push(Ended {
            outcome: PullOutcome::Present,
            by: occurrence.event,
            at: occurrence.at,
            image: occurrence.event.image.clone(),
            attempts: 0,
            first_pulling: None,
            last_pulling: None,
            first_failed: None,
            failures: BTreeMap::new(),
        });
    }

    /// Returns the pull that an event belongs to. Another image is another pull.
    fn open(&mut self, event: &'a ObservedEvent) -> &mut Open<'a> {
        let is_other = |open: &Open<'_>| {
            let images = open.image.as_ref().zip(event.image.as_ref());
            images.is_some_and(|(open, other)| open != other)
        };
        if self.open.as_ref().is_some_and(is_other) {
            self.close();
        }
        let open = self.open.get_or_insert_with(|| Open::at(event));
        open.image = open.image.take().or_else(|| event.image.clone());
        open.latest = event;
        open
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        if let Some(last) = self.ended.last_mut().filter(|last| open.led_to(last)) {
            (last.first_pulling, last.last_pulling) = (open.first_pulling, open.last_pulling);
            return;
        }
        match open.failing {
            Some((event, at)) => self.end(open, PullOutcome::Failed, event, at),
            None => {
                let latest = open.latest;
                self.end(open, PullOutcome::Unfinished, latest, None);
            }
        }
    }
}

impl<'a> Open<'a> {
    fn at(event: &'a ObservedEvent) -> Self {
        Self {
            image: None,
            asked: 0,
            first_pulling: None,
            last_pulling: None,
            first_failed: None,
            failures: BTreeMap::new(),
            failed_attempts: 0,
            errors: BTreeMap::new(),
            erroneous_attempts: 0,
            failing: None,
            latest: event,
        }
    }

    /// A clock that is set back in the middle of a pull puts its `Pulling` behind its `Pulled`. One that was repeated
    /// is of a later pull.
    fn led_to(&self, ended: &Ended<'_>) -> bool {
        let is_only = self.asked == 1 && self.latest.times.count == 1;
        let is_alone = is_only && self.failing.is_none() && self.first_failed.is_none();
        let lacks_pulling = ended.outcome == PullOutcome::Pulled && ended.first_pulling.is_none();
        let moments = self.first_pulling.zip(ended.at);
        let is_near = moments.is_some_and(|(pulling, at)| {
            pulling.precise.seconds_since(at.precise) <= CLOCK_STEP_SECONDS
        });
        is_alone && lacks_pulling && is_near && self.image == ended.image
    }

    fn ended(self, outcome: PullOutcome, by: &'a ObservedEvent, at: Option<At>) -> Ended<'a> {
        let (failures, failed) = if self.failures.is_empty() {
            (self.errors, self.erroneous_attempts)
        } else {
            (self.failures, self.failed_attempts)
        };
        Ended {
            outcome,
            by,
            at,
            image: self.image,
            // Each attempt but one that succeeds has failed.
            attempts: self
                .asked
                .max(failed.saturating_add(u32::from(outcome == PullOutcome::Pulled))),
            first_pulling: self.first_pulling,
            last_pulling: self.last_pulling,
            first_failed: self.first_failed,
            failures,
        }
    }
}

fn asked_in_all(events: &[(EventId, &ObservedEvent)]) -> u32 {
    let pulling = events
        .iter()
        .filter(|(_, event)| event.step == Step::Pulling);
    let counts = pulling.map(|(_, event)| event.times.count);
    counts.fold(0, u32::saturating_add)
}

/// Logs may count up to what a number holds, and beyond it.
fn add(to: &mut u32, count: u32) {
    *to = to.saturating_add(count);
}

/// Returns the occurrences of all events, the earliest first.
fn in_order<'a>(events: &[(EventId, &'a ObservedEvent)]) -> Vec<Occurrence<'a>> {
    let mut occurrences = Vec::with_capacity(events.len());
    for &(id, event) in events {
        add_occurrences(id, event, &mut occurrences);
    }
    if let Some(pulling) = first_pulling(events) {
        forget_early_starts(&mut occurrences, pulling);
    }
    occurrences.sort_by_key(|occurrence| {
        let step = rank(&occurrence.event.step);
        // Without a time, a beginning comes first and an end last.
        let unknown = (occurrence.at.is_none() && step > 0) as u8;
        (
            unknown,
            occurrence.at.map(|at| at.precise),
            step,
            occurrence.id,
        )
    });
    occurrences
}

/// By a clock that was set back a container starts before its image was asked for. When, is not known then.
fn forget_early_starts(occurrences: &mut [Occurrence<'_>], pulling: Moment) {
    for occurrence in occurrences {
        let is_start = matches!(occurrence.event.step, Step::ImageWasThere { .. });
        let is_early = |at: At| at.precise < pulling;
        occurrence.at = occurrence.at.filter(|&at| !is_start || !is_early(at));
    }
}

/// What comes first of events that happened in the same second.
fn rank(step: &Step) -> u8 {
    match step {
        Step::Scheduled { .. } | Step::Pulling => 0,
        Step::PullFailed { .. } | Step::Unpullable { .. } => 1,
        Step::PullError { .. } => 2,
        Step::BackOff => 3,
        Step::Pulled { .. } | Step::Present | Step::ImageWasThere { .. } => 4,
        Step::Created | Step::Started | Step::JobCompleted => 5,
    }
}

fn add_occurrences<'a>(id: EventId, event: &'a ObservedEvent, to: &mut Vec<Occurrence<'a>>) {
    let times = &event.times;
    let occurrence = |at, count, is_repeat| Occurrence {
        at,
        event,
        id,
        count,
        is_repeat,
    };
    let first = to.len();
    to.push(occurrence(first_at(times), 1, false));
    let mut told = 1;
    for (&nth, &at) in times.occurrences.range(2..) {
        let at = At {
            stated: at,
            precise: at,
        };
        to.push(occurrence(Some(at), nth - told, true));
        told = nth;
    }
    if times.count > told && !matches!(event.step, Step::Pulled { .. } | Step::Present) {
        // Repeats of which no moment is known. What ends a pull counts by its distinct events.
        to[first].count += times.count - told;
    }
}

fn first_at(times: &Times) -> Option<At> {
    let (stated, precise) = times.stated().zip(times.precise())?;
    Some(At { stated, precise })
}
