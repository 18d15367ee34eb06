//! All that is found out about one image.

use pullstudy_image::Digest;
use serde::Serialize;

use super::base::BaseMatch;
use super::finding::Finding;
use super::history::History;
use super::layer::LayerRow;
use super::lazy::LazyRow;
use super::limits::LimitRow;
use super::runtimes::RuntimeRow;
use super::waste::{WasteByCause, WastedPath};

/// An image, looked at closely. What is not known is null; sizes other than wire bytes are known only after a deep
/// inspection in which every layer could be read.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ImageReport {
    /// What the image is called.
    pub reference: String,
    /// Its tag.
    pub tag: Option<String>,
    /// What it runs on: `linux/amd64`.
    pub platform: Option<String>,
    /// The digest of its manifest.
    pub digest: Option<Digest>,
    /// The media type in the manifest.
    pub media_type: Option<String>,
    /// When it was made, as the builder wrote it.
    pub created: Option<String>,
    /// The distribution, by `ID` and `VERSION_ID` of its os-release: `debian 12`.
    pub os_release: Option<String>,
    /// Whether the layers were read.
    pub deep: bool,
    /// How many layers there are.
    pub layers: usize,
    /// What a registry sends: the sum of the layers' stored sizes.
    pub wire_bytes: Option<u64>,
    /// The config's size.
    pub config_bytes: Option<u64>,
    /// The manifest's size.
    pub manifest_bytes: Option<u64>,
    /// Sum of the tars' lengths.
    pub tar_bytes: Option<u64>,
    /// Sum of the regular files' sizes in all layers.
    pub unpacked_bytes: Option<u64>,
    /// Those of them that a container sees.
    pub surviving_bytes: Option<u64>,
    /// Those of them that none sees: `unpacked_bytes - surviving_bytes`.
    pub wasted_bytes: Option<u64>,
    /// Wasted bytes by their cause.
    pub wasted_by_cause: Option<WasteByCause>,
    /// Regular files in all layers.
    pub files: Option<u64>,
    /// Those of them that a container sees; further names of one file do not count.
    pub surviving_files: Option<u64>,
    /// Folders in all layers.
    pub directories: Option<u64>,
    /// Symbolic links in all layers.
    pub symlinks: Option<u64>,
    /// Further names of files in all layers.
    pub hard_links: Option<u64>,
    /// Whiteouts in all layers.
    pub whiteouts: Option<u64>,
    /// Whether the config tells which command made which layer; null without a config.
    pub history: Option<History>,
    /// A row a layer, the base's first.
    pub layer_rows: Vec<LayerRow>,
    /// The paths that waste most, the worst first.
    pub wasted_paths: Vec<WastedPath>,
    /// The bases it was likely built on, the likeliest first.
    pub bases: Vec<BaseMatch>,
    /// What engines and registries take, and how near the image is to it.
    pub limits: Vec<LimitRow>,
    /// How far it is prepared for being started before all of it is there.
    pub lazy_pulling: Vec<LazyRow>,
    /// Engines that read its layers only from some release on; empty if all do.
    pub needs_runtimes: Vec<RuntimeRow>,
    /// What should be known before it is pulled, the worst first.
    pub findings: Vec<Finding>,
}

impl ImageReport {
    /// Tells whether a layer could not be read, or is not what it should be.
    #[must_use]
    pub fn has_problem(&self) -> bool {
        self.layer_rows.iter().any(|row| row.problem.is_some())
    }
}
