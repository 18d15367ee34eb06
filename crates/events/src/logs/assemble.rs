//! From the events of each container to its pulls.

use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use super::EventLogs;
use super::filled;
use super::walk::{Ended, Walk};
use crate::keyed_hash::KeyedHash;
use crate::moment::Moment;
use crate::observed::{EventId, ObservedEvent, Step};
use crate::pull::{ClockSource, Pull};
use crate::trace::PullOutcome;

/// What a stopwatch of whole milliseconds cuts off.
const MILLISECOND: f64 = 0.001;

/// Identity of a container: its pod, and its name in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ContainerKey<'a> {
    pub(super) pod: EventId,
    pub(super) container: Option<&'a str>,
}

impl Hash for ContainerKey<'_> {
    /// A pod has few containers, and their names lie elsewhere in memory.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pod.hash(state);
    }
}

impl<'a> ContainerKey<'a> {
    /// An event that names no pod stands alone.
    pub(super) fn of(id: EventId, event: &'a ObservedEvent) -> Self {
        Self {
            pod: event.about.pod.unwrap_or(id),
            container: event.about.container.as_deref(),
        }
    }
}

/// The events of one container.
type OfContainer<'a> = Vec<(EventId, &'a ObservedEvent)>;

/// A part of the pods, for one of several threads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    number: usize,
    of: NonZero<usize>,
}

impl Part {
    /// All of them.
    pub(super) const ALL: Self = Self {
        number: 0,
        of: NonZero::<usize>::MIN,
    };

    /// Uids are random, and the ids of other pods are hashes.
    fn has(self, pod: EventId) -> bool {
        pod % self.of.get() as EventId == self.number as EventId
    }
}

/// What most containers have: pulling, pulled, created and started.
const EVENTS_OF_CONTAINER: usize = 4;

/// The events of each container of a part of the pods, in no order.
pub(super) fn by_container(
    logs: &EventLogs,
    part: Part,
) -> Vec<(ContainerKey<'_>, OfContainer<'_>)> {
    let mut positions: HashMap<ContainerKey<'_>, usize, KeyedHash> = HashMap::default();
    let mut containers: Vec<(ContainerKey<'_>, OfContainer<'_>)> = Vec::new();
    let mut latest = None;
    for (id, event) in logs.events() {
        if matches!(event.step, Step::Scheduled { .. } | Step::JobCompleted) {
            continue;
        }
        let key = ContainerKey::of(id, event);
        if !part.has(key.pod) {
            continue;
        }
        // The events of one container lie together.
        let position = match latest {
            Some((known, position)) if known == key => position,
            _ => *positions.entry(key).or_insert_with(|| {
                containers.push((key, Vec::with_capacity(EVENTS_OF_CONTAINER)));
                containers.len() - 1
            }),
        };
        containers[position].1.push((id, event));
        latest = Some((key, position));
    }
    if logs.filled_events > 0 {
        let containers = containers.iter_mut();
        containers.for_each(|(_, events)| filled::keep_needed(events));
    }
    containers
}

pub(super) fn pulls(logs: &EventLogs) -> Vec<Pull> {
    let places = logs.order_of_places();
    let of = logs.threads;
    let parts: Vec<Part> = (0..of.get()).map(|number| Part { number, of }).collect();
    let ended = in_parts(logs.threads, &parts, |&part| ended(logs, &places, part));
    // What is sorted is small beside a pull.
    let mut order: Vec<_> = ended.iter().map(|(key, ended)| (*key, ended)).collect();
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    in_parts(logs.threads, &order, |(_, ended)| [pull(logs, ended)])
}

/// How the pulls of a part of the pods ended, each with what it is sorted by.
fn ended<'a>(
    logs: &'a EventLogs,
    places: &[usize],
    part: Part,
) -> Vec<(impl Ord + Copy + use<'a>, Ended<'a>)> {
    let mut all = Vec::new();
    for (key, events) in by_container(logs, part) {
        let numbered = walk(key, &events).into_iter().zip(0_u32..);
        all.extend(
            numbered.map(|(ended, number)| (sort_key(logs, places, key, number, &ended), ended)),
        );
    }
    all
}

/// The pulls of one container; without its name, those of each image.
pub(super) fn walk<'a>(key: ContainerKey<'_>, events: &OfContainer<'a>) -> Vec<Ended<'a>> {
    match key.container {
        Some(_) => Walk::through(events),
        None => by_image(events)
            .iter()
            .flat_map(|events| Walk::through(events))
            .collect(),
    }
}

/// The events of each image, where nothing says to which container they belong: its pulls may run side by side. What
/// names no image comes beside what does.
fn by_image<'a>(events: &[(EventId, &'a ObservedEvent)]) -> Vec<Vec<(EventId, &'a ObservedEvent)>> {
    let mut images: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for &(id, event) in events {
        if let Some(image) = event.image.as_deref() {
            images.entry(image).or_default().push((id, event));
        }
    }
    match images.len() {
        0 | 1 => vec![events.to_vec()],
        _ => images.into_values().collect(),
    }
}

