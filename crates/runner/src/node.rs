//! A node of this machine: a folder with a content store and unpacked images.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use pullstudy_image::{Digest, Image, Reference};
use serde::{Deserialize, Serialize};

use crate::RootFilesystem;
use crate::chain_ids::chain_ids;
use crate::content_store::{ContentStore, StoreError, write_whole};
use crate::unpack::{UnpackError, Unpacked};

/// Marks a folder as one that may be emptied.
const MARKER: &str = ".pullstudy-node";

/// Version of the records of images.
const FORMAT_VERSION: u32 = 1;

/// Why a node could not be set up or emptied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The folder holds something else than a node.
    #[error("{} is not empty and no node's folder; choose a new folder for the nodes", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// The folder cannot be made, read or emptied.
    #[error("the node cannot be set up")]
    Store {
        /// Where and why.
        source: StoreError,
    },
}

/// A node.
///
/// ```text
/// node-0/
///   .pullstudy-node          marks the folder
///   content/blobs/sha256/…   blobs, whole
///   content/ingest/…         blobs, on their way
///   snapshots/<chain id>/    root filesystems, one an image, whole
///   snapshots/<n>.partial/   root filesystems, on their way
///   images/<…>.json          one record a reference, written last
/// ```
#[derive(Debug)]
pub(crate) struct Node {
    name: String,
    root: PathBuf,
    content: ContentStore,
    next_partial: AtomicU64,
}

/// What a reference stands for on a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeImage {
    format_version: u32,
    reference: String,
    manifest: Digest,
    config: Digest,
    snapshot: String,
    /// Index, manifest, config and layers as stored: what a kubelet calls the image's size.
    pub(crate) image_size_bytes: u64,
}

impl Node {
    /// Opens a node's folder, or makes an empty one. What a killed process left half-made is removed.
    pub(crate) fn open(name: String, root: PathBuf) -> Result<Self, NodeError> {
        refuse_foreign(&root)?;
        let store = |source| NodeError::Store { source };
        // Unpacked images hold setuid programs: nobody else has business here.
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(&root);
        made.map_err(StoreError::at(&root)).map_err(store)?;
        write_whole(&root.join(MARKER), b"").map_err(store)?;
        let content = ContentStore::open(root.join("content")).map_err(store)?;
        let node = Self {
            name,
            root,
            content,
            next_partial: AtomicU64::new(0),
        };
        node.clear_partials().map_err(store)?;
        Ok(node)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn content(&self) -> &ContentStore {
        &self.content
    }

    fn clear_partials(&self) -> Result<(), StoreError> {
        let snapshots = self.root.join("snapshots");
        for folder in [&snapshots, &self.root.join("images")] {
            fs::create_dir_all(folder).map_err(StoreError::at(folder))?;
        }
        for entry in fs::read_dir(&snapshots).map_err(StoreError::at(&snapshots))? {
            let path = entry.map_err(StoreError::at(&snapshots))?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "partial")
            {
                fs::remove_dir_all(&path).map_err(StoreError::at(path))?;
            }
        }
        Ok(())
    }

    /// Returns what a reference stands for, if the image is wholly there.
    pub(crate) fn image(&self, reference: &Reference) -> Option<NodeImage> {
        let record = fs::read(self.record_path(reference)).ok()?;
        let image: NodeImage = serde_json::from_slice(&record).ok()?;
        let is_whole =
            image.format_version == FORMAT_VERSION && self.snapshot_path(&image.snapshot).is_dir();
        is_whole.then_some(image)
    }

    /// Records that a reference stands for an image whose snapshot is there.
    pub(crate) fn record(
        &self,
        reference: &Reference,
        image: &Image,
        image_size_bytes: u64,
    ) -> Result<NodeImage, StoreError> {
        let record = NodeImage {
            format_version: FORMAT_VERSION,
            reference: reference.to_string(),
            manifest: image.manifest().digest(),
            config: image.manifest().config().digest,
            snapshot: chain_id(image),
            image_size_bytes,
        };
        let text = serde_json::to_vec(&record).expect("a record of strings and numbers is JSON");
        write_whole(&self.record_path(reference), &text)?;
        Ok(record)
    }

