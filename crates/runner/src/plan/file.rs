//! A study as its file describes it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pullstudy_image::Reference;

use super::problem::ReadStudyError;
use super::{form, published};
use crate::PullPolicy;

/// What does nothing in as few bytes as possible; nodes mostly have it.
pub(crate) const PAUSE_IMAGE: &str = "registry.k8s.io/pause:3.10";

/// A study: what is pulled, on how many nodes, how often, and in which ways.
///
/// Read from `study.yaml`, or from one of the two forms of JSON that the published study has: `{tags, uri}`, and
/// `{"4": [{image, command, tasks, pre}]}`.
///
/// # Examples
///
/// ```
/// use pullstudy_runner::StudyFile;
///
/// let text = "images: {references: [ghcr.io/me/app:1]}\nnodes: [4, 8]\nrepeats: 3";
/// let study = StudyFile::parse("study.yaml", text)?;
/// assert_eq!((study.experiment.as_str(), study.repeats), ("study", 3));
/// assert_eq!(study.nodes, [4, 8]);
/// # Ok::<(), pullstudy_runner::ReadStudyError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StudyFile {
    /// Name of the experiment, and of a folder. Default: the file's name without its ending.
    pub experiment: String,
    /// What is pulled.
    pub images: ImageSource,
    /// On how many nodes at once; each number is a series of its own. Empty where the file does not say.
    pub nodes: Vec<u32>,
    /// How often everything is done, 1 or more. Default: 1.
    pub repeats: u32,
    /// The ways in which it is pulled. Default: one, which changes nothing.
    pub strategies: Vec<Strategy>,
    /// In which order. Default: at random with seed 0.
    pub order: Order,
    /// What happens to an image on its nodes between two pulls. Default: [`CachePolicy::Remove`].
    pub cache: CachePolicy,
    /// Whether the registry is asked for images that are present. Default: always.
    pub policy: PullPolicy,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// Labels for whatever the study creates.
    pub labels: BTreeMap<String, String>,
    /// Whether containers are to be started, and with what. Default: they are not waited for.
    pub run: Option<RunContainer>,
    /// Whether the first failed pull ends the study. Default: no, it is recorded.
    pub stop_on_failure: bool,
    /// What the engine `kubernetes` needs to know.
    pub kubernetes: KubernetesSettings,
    /// What the engine `containerd` needs to know.
    pub containerd: ContainerdSettings,
    /// Commands of the published study's file, by image: flags of `flux submit`, told and not run.
    pub flux_commands: BTreeMap<String, String>,
}

/// Where the images of a study are listed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ImageSource {
    /// A sizes file of `crafter`: every image that it plans.
    Sizes {
        /// The file; relative to the study's own.
        file: PathBuf,
        /// The repository that they are in, in place of the one in that file.
        uri: Option<String>,
    },
    /// These.
    References(Vec<Reference>),
    /// All tags of a repository.
    Repository(Reference),
    /// A list for each number of nodes.
    ByNodes(BTreeMap<u32, Vec<Reference>>),
}

/// A way of pulling: a name, and what differs. A strategy without differences is the study's own settings.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Strategy {
    /// Its name, part of the experiment's where there are several.
    pub name: String,
    /// Host and port to pull from instead: a mirror, a registry next door.
    pub registry: Option<String>,
    /// Whether the registry is asked for images that are present.
    pub policy: Option<PullPolicy>,
    /// Labels that nodes must have (engine `kubernetes`): those with a local disk, with image streaming.
    pub node_selector: BTreeMap<String, String>,
    /// Runtime class of the pods (engine `kubernetes`).
    pub runtime_class: Option<String>,
    /// Snapshotter to unpack with (engine `containerd`).
    pub snapshotter: Option<String>,
    /// How many layers of an image are downloaded at once (engine `local`).
    pub downloads: Option<NonZeroUsize>,
}

/// In which order the steps are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// At random, each repeat a block of its own: so that the time of day is not confounded with the size.
    Random {
        /// What the order derives from.
        seed: u64,
    },
    /// As they stand in the file: nodes, then strategies, then images.
    AsWritten,
}

/// What happens to an image on its nodes before and after a pull.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CachePolicy {
    /// It is removed, and it is made sure that nothing of it was left: the pull is cold.
    #[default]
    Remove,
    /// It stays: the next pull finds what it finds.
    Keep,
    /// Nothing is removed; a pull that finds the image there is told.
    Check,
}

