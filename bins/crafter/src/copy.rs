//! `crafter copy`: images between registries and layouts.

use std::io::Write;
use std::sync::Arc;

use anyhow::bail;
use pullstudy_console::{
    ConnectionArgs, Place, UsageError, in_words, runtime, say, terminal_width, warn,
};
use pullstudy_image::{Layout, LayoutWriter, Platform, Reference, TaggedImage};
use pullstudy_registry::{
    Client, Copied, CopyError, CopyJob, CopySource, CopyTarget, LayoutImage, Platforms,
};
use pullstudy_report::{Column, Format, Table};
use serde::Serialize;

use crate::progress::TransferDisplay;

/// Copy images between registries and layouts; digests and indexes stay as they are
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  crafter copy ./crafted ghcr.io/you/images --all-tags
  crafter copy ghcr.io/you/images:1 127.0.0.1:5000/mirror/images
  crafter copy ghcr.io/you/images:1 ./here --platform linux/arm64

What starts with /, ./, ../ or oci: is a layout, with a tag as in ./crafted:TAG. A destination without a tag keeps \
the tags. Blobs that are there are not moved, and a copy that was interrupted goes on when the same command is run \
again. A user name is for the destination's registry, or for the source's if the destination is a layout.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted")]
pub(crate) struct Args {
    /// What to copy: a reference, or a layout
    #[arg(value_name = "SRC")]
    source: String,
    /// Where to: a reference, or a layout, which is made where there is none
    #[arg(value_name = "DST")]
    target: String,
    /// All tags of the repository or the layout
    #[arg(long)]
    all_tags: bool,
    /// Of an index only the image for this platform, such as linux/arm64
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<Platform>,
    /// Blobs moved at a time
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// Ranges of one large blob pulled at a time, of 4 MiB each: helps where a registry slows each connection down
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=64))]
    ranges: u16,
    /// How to print the rows: table, json or csv
    #[arg(long, default_value_t)]
    format: Format,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Copies, and prints a row for each image.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let (source, target) = (Place::parse(&args.source)?, Place::parse(&args.target)?);
    check_tags(args, &source, &target)?;
    let display = Arc::new(TransferDisplay::new());
    let mut options = args
        .connection
        .options(for_credentials(&source, &target), display.observer())?;
    options.concurrent_transfers = args.jobs.into();
    options.ranges_per_blob = args.ranges.into();
    let client = Client::new(options)?;
    let jobs = jobs(args, &client, &source, &target)?;
    let platforms = args.platform.clone().map_or(Platforms::All, Platforms::One);
    let outcomes = runtime()?.block_on(client.copy(&jobs, &platforms));
    display.finish();
    let rows: Vec<Row> = jobs.iter().zip(&outcomes).map(Row::of).collect();
    table(&rows)
        .within(terminal_width())
        .write(args.format, &rows, results)?;
    report(outcomes)
}

/// Fails if an image did; each failure is told on a line of its own before.
fn report(outcomes: Vec<Result<Copied, CopyError>>) -> anyhow::Result<()> {
    let all = outcomes.len();
    let mut failed: Vec<CopyError> = outcomes.into_iter().filter_map(Result::err).collect();
    match (failed.len(), all) {
        (0, _) => Ok(()),
        (1, _) => Err(failed.remove(0).into()),
        (several, all) => {
            for error in failed {
                say(format_args!("crafter: {:#}", anyhow::Error::from(error)));
            }
            bail!("{several} of {all} images were not copied")
        }
    }
}

fn check_tags(args: &Args, source: &Place, target: &Place) -> Result<(), UsageError> {
    let tagged = |place: &Place| match place {
        Place::Layout { tag, .. } => tag.is_some(),
        Place::Registry(reference) => reference.tag().is_some() || reference.digest().is_some(),
    };
    for (place, text) in [(source, &args.source), (target, &args.target)] {
        if args.all_tags && tagged(place) {
            return Err(UsageError(format!(
                "--all-tags copies every tag: leave the tag of {text} out"
            )));
        }
    }
    if let Place::Registry(reference) = target
        && reference.digest().is_some()
    {
        return Err(UsageError(format!(
            "{} has a digest, which the image brings with it: leave it out",
            args.target
        )));
    }
    Ok(())
}

