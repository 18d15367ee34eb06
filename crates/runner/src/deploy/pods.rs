//! Containers, volumes and workloads, as the helpers have them.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use pullstudy_image::Reference;

use super::site::Site;
use crate::plan::PAUSE_IMAGE;

/// The user of containers that need to be nobody in particular: `nonroot` in images without a distribution.
pub(super) const NOBODY: i64 = 65_532;
/// Where the busybox lies that containers get from another image.
pub(super) const TOOLS: &str = "/pullstudy";
/// Name of the volume that it lies in.
pub(super) const TOOLS_VOLUME: &str = "tools";

/// The busybox whose static binary works in any image.
pub(super) fn default_tools_image() -> Reference {
    parsed("docker.io/library/busybox:1.37.0-musl")
}

/// The image of containers that do nothing.
pub(super) fn default_pause_image() -> Reference {
    parsed(PAUSE_IMAGE)
}

/// A reference that is part of the program.
pub(super) fn parsed(text: &str) -> Reference {
    text.parse()
        .expect("the references of the program are valid")
}

/// Neither root, nor able to become it, nor able to write to its own image: what the Pod Security Standard
/// `restricted` asks for, and more.
pub(super) fn restricted() -> core::SecurityContext {
    core::SecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(NOBODY),
        run_as_group: Some(NOBODY),
        ..unprivileged_root()
    }
}

/// The user that the image says, without capabilities and with an image that cannot be written to.
pub(super) fn unprivileged_root() -> core::SecurityContext {
    core::SecurityContext {
        allow_privilege_escalation: Some(false),
        read_only_root_filesystem: Some(true),
        capabilities: Some(core::Capabilities {
            drop: Some(vec!["ALL".to_owned()]),
            ..core::Capabilities::default()
        }),
        seccomp_profile: Some(core::SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            ..core::SeccompProfile::default()
        }),
        ..core::SecurityContext::default()
    }
}

/// A container that asks for little, and whose last words on an error are seen in the pod's status.
pub(super) fn container(name: &str, image: &Reference, command: Vec<String>) -> core::Container {
    core::Container {
        name: name.to_owned(),
        image: Some(image.to_string()),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        command: (!command.is_empty()).then_some(command),
        resources: Some(small(None)),
        security_context: Some(restricted()),
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        ..core::Container::default()
    }
}

/// Requests that no node refuses, and a bound on memory where one is given.
pub(super) fn small(memory_limit: Option<&str>) -> core::ResourceRequirements {
    let quantities = |pairs: &[(&str, &str)]| -> BTreeMap<String, Quantity> {
        let quantity =
            |(name, text): &(&str, &str)| ((*name).to_owned(), Quantity((*text).to_owned()));
        pairs.iter().map(quantity).collect()
    };
    core::ResourceRequirements {
        requests: Some(quantities(&[("cpu", "10m"), ("memory", "16Mi")])),
        limits: memory_limit.map(|limit| quantities(&[("memory", limit)])),
        ..core::ResourceRequirements::default()
    }
}

/// The init container that puts a static busybox into [`TOOLS`] under the names of the `applets`, for containers whose
/// image has no shell.
pub(super) fn tools(image: &Reference, applets: &[&str]) -> core::Container {
    let mut script = format!("cp /bin/busybox {TOOLS}/busybox");
    for applet in applets {
        script.push_str(&format!(" && ln -s busybox {TOOLS}/{applet}"));
    }
    core::Container {
        volume_mounts: Some(vec![mount(TOOLS_VOLUME, TOOLS, false)]),
        ..container("tools", image, words(&["sh", "-c", &script]))
    }
}

/// The container that keeps the pod there once its work is done.
pub(super) fn pause(image: &Reference) -> core::Container {
    container("pause", image, Vec::new())
}

/// A volume that lives as long as its pod.
pub(super) fn empty_dir(name: &str, size_limit: &str) -> core::Volume {
    core::Volume {
        name: name.to_owned(),
        empty_dir: Some(core::EmptyDirVolumeSource {
            size_limit: Some(Quantity(size_limit.to_owned())),
            ..core::EmptyDirVolumeSource::default()
        }),
        ..core::Volume::default()
    }
}

/// A folder of the node, `kind` being `Directory` or `DirectoryOrCreate`.
pub(super) fn host_folder(name: &str, path: &str, kind: &str) -> core::Volume {
    core::Volume {
        name: name.to_owned(),
        host_path: Some(core::HostPathVolumeSource {
            path: path.to_owned(),
            type_: Some(kind.to_owned()),
        }),
        ..core::Volume::default()
    }
}

/// A volume where a container sees it.
pub(super) fn mount(name: &str, path: &str, read_only: bool) -> core::VolumeMount {
    core::VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only: read_only.then_some(true),
        ..core::VolumeMount::default()
    }
}

/// A variable of a container.
pub(super) fn env(name: &str, value: &str) -> core::EnvVar {
    core::EnvVar {
        name: name.to_owned(),
        value: Some(value.to_owned()),
        ..core::EnvVar::default()
    }
}

/// A variable with the name of the node.
pub(super) fn node_name() -> core::EnvVar {
    core::EnvVar {
        name: "NODE_NAME".to_owned(),
        value_from: Some(core::EnvVarSource {
            field_ref: Some(core::ObjectFieldSelector {
                field_path: "spec.nodeName".to_owned(),
                ..core::ObjectFieldSelector::default()
            }),
            ..core::EnvVarSource::default()
        }),
        ..core::EnvVar::default()
    }
}

/// Words of a command.
pub(super) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A pod on each node, `at_once` of which may be replaced at the same time.
pub(super) fn daemon_set(
    site: &Site,
    helper: &str,
    at_once: IntOrString,
    spec: core::PodSpec,
) -> apps::DaemonSet {
    let name = site.name();
    apps::DaemonSet {
        metadata: site.metadata(helper, name),
        spec: Some(apps::DaemonSetSpec {
            selector: site.selector(helper, name),
            template: site.pod(helper, name, spec),
            update_strategy: Some(apps::DaemonSetUpdateStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(apps::RollingUpdateDaemonSet {
                    max_unavailable: Some(at_once),
                    ..apps::RollingUpdateDaemonSet::default()
                }),
            }),
            ..apps::DaemonSetSpec::default()
        }),
        ..apps::DaemonSet::default()
    }
}

/// One pod; an old one is gone before the next begins, since two would write to one volume.
pub(super) fn deployment(
    site: &Site,
    helper: &str,
    name: &str,
    spec: core::PodSpec,
) -> apps::Deployment {
    apps::Deployment {
        metadata: site.metadata(helper, name),
        spec: Some(apps::DeploymentSpec {
            replicas: Some(1),
            selector: site.selector(helper, name),
            strategy: Some(apps::DeploymentStrategy {
                type_: Some("Recreate".to_owned()),
                ..apps::DeploymentStrategy::default()
            }),
            template: site.pod(helper, name, spec),
            ..apps::DeploymentSpec::default()
        }),
        ..apps::Deployment::default()
    }
}
