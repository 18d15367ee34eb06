//! From an image's documents, and its layers where they may be read, to a report.

use std::collections::HashMap;

use pullstudy_image::{
    ArchivedConfig, ArchivedManifest, ArchivedSchema1, BlobSource, Descriptor, DiffId, Digest,
};

use super::base::{BaseProfile, Candidate, path_hash};
use super::deep::{ReadLayer, read_layer};
use super::history::{self, History};
use super::layer::{self, LayerRow};
use super::lazy::Prepared;
use super::limits::{self, Measured};
use super::os_release;
use super::report::ImageReport;
use super::rules::{self, Facts};
use super::runtimes::ZSTD_RUNTIMES;
use super::subject::{Subject, SubjectContent};
use super::walk::{Counts, RootImage};
use super::waste::{self, WasteByCause};

/// What an inspection looks for beyond the image itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InspectOptions {
    /// So many of the paths that waste most are told. Default: 20.
    pub wasted_paths: usize,
    /// Bases that the image may be built on. Default: none.
    pub bases: Vec<BaseProfile>,
}

impl Default for InspectOptions {
    fn default() -> Self {
        Self {
            wasted_paths: 20,
            bases: Vec::new(),
        }
    }
}

/// An image's report, and what is kept of it if it is to be a base for others.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// What was found out.
    pub report: ImageReport,
    /// The image as a base.
    pub profile: BaseProfile,
}

/// Inspects an image.
///
/// With `layers`, a place that gives its blobs, every layer is read to its last byte: inflated, its digest and diff_id
/// checked, and its entries carried out on a tree of names in memory. Nothing is written. A layer that is missing or
/// damaged is told in its row, and the others are read all the same; what is known only of the whole is then null.
/// Memory is flat but for the names, of which 4 million at a time are the most.
///
/// # Examples
///
/// ```
/// use pullstudy_image::{Descriptor, Digest, LayoutWriter, MediaType};
/// use pullstudy_survey::{InspectOptions, find_subjects, inspect};
///
/// let dir = tempfile::tempdir()?;
/// let writer = LayoutWriter::create(dir.path())?;
/// let put = |media_type, bytes: &[u8]| -> Result<_, Box<dyn std::error::Error>> {
///     Ok(Descriptor::new(media_type, writer.put_blob(bytes)?, bytes.len() as u64))
/// };
/// let config = put(MediaType::ImageConfig, br#"{"os":"linux","architecture":"amd64"}"#)?;
/// let layer = put(MediaType::ImageLayer, &[0; 1024])?;
/// let manifest = pullstudy_image::Manifest::new(&config, &[layer], &Default::default());
/// let manifest = put(MediaType::ImageManifest, manifest.raw())?;
///
/// let layout = writer.layout();
/// for subject in find_subjects(layout, "tiny", None, &manifest, None) {
///     let inspection = inspect(&subject?, Some(layout), &InspectOptions::default());
///     assert_eq!(inspection.report.wire_bytes, Some(1024));
///     assert_eq!(inspection.report.layer_rows[0].empty, Some(true));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn inspect(
    subject: &Subject,
    layers: Option<&dyn BlobSource>,
    options: &InspectOptions,
) -> Inspection {
    let mut inspection = match &subject.content {
        SubjectContent::Image { manifest, config } => {
            of_image(subject, manifest, config, layers, options)
        }
        SubjectContent::Schema1(document) => of_schema_1(subject, document),
    };
    let profile = &inspection.profile;
    let candidate = Candidate {
        digests: profile.digests.clone(),
        diff_ids: profile.diff_ids.clone(),
        path_hashes: Some(&profile.path_hashes[..]).filter(|hashes| !hashes.is_empty()),
    };
    inspection.report.bases = candidate.matches(&options.bases);
    inspection
}

fn of_image(
    subject: &Subject,
    manifest: &ArchivedManifest,
    config: &Result<ArchivedConfig, String>,
    source: Option<&dyn BlobSource>,
    options: &InspectOptions,
) -> Inspection {
    let diff_ids = config.as_ref().ok().and_then(ArchivedConfig::diff_ids);
    let fitting = diff_ids
        .as_ref()
        .filter(|ids| ids.len() == manifest.layers.len());
    let mut report = documents(subject, manifest, config.as_ref().ok(), fitting);
    let mut root = RootImage::new();
    let mut reads = Vec::new();
    if let Some(source) = source {
        reads = read_all(source, manifest, fitting, &mut root);
        deepen(&mut report, &reads, &mut root, options);
    }
    mark_duplicates(&mut report.layer_rows);
    let facts = Facts {
        manifest: Some(manifest),
        config: Some(config),
        diff_ids: diff_ids.as_ref().map(Vec::len),
        reads: &reads,
    };
    conclude(&mut report, &facts);
    let profile = profile(&report, fitting.cloned().unwrap_or_default(), &root);
    Inspection { report, profile }
}

