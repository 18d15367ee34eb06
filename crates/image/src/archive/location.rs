//! Where things lie in an archive.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Digest, Reference};

/// The folder in a repository's path that holds what is ours. No part of a repository's name begins with an
/// underscore, so it stands beside the repositories whose names go on from here.
const FOLDER: &str = "_manifests";

/// The list of tags and what each stands for.
const JOURNAL: &str = "tags.jsonl";

/// The file of the published study.
const PUBLISHED: &str = "manifests-config-layers.json";

/// One repository of an archive, found on disk and not opened yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// The path below the archive, with slashes: for a published file the repository's name.
    pub(super) name: String,
    pub(super) place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The folder with our journal and blobs.
    Fetched(PathBuf),
    /// The study's file.
    Published(PathBuf),
}

/// The folder of a repository. A port's colon, which some file systems and tools refuse, becomes an underscore; no host has one.
pub(super) fn repository_folder(root: &Path, reference: &Reference) -> PathBuf {
    root.join(reference.registry().replace(':', "_"))
        .join(reference.repository())
        .join(FOLDER)
}

pub(super) fn journal(folder: &Path) -> PathBuf {
    folder.join(JOURNAL)
}

pub(super) fn blob(folder: &Path, digest: &Digest) -> PathBuf {
    folder
        .join("blobs")
        .join(digest.algorithm().name())
        .join(digest.hex())
}

/// Finds every repository in or below `root`, in the order of their names. Folders that are links are not followed,
/// so that a link in a circle cannot be.
pub(super) fn find(root: &Path) -> Result<Vec<Found>, (PathBuf, io::Error)> {
    let mut found = Vec::new();
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, name)) = folders.pop() {
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        for entry in entries.map_err(|error| (folder.clone(), error))? {
            let file_name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            if file_name == FOLDER {
                if journal(&path).is_file() {
                    let place = Place::Fetched(path);
                    found.push(Found {
                        name: name.clone(),
                        place,
                    });
                }
            } else if file_name == PUBLISHED && path.is_file() {
                let place = Place::Published(path);
                found.push(Found {
                    name: name.clone(),
                    place,
                });
            } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let below = if name.is_empty() {
                    file_name
                } else {
                    format!("{name}/{file_name}")
                };
                folders.push((path, below));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_and_those_below_it_do_not_meet() {
        let folder = |text: &str| repository_folder(Path::new("/a"), &text.parse().unwrap());
        assert_eq!(
            folder("mcr.microsoft.com/windows:1"),
            Path::new("/a/mcr.microsoft.com/windows/_manifests")
        );
        assert_eq!(
            folder("127.0.0.1:5000/windows/nanoserver"),
            Path::new("/a/127.0.0.1_5000/windows/nanoserver/_manifests")
        );
        assert_eq!(
            folder("busybox"),
            Path::new("/a/docker.io/library/busybox/_manifests")
        );
    }
}
