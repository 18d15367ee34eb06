//! `crafter build`: make the images.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;

use pullstudy_crafter::{BuildOptions, LayoutSink, build};
use pullstudy_report::Format;

use crate::matrix::{Matrix, MatrixArgs};
use crate::progress::BuildDisplay;
use crate::row::{self, Row};

/// Make the images of a sizes file, into an OCI layout
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  crafter build sizes.yaml -o crafted
  crafter build sizes.yaml -o crafted --only '9-layers-*' --seed 42

A build that was killed goes on where it was when the same command is run again: finished layers stay, \
and so does a seed that was chosen at random.

Exit codes: 0 done, 1 failed, 2 wrong usage")]
pub(crate) struct Args {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// OCI layout to write; made where there is none
    #[arg(short, long, value_name = "LAYOUT_DIR", default_value = "crafted")]
    output: PathBuf,
    /// Layers made at a time; the bytes are the same whatever it is [default: the number of cores]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// How to print the rows: table, json or csv
    #[arg(long, default_value_t)]
    format: Format,
}

/// Makes the images, and prints a row for each image and platform.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let matrix = Matrix::read(&args.matrix)?;
    let seed = matrix.seed(Some(&args.output))?;
    let plan = matrix.plan(seed)?;
    let options = BuildOptions {
        jobs: jobs(args.jobs),
    };
    let sink = LayoutSink::open(&args.output, &matrix.identity(), seed)?;
    let display = BuildDisplay::new(plan.images.len());
    let built = build(&plan, &sink, options, &|event| display.show(event))?;
    sink.complete()?;
    display.finish(&args.output);
    let rows = Row::built(&plan, &built);
    Ok(row::table(&rows).write(args.format, &rows, results)?)
}

/// Returns the number of jobs: as asked for, else one a core.
pub(crate) fn jobs(given: Option<NonZeroUsize>) -> NonZeroUsize {
    given
        .or_else(|| available_parallelism().ok())
        .unwrap_or(NonZeroUsize::MIN)
}
