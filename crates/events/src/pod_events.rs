//! The events of one pod's life, in a kubelet's own words.

use std::time::{Duration, SystemTime};

use crate::event::{Event, EventMeta, EventSource, EventType, InvolvedObject};
use crate::{GoDuration, derive_uid};

const KUBELET: &str = "kubelet";
const SCHEDULER: &str = "default-scheduler";

/// A container of a pod that runs on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodContainer {
    /// Namespace of the pod.
    pub namespace: String,
    /// Name of the pod.
    pub pod: String,
    /// Uid of the pod, different in every run; see [`derive_uid`].
    pub pod_uid: String,
    /// Name of the node.
    pub node: String,
    /// Name of the container in the pod.
    pub container: String,
}

/// What a kubelet knows of a pull that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PulledImage {
    /// Time of the pull itself.
    pub pull: Duration,
    /// Time from the kubelet's `Pulling` to the end: with the queue behind other images.
    pub including_waiting: Duration,
    /// Compressed size: config, manifest and layers together, as containerd counts it.
    pub image_size_bytes: u64,
}

/// Builds the events of one pod, as the kubelet 1.30 and the scheduler write them.
///
/// Call the methods in the order in which things happen. What happens again with the same words (a
/// second `Pulling` of the same image after a failure) gives an event with the same uid, the same first
/// timestamp and a count one higher, as the kubelet folds repeats. Timestamps are cut to whole
/// seconds, durations to milliseconds.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use pullstudy_events::{PodContainer, PodEvents, PulledImage};
///
/// let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(1_731_219_229 + seconds);
/// let mut pod = PodEvents::new(PodContainer {
///     namespace: "default".to_owned(),
///     pod: "pull-0".to_owned(),
///     pod_uid: "4f44ba2a-61dc-8970-965f-1f39e3235a47".to_owned(),
///     node: "node-1".to_owned(),
///     container: "app".to_owned(),
/// });
/// pod.scheduled(at(0));
/// pod.pulling("registry.local/app:1", at(0));
/// let pulled = PulledImage {
///     pull: Duration::from_micros(1_196_789),
///     including_waiting: Duration::from_secs(63),
///     image_size_bytes: 53_702_097,
/// };
/// pod.pulled("registry.local/app:1", pulled, at(63));
/// pod.created(at(63));
/// pod.started(at(63));
///
/// let events = pod.into_events();
/// let reasons: Vec<&str> = events.iter().map(|event| event.reason.as_str()).collect();
/// assert_eq!(reasons, ["Scheduled", "Pulling", "Pulled", "Created", "Started"]);
/// assert_eq!(
///     events[2].message.as_deref(),
///     Some(
///         "Successfully pulled image \"registry.local/app:1\" in 1.196s (1m3s including waiting). \
///          Image size: 53702097 bytes."
///     ),
/// );
/// ```
///
/// # Source
///
/// Kubernetes 1.30, `pkg/kubelet/images/image_manager.go`, `pkg/kubelet/kuberuntime/kuberuntime_container.go`
/// and `pkg/scheduler/schedule_one.go`; names of events from `client-go/tools/record/event.go`.
#[derive(Debug, Clone)]
pub struct PodEvents {
    pod: PodContainer,
    events: Vec<Event>,
    distinct: usize,
}

impl PodEvents {
    /// Starts without events.
    #[must_use]
    pub fn new(pod: PodContainer) -> Self {
        Self {
            pod,
            events: Vec::new(),
            distinct: 0,
        }
    }

    /// The scheduler gave the pod to its node.
    pub fn scheduled(&mut self, at: SystemTime) {
        let PodContainer {
            namespace,
            pod,
            node,
            ..
        } = &self.pod;
        let message = format!("Successfully assigned {namespace}/{pod} to {node}");
        self.push(SCHEDULER, "Scheduled", EventType::Normal, message, at);
    }

    /// The kubelet asks for an image.
    pub fn pulling(&mut self, image: &str, at: SystemTime) {
        self.normal("Pulling", format!("Pulling image \"{image}\""), at);
    }

    /// The image has come.
    pub fn pulled(&mut self, image: &str, pulled: PulledImage, at: SystemTime) {
        let pull = GoDuration::from(pulled.pull).truncated_to_millis();
        let waiting = GoDuration::from(pulled.including_waiting).truncated_to_millis();
        let size_bytes = pulled.image_size_bytes;
        let message = format!(
            "Successfully pulled image \"{image}\" in {pull} ({waiting} including waiting). \
             Image size: {size_bytes} bytes."
        );
        self.normal("Pulled", message, at);
    }

