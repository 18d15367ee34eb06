//! `pullstat practices`: what Dockerfiles do that shows in images.

mod bases;
mod files;
mod totals;

use std::io::Write;
use std::num::NonZero;
use std::path::PathBuf;

use anyhow::bail;
use pullstudy_console::{Meter, Unit, UsageError, counted, in_words, warn};
use pullstudy_report::Format;
use pullstudy_survey::{DockerfileReport, Dockerfiles, FoundDockerfiles, ReadDockerfiles};

/// So many files that could not be read are told one by one.
const UNREAD_TOLD: usize = 10;

/// Fewer are read before anybody could look at a bar.
const BAR_FROM_FILES: usize = 20_000;

/// Tell which practices Dockerfiles follow that make images larger, smaller, or other than they were.
///
/// Files are found by their names: Dockerfile, Containerfile, Dockerfile.gpu, app.dockerfile and the like. Each
/// practice is told over all files to which it applies, and once more without the owner who has most files: one
/// generated tree can outweigh everybody else. The owner of a file is the first folder below PATH.
///
/// What could not be read is counted and named, and makes no share smaller.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  pullstat practices dockerfiles/\n  \
    pullstat practices dockerfiles/ --bases | pullstat manifests fetch --from - -o manifests\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted")]
pub(crate) struct Args {
    /// Folders with Dockerfiles, or Dockerfiles of any name
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// A row for each file instead
    #[arg(long, conflicts_with = "bases")]
    per_file: bool,
    /// The base images instead, one a line, most used first, as `pullstat manifests fetch --from` takes them
    #[arg(long)]
    bases: bool,
    /// How many folders below PATH name the owner of a file
    #[arg(long, value_name = "N", default_value = "1")]
    owner_depth: NonZero<usize>,
    /// How the figures are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// Runs the command; figures go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let found = FoundDockerfiles::find(&args.paths, args.owner_depth);
    let found = found.map_err(|error| UsageError(in_words(&error)))?;
    let dockerfiles = read(&found);
    tell_unread(dockerfiles.reports());
    if args.per_file {
        files::write(dockerfiles.reports(), args.format, results)?;
    } else if args.bases {
        bases::write(&dockerfiles, args.format, results)?;
    } else {
        totals::write(&dockerfiles, args.format, results)?;
    }
    if dockerfiles.owners().is_empty() {
        let files = counted(dockerfiles.reports().len(), "Dockerfile");
        bail!("nothing counts: none of {files} could be read");
    }
    Ok(())
}

fn read(found: &FoundDockerfiles) -> Dockerfiles {
    if found.len() < BAR_FROM_FILES {
        return Dockerfiles::read(found, &ReadDockerfiles::default());
    }
    let meter = Meter::new(Unit::Things("files"));
    meter.set_total(found.len() as u64);
    let progress = || meter.advance(1);
    let options = ReadDockerfiles {
        progress: &progress,
        ..ReadDockerfiles::default()
    };
    let dockerfiles = Dockerfiles::read(found, &options);
    meter.finish();
    dockerfiles
}

/// The figures rest on what could be read.
fn tell_unread(reports: &[DockerfileReport]) {
    let unread = || {
        let failed = |report: &'_ DockerfileReport| report.outcome.is_err();
        reports.iter().filter(move |report| failed(report))
    };
    for report in unread().take(UNREAD_TOLD) {
        if let Err(why) = &report.outcome {
            warn(&format_args!("{}: {}", report.file, why.message));
        }
    }
    let more = unread().count().saturating_sub(UNREAD_TOLD);
    if more > 0 {
        warn(&format_args!(
            "and {more} more that could not be read: --format json names all of them"
        ));
    }
}
