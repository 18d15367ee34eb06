//! `pullstat run`: a study from its file to its results.

mod dry;
mod engines;
mod images;
mod row;
mod runtime;
mod show;

use std::io::Write;
use std::path::{Path, PathBuf};

use pullstudy_console::{
    ConnectionArgs, Interrupted, UsageError, in_words, interrupted, say, terminal_width, warn,
};
use pullstudy_report::Format;
use pullstudy_runner::{
    Engine, Plan, PlanError, ReadStudyError, RunContainer, StudyFile, StudyReport, run_study,
};

pub(crate) use engines::ClusterArgs;
use engines::EngineName;
use runtime::RuntimeArgs;

/// Run a study: images onto nodes, as often and in such an order as its file says.
///
/// STUDY is a study.yaml, or a file of the published study ({tags, uri}, or lists of applications by number of nodes). After
/// each image the results are on the disk: events that pullstat pulls and summary read, traces, and a journal. The same
/// command goes on where a run was ended, by whatever.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat run study.yaml --dry-run\n  pullstat run study.yaml --engine kubernetes --context gke --out results\n  \
    sudo pullstat run study.yaml --engine containerd --start\n  \
    pullstat run run1.json --engine kubernetes --nodes 4,8,16 && pullstat summary run1\n\n\
    Exit codes: 0 done (pulls that failed are rows of the results), 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    /// The study: study.yaml, or a file of the published study
    #[arg(value_name = "STUDY")]
    study: PathBuf,
    /// What pulls: folders of this machine, containerd, or the nodes of a cluster
    #[arg(long, value_enum, default_value_t = EngineName::Local)]
    engine: EngineName,
    /// On how many nodes, in place of what the file says: one number, or several with commas
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..))]
    nodes: Vec<u32>,
    /// Where the results go [default: the experiment's name]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Start a container of each image that was pulled, and time it to its end (kubernetes always does)
    #[arg(long)]
    start: bool,
    /// Print every step, what it would take and what it would cost, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    cost: dry::CostArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    runtime: RuntimeArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// Runs the command; rows go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let mut study = StudyFile::read(&args.study).map_err(|error| unreadable(&error))?;
    if args.start && study.run.is_none() {
        study.run = Some(RunContainer::default());
    }
    tell_flux(&study);
    let runtime = tokio::runtime::Runtime::new()?;
    let images = images::of(&runtime, &study, &args.connection)?;
    let nodes = nodes(args, &study);
    let plan = Plan::new(study, &images, &nodes).map_err(|error| no_plan(&error))?;
    if args.dry_run {
        return dry::run(&plan, &args.cost, args.format, results);
    }
    let folder = args.out.clone();
    let folder = folder.unwrap_or_else(|| PathBuf::from(&plan.study.experiment));
    let report = runtime.block_on(engines::run(args, &plan, &folder))?;
    row::table()
        .within(terminal_width())
        .write(args.format, &row::rows(&report), results)?;
    tell(&report);
    match report.stopped {
        true => anyhow::bail!("a pull failed, and the study is to stop on failure"),
        false => Ok(()),
    }
}

/// Sockets are nodes: where nobody says how many nodes, they do.
fn nodes(args: &Args, study: &StudyFile) -> Vec<u32> {
    let is_open = args.nodes.is_empty() && study.nodes.is_empty();
    if is_open && args.engine == EngineName::Containerd {
        return vec![args.runtime.nodes(study)];
    }
    args.nodes.clone()
}

/// Runs the plan on an engine. Ctrl-C ends it between two moments of work; nothing is lost.
async fn carry_out<E: Engine>(
    plan: &Plan,
    engine: &mut E,
    folder: &Path,
) -> anyhow::Result<StudyReport> {
    let mut show = show::Show::default();
    let mut progress = |progress: pullstudy_runner::RunProgress<'_>| show.progress(&progress);
    let study = run_study(plan, engine, folder, &mut progress);
    tokio::select! {
        ended = study => Ok(ended?),
        _ = interrupted() => Err(Interrupted(format!(
            "stopped; the same command goes on from {}", folder.display()
        )).into()),
    }
}

fn tell(report: &StudyReport) {
    if report.failed > 0 {
        warn(&format_args!(
            "{} pulls failed or have no known end; pullstat failures {} says why",
            report.failed,
            report.folder.display()
        ));
    }
    say(format_args!(
        "the results are in {0}; pullstat summary {0} has the figures",
        report.folder.display()
    ));
}

fn tell_flux(study: &StudyFile) {
    if !study.flux_commands.is_empty() {
        say(format_args!(
            "note: the file has commands of flux for {} images; they are not run: containers start with the image's own command",
            study.flux_commands.len()
        ));
    }
}

fn unreadable(error: &ReadStudyError) -> UsageError {
    UsageError(in_words(error))
}

fn no_plan(error: &PlanError) -> UsageError {
    UsageError(error.to_string())
}
