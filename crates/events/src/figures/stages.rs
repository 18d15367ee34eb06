//! Where the time between a pod's node and its running container goes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use pullstudy_stats::{Sample, Summary};

use super::key::KeyValue;
use super::moments::seconds_between;
use crate::timeline::{ContainerTimeline, Milestone, MilestoneKind};

/// A stretch of a container's way to running, or to the end of its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StartupStage {
    /// From the pod's node to the container's first `Pulling`; behind init containers it holds all of theirs.
    ScheduledToPulling,
    /// From the first `Pulling` of a pull to `Pulled`: failed attempts and waiting included.
    PullingToPulled,
    /// From the image on the node to the container.
    PulledToCreated,
    /// From the container to the running one.
    CreatedToStarted,
    /// From the pod's node to the first time that the container runs: all of the above together.
    ScheduledToStarted,
    /// From the first time that the container runs to the end of the job that owns its pod.
    StartedToCompleted,
}

impl StartupStage {
    /// Returns the stage's name as it stands in files, such as `pulling_to_pulled`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ScheduledToPulling => "scheduled_to_pulling",
            Self::PullingToPulled => "pulling_to_pulled",
            Self::PulledToCreated => "pulled_to_created",
            Self::CreatedToStarted => "created_to_started",
            Self::ScheduledToStarted => "scheduled_to_started",
            Self::StartedToCompleted => "started_to_completed",
        }
    }
}

impl fmt::Display for StartupStage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// How long one stage took, for one image on one size of cluster.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StageRow {
    /// Name of the experiment.
    pub experiment: Option<String>,
    /// Number of nodes of the cluster.
    pub nodes: Option<u32>,
    /// Reference of the image; `None` if no event tells it.
    pub image: Option<Arc<str>>,
    /// Which stage.
    pub stage: StartupStage,
    /// How many of the times are negative: the later event has the earlier timestamp.
    pub negative: usize,
    /// The times in seconds, negative ones as they are.
    pub seconds: Summary,
}

/// What the times of a row have in common, in the order in which rows are sorted.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct RowKey {
    experiment: KeyValue,
    nodes: Option<u32>,
    image: KeyValue,
    stage: StartupStage,
}

/// Returns how long each stage took, a row for each experiment, number of nodes, image and stage that there is.
///
/// A container that starts again goes through its stages again; scheduled it is once. A step without
/// the one before it gives no time.
#[must_use]
pub fn stages(timelines: &[ContainerTimeline]) -> Vec<StageRow> {
    let mut times: BTreeMap<RowKey, Vec<f64>> = BTreeMap::new();
    for timeline in timelines {
        for time in Steps::of(timeline).times() {
            let key = RowKey {
                experiment: timeline.place.experiment.as_deref().into(),
                nodes: timeline.place.nodes,
                image: (&time.image).into(),
                stage: time.stage,
            };
            times.entry(key).or_default().push(time.seconds);
        }
    }
    let row = |(key, seconds): (RowKey, Vec<f64>)| key.row(seconds);
    times.into_iter().filter_map(row).collect()
}

impl RowKey {
    fn row(self, seconds: Vec<f64>) -> Option<StageRow> {
        Some(StageRow {
            experiment: self.experiment.to_text(),
            nodes: self.nodes,
            image: self.image.to_shared(),
            stage: self.stage,
            negative: seconds.iter().filter(|seconds| **seconds < 0.0).count(),
            seconds: Summary::of(&Sample::new(seconds).ok()?),
        })
    }
}

/// One time that one stage took.
struct StageTime {
    stage: StartupStage,
    image: Option<Arc<str>>,
    seconds: f64,
}

impl StageTime {
    fn to(stage: StartupStage, start: SystemTime, end: &Milestone) -> Self {
        Self {
            stage,
            image: end.image.clone(),
            seconds: seconds_between(start, end.at),
        }
    }
}

/// A step and its position among the container's: they are in the order in which they happened, which whole
/// seconds do not always tell.
type Step<'a> = (usize, &'a Milestone);

/// A container's steps by kind, each in their order.
struct Steps<'a> {
    timeline: &'a ContainerTimeline,
    pulling: Vec<Step<'a>>,
    pulled: Vec<Step<'a>>,
    /// Pulled, or present.
    ready: Vec<Step<'a>>,
    created: Vec<Step<'a>>,
    started: Vec<Step<'a>>,
}

impl<'a> Steps<'a> {
    fn of(timeline: &'a ContainerTimeline) -> Self {
        let of_kinds = |kinds: &[MilestoneKind]| {
            let steps = timeline.milestones.iter().enumerate();
            steps
                .filter(|(_, step)| kinds.contains(&step.kind))
                .collect()
        };
        Self {
            timeline,
            pulling: of_kinds(&[MilestoneKind::Pulling]),
            pulled: of_kinds(&[MilestoneKind::Pulled]),
            ready: of_kinds(&[MilestoneKind::Pulled, MilestoneKind::Present]),
            created: of_kinds(&[MilestoneKind::Created]),
            started: of_kinds(&[MilestoneKind::Started]),
        }
    }

    fn times(&self) -> impl Iterator<Item = StageTime> {
        let scheduled = [
            self.since_scheduled(StartupStage::ScheduledToPulling, self.first_pulling()),
            self.since_scheduled(StartupStage::ScheduledToStarted, self.started.first()),
            self.completed(),
        ];
        let between = [
            (StartupStage::PullingToPulled, &self.pulling, &self.pulled),
            (StartupStage::PulledToCreated, &self.ready, &self.created),
            (StartupStage::CreatedToStarted, &self.created, &self.started),
        ];
        let between = between.into_iter().flat_map(|(stage, starts, ends)| {
            let pairs = pairs(starts, ends).into_iter();
            pairs.map(move |(start, end)| StageTime::to(stage, start.at, end))
        });
        scheduled.into_iter().flatten().chain(between)
    }

    fn since_scheduled(&self, stage: StartupStage, step: Option<&Step<'_>>) -> Option<StageTime> {
        let (_, end) = step?;
        Some(StageTime::to(stage, self.timeline.scheduled_at?, end))
    }

    /// None where the image was there at first: what is pulled later is pulled for a restart.
    fn first_pulling(&self) -> Option<&Step<'a>> {
        let was_present = |pulling: &&Step<'a>| {
            let first = self.ready.first();
            first.is_some_and(|first| first.1.kind == MilestoneKind::Present && first.0 < pulling.0)
        };
        self.pulling.first().filter(|pulling| !was_present(pulling))
    }

    fn completed(&self) -> Option<StageTime> {
        let (_, start) = self.started.first()?;
        Some(StageTime {
            stage: StartupStage::StartedToCompleted,
            image: start.image.clone(),
            seconds: seconds_between(start.at, self.timeline.completed_at?),
        })
    }
}

/// Gives each end the first start since the end before it. An end without one takes the first start behind it that
/// no other end has a claim to: its timestamps run backwards.
fn pairs<'a>(starts: &[Step<'a>], ends: &[Step<'a>]) -> Vec<(&'a Milestone, &'a Milestone)> {
    let mut left = starts.iter().peekable();
    let mut pairs = Vec::new();
    for (number, end) in ends.iter().enumerate() {
        let mut start = None;
        while let Some(earlier) = left.next_if(|start| start.0 < end.0) {
            start = start.or(Some(earlier));
        }
        let next = ends.get(number + 1);
        let is_unclaimed = |start: &&Step<'_>| next.is_none_or(|next| next.0 < start.0);
        let start = start.or_else(|| left.next_if(is_unclaimed));
        pairs.extend(start.map(|start| (start.1, end.1)));
    }
    pairs
}
