//! From the events of each container to its way to running.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::EventLogs;
use super::assemble::{ContainerKey, Part, by_container};
use crate::keyed_hash::KeyedHash;
use crate::moment::Moment;
use crate::observed::{EventId, ObservedEvent, Step};
use crate::timeline::{ContainerTimeline, Milestone, MilestoneKind};

/// What is known of whole pods and jobs.
#[derive(Default)]
struct Pods {
    scheduled: HashMap<EventId, Scheduled, KeyedHash>,
    /// By uid: a study gives one job after the other the same name.
    completed_jobs: HashMap<Arc<str>, Moment>,
}

/// What an event says of where a pod runs, and since when; the scheduler's own word comes before a status.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Scheduled {
    is_filled: bool,
    at: Moment,
    node: Option<Arc<str>>,
}

pub(super) fn timelines(logs: &EventLogs) -> Vec<ContainerTimeline> {
    let pods = Pods::of(logs);
    let containers = by_container(logs, Part::ALL).into_iter();
    let mut timelines: Vec<_> = containers
        .filter_map(|(key, events)| Some((key, timeline(logs, &pods, &key, &events)?)))
        .collect();
    timelines.sort_unstable_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    timelines
        .into_iter()
        .map(|(_, timeline)| timeline)
        .collect()
}

/// No two are equal: the order of logs and lines does not show.
fn sort_key<'a>((key, timeline): &'a (ContainerKey<'_>, ContainerTimeline)) -> impl Ord + use<'a> {
    let place = &timeline.place;
    let first = timeline.milestones.first().map(|first| first.at);
    (
        &place.experiment,
        place.nodes,
        &place.columns,
        first,
        &timeline.node,
        &timeline.pod,
        *key,
    )
}

impl Pods {
    fn of(logs: &EventLogs) -> Self {
        let mut pods = Self::default();
        for (id, event) in logs.events() {
            let Some(at) = event.times.stated() else {
                continue;
            };
            match &event.step {
                Step::Scheduled { node } => {
                    let scheduled = Scheduled {
                        is_filled: event.is_filled,
                        at,
                        node: node.clone(),
                    };
                    pods.add_scheduled(ContainerKey::of(id, event).pod, scheduled);
                }
                Step::JobCompleted => pods.add_completed(event, at),
                _ => {}
            }
        }
        pods
    }

    fn add_scheduled(&mut self, pod: EventId, scheduled: Scheduled) {
        match self.scheduled.entry(pod) {
            Entry::Vacant(place) => drop(place.insert(scheduled)),
            Entry::Occupied(mut known) if scheduled < *known.get() => {
                known.insert(scheduled);
            }
            Entry::Occupied(_) => {}
        }
    }

    fn add_completed(&mut self, event: &ObservedEvent, at: Moment) {
        let Some(job) = event.about.uid.clone() else {
            return;
        };
        let known = self.completed_jobs.entry(job).or_insert(at);
        *known = at.min(*known);
    }
}

fn timeline(
    logs: &EventLogs,
    pods: &Pods,
    key: &ContainerKey<'_>,
    events: &[(EventId, &ObservedEvent)],
) -> Option<ContainerTimeline> {
    let mut steps: Vec<_> = events
        .iter()
        .filter_map(|&(id, event)| step(id, event))
        .collect();
    steps.sort_by_key(|step| (step.precise, step.kind, step.id));
    let about = &steps.first()?.event.about;
    let scheduled = pods.scheduled.get(&key.pod);
    let completed = about
        .owner_job
        .as_ref()
        .and_then(|job| pods.completed_jobs.get(job));
    let node = about.node.clone().or_else(|| scheduled?.node.clone());
    Some(ContainerTimeline {
        place: Arc::clone(logs.place_of(steps[0].event)),
        node,
        namespace: about.namespace.clone(),
        pod: about.name.clone(),
        pod_uid: about.uid.clone(),
        container: about.container.clone(),
        scheduled_at: scheduled.map(|scheduled| scheduled.at.to_system_time()),
        milestones: milestones(&steps, image_by_status(events)),
        completed_at: completed.map(|at| at.to_system_time()),
    })
}

struct TimedStep<'a> {
    kind: MilestoneKind,
    stated: Moment,
    precise: Moment,
    id: EventId,
    event: &'a ObservedEvent,
}

fn step(id: EventId, event: &ObservedEvent) -> Option<TimedStep<'_>> {
    let kind = match event.step {
        Step::Pulling => MilestoneKind::Pulling,
        Step::Pulled { .. } => MilestoneKind::Pulled,
        Step::Present => MilestoneKind::Present,
        Step::Created => MilestoneKind::Created,
        Step::Started => MilestoneKind::Started,
        _ => return None,
    };
    Some(TimedStep {
        kind,
        stated: event.times.stated()?,
        precise: event.times.precise()?,
        id,
        event,
    })
}

/// When the image came is only known to be before the start, so that it is no milestone; but which it was is known.
fn image_by_status(events: &[(EventId, &ObservedEvent)]) -> Option<Arc<str>> {
    let is_image = |event: &ObservedEvent| matches!(event.step, Step::ImageWasThere { .. });
    let mut events = events.iter().filter(|(_, event)| is_image(event));
    events.find_map(|(_, event)| event.image.clone())
}

/// A container is created with the image that came last before it; one of which no image came has the first that does.
fn milestones(steps: &[TimedStep<'_>], image_by_status: Option<Arc<str>>) -> Vec<Milestone> {
    let mut image = steps.iter().find_map(|step| step.event.image.clone());
    image = image.or(image_by_status);
    let mut milestones = Vec::with_capacity(steps.len());
    for step in steps {
        image = step.event.image.clone().or(image);
        milestones.push(Milestone {
            kind: step.kind,
            image: image.clone(),
            at: step.stated.to_system_time(),
        });
    }
    milestones
}
