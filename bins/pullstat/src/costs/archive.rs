//! Images of an archive in place of guesses.

use std::collections::BTreeSet;
use std::path::PathBuf;

use pullstudy_console::{UsageError, in_words, warn};
use pullstudy_costmodel::{Bandwidth, Cluster, Load, Machine, Prices};
use pullstudy_image::{Archive, ByteSize, Platform, StepsWanted};
use pullstudy_survey::{Collection, CollectionOptions, PlatformBase};

use super::args::unpriced;

/// An archive of manifests, and the cluster that pulls its images.
#[derive(Debug, clap::Args)]
pub(super) struct ArchiveArgs {
    /// Take the images of an archive of manifests in place of a scenario; each node pulls all of them
    #[arg(long, value_name = "DIR", requires_all = ["bandwidth", "nodes", "machine"], conflicts_with = "file")]
    manifests: Option<PathBuf>,
    /// Which images of those that are there for several platforms
    #[arg(long, value_name = "OS/ARCH", default_value = "linux/amd64")]
    platform: Platform,
    /// How fast a node pulls, in bytes a second: one rate, or the lowest and the highest
    #[arg(long, value_name = "LOW[,HIGH]", requires = "manifests", value_parser = parse_bandwidth)]
    bandwidth: Option<Bandwidth>,
    /// How many nodes pull
    #[arg(long, value_name = "N", requires = "manifests")]
    nodes: Option<u32>,
    /// What the nodes are, such as p5.48xlarge
    #[arg(long, value_name = "MACHINE", requires = "manifests")]
    machine: Option<String>,
}

/// What the images of an archive are on a cluster.
pub(super) struct ArchivedSet {
    pub(super) title: String,
    /// As the images share their layers now.
    pub(super) as_shared: Load,
    /// As if no image had a layer of another.
    pub(super) nothing_shared: Load,
    /// Bytes if all images with a base were built on one; how many layers that would make, nobody knows.
    pub(super) one_base_bytes: u64,
    pub(super) bandwidth: Bandwidth,
    pub(super) cluster: Cluster,
}

fn parse_bandwidth(text: &str) -> Result<Bandwidth, String> {
    let rate = |text: &str| {
        let size: Result<ByteSize, _> = text.trim().parse();
        size.map(|size| size.bytes() as f64)
            .map_err(|error| error.to_string())
    };
    let (low, high) = text.split_once(',').unwrap_or((text, text));
    Bandwidth::new(rate(low)?, rate(high)?).map_err(|error| error.to_string())
}

impl ArchiveArgs {
    /// Reads the images, if an archive is named.
    pub(super) fn read(&self, prices: &Prices) -> anyhow::Result<Option<ArchivedSet>> {
        let Some(((dir, bandwidth), (nodes, machine))) = self
            .manifests
            .as_ref()
            .zip(self.bandwidth)
            .zip(self.nodes.zip(self.machine.as_deref()))
        else {
            return Ok(None);
        };
        let price = prices.machine(machine).map(Machine::usd_per_hour);
        let price = price.map_err(|error| unpriced(&"--machine", &error))?;
        let cluster =
            Cluster::new(nodes, price).map_err(|error| UsageError(format!("--nodes: {error}")))?;
        let collection = self.collect(dir)?;
        let images: Vec<usize> = (0..collection.len()).collect();
        let with_base = PlatformBase::of(&collection, &images, None);
        let one_base = with_base
            .iter()
            .map(|found| found.shared.unique_bytes_with_one_base)
            .sum();
        Ok(Some(ArchivedSet {
            title: dir.display().to_string(),
            as_shared: as_shared(&collection),
            nothing_shared: nothing_shared(&collection),
            one_base_bytes: narrow(one_base),
            bandwidth,
            cluster,
        }))
    }

    fn collect(&self, dir: &PathBuf) -> anyhow::Result<Collection> {
        let archive = Archive::open(dir).map_err(|error| UsageError(in_words(&error)))?;
        let mut options = CollectionOptions::default();
        options.platform = Some(self.platform.clone());
        options.steps = StepsWanted::All;
        let collection = Collection::read(&archive, &options);
        if collection.is_empty() {
            let sentence = format!(
                "{} holds no image for {}: --platform names another",
                dir.display(),
                self.platform
            );
            return Err(UsageError(sentence).into());
        }
        if !collection.left_out().is_empty() {
            warn(&format_args!(
                "not all of {} could be counted: pullstat survey tells what was left out",
                dir.display()
            ));
        }
        Ok(collection)
    }
}

fn as_shared(collection: &Collection) -> Load {
    let images = 0..collection.len();
    let layers: BTreeSet<u32> = images
        .flat_map(|image| collection.layers_of(image).iter().copied())
        .collect();
    let bytes = layers
        .iter()
        .map(|&layer| u128::from(collection.layer(layer).size_bytes));
    Load {
        images: collection.len() as u64,
        layers: layers.len() as u64,
        wire_bytes: narrow(bytes.sum()),
    }
}

/// A layer that stands in one image twice is pulled once, whoever shares.
fn nothing_shared(collection: &Collection) -> Load {
    let mut load = Load {
        images: collection.len() as u64,
        layers: 0,
        wire_bytes: 0,
    };
    for image in 0..collection.len() {
        let layers: BTreeSet<u32> = collection.layers_of(image).iter().copied().collect();
        load.layers += layers.len() as u64;
        for layer in layers {
            load.wire_bytes = load
                .wire_bytes
                .saturating_add(collection.layer(layer).size_bytes);
        }
    }
    load
}

fn narrow(bytes: u128) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
