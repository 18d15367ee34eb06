//! Sizes of images that no manifest tells: what they unpack to, their files, their codec.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pullstudy_console::UsageError;
use serde::Deserialize;

/// Where sizes of images are known from.
#[derive(Debug, clap::Args)]
pub(super) struct SizesArgs {
    /// Sizes of images, as `crafter build` and `pullstat inspect --deep` print them with --format json
    #[arg(long, value_name = "FILE")]
    sizes: Option<PathBuf>,
}

impl SizesArgs {
    /// Reads the file, if one is named.
    pub(super) fn read(&self) -> Result<KnownSizes, UsageError> {
        self.sizes
            .as_deref()
            .map_or_else(|| Ok(KnownSizes::default()), KnownSizes::read)
    }
}

/// Sizes by reference.
#[derive(Debug, Default)]
pub(super) struct KnownSizes {
    by_reference: BTreeMap<String, ImageSizes>,
}

/// An image of the file. What it does not tell is `None`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ImageSizes {
    reference: String,
    pub(super) wire_bytes: Option<u64>,
    pub(super) unpacked_bytes: Option<u64>,
    pub(super) layers: Option<u32>,
    pub(super) files: Option<u64>,
    compression: Option<String>,
    #[serde(default)]
    layer_rows: Vec<LayerSizes>,
}

#[derive(Debug, Clone, Deserialize)]
struct LayerSizes {
    compression: Option<String>,
    unpacked_bytes: Option<u64>,
}

impl ImageSizes {
    /// Unpacked bytes that come from zstd; `None` where a codec or a layer's bytes are not known.
    pub(super) fn zstd_bytes(&self) -> Option<u64> {
        let of = |codec: &Option<String>, bytes: Option<u64>| match codec.as_deref()? {
            "zstd" => bytes,
            _ => Some(0),
        };
        if self.layer_rows.is_empty() {
            return of(&self.compression, self.unpacked_bytes);
        }
        let layers = self.layer_rows.iter();
        layers
            .map(|layer| of(&layer.compression, layer.unpacked_bytes))
            .sum()
    }
}

impl KnownSizes {
    fn read(path: &Path) -> Result<Self, UsageError> {
        let refused = |cause: String| {
            UsageError(format!(
                "--sizes {}: {cause}; take what crafter build or pullstat inspect --deep print with --format json",
                path.display()
            ))
        };
        let text = fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
        let images: Vec<ImageSizes> =
            serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
        let named = images
            .into_iter()
            .map(|image| (image.reference.clone(), image));
        Ok(Self {
            by_reference: named.collect(),
        })
    }

    /// The sizes of an image: by its whole reference, else by its name and tag alone, which a mirror keeps.
    pub(super) fn of(&self, image: &str) -> Option<&ImageSizes> {
        let name = |reference: &str| reference.rsplit('/').next().unwrap_or(reference).to_owned();
        self.by_reference.get(image).or_else(|| {
            let wanted = name(image);
            let mut same = self
                .by_reference
                .values()
                .filter(|known| name(&known.reference) == wanted);
            same.next().filter(|_| same.next().is_none())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(json: &str) -> KnownSizes {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sizes.json");
        fs::write(&file, json).unwrap();
        KnownSizes::read(&file).unwrap()
    }

    #[test]
    fn images_are_found_where_they_were_copied_to() {
        let known = known(
            r#"[{"reference": "localhost:5000/app:1", "wire_bytes": 7, "unpacked_bytes": 20, "compression": "zstd", "seed": 3},
                {"reference": "a.io/twice:1", "layers": 2}, {"reference": "b.io/twice:1", "layers": 3}]"#,
        );
        assert_eq!(known.of("ghcr.io/me/app:1").unwrap().wire_bytes, Some(7));
        assert_eq!(known.of("ghcr.io/me/app:1").unwrap().zstd_bytes(), Some(20));
        assert_eq!(known.of("b.io/twice:1").unwrap().layers, Some(3));
        assert!(known.of("c.io/twice:1").is_none() && known.of("app:2").is_none());
    }

    #[test]
    fn codecs_are_counted_by_layer() {
        let known = known(
            r#"[{"reference": "app:1", "layer_rows": [
                  {"compression": "gzip", "unpacked_bytes": 5}, {"compression": "zstd", "unpacked_bytes": 6}]},
                {"reference": "app:2", "layer_rows": [{"compression": null, "unpacked_bytes": 5}]}]"#,
        );
        assert_eq!(known.of("app:1").unwrap().zstd_bytes(), Some(6));
        assert_eq!(known.of("app:2").unwrap().zstd_bytes(), None);
    }
}
