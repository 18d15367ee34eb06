//! `pullstat predict`: how long pulls will take, before anything is pulled.

use std::io::Write;
use std::path::PathBuf;

use pullstudy_console::{UsageError, in_words, terminal_width, warn};
use pullstudy_costmodel::{NodeProfile, Prediction, Sizes, Term, node_cost_usd};
use pullstudy_events::{ImageLayers, LayerTotals};
use pullstudy_image::ByteSize;
use pullstudy_report::{Column, Format, Table, human_bytes};
use serde::Serialize;

use super::size_in_tag;
use super::sizes_file::{ImageSizes, KnownSizes, SizesArgs};
use crate::costs::args::OneMachineArgs;
use crate::events::args::ManifestsArgs;

/// Predict the seconds of pulls on nodes of a profile, with an interval that holds nine pulls of ten.
///
/// Sizes come from flags, else from --sizes, else from --manifests, else from a tag's `size-N-bytes`, else from what the
/// profile was fitted to. What lies on the node already is named
/// by --present, as images of the archive. The cost is that of all nodes for the median's time.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat predict --profile run1.json --unpacked-bytes 12GB --nodes 64 --machine n1-standard-16\n  \
    pullstat predict ghcr.io/my/app:2 --profile run1.json --manifests manifests/ --present ghcr.io/my/app:1\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    /// Images, as the archive of --manifests or their tags know them
    #[arg(value_name = "IMAGE")]
    images: Vec<String>,
    /// A profile of pullstat fit
    #[arg(long, value_name = "PROFILE")]
    profile: PathBuf,
    /// How many nodes pull at once
    #[arg(long, value_name = "N", default_value_t = 1)]
    nodes: u32,
    /// Bytes on the wire
    #[arg(long, value_name = "SIZE")]
    wire_bytes: Option<ByteSize>,
    /// Bytes unpacked
    #[arg(long, value_name = "SIZE")]
    unpacked_bytes: Option<ByteSize>,
    /// Bytes unpacked for one on the wire, where only those on the wire are known: 2.6 is usual
    #[arg(long, value_name = "RATIO", conflicts_with = "unpacked_bytes")]
    unpacked_per_wire: Option<f64>,
    /// Layers
    #[arg(long, value_name = "N")]
    layers: Option<u32>,
    #[command(flatten)]
    manifests: ManifestsArgs,
    #[command(flatten)]
    known: SizesArgs,
    /// An image of the archive whose layers lie on the nodes already; may be given several times
    #[arg(long, value_name = "IMAGE", requires = "manifests")]
    present: Vec<String>,
    /// The container runtime of the nodes that will pull; another than the profile's is refused
    #[arg(long, value_name = "RUNTIME")]
    runtime: Option<String>,
    #[command(flatten)]
    machine: OneMachineArgs,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// What an archive tells of an image.
#[derive(Clone, Copy)]
struct Archived {
    /// Layers and bytes that are still to come.
    totals: LayerTotals,
    /// The share of the image's bytes that these are.
    left: f64,
}

/// What is printed of an image. Keys are a contract.
#[derive(Serialize)]
struct Row {
    image: Option<String>,
    nodes: u32,
    wire_bytes: Option<u64>,
    unpacked_bytes: Option<u64>,
    layers: Option<u32>,
    disk_bytes: Option<u64>,
    median_seconds: f64,
    p5_seconds: f64,
    p95_seconds: f64,
    cost_usd: Option<f64>,
    bound_by: Option<&'static str>,
    measured_downloads: Option<u64>,
}

/// Runs the command; rows go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let profile = NodeProfile::read(&args.profile).map_err(|error| UsageError(in_words(&error)))?;
    args.check(&profile)?;
    let usd_per_hour = args.machine.usd_per_hour()?;
    let layers = args.manifests.read()?;
    let known = args.known.read()?;
    let mut rows = Vec::new();
    args.tell_nodes(&profile);
    for image in args.wanted() {
        let sizes = args.sizes(image, &known, layers.as_ref())?;
        let measured = image.and_then(|image| profile.measured_sizes(image));
        let is_known = args.is_sized(&sizes);
        let sizes = measured
            .filter(|_| !is_known)
            .map_or(sizes, |measured| Sizes {
                nodes: sizes.nodes,
                ..measured
            });
        let prediction = match image {
            Some(image) => profile.predict_image(image, &sizes),
            None => profile.predict(&sizes),
        };
        let prediction = prediction.map_err(|error| UsageError(named(image, &in_words(&error))))?;
        tell(&profile, image, &prediction);
        rows.push(args.row(image, &sizes, &prediction, usd_per_hour));
    }
    table(usd_per_hour.is_some())
        .within(terminal_width())
        .write(args.format, &rows, results)?;
    Ok(())
}

