//! A docker configuration with credentials, and certificates. No helper is run.

#![no_main]

use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pullstudy_fuzz::folder;
use pullstudy_registry::{CertificateAuthority, DockerConfig};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);

fuzz_target!(|bytes: &[u8]| {
    let path = FOLDER.path().join("config.json");
    fs::write(&path, bytes).expect("the folder is ours");
    // A secret in the file must not come out with an error.
    if let Err(error) = DockerConfig::read(&path) {
        let _ = error.to_string();
    }
    let _ = CertificateAuthority::from_pem("fuzz.pem", bytes);
});
