//! One step in the cluster: wait for its pods, then for what is still to be said of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::time::Instant;

use super::job::CONTAINER;
use super::pod_view::PodView;
use super::seen::{Seen, SeenPod};
use crate::engine::StepProgress;
use crate::plan::{Step, StudyFile};

/// The pods of a step, as long as they are waited for.
pub(super) struct StepWatch<'a> {
    pub(super) study: &'a StudyFile,
    pub(super) step: &'a Step,
    pub(super) job: &'a str,
    pub(super) seen: &'a Seen,
}

/// How the waiting ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum WaitEnd {
    /// Every pod has come to its end.
    AllEnded,
    /// The time was up.
    TimedOut,
    /// Pods that are not there yet will not come: no node takes them, or a quota forbids them.
    NoMoreComing,
}

/// The state of a step at one moment.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// Pods by how far they are.
    ended: u32,
    unscheduled: u32,
    lost: u32,
    refused: u32,
    there: u32,
    /// Pods that have ended and of which an event is still to come.
    unsaid: u32,
    /// Why pods have no node, or were put out.
    reasons: BTreeSet<String>,
    /// Why the cluster did not make pods.
    refusals: BTreeSet<String>,
}

impl StepWatch<'_> {
    /// Waits until every pod has ended, or there is no use in waiting.
    pub(super) async fn wait(&self, progress: &mut (dyn FnMut(StepProgress) + Send)) -> WaitEnd {
        let mut changes = self.seen.changes();
        let start = Instant::now();
        let deadline = start + self.study.timeouts.image;
        let coming = start + self.study.timeouts.scheduling;
        loop {
            changes.mark_unchanged();
            let look = self.look_at_pods();
            progress(StepProgress::new(look.ended, self.step.nodes));
            if look.ended >= self.step.nodes {
                return WaitEnd::AllEnded;
            }
            let now = Instant::now();
            if now >= deadline {
                return WaitEnd::TimedOut;
            }
            let missing = look.unscheduled + self.step.nodes.saturating_sub(look.there);
            if now >= coming && look.ended + missing >= self.step.nodes {
                return WaitEnd::NoMoreComing;
            }
            let next = if now < coming {
                coming.min(deadline)
            } else {
                deadline
            };
            let _ = tokio::time::timeout_at(next, changes.changed()).await;
        }
    }

    /// Waits for the events of pods that have ended: they come by another way, and later.
    pub(super) async fn wait_for_events(&self) {
        let mut changes = self.seen.changes();
        let deadline = Instant::now() + self.study.timeouts.late_events;
        loop {
            changes.mark_unchanged();
            if self.look().unsaid == 0 {
                return;
            }
            if tokio::time::timeout_at(deadline, changes.changed())
                .await
                .is_err()
            {
                return;
            }
        }
    }

    /// Returns what a reader must know of how it ended.
    pub(super) fn notes(&self, end: &WaitEnd) -> Vec<String> {
        let look = self.look();
        let (nodes, image) = (self.step.nodes, &self.step.image.reference);
        let mut notes = Vec::new();
        let left = nodes.saturating_sub(look.ended);
        match end {
            WaitEnd::AllEnded => {}
            WaitEnd::TimedOut => notes.push(format!(
                "{left} of {nodes} pods had not got {image} after {} s and were given up; timeouts: {{image: …}} gives them longer",
                self.study.timeouts.image.as_secs()
            )),
            WaitEnd::NoMoreComing => notes.push(format!(
                "{left} of {nodes} pods for {image} got no node within {} s{}",
                self.study.timeouts.scheduling.as_secs(),
                listed(&look.reasons)
            )),
        }
        if !look.refusals.is_empty() {
            notes.push(format!(
                "the cluster did not make all {nodes} pods for {image} at once{}; pods that it made later may have found the image \
                 on their nodes",
                listed(&look.refusals)
            ));
        }
        if look.refused > 0 {
            notes.push(format!(
                "{} of {nodes} pods for {image} were put out by their nodes{}",
                look.refused,
                listed(&look.reasons)
            ));
        }
        if look.lost > 0 {
            notes.push(format!(
                "{} of {nodes} pods for {image} were gone before they had it: evicted, or their node died",
                look.lost
            ));
        }
        notes.extend(self.unheld());
        if look.unsaid > 0 {
            notes.push(format!(
                "events of {} of {nodes} pods for {image} did not come within {} s; what their statuses tell stands in, and is \
                 marked",
                look.unsaid,
                self.study.timeouts.late_events.as_secs()
            ));
        }
        notes
    }

    /// Says where the image was not to be had that keeps pods on their nodes.
    fn unheld(&self) -> Option<String> {
        let image = self.study.kubernetes.hold_image.as_ref()?;
        let problems = self.seen.look(self.job, |pods, _| {
            let problems = pods.values().filter_map(|pod| pod.unheld.clone());
            problems.collect::<Vec<_>>()
        });
        let first = problems.first()?;
        Some(format!(
            "{image}, which keeps pods on their nodes, could not be pulled by {} of {}: they are kept all the same, but none of them \
             is ever ready; kubernetes: {{hold-image: …}} names another, or none ({first})",
            problems.len(),
            self.step.nodes
        ))
    }

    /// How far the pods are. It is asked for with every word of the cluster, and events are many.
    fn look_at_pods(&self) -> Look {
        self.look_with(false)
    }

    /// The same, with what the events have said of it.
    fn look(&self) -> Look {
        self.look_with(true)
    }

    fn look_with(&self, events_too: bool) -> Look {
        let to_readiness = self.study.run.is_some();
        self.seen.look(self.job, |pods, events| {
            let mut look = Look::default();
            let said = if events_too {
                Said::of(events)
            } else {
                Said::default()
            };
            for (uid, pod) in pods {
                look.add(PodView::of(pod, to_readiness), &said, uid, pod);
            }
            look.refusals = said.refusals;
            look
        })
    }
}

