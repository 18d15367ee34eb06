//! One layer's entries, put onto the file system.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use pullstudy_image::{
    EntryName, TarContentError, TarEntry, TarEntryKind, TarError, TarStream, split_entry_path,
};
use rustix::fs::{
    AtFlags, FileType, Gid, Mode, OFlags, Timespec, Timestamps, Uid, XattrFlags, chmodat, chownat,
    fchmod, fchown, fsetxattr, futimens, linkat, makedev, mknodat, openat, symlinkat, utimensat,
};
use rustix::io::Errno;

use crate::confined::{
    ConfinedDir, Folder, Missing, check_depth, is_folder, list, list_folder, make_folder,
    remove_tree,
};
use crate::unpack::Skipped;

/// Why an entry could not be put.
#[derive(Debug)]
pub(crate) enum PutError {
    Tar(TarError),
    Write(io::Error),
    Whiteout,
    Unsupported { type_flag: u8 },
}

impl From<io::Error> for PutError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

impl From<Errno> for PutError {
    fn from(error: Errno) -> Self {
        Self::Write(error.into())
    }
}

impl From<TarContentError<io::Error>> for PutError {
    fn from(error: TarContentError<io::Error>) -> Self {
        match error {
            TarContentError::Tar(error) => Self::Tar(error),
            TarContentError::Taker(error) => Self::Write(error),
        }
    }
}

/// What a layer held, so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) entries: u64,
    pub(crate) files: u64,
    pub(crate) file_bytes: u64,
    pub(crate) whiteouts: u64,
    pub(crate) skipped: Skipped,
}

/// Puts the entries of one layer.
pub(crate) struct LayerWriter<'a> {
    root: &'a ConfinedDir,
    is_superuser: bool,
    /// The folder of the entry before: tars list a folder's files in a row.
    parent: Option<(Vec<u8>, Rc<Folder>)>,
    /// What this layer put, and the folders above it: whiteouts spare them, wherever they stand in the tar.
    touched: HashSet<Vec<u8>>,
    /// Put on last, as every file made in a folder moves the folder's time.
    folder_times: Vec<(Vec<u8>, SystemTime)>,
    counts: Counts,
}

