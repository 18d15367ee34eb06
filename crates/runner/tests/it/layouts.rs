//! Small images in OCI layouts, made by hand.

use std::collections::BTreeMap;
use std::io::Write;

use pullstudy_image::{
    Compression, Config, Descriptor, DiffId, LayoutWriter, Manifest, MediaType, Tag, oci_spec,
};

/// Compresses a layer's tar.
pub(crate) fn compress(tar: &[u8], compression: Compression) -> Vec<u8> {
    match compression {
        Compression::Gzip => {
            let level = flate2::Compression::fast();
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
            encoder.write_all(tar).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Zstd => zstd::encode_all(tar, 1).unwrap(),
        _ => tar.to_vec(),
    }
}

/// A layer of an image: its tar, and how it is stored.
pub(crate) type LayerRecipe = (Vec<u8>, Compression);

/// Writes an image and gives it a tag; returns its manifest.
pub(crate) fn write_image(
    writer: &LayoutWriter,
    reference: &str,
    layers: &[LayerRecipe],
) -> Manifest {
    let diff_ids: Vec<DiffId> = layers.iter().map(|(tar, _)| DiffId::of(tar)).collect();
    let manifest = write_manifest(writer, layers, &diff_ids);
    let tag = Tag::new(reference.parse().unwrap(), manifest.descriptor());
    writer.put_tags(&[tag]).unwrap();
    manifest
}

/// Writes an image without a tag, whose config may lie about its layers.
pub(crate) fn write_manifest(
    writer: &LayoutWriter,
    layers: &[LayerRecipe],
    diff_ids: &[DiffId],
) -> Manifest {
    let descriptors: Vec<Descriptor> = layers
        .iter()
        .map(|(tar, compression)| {
            let stored = compress(tar, *compression);
            put(writer, compression.layer_media_type(), &stored)
        })
        .collect();
    let config = config(diff_ids.iter().map(DiffId::to_string).collect());
    let config = put(writer, MediaType::ImageConfig, config.raw());
    let manifest = Manifest::new(&config, &descriptors, &BTreeMap::new());
    put(writer, MediaType::ImageManifest, manifest.raw());
    manifest
}

pub(crate) fn put(writer: &LayoutWriter, media_type: MediaType, bytes: &[u8]) -> Descriptor {
    let digest = writer.put_blob(bytes).unwrap();
    Descriptor::new(media_type, digest, bytes.len() as u64)
}

fn config(diff_ids: Vec<String>) -> Config {
    let mut rootfs = oci_spec::image::RootFs::default();
    rootfs.set_diff_ids(diff_ids);
    let mut value = oci_spec::image::ImageConfiguration::default();
    value
        .set_rootfs(rootfs)
        .set_architecture("amd64".into())
        .set_os("linux".into());
    Config::new(value).unwrap()
}
