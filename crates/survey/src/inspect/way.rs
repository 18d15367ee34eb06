//! Ways through a tree of names, taken as inside a `chroot`: `..` stays inside, symlinks are followed.

use std::collections::VecDeque;

use pullstudy_image::path_names;

/// Names that an image may have at a time, and files it may throw away: the largest real ones have a tenth.
pub(super) const MAX_NAMES: usize = 4_000_000;

/// The length of all these names, and of the paths of what is thrown away, together.
pub(super) const MAX_NAME_BYTES: usize = 512 << 20;

/// Folders in folders, as deep as our own unpacker goes.
const MAX_DEPTH: usize = 256;

/// Linux's `PATH_MAX` and `NAME_MAX`: what is longer cannot be unpacked.
pub(super) const MAX_PATH_BYTES: usize = 4096;
const MAX_FILE_NAME_BYTES: usize = 255;

/// Symlinks followed in one path, as containerd does.
pub(super) const MAX_LINKS: usize = 255;

/// Names looked at in one path, those of symlinks included: a few links that name one another can make millions.
const MAX_STEPS: usize = 16_384;

/// Why an entry cannot be put into the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PathError {
    #[error("a folder on the way is not there")]
    Missing,
    #[error("something on the way is no folder")]
    NotAFolder,
    #[error("symlinks lead in a circle")]
    Circle,
    #[error("the path is longer than Linux takes")]
    TooLong,
    #[error("the hard link's target is not there")]
    NoTarget,
    #[error("a hard link to a folder")]
    FolderTarget,
    #[error(
        "more than {MAX_NAMES} names, or {MAX_NAME_BYTES} bytes of them and of wasted paths, are not kept"
    )]
    Full,
}

/// A name in the tree.
pub(super) type NodeId = u32;
/// What one or more names lead to.
pub(super) type FileId = u32;

pub(super) const ROOT: NodeId = 0;

/// A folder, and the way to it from the root.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) way: Vec<NodeId>,
    pub(super) path: Vec<u8>,
}

impl Folder {
    pub(super) fn node(&self) -> NodeId {
        *self.way.last().expect("the root is always on the way")
    }

    pub(super) fn path_of(&self, name: &[u8]) -> Vec<u8> {
        let mut path = self.path.clone();
        push_name(&mut path, name);
        path
    }

    /// Tells whether a name in this folder has one of these paths.
    pub(super) fn is_one_of(&self, paths: &[&[u8]], name: &[u8]) -> bool {
        paths.contains(&&self.path_of(name)[..])
    }
}

pub(super) fn push_name(path: &mut Vec<u8>, name: &[u8]) {
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}

/// Refuses a name that Linux would refuse, or that would lie too deep.
pub(super) fn check_depth(folder: &Folder, name: &[u8]) -> Result<(), PathError> {
    let is_long = folder.path.len() + 1 + name.len() >= MAX_PATH_BYTES;
    if is_long || name.len() > MAX_FILE_NAME_BYTES || folder.way.len() > MAX_DEPTH {
        return Err(PathError::TooLong);
    }
    Ok(())
}

/// A path on its way to a folder.
pub(super) struct Walk {
    pending: VecDeque<Vec<u8>>,
    pub(super) folder: Folder,
    links: usize,
    steps: usize,
}

impl Walk {
    pub(super) fn new(path: &[u8]) -> Self {
        Self {
            pending: path_names(path).map(<[u8]>::to_vec).collect(),
            folder: Folder {
                way: vec![ROOT],
                path: Vec::new(),
            },
            links: 0,
            steps: 0,
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, PathError> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(PathError::TooLong);
        }
        Ok(self.pending.pop_front())
    }

    pub(super) fn down(&mut self, node: NodeId, name: &[u8]) {
        self.folder.way.push(node);
        push_name(&mut self.folder.path, name);
    }

    /// Goes one folder up, and stays at the root.
    pub(super) fn up(&mut self) {
        if self.folder.way.len() > 1 {
            self.folder.way.pop();
            let end = self.folder.path.iter().rposition(|&byte| byte == b'/');
            self.folder.path.truncate(end.unwrap_or(0));
        }
    }

    pub(super) fn follow(&mut self, target: &[u8]) -> Result<(), PathError> {
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(PathError::Circle);
        }
        if target.starts_with(b"/") {
            self.folder.way.truncate(1);
            self.folder.path.clear();
        }
        for name in path_names(target).rev() {
            self.pending.push_front(name.to_vec());
        }
        Ok(())
    }
}
