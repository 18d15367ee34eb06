//! Pulls and timelines made by hand.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pullstudy_events::{ContainerTimeline, Milestone, MilestoneKind, Place, Pull, PullOutcome};

pub(crate) fn place(experiment: &str, nodes: u32) -> Arc<Place> {
    let mut place = Place::new(format!("/data/{experiment}/{nodes}/events.json"));
    place.experiment = Some(experiment.to_owned());
    place.nodes = Some(nodes);
    Arc::new(place)
}

/// Milliseconds after some moment.
pub(crate) fn at(ms: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_731_219_229) + Duration::from_millis(ms)
}

pub(crate) fn pull(place: &Arc<Place>, image: &str, outcome: PullOutcome) -> Pull {
    let mut pull = Pull::new(Arc::clone(place), outcome);
    pull.image = Some(image.into());
    pull
}

/// A pull that succeeded, without waiting.
pub(crate) fn pulled(place: &Arc<Place>, image: &str, seconds: f64) -> Pull {
    let mut pull = pull(place, image, PullOutcome::Pulled);
    pull.pull_seconds = Some(seconds);
    pull.including_waiting_seconds = Some(seconds);
    pull
}

/// A container that was scheduled at 0, with its steps in milliseconds.
pub(crate) fn timeline(
    place: &Arc<Place>,
    pod: &str,
    image: &str,
    steps: &[(MilestoneKind, u64)],
) -> ContainerTimeline {
    let mut timeline = ContainerTimeline::new(Arc::clone(place));
    timeline.pod_uid = Some(pod.into());
    timeline.container = Some("app".into());
    timeline.scheduled_at = Some(at(0));
    timeline.milestones = steps
        .iter()
        .map(|&(kind, ms)| Milestone::new(kind, Some(image.into()), at(ms)))
        .collect();
    timeline
}
