//! One layer's row.

use pullstudy_image::{Compression, Descriptor, DiffId, Digest, in_words};
use serde::Serialize;

use super::deep::ReadLayer;
use super::history::Step;
use super::known_empty::is_known_empty;

/// What is known of one layer. What is not known is null; most of it is known only after a deep inspection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LayerRow {
    /// The layer's number, from 1, the base's first.
    pub layer: usize,
    /// The hash of the stored bytes.
    pub digest: Digest,
    /// The hash of the tar, as the config says it.
    pub diff_id: Option<DiffId>,
    /// The media type, as the manifest says it.
    pub media_type: Option<String>,
    /// How the tar is stored: by the first bytes after a deep inspection, by the media type otherwise.
    pub compression: Option<&'static str>,
    /// How many bytes a registry sends.
    pub wire_bytes: Option<u64>,
    /// The length of the tar.
    pub tar_bytes: Option<u64>,
    /// Sum of the regular files' sizes.
    pub unpacked_bytes: Option<u64>,
    /// Those of them that no container sees.
    pub wasted_bytes: Option<u64>,
    /// The build command that made the layer.
    pub command: Option<String>,
    /// When, as the builder wrote it.
    pub created: Option<String>,
    /// Whether the tar holds nothing.
    pub empty: Option<bool>,
    /// The number of an earlier layer with the same contents.
    pub duplicate_of: Option<usize>,
    /// Regular files in the tar.
    pub files: Option<u64>,
    /// Folders.
    pub directories: Option<u64>,
    /// Symbolic links.
    pub symlinks: Option<u64>,
    /// Further names of files.
    pub hard_links: Option<u64>,
    /// Devices, pipes, and what no engine unpacks.
    pub other_entries: Option<u64>,
    /// Whiteouts, opaque ones among them.
    pub whiteouts: Option<u64>,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// Describes a layer by its documents alone.
pub(super) fn shallow(
    layer: usize,
    descriptor: &Descriptor,
    diff_id: Option<DiffId>,
    step: Step,
) -> LayerRow {
    let compression = Compression::of_layer(&descriptor.media_type).ok();
    let empty = is_known_empty(&descriptor.digest, diff_id.as_ref());
    LayerRow {
        media_type: Some(descriptor.media_type.to_string()),
        compression: compression.map(Compression::name),
        wire_bytes: Some(descriptor.size_bytes),
        diff_id,
        command: step.command,
        created: step.created,
        ..bare(layer, descriptor.digest, empty)
    }
}

/// Describes a layer of which only the digest is known.
pub(super) fn bare(layer: usize, digest: Digest, empty: bool) -> LayerRow {
    LayerRow {
        layer,
        digest,
        diff_id: None,
        media_type: None,
        compression: None,
        wire_bytes: None,
        tar_bytes: None,
        unpacked_bytes: None,
        wasted_bytes: None,
        command: None,
        created: None,
        empty: empty.then_some(true),
        duplicate_of: None,
        files: None,
        directories: None,
        symlinks: None,
        hard_links: None,
        other_entries: None,
        whiteouts: None,
        problem: None,
    }
}

/// Adds what reading the layer has shown.
pub(super) fn deepen(row: &mut LayerRow, read: &ReadLayer) {
    row.problem = read.problem.as_ref().map(in_words);
    if let Some(compression) = read.compression {
        row.compression = Some(compression.name());
    }
    if !read.is_whole() {
        return;
    }
    let counts = &read.counts;
    row.tar_bytes = read.tar_bytes;
    row.unpacked_bytes = Some(counts.unpacked_bytes);
    row.empty = Some(counts.entries == 0);
    row.files = Some(counts.files);
    row.directories = Some(counts.directories);
    row.symlinks = Some(counts.symlinks);
    row.hard_links = Some(counts.hard_links);
    row.other_entries = Some(counts.others);
    row.whiteouts = Some(counts.whiteouts);
}
