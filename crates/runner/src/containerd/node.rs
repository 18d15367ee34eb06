//! A node: one containerd, what it is like, and what was pulled onto it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use pullstudy_image::Platform;
use serde_json::{Value, json};

use super::api::messages::Plugin;
use super::api::{Api, ApiError, CRI_NAMESPACE};
use super::ctr::Ctr;
use super::debug_log::DebugLog;
use super::engine::PullBy;
use super::problem::{ContainerdError, connect};
use super::removal::{Footprint, Left, remove};
use super::stored_image::{StoredImage, target_of};

/// The namespace of what `ctr` pulls for a study; nothing else is in it.
pub(super) const CTR_NAMESPACE: &str = "pullstudy";

/// containerd's own, where nothing is said.
const DEFAULT_SNAPSHOTTER: &str = "overlayfs";

/// On sandboxes: the study that they are of.
pub(super) const STUDY_LABEL: &str = "pullstudy.dev/study";

const SNAPSHOTTERS: &str = "io.containerd.snapshotter.v1";

/// One containerd.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) address: PathBuf,
    pub(super) api: Api,
    pub(super) way: Way,
    pub(super) platform: Platform,
    pub(super) log: Option<PathBuf>,
    /// What images are made of that were pulled here, by their names in the store.
    pub(super) known: HashMap<String, Footprint>,
    version: String,
    snapshotters: Vec<String>,
    /// The CRI's own, where it tells.
    configured: Option<String>,
}

/// How images get there.
#[derive(Clone, Debug)]
pub(super) enum Way {
    Cri,
    Ctr(Ctr),
}

/// What was on a node before a pull.
#[derive(Clone, Debug, Default)]
pub(super) struct Before {
    /// Digests of blobs, in whatever namespace, and chain ids of snapshots.
    pub(super) names: HashSet<String>,
    /// Whether the image itself was there.
    pub(super) has_image: bool,
}

impl Node {
    /// Connects to a containerd and looks what it can do.
    pub(super) async fn open(
        name: String,
        address: &Path,
        by: PullBy,
        log: Option<PathBuf>,
    ) -> Result<Self, ContainerdError> {
        let namespace = match by {
            PullBy::Cri => CRI_NAMESPACE,
            PullBy::Ctr => CTR_NAMESPACE,
        };
        let api = connect(address, namespace).await?;
        let version = api.version().await;
        let version = version.map_err(|source| ContainerdError::NotContainerd {
            address: address.to_owned(),
            source: source.into(),
        })?;
        let plugins = api.plugins().await;
        let plugins = plugins.map_err(ContainerdError::api(address, "list its plugins"))?;
        let (way, configured) = match by {
            PullBy::Cri => (Way::Cri, cri(&api, address, &plugins).await?),
            PullBy::Ctr => (Way::Ctr(Ctr::find(address).await?), None),
        };
        let made = api.make_namespace().await;
        made.map_err(ContainerdError::api(address, "make a namespace"))?;
        Ok(Self {
            name,
            address: address.to_owned(),
            api,
            way,
            platform: platform(&plugins),
            log,
            known: HashMap::new(),
            version,
            snapshotters: working(&plugins, SNAPSHOTTERS),
            configured,
        })
    }

    /// Returns what the image is to be unpacked with.
    pub(super) fn snapshotter<'a>(&'a self, wanted: Option<&'a str>) -> &'a str {
        let wanted = wanted.or(self.configured.as_deref());
        wanted.unwrap_or(DEFAULT_SNAPSHOTTER)
    }

    /// Looks whether images can be unpacked with a snapshotter.
    pub(super) fn check_snapshotter(&self, wanted: &str) -> Result<(), ContainerdError> {
        if let (Way::Cri, Some(configured)) = (&self.way, &self.configured)
            && configured != wanted
        {
            return Err(ContainerdError::SnapshotterIsSet {
                address: self.address.clone(),
                snapshotter: wanted.to_owned(),
                configured: configured.clone(),
            });
        }
        if self.snapshotters.iter().any(|known| known == wanted) {
            return Ok(());
        }
        Err(ContainerdError::NoSnapshotter {
            address: self.address.clone(),
            snapshotter: wanted.to_owned(),
            known: self.snapshotters.join(", "),
        })
    }

    /// Opens the log at its end.
    pub(super) async fn open_log(&self) -> Result<Option<DebugLog>, ContainerdError> {
        let Some(path) = &self.log else {
            return Ok(None);
        };
        let log = DebugLog::open(path).await;
        log.map(Some).map_err(|source| ContainerdError::Log {
            path: path.clone(),
            source,
        })
    }