fn for_credentials<'a>(source: &'a Place, target: &'a Place) -> Option<&'a Reference> {
    [target, source].into_iter().find_map(|place| match place {
        Place::Registry(reference) => Some(reference),
        Place::Layout { .. } => None,
    })
}

/// Lists what is copied, and where to.
fn jobs(
    args: &Args,
    client: &Client,
    source: &Place,
    target: &Place,
) -> anyhow::Result<Vec<CopyJob>> {
    let sources = match source {
        Place::Registry(reference) if args.all_tags => all_tags(client, reference)?,
        Place::Registry(reference) => {
            // Asked before anything is made for it.
            runtime()?.block_on(client.resolve(reference))?;
            vec![(CopySource::Registry(reference.clone()), reference.clone())]
        }
        Place::Layout { path, tag } => {
            let layout = Layout::open(path)?;
            in_layout(args, &layout, tag.as_deref())?
        }
    };
    let destination = Destination::open(target)?;
    let job =
        |(from, name): (CopySource, Reference)| Ok(CopyJob::new(from, destination.of(&name)?));
    sources.into_iter().map(job).collect()
}

/// A source, and what it is called where it is.
type Named = (CopySource, Reference);

fn all_tags(client: &Client, reference: &Reference) -> anyhow::Result<Vec<Named>> {
    let tags = runtime()?.block_on(client.tags(reference))?;
    if tags.is_empty() {
        bail!("{} has no tags", reference.name());
    }
    let named = |tag: &String| match reference.with_tag(tag) {
        Ok(reference) => Some((CopySource::Registry(reference.clone()), reference)),
        Err(error) => {
            let repository = reference.name();
            warn(&format_args!(
                "left out, though {repository} lists it: {error}"
            ));
            None
        }
    };
    Ok(tags.iter().filter_map(named).collect())
}

fn in_layout(args: &Args, layout: &Layout, tag: Option<&str>) -> anyhow::Result<Vec<Named>> {
    let images = layout.images()?;
    let chosen: Vec<&TaggedImage> = images
        .iter()
        .filter(|image| tag.is_none_or(|tag| image.tag.as_deref() == Some(tag)))
        .collect();
    let is_one = chosen
        .windows(2)
        .all(|pair| pair[0].descriptor.digest == pair[1].descriptor.digest);
    if chosen.is_empty() || !is_one && !args.all_tags {
        return Err(ambiguous(args, &images, tag).into());
    }
    let chosen = if args.all_tags {
        chosen
    } else {
        chosen[..1].to_vec()
    };
    chosen
        .into_iter()
        .map(|image| named_in(layout, image))
        .collect()
}

fn named_in(layout: &Layout, image: &TaggedImage) -> anyhow::Result<Named> {
    let folder = layout.path().display();
    let tag = image.tag.as_deref();
    let origin: Option<Reference> = image.name.as_deref().and_then(|name| name.parse().ok());
    let name = match (&origin, tag) {
        (Some(origin), Some(tag)) => origin.with_tag(tag)?,
        (Some(origin), None) => origin.clone(),
        (None, tag) => "localhost/layout"
            .parse::<Reference>()?
            .with_tag(tag.unwrap_or("latest"))?,
    };
    let source = CopySource::Layout(Box::new(LayoutImage {
        layout: layout.clone(),
        descriptor: image.descriptor.clone(),
        name: tag.map_or(folder.to_string(), |tag| format!("{folder}:{tag}")),
        origin,
    }));
    Ok((source, name))
}