/// Makes something of all items, a part of them on each thread. The result is in the order of the items.
fn in_parts<T: Sync, R: Send, I: IntoIterator<Item = R>>(
    threads: NonZero<usize>,
    items: &[T],
    make: impl Fn(&T) -> I + Sync,
) -> Vec<R> {
    let of_thread = items.len().div_ceil(threads.get()).max(1);
    let (first, others) = items.split_at(of_thread.min(items.len()));
    let make_all = |items: &[T]| -> Vec<R> {
        let mut made = Vec::with_capacity(items.len());
        made.extend(items.iter().flat_map(&make));
        made
    };
    thread::scope(|scope| {
        let others = others.chunks(of_thread);
        let others: Vec<_> = others
            .map(|items| scope.spawn(|| make_all(items)))
            .collect();
        let mut made = make_all(first);
        for other in others {
            made.extend(
                other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            );
        }
        made
    })
}

/// What pulls are sorted by. No two are equal: the order of logs and lines does not show.
fn sort_key<'a>(
    logs: &EventLogs,
    places: &[usize],
    key: ContainerKey<'a>,
    number: u32,
    ended: &Ended<'a>,
) -> impl Ord + Copy + use<'a> {
    let about = &ended.by.about;
    (
        places[logs.file_of(ended.by)],
        ended.at.or(ended.first_pulling).map(|at| at.stated),
        about.node.as_deref(),
        about.name.as_deref(),
        key,
        number,
    )
}

fn pull(logs: &EventLogs, ended: &Ended<'_>) -> Pull {
    let event = ended.by;
    let about = &event.about;
    let mut pull = Pull::new(Arc::clone(logs.place_of(event)), ended.outcome);
    pull.files = u32::try_from(event.files.count()).unwrap_or(u32::MAX);
    pull.node = about.node.clone();
    pull.namespace = about.namespace.clone();
    pull.pod = about.name.clone();
    pull.pod_uid = about.uid.clone();
    pull.container = about.container.clone();
    pull.image = ended.image.clone();
    pull.attempts = ended.attempts;
    pull.pulling_at = ended.first_pulling.map(|at| at.stated.to_system_time());
    pull.pulled_at = ended.at.map(|at| at.stated.to_system_time());
    pull.failures = ended.failures.clone();
    pull.message = event.message.clone();
    if let Step::Pulled {
        pull: own,
        including_waiting,
        image_size_bytes,
    } = &event.step
    {
        pull.image_size_bytes = *image_size_bytes;
        if image_size_bytes.is_some() {
            pull.image_size_kind = logs.nodes.size_kind(about.node.as_deref());
        }
        pull.pull_seconds = own.map(|own| own.as_secs_f64());
        pull.including_waiting_seconds = including_waiting.map(|waiting| waiting.as_secs_f64());
        set_clock(
            &mut pull,
            ended,
            own.or(*including_waiting).map(|own| own.as_nanos()),
        );
    }
    if event.is_filled && matches!(ended.outcome, PullOutcome::Pulled | PullOutcome::Failed) {
        pull.clock_source = Some(ClockSource::PodStatus);
    }
    set_lost(&mut pull, ended);
    pull
}

/// The kubelet's stopwatch is better than its timestamps, which stand in for it where it says nothing.
fn set_clock(pull: &mut Pull, ended: &Ended<'_>, message_nanos: Option<i64>) {
    let between = ended.last_pulling.zip(ended.at);
    if let Some(nanos) = message_nanos {
        let is_milliseconds = nanos % 1_000_000 == 0;
        pull.clock_source = Some(ClockSource::Message);
        pull.uncertainty_seconds = Some(if is_milliseconds { MILLISECOND } else { 1e-9 });
        pull.gap_seconds = between.and_then(|(pulling, at)| {
            let seconds = pull.including_waiting_seconds.or(pull.pull_seconds)?;
            Some(whole_nanoseconds(
                at.stated.seconds_since(pulling.stated) - seconds,
            ))
        });
        return;
    }
    if let Some((pulling, at)) = between {
        pull.clock_source = Some(ClockSource::Timestamps);
        let is_coarse = |moment: Moment| moment.is_whole_second();
        let is_precise = !is_coarse(pulling.precise) && !is_coarse(at.precise);
        let seconds = match is_precise {
            true => at.precise.seconds_since(pulling.precise),
            false => at.stated.seconds_since(pulling.stated),
        };
        pull.including_waiting_seconds = Some(seconds);
        pull.uncertainty_seconds = Some(if is_precise { MILLISECOND } else { 1.0 });
    }
}

/// A difference of clocks that tell nanoseconds, without the digits that subtracting adds; never -0.
fn whole_nanoseconds(seconds: f64) -> f64 {
    (seconds * 1e9).round() / 1e9 + 0.0
}

/// What went by before the attempt that counts.
fn set_lost(pull: &mut Pull, ended: &Ended<'_>) {
    let until = match ended.outcome {
        PullOutcome::Present => return,
        PullOutcome::Failed => ended.at.map(|at| at.stated),
        _ if ended.attempts <= 1 && ended.failures.is_empty() => {
            pull.lost_seconds = Some(0.0);
            return;
        }
        PullOutcome::Pulled => ended.at.zip(pull.including_waiting_seconds).map_or_else(
            || ended.last_pulling.map(|at| at.stated),
            |(at, seconds)| Some(at.stated.minus_seconds(seconds)),
        ),
        _ => ended.last_pulling.map(|at| at.stated),
    };
    let from = ended
        .first_pulling
        .or(ended.first_failed)
        .map(|at| at.stated);
    pull.lost_seconds = from
        .zip(until)
        .map(|(from, until)| until.seconds_since(from).max(0.0));
}
