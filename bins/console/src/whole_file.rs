//! Files of results, written whole or not at all.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::Context;

/// Writes a file whole or not at all: under another name first, which then becomes its own.
///
/// # Errors
///
/// The file cannot be written; nothing is left of it then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(OsStr::new(".partial"));
    let written = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // The first failure is the one to report.
        let _ = fs::remove_file(&partial);
    }
    written.with_context(|| format!("failed to write {}", path.display()))
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
}
