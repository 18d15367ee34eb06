//! What a kubelet's messages say of images, told by their form.

mod error;
mod failure;
mod quoted;
mod status;
mod success;

pub use error::PullError;
pub use failure::FailureClass;

use crate::GoDuration;
pub(crate) use quoted::quoted;
use quoted::{after_ignoring_case, image_after};

/// What client-go puts before the message when an object has more than ten events of one reason in ten minutes: they
/// become one event, with the last one's message.
pub(crate) const COMBINED: &str = "(combined from similar events): ";

/// What the reason and the message of an event say, as far as it matters to pulls.
///
/// A message is known by its form, not by the kubelet's release: what newer ones add behind it changes
/// nothing. All parts are borrowed. An `image` is the text between the quotes as it stands there: Go writes
/// it with `%q`, so a quote in it is still `\"`.
///
/// # Examples
///
/// ```
/// use pullstudy_events::Message;
///
/// let text = "Successfully pulled image \"app:1\" in 1.196s (1m3s including waiting). Image size: 5370 bytes.";
/// let Message::Pulled { image, pull, including_waiting, image_size_bytes } = Message::parse("Pulled", text) else {
///     panic!("it was pulled");
/// };
/// assert_eq!(image, "app:1");
/// assert_eq!(pull.map(|pull| pull.as_secs_f64()), Some(1.196));
/// assert_eq!(including_waiting.map(|waiting| waiting.as_secs_f64()), Some(63.0));
/// assert_eq!(image_size_bytes, Some(5370));
/// ```
///
/// # Source
///
/// Kubernetes 1.10 to 1.34: `pkg/kubelet/images/image_manager.go`, `pkg/kubelet/kuberuntime/kuberuntime_container.go`,
/// `pkg/kubelet/events/event.go`, `pkg/kubelet/eviction`, `pkg/scheduler`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// The kubelet asks for the image.
    Pulling {
        /// Reference of the image.
        image: &'a str,
    },
    /// The image has come. What the message does not tell, or tells in a form that cannot be read, is `None`:
    /// the pull has succeeded all the same.
    Pulled {
        /// Reference of the image.
        image: &'a str,
        /// Time of the pull; in kubelets before 1.25 with the queue behind other images.
        pull: Option<GoDuration>,
        /// Time from `Pulling` to `Pulled`.
        including_waiting: Option<GoDuration>,
        /// Size as the container runtime counts it.
        image_size_bytes: Option<u64>,
    },
    /// The image was on the node: nothing is pulled.
    Present {
        /// Reference of the image.
        image: &'a str,
    },
    /// An attempt to pull failed.
    PullFailed {
        /// Reference of the image.
        image: &'a str,
        /// Why, as far as the words tell.
        class: FailureClass,
    },
    /// The container waits because of its image. Comes beside the event that names the image.
    PullError {
        /// The kubelet's word for it.
        error: PullError,
    },
    /// The kubelet waits before it tries again.
    BackOff {
        /// Reference of the image.
        image: &'a str,
    },
    /// The reference cannot be parsed.
    InvalidName {
        /// What the pod has for a reference.
        image: &'a str,
    },
    /// The image is not on the node, and the pod forbids to pull it.
    ImageNeverPull {
        /// Reference of the image.
        image: &'a str,
    },
    /// The container runtime could not say whether it has the image.
    InspectFailed {
        /// Reference of the image.
        image: &'a str,
    },
    /// The pod was evicted.
    Evicted,
    /// The kubelet could not free the disk space it wanted.
    FreeDiskSpaceFailed,
    /// The kubelet does not know how large the disk for images is.
    InvalidDiskCapacity,
    /// The pod was given to a node.
    Scheduled {
        /// Name of the node.
        node: &'a str,
    },
    /// The container was made.
    Created,
    /// The container runs.
    Started,
    /// Anything else.
    Other,
}

