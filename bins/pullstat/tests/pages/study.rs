//! The published study's data, where the script that fetches it finds it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::programs::Place;
use crate::tree;

/// The script that fetches the data.
pub(crate) const FETCH: &str = "scripts/fetch-study-data";

/// How a page offers made-up data in place of the study's.
pub(crate) const MADE_UP: &str = "`cp -r fixtures/tutorial study-data`";

/// Files of the study, as `scripts/study-data.txt` names them, and where each lies in the data's folder.
const PLACES: [(&str, &str); 6] = [
    ("pulling/", "pulling/"),
    ("studies/", "pulling/studies/"),
    ("manifests/chonks/", "manifests/chonks-run1/pulled/"),
    ("manifests/containers/", "manifests/similarity/containers/"),
    (
        "manifests/performance-study/",
        "manifests/similarity/performance-study/",
    ),
    ("manifests/spack/", "manifests/similarity/spack/"),
];

/// Returns whether the data is there.
pub(crate) fn is_there() -> bool {
    folder().is_dir()
}

/// Says where the data should be.
pub(crate) fn missing() -> String {
    format!("needs the study's data in {}", folder().display())
}

fn folder() -> PathBuf {
    let beside_the_workspace = tree::root().join("../shared/data");
    std::env::var_os("PULLSTUDY_DATA").map_or(beside_the_workspace, PathBuf::from)
}

/// Lays the data out as its repository does, for the script that fetches it, and returns that place's URL.
pub(crate) fn repository_in(place: &Place) -> String {
    let list = fs::read_to_string(tree::root().join("scripts/study-data.txt")).unwrap();
    let repository = place.outside("repository");
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let [_, target, path] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("scripts/study-data.txt: `{line}` has not three parts");
        };
        offer(&data_file(target), &repository.join(path));
    }
    format!("file://{}", repository.display())
}

fn offer(file: &Path, at: &Path) {
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(file.canonicalize().unwrap(), at).unwrap();
}

fn data_file(target: &str) -> PathBuf {
    let places = PLACES.iter();
    let found = places
        .filter_map(|(prefix, place)| Some(format!("{place}{}", target.strip_prefix(prefix)?)))
        .next();
    folder().join(found.unwrap_or_else(|| panic!("nobody knows where {target} lies")))
}

/// Copies what the project has in place of the study's data to where the script would put that.
pub(crate) fn make_up_in(place: &Place) {
    copy(
        &tree::root().join("fixtures/tutorial"),
        &place.outside("work/study-data"),
    );
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (file, target) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if file.is_dir() {
            copy(&file, &target);
        } else {
            fs::copy(file, target).unwrap();
        }
    }
}