    /// Tells whether an image is unpacked, under whatever reference.
    pub(crate) fn is_unpacked(&self, image: &Image) -> bool {
        self.snapshot_path(&chain_id(image)).is_dir()
    }

    /// Starts to unpack an image.
    pub(crate) fn start_snapshot(&self, image: &Image) -> Result<Snapshot, UnpackError> {
        let number = self.next_partial.fetch_add(1, Ordering::Relaxed);
        let partial = self
            .root
            .join("snapshots")
            .join(format!("{number}.partial"));
        Ok(Snapshot {
            root: RootFilesystem::create(partial)?,
            target: self.snapshot_path(&chain_id(image)),
        })
    }

    fn snapshot_path(&self, chain_id: &str) -> PathBuf {
        self.root.join("snapshots").join(chain_id)
    }

    fn record_path(&self, reference: &Reference) -> PathBuf {
        let name = Digest::of(reference.to_string().as_bytes()).hex();
        self.root.join("images").join(name).with_extension("json")
    }
}

/// Returns the name of a node, and of its folder.
pub(crate) fn node_name(number: u32) -> String {
    format!("node-{number}")
}

/// Removes all nodes in a folder, and the folder if nothing else lies in it.
pub(crate) fn remove_nodes(nodes_dir: &Path) -> Result<(), StoreError> {
    let entries = match fs::read_dir(nodes_dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(StoreError::at(nodes_dir))?,
    };
    for entry in entries {
        let path = entry.map_err(StoreError::at(nodes_dir))?.path();
        if path.join(MARKER).exists() {
            fs::remove_dir_all(&path).map_err(StoreError::at(path))?;
        }
    }
    // Fails where something else lies in it, which is then to stay.
    let _ = fs::remove_dir(nodes_dir);
    Ok(())
}

fn refuse_foreign(root: &Path) -> Result<(), NodeError> {
    let is_empty = match fs::read_dir(root) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => {
            let source = StoreError::at(root)(error);
            return Err(NodeError::Store { source });
        }
    };
    if is_empty || root.join(MARKER).exists() {
        return Ok(());
    }
    Err(NodeError::Foreign {
        path: root.to_owned(),
    })
}

/// A root filesystem on its way. Dropped before it is committed, it is removed.
#[derive(Debug)]
pub(crate) struct Snapshot {
    root: RootFilesystem,
    target: PathBuf,
}

impl Snapshot {
    /// Applies the next layer.
    pub(crate) fn apply(
        &mut self,
        content: &ContentStore,
        layer: &pullstudy_image::Layer,
    ) -> Result<Unpacked, ApplyError> {
        let stored = content
            .open_blob(&layer.digest())
            .map_err(ApplyError::Store)?;
        let applied = self.root.apply(stored, layer.compression, &layer.diff_id);
        applied.map_err(ApplyError::Unpack)
    }

    /// Makes the root filesystem visible under its chain id.
    pub(crate) fn commit(self) -> Result<(), StoreError> {
        fs::rename(self.root.path(), &self.target).map_err(StoreError::at(&self.target))
    }
}

/// A layer could not be read, or not be applied.
#[derive(Debug)]
pub(crate) enum ApplyError {
    Store(StoreError),
    Unpack(UnpackError),
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // After the rename there is nothing left to remove; what resists is removed when the node is opened again.
        let _ = fs::remove_dir_all(self.root.path());
    }
}

/// Returns what names an image's root filesystem: the chain id of its last layer.
fn chain_id(image: &Image) -> String {
    let last = chain_ids(image).pop();
    // An image without layers is an empty folder.
    last.map_or_else(|| "empty".to_owned(), |chain| chain.replace(':', "-"))
}
