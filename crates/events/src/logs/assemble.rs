//! From the events of each container to its pulls.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::EventLogs;
use super::walk::{Ended, Walk};
use crate::moment::Moment;
use crate::observed::{EventId, ObservedEvent, Step};
use crate::pull::{ClockSource, Pull};
use crate::trace::PullOutcome;

/// What a stopwatch of whole milliseconds cuts off.
const MILLISECOND: f64 = 0.001;

/// Identity of a container: its pod, and its name in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ContainerKey {
    pub(super) pod: Arc<str>,
    pub(super) container: Option<Arc<str>>,
}

impl ContainerKey {
    /// The pod's uid; else its namespace and name; an event that names no pod stands alone.
    pub(super) fn of(id: EventId, event: &ObservedEvent) -> Self {
        let about = &event.about;
        let pod = match (&about.uid, &about.name) {
            (Some(uid), _) => Arc::clone(uid),
            (None, Some(name)) => {
                let namespace = about.namespace.as_deref().unwrap_or_default();
                format!("{namespace}/{name}").into()
            }
            (None, None) => format!("event {id:032x}").into(),
        };
        Self {
            pod,
            container: about.container.clone(),
        }
    }
}

/// The events of each container, in the order in which they happened.
pub(super) fn by_container(
    logs: &EventLogs,
) -> BTreeMap<ContainerKey, Vec<(EventId, &ObservedEvent)>> {
    let mut containers: BTreeMap<ContainerKey, Vec<_>> = BTreeMap::new();
    for (&id, event) in &logs.events {
        if !matches!(event.step, Step::Scheduled { .. } | Step::JobCompleted) {
            containers
                .entry(ContainerKey::of(id, event))
                .or_default()
                .push((id, event));
        }
    }
    containers
}

pub(super) fn pulls(logs: &EventLogs) -> Vec<Pull> {
    let mut pulls = Vec::new();
    for (key, events) in by_container(logs) {
        let ended = match key.container {
            Some(_) => Walk::through(&events),
            None => by_image(&events)
                .iter()
                .flat_map(|events| Walk::through(events))
                .collect(),
        };
        pulls.extend(ended.iter().map(|ended| pull(logs, ended)));
    }
    // The containers come in the order of their pods' uids, so that equal keys keep an order.
    pulls.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    pulls
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

fn sort_key(pull: &Pull) -> impl Ord + use<'_> {
    let place = &pull.place;
    (
        &place.experiment,
        place.nodes,
        &place.columns,
        pull.pulled_at.or(pull.pulling_at),
        &pull.node,
        &pull.pod,
    )
}

fn pull(logs: &EventLogs, ended: &Ended<'_>) -> Pull {
    let event = ended.by;
    let about = &event.about;
    let mut pull = Pull::new(Arc::clone(logs.place_of(event)), ended.outcome);
    pull.files = u32::try_from(event.files.len()).unwrap_or(u32::MAX);
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
    pull.message = event.message.as_deref().map(str::to_owned);
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
            Some(at.stated.seconds_since(pulling.stated) - seconds)
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