/// Puts reasons behind a colon.
fn listed(reasons: &BTreeSet<String>) -> String {
    let reasons: Vec<&str> = reasons.iter().map(String::as_str).collect();
    match reasons.is_empty() {
        true => String::new(),
        false => format!(": {}", reasons.join("; ")),
    }
}

impl Look {
    fn add(&mut self, view: PodView, said: &Said<'_>, uid: &str, pod: &SeenPod) {
        self.ended += u32::from(view.has_ended());
        self.there += u32::from(!pod.is_gone || view.has_ended());
        match view {
            PodView::Unscheduled(reason) => {
                self.unscheduled += 1;
                self.reasons.extend(reason);
            }
            PodView::Ended { started } => {
                let is_said = said.has_end(uid) && (!started || said.starts.contains(uid));
                self.unsaid += u32::from(!is_said);
            }
            PodView::PullFailed => self.unsaid += u32::from(!said.has_end(uid)),
            PodView::Refused(reason) => {
                self.refused += 1;
                self.reasons.insert(reason);
            }
            PodView::Lost => self.lost += 1,
            PodView::Waiting => {}
        }
    }
}

/// What the events of a step's pods say.
#[derive(Default)]
struct Said<'a> {
    /// The last word on each pod's pull: the version of the event, and whether it tells an end. A pull that failed for
    /// good is tried again all the same; cut off in the middle it would be one without an end.
    pulls: BTreeMap<&'a str, (u64, bool)>,
    /// Pods whose container was started.
    starts: BTreeSet<&'a str>,
    /// Why the job could not make pods.
    refusals: BTreeSet<String>,
}

impl<'a> Said<'a> {
    fn of(events: &'a [Value]) -> Self {
        let mut said = Self::default();
        let own = format!("{{{CONTAINER}}}");
        for event in events {
            let about = event
                .get("involvedObject")
                .or_else(|| event.get("regarding"));
            let Some(about) = about else { continue };
            let uid = about["uid"].as_str().unwrap_or_default();
            let path = about["fieldPath"].as_str().unwrap_or_default();
            let is_own = path.is_empty() || path.ends_with(&own);
            match event["reason"].as_str().unwrap_or_default() {
                "Pulling" if is_own => said.take_pull(uid, event, false),
                "Pulled" | "Failed" if is_own => said.take_pull(uid, event, true),
                "Started" if is_own => drop(said.starts.insert(uid)),
                "FailedCreate" => drop(said.refusals.insert(message(event))),
                _ => {}
            }
        }
        said
    }

    /// Both event APIs tell of each event, one sooner than the other: the version says which word is the last
    /// (Kubernetes 1.35 promises that versions can be compared).
    fn take_pull(&mut self, uid: &'a str, event: &Value, is_end: bool) {
        let version = event["metadata"]["resourceVersion"].as_str();
        let version = version.and_then(|text| text.parse().ok()).unwrap_or(0);
        let last = self.pulls.entry(uid).or_default();
        if version >= last.0 {
            *last = (version, is_end);
        }
    }

    fn has_end(&self, uid: &str) -> bool {
        self.pulls.get(uid).is_some_and(|(_, is_end)| *is_end)
    }
}

fn message(event: &Value) -> String {
    let text = event["message"].as_str().or_else(|| event["note"].as_str());
    // The names of the pods that were not made would make each of the messages another one.
    let text = text.unwrap_or_default();
    let reason = text
        .split_once(" is forbidden: ")
        .map_or(text, |(_, reason)| reason);
    reason.to_owned()
}

/// Returns the nodes on which pods of a step ran, with how many each had.
pub(super) fn nodes_of(pods: &[SeenPod]) -> BTreeMap<String, usize> {
    let mut nodes = BTreeMap::new();
    for seen in pods {
        let node = seen
            .pod
            .spec
            .as_ref()
            .and_then(|spec| spec.node_name.clone());
        if let Some(node) = node {
            *nodes.entry(node).or_default() += 1;
        }
    }
    nodes
}
