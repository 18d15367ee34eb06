//! What can be asked for.

use std::path::PathBuf;

use pullstudy_stats::Confidence;

use super::fixed_cost::FixedCost;
use super::verdict::Limit;
use crate::costs::args::{PriceArgs, SomeMachineArgs};
use crate::events::args::{ClockArg, Selection};
use crate::events::compare::parse_confidence;

/// Put all that a folder holds on one page: what was pulled, how long it took and why, and what it cost.
///
/// DIR is searched with all below it: logs of events, traces, journals and coverage of pullstat run, archives of manifests,
/// lists of prices, and what pullstat simulate printed as JSON. Sections appear where there is something to show, and
/// what is missing is said. The page is one file without any link to the network; the same folder gives the same bytes.
///
/// With --compare the starts of DIR are compared with those of BASE. A start is one image coming onto all nodes of one
/// run: it takes as long as its slowest node. Where there are too few starts to tell a difference from chance, the pulls of
/// the nodes are compared, and that is said. All tests are corrected together (Holm, Tarone).
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat report results/ -o report.html\n  \
    pullstat report results/ manifests/ --machine n1-standard-16 -o report.html\n  \
    pullstat report results/ --machine n1-standard-16 --baseline as-is --fixed-cost cache=500 -o report.html\n  \
    pullstat report results/ --format md --compare main-results/ --fail-above 5% >> \"$GITHUB_STEP_SUMMARY\"\n\n\
    Exit codes: 0 done, 1 failed, or starts that became slower than --fail-above allows, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    /// Folders with results
    #[arg(value_name = "DIR", required = true)]
    pub(super) folders: Vec<PathBuf>,
    /// Where the page goes [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// What the page is: html with everything, or md, short, for a pull request
    #[arg(long, value_name = "FORMAT", default_value = "html")]
    pub(super) format: PageFormat,
    /// What stands above the page [default: the names of the folders]
    #[arg(long, value_name = "TITLE")]
    pub(super) title: Option<String>,
    #[command(flatten)]
    pub(super) selection: Selection,
    /// The experiment that the others are compared with [default: the first]
    #[arg(long, value_name = "EXPERIMENT")]
    pub(super) baseline: Option<String>,
    /// Results from before, to compare these with
    #[arg(long, value_name = "BASE")]
    pub(super) compare: Option<PathBuf>,
    /// How much slower or dearer a start may be: 5%, 10s or 2USD; the first that is exceeded fails [default: any difference
    /// that is shown]
    #[arg(long, value_name = "LIMIT", requires = "compare")]
    pub(super) fail_above: Vec<Limit>,
    #[command(flatten)]
    pub(super) machines: SomeMachineArgs,
    #[command(flatten)]
    pub(super) prices: PriceArgs,
    /// What an experiment's strategy costs, such as cache=500, to tell from how many starts on it pays beside the baseline
    #[arg(long, value_name = "EXPERIMENT=USD", requires = "machines")]
    pub(super) fixed_cost: Vec<FixedCost>,
    /// Which seconds: with the queue behind other images, or the pull itself
    #[arg(long, value_enum, default_value_t)]
    pub(super) clock: ClockArg,
    /// How sure intervals and verdicts shall be, such as 0.95
    #[arg(long, value_name = "LEVEL", default_value = "0.95", value_parser = parse_confidence)]
    pub(super) confidence: Confidence,
    /// Where the random numbers of the bootstrap start
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
    /// How many pulls are listed, the slowest first; all are in the file that the page offers
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(super) slowest: usize,
}

/// What a page is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum PageFormat {
    Html,
    Md,
}
