//! Events that no kubelet wrote: made of pod statuses where the kubelet's own are lost.

use std::time::{Duration, SystemTime};

use crate::derive_uid;
use crate::event::{ContainerKind, Event, EventMeta, EventSource, EventType, InvolvedObject};
use crate::message::PullError;
use crate::pod_events::PodContainer;

/// Component of events that were made of a pod's status, in `source` and as `reportingComponent`.
pub const COLLECTOR: &str = "pullstudy-collector";

/// Builds what a pod's status tells of one container, as events of the component [`COLLECTOR`].
///
/// Kubernetes loses events by design: they are kept for an hour, a source may send 25 of them at once about an object, and
/// from the eleventh alike they are put together. What the pod's status still says stands in for them. Readers take such
/// an event only where no log has the kubelet's own of the same container and kind.
///
/// Reasons and messages are such as no kubelet writes, so that nobody takes them for its own: the published study's
/// scripts pass them over. The same fact has the same uid, however often it is filled.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use pullstudy_events::{ContainerKind, FilledEvents, PodContainer};
///
/// let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_731_219_229);
/// let pod = PodContainer {
///     namespace: "default".to_owned(),
///     pod: "pull-0".to_owned(),
///     pod_uid: "4f44ba2a-61dc-8970-965f-1f39e3235a47".to_owned(),
///     node: "node-1".to_owned(),
///     container: "app".to_owned(),
/// };
/// let mut filled = FilledEvents::new(pod, ContainerKind::Container, at);
/// filled.image_was_there("registry.local/app:1", "Always", Some(at));
///
/// let events = filled.into_events();
/// assert!(events[0].is_filled());
/// assert_eq!(events[0].reason, "StatusPulled");
/// assert_eq!(
///     events[0].message.as_deref(),
///     Some(
///         "Image \"registry.local/app:1\" was on the node when its container started, as the pod's status tells; \
///          pull policy Always"
///     ),
/// );
/// ```
///
/// # Source
///
/// `--event-ttl` of the API server; `client-go/tools/record/events_cache.go` for the other two limits.
#[derive(Debug, Clone)]
pub struct FilledEvents {
    pod: PodContainer,
    kind: ContainerKind,
    as_of: SystemTime,
    events: Vec<Event>,
}

impl FilledEvents {
    /// A container that started so long before the kubelet asked for its image did so in an earlier life: of that pull its
    /// status tells nothing. Less is put down to a clock that was set back.
    pub const EARLIER_LIFE: Duration = Duration::from_secs(60);

    /// Starts without events. `as_of` is the moment at which the status was looked at.
    #[must_use]
    pub fn new(pod: PodContainer, kind: ContainerKind, as_of: SystemTime) -> Self {
        Self {
            pod,
            kind,
            as_of,
            events: Vec::new(),
        }
    }

    /// The pod was given to its node: its condition `PodScheduled`. The same for all containers of a pod.
    pub fn scheduled(&mut self, at: SystemTime) {
        let message = format!("{BOUND}{:?}{BY_CONDITION}", self.pod.node);
        let mut event = self.event(SCHEDULED, EventType::Normal, message, Some(at));
        event.metadata.uid = derive_uid(&self.pod.pod_uid, SCHEDULED);
        event.involved_object.field_path = None;
        self.events.push(event);
    }

    /// The image was on the node when the container started, or, without a moment, when it failed to start. `policy` is
    /// the container's `imagePullPolicy`; only by `Always` it is sure that the image was asked for.
    pub fn image_was_there(&mut self, image: &str, policy: &str, at: Option<SystemTime>) {
        let when = if at.is_some() { AT_START } else { "" };
        let message = format!("{IMAGE}{image:?}{WAS_THERE}{when}, {BY_STATUS}{POLICY}{policy}");
        self.push(PULLED, EventType::Normal, message, at);
    }

    /// The container runs since a moment.
    pub fn started(&mut self, at: SystemTime) {
        let message = format!("Container was started, {BY_STATUS}");
        self.push(STARTED, EventType::Normal, message, Some(at));
    }

