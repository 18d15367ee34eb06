//! The published study's figures, with the mistakes of its scripts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::duration::{PublishedDurationError, published_seconds};
use super::pods::{LastEvent, NamedPod, NamedPods, Reason};
use crate::logs::LogProblem;
use crate::message::Message;
use crate::place::Place;
use crate::pull::{ClockSource, Pull};
use crate::reading::{self, FoundLogs, ReadOptions};
use crate::timeline::{ContainerTimeline, Milestone, MilestoneKind};
use crate::trace::PullOutcome;

/// The words by which the study knows that an image was not pulled.
const PRESENT: &str = "already present on machine";

/// Logs of events, read as the published study reads them.
///
/// Events are put together by the name of the event up to its last dot, which is the name of the pod, for each
/// experiment. Of each reason only the last event counts, in the order of paths and lines. The image is that of the
/// last `Pulling`. So of a pod that pulls several images one is left, with whichever seconds came last; pods of one
/// name on clusters of several sizes are one pod, on the cluster whose log came first; and a pod whose last `Pulled`
/// says that the image was present is left out altogether.
///
/// # Source
///
/// converged-computing/container-chonks, `experiments/pulling/analysis`: `1-prepare-data.py`, `3-parse-containers.py`
/// and `4-explore-times.py` at commit `fa06749`; the copies for the streaming experiments keep experiments apart.
#[derive(Debug)]
pub struct PublishedTimes {
    pods: Vec<(Arc<Place>, String, NamedPod)>,
    problems: Vec<LogProblem>,
}

/// The study's scripts end here with an error of Python; the pod is left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishedPullError {
    /// The message has no duration in parentheses, as those of kubelets before 1.25.
    #[error(
        "the study's script ends at pod {pod}: there is no duration in parentheses in {message:?}"
    )]
    NoParentheses {
        /// Name of the pod.
        pod: String,
        /// Message of `Pulled`.
        message: String,
    },
    /// The duration is one that the study's parser does not know.
    #[error("the study's script ends at pod {pod}")]
    Duration {
        /// Name of the pod.
        pod: String,
        /// What the parser says.
        source: PublishedDurationError,
    },
}

impl PublishedTimes {
    /// Reads logs. What is no event is passed over, as the study does.
    #[must_use]
    pub fn read(found: FoundLogs, options: &ReadOptions<'_>) -> Self {
        let read = reading::read_all(
            found.logs,
            options.threads,
            |_| NamedPods::default(),
            options.progress,
        );
        let mut pods: BTreeMap<(Option<String>, String), (Arc<Place>, NamedPod)> = BTreeMap::new();
        let mut problems = found.problems;
        for log in read {
            let place = Arc::new(log.place);
            problems.extend(log.read.failure.map(|error| LogProblem {
                file: place.file.clone(),
                problem: error.to_string(),
            }));
            for (name, pod) in log.taker.by_name {
                let key = (place.experiment.clone(), name);
                match pods.get_mut(&key) {
                    Some((_, known)) => known.replace_with(pod),
                    None => drop(pods.insert(key, (Arc::clone(&place), pod))),
                }
            }
        }
        let pods = pods
            .into_iter()
            .map(|((_, name), (place, pod))| (place, name, pod));
        Self {
            pods: pods.collect(),
            problems,
        }
    }

    /// Returns which files could not be read, or not to their end. The study's scripts would end there.
    #[must_use]
    pub fn problems(&self) -> &[LogProblem] {
        &self.problems
    }

    /// Returns the pulls that the study counts. Their seconds include waiting; no other are known.
    ///
    /// Second come the pods at which the study's scripts end with an error: they are no pulls here either.
    #[must_use]
    pub fn pulls(&self) -> (Vec<Pull>, Vec<PublishedPullError>) {
        let (mut pulls, mut errors) = (Vec::new(), Vec::new());
        for (place, name, pod) in &self.pods {
            let Some(pulled) = pod.event(Reason::Pulled).filter(|_| !is_present(pod)) else {
                continue;
            };
            match seconds(name, &pulled.message) {
                Ok(seconds) => pulls.push(pull(place, name, pod, pulled, seconds)),
                Err(error) => errors.push(error),
            }
        }
        (pulls, errors)
    }

