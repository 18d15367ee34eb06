//! Which base an image was likely built on.

use std::collections::BTreeSet;

use pullstudy_image::{DiffId, Digest};
use pullstudy_similarity::{containment, jaccard};
use serde::{Deserialize, Serialize};

/// The version of the files that [`BaseProfile::to_json`] writes.
const FORMAT_VERSION: u32 = 1;

/// A base is believed to be contained in an image from this share of its paths on: some are removed by what is built
/// on it.
const CONTAINED: f64 = 0.9;

/// What is kept of an image so that others can be compared with it.
///
/// # Examples
///
/// ```
/// use pullstudy_survey::BaseProfile;
///
/// let text = r#"{"format_version":1,"reference":"debian:12","family":"debian","digests":[],"diff_ids":[],"paths":["0f"]}"#;
/// let base = BaseProfile::from_json(text)?;
/// assert_eq!(base.family, "debian");
/// assert_eq!(BaseProfile::from_json(&base.to_json())?, base);
/// # Ok::<(), pullstudy_survey::ParseBaseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BaseProfile {
    /// What it is called.
    pub reference: String,
    /// Bases of one family share most of what they hold: the distribution's ID, or the repository's name.
    pub family: String,
    /// The digests of its layers, first to last.
    pub digests: Vec<Digest>,
    /// The diff_ids of its layers, first to last; empty where they are not known.
    pub diff_ids: Vec<DiffId>,
    /// A hash of each path that is no folder, strictly increasing; empty where no layer was read.
    pub path_hashes: Vec<u64>,
}

/// The file's form: hashes are text there, as not every reader of JSON has integers of 64 bits.
#[derive(Deserialize, Serialize)]
struct File {
    format_version: u32,
    reference: String,
    family: String,
    digests: Vec<Digest>,
    diff_ids: Vec<DiffId>,
    paths: Vec<String>,
}

/// Why a text is no profile of a base.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseBaseError {
    /// It is not the JSON of one.
    #[error("not a profile of a base image")]
    Json {
        /// What the JSON reader stumbled on.
        source: serde_json::Error,
    },
    /// It has a version unknown to this crate.
    #[error("a profile of format version {version}; {FORMAT_VERSION} is supported")]
    Version {
        /// Its version.
        version: u32,
    },
    /// A hash of a path is none.
    #[error("path {position} is no hash of 64 bits in hexadecimal: {text:?}")]
    Path {
        /// Counted from 0.
        position: usize,
        /// What stands there.
        text: String,
    },
}

impl BaseProfile {
    /// Reads a profile.
    ///
    /// # Errors
    ///
    /// [`ParseBaseError`].
    pub fn from_json(text: &str) -> Result<Self, ParseBaseError> {
        let file: File =
            serde_json::from_str(text).map_err(|source| ParseBaseError::Json { source })?;
        if file.format_version != FORMAT_VERSION {
            let version = file.format_version;
            return Err(ParseBaseError::Version { version });
        }
        let hash = |(position, text): (usize, &String)| {
            u64::from_str_radix(text, 16).map_err(|_| ParseBaseError::Path {
                position,
                text: text.clone(),
            })
        };
        let paths = file.paths.iter().enumerate();
        let hashes: BTreeSet<u64> = paths.map(hash).collect::<Result<_, _>>()?;
        Ok(Self {
            reference: file.reference,
            family: file.family,
            digests: file.digests,
            diff_ids: file.diff_ids,
            path_hashes: hashes.into_iter().collect(),
        })
    }

    /// Writes the profile as one line of JSON, with its format's version.
    #[must_use]
    pub fn to_json(&self) -> String {
        let paths = self.path_hashes.iter();
        let file = File {
            format_version: FORMAT_VERSION,
            reference: self.reference.clone(),
            family: self.family.clone(),
            digests: self.digests.clone(),
            diff_ids: self.diff_ids.clone(),
            paths: paths.map(|hash| format!("{hash:016x}")).collect(),
        };
        serde_json::to_string(&file).expect("strings and numbers are valid JSON")
    }
}

/// A base, and what of it is in an image.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BaseMatch {
    /// What the base is called.
    pub base: String,
    /// Its family.
    pub family: String,
    /// How many layers it has.
    pub base_layers: usize,
    /// How many of these the image begins with, by digest.
    pub same_digests: usize,
    /// How many of these the image begins with, by diff_id: the same tars, however they are compressed.
    pub same_diff_ids: usize,
    /// Whether the image begins with all of the base's layers.
    pub built_on: bool,
    /// How many paths both have; null unless the layers of both were read.
    pub shared_paths: Option<usize>,
    /// The share of the base's paths that the image has.
    pub containment: Option<f64>,
    /// Shared paths by the paths of either.
    pub jaccard: Option<f64>,
}

/// What of an image is compared with bases.
pub(super) struct Candidate<'a> {
    pub(super) digests: Vec<Digest>,
    pub(super) diff_ids: Vec<DiffId>,
    /// Strictly increasing; none where the layers were not read.
    pub(super) path_hashes: Option<&'a [u64]>,
}

impl Candidate<'_> {
    /// Compares the image with all bases, the likeliest first. Those that share nothing are left out.
    pub(super) fn matches(&self, bases: &[BaseProfile]) -> Vec<BaseMatch> {
        let mut matches: Vec<BaseMatch> = bases.iter().map(|base| self.compare(base)).collect();
        matches.retain(|found| {
            let shares_layers = found.same_digests + found.same_diff_ids > 0;
            shares_layers || found.shared_paths.is_some_and(|shared| shared > 0)
        });
        matches.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| a.base.cmp(&b.base)));
        matches
    }

    fn compare(&self, base: &BaseProfile) -> BaseMatch {
        let same_digests = common_start(&self.digests, &base.digests);
        let same_diff_ids = common_start(&self.diff_ids, &base.diff_ids);
        let paths = self.path_hashes.filter(|_| !base.path_hashes.is_empty());
        let shared = |paths: &[u64]| {
            let is_shared = |hash: &&u64| paths.binary_search(hash).is_ok();
            base.path_hashes.iter().filter(is_shared).count()
        };
        let all = base.digests.len();
        BaseMatch {
            base: base.reference.clone(),
            family: base.family.clone(),
            base_layers: all,
            same_digests,
            same_diff_ids,
            built_on: all > 0 && (same_digests == all || same_diff_ids == all),
            shared_paths: paths.map(shared),
            containment: paths.and_then(|paths| containment(&base.path_hashes, paths).ok()),
            jaccard: paths.and_then(|paths| jaccard(&base.path_hashes, paths).ok()),
        }
    }
}

/// Bases whose layers are all there come first, the one with most layers before the others; then those whose paths are
/// nearly all there, by how many these are; then the rest, by likeness.
fn rank(found: &BaseMatch) -> (usize, usize, u64) {
    let layers = if found.built_on { found.base_layers } else { 0 };
    let is_contained = found.containment.is_some_and(|share| share >= CONTAINED);
    let contained = found.shared_paths.filter(|_| is_contained).unwrap_or(0);
    // Likeness lies in 0..=1: a whole number of parts in a million million orders as well.
    let likeness = (found.jaccard.unwrap_or(0.0) * 1e12) as u64;
    (layers, contained, likeness)
}

fn common_start<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// Returns the hash by which a path is kept: the first eight bytes of its SHA-256.
pub(super) fn path_hash(path: &[u8]) -> u64 {
    let digest = Digest::of(path);
    let mut first = [0; 8];
    first.copy_from_slice(&digest.as_bytes()[..8]);
    u64::from_be_bytes(first)
}