    /// The container waits because of its image; `error` is what for, `message` what the status says beside it. A status
    /// does not tell since when.
    pub fn pull_failed(&mut self, image: &str, error: PullError, message: &str) {
        let message = format!("{IMAGE}{image:?}{FAILED_TO_COME}, {BY_STATUS}: {error}: {message}");
        self.push(FAILED, EventType::Warning, message, None);
    }

    /// Returns the events.
    #[must_use]
    pub fn into_events(self) -> Vec<Event> {
        self.events
    }

    fn push(&mut self, reason: &str, kind: EventType, message: String, at: Option<SystemTime>) {
        let event = self.event(reason, kind, message, at);
        self.events.push(event);
    }

    fn event(
        &self,
        reason: &str,
        event_type: EventType,
        message: String,
        at: Option<SystemTime>,
    ) -> Event {
        let at = at.map(whole_seconds);
        Event {
            metadata: self.meta(reason),
            reason: reason.to_owned(),
            message: Some(message),
            source: EventSource {
                component: Some(COLLECTOR.to_owned()),
                host: Some(self.pod.node.clone()),
            },
            first_timestamp: at,
            last_timestamp: at,
            count: Some(1),
            event_type,
            event_time: None,
            action: None,
            reporting_component: COLLECTOR.to_owned(),
            reporting_instance: String::new(),
            cluster_name: String::new(),
            involved_object: self.involved_object(),
        }
    }

    /// No kubelet ends the name of an event with a word.
    fn meta(&self, reason: &str) -> EventMeta {
        let container = &self.pod.container;
        EventMeta {
            name: format!("{}.{container}-{}", self.pod.pod, reason.to_lowercase()),
            namespace: self.pod.namespace.clone(),
            uid: derive_uid(&self.pod.pod_uid, &format!("{reason} {container}")),
            resource_version: None,
            creation_timestamp: whole_seconds(self.as_of),
        }
    }

    fn involved_object(&self) -> InvolvedObject {
        InvolvedObject {
            kind: Some("Pod".to_owned()),
            namespace: Some(self.pod.namespace.clone()),
            name: Some(self.pod.pod.clone()),
            uid: Some(self.pod.pod_uid.clone()),
            api_version: Some("v1".to_owned()),
            field_path: Some(self.kind.field_path(&self.pod.container)),
            ..InvolvedObject::default()
        }
    }
}

const SCHEDULED: &str = "StatusScheduled";
const PULLED: &str = "StatusPulled";
const STARTED: &str = "StatusStarted";
const FAILED: &str = "StatusFailed";

const BOUND: &str = "Pod was bound to node ";
const BY_CONDITION: &str = ", as its condition PodScheduled tells";
const BY_STATUS: &str = "as the pod's status tells";
const IMAGE: &str = "Image ";
const WAS_THERE: &str = " was on the node";
const AT_START: &str = " when its container started";
const FAILED_TO_COME: &str = " could not be had";
const POLICY: &str = "; pull policy ";
const ALWAYS: &str = "Always";

/// What a filled event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FilledMessage<'a> {
    Scheduled {
        node: &'a str,
    },
    ImageWasThere {
        image: &'a str,
        /// The image was asked for, whatever was on the node.
        is_pulled_always: bool,
    },
    Started,
    PullFailed {
        image: &'a str,
        error: PullError,
        message: &'a str,
    },
}

impl<'a> FilledMessage<'a> {
    /// Returns what an event of the component [`COLLECTOR`] says; `None` if it has another form.
    pub(crate) fn parse(reason: &str, text: &'a str) -> Option<Self> {
        match reason {
            SCHEDULED => {
                let (node, _) = crate::message::quoted(text.strip_prefix(BOUND)?)?;
                Some(Self::Scheduled { node })
            }
            PULLED => {
                let (image, rest) = image_and_rest(text)?;
                Some(Self::ImageWasThere {
                    image,
                    is_pulled_always: policy(rest.strip_prefix(WAS_THERE)?) == Some(ALWAYS),
                })
            }
            STARTED => Some(Self::Started),
            FAILED => {
                let (image, rest) = image_and_rest(text)?;
                let (_, why) = rest.strip_prefix(FAILED_TO_COME)?.split_once(": ")?;
                Some(Self::PullFailed {
                    image,
                    error: PullError::at_start_of(why)?,
                    message: why.split_once(": ").map_or("", |(_, message)| message),
                })
            }
            _ => None,
        }
    }
}

