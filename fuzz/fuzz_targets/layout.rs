//! The index of an OCI layout, and its blobs where it names some.

#![no_main]

use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pullstudy_fuzz::folder;
use pullstudy_image::Layout;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = folder();
    fs::create_dir_all(folder.path().join("blobs/sha256")).expect("the folder is ours");
    fs::write(
        folder.path().join("oci-layout"),
        r#"{"imageLayoutVersion": "1.0.0"}"#,
    )
    .expect("the folder is ours");
    folder
});

fuzz_target!(|bytes: &[u8]| {
    fs::write(FOLDER.path().join("index.json"), bytes).expect("the folder is ours");
    let Ok(layout) = Layout::open(FOLDER.path()) else {
        return;
    };
    for image in layout.images().into_iter().flatten() {
        let _ = layout.read_blob(&image.descriptor);
    }
});
