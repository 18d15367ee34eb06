//! The entries of a layer, carried out on the tree.

use std::collections::HashMap;
use std::io::BufRead;

use pullstudy_image::{
    Algorithm, EntryName, Hasher, TarContentError, TarEntry, TarEntryKind, TarError, TarStream,
    split_entry_path,
};

use super::tree::{Leaf, Missing, Tree};
use super::way::{FileId, Folder, PathError};

/// Where a distribution says who it is; see os-release(5).
const OS_RELEASE: [&[u8]; 2] = [b"etc/os-release", b"usr/lib/os-release"];

/// Such files have a few hundred bytes. The rest of a larger one is not kept.
const MAX_OS_RELEASE_BYTES: usize = 16 << 10;

/// So many of them are kept: layers replace them at most a few times.
const MAX_OS_RELEASES: usize = 64;

/// What the tar of a layer holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Entries of all kinds but those of the root itself.
    pub(super) entries: u64,
    pub(super) files: u64,
    pub(super) directories: u64,
    pub(super) symlinks: u64,
    pub(super) hard_links: u64,
    pub(super) others: u64,
    pub(super) whiteouts: u64,
    /// Sum of the regular files' sizes.
    pub(super) unpacked_bytes: u64,
    /// Entries that an engine would not unpack, and the first of them.
    pub(super) unusable: u64,
    pub(super) first_unusable: Option<String>,
}

/// The tree, and what is kept beside it.
#[derive(Debug)]
pub(super) struct RootImage {
    pub(super) tree: Tree,
    os_releases: HashMap<FileId, Vec<u8>>,
}

/// Why an entry ends a layer.
#[derive(Debug, thiserror::Error)]
pub(super) enum WalkError {
    #[error(transparent)]
    Tar(TarError),
    #[error(transparent)]
    Full(PathError),
}

/// Why an entry cannot be unpacked.
enum Unusable {
    Path(PathError),
    Whiteout,
    Type(u8),
}

impl From<PathError> for Unusable {
    fn from(error: PathError) -> Self {
        Self::Path(error)
    }
}

impl RootImage {
    pub(super) fn new() -> Self {
        Self {
            tree: Tree::new(),
            os_releases: HashMap::new(),
        }
    }

    /// Carries out all entries of a layer's tar, which is read to its end.
    pub(super) fn apply<R: BufRead>(
        &mut self,
        tar: &mut TarStream<R>,
        counts: &mut Counts,
    ) -> Result<(), WalkError> {
        let mut parent = Parent::default();
        while let Some(entry) = tar.next_entry().map_err(WalkError::Tar)? {
            if entry.kind == TarEntryKind::GlobalHeader {
                continue;
            }
            let Some((folder, name)) = split_entry_path(&entry.path) else {
                continue;
            };
            counts.entries += 1;
            match self.entry(&entry, (&folder, &name), &mut parent, tar, counts)? {
                Ok(()) => {}
                Err(Unusable::Path(PathError::Full)) => {
                    return Err(WalkError::Full(PathError::Full));
                }
                Err(reason) => counts.note(&entry, &reason),
            }
        }
        tar.drain().map_err(WalkError::Tar)
    }

    /// Returns the text of the os-release that a container would see.
    pub(super) fn os_release(&mut self) -> Option<&[u8]> {
        let file = OS_RELEASE.iter().find_map(|path| self.tree.file_at(path))?;
        self.os_releases.get(&file).map(Vec::as_slice)
    }

    fn entry<R: BufRead>(
        &mut self,
        entry: &TarEntry,
        (folder, name): (&[u8], &[u8]),
        parent: &mut Parent,
        tar: &mut TarStream<R>,
        counts: &mut Counts,
    ) -> Result<Result<(), Unusable>, WalkError> {
        let hidden = match EntryName::of(name) {
            EntryName::Entry => return self.named(entry, (folder, name), parent, tar, counts),
            EntryName::Bookkeeping => return Ok(Ok(())),
            EntryName::Invalid => return Ok(Err(Unusable::Whiteout)),
            EntryName::Remove(hidden) => Some(hidden),
            EntryName::Opaque => None,
        };
        counts.whiteouts += 1;
        parent.forget();
        Ok(self.tree.white_out(folder, hidden).map_err(Unusable::Path))
    }

    fn named<R: BufRead>(
        &mut self,
        entry: &TarEntry,
        (folder, name): (&[u8], &[u8]),
        parent: &mut Parent,
        tar: &mut TarStream<R>,
        counts: &mut Counts,
    ) -> Result<Result<(), Unusable>, WalkError> {
        counts.count(entry);
        let at = match parent.of(&mut self.tree, folder) {
            Ok(at) => at,
            Err(error) => return Ok(Err(error.into())),
        };
        if entry.kind == TarEntryKind::File {
            return self.file((&at, name), tar);
        }
        let put = self.put(entry, &at, name);
        if entry.kind != TarEntryKind::Directory || put.is_err() {
            parent.forget();
        }
        Ok(put)
    }