impl<'a> LayerWriter<'a> {
    pub(crate) fn new(root: &'a ConfinedDir, is_superuser: bool) -> Self {
        Self {
            root,
            is_superuser,
            parent: None,
            touched: HashSet::new(),
            folder_times: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// Puts one entry, its contents read from `tar`.
    pub(crate) fn put<R: BufRead>(
        &mut self,
        entry: &TarEntry,
        tar: &mut TarStream<R>,
    ) -> Result<(), PutError> {
        if entry.kind == TarEntryKind::GlobalHeader {
            return Ok(());
        }
        self.counts.entries += 1;
        // containerd leaves the root's own mode and owner alone, too.
        let Some((folder, name)) = split_entry_path(&entry.path) else {
            return Ok(());
        };
        match EntryName::of(&name) {
            EntryName::Entry => self.put_entry(entry, &folder, &name, tar),
            EntryName::Remove(hidden) => self.white_out(&folder, Some(hidden)),
            EntryName::Opaque => self.white_out(&folder, None),
            EntryName::Bookkeeping => Ok(()),
            EntryName::Invalid => Err(PutError::Whiteout),
        }
    }

    /// Ends the layer: folders get their times.
    pub(crate) fn finish(mut self) -> io::Result<Counts> {
        for (path, modified) in std::mem::take(&mut self.folder_times) {
            match self.root.folder(&path, Missing::Fail) {
                Ok(folder) => futimens(&folder, &timestamps(modified))?,
                // Replaced by a later entry of the same layer.
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.counts)
    }

    fn put_entry<R: BufRead>(
        &mut self,
        entry: &TarEntry,
        folder: &[u8],
        name: &[u8],
        tar: &mut TarStream<R>,
    ) -> Result<(), PutError> {
        let folder = &*self.folder_of(folder)?;
        check_depth(folder, name)?;
        match &entry.kind {
            TarEntryKind::File => self.put_file(entry, folder, name, tar)?,
            TarEntryKind::Directory => self.put_folder(entry, folder, name)?,
            TarEntryKind::Symlink { target } => self.put_symlink(entry, folder, name, target)?,
            TarEntryKind::HardLink { target } => self.put_hard_link(folder, name, target)?,
            TarEntryKind::Fifo => self.put_node(entry, folder, name, FileType::Fifo, (0, 0))?,
            TarEntryKind::CharacterDevice { major, minor } => {
                let device = (*major, *minor);
                self.put_node(entry, folder, name, FileType::CharacterDevice, device)?;
            }
            TarEntryKind::BlockDevice { major, minor } => {
                self.put_node(entry, folder, name, FileType::BlockDevice, (*major, *minor))?;
            }
            TarEntryKind::GlobalHeader => {}
            TarEntryKind::Unknown { type_flag } => {
                return Err(PutError::Unsupported {
                    type_flag: *type_flag,
                });
            }
        }
        self.touched.insert(folder.path_of(name));
        Ok(())
    }

    fn folder_of(&mut self, path: &[u8]) -> io::Result<Rc<Folder>> {
        if let Some((cached, folder)) = &self.parent
            && cached == path
        {
            return Ok(Rc::clone(folder));
        }
        let folder = Rc::new(self.root.folder(path, Missing::Create)?);
        let names = folder.names();
        let above = (1..=names.len()).map(|depth| names[..depth].join(&b'/'));
        self.touched.extend(above);
        self.parent = Some((path.to_vec(), Rc::clone(&folder)));
        Ok(folder)
    }

    /// Makes something under a name, in place of what is there.
    fn replace<T>(
        &mut self,
        folder: &Folder,
        name: &[u8],
        make: impl Fn() -> Result<T, Errno>,
    ) -> io::Result<T> {
        match make() {
            Err(Errno::EXIST) => {
                self.remove(folder.as_fd(), name)?;
                Ok(make()?)
            }
            made => Ok(made?),
        }
    }

    fn remove(&mut self, folder: BorrowedFd<'_>, name: &[u8]) -> io::Result<()> {
        // The folder of the entry before may lie in what is removed.
        self.parent = None;
        remove_tree(folder, name)
    }

    fn put_file<R: BufRead>(
        &mut self,
        entry: &TarEntry,
        folder: &Folder,
        name: &[u8],
        tar: &mut TarStream<R>,
    ) -> Result<(), PutError> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let private = Mode::from_raw_mode(0o600);
        let mut file: File = self
            .replace(folder, name, || openat(folder, name, flags, private))?
            .into();
        let bytes = tar.content(|piece| file.write_all(piece))?;
        self.counts.files += 1;
        self.counts.file_bytes += bytes;
        if let Some((uid, gid)) = self.owner(entry)? {
            fchown(&file, Some(uid), Some(gid))?;
        }
        self.put_xattrs(entry, &file)?;
        // After the owner: a change of owner takes setuid and setgid away.
        fchmod(&file, Mode::from_raw_mode(entry.mode))?;
        Ok(futimens(&file, &timestamps(entry.modified))?)
    }

    fn put_folder(&mut self, entry: &TarEntry, folder: &Folder, name: &[u8]) -> io::Result<()> {
        // Without the superuser's rights a folder must stay writable for the entries and layers that follow.
        let mode = if self.is_superuser {
            entry.mode
        } else {
            entry.mode | 0o700
        };
        match make_folder(folder.as_fd(), name, mode) {
            Err(Errno::EXIST) if is_folder(folder.as_fd(), name)? => {}
            Err(Errno::EXIST) => {
                self.remove(folder.as_fd(), name)?;
                make_folder(folder.as_fd(), name, mode)?;
            }
            made => made?,
        }
        self.put_owner(entry, folder, name)?;
        if !entry.xattrs.is_empty() {
            self.put_xattrs(entry, &list_folder(folder.as_fd(), name)?.0)?;
        }
        chmodat(folder, name, Mode::from_raw_mode(mode), AtFlags::empty())?;
        self.folder_times
            .push((folder.path_of(name), entry.modified));
        Ok(())
    }

    fn put_symlink(
        &mut self,
        entry: &TarEntry,
        folder: &Folder,
        name: &[u8],
        target: &[u8],
    ) -> io::Result<()> {
        self.replace(folder, name, || symlinkat(target, folder, name))?;
        self.put_owner(entry, folder, name)?;
        // Attributes of the link itself are of no use to an image, and most file systems have none.
        self.counts.skipped.xattrs += entry.xattrs.len() as u64;
        let times = timestamps(entry.modified);
        Ok(utimensat(folder, name, &times, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// Links to what is there already; owner, mode and time are the target's.
    fn put_hard_link(&mut self, folder: &Folder, name: &[u8], target: &[u8]) -> io::Result<()> {
        let Some((target_folder, target_name)) = split_entry_path(target) else {
            return Err(Errno::ISDIR.into());
        };
        let target_folder = self.root.folder(&target_folder, Missing::Fail)?;
        let (from, to) = (target_folder.path_of(&target_name), folder.path_of(name));
        if from == to {
            // Replacing it would remove the only name the target may have.
            return Ok(());
        }
        // Without AT_SYMLINK_FOLLOW a link to a symlink links the symlink.
        self.replace(folder, name, || {
            linkat(
                &target_folder,
                &target_name[..],
                folder,
                name,
                AtFlags::empty(),
            )
        })
    }

    fn put_node(
        &mut self,
        entry: &TarEntry,
        folder: &Folder,
        name: &[u8],
        file_type: FileType,
        (major, minor): (u32, u32),
    ) -> io::Result<()> {
        let mode = Mode::from_raw_mode(entry.mode);
        let device = makedev(major, minor);
        let make = || mknodat(folder, name, file_type, mode, device);
        match self.replace(folder, name, make) {
            // Devices are the superuser's, and not even his in a container.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.counts.skipped.devices += 1;
                return Ok(());
            }
            made => made?,
        }
        self.put_owner(entry, folder, name)?;
        chmodat(folder, name, mode, AtFlags::empty())?;
        let times = timestamps(entry.modified);
        Ok(utimensat(folder, name, &times, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    fn put_owner(&mut self, entry: &TarEntry, folder: &Folder, name: &[u8]) -> io::Result<()> {
        if let Some((uid, gid)) = self.owner(entry)? {
            chownat(
                folder,
                name,
                Some(uid),
                Some(gid),
                AtFlags::SYMLINK_NOFOLLOW,
            )?;
        }
        Ok(())
    }

    /// Returns the owner to be set: none without the superuser's rights.
    fn owner(&mut self, entry: &TarEntry) -> io::Result<Option<(Uid, Gid)>> {
        if !self.is_superuser {
            self.counts.skipped.owners += 1;
            return Ok(None);
        }
        // The largest number means "leave it" to the system.
        let id = |id: u64| match u32::try_from(id) {
            Ok(id) if id != u32::MAX => Ok(id),
            _ => Err(io::Error::from(Errno::INVAL)),
        };
        Ok(Some((
            Uid::from_raw(id(entry.uid)?),
            Gid::from_raw(id(entry.gid)?),
        )))
    }

    fn put_xattrs(&mut self, entry: &TarEntry, file: &impl AsFd) -> io::Result<()> {
        for (name, value) in &entry.xattrs {
            match fsetxattr(file, name, value, XattrFlags::empty()) {
                Ok(()) => {}
                // A file system without them, or a namespace that needs rights: containerd goes on as well.
                Err(Errno::NOTSUP | Errno::PERM) => self.counts.skipped.xattrs += 1,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Removes what lower layers put under a name of a folder, or under all its names.
    fn white_out(&mut self, folder: &[u8], name: Option<&[u8]>) -> Result<(), PutError> {
        self.counts.whiteouts += 1;
        let folder = match self.root.folder(folder, Missing::Fail) {
            Ok(folder) => folder,
            Err(error) if is_gone(&error) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if let Some(name) = name {
            return Ok(self.prune(folder.as_fd(), name, folder.path_of(name))?);
        }
        for name in list(folder.as_fd())? {
            self.prune(
                folder.as_fd(),
                name.to_bytes(),
                folder.path_of(name.to_bytes()),
            )?;
        }
        Ok(())
    }

    /// Removes a name and all below it, except what this layer put there.
    fn prune(&mut self, parent: BorrowedFd<'_>, name: &[u8], path: Vec<u8>) -> io::Result<()> {
        if !self.touched.contains(&path) {
            return self.remove(parent, name);
        }
        if is_folder(parent, name)? {
            let (folder, names) = list_folder(parent, name)?;
            for below in names {
                let below = below.to_bytes();
                self.prune(folder.as_fd(), below, [&path, &b"/"[..], below].concat())?;
            }
        }
        Ok(())
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Both times are the time of change: reading an image should not look like using it.
fn timestamps(modified: SystemTime) -> Timestamps {
    let since_epoch = modified
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let time = Timespec {
        tv_sec: i64::try_from(since_epoch.as_secs()).unwrap_or(0),
        tv_nsec: since_epoch.subsec_nanos().into(),
    };
    Timestamps {
        last_access: time,
        last_modification: time,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// What every process without the superuser's rights does, whoever runs the test.
    #[test]
    fn without_rights_folders_stay_writable_and_owners_are_counted() {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind) in [
            ("sealed", tar::EntryType::Directory),
            ("sealed/file", tar::EntryType::Regular),
        ] {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(kind);
            header.set_mode(0o555);
            header.set_size(0);
            header.set_uid(12_345);
            builder.append_data(&mut header, path, &b""[..]).unwrap();
        }
        let dir = tempfile::tempdir().unwrap();
        let root = ConfinedDir::open(dir.path()).unwrap();
        let bytes = builder.into_inner().unwrap();
        let mut tar = TarStream::new(&bytes[..]);
        let mut layer = LayerWriter::new(&root, false);
        while let Some(entry) = tar.next_entry().unwrap() {
            layer.put(&entry, &mut tar).unwrap();
        }
        assert_eq!(layer.finish().unwrap().skipped.owners, 2);
        let mode = |path| {
            dir.path()
                .join(path)
                .metadata()
                .unwrap()
                .permissions()
                .mode()
                & 0o7777
        };
        assert_eq!((mode("sealed"), mode("sealed/file")), (0o755, 0o555));
    }
}
