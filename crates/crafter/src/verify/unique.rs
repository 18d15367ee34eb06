//! Layers of a crafted set differ from each other, except where they say otherwise.

use std::collections::BTreeMap;

use pullstudy_image::{Descriptor, DiffId, Digest};

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
    let mut seen = Seen::default();
    for image in images.iter().filter(|image| image.is_crafted()) {
        let mut findings = Findings {
            image: &image.names[0],
            platform: image.platform.as_ref(),
            mismatches,
        };
        for (index, descriptor) in image.manifest.layers().iter().enumerate() {
            if !may_be_repeated(descriptor) {
                let diff_id = found_diff_id(image, index, descriptor, layers);
                seen.compare(index, descriptor.digest, diff_id, &mut findings);
            }
        }
    }
}

/// Tells whether a layer says that other images have it, too.
fn may_be_repeated(descriptor: &Descriptor) -> bool {
    let role = descriptor.annotations.get(ANNOTATION_ROLE);
    [LayerRole::Shared, LayerRole::Base]
        .iter()
        .any(|repeated| role.is_some_and(|role| role == repeated.name()))
}

fn found_diff_id(
    image: &ImageDocuments,
    index: usize,
    descriptor: &Descriptor,
    layers: &Layers,
) -> Option<DiffId> {
    let key = LayerKey::of(descriptor, image.diff_id(index))?;
    let examined = layers[&key].as_ref().ok()?;
    examined.tar.as_ref().ok().map(|tar| tar.diff_id)
}

/// Where each hash was seen first.
#[derive(Default)]
struct Seen {
    digests: BTreeMap<Digest, String>,
    diff_ids: BTreeMap<DiffId, String>,
}

impl Seen {
    fn compare(
        &mut self,
        index: usize,
        digest: Digest,
        diff_id: Option<DiffId>,
        findings: &mut Findings<'_>,
    ) {
        let here = format!("that of {}, layer {}", findings.image, index + 1);
        let first_digest = seen_before(&mut self.digests, digest, &here);
        let first_diff_id = diff_id.and_then(|id| seen_before(&mut self.diff_ids, id, &here));
        let found = [
            (Check::UniqueDigest, first_digest),
            (Check::UniqueDiffId, first_diff_id),
        ];
        for (check, first) in found {
            if let Some(first) = first {
                findings.note(Some(index + 1), check, "its own".to_owned(), first);
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
