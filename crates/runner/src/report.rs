//! What a study found, and what to know before relying on it.

use std::fmt;
use std::path::PathBuf;

use pullstudy_events::PullTrace;
use pullstudy_image::Reference;

use crate::{PullError, Skipped};

/// What a [`LocalStudy`](crate::LocalStudy) found.
#[derive(Debug)]
#[non_exhaustive]
pub struct LocalReport {
    /// One entry for each image and node, in the order of the images, then of the nodes.
    pub pulls: Vec<LocalPull>,
    /// What a reader of the figures must know; to be shown with them.
    pub caveats: Vec<Caveat>,
    /// The file of events.
    pub events_file: PathBuf,
    /// The file of traces.
    pub trace_file: PathBuf,
}

/// One image wanted on one node.
#[derive(Debug)]
#[non_exhaustive]
pub struct LocalPull {
    /// What was asked for.
    pub image: Reference,
    /// The node's name.
    pub node: String,
    /// How it ended.
    pub outcome: LocalOutcome,
    /// How often it was tried; 0 if the image was present.
    pub attempts: usize,
    /// Where the time went; `None` if the image was present. The rows of several attempts are added up.
    pub trace: Option<PullTrace>,
    /// What could not be unpacked on this machine.
    pub skipped: Skipped,
    /// Layers whose blobs were on the node before, and that were unpacked once more.
    pub layers_reused: u32,
}

/// How a wish for an image ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum LocalOutcome {
    /// The image is on the node now.
    Pulled {
        /// Index, manifest, config and layers as stored: the kubelet's "image size".
        image_size_bytes: u64,
    },
    /// The image was on the node before.
    Present,
    /// All attempts failed.
    Failed {
        /// Why the last one did.
        error: Box<PullError>,
    },
}

/// Something that limits what a study's figures mean.
///
/// Its text is one for people: the cause, what it may do to the result, and which option helps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Caveat {
    /// Several nodes share this machine.
    SharedMachine {
        /// How many nodes.
        nodes: u32,
        /// How many processor cores they share; `None` if the system does not tell.
        cores: Option<usize>,
    },
    /// The registry runs on this machine as well.
    LocalRegistry {
        /// Where it listens.
        registry: String,
    },
    /// Parts of the images could not be unpacked.
    Skipped {
        /// What, added up over all pulls.
        skipped: Skipped,
    },
    /// Layers that were on a node already were unpacked once more.
    UnpackedAgain {
        /// How many, added up over all pulls.
        layers: u64,
    },
}

impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SharedMachine { nodes, cores } => {
                write!(f, "{nodes} nodes share ")?;
                match cores {
                    Some(1) => write!(f, "the one core")?,
                    Some(cores) => write!(f, "the {cores} cores")?,
                    None => write!(f, "the cores")?,
                }
                write!(
                    f,
                    " and the disk of this machine: real nodes would hash, inflate and write faster than these; \
                     use one node to measure what a node can do alone"
                )
            }
            Self::LocalRegistry { registry } => write!(
                f,
                "the registry {registry} runs on this machine and takes part of its cores: wire times hold for its \
                 set bandwidth at best; use a registry elsewhere to measure a real wire"
            ),
            Self::Skipped { skipped } => write!(
                f,
                "{} devices, {} owners and {} extended attributes were not set, for lack of rights or support by the \
                 file system: writing is slightly cheaper than on a real node; run as root to set them",
                skipped.devices, skipped.owners, skipped.xattrs
            ),
            Self::UnpackedAgain { layers } => write!(
                f,
                "{layers} layers that were on a node before were unpacked again, which containerd would not do: \
                 writing is dearer than on a real node; do not keep the nodes between images to measure cold pulls"
            ),
        }
    }
}

/// Collects what limits the figures of these pulls.
pub(crate) fn caveats(nodes: u32, pulls: &[LocalPull]) -> Vec<Caveat> {
    let mut caveats = Vec::new();
    if nodes > 1 {
        let cores = std::thread::available_parallelism().ok().map(usize::from);
        caveats.push(Caveat::SharedMachine { nodes, cores });
    }
    let mut local: Vec<&str> = pulls
        .iter()
        .filter(|pull| pull.image.is_loopback())
        .map(|pull| pull.image.registry())
        .collect();
    local.sort_unstable();
    local.dedup();
    caveats.extend(local.into_iter().map(|registry| Caveat::LocalRegistry {
        registry: registry.to_owned(),
    }));
    let mut skipped = Skipped::default();
    pulls.iter().for_each(|pull| skipped.add(&pull.skipped));
    if skipped != Skipped::default() {
        caveats.push(Caveat::Skipped { skipped });
    }
    let layers: u64 = pulls.iter().map(|pull| u64::from(pull.layers_reused)).sum();
    if layers > 0 {
        caveats.push(Caveat::UnpackedAgain { layers });
    }
    caveats
}
