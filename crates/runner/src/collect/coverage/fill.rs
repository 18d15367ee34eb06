//! Events made of statuses, where the kubelet's own are lost.

use std::time::SystemTime;

use pullstudy_events::{Event, FilledEvents, PodContainer, PullError};

use super::row::{CoverageRow, FailureSource, KnownBy};

/// Stands for a policy that a pod does not tell.
const UNKNOWN_POLICY: &str = "unknown";

/// Returns what a container's status tells and no event does. `is_first` where the row is the first of its pod.
pub(super) fn of_row(row: &CoverageRow, is_first: bool, as_of: SystemTime) -> Vec<Event> {
    let Some(pod) = pod_container(row) else {
        return Vec::new();
    };
    let Some(kind) = row.kind else {
        return Vec::new();
    };
    let mut filled = FilledEvents::new(pod, kind, as_of);
    if let Some(at) = row.scheduled.at.filter(|_| is_first)
        && row.scheduled.by == KnownBy::Condition
    {
        filled.scheduled(at);
    }
    let image = row.image.as_deref().unwrap_or_default();
    if row.pulled.by == KnownBy::Status && !image.is_empty() {
        let policy = row.image_pull_policy.as_deref().unwrap_or(UNKNOWN_POLICY);
        filled.image_was_there(image, policy, row.pulled.at);
    }
    if let Some(at) = row.started.at.filter(|_| row.started.by == KnownBy::Status) {
        filled.started(at);
    }
    if let Some((error, message)) = lost_failure(row) {
        filled.pull_failed(image, error, message);
    }
    filled.into_events()
}

/// What is known of a container that a kubelet could have told of.
fn pod_container(row: &CoverageRow) -> Option<PodContainer> {
    Some(PodContainer {
        namespace: row.namespace.clone()?,
        pod: row.pod.clone()?,
        pod_uid: row.pod_uid.clone()?,
        node: row.node.clone()?,
        container: row.container.clone()?,
    })
}

/// The failure for which a container waits, if no event tells one.
fn lost_failure(row: &CoverageRow) -> Option<(PullError, &str)> {
    let is_told = |failure: &super::CoverageFailure| {
        failure.source == FailureSource::Event
            && matches!(
                &*failure.reason,
                "Failed" | "InspectFailed" | "ErrImageNeverPull"
            )
    };
    if row.pulled.is_known() || row.failures.iter().any(is_told) {
        return None;
    }
    let waiting = row
        .failures
        .iter()
        .find(|failure| failure.source == FailureSource::Waiting)?;
    let error = PullError::at_start_of(&waiting.reason)?;
    Some((error, waiting.message.as_deref().unwrap_or_default()))
}
