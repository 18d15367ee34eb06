//! A disk that is full before the image is there.

use std::path::Path;
use std::process::Command;

use libtest_mimic::Failed;

use crate::serving::{self, Serving};

/// A file system of its own, unmounted when dropped.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(folder: &'a Path) -> Result<Self, String> {
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(folder)
            .status();
        match status.map_err(|error| error.to_string())?.success() {
            true => Ok(Self(folder)),
            false => Err("mount failed".to_owned()),
        }
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

/// Five megabytes do not fit into two; with room the copy goes on and every digest is right.
pub(crate) fn full_midway() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let sizes = "sizes: [{total: 5000003}]\nlayers: [{exact: 3}]";
    serving::build(folder.path(), "image", sizes, &[])?;
    let serving = Serving::start(folder.path())?;
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk)?;
    let mounted = SmallDisk::mount(&disk)?;
    let copy = ["copy", &serving.references[0], "./disk/copy"];
    let said = serving::failing(folder.path(), &copy)?;
    assert_eq!(said.code, Some(1));
    let last = said.words.lines().last().unwrap_or_default();
    assert!(
        last.contains("the disk of ./disk/copy is full: free some space"),
        "{last}"
    );
    let remount = ["-o", "remount,size=20m"];
    let grown = Command::new("mount").args(remount).arg(&disk).status()?;
    assert!(grown.success());
    serving::succeeding(folder.path(), &copy)?;
    serving::succeeding(folder.path(), &["verify", "./disk/copy"])?;
    drop(mounted);
    Ok(())
}
