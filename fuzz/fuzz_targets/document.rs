//! Manifests, indexes and configs, as registries send them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pullstudy_image::{Config, Digest, Document};

fuzz_target!(|bytes: &[u8]| {
    let _ = Config::parse(bytes.to_vec());
    match Document::parse(bytes.to_vec()) {
        Ok(Document::Manifest(manifest)) => {
            assert_eq!(manifest.raw(), bytes);
            assert_eq!(manifest.digest(), Digest::of(bytes));
            let _ = manifest.wire_bytes();
        }
        Ok(Document::Index(index)) => {
            assert_eq!(index.raw(), bytes);
            assert_eq!(index.descriptor().size_bytes, bytes.len() as u64);
        }
        Ok(_) | Err(_) => {}
    }
});
