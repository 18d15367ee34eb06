//! What is simulated: from a file, from flags, from an archive, from a profile.

use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::Context;
use pullstudy_console::{UsageError, in_words, say, warn};
use pullstudy_costmodel::{NodeProfile, Term};
use pullstudy_image::{Archive, ByteSize, Platform, StepsWanted};
use pullstudy_report::human_bytes;
use pullstudy_simulator::{Image, Layer, Scenario};
use pullstudy_survey::{Collection, CollectionOptions};
use regex::Regex;

/// More images than these are hardly what somebody wants on every node.
const MANY_IMAGES: usize = 200;

/// Which scenario, and what of it is changed.
#[derive(Debug, clap::Args)]
pub(super) struct WantedArgs {
    /// A scenario: images, nodes, registry and what stands between
    #[arg(value_name = "SCENARIO.yaml")]
    file: Option<PathBuf>,
    /// How many nodes
    #[arg(long, value_name = "N")]
    nodes: Option<u32>,
    /// One image of so many bytes on the wire, instead of the scenario's
    #[arg(long, value_name = "SIZE", conflicts_with = "manifests")]
    wire_bytes: Option<ByteSize>,
    /// Its bytes unpacked [default: 2.6 times those on the wire]
    #[arg(long, value_name = "SIZE", requires = "wire_bytes")]
    unpacked_bytes: Option<ByteSize>,
    /// Its layers
    #[arg(long, value_name = "N", requires = "wire_bytes", default_value_t = 10)]
    layers: u32,
    /// Its files
    #[arg(
        long = "files",
        value_name = "N",
        requires = "wire_bytes",
        default_value_t = 0
    )]
    files_in_image: u64,
    /// The images of an archive of manifests, as pullstat manifests fetch writes it, instead of the scenario's
    #[arg(long, value_name = "DIR")]
    manifests: Option<PathBuf>,
    /// Only images whose reference matches
    #[arg(long, value_name = "REGEX", requires = "manifests")]
    image: Option<Regex>,
    /// Which image of one that is there for several platforms
    #[arg(
        long,
        value_name = "OS/ARCH",
        default_value = "linux/amd64",
        requires = "manifests"
    )]
    platform: Platform,
    /// A node profile of pullstat fit: how fast its nodes unpack, and how far they differ
    #[arg(long, value_name = "PROFILE")]
    profile: Option<PathBuf>,
    /// Seed of everything random
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl WantedArgs {
    /// Puts the scenario together.
    pub(super) fn scenario(&self) -> anyhow::Result<Scenario> {
        let mut scenario = match &self.file {
            Some(file) => Scenario::read(file).map_err(|error| UsageError(in_words(&error)))?,
            None => Scenario::default(),
        };
        if let Some(images) = self.images()? {
            scenario.images = images;
        }
        if let Some(profile) = &self.profile {
            take_profile(&mut scenario, profile)?;
        }
        scenario.nodes = self.nodes.unwrap_or(scenario.nodes);
        scenario.seed = self.seed.unwrap_or(scenario.seed);
        if scenario.images.is_empty() {
            let sentence = "there is no image to pull: name a scenario file with images, or give --wire-bytes, or --manifests";
            return Err(UsageError(sentence.to_owned()).into());
        }
        scenario
            .check()
            .map_err(|error| UsageError(in_words(&error)))?;
        Ok(scenario)
    }

    /// What stands for a cluster that nobody has described: without it nobody could doubt the figures.
    pub(super) fn assumed(&self, scenario: &Scenario) -> Option<String> {
        if self.file.is_some() || self.profile.is_some() {
            return None;
        }
        let unpacked = match self.wire_bytes.is_some() && self.unpacked_bytes.is_none() {
            true => format!(
                "; {} bytes unpacked for one on the wire",
                scenario.unpacked_per_wire
            ),
            false => String::new(),
        };
        let node = &scenario.node;
        Some(format!(
            "assumed, since no scenario file says otherwise: a registry without limits; nodes with a link of {}/s, a disk of {}/s, {} \
             downloads at once and {} cores{unpacked} (docs/simulate.md has all of it)",
            human_bytes(node.link_bytes_per_second as u64),
            human_bytes(node.disk.bytes_per_second as u64),
            node.parallel_downloads,
            node.cores,
        ))
    }

    fn images(&self) -> anyhow::Result<Option<Vec<Image>>> {
        if let Some(dir) = &self.manifests {
            return self.archived(dir).map(Some);
        }
        let Some(wire_bytes) = self.wire_bytes else {
            return Ok(None);
        };
        if self.layers == 0 {
            return Err(UsageError("--layers 0: an image has at least one".to_owned()).into());
        }
        let unpacked_bytes = self.unpacked_bytes.map(ByteSize::bytes);
        let image = Image::of_equal_layers(
            "image",
            self.layers,
            wire_bytes.bytes(),
            unpacked_bytes,
            self.files_in_image,
        );
        Ok(Some(vec![image]))
    }

    fn archived(&self, dir: &PathBuf) -> anyhow::Result<Vec<Image>> {
        let archive =
            Archive::open(dir).with_context(|| format!("--manifests {}", dir.display()))?;
        let mut options = CollectionOptions::default();
        options.platform = Some(self.platform.clone());
        options.steps = StepsWanted::None;
        let collection = Collection::read(&archive, &options);
        let wanted = (0..collection.len()).filter(|&image| self.takes(&collection.name(image)));
        let wanted: Vec<usize> = wanted.collect();
        let shared = in_several(&collection, &wanted);
        let images = wanted
            .iter()
            .map(|&image| collected(&collection, image, &shared));
        let images: Vec<Image> = images.collect();
        if images.is_empty() {
            return Err(UsageError(format!(
                "--manifests {}: no image of {} is wanted there",
                dir.display(),
                self.platform
            ))
            .into());
        }
        say(format_args!(
            "{} images of {}; what they unpack to is not in manifests, and assumed",
            images.len(),
            dir.display()
        ));
        if images.len() > MANY_IMAGES {
            warn(&format_args!(
                "every node pulls all {} images: --image takes some",
                images.len()
            ));
        }
        Ok(images)
    }

    fn takes(&self, name: &str) -> bool {
        self.image
            .as_ref()
            .is_none_or(|pattern| pattern.is_match(name))
    }
}

