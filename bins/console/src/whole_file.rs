//! Files of results, written whole or not at all.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;

/// Writes a file whole or not at all: under another name first, which then becomes its own. A link stays, and what it
/// leads to is written; devices and pipes take the bytes as they are, as nothing can take their place.
///
/// # Errors
///
/// The file cannot be written; nothing is left of it then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let written = match path.metadata() {
        Ok(there) if there.is_file() => {
            fs::canonicalize(path).and_then(|path| replace(&path, bytes))
        }
        Ok(there) if !there.is_dir() => write_through(path, bytes),
        _ => replace(path, bytes),
    };
    written.with_context(|| format!("failed to write {}", path.display()))
}

fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.write_all(bytes)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(OsStr::new(".partial"));
    let written = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // The first failure is the one to report.
        let _ = fs::remove_file(&partial);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_what_cannot_be_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sizes.yaml");
        write_whole(&path, b"sizes: []").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"sizes: []");
        fs::create_dir(dir.path().join("taken")).unwrap();
        assert!(write_whole(&dir.path().join("taken"), b"").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn devices_and_links_stay_what_they_are() {
        use std::os::unix::fs::FileTypeExt;
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("report.html"), dir.path().join("latest"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_whole(&link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        // A link again, so that a mistake costs the test's folder and not the machine's device.
        let device = dir.path().join("full");
        std::os::unix::fs::symlink("/dev/full", &device).unwrap();
        assert!(write_whole(&device, b"anything").is_err());
        assert!(device.metadata().unwrap().file_type().is_char_device());
    }
}
