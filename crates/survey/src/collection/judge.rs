//! What is an image, and what only looks like one.

use pullstudy_image::{ImageOutline, MissingReason, RootOutline, TagOutline};

use super::left_out::LeftOutKind;
use super::options::Method;
use crate::artifact;

/// Returns why an image of a tag does not count, if it does not.
pub(super) fn fault(method: Method, tag: &TagOutline, image: &ImageOutline) -> Option<LeftOutKind> {
    if has_impossible_size(image) {
        return Some(LeftOutKind::SizeOutOfRange);
    }
    match method {
        Method::Corrected => is_artifact(image).then_some(LeftOutKind::Artifact),
        Method::Published => published_fault(tag).or_else(|| {
            // By that method no image of an index counts, for the index has no layers.
            image.config.is_none().then_some(LeftOutKind::NoConfig)
        }),
    }
}

/// Returns why a tag does not count as a whole, if it does not.
pub(super) fn tag_fault(method: Method, tag: &TagOutline) -> Option<LeftOutKind> {
    match (method, &tag.root) {
        (_, None) if is_damaged(tag) => Some(LeftOutKind::UnknownDocument),
        (_, None) => Some(LeftOutKind::NoManifest),
        (Method::Published, Some(_)) => published_fault(tag),
        (Method::Corrected, Some(RootOutline::Schema1(_))) => Some(LeftOutKind::Schema1),
        (Method::Corrected, Some(RootOutline::Other(_))) => Some(LeftOutKind::UnknownDocument),
        (Method::Corrected, Some(RootOutline::Index(_))) if tag.images.is_empty() => {
            Some(LeftOutKind::IndexNotFollowed)
        }
        (Method::Corrected, Some(_)) => None,
    }
}

fn is_damaged(tag: &TagOutline) -> bool {
    let mut missing = tag.missing.iter();
    missing.any(|missing| missing.reason == MissingReason::Damaged)
}

/// Returns why a tag has no document, or one that cannot be understood, where there is more to say.
pub(super) fn reason(tag: &TagOutline) -> Option<String> {
    match (&tag.root, tag.missing.first()) {
        (Some(RootOutline::Other(reason)), _) => Some(reason.clone()),
        (None, Some(missing)) => Some(match &missing.message {
            Some(message) => format!("{}, {message}", missing.reason.name()),
            None => missing.reason.name().to_owned(),
        }),
        _ => None,
    }
}

/// The study's questions, in its order.
fn published_fault(tag: &TagOutline) -> Option<LeftOutKind> {
    match (&tag.media_type, &tag.root) {
        (None, _) => Some(LeftOutKind::NoMediaType),
        (Some(media_type), _) if **media_type == *DOCKER_LIST => {
            Some(LeftOutKind::DockerManifestList)
        }
        (Some(_), Some(RootOutline::Manifest)) => None,
        (Some(_), _) => Some(LeftOutKind::NoLayers),
    }
}

const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

fn is_artifact(image: &ImageOutline) -> bool {
    let layers = image.layers.iter().map(|layer| &*layer.media_type);
    let artifact_type = image.artifact_type.as_deref();
    is_statement(image) || artifact::is_artifact(artifact_type, &image.config_media_type, layers)
}

fn is_statement(image: &ImageOutline) -> bool {
    let platform = image.listed_platform.as_ref();
    platform.is_some_and(|platform| platform.os == artifact::NO_SYSTEM)
}

/// OCI sizes are integers of 64 bits with a sign; more bytes than an unsigned one counts cannot be summed up.
///
/// # Source
///
/// OCI image-spec 1.1, descriptor.md, "size".
fn has_impossible_size(image: &ImageOutline) -> bool {
    let sizes = image.layers.iter().map(|layer| layer.size_bytes);
    let is_too_large = sizes.clone().any(|size| i64::try_from(size).is_err());
    is_too_large
        || sizes
            .into_iter()
            .try_fold(0_u64, u64::checked_add)
            .is_none()
}
