//! `pullstat inspect`: what one could have known of an image before pulling it.

mod bases;
mod deny;
mod find;
mod left_out;
mod meter;
mod output;
mod place;

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use pullstudy_console::{ConnectionArgs, UsageError, counted, warn};
use pullstudy_image::Platform;
use pullstudy_report::Format;
use pullstudy_survey::{InspectOptions, Subject, SubjectError, inspect};

use deny::{Denial, Deny};
use find::Found;
use left_out::LeftOut;
use output::Output;
use place::InspectPlace;

/// Tell what is in an image before it is pulled: layers, commands, wasted bytes, likely base, limits.
///
/// Only documents are read, unless --deep is given: then every layer is read to its last byte, without writing any,
/// its digest and diff_id are checked, and what no container sees is summed up.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  pullstat inspect ghcr.io/org/image:1.0\n  \
    pullstat inspect ./crafted --tag 1.0 --deep --deny wasted-bytes --deny error\n  \
    pullstat inspect debian:12 --platform linux/amd64 --as-base -o bases/debian-12.json\n  \
    pullstat inspect ghcr.io/org/image:1.0 --platform linux/amd64 --deep --bases bases\n\n\
    What starts with /, ./, ../ or oci: is a folder: an OCI layout, or an archive of `manifests fetch`. A folder \
    that is there need not start so. Several images in it are inspected one after the other.\n\n\
    Exit codes: 0 done, 1 failed or denied, 2 wrong usage, 130 interrupted")]
pub(crate) struct Args {
    /// What to inspect: a reference, an OCI layout, or an archive of manifests
    #[arg(value_name = "REFERENCE|DIR")]
    place: String,
    /// Only the image for this platform, such as linux/arm64 [default: all]
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<Platform>,
    /// Read the layers of all platforms, from a registry too
    #[arg(long, conflicts_with = "platform")]
    all_platforms: bool,
    /// Only this tag of a folder, or of the reference's repository
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Read every layer, without writing any
    #[arg(long)]
    deep: bool,
    /// Compare with the bases in a folder, which --as-base wrote
    #[arg(long, value_name = "DIR")]
    bases: Option<PathBuf>,
    /// Keep what others are compared with, for --bases; reads every layer
    #[arg(long, requires = "out")]
    as_base: bool,
    /// Where --as-base writes
    #[arg(short, long, value_name = "FILE", requires = "as_base")]
    out: Option<PathBuf>,
    /// Exit with 1 if there is a finding of this code, or of this severity (info, warning, error) or worse; can be repeated
    #[arg(long, value_name = "CODE", value_parser = deny::parse)]
    deny: Vec<Deny>,
    /// How it is printed: table, json (an object an image) or csv (a row a layer)
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
    #[command(flatten)]
    connection: ConnectionArgs,
}

impl Args {
    fn reads_layers(&self) -> bool {
        self.deep || self.as_base
    }
}

/// Runs the command; rows go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    deny::check(&args.deny, args.reads_layers())?;
    let place = InspectPlace::parse(&args.place, args.tag.as_deref())?;
    let mut options = InspectOptions::default();
    if let Some(folder) = &args.bases {
        options.bases = bases::read(folder)?;
    }
    let found = Found::open(args, place)?;
    let mut run = Run {
        args,
        options,
        output: Output::new(args.format, results),
        denial: Denial::new(&args.deny),
        inspected: 0,
        left_out: LeftOut::default(),
        first_no_image: None,
        failed: 0,
        damaged: 0,
        base: None,
    };
    let taken = found.each(&mut |source, outcome| run.take(source, outcome));
    if taken.is_err() && run.inspected == 0 && run.left_out.is_empty() {
        return taken;
    }
    // What is printed is whole, whatever comes after it.
    let finished = run.finish(taken.is_ok());
    taken.and(finished)
}

/// What has come of an inspection so far.
struct Run<'a> {
    args: &'a Args,
    options: InspectOptions,
    output: Output<'a>,
    denial: Denial<'a>,
    inspected: usize,
    left_out: LeftOut,
    first_no_image: Option<SubjectError>,
    failed: usize,
    damaged: usize,
    /// What --as-base keeps, written when it is sure that there is one image.
    /// The profile of a base, or why there is none: told when all that is known was printed.
    base: Option<(PathBuf, anyhow::Result<String>)>,
}

impl Run<'_> {
    fn take(
        &mut self,
        layers: Option<&find::Layers<'_>>,
        outcome: Result<Subject, SubjectError>,
    ) -> anyhow::Result<()> {
        let subject = match outcome {
            Ok(subject) => subject,
            Err(error) => {
                self.leave_out(error);
                return Ok(());
            }
        };
        if self.args.as_base && self.inspected > 0 {
            return Err(several_bases().into());
        }
        self.inspected += 1;
        let layers = layers.filter(|_| self.args.reads_layers());
        let watched = layers.map(|layers| layers.of(&subject));
        let source = watched.as_ref().map(|watched| watched.source());
        let inspection = inspect(&subject, source, &self.options);
        drop(watched);
        self.damaged += usize::from(inspection.report.has_problem());
        self.denial.look_at(&inspection.report);
        if let Some(path) = &self.args.out {
            self.base = Some((path.clone(), bases::text(&inspection)));
        }
        self.output.write(&inspection.report)
    }

    /// What is no image is no failure, unless there is nothing else.
    fn leave_out(&mut self, error: SubjectError) {
        self.left_out.add(&error);
        if !error.is_no_image() {
            self.failed += 1;
        } else if self.first_no_image.is_none() {
            self.first_no_image = Some(error);
        }
    }

    fn finish(self, is_complete: bool) -> anyhow::Result<()> {
        self.output.finish()?;
        if let Some((path, text)) = self.base.filter(|_| is_complete) {
            bases::write(&path, &text?)?;
        }
        if self.inspected == 0 && self.failed == 0 {
            return match self.first_no_image {
                Some(error) => Err(error.into()),
                None => bail!("{} holds no image", self.args.place),
            };
        }
        for line in self.left_out.lines() {
            warn(&line);
        }
        let mut reasons = Vec::new();
        if self.failed > 0 {
            reasons.push(format!("{} could not be inspected", self.failed));
        }
        if self.damaged > 0 {
            let count = counted(self.damaged, "image");
            reasons.push(format!(
                "layers of {count} could not be read, or are damaged"
            ));
        }
        reasons.extend(self.denial.words());
        match reasons.is_empty() {
            true => Ok(()),
            false => bail!("{}", reasons.join("; ")),
        }
    }
}

fn several_bases() -> UsageError {
    UsageError("--as-base keeps one image: name it with --tag and --platform".to_owned())
}
