//! Layers and images, made entry by entry.

use std::io::Write;

use pullstudy_image::{
    Compression, Descriptor, DiffId, Layout, LayoutWriter, Manifest, MediaType, Tag,
};
use pullstudy_survey::{ImageReport, InspectOptions, Inspection, Subject, find_subjects, inspect};
use serde_json::json;
use tar::{EntryType, Header};

/// A layer on its way.
pub(crate) struct LayerTar(tar::Builder<Vec<u8>>);

impl LayerTar {
    pub(crate) fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    pub(crate) fn file(self, path: &str, content: &[u8]) -> Self {
        self.entry(EntryType::Regular, path, "", content)
    }

    pub(crate) fn folder(self, path: &str) -> Self {
        self.entry(EntryType::Directory, path, "", b"")
    }

    pub(crate) fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(EntryType::Symlink, path, target, b"")
    }

    pub(crate) fn hard_link(self, path: &str, target: &str) -> Self {
        self.entry(EntryType::Link, path, target, b"")
    }

    /// The builder of the crate `tar` refuses some names, so they are written by hand.
    pub(crate) fn entry(
        mut self,
        kind: EntryType,
        path: &str,
        target: &str,
        content: &[u8],
    ) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

/// An image in a layout of its own.
pub(crate) struct MadeImage {
    pub(crate) layout: Layout,
    pub(crate) manifest: Descriptor,
    _folder: tempfile::TempDir,
}

/// A stored layer, and what the documents say of it.
pub(crate) struct Stored {
    pub(crate) bytes: Vec<u8>,
    pub(crate) descriptor: Descriptor,
    pub(crate) diff_id: DiffId,
}

/// Stores a tar under the right names.
pub(crate) fn stored(tar: &[u8], compression: Compression) -> Stored {
    let bytes = match compression {
        Compression::Gzip => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(tar).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Zstd => zstd::encode_all(tar, 1).unwrap(),
        _ => tar.to_vec(),
    };
    let digest = pullstudy_image::Digest::of(&bytes);
    Stored {
        descriptor: Descriptor::new(compression.layer_media_type(), digest, bytes.len() as u64),
        diff_id: DiffId::of(tar),
        bytes,
    }
}

/// Makes an image of plain layers.
pub(crate) fn image(tars: &[Vec<u8>]) -> MadeImage {
    let layers: Vec<Stored> = tars
        .iter()
        .map(|tar| stored(tar, Compression::None))
        .collect();
    let steps: Vec<_> = (1..=tars.len())
        .map(|number| json!({"created_by": format!("RUN {number}")}))
        .collect();
    image_of(&layers, &json!(steps))
}

/// Makes an image of stored layers.
pub(crate) fn image_of(layers: &[Stored], history: &serde_json::Value) -> MadeImage {
    let diff_ids: Vec<String> = layers
        .iter()
        .map(|layer| layer.diff_id.to_string())
        .collect();
    let config = json!({
        "os": "linux",
        "architecture": "amd64",
        "created": "2024-01-02T03:04:05Z",
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": history,
    });
    image_with(layers, config.to_string().as_bytes())
}

/// Makes an image with whatever config.
pub(crate) fn image_with(layers: &[Stored], config: &[u8]) -> MadeImage {
    let folder = tempfile::tempdir().unwrap();
    let writer = LayoutWriter::create(folder.path()).unwrap();
    let put = |media_type, bytes: &[u8]| {
        let digest = writer.put_blob(bytes).unwrap();
        Descriptor::new(media_type, digest, bytes.len() as u64)
    };
    let config = put(MediaType::ImageConfig, config);
    let descriptors: Vec<Descriptor> = layers
        .iter()
        .map(|layer| {
            writer.put_blob(&layer.bytes).unwrap();
            layer.descriptor.clone()
        })
        .collect();
    let manifest = Manifest::new(&config, &descriptors, &Default::default());
    let manifest = put(MediaType::ImageManifest, manifest.raw());
    let name = "ghcr.io/study/made:1".parse().unwrap();
    writer
        .put_tags(&[Tag::new(name, manifest.clone())])
        .unwrap();
    MadeImage {
        layout: writer.layout().clone(),
        manifest,
        _folder: folder,
    }
}

impl MadeImage {
    pub(crate) fn subject(&self) -> Subject {
        let found = find_subjects(&self.layout, "made:1", Some("1"), &self.manifest, None);
        found.into_iter().next().unwrap().unwrap()
    }

    pub(crate) fn inspect(&self, options: &InspectOptions) -> Inspection {
        inspect(&self.subject(), Some(&self.layout), options)
    }

    pub(crate) fn deep(&self) -> ImageReport {
        self.inspect(&InspectOptions::default()).report
    }

    pub(crate) fn shallow(&self) -> ImageReport {
        inspect(&self.subject(), None, &InspectOptions::default()).report
    }
}

/// Names the findings of a report.
pub(crate) fn codes(report: &ImageReport) -> Vec<&'static str> {
    report
        .findings
        .iter()
        .map(|finding| finding.code.name())
        .collect()
}
