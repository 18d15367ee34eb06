//! A folder that nothing named through it lies outside of.
//!
//! Every path is walked one name at a time from the folder's own descriptor, and no name is ever opened through a
//! symlink: a link is read, and its target walked in turn, from the folder for an absolute one and never above it for
//! `..`. So a path means what it would mean after `chroot`, as in containerd's `fs.RootPath`, and `openat2` with
//! `RESOLVE_IN_ROOT`; unlike that call the walk makes missing folders on the way and runs on every Unix.

use std::collections::VecDeque;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use pullstudy_image::path_names;
use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, chmodat, mkdirat, openat, readlinkat, statat,
    unlinkat,
};
use rustix::io::Errno;

/// Symlinks followed in one path before it counts as a circle; Linux itself stops at 40, containerd at 255.
const MAX_LINKS: usize = 255;

/// Folders in folders. Removing a tree holds a descriptor a level, and a process may have 1024 at least.
const MAX_DEPTH: usize = 256;

/// Linux's `PATH_MAX`: a longer path could be made name by name, and then not be used by anything else.
const MAX_PATH_BYTES: usize = 4096;

/// The mode of folders that no entry describes, as containerd makes them.
const IMPLIED_FOLDER_MODE: u32 = 0o755;

/// What to do about a folder that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Create,
    Fail,
}

/// The folder that is the root of all paths.
#[derive(Debug)]
pub(crate) struct ConfinedDir {
    root: OwnedFd,
}

/// A folder inside, open.
#[derive(Debug)]
pub(crate) struct Folder {
    descriptor: OwnedFd,
    /// The names from the root to here, none of them a symlink.
    names: Vec<Vec<u8>>,
}

impl Folder {
    /// Returns where a name in this folder lies, from the root: `usr/bin/env`.
    pub(crate) fn path_of(&self, name: &[u8]) -> Vec<u8> {
        let mut path = self.names.join(&b'/');
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        path
    }

    /// Returns the names from the root to here.
    pub(crate) fn names(&self) -> &[Vec<u8>] {
        &self.names
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl ConfinedDir {
    /// Opens an existing folder.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            root: openat(CWD, path, folder_flags(), Mode::empty())?,
        })
    }

    /// Opens the folder that `path` leads to, symlinks inside followed.
    pub(crate) fn folder(&self, path: &[u8], missing: Missing) -> io::Result<Folder> {
        let mut pending: VecDeque<Vec<u8>> = path_names(path).map(<[u8]>::to_vec).collect();
        let mut folder = self.top()?;
        let mut links = 0;
        while let Some(name) = pending.pop_front() {
            if name == b".." {
                folder = self.above(folder)?;
                continue;
            }
            if let Some(target) = self.descend(&mut folder, &name, missing)? {
                links += 1;
                if links > MAX_LINKS {
                    return Err(Errno::LOOP.into());
                }
                if target.starts_with(b"/") {
                    folder = self.top()?;
                }
                path_names(&target)
                    .rev()
                    .for_each(|name| pending.push_front(name.to_vec()));
            }
        }
        Ok(folder)
    }

    /// Goes one name down, or returns the target where the name is a symlink.
    fn descend(
        &self,
        folder: &mut Folder,
        name: &[u8],
        missing: Missing,
    ) -> io::Result<Option<Vec<u8>>> {
        let below = match open_folder(folder.as_fd(), name) {
            Err(Errno::NOTDIR | Errno::LOOP) => return read_link(folder.as_fd(), name).map(Some),
            Err(Errno::NOENT) if missing == Missing::Create => {
                check_depth(folder, name)?;
                make_folder(folder.as_fd(), name, IMPLIED_FOLDER_MODE)?;
                open_folder(folder.as_fd(), name)?
            }
            opened => opened?,
        };
        folder.descriptor = below;
        folder.names.push(name.to_vec());
        Ok(None)
    }

    fn top(&self) -> io::Result<Folder> {
        Ok(Folder {
            descriptor: self.root.try_clone()?,
            names: Vec::new(),
        })
    }

    /// Goes one folder up, and stays at the root. The way is walked anew: the names on it are known to be folders.
    fn above(&self, folder: Folder) -> io::Result<Folder> {
        let mut names = folder.names;
        names.pop();
        let mut above = self.top()?;
        for name in names {
            above.descriptor = open_folder(above.as_fd(), &name)?;
            above.names.push(name);
        }
        Ok(above)
    }
}

/// Refuses a name that would lie too deep to be removed again, or have too long a path.
pub(crate) fn check_depth(folder: &Folder, name: &[u8]) -> io::Result<()> {
    let is_long = folder.path_of(name).len() >= MAX_PATH_BYTES;
    if is_long || folder.names.len() >= MAX_DEPTH {
        return Err(Errno::NAMETOOLONG.into());
    }
    Ok(())
}

fn folder_flags() -> OFlags {
    OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY
}

fn open_folder(parent: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    openat(parent, name, folder_flags(), Mode::empty())
}