    /// The image was there already; nothing is pulled.
    pub fn present(&mut self, image: &str, at: SystemTime) {
        let message = format!("Container image \"{image}\" already present on machine");
        self.normal("Pulled", message, at);
    }

    /// The container was made.
    pub fn created(&mut self, at: SystemTime) {
        self.normal(
            "Created",
            format!("Created container {}", self.pod.container),
            at,
        );
    }

    /// The container runs.
    pub fn started(&mut self, at: SystemTime) {
        self.normal(
            "Started",
            format!("Started container {}", self.pod.container),
            at,
        );
    }

    /// The pull failed; `error` is what the runtime said. Gives two events, as a kubelet does.
    pub fn pull_failed(&mut self, image: &str, error: &str, at: SystemTime) {
        self.failed(format!("Failed to pull image \"{image}\": {error}"), at);
        self.failed("Error: ErrImagePull".to_owned(), at);
    }

    /// The kubelet waits before it tries again. Gives two events, as a kubelet does.
    pub fn backing_off(&mut self, image: &str, at: SystemTime) {
        self.normal("BackOff", format!("Back-off pulling image \"{image}\""), at);
        self.failed("Error: ImagePullBackOff".to_owned(), at);
    }

    /// Returns the events in the order in which they happened.
    #[must_use]
    pub fn into_events(self) -> Vec<Event> {
        self.events
    }

    fn normal(&mut self, reason: &str, message: String, at: SystemTime) {
        self.push(KUBELET, reason, EventType::Normal, message, at);
    }

    fn failed(&mut self, message: String, at: SystemTime) {
        self.push(KUBELET, "Failed", EventType::Warning, message, at);
    }

    fn push(
        &mut self,
        component: &str,
        reason: &str,
        event_type: EventType,
        message: String,
        at: SystemTime,
    ) {
        let is_repeat =
            |event: &&Event| event.reason == reason && event.message.as_deref() == Some(&*message);
        let event = match self.events.iter().rev().find(is_repeat) {
            Some(earlier) => repeated(earlier, at),
            None => {
                self.distinct += 1;
                self.first(component, reason, event_type, message, at)
            }
        };
        self.events.push(event);
    }

    fn first(
        &self,
        component: &str,
        reason: &str,
        event_type: EventType,
        message: String,
        at: SystemTime,
    ) -> Event {
        let host = (component == KUBELET).then(|| self.pod.node.clone());
        Event {
            metadata: self.meta(at),
            reason: reason.to_owned(),
            message: Some(message),
            source: EventSource {
                component: Some(component.to_owned()),
                host: host.clone(),
            },
            first_timestamp: Some(whole_seconds(at)),
            last_timestamp: Some(whole_seconds(at)),
            count: Some(1),
            event_type,
            event_time: None,
            action: None,
            reporting_component: component.to_owned(),
            reporting_instance: host.unwrap_or_default(),
            cluster_name: String::new(),
            involved_object: self.involved_object(component),
        }
    }

    fn meta(&self, at: SystemTime) -> EventMeta {
        let nanos = since_epoch(at).as_nanos();
        EventMeta {
            name: format!("{}.{nanos:x}", self.pod.pod),
            namespace: self.pod.namespace.clone(),
            uid: derive_uid(&self.pod.pod_uid, &format!("event {}", self.distinct)),
            resource_version: None,
            creation_timestamp: whole_seconds(at),
        }
    }

    fn involved_object(&self, component: &str) -> InvolvedObject {
        let field_path = format!("spec.containers{{{}}}", self.pod.container);
        InvolvedObject {
            kind: Some("Pod".to_owned()),
            namespace: Some(self.pod.namespace.clone()),
            name: Some(self.pod.pod.clone()),
            uid: Some(self.pod.pod_uid.clone()),
            api_version: Some("v1".to_owned()),
            field_path: (component == KUBELET).then_some(field_path),
            ..InvolvedObject::default()
        }
    }
}

fn repeated(earlier: &Event, at: SystemTime) -> Event {
    Event {
        count: earlier.count.map(|count| count.saturating_add(1)),
        last_timestamp: Some(whole_seconds(at)),
        ..earlier.clone()
    }
}

fn whole_seconds(at: SystemTime) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(since_epoch(at).as_secs())
}

/// Moments before 1970 count as 1970: a cluster has no such clock.
fn since_epoch(at: SystemTime) -> Duration {
    at.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}