    /// Puts what has no contents.
    fn put(&mut self, entry: &TarEntry, at: &Folder, name: &[u8]) -> Result<(), Unusable> {
        let leaf = match &entry.kind {
            TarEntryKind::Directory => return Ok(self.tree.put_folder(at, name)?),
            TarEntryKind::HardLink { target } => return self.hard_link(at, name, target),
            TarEntryKind::Unknown { type_flag } => return Err(Unusable::Type(*type_flag)),
            TarEntryKind::Symlink { target } => Leaf::Symlink(target),
            _ => Leaf::Other,
        };
        self.tree.put_leaf(at, name, leaf)?;
        Ok(())
    }

    fn hard_link(&mut self, at: &Folder, name: &[u8], target: &[u8]) -> Result<(), Unusable> {
        let (folder, file) = split_entry_path(target).ok_or(PathError::FolderTarget)?;
        self.tree.put_hard_link(at, name, (&folder, &file))?;
        Ok(())
    }

    fn file<R: BufRead>(
        &mut self,
        (at, name): (&Folder, &[u8]),
        tar: &mut TarStream<R>,
    ) -> Result<Result<(), Unusable>, WalkError> {
        let put = self.tree.put_leaf(at, name, Leaf::File);
        let mut kept = at.is_one_of(&OS_RELEASE, name).then(Vec::new);
        let mut hasher = Hasher::new(Algorithm::Sha256);
        let content = tar.content(|piece| {
            hasher.update(piece);
            keep(&mut kept, piece);
            Ok::<(), std::convert::Infallible>(())
        });
        let size_bytes = match content {
            Ok(size_bytes) => size_bytes,
            Err(TarContentError::Tar(error)) => return Err(WalkError::Tar(error)),
            Err(TarContentError::Taker(never)) => match never {},
        };
        Ok(put.map_err(Unusable::Path).map(|(file, replaced)| {
            let Some(file) = file else { return };
            self.tree.fill(file, size_bytes, half(hasher), replaced);
            if let Some(kept) = kept.filter(|_| self.os_releases.len() < MAX_OS_RELEASES) {
                self.os_releases.insert(file, kept);
            }
        }))
    }
}

fn keep(kept: &mut Option<Vec<u8>>, piece: &[u8]) {
    if let Some(kept) = kept {
        let room = MAX_OS_RELEASE_BYTES - kept.len();
        kept.extend_from_slice(&piece[..room.min(piece.len())]);
    }
}

fn half(hasher: Hasher) -> [u8; 16] {
    let digest = hasher.finish();
    let mut half = [0; 16];
    half.copy_from_slice(&digest.as_bytes()[..16]);
    half
}

impl Counts {
    fn count(&mut self, entry: &TarEntry) {
        if entry.kind == TarEntryKind::File {
            self.unpacked_bytes = self.unpacked_bytes.saturating_add(entry.size_bytes);
        }
        *match entry.kind {
            TarEntryKind::File => &mut self.files,
            TarEntryKind::Directory => &mut self.directories,
            TarEntryKind::Symlink { .. } => &mut self.symlinks,
            TarEntryKind::HardLink { .. } => &mut self.hard_links,
            _ => &mut self.others,
        } += 1;
    }

    fn note(&mut self, entry: &TarEntry, reason: &Unusable) {
        self.unusable += 1;
        let words = || {
            let path = String::from_utf8_lossy(&entry.path);
            let why = match reason {
                Unusable::Path(error) => error.to_string(),
                Unusable::Whiteout => "a whiteout of no name".to_owned(),
                Unusable::Type(b'S') => "a sparse file".to_owned(),
                Unusable::Type(flag) => format!("its type is {:?}", char::from(*flag)),
            };
            format!("{path:?}: {why}")
        };
        self.first_unusable.get_or_insert_with(words);
    }
}

/// The folder of the entry before: tars list a folder's files in a row.
#[derive(Default)]
struct Parent(Option<(Vec<u8>, Folder)>);

impl Parent {
    fn of(&mut self, tree: &mut Tree, path: &[u8]) -> Result<Folder, PathError> {
        if let Some((known, folder)) = &self.0
            && known == path
        {
            return Ok(folder.clone());
        }
        let folder = tree.folder(path, Missing::Create)?;
        self.0 = Some((path.to_vec(), folder.clone()));
        Ok(folder)
    }

    /// What was put may have replaced a folder on the way.
    fn forget(&mut self) {
        self.0 = None;
    }
}
