//! `pullstat manifests fetch`: manifests and configs of tags, into a folder.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::bail;
use pullstudy_console::{ConnectionArgs, UsageError, counted, say};
use pullstudy_image::{ArchiveWriter, Platform, Reference};
use pullstudy_registry::{Client, FetchOptions, FetchedTag, Platforms};
use pullstudy_report::Format;

use super::progress::FetchDisplay;
use super::references;
use super::row::{self, Row};

/// So many problems are told one by one; the rows have all of them.
const PROBLEMS_TOLD: usize = 20;

/// Fetch manifests and configs of tags into a folder, for every platform.
///
/// Raw bytes are kept, so that digests can be checked. What the folder has is not asked for again: run the same
/// command once more to take up a run that was cut short. A tag that cannot be had stops no other; it is recorded,
/// and the exit code is 1. No layer is fetched.
///
/// Layers and wire bytes of a row are summed up over its platforms.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat manifests fetch busybox:1.36 ghcr.io/org/image:1.0 -o manifests\n  \
    pullstat manifests fetch --all-tags --rate 5 quay.io/org/image -o manifests\n\n\
    DIR then holds REGISTRY/REPOSITORY/_manifests with tags.jsonl and blobs/sha256/...\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    /// What to fetch: the tag, `latest` if there is none, or the digest
    #[arg(value_name = "REFERENCE", required_unless_present = "from")]
    references: Vec<String>,
    /// Read references from a file, one a line, `#` for comments; `-` is standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Fetch all tags of each reference's repository
    #[arg(long)]
    all_tags: bool,
    /// Where manifests and configs go; what is there already is kept
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Fetch only this platform of an image that has several, such as linux/amd64 [default: all]
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<Platform>,
    /// Ask each registry at most so many times in a second, such as 0.5 [default: as fast as it answers]
    #[arg(long, value_name = "N", value_parser = parse_rate)]
    rate: Option<f64>,
    /// Ask again for tags that are there, since they may have moved
    #[arg(long)]
    refresh: bool,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    #[command(flatten)]
    connection: ConnectionArgs,
}

fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if rate > 0.0 && f64::is_finite(rate) => Ok(rate),
        _ => Err("expected a number above 0, of requests a second".to_owned()),
    }
}

/// Runs the command; rows go to `results`.
pub(super) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let references = references(args)?;
    let tagged = |reference: &&Reference| reference.tag().is_some() || reference.digest().is_some();
    if let Some(one) = references.iter().find(tagged).filter(|_| args.all_tags) {
        let sentence = format!("--all-tags fetches every tag: leave the tag of {one} out");
        return Err(UsageError(sentence).into());
    }
    let display = FetchDisplay::new();
    let client = args
        .connection
        .client(references.first(), display.observer())?;
    let archive = ArchiveWriter::create(&args.out)?;
    let fetched = fetch(&client, &references, &archive, &options(args), &display)?;
    let rows: Vec<Row> = fetched.iter().map(Row::of).collect();
    row::write(args.format, &rows, results)?;
    report(&rows)
}

/// Everything that is to be fetched, or all that is wrong with it. Nothing is sent before.
fn references(args: &Args) -> Result<Vec<Reference>, UsageError> {
    let standard_input = args
        .from
        .as_ref()
        .is_some_and(|path| path.as_os_str() == "-");
    if standard_input && args.connection.reads_standard_input() {
        let message = "--from - and --password-stdin cannot both read standard input";
        return Err(UsageError(message.to_owned()));
    }
    let references = references::read(&args.references, args.from.as_deref())?;
    if references.is_empty() {
        return Err(UsageError("there is no reference to fetch".to_owned()));
    }
    Ok(references)
}

fn options(args: &Args) -> FetchOptions {
    let mut options = FetchOptions::default();
    if let Some(platform) = &args.platform {
        options.platforms = Platforms::One(platform.clone());
    }
    options.all_tags = args.all_tags;
    options.refresh = args.refresh;
    options.requests_per_second = args.rate;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    options.asked_at_unix_seconds = now.ok().map(|since| since.as_secs());
    options
}

fn fetch(
    client: &Client,
    references: &[Reference],
    archive: &ArchiveWriter,
    options: &FetchOptions,
    display: &FetchDisplay,
) -> anyhow::Result<Vec<FetchedTag>> {
    let progress = |event: pullstudy_registry::FetchProgress<'_>| display.show(event);
    let fetching = client.fetch_manifests(references, archive, options, &progress);
    let fetched = tokio::runtime::Runtime::new()?.block_on(fetching);
    display.finish();
    tell_rate_limits(client, references);
    Ok(fetched?)
}

/// What is left decides when the next run is worth while.
fn tell_rate_limits(client: &Client, references: &[Reference]) {
    let registries: BTreeSet<_> = references.iter().map(Reference::registry).collect();
    for registry in registries {
        if let Some(limit) = client.rate_limit(registry) {
            say(format_args!("{registry}: {limit}"));
        }
    }
}

/// Tells what is not there, and fails if anything is.
fn report(rows: &[Row]) -> anyhow::Result<()> {
    let lacking: Vec<_> = rows.iter().filter_map(Row::complaint).collect();
    for complaint in lacking.iter().take(PROBLEMS_TOLD) {
        say(format_args!("warning: {complaint}"));
    }
    if lacking.len() > PROBLEMS_TOLD {
        let more = lacking.len() - PROBLEMS_TOLD;
        say(format_args!(
            "warning: and {more} more; --format json or csv has all of them"
        ));
    }
    match lacking.len() {
        0 => Ok(()),
        count => bail!("not complete: {count} of {}", counted(rows.len(), "tag")),
    }
}
