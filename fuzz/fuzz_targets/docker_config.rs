//! A docker configuration with credentials, and certificates. No helper is run.

#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pullstudy_registry::{CertificateAuthority, DockerConfig};

/// In memory where there is such a place: every run writes a file.
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.expect("a folder for temporary files can be made")
});

fuzz_target!(|bytes: &[u8]| {
    let path = FOLDER.path().join("config.json");
    fs::write(&path, bytes).expect("the folder is ours");
    // A secret in the file must not come out with an error.
    if let Err(error) = DockerConfig::read(&path) {
        let _ = error.to_string();
    }
    let _ = CertificateAuthority::from_pem("fuzz.pem", bytes);
});
