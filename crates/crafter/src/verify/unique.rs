//! Layers of a crafted set differ from each other, except where they say otherwise.

use std::collections::BTreeMap;

use super::documents::ImageDocuments;
use super::layers::{LayerKey, Layers};
use super::mismatch::{Check, Findings, Mismatch};
use crate::LayerRole;
use crate::annotation::{ANNOTATION_ROLE, ANNOTATION_SEED};

/// Notes every layer whose digest or diff_id another layer had before it.
///
/// Only images that the crafter made promise this, and only for layers that are neither shared nor a base's.
pub(super) fn compare_all(
    images: &[ImageDocuments],
    layers: &Layers,
    mismatches: &mut Vec<Mismatch>,
) {
    let mut digests = BTreeMap::new();
    let mut diff_ids = BTreeMap::new();
    for image in images.iter().filter(|image| image.is_crafted()) {
        let mut findings = Findings {
            image: &image.names[0],
            platform: image.platform.as_ref(),
            mismatches,
        };
        for (index, descriptor) in image.manifest.layers().iter().enumerate() {
            let role = descriptor
                .annotations
                .get(ANNOTATION_ROLE)
                .map(String::as_str);
            if role != Some(LayerRole::Own.name()) {
                continue;
            }
            let here = format!("that of {}, layer {}", image.names[0], index + 1);
            let mut note = |check, first: Option<String>| {
                if let Some(first) = first {
                    findings.note(Some(index + 1), check, "its own".to_owned(), first);
                }
            };
            note(
                Check::UniqueDigest,
                seen_before(&mut digests, descriptor.digest, &here),
            );
            let examined = LayerKey::of(descriptor, image.diff_id(index))
                .and_then(|key| layers[&key].as_ref().ok());
            if let Some(tar) = examined.and_then(|examined| examined.tar.as_ref().ok()) {
                note(
                    Check::UniqueDiffId,
                    seen_before(&mut diff_ids, tar.diff_id, &here),
                );
            }
        }
    }
}

/// Returns where a hash was seen first, or remembers that it is here.
fn seen_before<K: Ord>(seen: &mut BTreeMap<K, String>, hash: K, here: &str) -> Option<String> {
    let first = seen.get(&hash).cloned();
    if first.is_none() {
        seen.insert(hash, here.to_owned());
    }
    first
}

impl ImageDocuments {
    /// Tells whether the image says that the crafter made it.
    pub(super) fn is_crafted(&self) -> bool {
        self.manifest.annotation(ANNOTATION_SEED).is_some()
    }
}
