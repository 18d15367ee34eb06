//! Which files are Dockerfiles, and whose they are.

use std::fs::{self, FileType};
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use super::unread::{Unread, UnreadReason};

/// Dockerfiles that were found.
///
/// # Which files
///
/// By their names, whatever the capitals: `Dockerfile` and `Containerfile`, those followed by a dot, a hyphen or an
/// underscore and anything else (`Dockerfile.gpu`), and anything that ends with `.dockerfile` or `.containerfile`; not
/// those that end with `ignore`, such as `Dockerfile.dockerignore`. All folders are looked through but `.git`. Links
/// are not followed; one with such a name is told as unread.
///
/// # Whose
///
/// The owner of a file is the first folder on the way to it, or the first few joined by slashes; that of a file that
/// lies in no folder is `.`.
#[derive(Debug, Default)]
pub struct FoundDockerfiles {
    pub(super) files: Vec<FoundDockerfile>,
    pub(super) unread: Vec<(FoundDockerfile, Unread)>,
}

/// A file, or what is not one though its name says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FoundDockerfile {
    pub(super) path: PathBuf,
    pub(super) owner: String,
}

/// Why no Dockerfiles could be found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindDockerfilesError {
    /// There is no such file or folder, or it cannot be looked at.
    #[error("failed to look for Dockerfiles in {}", path.display())]
    Io {
        /// What was named.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder has none.
    #[error("there is no Dockerfile in {}", path.display())]
    None {
        /// What was named.
        path: PathBuf,
    },
}

impl FoundDockerfiles {
    /// Looks for Dockerfiles in folders. A file that is named itself is taken whatever its name.
    ///
    /// The owner of a file is made of so many folders below the one that is named. The result is sorted by path.
    ///
    /// # Errors
    ///
    /// [`FindDockerfilesError`], if something named is not there, or is a folder without Dockerfiles. Folders further
    /// below that cannot be opened are told as unread.
    pub fn find<P: AsRef<Path>>(
        paths: &[P],
        owner_depth: NonZero<usize>,
    ) -> Result<Self, FindDockerfilesError> {
        let mut found = Self::default();
        for path in paths {
            found.add(path.as_ref(), owner_depth)?;
        }
        found.files.sort();
        found.files.dedup_by(|one, other| one.path == other.path);
        found.unread.sort_by(|(one, _), (other, _)| one.cmp(other));
        found
            .unread
            .dedup_by(|(one, _), (other, _)| one.path == other.path);
        Ok(found)
    }

    /// Returns how many files there are to read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    fn add(
        &mut self,
        path: &Path,
        owner_depth: NonZero<usize>,
    ) -> Result<(), FindDockerfilesError> {
        let failed = |source| FindDockerfilesError::Io {
            path: path.to_owned(),
            source,
        };
        if !fs::metadata(path).map_err(failed)?.is_dir() {
            self.files.push(FoundDockerfile {
                path: path.to_owned(),
                owner: ".".to_owned(),
            });
            return Ok(());
        }
        let before = self.files.len() + self.unread.len();
        let mut walk = Walk {
            root: path,
            owner_depth,
            waiting: Vec::new(),
        };
        walk.look_into(path, self).map_err(failed)?;
        while let Some(folder) = walk.waiting.pop() {
            if let Err(error) = walk.look_into(&folder, self) {
                self.unread.push(walk.unread(folder, &error));
            }
        }
        if self.files.len() + self.unread.len() == before {
            return Err(FindDockerfilesError::None {
                path: path.to_owned(),
            });
        }
        Ok(())
    }
}

/// A way through folders.
struct Walk<'p> {
    root: &'p Path,
    owner_depth: NonZero<usize>,
    /// Folders that are still to be looked through.
    waiting: Vec<PathBuf>,
}

impl Walk<'_> {
    fn look_into(&mut self, folder: &Path, found: &mut FoundDockerfiles) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type());
            let name = entry.file_name();
            match kind {
                Ok(kind) if kind.is_dir() && name == ".git" => {}
                Ok(kind) if kind.is_dir() => self.waiting.push(path),
                _ if !is_dockerfile(&name.to_string_lossy()) => {}
                Ok(kind) if kind.is_file() => found.files.push(self.found(path)),
                Ok(kind) => found.unread.push((self.found(path), not_a_file(kind))),
                Err(error) => found.unread.push(self.unread(path, &error)),
            }
        }
        Ok(())
    }

    fn found(&self, path: PathBuf) -> FoundDockerfile {
        let below = path.strip_prefix(self.root).unwrap_or(&path);
        let folders = below.parent().into_iter().flat_map(Path::components);
        let names: Vec<_> = folders
            .take(self.owner_depth.get())
            .map(|name| name.as_os_str().to_string_lossy())
            .collect();
        let owner = if names.is_empty() {
            ".".to_owned()
        } else {
            names.join("/")
        };
        FoundDockerfile { path, owner }
    }

    fn unread(&self, path: PathBuf, error: &io::Error) -> (FoundDockerfile, Unread) {
        (self.found(path), Unread::of_io(error))
    }
}

fn not_a_file(kind: FileType) -> Unread {
    let what = if kind.is_symlink() {
        "it is a link, which is not followed"
    } else {
        "it is a device, pipe or socket"
    };
    Unread {
        reason: UnreadReason::NotAFile,
        message: what.to_owned(),
    }
}

fn is_dockerfile(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_named = |kind: &str| match name.strip_prefix(kind) {
        Some(rest) => rest.is_empty() || rest.starts_with(['.', '-', '_']),
        None => name
            .strip_suffix(kind)
            .is_some_and(|rest| rest.ends_with('.')),
    };
    !name.ends_with("ignore") && (is_named("dockerfile") || is_named("containerfile"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dockerfiles() {
        for name in [
            "Dockerfile",
            "dockerfile",
            "Dockerfile.gpu",
            "Dockerfile-arm",
            "app.Dockerfile",
            "Containerfile",
            "x.dockerfile",
        ] {
            assert!(is_dockerfile(name), "{name}");
        }
        for name in [
            "Dockerfiles",
            "MyDockerfile",
            "Dockerfile.dockerignore",
            "docker-compose.yml",
            ".dockerignore",
        ] {
            assert!(!is_dockerfile(name), "{name}");
        }
    }
}
