//! What went wrong with a container, from every source that says so.

use std::cmp::Reverse;
use std::collections::HashMap;

use k8s_openapi::api::core::v1::{Node, Pod};
use pullstudy_events::Message;

use super::container::{SeenContainer, condition};
use super::row::{CoverageFailure, FailureSource};
use super::seen_event::SeenEvent;

/// What a container waits for while all is well.
const NOT_YET: [&str; 2] = ["ContainerCreating", "PodInitializing"];

/// Conditions of a node that are bad if they are true.
const PRESSURES: [&str; 4] = [
    "DiskPressure",
    "MemoryPressure",
    "PIDPressure",
    "NetworkUnavailable",
];

/// The nodes as they were seen, by name.
pub(super) type Nodes<'a> = HashMap<&'a str, &'a Node>;

/// Tells whether a container waits for nothing that is wrong.
pub(super) fn is_not_yet(reason: &str) -> bool {
    NOT_YET.contains(&reason)
}

/// Returns what a container says of itself.
pub(super) fn of_container(container: &SeenContainer<'_>) -> Vec<CoverageFailure> {
    let waiting = container.waiting();
    let waiting = waiting.filter(|(reason, _)| !is_not_yet(reason));
    let waiting = waiting.map(|(reason, message)| failure(FailureSource::Waiting, reason, message));
    let terminated = container.terminated().filter(|it| {
        let reason = it.reason.as_deref().unwrap_or("Completed");
        it.exit_code != 0 || reason != "Completed"
    });
    let terminated = terminated.map(|it| {
        let reason = it.reason.as_deref().unwrap_or("Error");
        let code = format!("exit code {}", it.exit_code);
        let message = it.message.as_deref().filter(|message| !message.is_empty());
        let message = message.unwrap_or(&code);
        failure(FailureSource::Terminated, reason, Some(message))
    });
    waiting.into_iter().chain(terminated).collect()
}

/// Returns what a pod says of itself.
pub(super) fn of_pod(pod: &Pod) -> Vec<CoverageFailure> {
    let status = pod.status.as_ref();
    let reason = status.and_then(|status| status.reason.as_deref());
    let message = status.and_then(|status| status.message.as_deref());
    let own = reason.map(|reason| failure(FailureSource::Pod, reason, message));
    let conditions = [("PodScheduled", "False"), ("DisruptionTarget", "True")];
    let conditions = conditions.into_iter().filter_map(|(kind, value)| {
        let condition = condition(pod, kind, value)?;
        let reason = condition.reason.as_deref().unwrap_or(kind);
        Some(failure(
            FailureSource::Condition,
            reason,
            condition.message.as_deref(),
        ))
    });
    own.into_iter().chain(conditions).collect()
}

/// Returns what is wrong with a node; of a node that is gone, if any are known, that.
pub(super) fn of_node(nodes: &Nodes<'_>, name: &str) -> Vec<CoverageFailure> {
    let Some(node) = nodes.get(name) else {
        let gone = failure(FailureSource::Node, "NodeGone", None);
        return if nodes.is_empty() {
            Vec::new()
        } else {
            vec![gone]
        };
    };
    let conditions = node.status.as_ref();
    let conditions = conditions.and_then(|status| status.conditions.as_ref());
    let bad = conditions.into_iter().flatten().filter_map(|it| {
        let is_pressed = PRESSURES.contains(&&*it.type_) && it.status == "True";
        let is_unready = it.type_ == "Ready" && it.status != "True";
        let reason = if is_unready {
            "NodeNotReady"
        } else {
            &it.type_
        };
        let message = it.message.as_deref();
        (is_pressed || is_unready).then(|| failure(FailureSource::Node, reason, message))
    });
    bad.collect()
}

/// Returns the warnings among events: of each reason the last that says something.
pub(super) fn of_events<'a>(
    source: FailureSource,
    events: impl Iterator<Item = &'a SeenEvent>,
) -> Vec<CoverageFailure> {
    let mut warnings: Vec<&SeenEvent> = events.filter(|event| event.is_warning).collect();
    warnings.sort_by(|a, b| worth(a).cmp(&worth(b)));
    warnings.dedup_by(|a, b| a.reason == b.reason);
    warnings.sort_by_key(|event| event.last);
    let failures = warnings.into_iter();
    failures
        .map(|event| failure(source, &event.reason, Some(&event.message)))
        .collect()
}

/// By what warnings of one reason are sorted: `Error: ErrImagePull` stands beside another that says why.
fn worth(event: &SeenEvent) -> impl Ord + use<'_> {
    let message = Message::parse(&event.reason, &event.message);
    let is_beside_another = matches!(message, Message::PullError { .. });
    (
        &event.reason,
        is_beside_another,
        Reverse(event.last),
        &event.message,
    )
}

fn failure(source: FailureSource, reason: &str, message: Option<&str>) -> CoverageFailure {
    let message = message.filter(|message| !message.is_empty());
    CoverageFailure {
        reason: reason.to_owned(),
        message: message.map(str::to_owned),
        source,
    }
}
