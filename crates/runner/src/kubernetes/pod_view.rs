//! How far a pod has come with its image.

use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use pullstudy_events::FailureClass;

use super::job::CONTAINER;
use super::seen::SeenPod;

/// How far a pod has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PodView {
    /// It has no node yet, and the scheduler may have said why.
    Unscheduled(Option<String>),
    /// It waits for its image, or for its container.
    Waiting,
    /// The image could not be pulled, for a reason that does not pass.
    PullFailed,
    /// Its kubelet took no container of it, or put it out: evicted, not admitted.
    Refused(String),
    /// The image is there and nothing more is waited for; whether the container was started.
    Ended { started: bool },
    /// It is gone before it had ended.
    Lost,
}

impl PodView {
    /// Looks at a pod; with `to_readiness` a container must be ready, else it is enough that it runs.
    pub(super) fn of(seen: &SeenPod, to_readiness: bool) -> Self {
        let view = Self::of_pod(&seen.pod, to_readiness);
        let has_ended = matches!(
            view,
            Self::Ended { .. } | Self::PullFailed | Self::Refused(_)
        );
        // The kubelet of a dead node never says that a pod that was evicted has ended.
        let is_going = seen.is_gone || seen.pod.metadata.deletion_timestamp.is_some();
        if is_going && !has_ended {
            Self::Lost
        } else {
            view
        }
    }

    fn of_pod(pod: &Pod, to_readiness: bool) -> Self {
        let spec = pod.spec.as_ref();
        let is_scheduled = spec.is_some_and(|spec| spec.node_name.is_some());
        let Some(status) = &pod.status else {
            return if is_scheduled {
                Self::Waiting
            } else {
                Self::Unscheduled(None)
            };
        };
        let mut containers = status.container_statuses.iter().flatten();
        let container = containers.find(|status| status.name == CONTAINER);
        if let Some(view) = container.and_then(|status| of_container(status, to_readiness)) {
            return view;
        }
        match status.phase.as_deref().unwrap_or_default() {
            "Failed" | "Succeeded" => {
                let words = [&status.reason, &status.message].into_iter().flatten();
                let words: Vec<&str> = words.map(String::as_str).collect();
                Self::Refused(words.join(": "))
            }
            _ if is_scheduled => Self::Waiting,
            _ => {
                let mut conditions = status.conditions.iter().flatten();
                let scheduled = conditions.find(|it| it.type_ == "PodScheduled");
                Self::Unscheduled(scheduled.and_then(|condition| condition.message.clone()))
            }
        }
    }

    /// Whether the pod's pull has ended, one way or another.
    pub(super) fn has_ended(&self) -> bool {
        !matches!(self, Self::Unscheduled(_) | Self::Waiting)
    }
}

fn of_container(status: &ContainerStatus, to_readiness: bool) -> Option<PodView> {
    let state = status.state.as_ref()?;
    if state.terminated.is_some() {
        return Some(PodView::Ended { started: true });
    }
    if state.running.is_some() {
        let is_there = !to_readiness || status.ready;
        return is_there.then_some(PodView::Ended { started: true });
    }
    let waiting = state.waiting.as_ref()?;
    let message = waiting.message.as_deref().unwrap_or_default();
    match waiting.reason.as_deref().unwrap_or_default() {
        // The image is there; what was wrong is the container: an image without a command, a program that is not in it.
        "CreateContainerError"
        | "RunContainerError"
        | "CreateContainerConfigError"
        | "StartError"
        | "PostStartHookError"
        | "CrashLoopBackOff" => Some(PodView::Ended { started: false }),
        "InvalidImageName" | "ErrImageNeverPull" => Some(PodView::PullFailed),
        "ErrImagePull" | "ImagePullBackOff" if is_final(message) => Some(PodView::PullFailed),
        _ => None,
    }
}

/// A kubelet tries again for ever; these failures no further try will cure.
fn is_final(message: &str) -> bool {
    matches!(
        FailureClass::of(message),
        FailureClass::NotFound | FailureClass::Auth | FailureClass::InvalidName
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn view(status: Value, is_gone: bool, to_readiness: bool) -> PodView {
        let pod = json!({"spec": {"nodeName": "n", "containers": []}, "status": status});
        let pod = serde_json::from_value(pod).unwrap();
        let seen = SeenPod {
            pod,
            is_gone,
            unheld: None,
        };
        PodView::of(&seen, to_readiness)
    }

    fn container(state: Value) -> Value {
        json!({"containerStatuses": [{"name": "app", "image": "x", "imageID": "", "ready": false, "restartCount": 0, "state": state}]})
    }

    fn waiting(reason: &str, message: &str) -> Value {
        container(json!({"waiting": {"reason": reason, "message": message}}))
    }

    #[test]
    fn a_container_that_cannot_start_has_its_image() {
        let status = waiting("CreateContainerError", "no command specified");
        assert_eq!(view(status, false, true), PodView::Ended { started: false });
    }

    #[test]
    fn only_failures_that_do_not_pass_end_a_pull() {
        let missing =
            "rpc error: code = NotFound desc = failed to pull and unpack image \"x\": not found";
        assert_eq!(
            view(waiting("ErrImagePull", missing), false, false),
            PodView::PullFailed
        );
        let busy = "429 Too Many Requests";
        assert_eq!(
            view(waiting("ErrImagePull", busy), false, false),
            PodView::Waiting
        );
        assert_eq!(
            view(
                waiting("ImagePullBackOff", "Back-off pulling image"),
                false,
                false
            ),
            PodView::Waiting
        );
    }

    #[test]
    fn running_is_enough_unless_readiness_is_asked_for() {
        let running = container(json!({"running": {"startedAt": "2026-11-22T10:00:00Z"}}));
        assert_eq!(
            view(running.clone(), false, false),
            PodView::Ended { started: true }
        );
        assert_eq!(view(running, false, true), PodView::Waiting);
    }

    #[test]
    fn a_pod_that_goes_before_its_end_is_lost() {
        assert_eq!(
            view(waiting("ContainerCreating", ""), true, false),
            PodView::Lost
        );
        let ended = container(json!({"terminated": {"exitCode": 0}}));
        assert_eq!(view(ended, true, false), PodView::Ended { started: true });
    }

    #[test]
    fn an_evicted_pod_says_why() {
        let status = json!({"phase": "Failed", "reason": "Evicted", "message": "the disk is full"});
        let view = view(status, false, false);
        assert_eq!(
            view,
            PodView::Refused("Evicted: the disk is full".to_owned())
        );
        assert!(view.has_ended());
    }

    #[test]
    fn a_pod_without_a_node_says_why() {
        let pod = json!({"spec": {"containers": []}, "status": {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/4 nodes"}]}});
        let pod = serde_json::from_value(pod).unwrap();
        let seen = SeenPod {
            pod,
            is_gone: false,
            unheld: None,
        };
        assert_eq!(
            PodView::of(&seen, false),
            PodView::Unscheduled(Some("0/4 nodes".to_owned()))
        );
    }
}
