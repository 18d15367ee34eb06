//! `pullstat quickstart`: the whole way on this machine.

mod craft;
mod folder;
mod pictures;
mod row;
mod table;
mod words;

use std::io::Write;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use pullstudy_console::{UsageError, say};
use pullstudy_events::PullTrace;
use pullstudy_image::ByteSize;
use pullstudy_image::{Layout, Reference};
use pullstudy_registry::{Server, ServerOptions};
use pullstudy_report::Format;
use pullstudy_runner::{LocalOutcome, LocalPull, LocalReport, LocalStudy, Progress};

use craft::CraftedImage;
use row::Row;

/// The name of the experiment, and of its folder.
const EXPERIMENT: &str = "quickstart";

/// Craft images, serve them, pull them on several nodes of this machine, and show where the time went.
///
/// Two image sizes of the published survey (its 25th and 50th percentile, 9 layers each), each once as the published
/// study made them (files of zeros) and once incompressible. Takes less than a minute and 2 GB of disk, and needs
/// nothing else: no registry, no container runtime, no network.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  pullstat quickstart --nodes 2 --bandwidth 50MB --out first-look\n\n\
    OUT then holds pull-times.svg, waterfall.svg, trace.jsonl and quickstart/<nodes>/events-*.json.\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    /// Where the results go; results of an earlier quickstart there are replaced
    #[arg(long, value_name = "DIR", default_value = "pullstat-quickstart")]
    out: PathBuf,
    /// How many nodes pull each image at once; they are folders and share this machine
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    nodes: u32,
    /// What the registry sends in a second, to all nodes together; 125MB is 1 Gbit/s
    #[arg(long, value_name = "BYTES", default_value = "125MB")]
    bandwidth: ByteSize,
    /// How long each request to the registry waits, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_ms: u64,
    /// How many layers of an image a node downloads at a time
    #[arg(long, value_name = "N", default_value = "3")]
    downloads: NonZeroUsize,
    /// What the images' content derives from [default: random]
    #[arg(long, value_name = "SEED", value_parser = clap::value_parser!(u64).range(..1 << 53))]
    seed: Option<u64>,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

/// Runs the command; rows go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let server = server_options(args)?;
    folder::start_clean(&args.out)?;
    let seed = args.seed.unwrap_or_else(craft::random_seed);
    say(format_args!("crafting 4 images with seed {seed}"));
    let layout = args.out.join("images");
    let images = craft::craft(&layout, seed)?;
    let report = tokio::runtime::Runtime::new()?.block_on(measure(args, server, &images))?;
    // Large, and made again in a moment.
    std::fs::remove_dir_all(&layout)
        .with_context(|| format!("failed to remove {}", layout.display()))?;

    let rows = rows(&images, &report.pulls)?;
    table::write(args.format, &rows, results)?;
    if args.format == Format::Table {
        writeln!(
            results,
            "\n{}",
            words::summary(&rows, args.bandwidth.bytes())
        )?;
    }
    for caveat in &report.caveats {
        say(format_args!("note: {caveat}"));
    }
    let pictures = pictures::draw(&args.out, &rows, &traces(&report.pulls))?;
    for path in [
        &pictures.pull_times,
        &pictures.waterfall,
        &report.trace_file,
        &report.events_file,
    ] {
        say(format_args!("wrote {}", path.display()));
    }
    Ok(())
}

fn server_options(args: &Args) -> anyhow::Result<ServerOptions> {
    let Some(bandwidth) = NonZeroU64::new(args.bandwidth.bytes()) else {
        return Err(UsageError("--bandwidth must be more than 0".to_owned()).into());
    };
    let mut options = ServerOptions::default();
    options.bandwidth_bytes_per_second = Some(bandwidth);
    options.latency = Duration::from_millis(args.latency_ms);
    Ok(options)
}

/// Serves the layout and lets the nodes pull from it.
async fn measure(
    args: &Args,
    options: ServerOptions,
    images: &[CraftedImage],
) -> anyhow::Result<LocalReport> {
    let layout = Layout::open(args.out.join("images"))?;
    let server = Server::bind(layout, ([127, 0, 0, 1], 0).into(), options).await?;
    let references = images
        .iter()
        .map(|image| image.at(server.address()))
        .collect::<Result<Vec<_>, _>>()?;
    let server = server.spawn();

    let mut study = LocalStudy::new(EXPERIMENT, references, args.nodes, &args.out);
    study.options.downloads = args.downloads;
    let report = study.run(show).await?;
    drop(server);
    refuse_failures(&report.pulls)?;
    Ok(report)
}

fn show(progress: Progress<'_>) {
    if let Progress::ImageStarted {
        image,
        position,
        images,
    } = progress
    {
        say(format_args!(
            "pulling {} of {images}: {}",
            position + 1,
            short(image)
        ));
    }
}

/// The host and port of a server that lives for a minute tell a reader nothing.
fn short(image: &Reference) -> String {
    format!("{}:{}", image.repository(), image.tag_or_latest())
}

/// A figure over fewer pulls than there should be is worse than none.
fn refuse_failures(pulls: &[LocalPull]) -> anyhow::Result<()> {
    for pull in pulls {
        match &pull.outcome {
            LocalOutcome::Pulled { .. } => {}
            LocalOutcome::Failed { error } => {
                bail!(
                    "{} failed to pull {}: {}",
                    pull.node,
                    pull.image,
                    chain(error)
                );
            }
            _ => bail!("{} had {} before it was pulled", pull.node, pull.image),
        }
    }
    Ok(())
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |cause| cause.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// One row an image, in the order they were crafted in.
fn rows(images: &[CraftedImage], pulls: &[LocalPull]) -> anyhow::Result<Vec<Row>> {
    images
        .iter()
        .map(|image| {
            let own = pulls.iter().filter(|pull| image.is(&pull.image));
            let traces: Vec<&PullTrace> = own.filter_map(|pull| pull.trace.as_ref()).collect();
            Row::of(&image.label, &traces)
        })
        .collect()
}

fn traces(pulls: &[LocalPull]) -> Vec<&PullTrace> {
    pulls
        .iter()
        .filter_map(|pull| pull.trace.as_ref())
        .collect()
}