impl<'a> Message<'a> {
    /// Returns what an event says. Takes its reason and its message; never panics, allocates only to class a
    /// failure.
    #[must_use]
    pub fn parse(reason: &'a str, text: &'a str) -> Self {
        let text = text.strip_prefix(COMBINED).unwrap_or(text);
        let known = match reason {
            // Kubelets before 1.14 begin with a small letter.
            "Pulling" => image_after(text, "Pulling image ").map(|image| Self::Pulling { image }),
            "Pulled" => success::parse(text),
            "Failed" => parse_failed(text),
            "BackOff" => {
                image_after(text, "Back-off pulling image ").map(|image| Self::BackOff { image })
            }
            "InspectFailed" => parse_inspect_failed(text),
            "ErrImageNeverPull" => {
                image_after(text, "Container image ").map(|image| Self::ImageNeverPull { image })
            }
            "Scheduled" => parse_scheduled(text),
            "Created" => Some(Self::Created),
            "Started" => Some(Self::Started),
            "Evicted" => Some(Self::Evicted),
            "FreeDiskSpaceFailed" => Some(Self::FreeDiskSpaceFailed),
            "InvalidDiskCapacity" => Some(Self::InvalidDiskCapacity),
            _ => None,
        };
        known.unwrap_or(Self::Other)
    }
}

/// `Failed` is what becomes of many things; only those of images count.
fn parse_failed(text: &str) -> Option<Message<'_>> {
    if let Some(rest) = text.strip_prefix("Error: ") {
        return PullError::at_start_of(rest).map(|error| Message::PullError { error });
    }
    let (image, why) = quoted(after_ignoring_case(text, "Failed to pull image ")?)?;
    let class = FailureClass::of(why);
    Some(Message::PullFailed { image, class })
}

fn parse_inspect_failed(text: &str) -> Option<Message<'_>> {
    if let Some(image) = image_after(text, "Failed to apply default image tag ") {
        return Some(Message::InvalidName { image });
    }
    image_after(text, "Failed to inspect image ").map(|image| Message::InspectFailed { image })
}

