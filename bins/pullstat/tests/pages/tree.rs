//! Where the pages lie.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the top of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Returns every page of the documentation below the top of the workspace, in order.
pub(crate) fn pages() -> Vec<PathBuf> {
    let mut pages = vec![
        "CONTRIBUTING.md".into(),
        "README.md".into(),
        "tests/cluster/README.md".into(),
        "fixtures/README.md".into(),
        "CHANGELOG.md".into(),
    ];
    collect(Path::new("docs"), &mut pages);
    pages.sort();
    pages
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = folder.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            collect(&path, pages);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            pages.push(path);
        }
    }
}
