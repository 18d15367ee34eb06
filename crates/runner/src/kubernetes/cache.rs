//! Cold nodes: removing an image from them, and looking whether it is there.

use std::time::Duration;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{
    Container, EnvVar, HostPathVolumeSource, Node, PodSpec, Volume, VolumeMount,
};

use super::job::JobOf;
use super::seen::{Seen, SeenPod};
use crate::plan::Step;

/// Where containerd listens on most nodes.
const SOCKET: &str = "/run/containerd/containerd.sock";

/// Removes the image if it is there, and fails if it still is.
const SCRIPT: &str = "crictl --runtime-endpoint \"$ENDPOINT\" --image-endpoint \"$ENDPOINT\" rmi \"$IMAGE\" || true; \
    ids=$(crictl --runtime-endpoint \"$ENDPOINT\" --image-endpoint \"$ENDPOINT\" images -q \"$IMAGE\") || exit 1; \
    if [ -n \"$ids\" ]; then echo \"the image is still there\"; exit 1; fi";

/// The name of the job that removes a step's image from the nodes.
pub(super) fn name(step: &Step) -> String {
    format!("clean-{:04}", step.number)
}

/// Describes the job that removes a step's image from so many nodes.
pub(super) fn cleaning(job: &JobOf<'_>, cleaner: &str, nodes: u32) -> Job {
    let socket = job
        .study
        .kubernetes
        .containerd_socket
        .as_deref()
        .unwrap_or(SOCKET);
    let env = |name: &str, value: String| EnvVar {
        name: name.to_owned(),
        value: Some(value),
        ..EnvVar::default()
    };
    let container = Container {
        image_pull_policy: Some("IfNotPresent".to_owned()),
        command: Some(["sh", "-c", SCRIPT].map(str::to_owned).into()),
        env: Some(vec![
            env("IMAGE", job.step.image.reference.to_string()),
            env("ENDPOINT", format!("unix://{socket}")),
        ]),
        volume_mounts: Some(vec![VolumeMount {
            name: "containerd".to_owned(),
            mount_path: socket.to_owned(),
            ..VolumeMount::default()
        }]),
        ..job.container(cleaner)
    };
    let spec = PodSpec {
        volumes: Some(vec![Volume {
            name: "containerd".to_owned(),
            host_path: Some(HostPathVolumeSource {
                path: socket.to_owned(),
                type_: Some("Socket".to_owned()),
            }),
            ..Volume::default()
        }]),
        ..PodSpec::default()
    };
    job.job(nodes, container, spec)
}

/// How the pods of a cleaning have ended.
#[derive(Debug, Default)]
pub(super) struct Cleaned {
    pub(super) ended: usize,
    pub(super) failed: usize,
    /// What the first of those that failed said.
    pub(super) reason: Option<String>,
}

/// Waits until all pods of a cleaning have ended.
pub(super) async fn wait(seen: &Seen, job: &str, nodes: usize, patience: Duration) -> Cleaned {
    let mut changes = seen.changes();
    let until_ended = async {
        loop {
            changes.mark_unchanged();
            let cleaned = look(seen, job);
            if cleaned.ended >= nodes || changes.changed().await.is_err() {
                return cleaned;
            }
        }
    };
    match tokio::time::timeout(patience, until_ended).await {
        Ok(cleaned) => cleaned,
        Err(_) => {
            let mut cleaned = look(seen, job);
            cleaned.failed += nodes.saturating_sub(cleaned.ended);
            cleaned
                .reason
                .get_or_insert_with(|| "it took too long".to_owned());
            cleaned
        }
    }
}

fn look(seen: &Seen, job: &str) -> Cleaned {
    seen.look(job, |pods, _| {
        let mut cleaned = Cleaned::default();
        pods.values().for_each(|pod| cleaned.add(pod));
        cleaned
    })
}

impl Cleaned {
    fn add(&mut self, seen: &SeenPod) {
        let status = seen.pod.status.clone().unwrap_or_default();
        let has_failed = status.phase.as_deref() == Some("Failed");
        let containers = status.container_statuses.unwrap_or_default();
        // The pod itself is held, and does not end.
        let ended = containers.into_iter().find_map(|it| it.state?.terminated);
        let is_clean = ended.as_ref().is_some_and(|it| it.exit_code == 0);
        if ended.is_none() && !has_failed && !seen.is_gone {
            return;
        }
        self.ended += 1;
        if is_clean {
            return;
        }
        self.failed += 1;
        let said = ended.map(|it| it.message.or(it.reason).unwrap_or_default());
        if let Some(said) = said.or(status.message).or(status.reason) {
            self.reason.get_or_insert(said);
        }
    }
}

/// Counts the nodes whose kubelet lists an image. A kubelet lists the 50 largest by default, so that a small one may be
/// there and not be listed.
pub(super) fn listed(nodes: &[Node], image: &str) -> usize {
    let lists = |node: &&Node| {
        let images = node
            .status
            .as_ref()
            .and_then(|status| status.images.as_ref());
        images.is_some_and(|images| {
            let mut names = images.iter().flat_map(|image| image.names.iter().flatten());
            names.any(|name| name == image)
        })
    };
    nodes.iter().filter(lists).count()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn cleaned(status: Value) -> Cleaned {
        let pod = serde_json::from_value(json!({"status": status})).unwrap();
        let mut cleaned = Cleaned::default();
        cleaned.add(&SeenPod {
            pod,
            is_gone: false,
            unheld: None,
        });
        cleaned
    }

    fn exited(code: i32, message: &str) -> Value {
        let state = json!({"terminated": {"exitCode": code, "message": message}});
        json!({
            "phase": "Running",
            "containerStatuses": [{"name": "app", "image": "x", "imageID": "", "ready": false, "restartCount": 0, "state": state}],
        })
    }

    #[test]
    fn a_cleaning_has_ended_though_its_pod_is_held() {
        let done = cleaned(exited(0, ""));
        assert_eq!((done.ended, done.failed, done.reason), (1, 0, None));
        let failed = cleaned(exited(1, "the image is still there"));
        assert_eq!((failed.ended, failed.failed), (1, 1));
        assert_eq!(failed.reason.as_deref(), Some("the image is still there"));
    }

    #[test]
    fn a_pod_that_was_put_out_has_not_cleaned() {
        let evicted = cleaned(json!({"phase": "Failed", "reason": "Evicted"}));
        assert_eq!((evicted.ended, evicted.failed), (1, 1));
        assert_eq!(evicted.reason.as_deref(), Some("Evicted"));
        let running = cleaned(json!({"phase": "Running"}));
        assert_eq!((running.ended, running.failed), (0, 0));
    }
}