/// Layers that stand in several images, or in one more than once.
fn in_several(collection: &Collection, images: &[usize]) -> HashSet<u32> {
    let layers = images.iter().flat_map(|&image| collection.layers_of(image));
    let mut seen = HashSet::new();
    layers
        .copied()
        .filter(|&layer| !seen.insert(layer))
        .collect()
}

/// An image of an archive. What several images share is named by its digest, so that it comes once.
fn collected(collection: &Collection, image: usize, shared: &HashSet<u32>) -> Image {
    let layers = collection.layers_of(image).iter();
    let layer = |&number: &u32| {
        let layer = collection.layer(number);
        Layer {
            wire_bytes: layer.size_bytes,
            shared: shared.contains(&number).then(|| layer.digest.to_string()),
            ..Layer::default()
        }
    };
    Image::new(collection.name(image), layers.map(layer).collect())
}

/// Takes what a profile knows of nodes: what they unpack in a second, where their disk slows down, how far they differ.
fn take_profile(scenario: &mut Scenario, file: &PathBuf) -> anyhow::Result<()> {
    let profile = NodeProfile::read(file).map_err(|error| UsageError(in_words(&error)))?;
    let Some(rate) = profile.bytes_per_second(Term::UnpackedBytes) else {
        return Err(UsageError(format!(
            "--profile {}: it says nothing of unpacked bytes, so nothing of a node's disk; fit it to images whose unpacked \
             sizes are known",
            file.display()
        ))
        .into());
    };
    let node = &mut scenario.node;
    node.inflate_bytes_per_second = Some(1e15);
    node.hash_bytes_per_second = 1e15;
    node.disk.bytes_per_second = rate;
    node.disk.burst_bytes_per_second = None;
    node.disk.burst_bytes = 0;
    let slower = profile.bytes_per_second_beyond();
    if let (Some(beyond), Some(breakpoint)) = (slower, &profile.breakpoint)
        && beyond < rate
    {
        node.disk.bytes_per_second = beyond;
        node.disk.burst_bytes_per_second = Some(rate);
        node.disk.burst_bytes = breakpoint.at as u64;
    }
    if let Some(band) = profile.residuals.last() {
        // From the 5th percentile to the 95th are 3.29 standard deviations.
        let spread = (band.p95 / band.p5.max(f64::MIN_POSITIVE)).ln() / 3.29;
        node.speed_spread = spread.clamp(0.0, 1.0);
    }
    say(format_args!(
        "{}: nodes as {} measured them; unpacking and disk are one rate there",
        file.display(),
        profile.name
    ));
    Ok(())
}