    /// Returns the moments that the study compares across nodes.
    #[must_use]
    pub fn timelines(&self) -> Vec<ContainerTimeline> {
        let counted = self.pods.iter().filter(|(_, _, pod)| !is_present(pod));
        counted
            .map(|(place, name, pod)| timeline(place, name, pod))
            .collect()
    }
}

fn is_present(pod: &NamedPod) -> bool {
    let pulled = pod.event(Reason::Pulled);
    pulled.is_some_and(|pulled| pulled.message.to_lowercase().contains(PRESENT))
}

/// Reads what stands between the first opening parenthesis and the first space behind it.
fn seconds(pod: &str, message: &str) -> Result<f64, PublishedPullError> {
    let group = message
        .find('(')
        .zip(message.rfind(')'))
        .filter(|(start, end)| start < end);
    let (start, end) = group.ok_or_else(|| PublishedPullError::NoParentheses {
        pod: pod.to_owned(),
        message: message.to_owned(),
    })?;
    let text = message[start..=end]
        .split(' ')
        .next()
        .unwrap_or_default()
        .replace('(', "");
    published_seconds(&text).map_err(|source| PublishedPullError::Duration {
        pod: pod.to_owned(),
        source,
    })
}

/// Without a `Pulling`, the image is what stands between the first and the last quote of `Pulled`.
fn image(pod: &NamedPod) -> Option<Arc<str>> {
    if let Some(image) = pod.image.as_deref().filter(|image| !image.is_empty()) {
        return Some(image.into());
    }
    let message = &pod.event(Reason::Pulled)?.message;
    let (start, end) = message.find('"').zip(message.rfind('"'))?;
    Some(message[start..end].trim_matches('"').into())
}

fn pull(place: &Arc<Place>, name: &str, pod: &NamedPod, pulled: &LastEvent, seconds: f64) -> Pull {
    let mut pull = Pull::new(Arc::clone(place), PullOutcome::Pulled);
    pull.node = Some(pulled.instance.as_str().into());
    pull.pod = Some(name.into());
    pull.image = image(pod);
    pull.attempts = 1;
    pull.pulling_at = pod
        .event(Reason::Pulling)
        .and_then(|event| event.at)
        .map(|at| at.to_system_time());
    pull.pulled_at = pulled.at.map(|at| at.to_system_time());
    pull.including_waiting_seconds = Some(seconds);
    pull.clock_source = Some(ClockSource::Message);
    if let Message::Pulled {
        image_size_bytes, ..
    } = Message::parse("Pulled", &pulled.message)
    {
        pull.image_size_bytes = image_size_bytes;
    }
    pull.message = Some(pulled.message.as_str().into());
    pull
}

fn timeline(place: &Arc<Place>, name: &str, pod: &NamedPod) -> ContainerTimeline {
    let image = image(pod);
    let mut timeline = ContainerTimeline::new(Arc::clone(place));
    timeline.pod = Some(name.into());
    // The name is all the identity that the study knows.
    timeline.pod_uid = Some(name.into());
    let kinds = [
        (Reason::Pulling, MilestoneKind::Pulling),
        (Reason::Pulled, MilestoneKind::Pulled),
        (Reason::Created, MilestoneKind::Created),
        (Reason::Started, MilestoneKind::Started),
    ];
    let at = |reason| {
        pod.event(reason)
            .and_then(|event| event.at)
            .map(|at| at.to_system_time())
    };
    timeline.scheduled_at = at(Reason::Scheduled);
    for (reason, kind) in kinds {
        let milestone = at(reason).map(|at| Milestone::new(kind, image.clone(), at));
        timeline.milestones.extend(milestone);
    }
    timeline
}
