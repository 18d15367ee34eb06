//! What a pod says of its containers.

use std::time::SystemTime;

use k8s_openapi::api::core::v1::{
    ContainerState, ContainerStateTerminated, ContainerStatus, Pod, PodCondition,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use pullstudy_events::ContainerKind;

/// What a container waits for only once its image is there.
///
/// Source: Kubernetes 1.34, `pkg/kubelet/kuberuntime/kuberuntime_container.go`: `startContainer` pulls the image first.
const AFTER_IMAGE: [&str; 7] = [
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "PostStartHookError",
    "PreCreateHookError",
    "PreStartHookError",
    "RunContainerError",
];

/// A container of a pod, and its status.
#[derive(Clone, Debug)]
pub(super) struct SeenContainer<'a> {
    pub(super) kind: ContainerKind,
    pub(super) name: &'a str,
    pub(super) image: Option<&'a str>,
    pub(super) policy: Option<&'a str>,
    pub(super) status: Option<&'a ContainerStatus>,
}

/// Returns the containers of a pod in the order in which they come; what has a status and no description too.
pub(super) fn containers(pod: &Pod) -> Vec<SeenContainer<'_>> {
    let mut all = described(pod);
    for (kind, status) in statuses(pod) {
        let is_same =
            |known: &&mut SeenContainer<'_>| known.kind == kind && known.name == status.name;
        match all.iter_mut().find(is_same) {
            Some(known) => known.status = Some(status),
            None => all.push(SeenContainer {
                kind,
                name: &status.name,
                image: Some(&status.image),
                policy: None,
                status: Some(status),
            }),
        }
    }
    all
}

fn described(pod: &Pod) -> Vec<SeenContainer<'_>> {
    let Some(spec) = &pod.spec else {
        return Vec::new();
    };
    let init = spec.init_containers.iter().flatten();
    let init = init.map(|it| (ContainerKind::Init, it));
    let main = spec.containers.iter();
    let main = main.map(|it| (ContainerKind::Container, it));
    let described = init.chain(main).map(|(kind, it)| SeenContainer {
        kind,
        name: &it.name,
        image: it.image.as_deref(),
        policy: it.image_pull_policy.as_deref(),
        status: None,
    });
    let ephemeral = spec.ephemeral_containers.iter().flatten();
    let ephemeral = ephemeral.map(|it| SeenContainer {
        kind: ContainerKind::Ephemeral,
        name: &it.name,
        image: it.image.as_deref(),
        policy: it.image_pull_policy.as_deref(),
        status: None,
    });
    described.chain(ephemeral).collect()
}

fn statuses(pod: &Pod) -> Vec<(ContainerKind, &ContainerStatus)> {
    let Some(status) = &pod.status else {
        return Vec::new();
    };
    let of_kinds = [
        (ContainerKind::Init, &status.init_container_statuses),
        (ContainerKind::Container, &status.container_statuses),
        (
            ContainerKind::Ephemeral,
            &status.ephemeral_container_statuses,
        ),
    ];
    let of_kinds = of_kinds.into_iter();
    of_kinds
        .flat_map(|(kind, statuses)| statuses.iter().flatten().map(move |status| (kind, status)))
        .collect()
}

impl SeenContainer<'_> {
    /// Returns the reason and the message for which it waits.
    pub(super) fn waiting(&self) -> Option<(&str, Option<&str>)> {
        let waiting = self.status?.state.as_ref()?.waiting.as_ref()?;
        let reason = waiting
            .reason
            .as_deref()
            .filter(|reason| !reason.is_empty())?;
        Some((reason, waiting.message.as_deref()))
    }

    /// Returns how it ended, now and before it was started again.
    pub(super) fn terminated(&self) -> impl Iterator<Item = &ContainerStateTerminated> {
        self.states().filter_map(|state| state.terminated.as_ref())
    }

    fn states(&self) -> impl Iterator<Item = &ContainerState> {
        let status = self.status.into_iter();
        status.flat_map(|status| [&status.state, &status.last_state].into_iter().flatten())
    }

    /// Returns the earliest start that its status tells.
    pub(super) fn started_at(&self) -> Option<SystemTime> {
        let running = self.states().filter_map(|state| state.running.as_ref());
        let running = running.filter_map(|running| running.started_at.as_ref());
        let ended = self.terminated().filter_map(|it| it.started_at.as_ref());
        running.chain(ended).filter_map(moment).min()
    }

    /// Returns when it ended, if it does not run again.
    pub(super) fn finished_at(&self) -> Option<SystemTime> {
        let terminated = self.status?.state.as_ref()?.terminated.as_ref()?;
        moment(terminated.finished_at.as_ref()?)
    }

    /// Tells whether it has ended and does not run again.
    pub(super) fn is_finished(&self) -> bool {
        let state = self.status.and_then(|status| status.state.as_ref());
        state.is_some_and(|state| state.terminated.is_some())
    }

    pub(super) fn is_ready(&self) -> bool {
        self.status.is_some_and(|status| status.ready)
    }

    pub(super) fn restarts(&self) -> u32 {
        let restarts = self.status.map_or(0, |status| status.restart_count);
        u32::try_from(restarts).unwrap_or(0)
    }

    /// Tells whether the image was on the node: the container was made of it, or lacks something else.
    pub(super) fn had_image(&self) -> bool {
        let is_made = self
            .status
            .is_some_and(|status| !status.image_id.is_empty());
        let lacks_other = self
            .waiting()
            .is_some_and(|(reason, _)| AFTER_IMAGE.contains(&reason));
        is_made || lacks_other || self.started_at().is_some()
    }
}

/// Returns a condition of a pod, if it has that value.
pub(super) fn condition<'a>(pod: &'a Pod, kind: &str, value: &str) -> Option<&'a PodCondition> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    conditions
        .iter()
        .find(|it| it.type_ == kind && it.status == value)
}

/// Returns since when a condition is as it is.
pub(super) fn since(condition: &PodCondition) -> Option<SystemTime> {
    moment(condition.last_transition_time.as_ref()?)
}

/// Kubelets write the beginning of 1970 for what never happened, and Go's zero time is before it.
pub(super) fn moment(time: &Time) -> Option<SystemTime> {
    let at = SystemTime::from(time.0);
    (at > SystemTime::UNIX_EPOCH).then_some(at)
}
