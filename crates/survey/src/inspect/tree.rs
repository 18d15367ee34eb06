//! A root filesystem without contents: names, what they stand for, and which layer each file came from.
//!
//! Paths mean what they mean to an unpacker inside a `chroot`: `..` stays inside, symlinks on the way are followed.

use std::collections::BTreeMap;

use super::waste::{WasteCause, WastedFile};
use super::way::{
    FileId, Folder, MAX_LINKS, MAX_NAME_BYTES, MAX_NAMES, MAX_PATH_BYTES, NodeId, PathError, ROOT,
    Walk, check_depth, push_name,
};

/// What to do about a folder that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Create,
    Fail,
}

#[derive(Debug)]
struct Node {
    kind: NodeKind,
    /// The layer that last put this name, or went through it: whiteouts of the same layer spare it.
    touched: u32,
    /// The layer that last pruned all below: what is there since then is its own.
    pruned: u32,
}

#[derive(Debug)]
enum NodeKind {
    Folder(BTreeMap<Box<[u8]>, NodeId>),
    File(FileId),
    Symlink(Box<[u8]>),
    Other,
}

/// What becomes a name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaf<'a> {
    /// An empty file of the current layer, to be filled by [`Tree::fill`].
    File,
    Symlink(&'a [u8]),
    Other,
}

/// A regular file.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileRecord {
    pub(super) size_bytes: u64,
    /// The layer whose tar holds the contents.
    pub(super) layer: u32,
    /// How many names lead to it.
    names: u32,
    /// Half of the SHA-256 of the contents: to tell whether another file holds the same.
    pub(super) content: [u8; 16],
}

/// The file system after the layers so far.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    free: Vec<NodeId>,
    files: Vec<FileRecord>,
    name_bytes: usize,
    wasted: Vec<WastedFile>,
    /// The length of the paths in `wasted`, which only grows.
    wasted_bytes: usize,
    /// What both lengths together may be.
    max_bytes: usize,
    /// Some wasted file had no room: the sums are no longer right.
    is_full: bool,
    layer: u32,
}

impl Tree {
    pub(super) fn new() -> Self {
        let root = Node {
            kind: NodeKind::Folder(BTreeMap::new()),
            touched: 0,
            pruned: 0,
        };
        Self {
            nodes: vec![root],
            free: Vec::new(),
            files: Vec::new(),
            name_bytes: 0,
            wasted: Vec::new(),
            wasted_bytes: 0,
            max_bytes: MAX_NAME_BYTES,
            is_full: false,
            layer: 0,
        }
    }

    /// Begins a layer; they are numbered from 1.
    pub(super) fn begin_layer(&mut self, number: u32) {
        self.layer = number;
    }

    /// Returns the files that nothing leads to any more, in the order in which they were lost.
    pub(super) fn wasted(&self) -> &[WastedFile] {
        &self.wasted
    }

    /// Returns the regular files that some name leads to.
    pub(super) fn surviving(&self) -> impl Iterator<Item = &FileRecord> {
        self.files.iter().filter(|file| file.names > 0)
    }

    /// Finds the folder that a path leads to, and counts it as put by this layer where it may be made.
    pub(super) fn folder(&mut self, path: &[u8], missing: Missing) -> Result<Folder, PathError> {
        let mut walk = Walk::new(path);
        while let Some(name) = walk.next()? {
            if name == b".." {
                walk.up();
                continue;
            }
            let node = match self.child(walk.folder.node(), &name) {
                Some(node) => node,
                None if missing == Missing::Create => self.make_folder(&walk.folder, &name)?,
                None => return Err(PathError::Missing),
            };
            match &self.nodes[node as usize].kind {
                NodeKind::Folder(_) => walk.down(node, &name),
                NodeKind::Symlink(target) => walk.follow(target)?,
                _ => return Err(PathError::NotAFolder),
            }
        }
        if missing == Missing::Create {
            for &node in &walk.folder.way {
                self.nodes[node as usize].touched = self.layer;
            }
        }
        Ok(walk.folder)
    }

