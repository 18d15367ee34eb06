//! Which events that were made of pod statuses stand in for lost ones.

use super::EventLogs;
use super::assemble::{ContainerKey, Part, by_container, walk};
use crate::filled::FilledEvents;
use crate::moment::Moment;
use crate::observed::{EventId, ObservedEvent, Step};

/// The events of one container.
type Events<'a> = [(EventId, &'a ObservedEvent)];

/// Leaves out what the kubelet's own events of a container tell too, or contradict.
pub(super) fn keep_needed(events: &mut Vec<(EventId, &ObservedEvent)>) {
    if events.iter().any(|(_, event)| event.is_filled) {
        let told = Told::by(events);
        events.retain(|(_, event)| !event.is_filled || told.lacks(event));
    }
}

/// What is known of a container, so that it need not be filled.
struct Told {
    ended: bool,
    failed: bool,
    started: bool,
    /// By whatever tells it.
    image_was_there: bool,
    first_pulling: Option<Moment>,
}

impl Told {
    fn by(events: &Events<'_>) -> Self {
        let any = |is: fn(&Step) -> bool| {
            let mut own = events.iter().filter(|(_, event)| !event.is_filled);
            own.any(|(_, event)| is(&event.step))
        };
        let ended = any(|step| matches!(step, Step::Pulled { .. } | Step::Present));
        let mut filled = events.iter().filter(|(_, event)| event.is_filled);
        Self {
            ended,
            failed: any(is_failure),
            started: any(|step| *step == Step::Started),
            image_was_there: ended || filled.any(|(_, event)| is_image_there(&event.step)),
            first_pulling: first_pulling(events),
        }
    }

    fn lacks(&self, event: &ObservedEvent) -> bool {
        match &event.step {
            Step::ImageWasThere { .. } => !self.ended && self.is_of_this_pulling(event),
            // A status does not tell when it failed; that the image is there tells more.
            step if is_failure(step) => !self.failed && !self.image_was_there,
            Step::Started => !self.started,
            _ => true,
        }
    }

    /// See [`FilledEvents::EARLIER_LIFE`].
    fn is_of_this_pulling(&self, event: &ObservedEvent) -> bool {
        let moments = self.first_pulling.zip(event.times.precise());
        moments.is_none_or(|(pulling, at)| {
            pulling.seconds_since(at) <= FilledEvents::EARLIER_LIFE.as_secs_f64()
        })
    }
}

fn is_failure(step: &Step) -> bool {
    matches!(
        step,
        Step::PullFailed { .. } | Step::Unpullable { .. } | Step::PullError { .. }
    )
}

fn is_image_there(step: &Step) -> bool {
    matches!(step, Step::ImageWasThere { .. })
}

/// Returns when the kubelet asked for an image first.
pub(super) fn first_pulling(events: &Events<'_>) -> Option<Moment> {
    let pulling = events
        .iter()
        .filter(|(_, event)| event.step == Step::Pulling);
    pulling.filter_map(|(_, event)| event.times.precise()).min()
}

/// Returns of how many containers the image came, and nothing tells whether it was pulled or present.
pub(super) fn undecided(logs: &EventLogs) -> u64 {
    if logs.filled_events == 0 {
        return 0;
    }
    let containers = by_container(logs, Part::ALL).into_iter();
    containers
        .filter(|(key, events)| is_undecided(*key, events))
        .count() as u64
}

fn is_undecided(key: ContainerKey<'_>, events: &Vec<(EventId, &ObservedEvent)>) -> bool {
    let is_filled = events.iter().any(|(_, event)| is_image_there(&event.step));
    is_filled
        && !walk(key, events)
            .iter()
            .any(|ended| is_image_there(&ended.by.step))
}
