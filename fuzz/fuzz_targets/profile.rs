//! A node's profile. What is read is written again as the same, and predicts nothing below zero.

#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pullstudy_costmodel::{NodeProfile, Sizes};
use pullstudy_fuzz::folder;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);

fuzz_target!(|bytes: &[u8]| {
    let Some(profile) = read(bytes) else {
        return;
    };
    let again = read(profile.to_json().as_bytes()).expect("what is written can be read");
    assert_eq!(again, profile);
    let mut sizes = Sizes::default();
    sizes.wire_bytes = Some(1_000_000_000);
    sizes.unpacked_bytes = Some(2_600_000_000);
    sizes.layers = Some(12);
    sizes.nodes = Some(16);
    if let Ok(prediction) = profile.predict(&sizes) {
        assert!(prediction.median_seconds >= 0.0, "{prediction:?}");
    }
});

fn read(bytes: &[u8]) -> Option<NodeProfile> {
    let path: PathBuf = FOLDER.path().join("profile.json");
    fs::write(&path, bytes).expect("the folder is ours");
    NodeProfile::read(&path).ok()
}
