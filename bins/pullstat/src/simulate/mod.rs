//! `pullstat simulate`: what will happen on a cluster that nobody has paid for yet.

mod nodes;
pub(crate) mod picture;
mod recorded;
pub(crate) mod report;
pub(crate) mod row;
mod wanted;

use std::io::Write;
use std::path::PathBuf;

use pullstudy_console::{UsageError, in_words, say, warn, working};
use pullstudy_report::Format;
use pullstudy_simulator::{Options, Scenario, Strategy, SweepPoint, break_even, simulate_with};

use crate::costs::args::OneMachineArgs;
use crate::picture_file;
use nodes::Nodes;
use report::{Report, Resources};
use wanted::WantedArgs;

/// Simulate nodes that pull images, as they are and under strategies.
///
/// What pulls and from where stands in a scenario file, or in --wire-bytes and its like; what neither says is assumed, and
/// docs/simulate.md says what. A row a strategy and number of nodes: seconds from a pod's coming until its container is
/// ready, what the registry sent, what most of the time went to, and with --machine what the waiting costs. Each
/// strategy's assumptions are listed after the rows.
///
/// Strategies are nearer-registry, local-ssd, zstd, pigz, igzip, pull-through-cache, peer-to-peer, preload, shared-volume,
/// lazy, merge-layers, parallel-unpack, parallel-pulls and ranged-fetch; `zstd+local-ssd` is both, and settings follow a
/// colon: `lazy:share=0.1,read_bytes=1MB`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat simulate --nodes 256 --layers 20 --wire-bytes 5GB --strategy peer-to-peer\n  \
    pullstat simulate cluster.yaml --sweep nodes=4..4096 --strategy zstd --strategy pull-through-cache --plot sweep.svg\n  \
    pullstat simulate cluster.yaml --out simulated/ && pullstat summary simulated/\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    #[command(flatten)]
    wanted: WantedArgs,
    /// What is done about it, beside the scenario as it is; may be given several times
    #[arg(long = "strategy", value_name = "STRATEGY")]
    strategies: Vec<Strategy>,
    /// Numbers of nodes to go through: doubling from the first to the last (nodes=4..4096), or each (nodes=4,8,16)
    #[arg(long, value_name = "nodes=A..B", conflicts_with_all = ["nodes", "out"])]
    sweep: Option<Nodes>,
    #[command(flatten)]
    machine: OneMachineArgs,
    /// Write events and traces as a real run would have left them, for summary, spread, compare and the others
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Draw the sweep: seconds and node-hours, or USD, against nodes, as SVG or PNG by the name of the file
    #[arg(long, value_name = "FILE", requires = "sweep")]
    plot: Option<PathBuf>,
    /// How the rows are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// Runs the command; rows go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    if let Some(path) = &args.plot {
        picture_file::check_name("--plot", path)?;
    }
    let scenario = args.wanted.scenario()?;
    if let Some(words) = args.wanted.assumed(&scenario) {
        say(format_args!("{words}"));
    }
    let strategies = strategies(&args.strategies)?;
    let usd_per_hour = args.machine.usd_per_hour()?;
    let (points, resources) = match &args.sweep {
        Some(nodes) => (swept(&scenario, &strategies, nodes)?, Vec::new()),
        None => simulated(&scenario, &strategies, args.out.as_deref())?,
    };
    if let Some(path) = &args.plot {
        let rows = row::rows(&points, usd_per_hour);
        let figure = picture::draw(&rows, Some(picture::subtitle(&scenario)))?;
        picture_file::write(&figure, path)?;
    }
    let report = Report {
        scenario: &scenario,
        strategies: &strategies,
        break_even: break_even(&points),
        points: &points,
        resources: &resources,
        usd_per_hour,
    };
    report.write(args.format, results)
}

/// The scenario as it is comes first: everything is compared with it.
fn strategies(wanted: &[Strategy]) -> Result<Vec<Strategy>, UsageError> {
    let mut strategies = vec![Strategy::as_is()];
    for strategy in wanted {
        let text = strategy.to_string();
        if text == Strategy::AS_IS {
            continue;
        }
        if strategies.iter().any(|other| other.to_string() == text) {
            return Err(UsageError(format!(
                "--strategy {text} is there twice: leave one out"
            )));
        }
        strategies.push(strategy.clone());
    }
    Ok(strategies)
}

fn swept(
    scenario: &Scenario,
    strategies: &[Strategy],
    nodes: &Nodes,
) -> Result<Vec<SweepPoint>, UsageError> {
    let tell = |point: &SweepPoint| {
        say(format_args!(
            "simulated {} on {} nodes",
            point.strategy, point.nodes
        ));
    };
    working(format_args!("simulating"));
    pullstudy_simulator::sweep(scenario, strategies, nodes.counts(), tell)
        .map_err(|error| UsageError(in_words(&error)))
}

fn simulated(
    scenario: &Scenario,
    strategies: &[Strategy],
    out: Option<&std::path::Path>,
) -> anyhow::Result<(Vec<SweepPoint>, Vec<Resources>)> {
    let options = Options::default().keep_layers(out.is_some());
    let (mut points, mut resources) = (Vec::new(), Vec::new());
    for strategy in strategies {
        let changed = strategy.applied_to(scenario);
        let outcome =
            simulate_with(&changed, &options).map_err(|error| UsageError(in_words(&error)))?;
        if let Some(out) = out {
            recorded::write(out, strategy, &changed, &outcome)?;
        }
        let point = SweepPoint::of(strategy, &changed, &outcome);
        if point.failed > 0 {
            warn(&format_args!(
                "{strategy}: {} pulls failed for good and have no seconds",
                point.failed
            ));
        }
        points.push(point);
        resources.push(Resources::of(strategy, outcome));
    }
    Ok((points, resources))
}