/// Fills in what the documents say.
fn documents(
    subject: &Subject,
    manifest: &ArchivedManifest,
    config: Option<&ArchivedConfig>,
    diff_ids: Option<&Vec<DiffId>>,
) -> ImageReport {
    let history = config.map(ArchivedConfig::history);
    let (history, steps) = match &history {
        Some(entries) => {
            let (history, steps) = history::steps(entries, manifest.layers.len());
            (Some(history), steps)
        }
        None => (None, history::steps(&[], manifest.layers.len()).1),
    };
    let rows = manifest.layers.iter().zip(steps).enumerate();
    let rows = rows.map(|(position, (descriptor, step))| {
        let diff_id = diff_ids.map(|ids| ids[position]);
        layer::shallow(position + 1, descriptor, diff_id, step)
    });
    let created = config.and_then(|config| config.field("created")?.as_str().map(str::to_owned));
    ImageReport {
        digest: manifest.stored.digest,
        media_type: manifest.stored.media_type.clone(),
        created,
        wire_bytes: sum_bytes(manifest),
        config_bytes: Some(manifest.config.size_bytes),
        // A document that was written again has another size than the one that a registry sends.
        manifest_bytes: manifest
            .stored
            .digest
            .map(|_| manifest.stored.raw.len() as u64),
        history,
        ..blank(subject, rows.collect())
    }
}

/// A sum beyond counting is not known, instead of the largest number there is.
fn sum_bytes(manifest: &ArchivedManifest) -> Option<u64> {
    let mut sizes = manifest.layers.iter().map(|layer| layer.size_bytes);
    sizes.try_fold(0, u64::checked_add)
}

fn of_schema_1(subject: &Subject, document: &ArchivedSchema1) -> Inspection {
    let rows = document.layers.iter().enumerate();
    let rows = rows.map(|(position, digest)| {
        let empty = super::known_empty::is_known_empty(digest, None);
        layer::bare(position + 1, *digest, empty)
    });
    let mut report = ImageReport {
        digest: document.stored.digest,
        media_type: document.stored.media_type.clone(),
        manifest_bytes: document
            .stored
            .digest
            .map(|_| document.stored.raw.len() as u64),
        ..blank(subject, rows.collect())
    };
    mark_duplicates(&mut report.layer_rows);
    let facts = Facts {
        manifest: None,
        config: None,
        diff_ids: None,
        reads: &[],
    };
    conclude(&mut report, &facts);
    let profile = profile(&report, Vec::new(), &RootImage::new());
    Inspection { report, profile }
}

fn blank(subject: &Subject, layer_rows: Vec<LayerRow>) -> ImageReport {
    ImageReport {
        reference: subject.reference.clone(),
        tag: subject.tag.clone(),
        platform: subject.platform.as_ref().map(ToString::to_string),
        digest: None,
        media_type: None,
        created: None,
        os_release: None,
        deep: false,
        layers: layer_rows.len(),
        wire_bytes: None,
        config_bytes: None,
        manifest_bytes: None,
        tar_bytes: None,
        unpacked_bytes: None,
        surviving_bytes: None,
        wasted_bytes: None,
        wasted_by_cause: None,
        files: None,
        surviving_files: None,
        directories: None,
        symlinks: None,
        hard_links: None,
        whiteouts: None,
        history: None::<History>,
        layer_rows,
        wasted_paths: Vec::new(),
        bases: Vec::new(),
        limits: Vec::new(),
        lazy_pulling: Vec::new(),
        needs_runtimes: Vec::new(),
        findings: Vec::new(),
    }
}

fn read_all(
    source: &dyn BlobSource,
    manifest: &ArchivedManifest,
    diff_ids: Option<&Vec<DiffId>>,
    root: &mut RootImage,
) -> Vec<ReadLayer> {
    let layers = manifest.layers.iter().enumerate();
    let read = |(position, descriptor): (usize, &Descriptor)| {
        root.tree
            .begin_layer(u32::try_from(position + 1).unwrap_or(u32::MAX));
        let expected = diff_ids.map(|ids| &ids[position]);
        read_layer(source, descriptor, expected, root)
    };
    layers.map(read).collect()
}

