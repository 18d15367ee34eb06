//! `pullstat manifests`: what images are like, without their layers.

mod fetch;
mod progress;
mod references;
mod row;

use std::io::Write;

use clap::Subcommand;

/// Keep manifests and configs of many images, without their layers.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  pullstat manifests fetch busybox:1.36 -o manifests

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Fetch(fetch::Args),
}

/// Runs the command; rows go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    match &args.command {
        Command::Fetch(args) => fetch::run(args, results),
    }
}
