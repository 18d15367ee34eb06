//! Archives of manifests: files of the published study, and lists of tags. In outline and document by document they say
//! the same.

#![no_main]

use std::fs;
use std::num::NonZeroUsize;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pullstudy_fuzz::folder;
use pullstudy_image::{Archive, RepositoryOutline, StepsWanted};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);

fuzz_target!(|bytes: &[u8]| {
    for name in [
        "published/manifests-config-layers.json",
        "fetched/_manifests/tags.jsonl",
    ] {
        let path = FOLDER.path().join(name);
        let folder = path.parent().expect("the name has a folder");
        fs::create_dir_all(folder).expect("the folder is ours");
        fs::write(&path, bytes).expect("the folder is ours");
    }
    let archive = Archive::open(FOLDER.path()).expect("it has two repositories");
    let mut outlines = Vec::new();
    archive.outlines(StepsWanted::All, NonZeroUsize::MIN, |outline| {
        outlines.push(outline.ok());
    });
    for (repository, outline) in archive.repositories().zip(outlines) {
        let Ok(repository) = repository else {
            // A file that is no JSON as a whole may still be read in outline: strings that nobody wants are not looked at.
            continue;
        };
        assert_eq!(
            outline,
            Some(RepositoryOutline::of(&repository, StepsWanted::All))
        );
    }
});