fn read_link(parent: BorrowedFd<'_>, name: &[u8]) -> io::Result<Vec<u8>> {
    match readlinkat(parent, name, Vec::new()) {
        Ok(target) => Ok(target.into_bytes()),
        // A file, where a folder would have to be.
        Err(Errno::INVAL) => Err(Errno::NOTDIR.into()),
        Err(error) => Err(error.into()),
    }
}

/// Makes a folder; one that is there already is an error.
pub(crate) fn make_folder(parent: BorrowedFd<'_>, name: &[u8], mode: u32) -> Result<(), Errno> {
    let mode = Mode::from_raw_mode(mode);
    mkdirat(parent, name, mode)?;
    // Once more, past the process's umask.
    chmodat(parent, name, mode, AtFlags::empty())
}

/// Tells whether a name is a folder, and no link to one.
pub(crate) fn is_folder(parent: BorrowedFd<'_>, name: &[u8]) -> io::Result<bool> {
    let stat = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
}

/// Opens a folder that is known to be none but a folder, and lists it.
pub(crate) fn list_folder(
    parent: BorrowedFd<'_>,
    name: &[u8],
) -> io::Result<(OwnedFd, Vec<CString>)> {
    let folder = open_folder(parent, name)?;
    let names = list(folder.as_fd())?;
    Ok((folder, names))
}

/// Lists an open folder, without `.` and `..`.
pub(crate) fn list(folder: BorrowedFd<'_>) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// Removes a name and all below it; symlinks are removed, not followed. A name that is not there is no error.
pub(crate) fn remove_tree(parent: BorrowedFd<'_>, name: &[u8]) -> io::Result<()> {
    match unlinkat(parent, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        // Linux says the first of a folder, POSIX and others the second.
        Err(error @ (Errno::ISDIR | Errno::PERM)) => {
            let (folder, names) = list_folder(parent, name).map_err(|_| error)?;
            for below in names {
                remove_tree(folder.as_fd(), below.to_bytes())?;
            }
            Ok(unlinkat(parent, name, AtFlags::REMOVEDIR)?)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn missing_folders_are_made_where_asked() {
        let dir = tempfile::tempdir().unwrap();
        let root = ConfinedDir::open(dir.path()).unwrap();
        assert!(root.folder(b"a/b", Missing::Fail).is_err());
        let folder = root.folder(b"a/b", Missing::Create).unwrap();
        assert_eq!(folder.path_of(b"c"), b"a/b/c");
        assert!(dir.path().join("a/b").is_dir());
    }

    #[cfg(target_os = "linux")]
    mod kernel {
        use pullstudy_image::split_entry_path;
        use rustix::fs::{ResolveFlags, Stat, fstat, openat2};

        use super::*;

        fn name() -> impl Strategy<Value = &'static str> {
            prop::sample::select(vec!["a", "b", "c", "..", "."])
        }

        fn path() -> impl Strategy<Value = String> {
            (any::<bool>(), prop::collection::vec(name(), 1..5)).prop_map(|(absolute, names)| {
                format!("{}{}", if absolute { "/" } else { "" }, names.join("/"))
            })
        }

        /// Makes folders and links wherever the names allow it.
        fn grow(root: &Path, steps: &[(String, Option<String>)]) {
            let tree = ConfinedDir::open(root).unwrap();
            for (path, target) in steps {
                let Some((folder, name)) = split_entry_path(path.as_bytes()) else {
                    continue;
                };
                let Ok(folder) = tree.folder(&folder, Missing::Create) else {
                    continue;
                };
                let at = root.join(String::from_utf8(folder.path_of(&name)).unwrap());
                let _ = match target {
                    Some(target) => symlink(target, at),
                    None => std::fs::create_dir(at),
                };
            }
        }

        fn identity(stat: Stat) -> (u64, u64) {
            (stat.st_dev, stat.st_ino)
        }

        proptest! {
            #[test]
            fn a_path_leads_where_the_kernel_says_a_chroot_leads(
                steps in prop::collection::vec((path(), prop::option::of(path())), 0..12),
                paths in prop::collection::vec(path(), 1..8),
            ) {
                let dir = tempfile::tempdir().unwrap();
                grow(dir.path(), &steps);
                let root = ConfinedDir::open(dir.path()).unwrap();
                for path in paths {
                    let theirs = openat2(&root.root, &path, OFlags::DIRECTORY, Mode::empty(), ResolveFlags::IN_ROOT);
                    let ours = root.folder(path.as_bytes(), Missing::Fail);
                    // The kernel follows fewer links; a circle fails for both.
                    prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{}: {:?} {:?}", path, ours, theirs);
                    if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
                        prop_assert_eq!(identity(fstat(&ours).unwrap()), identity(fstat(&theirs).unwrap()), "{}", path);
                        let named = openat2(&root.root, ours.path_of(b"."), OFlags::DIRECTORY, Mode::empty(), ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH);
                        prop_assert_eq!(identity(fstat(named.unwrap()).unwrap()), identity(fstat(&ours).unwrap()), "{}", path);
                    }
                }
            }
        }
    }
}