fn ambiguous(args: &Args, images: &[TaggedImage], tag: Option<&str>) -> UsageError {
    /// More are not read anyway.
    const LISTED: usize = 8;
    let tags: Vec<&str> = images
        .iter()
        .filter_map(|image| image.tag.as_deref())
        .take(LISTED)
        .collect();
    let more = if images.len() > LISTED { ", …" } else { "" };
    let tags = format!("{}{more}", tags.join(", "));
    UsageError(match (images.len(), tag) {
        (0, _) => format!("{} holds no images", args.source),
        (_, Some(tag)) => format!(
            "there is no tag {tag:?} in {}; there are: {tags}",
            args.source
        ),
        (all, None) => format!(
            "{} holds {all} images: name one as {}:TAG, or pass --all-tags; there are: {tags}",
            args.source, args.source
        ),
    })
}

/// Where images go.
enum Destination {
    Registry(Reference),
    Layout(Arc<LayoutWriter>, Option<String>),
}

impl Destination {
    fn open(target: &Place) -> anyhow::Result<Self> {
        Ok(match target {
            Place::Registry(reference) => Self::Registry(reference.clone()),
            Place::Layout { path, tag } => {
                Self::Layout(Arc::new(LayoutWriter::create(path)?), tag.clone())
            }
        })
    }

    /// Names the place of one image, which keeps its tag where the destination has none.
    fn of(&self, name: &Reference) -> anyhow::Result<CopyTarget> {
        Ok(match self {
            Self::Registry(target) => CopyTarget::Registry(match (target.tag(), name.tag()) {
                (None, Some(tag)) => target.with_tag(tag)?,
                (None, None) if name.digest().is_none() => target.with_tag(name.tag_or_latest())?,
                _ => target.clone(),
            }),
            Self::Layout(layout, Some(tag)) => {
                CopyTarget::Layout(Arc::clone(layout), name.with_tag(tag)?)
            }
            Self::Layout(layout, None) => CopyTarget::Layout(Arc::clone(layout), name.clone()),
        })
    }
}

/// What became of one image.
#[derive(Serialize)]
struct Row {
    reference: String,
    outcome: &'static str,
    digest: Option<String>,
    manifests: Option<usize>,
    blobs: Option<usize>,
    bytes: Option<u64>,
    moved_blobs: Option<usize>,
    moved_bytes: Option<u64>,
    mounted_blobs: Option<usize>,
    problem: Option<String>,
}

impl Row {
    fn of((job, outcome): (&CopyJob, &Result<Copied, CopyError>)) -> Self {
        let reference = match &job.to {
            CopyTarget::Registry(reference) | CopyTarget::Layout(_, reference) => {
                reference.to_string()
            }
            _ => String::new(),
        };
        let copied = outcome.as_ref().ok();
        Self {
            reference,
            outcome: match copied {
                Some(copied) if copied.present => "present",
                Some(_) => "copied",
                None => "failed",
            },
            digest: copied.map(|copied| copied.descriptor.digest.to_string()),
            manifests: copied.map(|copied| copied.manifests),
            blobs: copied.map(|copied| copied.blobs),
            bytes: copied.map(|copied| copied.bytes),
            moved_blobs: copied.map(|copied| copied.moved_blobs),
            moved_bytes: copied.map(|copied| copied.moved_bytes),
            mounted_blobs: copied.map(|copied| copied.mounted_blobs),
            problem: outcome.as_ref().err().map(in_words),
        }
    }
}

fn table(rows: &[Row]) -> Table<Row> {
    let mounted = rows.iter().any(|row| row.mounted_blobs.unwrap_or(0) > 0);
    Table::new(vec![
        Column::text("reference", "reference"),
        Column::text("outcome", "outcome"),
        Column::hidden("digest"),
        Column::hidden("manifests"),
        Column::count("blobs", "blobs"),
        Column::count("bytes", "bytes"),
        Column::hidden("moved_blobs"),
        Column::count("moved_bytes", "moved bytes"),
        match mounted {
            true => Column::count("mounted_blobs", "mounted blobs"),
            false => Column::hidden("mounted_blobs"),
        },
        Column::hidden("problem"),
    ])
}
