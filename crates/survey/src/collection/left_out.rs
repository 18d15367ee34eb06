//! What an archive holds and a survey does not count, by kind and by name.

use std::collections::BTreeMap;

/// Why something of an archive was not counted, or counts although something is odd about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LeftOutKind {
    /// A repository that cannot be read.
    UnreadableRepository,
    /// A repository without any tag.
    NoTags,
    /// A tag without a manifest: the registry did not give it, or it was not asked for.
    NoManifest,
    /// An index none of whose images the archive has.
    IndexNotFollowed,
    /// An image that an index lists and the archive does not have, while it has others of that index.
    ListedImageMissing,
    /// Docker's image manifest of schema 1. It has no sizes.
    Schema1,
    /// A document that is neither manifest nor index, or a damaged one.
    UnknownDocument,
    /// What has the shape of an image and is none: an attestation, a signature, a chart.
    Artifact,
    /// An image with a layer of more than 2^63 - 1 bytes, or layers of more than 2^64 - 1 together.
    SizeOutOfRange,
    /// An image that was counted already: the archive has two files for one repository.
    Repeated,
    /// An image that does not run on the platform asked for.
    OtherPlatform,
    /// An image that was not the one chosen of its repository.
    NotChosen,
    /// A manifest without a media type, by the published method.
    NoMediaType,
    /// An index of Docker, by the published method.
    DockerManifestList,
    /// A manifest without layers, by the published method: an index of OCI.
    NoLayers,
    /// An image whose config is missing, by the published method.
    NoConfig,
}

/// Everything of a kind, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Their names in the order in which they were met, with the reason where there is more to say.
    pub names: Vec<String>,
}

/// What was not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    tallies: BTreeMap<LeftOutKind, Tally>,
}

impl LeftOutKind {
    /// Returns the word used in files and tables, such as `index-not-followed`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnreadableRepository => "unreadable-repository",
            Self::NoTags => "no-tags",
            Self::NoManifest => "no-manifest",
            Self::IndexNotFollowed => "index-not-followed",
            Self::ListedImageMissing => "listed-image-missing",
            Self::Schema1 => "schema-1",
            Self::UnknownDocument => "unknown-document",
            Self::Artifact => "artifact",
            Self::SizeOutOfRange => "size-out-of-range",
            Self::Repeated => "repeated",
            Self::OtherPlatform => "other-platform",
            Self::NotChosen => "not-chosen",
            Self::NoMediaType => "no-media-type",
            Self::DockerManifestList => "docker-manifest-list",
            Self::NoLayers => "no-layers",
            Self::NoConfig => "no-config",
        }
    }

    /// Returns what it means, for people.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::UnreadableRepository => "repositories that cannot be read",
            Self::NoTags => "repositories without a tag",
            Self::NoManifest => "tags without a manifest",
            Self::IndexNotFollowed => "indexes of whose images the archive has none",
            Self::ListedImageMissing => "images that an index lists and the archive lacks",
            Self::Schema1 => "manifests of schema 1, which have no sizes",
            Self::UnknownDocument => "documents that are no manifest",
            Self::Artifact => "artifacts that are no images: attestations, signatures, charts",
            Self::SizeOutOfRange => "images with impossible sizes",
            Self::Repeated => "images that stand in the archive twice",
            Self::OtherPlatform => "images for other platforms",
            Self::NotChosen => "images of repositories that count with another one",
            Self::NoMediaType => "manifests without a media type",
            Self::DockerManifestList => "Docker's manifest lists",
            Self::NoLayers => "manifests without layers",
            Self::NoConfig => "images without a config",
        }
    }

    /// Tells whether it is a loss, in contrast to what the caller chose not to see.
    pub const fn is_loss(self) -> bool {
        !matches!(self, Self::OtherPlatform | Self::NotChosen | Self::Artifact)
    }
}

impl Tally {
    /// Returns how many there are.
    pub fn count(&self) -> u64 {
        self.names.len() as u64
    }
}

impl LeftOut {
    pub(super) fn add(&mut self, kind: LeftOutKind, name: String) {
        self.tallies.entry(kind).or_default().names.push(name);
    }

    /// Returns how many there are of a kind.
    pub fn count(&self, kind: LeftOutKind) -> u64 {
        self.tallies.get(&kind).map_or(0, Tally::count)
    }

    /// Returns every kind of which there is any.
    pub fn tallies(&self) -> impl Iterator<Item = (LeftOutKind, &Tally)> {
        self.tallies.iter().map(|(&kind, tally)| (kind, tally))
    }

    /// Tells whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        self.tallies.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_named() {
        let mut left_out = LeftOut::default();
        for number in 0..10 {
            left_out.add(LeftOutKind::Schema1, format!("image:{number}"));
        }
        assert_eq!(left_out.count(LeftOutKind::Schema1), 10);
        assert_eq!(left_out.count(LeftOutKind::Artifact), 0);
        let (kind, tally) = left_out.tallies().next().unwrap();
        assert_eq!((kind, tally.count()), (LeftOutKind::Schema1, 10));
        assert_eq!(tally.names[9], "image:9");
    }
}