    /// Puts a folder: one that is there stays.
    pub(super) fn put_folder(&mut self, folder: &Folder, name: &[u8]) -> Result<(), PathError> {
        check_depth(folder, name)?;
        if let Some(node) = self.child(folder.node(), name) {
            if let Node {
                kind: NodeKind::Folder(_),
                touched,
                ..
            } = &mut self.nodes[node as usize]
            {
                *touched = self.layer;
                return Ok(());
            }
            self.remove(folder, name, WasteCause::Overwritten);
        }
        self.insert(folder.node(), name, NodeKind::Folder(BTreeMap::new()))
            .map(drop)
    }

    /// Puts what is no folder, in place of what is there. Returns the file made, and the wasted file in whose place it is.
    pub(super) fn put_leaf(
        &mut self,
        folder: &Folder,
        name: &[u8],
        leaf: Leaf<'_>,
    ) -> Result<(Option<FileId>, Option<usize>), PathError> {
        check_depth(folder, name)?;
        if matches!(leaf, Leaf::Symlink(target) if target.len() >= MAX_PATH_BYTES) {
            return Err(PathError::TooLong);
        }
        let replaced = self.replace(folder, name);
        let kind = match leaf {
            Leaf::Symlink(target) => NodeKind::Symlink(target.into()),
            Leaf::Other => NodeKind::Other,
            Leaf::File => NodeKind::File(self.new_file()?),
        };
        let made = match kind {
            NodeKind::File(file) => Some(file),
            _ => None,
        };
        self.insert(folder.node(), name, kind)?;
        Ok((made, replaced))
    }

    /// Tells what the file just put holds. If the file in whose place it came held the same, that was wasted by a copy.
    pub(super) fn fill(
        &mut self,
        file: FileId,
        size_bytes: u64,
        content: [u8; 16],
        replaced: Option<usize>,
    ) {
        let record = &mut self.files[file as usize];
        (record.size_bytes, record.content) = (size_bytes, content);
        self.compare(file, replaced);
    }

    /// Looks at whether a name that lost its file leads to the same contents again.
    fn compare(&mut self, file: FileId, replaced: Option<usize>) {
        let Some(lost) = replaced.and_then(|index| self.wasted.get_mut(index)) else {
            return;
        };
        let file = &self.files[file as usize];
        if (lost.size_bytes, lost.content) == (file.size_bytes, file.content)
            && lost.cause == WasteCause::Overwritten
        {
            lost.cause = WasteCause::Rewritten;
        }
    }

    /// Gives one more name to what `target` names.
    pub(super) fn put_hard_link(
        &mut self,
        folder: &Folder,
        name: &[u8],
        (target_folder, target_name): (&[u8], &[u8]),
    ) -> Result<(), PathError> {
        check_depth(folder, name)?;
        let target_folder = self.folder(target_folder, Missing::Fail)?;
        let target = self.child(target_folder.node(), target_name);
        let target = target.ok_or(PathError::NoTarget)?;
        if target_folder.node() == folder.node() && target_name == name {
            self.nodes[target as usize].touched = self.layer;
            return Ok(());
        }
        let kind = match &self.nodes[target as usize].kind {
            NodeKind::Folder(_) => return Err(PathError::FolderTarget),
            NodeKind::File(file) => NodeKind::File(*file),
            NodeKind::Symlink(target) => NodeKind::Symlink(target.clone()),
            NodeKind::Other => NodeKind::Other,
        };
        // Counted before the old name goes, which may be another one of the same file.
        let file = match kind {
            NodeKind::File(file) => Some(file),
            _ => None,
        };
        if let Some(file) = file {
            self.files[file as usize].names += 1;
        }
        let replaced = self.replace(folder, name);
        if let Some(file) = file {
            self.compare(file, replaced);
        }
        self.insert(folder.node(), name, kind).map(drop)
    }

    /// Removes what lower layers put under a name of a folder, or under all its names. What is not there is no error.
    pub(super) fn white_out(&mut self, path: &[u8], name: Option<&[u8]>) -> Result<(), PathError> {
        let folder = match self.folder(path, Missing::Fail) {
            Err(PathError::Missing | PathError::NotAFolder) => return Ok(()),
            folder => folder?,
        };
        match name {
            Some(name) => self.prune(&folder, name),
            None => self.prune_all(&folder),
        }
        // A single whiteout can throw away a whole tree.
        self.check_room()
    }

