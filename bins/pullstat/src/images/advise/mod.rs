//! `pullstat advise`: which layers to share, reorder, merge or split so that less is pulled.

mod row;
mod totals;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::num::NonZero;

use pullstudy_console::{counted, terminal_width, warn};
use pullstudy_image::StepsWanted;
use pullstudy_report::{Format, grouped};
use pullstudy_survey::{AdviseOptions, Advised, Collection, advise};

use self::row::Row;
use self::totals::Totals;
use super::collect::CollectArgs;
use super::losses;

/// Advise which layers of a set of images to share, reorder, merge or split so that less is pulled.
///
/// Each piece of advice is worked out on the images as the ones above it would leave them, so that no byte is saved
/// twice. A saving is exact where manifests and configs prove it, and an upper bound where it rests on a command being
/// the same: such a command may do something else each time. What is taken for granted is listed below the table.
///
/// What belongs together is for you to choose: advice over images that never meet on a node saves nothing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  pullstat manifests fetch --from images.txt -o manifests\n  \
    pullstat advise manifests --platform linux/amd64\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    #[command(flatten)]
    collect: CollectArgs,
    /// How many layers a node downloads at a time
    #[arg(long, value_name = "N", default_value = "3")]
    downloads: NonZero<usize>,
    /// What a layer costs beside its bytes, in seconds; the published study's pulls cost 0.036 to 0.060
    #[arg(long, value_name = "S", default_value_t = 0.05, value_parser = parse_seconds)]
    layer_seconds: f64,
    /// How many rows of each kind of advice a table shows; json and csv have all of them
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// How the advice is printed: table, json (one object) or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if seconds >= 0.0 && f64::is_finite(seconds) => Ok(seconds),
        _ => Err("expected a number of seconds, 0 or more".to_owned()),
    }
}

/// Runs the command; advice goes to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let collection = args.collect.read(StepsWanted::All)?;
    losses::tell(&collection);
    let mut options = AdviseOptions::default();
    options.downloads = args.downloads;
    let advised = advise(&collection, &options);
    let rows: Vec<Row> = advised
        .advice
        .iter()
        .map(|advice| Row::of(&collection, advice, args.layer_seconds))
        .collect();
    let totals = Totals::of(&collection, &advised, &options, args.layer_seconds);
    write(args, &rows, &totals, results)?;
    warn_of_gaps(&collection, &advised);
    Ok(())
}

fn write(
    args: &Args,
    rows: &[Row],
    totals: &Totals,
    results: &mut dyn Write,
) -> anyhow::Result<()> {
    match args.format {
        Format::Json => totals.write_with(rows, results),
        Format::Table => {
            match first_of_each(rows, args.top) {
                shown if shown.is_empty() => writeln!(results, "no advice to show")?,
                shown => row::table().write(Format::Table, &shown, results)?,
            }
            totals.write(args.top, results)
        }
        format => Ok(row::table()
            .within(terminal_width())
            .write(format, rows, results)?),
    }
}

/// The first rows of each kind.
fn first_of_each(rows: &[Row], top: usize) -> Vec<Row> {
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    let mut is_shown = |row: &Row| {
        let count = shown.entry(row.code()).or_default();
        *count += 1;
        *count <= top
    };
    rows.iter().filter(|row| is_shown(row)).cloned().collect()
}

/// What advice could not look at.
fn warn_of_gaps(collection: &Collection, advised: &Advised) {
    if advised.without_commands > 0 {
        warn(&format_args!(
            "{} of {} have no history that tells which command made which layer: nothing is said of their commands",
            grouped(advised.without_commands as u64),
            counted(collection.len(), "image")
        ));
    }
    let platforms: BTreeSet<_> = collection
        .images()
        .iter()
        .map(|image| (&image.os, &image.architecture))
        .collect();
    if platforms.len() > 1 {
        warn(&format_args!(
            "images for {} platforms are counted together, and no node pulls them all: choose one with --platform",
            platforms.len()
        ));
    }
}