    /// Looks what is on the node.
    pub(super) async fn before(&self, image: &str, snapshotter: &str) -> Result<Before, ApiError> {
        let mut names = HashSet::new();
        for namespace in self.api.namespaces().await? {
            let blobs = self.api.in_namespace(&namespace).blobs().await?;
            names.extend(blobs.into_iter().map(|blob| blob.digest));
        }
        let snapshots = self.api.snapshots(snapshotter).await?;
        names.extend(snapshots.into_iter().map(|snapshot| snapshot.name));
        let images = self.api.images().await?;
        let has_image = images.iter().any(|known| known.name == image);
        Ok(Before { names, has_image })
    }

    /// Removes an image, and looks what is left of it.
    pub(super) async fn remove(
        &mut self,
        image: &str,
        snapshotter: &str,
    ) -> Result<Left, ApiError> {
        if let Way::Ctr(_) = self.way {
            // A ctr that was killed leaves a lease for a day. This namespace has no others, and no pull goes on now.
            self.api.remove_leases().await?;
        }
        let images = self.api.images().await?;
        if let Some(target) = target_of(&images, image) {
            // What cannot be read was not pulled here, or not wholly; its name goes all the same.
            let stored = StoredImage::read(&self.api, target, &self.platform).await;
            if let Ok(stored) = stored {
                let footprint = Footprint::of(&stored, snapshotter);
                self.known.insert(image.to_owned(), footprint);
            }
            remove(&self.api, image).await?;
        }
        let Some(footprint) = self.known.get(image) else {
            return Ok(Left::default());
        };
        footprint.left(&self.api).await
    }

    /// Removes what a run of this study that was killed has left running.
    pub(super) async fn clear(&self, study: &str, pods: &HashSet<String>) -> Result<(), ApiError> {
        match &self.way {
            Way::Cri => {
                for sandbox in self.api.cri_sandboxes((STUDY_LABEL, study)).await? {
                    self.api.cri_remove_sandbox(&sandbox).await?;
                }
            }
            Way::Ctr(ctr) => {
                for container in self.api.containers().await? {
                    if pods.contains(&container) {
                        ctr.remove_container(&container).await;
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns the node as `kubectl get nodes -o json` prints it.
    pub(super) fn facts(&self, snapshotter: &str) -> Value {
        let by = match self.way {
            Way::Cri => "cri",
            Way::Ctr(_) => "ctr",
        };
        json!({
            "kind": "Node",
            "metadata": {
                "name": self.name,
                "annotations": {
                    "pullstudy.dev/socket": self.address.display().to_string(),
                    "pullstudy.dev/pulls-by": by,
                    "pullstudy.dev/snapshotter": snapshotter,
                },
            },
            "status": {
                "nodeInfo": {
                    "containerRuntimeVersion": format!("containerd://{}", self.version),
                    "operatingSystem": self.platform.os,
                    "architecture": self.platform.architecture,
                },
            },
        })
    }
}

/// Returns the snapshotter of the CRI, where it tells.
async fn cri(
    api: &Api,
    address: &Path,
    plugins: &[Plugin],
) -> Result<Option<String>, ContainerdError> {
    let settings = api.cri_settings().await.map_err(|error| {
        let failed = plugins.iter().filter(|plugin| plugin.id == "cri");
        let reason = failed
            .filter_map(|plugin| plugin.init_error.as_ref())
            .map(|error| error.message.clone())
            .next();
        ContainerdError::NoCri {
            address: address.to_owned(),
            reason: reason.unwrap_or_else(|| error.message().to_owned()),
        }
    })?;
    let settings: Value = serde_json::from_str(&settings).unwrap_or_default();
    let snapshotter = settings.pointer("/containerd/snapshotter");
    Ok(snapshotter.and_then(Value::as_str).map(str::to_owned))
}

fn working(plugins: &[Plugin], kind: &str) -> Vec<String> {
    let working = plugins
        .iter()
        .filter(|plugin| plugin.kind == kind && plugin.init_error.is_none());
    working.map(|plugin| plugin.id.clone()).collect()
}

/// Returns what images are pulled for: the first platform that a plugin of the runtime names.
fn platform(plugins: &[Plugin]) -> Platform {
    let mut named = plugins.iter().flat_map(|plugin| &plugin.platforms);
    let mut platform = Platform::linux_amd64();
    if let Some(first) = named.next() {
        platform.os.clone_from(&first.os);
        platform.architecture.clone_from(&first.architecture);
        platform.variant = Some(first.variant.clone()).filter(|variant| !variant.is_empty());
    }
    platform
}
