//! How far apart the nodes of a cluster do the same thing.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use pullstudy_stats::{ExpectedRange, Sample, expected_range};

use super::key::KeyValue;
use super::moments::seconds_between;
use crate::timeline::{ContainerTimeline, MilestoneKind};

/// What containers do at about the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SpreadEvent {
    /// The pod is given to its node.
    Scheduled,
    /// The kubelet asks for the image.
    Pulling,
    /// The image is on the node: pulled, or present already.
    Pulled,
    /// The container was made.
    Created,
    /// The container runs.
    Started,
}

impl SpreadEvent {
    /// Returns the event's name as it stands in files, such as `pulled`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Pulling => "pulling",
            Self::Pulled => "pulled",
            Self::Created => "created",
            Self::Started => "started",
        }
    }
}

impl fmt::Display for SpreadEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl From<MilestoneKind> for SpreadEvent {
    fn from(kind: MilestoneKind) -> Self {
        match kind {
            MilestoneKind::Pulling => Self::Pulling,
            MilestoneKind::Pulled | MilestoneKind::Present => Self::Pulled,
            MilestoneKind::Created => Self::Created,
            MilestoneKind::Started => Self::Started,
        }
    }
}

/// How far apart the events of one kind lie, for one image on one size of cluster.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SpreadRow {
    /// Name of the experiment.
    pub experiment: Option<String>,
    /// Number of nodes of the cluster.
    pub nodes: Option<u32>,
    /// Reference of the image; `None` if no event tells it.
    pub image: Option<Arc<str>>,
    /// Kind of the events.
    pub event: SpreadEvent,
    /// How many there are.
    pub count: usize,
    /// From the first to the last. It grows with the number of events by itself.
    pub range_seconds: f64,
    /// From the first quarter to the third.
    pub iqr_seconds: f64,
    /// Standard deviation of the sample (n - 1); `None` for a single event.
    pub sd_seconds: Option<f64>,
    /// The range that as many of these events, drawn at random, would have as the smallest cluster of the
    /// experiment has of the same image and kind: to be compared with that cluster's range. `None` where
    /// there are fewer, or the number of nodes is not known.
    pub expected_range: Option<ExpectedRange>,
}

/// What the events of a row have in common, in the order in which rows are sorted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct RowKey {
    experiment: KeyValue,
    nodes: Option<u32>,
    image: KeyValue,
    event: SpreadEvent,
}

/// Returns how far apart events lie, a row for each experiment, number of nodes, image and kind of event.
///
/// An event is of the image that its container had at that moment. A pod is scheduled once for each image of its
/// containers. An image that was present counts as pulled.
#[must_use]
pub fn spread(timelines: &[ContainerTimeline]) -> Vec<SpreadRow> {
    let samples: BTreeMap<RowKey, Sample> = moments(timelines)
        .into_iter()
        .filter_map(|(key, moments)| Some((key, since_first(&moments)?)))
        .collect();
    let draws = draws(&samples);
    let row = |(key, sample): (&RowKey, &Sample)| key.row(sample, &draws);
    samples.iter().map(row).collect()
}

fn moments(timelines: &[ContainerTimeline]) -> BTreeMap<RowKey, Vec<SystemTime>> {
    let mut moments: BTreeMap<RowKey, Vec<SystemTime>> = BTreeMap::new();
    let mut scheduled = HashSet::new();
    for (position, timeline) in timelines.iter().enumerate() {
        for milestone in &timeline.milestones {
            let key = RowKey::of(timeline, &milestone.image, milestone.kind.into());
            moments.entry(key).or_default().push(milestone.at);
        }
        let scheduled_at = timeline.scheduled_at.iter().cycle();
        for (image, &at) in images(timeline).iter().zip(scheduled_at) {
            let key = RowKey::of(timeline, image, SpreadEvent::Scheduled);
            if scheduled.insert((key.clone(), Pod::of(timeline, position))) {
                moments.entry(key).or_default().push(at);
            }
        }
    }
    moments
}

/// The images that a container had; `None` alone where no event tells of one.
fn images(timeline: &ContainerTimeline) -> Vec<Option<Arc<str>>> {
    let told = timeline
        .milestones
        .iter()
        .filter(|milestone| milestone.image.is_some());
    let mut images: Vec<_> = told.map(|milestone| milestone.image.clone()).collect();
    images.sort_unstable();
    images.dedup();
    if images.is_empty() {
        images.push(None);
    }
    images
}

/// What tells pods apart.
#[derive(PartialEq, Eq, Hash)]
enum Pod {
    Uid(Arc<str>),
    Name(Option<Arc<str>>, Arc<str>),
    /// Nothing is known of the pod: it is not another container's.
    Unknown(usize),
}

impl Pod {
    fn of(timeline: &ContainerTimeline, position: usize) -> Self {
        match (&timeline.pod_uid, &timeline.pod) {
            (Some(uid), _) => Self::Uid(Arc::clone(uid)),
            (None, Some(name)) => Self::Name(timeline.namespace.clone(), Arc::clone(name)),
            (None, None) => Self::Unknown(position),
        }
    }
}

/// Whole seconds stay exact, where seconds since 1970 with a fraction would not.
fn since_first(moments: &[SystemTime]) -> Option<Sample> {
    let first = *moments.iter().min()?;
    let seconds: Vec<f64> = moments
        .iter()
        .map(|&at| seconds_between(first, at))
        .collect();
    Sample::new(seconds).ok()
}

/// How many events the smallest cluster has: by experiment, image and kind.
type Draws = HashMap<(KeyValue, KeyValue, SpreadEvent), usize>;

fn draws(samples: &BTreeMap<RowKey, Sample>) -> Draws {
    let mut draws = Draws::new();
    // Smaller clusters come first.
    for (key, sample) in samples.iter().filter(|(key, _)| key.nodes.is_some()) {
        draws.entry(key.without_nodes()).or_insert(sample.count());
    }
    draws
}

impl RowKey {
    fn of(timeline: &ContainerTimeline, image: &Option<Arc<str>>, event: SpreadEvent) -> Self {
        Self {
            experiment: timeline.place.experiment.as_deref().into(),
            nodes: timeline.place.nodes,
            image: image.into(),
            event,
        }
    }

    fn without_nodes(&self) -> (KeyValue, KeyValue, SpreadEvent) {
        (self.experiment.clone(), self.image.clone(), self.event)
    }

    fn row(&self, sample: &Sample, draws: &Draws) -> SpreadRow {
        let draws = self.nodes.and_then(|_| draws.get(&self.without_nodes()));
        SpreadRow {
            experiment: self.experiment.to_text(),
            nodes: self.nodes,
            image: self.image.to_shared(),
            event: self.event,
            count: sample.count(),
            range_seconds: sample.range(),
            iqr_seconds: sample.iqr(),
            sd_seconds: sample.sd(),
            expected_range: draws.and_then(|&draws| expected_range(sample, draws)),
        }
    }
}
