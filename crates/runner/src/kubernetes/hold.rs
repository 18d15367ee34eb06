//! What keeps a pod on its node until its step is over.
//!
//! Anti-affinity holds two pods apart only while both live: the scheduler does not see pods that have ended (Kubernetes
//! 1.35, `pkg/scheduler/scheduler.go`, `newPodInformer`: `status.phase!=Succeeded,status.phase!=Failed`). Where pods
//! end before the last of a job has a node, that one would go to a node that had one already, and another node would get
//! none. A second container that does not end keeps the pod alive; while its image cannot be had, its waiting does.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod};
use pullstudy_events::PullError;
use serde_json::Value;

use super::job;

/// The name of the container.
const NAME: &str = "hold";

/// What its events call it.
const FIELD_PATH: &str = "spec.containers{hold}";

/// Little enough for any node, where a quota wants something to be asked for.
const LITTLE: [(&str, &str); 3] = [
    ("cpu", "1m"),
    ("memory", "8Mi"),
    ("ephemeral-storage", "1Mi"),
];

/// Describes the container. It comes after the one that is measured, so that its image is wanted last.
pub(super) fn container(image: &str, requests: &BTreeMap<String, String>) -> Container {
    let little = LITTLE
        .into_iter()
        .filter(|(name, _)| requests.contains_key(*name));
    Container {
        name: NAME.to_owned(),
        image: Some(image.to_owned()),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        resources: job::asking_for(little),
        ..Container::default()
    }
}

/// Takes the container out of a pod: it is no part of the study. Returns why its image is not there, if the pod says so.
pub(super) fn take_from(pod: &mut Pod) -> Option<String> {
    if let Some(spec) = &mut pod.spec {
        spec.containers.retain(|container| container.name != NAME);
    }
    let statuses = pod.status.as_mut()?.container_statuses.as_mut()?;
    let position = statuses.iter().position(|status| status.name == NAME)?;
    problem(&statuses.remove(position))
}

fn problem(status: &ContainerStatus) -> Option<String> {
    let waiting = status.state.as_ref()?.waiting.as_ref()?;
    let reason = waiting.reason.as_deref()?;
    PullError::at_start_of(reason)?;
    Some(waiting.message.clone().unwrap_or_else(|| reason.to_owned()))
}

/// Tells whether an event is about the container.
pub(super) fn is_meant(about: &Value) -> bool {
    about["fieldPath"] == FIELD_PATH
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
    use serde_json::json;

    use super::*;

    fn pod(state: Value) -> Pod {
        let status = |name: &str, state: &Value| json!({"name": name, "image": "x", "imageID": "", "ready": false, "restartCount": 0, "state": state});
        let running = json!({"running": {"startedAt": "2026-11-22T10:00:00Z"}});
        let statuses = [status("hold", &state), status("app", &running)];
        let pod = json!({
            "spec": {"containers": [{"name": "app"}, {"name": "hold"}]},
            "status": {"containerStatuses": statuses},
        });
        serde_json::from_value(pod).unwrap()
    }

    fn names(pod: &Pod) -> Vec<&str> {
        let status = pod
            .status
            .iter()
            .flat_map(|status| &status.container_statuses);
        let described = pod.spec.iter().flat_map(|spec| &spec.containers);
        let described = described.map(|container| container.name.as_str());
        described
            .chain(status.flatten().map(|status| status.name.as_str()))
            .collect()
    }

    #[test]
    fn the_study_sees_nothing_of_it() {
        let mut pod = pod(json!({"running": {}}));
        assert_eq!(take_from(&mut pod), None);
        assert_eq!(names(&pod), ["app", "app"]);
        assert!(is_meant(&json!({"fieldPath": "spec.containers{hold}"})));
        assert!(!is_meant(&json!({"fieldPath": "spec.containers{app}"})));
        assert!(!is_meant(&json!({"name": "pull-0000-0-aaaaa"})));
    }

    #[test]
    fn only_an_image_that_cannot_be_had_is_told() {
        let waiting = |reason: &str| json!({"waiting": {"reason": reason, "message": "no route"}});
        let told = take_from(&mut pod(waiting("ImagePullBackOff")));
        assert_eq!(told.as_deref(), Some("no route"));
        assert_eq!(take_from(&mut pod(waiting("ContainerCreating"))), None);
    }

    #[test]
    fn it_asks_for_little_and_only_for_what_is_asked_for_at_all() {
        let named = |names: &[&str]| {
            let requests = names
                .iter()
                .map(|name| ((*name).to_owned(), "4".to_owned()));
            container("pause", &requests.collect()).resources
        };
        assert_eq!(named(&["nvidia.com/gpu"]), None);
        let asked = named(&["cpu", "nvidia.com/gpu"]).unwrap().requests.unwrap();
        assert_eq!(
            asked.into_iter().collect::<Vec<_>>(),
            [("cpu".to_owned(), Quantity("1m".to_owned()))]
        );
    }
}