/// How long things may take before they are given up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// One image on all nodes, from the first request to the last container. Default: 1 h.
    pub image: Duration,
    /// Pods find a node, and the cluster makes pods. Default: 10 min, for those that add nodes when these are wanted.
    pub scheduling: Duration,
    /// What was created is gone after it was deleted. Default: 5 min.
    pub removal: Duration,
    /// Events that come after the containers they tell of. Default: 15 s.
    pub late_events: Duration,
}

/// What is run in the containers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunContainer {
    /// The command; the image's own where there is none.
    pub command: Vec<String>,
}

/// What the engine `kubernetes` needs to know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct KubernetesSettings {
    /// Name of the study's own namespace. Default: made from the study's identity.
    pub namespace: Option<String>,
    /// Whether the namespace stays when the study has ended.
    pub keep_namespace: bool,
    /// Labels that nodes must have.
    pub node_selector: BTreeMap<String, String>,
    /// Taints that the pods put up with.
    pub tolerations: Vec<Toleration>,
    /// Names of secrets in the study's namespace with credentials for registries.
    pub pull_secrets: Vec<String>,
    /// An image whose container does not end, such as Kubernetes' own `pause`: a second container of each pod, which
    /// keeps it on its node until the step is over, so that no node gets two. Default: `registry.k8s.io/pause:3.10`; with
    /// `None` pods may end before the last has a node, and nodes where they ended may get a second.
    pub hold_image: Option<String>,
    /// An image with `crictl`, run on each node to remove what was pulled there (`cache: remove`).
    pub cleaner_image: Option<String>,
    /// Where containerd listens on the nodes, for the cleaner. Default: `/run/containerd/containerd.sock`.
    pub containerd_socket: Option<String>,
    /// What each pod asks for, such as `cpu: 10m`. Default: nothing, so that it fits everywhere.
    pub requests: BTreeMap<String, String>,
}

/// A taint that pods put up with, in Kubernetes' words.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Toleration {
    /// The taint's key; all of them where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `Exists` or `Equal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// The taint's value, with `Equal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`; all of them where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
}

/// What the engine `containerd` needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContainerdSettings {
    /// Sockets, one a node.
    pub addresses: Vec<PathBuf>,
}

impl Default for KubernetesSettings {
    fn default() -> Self {
        Self {
            namespace: None,
            keep_namespace: false,
            node_selector: BTreeMap::new(),
            tolerations: Vec::new(),
            pull_secrets: Vec::new(),
            hold_image: Some(PAUSE_IMAGE.to_owned()),
            cleaner_image: None,
            containerd_socket: None,
            requests: BTreeMap::new(),
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            image: Duration::from_secs(3_600),
            scheduling: Duration::from_secs(600),
            removal: Duration::from_secs(300),
            late_events: Duration::from_secs(15),
        }
    }
}

impl StudyFile {
    /// Describes a study of these images; everything else has its default.
    #[must_use]
    pub fn new(experiment: impl Into<String>, images: ImageSource) -> Self {
        Self {
            experiment: experiment.into(),
            images,
            nodes: Vec::new(),
            repeats: 1,
            strategies: vec![Strategy {
                name: "default".to_owned(),
                ..Strategy::default()
            }],
            order: Order::Random { seed: 0 },
            cache: CachePolicy::default(),
            policy: PullPolicy::default(),
            timeouts: Timeouts::default(),
            labels: BTreeMap::new(),
            run: None,
            stop_on_failure: false,
            kubernetes: KubernetesSettings::default(),
            containerd: ContainerdSettings::default(),
            flux_commands: BTreeMap::new(),
        }
    }

    /// Reads a file: YAML of ours, or JSON of the published study's.
    ///
    /// # Errors
    ///
    /// [`ReadStudyError`] if it cannot be read or is no study.
    pub fn read(path: &Path) -> Result<Self, ReadStudyError> {
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&file, &text),
            Err(source) => Err(ReadStudyError::Io { file, source }),
        }
    }

    /// Reads a text; `file` is what messages call it, and its stem the experiment's default name.
    ///
    /// # Errors
    ///
    /// [`ReadStudyError::Form`] if it is no study.
    pub fn parse(file: &str, text: &str) -> Result<Self, ReadStudyError> {
        let stem = Path::new(file).file_stem().unwrap_or_default();
        let stem = stem.to_string_lossy().into_owned();
        match published::parse(file, &stem, text)? {
            Some(study) => Ok(study),
            None => form::parse(file, stem, text),
        }
    }
}
