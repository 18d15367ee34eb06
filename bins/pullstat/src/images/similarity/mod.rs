//! `pullstat similarity`: what images have in common.

mod base;
pub(crate) mod choices;
pub(crate) mod clusters;
pub(crate) mod comparison;
mod one_image;
mod outcome;
mod pairs;
pub(crate) mod pictures;
pub(crate) mod to_pull;
mod words;

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use pullstudy_console::{UsageError, warn};
use pullstudy_image::StepsWanted;
use pullstudy_report::Format;
use pullstudy_survey::Collection;

use super::collect::{CollectArgs, Method};
use crate::picture_file;
use choices::{LinkageArg, MeasureArg, OnArg, OrderArg, WeightArg};
use clusters::{Clusters, Cut};
use comparison::{Comparison, Wanted};
use outcome::Outcome;

/// Tell how alike images are, which form clusters, and what pulling one saves of pulling another.
///
/// The similarity of two images is that of Jaccard: what both have, of what either has. 1 is the same layers, 0 none in
/// common. Mean and standard deviation are over pairs of different images; the published study's have each image with
/// itself in them (--method published).
///
/// --to-pull tells instead what each image adds on a node that is empty at first and keeps what it has pulled. --image
/// tells how alike every image is to one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  pullstat similarity manifests/\n  \
    pullstat similarity manifests/ --weight bytes --plot similar.svg --histogram layers.svg\n  \
    pullstat similarity manifests/ --threshold 0.5 --format csv > pairs.csv\n  \
    pullstat similarity manifests/ --to-pull --order least-early\n  \
    pullstat similarity manifests/ --image app:2\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted")]
pub(crate) struct Args {
    #[command(flatten)]
    collect: CollectArgs,
    /// What of the images is compared
    #[arg(long, value_enum, default_value_t)]
    on: OnArg,
    /// What a layer counts
    #[arg(long, value_enum, default_value_t)]
    weight: WeightArg,
    /// What two images are compared by
    #[arg(long, value_enum, default_value_t)]
    measure: MeasureArg,
    /// List pairs that are at least so similar, instead of the matrix of all; above 0, at most 1
    #[arg(long, value_name = "J", value_parser = choices::threshold)]
    threshold: Option<f64>,
    /// How the distance of two clusters follows from those of their images
    #[arg(long, value_enum, default_value_t)]
    linkage: LinkageArg,
    /// Images that come together up to this distance (1 - similarity) are one cluster [default: 0.5]
    #[arg(long, value_name = "H", value_parser = choices::height)]
    cut_height: Option<f64>,
    /// So many clusters, or fewer where distances are equal
    #[arg(long, value_name = "K", conflicts_with = "cut_height")]
    cut_count: Option<NonZeroUsize>,
    /// How alike every image is to this one, and what of each is to be pulled where this one is there
    #[arg(long, value_name = "NAME")]
    image: Option<String>,
    /// What each image adds to those pulled before it
    #[arg(long, conflicts_with = "image")]
    to_pull: bool,
    /// In which order images are pulled
    #[arg(long, value_enum, default_value_t, requires = "to_pull")]
    order: OrderArg,
    /// Pulled first; several are pulled in the order given
    #[arg(long, value_name = "NAME", requires = "to_pull")]
    start: Vec<String>,
    /// The image that all of its platform would be built on, for what one shared base saves [default: the largest base of each platform]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["image", "to_pull"])]
    base: Option<String>,
    /// Draw the similarities in the order of their clusters, as SVG or PNG by the name of the file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["image", "to_pull"])]
    plot: Option<PathBuf>,
    /// Draw a histogram of layer sizes, as SVG or PNG by the name of the file
    #[arg(long, value_name = "FILE")]
    histogram: Option<PathBuf>,
    /// How the figures are printed: table, json or csv (a row a pair)
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// Runs the command; figures go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    check(args)?;
    let is_about_all = !args.to_pull && args.image.is_none();
    // Bases are told apart by the steps that made them.
    let steps = if is_about_all || args.on == OnArg::Command {
        StepsWanted::All
    } else {
        StepsWanted::None
    };
    let collection = args.collect.read(steps)?;
    super::losses::tell(&collection);
    // Before anything is printed: a reader that goes away ends the program.
    if let Some(path) = &args.histogram {
        pictures::histogram(&collection, path)?;
    }
    if args.to_pull {
        to_pull::run(args, &collection, results)
    } else if let Some(name) = &args.image {
        one_image::run(args, name, &collection, results)
    } else {
        compare(args, &collection, results)
    }
}

/// Refuses what cannot be before anything is read.
fn check(args: &Args) -> Result<(), UsageError> {
    if let Some(path) = &args.plot {
        picture_file::check_name("--plot", path)?;
    }
    if let Some(path) = &args.histogram {
        picture_file::check_name("--histogram", path)?;
    }
    let sentence = match (args.on, args.weight, args.to_pull) {
        (OnArg::Command, WeightArg::Bytes, _) => {
            "--on command cannot go with --weight bytes: commands have no size"
        }
        (OnArg::Command | OnArg::DiffId, _, true) => {
            "--to-pull is about digests, by which nodes know what they have: leave --on out"
        }
        _ => return Ok(()),
    };
    Err(UsageError(sentence.to_owned()))
}

fn compare(args: &Args, collection: &Collection, results: &mut dyn Write) -> anyhow::Result<()> {
    let comparison = Comparison::of(args.wanted(), collection)?;
    comparison.warning().iter().for_each(|line| warn(line));
    let clusters = Clusters::of(&comparison, args.linkage.into(), args.cut())?;
    let outcome = Outcome::of(args, &comparison, &clusters)?;
    if let Some(path) = &args.plot {
        picture_file::write(&pictures::clustermap(&comparison, &clusters)?, path)?;
    }
    match args.format {
        Format::Json => writeln!(results, "{}", serde_json::to_string(&outcome)?)?,
        Format::Csv => pairs::write_all(&comparison, &outcome, results)?,
        _ => words::write(&comparison, &clusters, &outcome, results)?,
    }
    Ok(())
}

impl Args {
    fn wanted(&self) -> Wanted {
        Wanted {
            on: self.on,
            weight: self.weight,
            measure: self.measure,
        }
    }

    fn cut(&self) -> Cut {
        match self.cut_count {
            Some(count) => Cut::Count(count),
            None => Cut::Height(self.cut_height.unwrap_or(clusters::USUAL_HEIGHT)),
        }
    }

    /// Tells whether the figures are to have each image with itself in them.
    fn is_published(&self) -> bool {
        self.collect.method() == Method::Published
    }
}
