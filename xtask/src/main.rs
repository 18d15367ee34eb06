//! The project's own chores: `cargo xtask setup | test | cluster | bench | fuzz | arrows |
//! reference | weigh | dist | ci`.
//!
//! One file a chore. Chores are written as data first (a plan, a list of commands) and carried
//! out afterwards, so that what they would do can be shown and tested without doing it.

#![forbid(unsafe_code)]

mod args;
mod arrows;
mod bench;
mod browser_rules;
mod ci;
mod cluster;
mod console;
mod control_plane;
mod dist;
mod fuzz;
mod help;
mod invocation;
mod ledger;
mod machine;
mod notices;
mod packages;
mod reference;
mod services;
mod setup;
mod test;
mod tools;
mod weigh;
mod workspace;

use std::process::ExitCode;

use args::Chore;

/// The exit codes, as `--help` documents them.
mod exit_code {
    /// The chore was done.
    pub(crate) const DONE: u8 = 0;
    /// The chore was understood and failed.
    pub(crate) const FAILED: u8 = 1;
    /// The command line was not understood; nothing was done.
    pub(crate) const WRONG_USAGE: u8 = 2;
}

fn main() -> ExitCode {
    let chore = match args::parse(std::env::args_os().skip(1)) {
        Ok(chore) => chore,
        Err(error) => {
            console::complain(format_args!("{error}\nsee `cargo xtask --help`"));
            return exit_code::WRONG_USAGE.into();
        }
    };
    match carry_out(chore) {
        Ok(()) => exit_code::DONE.into(),
        Err(error) => {
            console::complain(format_args!("error: {error:#}"));
            exit_code::FAILED.into()
        }
    }
}

fn carry_out(chore: Chore) -> anyhow::Result<()> {
    match chore {
        Chore::Help(topic) => {
            console::say(help::text(topic));
            Ok(())
        }
        Chore::Setup => setup::run(),
        Chore::Test { cargo_args } => test::run(&cargo_args),
        Chore::TestCluster { test_args } => cluster::test(&test_args),
        Chore::Cluster { cluster_args } => cluster::run(&cluster_args),
        Chore::Bench { bench_args } => bench::run(&bench_args),
        Chore::Fuzz { seconds } => fuzz::run(seconds),
        Chore::Arrows => arrows::run(),
        Chore::Reference => reference::run(),
        Chore::Weigh { profile } => weigh::run(&profile),
        Chore::Dist => dist::run(),
        Chore::Ci => ci::run(),
    }
}