/// `Successfully assigned NAMESPACE/POD to NODE`; older schedulers leave out the namespace.
fn parse_scheduled(text: &str) -> Option<Message<'_>> {
    let (_, node) = text
        .strip_prefix("Successfully assigned ")?
        .rsplit_once(" to ")?;
    Some(Message::Scheduled { node: node.trim() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_of_a_message_without_figures_is_known() {
        let image = "ghcr.io/a/b:1@sha256:00";
        let cases = [
            (
                "Pulling",
                "Pulling image \"ghcr.io/a/b:1@sha256:00\"",
                Message::Pulling { image },
            ),
            (
                "Pulling",
                "pulling image \"ghcr.io/a/b:1@sha256:00\"",
                Message::Pulling { image },
            ),
            (
                "BackOff",
                "Back-off pulling image \"ghcr.io/a/b:1@sha256:00\"",
                Message::BackOff { image },
            ),
            (
                "BackOff",
                "Back-off pulling image \"ghcr.io/a/b:1@sha256:00\": ErrImagePull: rpc error: code = NotFound",
                Message::BackOff { image },
            ),
            (
                "InspectFailed",
                "Failed to apply default image tag \"ghcr.io/a/b:1@sha256:00\": couldn't parse image name",
                Message::InvalidName { image },
            ),
            (
                "InspectFailed",
                "Failed to inspect image \"ghcr.io/a/b:1@sha256:00\": rpc error: code = Unavailable",
                Message::InspectFailed { image },
            ),
            (
                "ErrImageNeverPull",
                "Container image \"ghcr.io/a/b:1@sha256:00\" is not present with pull policy of Never",
                Message::ImageNeverPull { image },
            ),
            (
                "Failed",
                "Failed to pull image \"ghcr.io/a/b:1@sha256:00\": 429 Too Many Requests",
                Message::PullFailed {
                    image,
                    class: FailureClass::RateLimit,
                },
            ),
        ];
        for (reason, text, expected) in cases {
            assert_eq!(Message::parse(reason, text), expected, "{text}");
        }
    }

    #[test]
    fn what_goes_with_a_pod_is_known() {
        let cases = [
            (
                "Scheduled",
                "Successfully assigned default/a-0 to node-1",
                Message::Scheduled { node: "node-1" },
            ),
            (
                "Scheduled",
                "Successfully assigned a to b to node-1",
                Message::Scheduled { node: "node-1" },
            ),
            ("Created", "Created container app", Message::Created),
            ("Created", "Container created", Message::Created),
            ("Started", "Started container app", Message::Started),
            (
                "Evicted",
                "The node was low on resource: ephemeral-storage.",
                Message::Evicted,
            ),
            (
                "FreeDiskSpaceFailed",
                "failed to garbage collect required amount",
                Message::FreeDiskSpaceFailed,
            ),
            (
                "InvalidDiskCapacity",
                "invalid capacity 0 on image filesystem",
                Message::InvalidDiskCapacity,
            ),
        ];
        for (reason, text, expected) in cases {
            assert_eq!(Message::parse(reason, text), expected, "{text}");
        }
    }

    #[test]
    fn what_has_nothing_to_do_with_images_is_something_else() {
        let cases = [
            ("Failed", "Error: host IP unknown; known addresses: []"),
            (
                "Failed",
                "Error: services have not yet been read at least once, cannot construct envvars",
            ),
            ("Failed", "Error: CreateContainerConfigError"),
            ("Failed", "Error: ErrImagePulling"),
            (
                "Failed",
                "Error: failed to create containerd task: ErrImagePull",
            ),
            ("BackOff", "Back-off restarting failed container"),
            (
                "BackOff",
                "Back-off restarting failed container app in pod a-0_default(uid)",
            ),
            (
                "FailedScheduling",
                "0/4 nodes are available: pulling image \"a\"",
            ),
            ("Pulling", "Pulling image without quotes"),
            ("Pulling", "Pulling image \"cut in the mid"),
            ("Pulling", ""),
            ("Pulled", "Volume \"a\" was pulled"),
            ("Scheduled", "Successfully assigned"),
            ("", "Pulling image \"a\""),
        ];
        for (reason, text) in cases {
            assert_eq!(
                Message::parse(reason, text),
                Message::Other,
                "{reason}: {text}"
            );
        }
    }

    #[test]
    fn quotes_in_an_image_stay_escaped() {
        let text = r#"Failed to pull image "a\"b\\": couldn't parse image reference "a\"b": invalid reference format"#;
        let expected = Message::PullFailed {
            image: r#"a\"b\\"#,
            class: FailureClass::InvalidName,
        };
        assert_eq!(Message::parse("Failed", text), expected);
    }

    const REASONS: [&str; 8] = [
        "Pulling",
        "Pulled",
        "Failed",
        "BackOff",
        "InspectFailed",
        "ErrImageNeverPull",
        "Scheduled",
        "Killing",
    ];
    const BEGINNINGS: [&str; 7] = [
        "",
        "Pulling image ",
        "Successfully pulled image \"a\" in ",
        "Container image \"",
        "Failed to pull image \"",
        "Error: ",
        "Successfully assigned ",
    ];

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(
            reason in prop::sample::select(&REASONS[..]),
            beginning in prop::sample::select(&BEGINNINGS[..]),
            rest in "[\"\\\\ ().:0-9a-zµ]{0,40}|.{0,30}",
        ) {
            let _ = Message::parse(reason, &format!("{beginning}{rest}"));
        }

        #[test]
        fn any_image_that_go_can_quote_is_found(image in "[ -~]{0,40}") {
            let quoted = format!("{image:?}");
            let text = format!("Pulling image {quoted}");
            let raw = &quoted[1..quoted.len() - 1];
            prop_assert_eq!(Message::parse("Pulling", &text), Message::Pulling { image: raw });
        }
    }
}
