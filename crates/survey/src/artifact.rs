//! What is an image, and what is only stored like one: one rule for collections and for single images.

/// Configs of images; anything else describes something that is not run.
///
/// # Source
///
/// OCI image-spec 1.1, manifest.md, "Guidelines for Artifact Usage"; Docker's schema 2.
const IMAGE_CONFIGS: [&str; 2] = [
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
];

/// BuildKit lists statements about an image for this system.
pub(crate) const NO_SYSTEM: &str = "unknown";

/// Tells whether a manifest is an artifact: a chart, a signature, a bill of materials, and no image.
///
/// Signatures of cosign come with the config of an image, and count as one: as in the study, a manifest is taken at its
/// word. Old builders wrote configs of odd types; their layers tell that they are images.
pub(crate) fn is_artifact<'a>(
    artifact_type: Option<&str>,
    config_type: &str,
    mut layer_types: impl Iterator<Item = &'a str>,
) -> bool {
    artifact_type.is_some() || !(IMAGE_CONFIGS.contains(&config_type) || layer_types.any(is_layer))
}

fn is_layer(media_type: &str) -> bool {
    media_type.starts_with("application/vnd.oci.image.layer.")
        || media_type.starts_with("application/vnd.docker.image.rootfs.")
}

/// Tells whether registries do not hand a layer out: Windows' base layers, fetched from elsewhere.
///
/// # Source
///
/// Docker's "Image Manifest V 2, Schema 2"; OCI image-spec 1.0, layer.md, "Non-Distributable Layers".
pub(crate) fn is_foreign(media_type: &str) -> bool {
    media_type.contains(".foreign.") || media_type.contains(".nondistributable.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artifacts_are_told_from_images() {
        let layer = "application/vnd.oci.image.layer.v1.tar+gzip";
        for (artifact, kind, config, layers) in [
            (false, None, IMAGE_CONFIGS[0], vec![layer]),
            (false, None, IMAGE_CONFIGS[1], vec![]),
            (false, None, "application/octet-stream", vec![layer]),
            (
                true,
                None,
                "application/vnd.cncf.helm.config.v1+json",
                vec!["application/vnd.cncf.helm.chart.content.v1.tar+gzip"],
            ),
            (
                true,
                Some("application/vnd.example.sbom"),
                IMAGE_CONFIGS[0],
                vec![layer],
            ),
            (true, None, "application/vnd.oci.empty.v1+json", vec![]),
        ] {
            assert_eq!(
                is_artifact(kind, config, layers.into_iter()),
                artifact,
                "{kind:?} {config}"
            );
        }
    }

    #[test]
    fn foreign_layers_have_two_spellings() {
        assert!(is_foreign(
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
        ));
        assert!(is_foreign(
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
        ));
        assert!(!is_foreign("application/vnd.oci.image.layer.v1.tar+gzip"));
    }
}
