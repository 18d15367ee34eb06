//! `crafter build`: make the images.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;

use pullstudy_console::{Clients, ConnectionArgs, UsageError, runtime, terminal_width};
use pullstudy_crafter::{BuildOptions, BuiltImage, ImageSink, LayoutSink, Plan, build};
use pullstudy_image::Digest;
use pullstudy_registry::{CopyJob, CopySource, CopyTarget, LayoutImage, Platforms};
use pullstudy_report::Format;

use crate::matrix::{Matrix, MatrixArgs};
use crate::progress::BuildDisplay;
use crate::push::PushSink;
use crate::row::{self, Row};

/// Where a build goes that is not pushed, if nobody says.
const DEFAULT_LAYOUT: &str = "crafted";

/// Make the images of a sizes file, into an OCI layout or straight into a registry
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  crafter build sizes.yaml -o crafted
  crafter build sizes.yaml -o crafted --only '9-layers-*' --seed 42
  crafter build sizes.yaml --push --uri ghcr.io/you/images

With --push alone every layer is sent while it is made: no file is written, and the memory does not grow with the \
image. With --push and -o the layout is made first and then copied.

A build that was killed goes on when the same command is run again: finished layers of a layout stay, and so does \
a seed that was chosen at random; pushed images are not made again if --seed is the same.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted")]
pub(crate) struct Args {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// OCI layout to write, made where there is none [default: crafted; with --push none]
    #[arg(short, long, value_name = "LAYOUT_DIR")]
    output: Option<PathBuf>,
    /// Push the images to the repository of --uri, or of the file
    #[arg(long)]
    push: bool,
    /// Layers made at a time; the bytes are the same whatever it is [default: the number of cores]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// How to print the rows: table, json or csv
    #[arg(long, default_value_t)]
    format: Format,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Makes the images, and prints a row for each image and platform.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let matrix = Matrix::read(&args.matrix)?;
    if args.push && !matrix.has_repository() {
        let sentence = "--push needs to know where to: pass --uri, such as ghcr.io/you/images";
        return Err(UsageError(sentence.to_owned()).into());
    }
    let output = match &args.output {
        None if !args.push => Some(Path::new(DEFAULT_LAYOUT)),
        given => given.as_deref(),
    };
    let seed = matrix.seed(output)?;
    let display = Arc::new(BuildDisplay::new());
    let clients = Clients::new(&args.connection, display.observer());
    if args.push {
        // Logged in before anything is made, and for this registry rather than for the base's.
        let client = clients.of(matrix.repository())?;
        runtime()?.block_on(client.has_blob(matrix.repository(), &Digest::of(b"")))?;
    }
    let plan = matrix.plan(seed, &clients)?;
    let job = Job {
        args,
        matrix: &matrix,
        plan: &plan,
        display: &display,
        clients: &clients,
    };
    let built = match output {
        Some(output) => job.make_layout(output)?,
        None => job.make_pushed()?,
    };
    let rows = Row::built(&plan, &built);
    Ok(row::table(&rows)
        .within(terminal_width())
        .write(args.format, &rows, results)?)
}

/// A build that is about to begin.
struct Job<'a> {
    args: &'a Args,
    matrix: &'a Matrix,
    plan: &'a Plan,
    display: &'a BuildDisplay,
    clients: &'a Clients<'a>,
}

impl Job<'_> {
    fn make_layout(&self, output: &Path) -> anyhow::Result<Vec<BuiltImage>> {
        let sink = LayoutSink::open(output, &self.matrix.identity(), self.plan.seed)?;
        let built = self.build(&sink)?;
        let mut place = output.display().to_string();
        if self.args.push {
            self.push(&sink, &built)?;
            place = format!("{place} and {}", self.matrix.repository());
        }
        sink.complete()?;
        self.display.finish(&place);
        Ok(built)
    }

    fn make_pushed(&self) -> anyhow::Result<Vec<BuiltImage>> {
        let repository = self.matrix.repository();
        let client = self.clients.of(repository)?;
        let base = self.matrix.base().cloned();
        let sink = PushSink::new(client, repository.clone(), base, self.plan)?;
        let built = self.build(&sink)?;
        self.display.finish(&repository.to_string());
        Ok(built)
    }

    fn build(&self, sink: &dyn ImageSink) -> anyhow::Result<Vec<BuiltImage>> {
        self.display.expect(self.plan.images.len());
        let options = BuildOptions {
            jobs: jobs(self.args.jobs),
        };
        Ok(build(self.plan, sink, options, &|event| {
            self.display.show(event);
        })?)
    }

    /// Copies what was built into a layout to the registry.
    fn push(&self, sink: &LayoutSink, built: &[BuiltImage]) -> anyhow::Result<()> {
        let client = self.clients.of(self.matrix.repository())?;
        let layout = sink.writer().layout();
        let job = |image: &BuiltImage| {
            let from = CopySource::Layout(Box::new(LayoutImage {
                layout: layout.clone(),
                descriptor: image.descriptor.clone(),
                name: format!(
                    "{}:{}",
                    layout.path().display(),
                    image.reference.tag_or_latest()
                ),
                origin: self.matrix.base().cloned(),
            }));
            CopyJob::new(from, CopyTarget::Registry(image.reference.clone()))
        };
        let jobs: Vec<CopyJob> = built.iter().map(job).collect();
        let copied = runtime()?.block_on(client.copy(&jobs, &Platforms::All));
        copied
            .into_iter()
            .try_for_each(|image| image.map(drop).map_err(Into::into))
    }
}

/// Returns the number of jobs: as asked for, else one a core.
pub(crate) fn jobs(given: Option<NonZeroUsize>) -> NonZeroUsize {
    given
        .or_else(|| available_parallelism().ok())
        .unwrap_or(NonZeroUsize::MIN)
}