    /// Once in a layer is enough: nothing of a lower one comes back.
    fn prune_all(&mut self, folder: &Folder) {
        let node = &mut self.nodes[folder.node() as usize];
        if std::mem::replace(&mut node.pruned, self.layer) == self.layer {
            return;
        }
        let NodeKind::Folder(children) = &self.nodes[folder.node() as usize].kind else {
            return;
        };
        let names: Vec<Box<[u8]>> = children.keys().cloned().collect();
        for name in names {
            self.prune(folder, &name);
        }
    }

    /// Removes a name and all below it, except what this layer put there.
    fn prune(&mut self, folder: &Folder, name: &[u8]) {
        let Some(node) = self.child(folder.node(), name) else {
            return;
        };
        if self.nodes[node as usize].touched != self.layer {
            self.remove(folder, name, WasteCause::Deleted);
            return;
        }
        let mut below = folder.clone();
        below.path = folder.path_of(name);
        below.way.push(node);
        self.prune_all(&below);
    }

    /// Returns what a path leads to if it is a regular file, symlinks followed.
    pub(super) fn file_at(&mut self, path: &[u8]) -> Option<FileId> {
        let mut path = path.to_vec();
        for _ in 0..MAX_LINKS {
            let (folder, name) = pullstudy_image::split_entry_path(&path)?;
            let folder = self.folder(&folder, Missing::Fail).ok()?;
            let node = self.child(folder.node(), &name)?;
            match &self.nodes[node as usize].kind {
                NodeKind::File(file) => return Some(*file),
                NodeKind::Symlink(target) if target.starts_with(b"/") => path = target.to_vec(),
                NodeKind::Symlink(target) => path = [&folder.path, &b"/"[..], target].concat(),
                _ => return None,
            }
        }
        None
    }

    /// Calls `visit` with the path of every name that is no folder.
    pub(super) fn each_path(&self, visit: &mut impl FnMut(&[u8])) {
        self.paths_below(ROOT, &mut Vec::new(), visit);
    }

    fn paths_below(&self, node: NodeId, path: &mut Vec<u8>, visit: &mut impl FnMut(&[u8])) {
        let NodeKind::Folder(children) = &self.nodes[node as usize].kind else {
            return visit(path);
        };
        for (name, &child) in children {
            let length = path.len();
            push_name(path, name);
            self.paths_below(child, path, visit);
            path.truncate(length);
        }
    }

    fn child(&self, folder: NodeId, name: &[u8]) -> Option<NodeId> {
        match &self.nodes[folder as usize].kind {
            NodeKind::Folder(children) => children.get(name).copied(),
            _ => None,
        }
    }

    fn make_folder(&mut self, folder: &Folder, name: &[u8]) -> Result<NodeId, PathError> {
        check_depth(folder, name)?;
        self.insert(folder.node(), name, NodeKind::Folder(BTreeMap::new()))
    }

    fn new_file(&mut self) -> Result<FileId, PathError> {
        let id = FileId::try_from(self.files.len()).map_err(|_| PathError::Full)?;
        self.check_room()?;
        self.files.push(FileRecord {
            size_bytes: 0,
            layer: self.layer,
            names: 1,
            content: [0; 16],
        });
        Ok(id)
    }

    fn check_room(&self) -> Result<(), PathError> {
        let names = self.nodes.len() - self.free.len();
        let is_full = names >= MAX_NAMES || self.files.len() >= 2 * MAX_NAMES;
        if is_full || self.is_full || !self.has_room_for(0) {
            Err(PathError::Full)
        } else {
            Ok(())
        }
    }

    /// Tells whether one more wasted file with a path of this length can be kept.
    fn has_room_for(&self, path_bytes: usize) -> bool {
        let bytes = self.name_bytes + self.wasted_bytes + path_bytes;
        self.wasted.len() < MAX_NAMES && bytes < self.max_bytes
    }

