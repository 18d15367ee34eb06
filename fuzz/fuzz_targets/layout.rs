//! The index of an OCI layout, and its blobs where it names some.

#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pullstudy_image::Layout;

/// In memory where there is such a place: every run writes a file.
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    let folder = made.expect("a folder for temporary files can be made");
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