fn named(image: Option<&str>, words: &str) -> String {
    image.map_or_else(|| words.to_owned(), |image| format!("{image}: {words}"))
}

impl Args {
    fn check(&self, profile: &NodeProfile) -> Result<(), UsageError> {
        let family = |runtime: &str| {
            runtime
                .split([':', ' ', '/'])
                .next()
                .unwrap_or_default()
                .to_lowercase()
        };
        if let (Some(wanted), Some(fitted)) = (&self.runtime, &profile.runtime)
            && family(wanted) != family(fitted)
        {
            return Err(UsageError(format!(
                "--profile {}: it was fitted on {fitted}, and pulls of {wanted} may take another time: fit one there",
                self.profile.display()
            )));
        }
        let is_ratio = |ratio: f64| ratio.is_finite() && ratio > 0.0;
        if let Some(ratio) = self.unpacked_per_wire.filter(|&ratio| !is_ratio(ratio)) {
            return Err(UsageError(format!(
                "--unpacked-per-wire {ratio}: give a number above 0, such as 2.6"
            )));
        }
        Ok(())
    }

    /// Says once, not for each image, that nobody measured so many nodes.
    fn tell_nodes(&self, profile: &NodeProfile) {
        let measured = profile
            .fitted
            .nodes
            .first()
            .zip(profile.fitted.nodes.last());
        if let Some((least, most)) = measured.filter(|(_, most)| self.nodes > **most) {
            warn(&format_args!(
                "the profile was measured on {least} to {most} nodes and says the same of {}: whether the registry keeps up \
                 with more is not in it",
                self.nodes
            ));
        }
    }

    /// The images of the command line, or one without a name.
    fn wanted(&self) -> Vec<Option<&str>> {
        match self.images.is_empty() {
            true => vec![None],
            false => self
                .images
                .iter()
                .map(|image| Some(image.as_str()))
                .collect(),
        }
    }

    /// Whether anything is known of the image itself.
    fn is_sized(&self, sizes: &Sizes) -> bool {
        *sizes
            != Sizes {
                nodes: sizes.nodes,
                ..Sizes::default()
            }
    }

    fn sizes(
        &self,
        image: Option<&str>,
        known: &KnownSizes,
        layers: Option<&ImageLayers>,
    ) -> Result<Sizes, UsageError> {
        let archived = match (image, layers) {
            (Some(image), Some(layers)) => Some(self.archived(image, layers)?),
            _ => None,
        };
        let listed = image.and_then(|image| known.of(image));
        // What a list or a tag tells is of the whole image: of what lies there already, nobody knows more than its share on
        // the wire.
        let left = archived.map_or(1.0, |archived| archived.left);
        let part = |whole: u64| (whole as f64 * left).round() as u64;
        let wire_bytes = self
            .wire_bytes
            .map(ByteSize::bytes)
            .or(archived.map(|archived| archived.totals.wire_bytes))
            .or(listed.and_then(|listed| listed.wire_bytes));
        let guessed = self
            .unpacked_per_wire
            .zip(wire_bytes)
            .map(|(ratio, bytes)| (bytes as f64 * ratio) as u64);
        let whole = listed
            .and_then(|listed| listed.unpacked_bytes)
            .or(image.and_then(size_in_tag::unpacked_bytes));
        let archived_layers = archived.map(|archived| archived.totals.layers);
        Ok(Sizes {
            wire_bytes,
            unpacked_bytes: self
                .unpacked_bytes
                .map(ByteSize::bytes)
                .or(whole.map(part))
                .or(guessed),
            layers: self
                .layers
                .or(archived_layers)
                .or(listed.and_then(|listed| listed.layers)),
            files: listed.and_then(|listed| listed.files).map(part),
            zstd_bytes: listed.and_then(ImageSizes::zstd_bytes).map(part),
            nodes: Some(self.nodes),
        })
    }

