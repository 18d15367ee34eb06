//! `crafter`: crafts, verifies, serves and copies container images of exact size.

mod base;
mod build;
mod copy;
mod exit;
mod matrix;
mod plan;
mod progress;
mod push;
mod row;
mod serve;
mod verify;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Craft, verify, serve and copy container images of exact size.
#[derive(Parser)]
#[command(name = "crafter", version, after_help = pullstudy_console::EXIT_CODES)]
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
    Copy(copy::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut results = io::stdout().lock();
    let result = match &cli.command {
        Command::Plan(args) => plan::run(args, &mut results),
        Command::Build(args) => build::run(args, &mut results),
        Command::Verify(args) => verify::run(args, &mut results),
        Command::Serve(args) => serve::run(args, &mut results),
        Command::Copy(args) => copy::run(args, &mut results),
    };
    pullstudy_console::code("crafter", result, exit::is_usage)
}
