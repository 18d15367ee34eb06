//! `pullstat cost`: what pulling costs.

mod archive;
pub(crate) mod args;
mod break_even;
mod machines;
mod prices;
pub(crate) mod pulls;
mod scenario;
mod totals;
pub(crate) mod waiting;

use std::io::Write;

use clap::Subcommand;

/// Turn measured pulls into USD, or tell what waiting, layers that nobody shares, and faster machines cost.
///
/// With logs, a row a group: node_seconds is the sum of its pulls' seconds, cost_usd that many seconds of the machine at
/// its price. Pulls side by side on one node count each for itself, as in the published study; occupied_seconds and
/// occupied_usd count a node once while it pulls at all, which is nearer to what is billed. Seconds lost in failed attempts
/// are in neither, but in lost_seconds and lost_usd. The last row is the sum.
///
/// Prices come with a date and a source; --prices FILE adds yours. A log in a folder named like a command below is
/// given as ./waiting.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    after_help = "Examples:\n  pullstat cost experiments/ --machine n1-standard-16 --image my-org\n  \
    pullstat cost experiments/ --machine run1=n1-standard-16 --machine run2=n1-standard-64 --by experiment,nodes\n  \
    pullstat cost totals --method published\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    pulls: pulls::PullsArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    BreakEven(break_even::Args),
    Machines(machines::Args),
    Prices(prices::Args),
    Scenario(scenario::Args),
    Totals(totals::Args),
    Waiting(waiting::Args),
}

/// Runs the command; rows go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    match &args.command {
        None => pulls::run(&args.pulls, results),
        Some(Command::BreakEven(args)) => break_even::run(args, results),
        Some(Command::Machines(args)) => machines::run(args, results),
        Some(Command::Prices(args)) => prices::run(args, results),
        Some(Command::Scenario(args)) => scenario::run(args, results),
        Some(Command::Totals(args)) => totals::run(args, results),
        Some(Command::Waiting(args)) => waiting::run(args, results),
    }
}