    /// What of an image is still to come, by the archive.
    fn archived(&self, image: &str, layers: &ImageLayers) -> Result<Archived, UsageError> {
        let left = layers.sizes_without(image, &self.present);
        let totals = left.ok_or_else(|| {
            let missing = self
                .present
                .iter()
                .find(|present| layers.sizes(present).is_none());
            let missing = missing.map_or(image, String::as_str);
            UsageError(format!(
                "{missing}: the archive of --manifests has no such image for that platform"
            ))
        })?;
        let whole = layers
            .sizes(image)
            .map_or(totals.wire_bytes, |whole| whole.wire_bytes);
        Ok(Archived {
            totals,
            left: if whole > 0 {
                totals.wire_bytes as f64 / whole as f64
            } else {
                1.0
            },
        })
    }

    fn row(
        &self,
        image: Option<&str>,
        sizes: &Sizes,
        prediction: &Prediction,
        usd_per_hour: Option<f64>,
    ) -> Row {
        let node_seconds = prediction.median_seconds * f64::from(self.nodes);
        // The stored layers stay beside what they unpack to.
        let disk = sizes.wire_bytes.zip(sizes.unpacked_bytes);
        Row {
            image: image.map(str::to_owned),
            nodes: self.nodes,
            wire_bytes: sizes.wire_bytes,
            unpacked_bytes: sizes.unpacked_bytes,
            layers: sizes.layers,
            disk_bytes: disk.map(|(wire, unpacked)| wire.saturating_add(unpacked)),
            median_seconds: prediction.median_seconds,
            p5_seconds: prediction.p5_seconds,
            p95_seconds: prediction.p95_seconds,
            cost_usd: usd_per_hour.map(|price| node_cost_usd(node_seconds, price)),
            bound_by: prediction.bound_by.map(Term::as_str),
            measured_downloads: prediction.measured.as_ref().map(|image| image.downloads),
        }
    }
}

fn table(has_cost: bool) -> Table<Row> {
    let cost = Column::usd("cost_usd", "cost USD");
    Table::new(vec![
        Column::text("image", "image"),
        Column::count("nodes", "nodes"),
        Column::bytes("wire_bytes", "wire"),
        Column::bytes("unpacked_bytes", "unpacked"),
        Column::count("layers", "layers"),
        Column::bytes("disk_bytes", "on disk"),
        Column::seconds("median_seconds", "median s"),
        Column::seconds("p5_seconds", "p5 s"),
        Column::seconds("p95_seconds", "p95 s"),
        if has_cost { cost } else { cost.only_in_files() },
        Column::text("bound_by", "bound by"),
        Column::count("measured_downloads", "measured downloads").only_in_files(),
    ])
}

/// What of the prediction is less sure than its interval says.
fn tell(profile: &NodeProfile, image: Option<&str>, prediction: &Prediction) {
    for derived in &prediction.derived {
        let words = format!(
            "{} is not known; {} stand for it, as {} went along with it in what {} was fitted to (r = {:.6}): that holds \
             for images of that kind only, and --{} tells of others",
            derived.term,
            human_bytes(derived.value as u64),
            derived.from,
            profile.name,
            derived.r,
            derived.term.as_str().replace('_', "-")
        );
        warn(&named(image, &words));
    }
    let sizes = prediction
        .extrapolated
        .iter()
        .filter(|beyond| beyond.term != Term::Nodes);
    for beyond in sizes {
        let show = |value: f64| match beyond.term.is_bytes() {
            true => human_bytes(value as u64),
            false => format!("{value:.0}"),
        };
        let words = format!(
            "{} of {} lies outside of what was measured ({} to {}): nobody knows whether the line goes on",
            show(beyond.value),
            beyond.term,
            show(beyond.least),
            show(beyond.most)
        );
        warn(&named(image, &words));
    }
    if !prediction.ignored.is_empty() {
        let terms: Vec<&str> = prediction
            .ignored
            .iter()
            .map(|term| term.as_str())
            .collect();
        let words = format!(
            "the profile says nothing of {}: left out of account",
            terms.join(", ")
        );
        warn(&named(image, &words));
    }
}
