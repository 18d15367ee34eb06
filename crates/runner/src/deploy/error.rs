//! Why no manifests can be made.

use std::path::PathBuf;

use pullstudy_image::Reference;

/// Why no manifests can be made of what was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// A name breaks RFC 1123's rule for labels, which Kubernetes applies to it.
    #[error(
        "{what} {text:?} is no RFC 1123 label: expected up to {most} lower-case letters, digits and hyphens, \
         with a letter or digit at both ends"
    )]
    Name {
        /// What it names.
        what: &'static str,
        /// What was given.
        text: String,
        /// The greatest length.
        most: usize,
    },
    /// A namespace that others made would be labelled as ours.
    #[error(
        "the namespace {namespace:?} is the cluster's own: choose another, or say that it exists, so that it is left as it is"
    )]
    ForeignNamespace {
        /// What was given.
        namespace: String,
    },
    /// The study's namespace holds its account and its results, too, and is none that a study may use alone.
    #[error(
        "the study and what runs it cannot both be in the namespace {namespace}: they need one each"
    )]
    OneNamespace {
        /// The namespace.
        namespace: String,
    },
    /// A right to create secrets in all namespaces would be one to any account's token.
    #[error(
        "the study copies the secret {secret} into its namespace, and does not say which that is: name it in the study's file"
    )]
    SecretsAnywhere {
        /// The secret, as the study names it.
        secret: String,
    },
    /// No name of a secret in another namespace.
    #[error("{text:?} names no secret: expected NAMESPACE/NAME")]
    Secret {
        /// What was given.
        text: String,
    },
    /// No label of a node reads so.
    #[error("{text:?} is no label of a node: expected KEY=VALUE, such as disk=ssd")]
    NodeSelector {
        /// What was given.
        text: String,
    },
    /// No size of a volume.
    #[error("{text:?} is no size of a volume: expected a number above 0 with a unit, such as 10Gi")]
    Quantity {
        /// What was given.
        text: String,
    },
    /// A number that must not be zero.
    #[error("{what} must be above 0")]
    Zero {
        /// What the number is.
        what: &'static str,
    },
    /// Neither a number above 0 nor a share.
    #[error("{text:?} is no number of nodes: expected a number above 0, or a share such as 10%")]
    NodeCount {
        /// What was given.
        text: String,
    },
    /// There is nothing to preload.
    #[error("there is no image to preload")]
    NoImage,
    /// An image that is named twice would be pulled once, and counted twice.
    #[error("{image} is named twice")]
    ImageTwice {
        /// The image.
        image: Reference,
    },
    /// A pattern that can match no image.
    #[error(
        "{text:?} is no pattern of images to keep: expected text without blanks, such as '*/my-org/*'"
    )]
    Pattern {
        /// What was given.
        text: String,
    },
    /// A path on a node that is not absolute, or leads elsewhere than it says.
    #[error("{what} {} is no absolute path without `..`", path.display())]
    HostPath {
        /// What it is the path of.
        what: &'static str,
        /// What was given.
        path: PathBuf,
    },
    /// No registry to mirror.
    #[error(
        "{text:?} is no registry to mirror: expected HOST[:PORT], or HOST[:PORT]=URL where it is reached elsewhere"
    )]
    Upstream {
        /// What was given.
        text: String,
    },
    /// Two mirrors of one registry.
    #[error("the registry {host} is named twice")]
    UpstreamTwice {
        /// Host and port.
        host: String,
    },
    /// Two registries whose mirrors would have one name.
    #[error(
        "the mirrors of {one} and {other} would both be named {name}: deploy them under two names"
    )]
    UpstreamsAlike {
        /// A registry.
        one: String,
        /// Another.
        other: String,
        /// The name of both.
        name: String,
    },
    /// No address of a mirror.
    #[error("{text:?} is no address of a mirror: expected HOST:PORT, as nodes reach it")]
    Address {
        /// What was given.
        text: String,
    },
    /// No URL that a node could download from.
    #[error("{text:?} is no URL to download from: expected https://HOST/PATH")]
    DownloadUrl {
        /// What was given.
        text: String,
    },
    /// No SHA-256.
    #[error("{text:?} is no SHA-256: expected 64 hexadecimal digits")]
    Sha256 {
        /// What was given.
        text: String,
    },
    /// A document that `kubectl apply` could not store beside its own copy.
    #[error(
        "the {kind} {name} has {bytes} bytes, and kubectl apply takes {most}: deploy it in parts, under several names"
    )]
    TooLarge {
        /// Kind of the document.
        kind: String,
        /// Its name.
        name: String,
        /// Its size as JSON.
        bytes: usize,
        /// The greatest size.
        most: usize,
    },
}
