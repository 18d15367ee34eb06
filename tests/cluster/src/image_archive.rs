//! An image of a few files, as an archive that `ctr images import` reads.

use std::io;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Returns an OCI layout in a tar with an image of one layer: the files, each by its path in the image. `config` says how
/// it is run, in the words of the image specification.
pub(crate) fn image_archive(
    name: &str,
    config: &Value,
    files: &[(&str, &[u8])],
) -> io::Result<Vec<u8>> {
    let layer = tar_of(files)?;
    let config = bytes(&json!({
        "architecture": "amd64",
        "os": "linux",
        "config": config,
        "rootfs": { "type": "layers", "diff_ids": [digest(&layer)] },
    }));
    let manifest = bytes(&json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", &layer)],
    }));
    let mut image = descriptor("application/vnd.oci.image.manifest.v1+json", &manifest);
    image["annotations"] = json!({ "io.containerd.image.name": name });
    let index = bytes(&json!({ "schemaVersion": 2, "manifests": [image] }));
    let blob = |content: &[u8]| format!("blobs/{}", digest(content).replace(':', "/"));
    tar_of(&[
        ("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#),
        ("index.json", &index),
        (&blob(&manifest), &manifest),
        (&blob(&config), &config),
        (&blob(&layer), &layer),
    ])
}

fn tar_of(files: &[(&str, &[u8])]) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        archive.append_data(&mut header, path, *content)?;
    }
    archive.into_inner()
}

fn bytes(document: &Value) -> Vec<u8> {
    document.to_string().into_bytes()
}

fn digest(content: &[u8]) -> String {
    let hash = Sha256::digest(content);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn descriptor(media_type: &str, content: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": digest(content), "size": content.len() })
}
