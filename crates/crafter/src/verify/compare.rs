//! An image's own words against what its layers are.

use pullstudy_image::{Descriptor, Platform};

use super::documents::{ImageDocuments, sentence};
use super::layers::{LayerKey, Layers};
use super::mismatch::{Check, Findings, Mismatch};
use crate::annotation::{ANNOTATION_TAR_BYTES, ANNOTATION_UNPACKED_BYTES, ANNOTATION_WIRE_BYTES};
use crate::examine::{Examined, ExaminedTar};

/// Sizes of an image as they were found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FoundSizes {
    pub(super) wire_bytes: u64,
    /// Missing where a layer's files cannot be read.
    pub(super) unpacked_bytes: Option<u64>,
    /// Missing where a layer cannot be decompressed.
    pub(super) tar_bytes: Option<u64>,
}

/// Compares one image, and returns its sizes as they were found.
pub(super) fn compare(
    image: &ImageDocuments,
    layers: &Layers,
    mismatches: &mut Vec<Mismatch>,
) -> FoundSizes {
    let mut findings = Findings {
        image: &image.names[0],
        platform: image.platform.as_ref(),
        mismatches,
    };
    compare_config(image, &mut findings);
    let mut found = FoundSizes {
        wire_bytes: 0,
        unpacked_bytes: Some(0),
        tar_bytes: Some(0),
    };
    for (index, descriptor) in image.manifest.layers().iter().enumerate() {
        let sizes = compare_layer(image, index, descriptor, layers, &mut findings);
        found.wire_bytes += sizes.wire_bytes;
        found.unpacked_bytes = add(found.unpacked_bytes, sizes.unpacked_bytes);
        found.tar_bytes = add(found.tar_bytes, sizes.tar_bytes);
    }
    compare_sums(image, found, &mut findings);
    found
}

fn add(sum: Option<u64>, more: Option<u64>) -> Option<u64> {
    Some(sum? + more?)
}

fn compare_config(image: &ImageDocuments, findings: &mut Findings<'_>) {
    let Some(config) = &image.config else {
        return;
    };
    findings.compare(
        None,
        Check::LayerCount,
        image.manifest.layers().len(),
        config.diff_ids().len(),
    );
    let own: Platform = config.platform();
    if let Some(platform) = image
        .platform
        .as_ref()
        .filter(|platform| !platform.accepts(&own))
    {
        findings.note(None, Check::Platform, platform.to_string(), own.to_string());
    }
}

fn compare_layer(
    image: &ImageDocuments,
    index: usize,
    descriptor: &Descriptor,
    layers: &Layers,
    findings: &mut Findings<'_>,
) -> FoundSizes {
    let layer = Some(index + 1);
    let examined = match LayerKey::of(descriptor, image.diff_id(index)).map(|key| &layers[&key]) {
        Some(Ok(examined)) => examined,
        Some(Err(reason)) => {
            findings.note(layer, Check::Layer, "readable".to_owned(), reason.clone());
            return FoundSizes::default();
        }
        None => {
            let found = descriptor.media_type.to_string();
            findings.note(layer, Check::Layer, "a tar".to_owned(), found);
            return FoundSizes::default();
        }
    };
    let (said, found) = (descriptor, examined);
    findings.compare(layer, Check::Size, said.size_bytes, found.wire_bytes);
    findings.compare(layer, Check::Digest, said.digest, found.digest);
    let (unpacked_bytes, tar_bytes) = compare_tar(image, index, examined, findings);
    let found = [
        (Check::UnpackedBytes, unpacked_bytes),
        (Check::TarBytes, tar_bytes),
    ];
    for (check, bytes) in found {
        let said = said.annotations.get(key(check)).map(String::as_str);
        compare_annotation(layer, check, said, bytes, findings);
    }
    FoundSizes {
        wire_bytes: examined.wire_bytes,
        unpacked_bytes,
        tar_bytes,
    }
}

/// Compares what a layer unpacks to, and returns its unpacked bytes and the tar's.
fn compare_tar(
    image: &ImageDocuments,
    index: usize,
    examined: &Examined,
    findings: &mut Findings<'_>,
) -> (Option<u64>, Option<u64>) {
    let layer = Some(index + 1);
    let ExaminedTar {
        diff_id,
        tar_bytes,
        unpacked_bytes,
    } = match &examined.tar {
        Ok(tar) => tar,
        Err(error) => {
            findings.note(layer, Check::Tar, "readable".to_owned(), sentence(error));
            return (None, None);
        }
    };
    if let Some(expected) = image.diff_id(index) {
        findings.compare(layer, Check::DiffId, *expected, *diff_id);
    }
    if let Err(error) = unpacked_bytes {
        findings.note(layer, Check::Tar, "readable".to_owned(), sentence(error));
    }
    (unpacked_bytes.as_ref().ok().copied(), Some(*tar_bytes))
}

/// Compares the sums over all layers with the manifest's annotations and the config's labels.
fn compare_sums(image: &ImageDocuments, found: FoundSizes, findings: &mut Findings<'_>) {
    let sums = [
        (Check::WireBytes, Some(found.wire_bytes)),
        (Check::UnpackedBytes, found.unpacked_bytes),
        (Check::TarBytes, found.tar_bytes),
    ];
    for (check, bytes) in sums {
        let annotation = image.manifest.annotation(key(check));
        let label = image
            .config
            .as_ref()
            .and_then(|config| config.label(key(check)));
        compare_annotation(None, check, annotation, bytes, findings);
        if label != annotation {
            compare_annotation(None, check, label, bytes, findings);
        }
    }
}

const fn key(check: Check) -> &'static str {
    match check {
        Check::WireBytes => ANNOTATION_WIRE_BYTES,
        Check::TarBytes => ANNOTATION_TAR_BYTES,
        _ => ANNOTATION_UNPACKED_BYTES,
    }
}

fn compare_annotation(
    layer: Option<usize>,
    check: Check,
    said: Option<&str>,
    found: Option<u64>,
    findings: &mut Findings<'_>,
) {
    let (Some(said), Some(found)) = (said, found) else {
        return;
    };
    findings.compare(layer, check, said, &found.to_string());
}
