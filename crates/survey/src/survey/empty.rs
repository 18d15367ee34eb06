//! Layers that hold nothing, and the steps they come from.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;

use pullstudy_image::{DiffId, Digest};

use super::reuse::SharedLayer;
use crate::{CollectedImage, Collection, instruction};

/// A layer that holds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmptyLayer {
    /// The hash of its stored bytes.
    pub digest: Digest,
    /// How many bytes are stored all the same.
    pub size_bytes: u64,
    /// How it is known to be empty.
    pub why: WhyEmpty,
    /// How often images have it.
    pub rows: u64,
    /// How many images have it.
    pub images: u64,
    /// The steps that made it, most frequent first; none where no history tells.
    pub sources: Vec<EmptySource>,
}

/// How a layer is known to be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhyEmpty {
    /// Its digest is that of an empty layer of Docker or BuildKit.
    KnownDigest,
    /// An image's config says that its tar is an end of archive and nothing else.
    EmptyTar,
}

/// A kind of step that made empty layers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmptySource {
    /// The instruction: `WORKDIR`, `RUN`; nothing for a command that no Dockerfile makes.
    pub instruction: Option<&'static str>,
    /// How many rows come from it.
    pub rows: u64,
    /// One of the commands.
    pub example: String,
    /// An image with it.
    pub image: String,
}

/// The empty layers of BuildKit and of Docker, which need no config to be known.
///
/// # Source
///
/// moby `builder/dockerfile`, containerd's and BuildKit's empty gzip layer (32 bytes); Docker's `EmptyLayer` in
/// `layer/empty.go` and `image/v1` (schema 1 lists it for every step without a layer).
const KNOWN: [&str; 2] = [
    "sha256:4f4fb700ef54461cfa02571ae0db9a0dc1e0cdb5577484a6d75e68dc38e8acc1",
    "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4",
];

/// Tars of nothing: zeros, in blocks of 512 bytes. Go ends an archive with two of them; GNU tar fills up to twenty.
static EMPTY_TARS: LazyLock<HashSet<DiffId>> = LazyLock::new(|| {
    let zeros = [0; 20 * 512];
    (0..=20)
        .map(|blocks| DiffId::of(&zeros[..blocks * 512]))
        .collect()
});

/// Tells whether a tar of this hash holds nothing.
pub(crate) fn is_empty_tar(diff_id: &DiffId) -> bool {
    EMPTY_TARS.contains(diff_id)
}

/// Tells whether a layer of this digest is one of the empty ones that are known to everybody.
pub(crate) fn is_known_empty(digest: &Digest) -> bool {
    KNOWN.contains(&digest.to_string().as_str())
}

pub(super) fn empty_layers(collection: &Collection, layers: &[SharedLayer]) -> Vec<EmptyLayer> {
    let mut empty = found(collection);
    let sources = sources(collection, &empty.keys().copied().collect());
    let mut empty: Vec<_> = layers
        .iter()
        .filter_map(|layer| {
            Some(EmptyLayer {
                digest: layer.digest,
                size_bytes: layer.size_bytes,
                why: empty.remove(&layer.layer)?,
                rows: layer.rows,
                images: layer.images,
                sources: of_layer(&sources, layer.layer),
            })
        })
        .filter(|layer| layer.rows > 0)
        .collect();
    empty.sort_by_key(|layer| std::cmp::Reverse(layer.rows));
    empty
}

/// The empty layers by number.
fn found(collection: &Collection) -> BTreeMap<u32, WhyEmpty> {
    let mut empty = BTreeMap::new();
    for image in collection.images() {
        let ids = image.diff_ids.iter().flatten();
        let has_all = image
            .diff_ids
            .as_ref()
            .is_some_and(|ids| ids.len() == image.layers.len());
        for (&layer, &id) in image.layers.iter().zip(ids).filter(|_| has_all) {
            if is_empty_tar(&collection.diff_id(id)) {
                empty.insert(layer, WhyEmpty::EmptyTar);
            }
        }
    }
    for (number, layer) in (0..).zip(collection.layers()) {
        if is_known_empty(&layer.digest) {
            empty.insert(number, WhyEmpty::KnownDigest);
        }
    }
    empty
}

/// The steps of empty layers, by layer and instruction.
type Sources = BTreeMap<(u32, Option<&'static str>), EmptySource>;

fn sources(collection: &Collection, empty: &BTreeSet<u32>) -> Sources {
    let mut sources = Sources::new();
    for (number, image) in collection.images().iter().enumerate() {
        for (layer, command) in commands(collection, image) {
            if !empty.contains(&layer) {
                continue;
            }
            let instruction = instruction(command);
            let source = sources.entry((layer, instruction));
            let source = source.or_insert_with(|| EmptySource {
                instruction,
                rows: 0,
                example: command.to_owned(),
                image: collection.name(number),
            });
            source.rows += 1;
        }
    }
    sources
}

/// The layers of an image with the commands that made them, where these are known.
fn commands<'a>(
    collection: &'a Collection,
    image: &'a CollectedImage,
) -> impl Iterator<Item = (u32, &'a str)> {
    let steps = image.steps_of_layers().into_iter().flatten();
    image.layers.iter().zip(steps).filter_map(|(&layer, step)| {
        let command = step.command?;
        Some((layer, collection.command(command)))
    })
}

fn of_layer(sources: &Sources, layer: u32) -> Vec<EmptySource> {
    let first = (layer, None);
    let of_it = sources
        .range(first..)
        .take_while(|((of, _), _)| *of == layer);
    let mut of_it: Vec<_> = of_it.map(|(_, source)| source.clone()).collect();
    of_it.sort_by_key(|source| std::cmp::Reverse(source.rows));
    of_it
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_digests_are_digests() {
        for text in KNOWN {
            assert!(is_known_empty(&text.parse().unwrap()));
        }
        assert!(!is_known_empty(&Digest::of(b"")));
    }

    #[test]
    fn an_end_of_archive_is_no_content() {
        let docker = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";
        assert!(is_empty_tar(&docker.parse().unwrap()));
        assert!(is_empty_tar(&DiffId::of(b"")));
        assert!(!is_empty_tar(&DiffId::of(&[0; 100])));
    }
}
