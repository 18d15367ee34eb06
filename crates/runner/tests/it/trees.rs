//! What lies in a folder, for comparison.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// All that counts of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) kind: &'static str,
    pub(crate) mode: u32,
    pub(crate) owner: (u32, u32),
    /// Seconds and nanoseconds since the epoch.
    pub(crate) modified: (i64, i64),
    /// A file's bytes, or their digest where they are many; or a symlink's target.
    pub(crate) content: Vec<u8>,
    pub(crate) device: u64,
    /// The other names of the same file.
    pub(crate) links: Vec<PathBuf>,
}

/// Reads a tree; the folder itself is left out.
pub(crate) fn tree(root: &Path) -> BTreeMap<PathBuf, Node> {
    let mut nodes = BTreeMap::new();
    let mut inodes: BTreeMap<u64, Vec<PathBuf>> = BTreeMap::new();
    walk(root, root, &mut nodes, &mut inodes);
    for names in inodes.into_values().filter(|names| names.len() > 1) {
        for name in &names {
            nodes.get_mut(name).unwrap().links = names.clone();
        }
    }
    nodes
}

fn walk(
    root: &Path,
    folder: &Path,
    nodes: &mut BTreeMap<PathBuf, Node>,
    inodes: &mut BTreeMap<u64, Vec<PathBuf>>,
) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        let name = path.strip_prefix(root).unwrap().to_owned();
        if !metadata.is_dir() {
            inodes.entry(metadata.ino()).or_default().push(name.clone());
        }
        nodes.insert(name, node(&path, &metadata));
        if metadata.is_dir() {
            walk(root, &path, nodes, inodes);
        }
    }
}

fn node(path: &Path, metadata: &fs::Metadata) -> Node {
    let file_type = metadata.file_type();
    let (kind, content) = if file_type.is_file() {
        (
            "file",
            fs::read(path).map_or(b"unreadable".to_vec(), summary),
        )
    } else if file_type.is_symlink() {
        (
            "symlink",
            fs::read_link(path)
                .unwrap()
                .into_os_string()
                .into_encoded_bytes(),
        )
    } else if file_type.is_dir() {
        ("folder", Vec::new())
    } else if file_type.is_fifo() {
        ("fifo", Vec::new())
    } else if file_type.is_char_device() {
        ("character device", Vec::new())
    } else {
        ("block device", Vec::new())
    };
    Node {
        kind,
        mode: metadata.mode() & 0o7777,
        owner: (metadata.uid(), metadata.gid()),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        content,
        device: metadata.rdev(),
        links: Vec::new(),
    }
}

/// What a failed comparison prints should be readable.
fn summary(content: Vec<u8>) -> Vec<u8> {
    if content.len() <= 64 {
        return content;
    }
    let digest = pullstudy_image::Digest::of(&content);
    format!("{} bytes with {digest}", content.len()).into_bytes()
}

/// Returns the names of a tree, as text.
pub(crate) fn names(root: &Path) -> Vec<String> {
    let names = tree(root).into_keys();
    names.map(|name| name.display().to_string()).collect()
}