fn image_and_rest(text: &str) -> Option<(&str, &str)> {
    crate::message::quoted(text.strip_prefix(IMAGE)?)
}

fn policy(rest: &str) -> Option<&str> {
    rest.split_once(POLICY).map(|(_, policy)| policy)
}

fn whole_seconds(at: SystemTime) -> SystemTime {
    let since_epoch = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(since_epoch.as_secs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::Message;

    const IMAGE: &str = "ghcr.io/a/b:1";

    fn filled(fill: impl FnOnce(&mut FilledEvents)) -> Event {
        let text = str::to_owned;
        let pod = PodContainer {
            namespace: text("default"),
            pod: text("pull-0"),
            pod_uid: text("4f44ba2a-61dc-8970-965f-1f39e3235a47"),
            node: text("node-1"),
            container: text("app"),
        };
        let mut events = FilledEvents::new(pod, ContainerKind::Init, SystemTime::UNIX_EPOCH);
        fill(&mut events);
        events.into_events().remove(0)
    }

    fn said(event: &Event) -> Option<FilledMessage<'_>> {
        FilledMessage::parse(&event.reason, event.message.as_deref().unwrap())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_731_219_229_700);
        let there = |is_pulled_always| FilledMessage::ImageWasThere {
            image: IMAGE,
            is_pulled_always,
        };
        let always = filled(|filled| filled.image_was_there(IMAGE, "Always", Some(at)));
        assert_eq!(said(&always), Some(there(true)));
        assert_eq!(
            always.first_timestamp,
            Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_731_219_229))
        );
        let absent = filled(|filled| filled.image_was_there(IMAGE, "IfNotPresent", None));
        assert_eq!(said(&absent), Some(there(false)));
        let scheduled = filled(|filled| filled.scheduled(at));
        assert_eq!(
            said(&scheduled),
            Some(FilledMessage::Scheduled { node: "node-1" })
        );
        let started = filled(|filled| filled.started(at));
        assert_eq!(said(&started), Some(FilledMessage::Started));
        let message = "rpc error: code = NotFound desc = a: b";
        let failed =
            filled(|filled| filled.pull_failed(IMAGE, PullError::ImagePullBackOff, message));
        let expected = FilledMessage::PullFailed {
            image: IMAGE,
            error: PullError::ImagePullBackOff,
            message,
        };
        assert_eq!(said(&failed), Some(expected));
    }

    #[test]
    fn no_kubelet_says_so() {
        let at = Some(SystemTime::UNIX_EPOCH);
        let always = filled(|filled| filled.image_was_there(IMAGE, "Always", at));
        let failed = filled(|filled| filled.pull_failed(IMAGE, PullError::ErrImagePull, "no"));
        for event in [always, failed] {
            let text = event.message.as_deref().unwrap();
            for reason in [&*event.reason, "Pulled", "Failed"] {
                assert_eq!(Message::parse(reason, text), Message::Other, "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn an_image_may_be_anything(image in "[ -~]{0,40}") {
            let event = filled(|filled| filled.image_was_there(&image, "Always", None));
            let quoted = format!("{image:?}");
            let expected = FilledMessage::ImageWasThere {
                image: &quoted[1..quoted.len() - 1],
                is_pulled_always: true,
            };
            prop_assert_eq!(said(&event), Some(expected));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "(Image |Pod was bound to node )?[\"\\\\ a:,;]{0,20}") {
            for reason in [SCHEDULED, PULLED, STARTED, FAILED, "Pulled"] {
                let _ = FilledMessage::parse(reason, &text);
            }
        }
    }
}
