//! `pullstat manifests`: what images are like, without their layers.

mod fetch;
mod progress;
mod references;
mod row;

use std::io::Write;

use clap::Subcommand;

/// Keep manifests and configs of many images, without their layers.
#[derive(Debug, clap::Args)]
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
