//! `crafter`: crafts, verifies and serves container images of exact size.

mod base;
mod build;
mod console;
mod exit;
mod matrix;
mod plan;
mod progress;
mod remote;
mod row;
mod serve;
mod verify;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Craft, verify and serve container images of exact size.
#[derive(Parser)]
#[command(name = "crafter", version, after_help = exit::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Plan(plan::Args),
    Build(build::Args),
    Verify(verify::Args),
    Serve(serve::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut results = io::stdout().lock();
    exit::code(match &cli.command {
        Command::Plan(args) => plan::run(args, &mut results),
        Command::Build(args) => build::run(args, &mut results),
        Command::Verify(args) => verify::run(args, &mut results),
        Command::Serve(args) => serve::run(args, &mut results),
    })
}
