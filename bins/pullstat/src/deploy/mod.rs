//! `pullstat deploy`: manifests for `kubectl apply`.

mod cache_clean;
mod collector;
mod helper_images;
mod mirror;
mod output;
mod preload;
mod runner;
mod site;
mod soci;

use std::io::Write;

use clap::Subcommand;

/// Print manifests for a cluster: what a study needs there, and helpers that change how images get onto nodes.
///
/// Nothing is sent anywhere: what is printed is for `kubectl apply -f -`. Each begins with a comment that says what it
/// may touch and how it is taken back; the same goes to standard error.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  pullstat deploy preload ghcr.io/org/image:1.0 | kubectl apply -f -\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    helper: Helper,
}

#[derive(Debug, Subcommand)]
enum Helper {
    CacheClean(cache_clean::Args),
    Collector(collector::Args),
    Mirror(mirror::Args),
    Preload(preload::Args),
    Runner(runner::Args),
    Soci(soci::Args),
}

/// Runs the command; manifests go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    match &args.helper {
        Helper::CacheClean(args) => cache_clean::run(args, results),
        Helper::Collector(args) => collector::run(args, results),
        Helper::Mirror(args) => mirror::run(args, results),
        Helper::Preload(args) => preload::run(args, results),
        Helper::Runner(args) => runner::run(args, results),
        Helper::Soci(args) => soci::run(args, results),
    }
}