    fn insert(&mut self, folder: NodeId, name: &[u8], kind: NodeKind) -> Result<NodeId, PathError> {
        self.check_room()?;
        self.name_bytes += name.len() + target_bytes(&kind);
        let touched = self.layer;
        let node = Node {
            kind,
            touched,
            pruned: 0,
        };
        let id = match self.free.pop() {
            Some(id) => {
                self.nodes[id as usize] = node;
                id
            }
            None => {
                self.nodes.push(node);
                NodeId::try_from(self.nodes.len() - 1).map_err(|_| PathError::Full)?
            }
        };
        if let NodeKind::Folder(children) = &mut self.nodes[folder as usize].kind {
            children.insert(name.into(), id);
        }
        Ok(id)
    }

    /// Makes room for a name. Returns the wasted file, if that is what it stood for.
    fn replace(&mut self, folder: &Folder, name: &[u8]) -> Option<usize> {
        let node = self.child(folder.node(), name)?;
        let was_file = matches!(self.nodes[node as usize].kind, NodeKind::File(_));
        let before = self.wasted.len();
        self.remove(folder, name, WasteCause::Overwritten);
        (was_file && self.wasted.len() > before).then_some(before)
    }

    /// Removes a name and all below it.
    fn remove(&mut self, folder: &Folder, name: &[u8], cause: WasteCause) {
        let NodeKind::Folder(children) = &mut self.nodes[folder.node() as usize].kind else {
            return;
        };
        if let Some(node) = children.remove(name) {
            self.name_bytes -= name.len();
            self.forget(node, &mut folder.path_of(name), cause);
        }
    }

    fn forget(&mut self, node: NodeId, path: &mut Vec<u8>, cause: WasteCause) {
        let kind = std::mem::replace(&mut self.nodes[node as usize].kind, NodeKind::Other);
        self.free.push(node);
        self.name_bytes -= target_bytes(&kind);
        match kind {
            NodeKind::Folder(children) => {
                for (name, child) in children {
                    self.name_bytes -= name.len();
                    let length = path.len();
                    push_name(path, &name);
                    self.forget(child, path, cause);
                    path.truncate(length);
                }
            }
            NodeKind::File(file) => self.forget_file(file, path, cause),
            NodeKind::Symlink(_) | NodeKind::Other => {}
        }
    }

    fn forget_file(&mut self, file: FileId, path: &[u8], cause: WasteCause) {
        let record = &mut self.files[file as usize];
        record.names -= 1;
        if record.names > 0 || record.size_bytes == 0 {
            return;
        }
        let record = *record;
        if !self.has_room_for(path.len()) {
            self.is_full = true;
            return;
        }
        let is_own = record.layer == self.layer;
        self.wasted_bytes += path.len();
        self.wasted.push(WastedFile {
            path: path.into(),
            size_bytes: record.size_bytes,
            layer: record.layer,
            lost_in: self.layer,
            cause: if is_own { WasteCause::Repeated } else { cause },
            content: record.content,
        });
    }
}

fn target_bytes(kind: &NodeKind) -> usize {
    match kind {
        NodeKind::Symlink(target) => target.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put_file(tree: &mut Tree, folder: &[u8], name: &[u8]) -> Result<(), PathError> {
        let folder = tree.folder(folder, Missing::Create)?;
        let (file, replaced) = tree.put_leaf(&folder, name, Leaf::File)?;
        tree.fill(file.unwrap(), 1, [0; 16], replaced);
        Ok(())
    }

    #[test]
    fn paths_thrown_away_again_and_again_fill_the_tree() {
        let mut tree = Tree::new();
        tree.max_bytes = 10_000;
        tree.begin_layer(1);
        let deep = [b'd'; 200];
        let put = (0..100).find_map(|_| put_file(&mut tree, &deep, b"file").err());
        assert_eq!(put, Some(PathError::Full));
        assert!(tree.wasted_bytes < tree.max_bytes);
    }

    #[test]
    fn a_whiteout_of_more_than_can_be_kept_fills_the_tree() {
        let mut tree = Tree::new();
        tree.max_bytes = 10_000;
        tree.begin_layer(1);
        for number in 0..100 {
            put_file(&mut tree, &[b'd'; 200], &[number + 1]).unwrap();
        }
        tree.begin_layer(2);
        assert_eq!(tree.white_out(b"", None), Err(PathError::Full));
        assert!(tree.wasted_bytes < tree.max_bytes);
        assert!(tree.wasted().len() < 100);
    }
}
