//! The values that somebody else computed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use serde::Deserialize;

/// `registry-sample.json`.
#[derive(Deserialize)]
pub(crate) struct Sample {
    pub(crate) original: Set,
    pub(crate) correct: Set,
    pub(crate) one_image_per_repository_original: Set,
}

/// `similarity.json`.
#[derive(Deserialize)]
pub(crate) struct Sets {
    pub(crate) sets: BTreeMap<String, Set>,
}

/// What is known of a set of images.
#[derive(Deserialize)]
pub(crate) struct Set {
    pub(crate) layers: u64,
    pub(crate) unique_uris_without_tags: usize,
    pub(crate) unique_uris_with_tags: usize,
    pub(crate) unique_digests: usize,
    pub(crate) total_bytes: u64,
    pub(crate) unique_bytes: u64,
    pub(crate) most_frequent_digest: Frequent,
    pub(crate) layer_size_percentiles: BTreeMap<String, f64>,
    pub(crate) unique_layer_size_percentiles: BTreeMap<String, f64>,
    pub(crate) layer_size_mean: f64,
    pub(crate) layer_size_std_population: f64,
    pub(crate) image_size_percentiles: BTreeMap<String, f64>,
    pub(crate) layers_per_image_percentiles: BTreeMap<String, f64>,
    pub(crate) layers_over_1000000_bytes: usize,
    #[serde(default)]
    pub(crate) skipped: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
pub(crate) struct Frequent {
    pub(crate) digest: String,
    pub(crate) count: u64,
    pub(crate) size: u64,
}

pub(crate) fn sample(data: &Path) -> Result<Sample, Failed> {
    let text = fs::read(data.join("expected/registry-sample.json"))?;
    Ok(serde_json::from_slice(&text)?)
}

pub(crate) fn sets(data: &Path) -> Result<Sets, Failed> {
    let text = fs::read(data.join("expected/similarity.json"))?;
    Ok(serde_json::from_slice(&text)?)
}