/// Fills in what the layers hold.
fn deepen(
    report: &mut ImageReport,
    reads: &[ReadLayer],
    root: &mut RootImage,
    options: &InspectOptions,
) {
    report.deep = true;
    for (row, read) in report.layer_rows.iter_mut().zip(reads) {
        layer::deepen(row, read);
    }
    // Half a layer says nothing for sure: what it would have removed seems to be there.
    if !reads.iter().all(ReadLayer::is_whole) {
        return;
    }
    let sum = |of: fn(&Counts) -> u64| {
        let counts = reads.iter().map(|read| of(&read.counts));
        Some(counts.fold(0, u64::saturating_add))
    };
    let tars = reads.iter().filter_map(|read| read.tar_bytes);
    report.tar_bytes = Some(tars.fold(0, u64::saturating_add));
    report.unpacked_bytes = sum(|counts| counts.unpacked_bytes);
    report.files = sum(|counts| counts.files);
    report.directories = sum(|counts| counts.directories);
    report.symlinks = sum(|counts| counts.symlinks);
    report.hard_links = sum(|counts| counts.hard_links);
    report.whiteouts = sum(|counts| counts.whiteouts);
    report.os_release = root.os_release().and_then(os_release::name);
    deepen_waste(report, root, options);
}

fn deepen_waste(report: &mut ImageReport, root: &RootImage, options: &InspectOptions) {
    let wasted = root.tree.wasted();
    let causes = WasteByCause::of(wasted);
    let surviving = root.tree.surviving().map(|file| file.size_bytes);
    report.surviving_bytes = Some(surviving.fold(0, u64::saturating_add));
    report.surviving_files = Some(root.tree.surviving().count() as u64);
    report.wasted_bytes = Some(causes.total_bytes());
    report.wasted_by_cause = Some(causes);
    report.wasted_paths = waste::worst(wasted, options.wasted_paths);
    for row in &mut report.layer_rows {
        row.wasted_bytes = Some(0);
    }
    for file in wasted {
        let row = report.layer_rows.get_mut(file.layer as usize - 1);
        if let Some(bytes) = row.and_then(|row| row.wasted_bytes.as_mut()) {
            *bytes = bytes.saturating_add(file.size_bytes);
        }
    }
}

/// Layers that hold nothing are told as such, and not as duplicates of one another.
fn mark_duplicates(rows: &mut [LayerRow]) {
    let mut digests: HashMap<Digest, usize> = HashMap::new();
    let mut diff_ids: HashMap<DiffId, usize> = HashMap::new();
    for row in rows {
        let same_digest = *digests.entry(row.digest).or_insert(row.layer);
        let same_tar = row
            .diff_id
            .map(|diff_id| *diff_ids.entry(diff_id).or_insert(row.layer));
        let first = same_tar.map_or(same_digest, |tar| tar.min(same_digest));
        if first < row.layer && row.empty != Some(true) {
            row.duplicate_of = Some(first);
        }
    }
}

/// Compares the image with limits, and tells what is to be told.
fn conclude(report: &mut ImageReport, facts: &Facts<'_>) {
    let sizes = report.layer_rows.iter();
    let largest = sizes
        .filter_map(|row| Some((row.layer, row.wire_bytes?)))
        .max_by_key(|(layer, bytes)| (*bytes, usize::MAX - layer));
    report.limits = limits::rows(Measured {
        layers: report.layers,
        largest,
    });
    let is_zstd = |row: &LayerRow| row.compression == Some("zstd");
    if report.layer_rows.iter().any(is_zstd) {
        report.needs_runtimes = ZSTD_RUNTIMES.to_vec();
    }
    let nothing = std::collections::BTreeMap::new();
    let annotations = facts
        .manifest
        .map_or(&nothing, |manifest| &manifest.annotations);
    let prepared = Prepared {
        layers: facts.manifest.map_or(&[], |manifest| &manifest.layers),
        has_annotation: &|key| annotations.contains_key(key),
        obstacles: rules::obstacles(report, facts),
    };
    report.lazy_pulling = prepared.rows();
    report.findings = rules::findings(report, facts);
}

fn profile(report: &ImageReport, diff_ids: Vec<DiffId>, root: &RootImage) -> BaseProfile {
    let mut path_hashes = Vec::new();
    if report.surviving_bytes.is_some() {
        root.tree
            .each_path(&mut |path| path_hashes.push(path_hash(path)));
        path_hashes.sort_unstable();
        path_hashes.dedup();
    }
    let digests = report.layer_rows.iter().map(|row| row.digest).collect();
    BaseProfile {
        reference: report.reference.clone(),
        family: family(report),
        digests,
        diff_ids,
        path_hashes,
    }
}

/// The distribution; else the last part of the repository's name.
fn family(report: &ImageReport) -> String {
    if let Some(id) = report
        .os_release
        .as_ref()
        .and_then(|name| name.split(' ').next())
    {
        return id.to_owned();
    }
    let name = report.reference.rsplit('/').next().unwrap_or_default();
    let end = name.find([':', '@']).unwrap_or(name.len());
    name[..end].to_owned()
}
