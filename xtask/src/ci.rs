//! `cargo xtask ci`: every check that a change must pass.
//!
//! All steps share one target directory and set no flag that dependencies are compiled with,
//! so that each crate is compiled once for checking, once for testing and once for release.

use std::time::Instant;

use crate::cluster;
use crate::console;
use crate::control_plane::ControlPlane;
use crate::invocation::Invocation;
use crate::ledger::{Ledger, Outcome};
use crate::machine::Machine;
use crate::tools::{self, CARGO_DENY};
use crate::workspace;

/// A named check: commands that must all succeed.
struct Step {
    name: &'static str,
    commands: Vec<Invocation>,
    /// Why this machine cannot run it, if so.
    left_out: Option<&'static str>,
}

impl Step {
    fn new(name: &'static str, commands: impl IntoIterator<Item = Invocation>) -> Self {
        Self {
            name,
            commands: commands.into_iter().collect(),
            left_out: None,
        }
    }

    fn left_out(name: &'static str, why: &'static str) -> Self {
        Self {
            name,
            commands: Vec::new(),
            left_out: Some(why),
        }
    }
}

/// A command that did not succeed.
struct Failure {
    step: &'static str,
    command: Invocation,
    error: anyhow::Error,
}

/// Runs all steps until one fails, and prints the time each took.
///
/// # Errors
///
/// A step failed: which one, and the command that repeats it, are printed below the table.
pub(crate) fn run() -> anyhow::Result<()> {
    let libraries = workspace::libraries()?;
    let programs = workspace::programs()?;
    let deny = deny_commands(&Machine::this());
    let has_control_plane = ControlPlane::of_this_user().is_ok_and(|plane| plane.is_built());
    let steps = steps(&libraries, &programs, has_control_plane, deny);
    let (ledger, failure) = run_steps(steps, Invocation::run);
    console::say(format_args!("\n{ledger}"));
    match failure {
        None => Ok(()),
        Some(Failure {
            step,
            command,
            error,
        }) => {
            console::complain(format_args!(
                "step `{step}` failed; this repeats it:\n{command}"
            ));
            Err(error)
        }
    }
}

/// Runs `steps` in order; once a command failed, the rest is entered as not reached.
fn run_steps(
    steps: impl IntoIterator<Item = Step>,
    run: impl Fn(&Invocation) -> anyhow::Result<()>,
) -> (Ledger, Option<Failure>) {
    let mut ledger = Ledger::default();
    let mut failure = None;
    for Step {
        name,
        commands,
        left_out,
    } in steps
    {
        if failure.is_some() {
            ledger.enter_not_reached(name);
            continue;
        }
        if let Some(why) = left_out {
            console::complain(format_args!("\nci: {name}: not run: {why}"));
            ledger.enter_left_out(name, why);
            continue;
        }
        console::complain(format_args!("\nci: {name}"));
        let start = Instant::now();
        failure = commands.into_iter().find_map(|command| {
            let error = run(&command).err()?;
            Some(Failure {
                step: name,
                command,
                error,
            })
        });
        let outcome = if failure.is_none() {
            Outcome::Done
        } else {
            Outcome::Failed
        };
        ledger.enter(name, start.elapsed(), outcome);
    }
    (ledger, failure)
}

/// Kubernetes takes a quarter of an hour to build, and is no part of these checks.
const NO_CONTROL_PLANE: &str = "no control plane is built; `cargo xtask test --cluster` does it";

fn steps(
    libraries: &[String],
    programs: &[String],
    has_control_plane: bool,
    deny: Vec<Invocation>,
) -> Vec<Step> {
    let release = Invocation::cargo("build --locked --release");
    vec![
        // A full disk shows itself late, and as anything but a full disk.
        Step::new("disk", [Invocation::new("df", ["-h", ".", "/tmp"])]),
        Step::new("format", [Invocation::cargo("fmt --all --check")]),
        Step::new(
            "clippy",
            [Invocation::cargo(
                "clippy --locked --workspace --all-targets --all-features -- -D warnings",
            )],
        ),
        Step::new("tests", [Invocation::cargo("xtask test")]),
        if has_control_plane {
            Step::new("cluster tests", [cluster::test_command()])
        } else {
            Step::left_out("cluster tests", NO_CONTROL_PLANE)
        },
        Step::new(
            "documentation",
            [
                Invocation::cargo("doc --locked --workspace --no-deps --all-features")
                    .variable("RUSTDOCFLAGS", "-D warnings"),
            ],
        ),
        Step::new("features", feature_commands(libraries, programs)),
        Step::new("arrows", [Invocation::cargo("xtask arrows")]),
        Step::new("release build", [release.args(packages(programs))]),
        Step::new("size of the programs", [Invocation::cargo("xtask weigh")]),
        Step::new(
            "packages",
            [Invocation::cargo(
                "package --quiet --locked --workspace --no-verify --allow-dirty",
            )],
        ),
        Step::new("licences and duplicates", deny),
    ]
}

/// Returns builds with no, default and all features: of each library alone, because together
/// they switch on features for one another and hide what is missing, and of the programs.
fn feature_commands(libraries: &[String], programs: &[String]) -> Vec<Invocation> {
    let each_library = libraries.chunks(1);
    each_library
        .chain(std::iter::once(programs))
        .flat_map(|names| {
            ["--no-default-features", "", "--all-features"].map(|features| {
                Invocation::cargo("check --locked --quiet")
                    .args(packages(names))
                    .args(features.split_whitespace())
            })
        })
        .collect()
}

fn packages(names: &[String]) -> impl Iterator<Item = &str> {
    names.iter().flat_map(|name| ["-p", name])
}

/// Returns the check of licences, duplicates and sources, and before it, if need be, the build of
/// cargo-deny.
fn deny_commands(machine: &Machine) -> Vec<Invocation> {
    let check = ["check", "bans", "licenses", "sources"];
    if machine.find(CARGO_DENY.name).is_some() {
        return vec![Invocation::cargo("deny").args(check)];
    }
    let built = tools::folder().join("bin").join(CARGO_DENY.name);
    let install = (!built.is_file()).then(|| CARGO_DENY.install());
    let run = Invocation::new(built, check);
    install.into_iter().chain([run]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::tests::machine_with;
    use anyhow::bail;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn shown(commands: &[Invocation]) -> Vec<String> {
        commands.iter().map(Invocation::to_string).collect()
    }

    #[test]
    fn each_library_is_checked_alone_with_no_default_and_all_features() {
        let commands = feature_commands(&names(&["a", "b"]), &names(&["x", "y"]));
        assert_eq!(
            shown(&commands),
            [
                "cargo check --locked --quiet -p a --no-default-features",
                "cargo check --locked --quiet -p a",
                "cargo check --locked --quiet -p a --all-features",
                "cargo check --locked --quiet -p b --no-default-features",
                "cargo check --locked --quiet -p b",
                "cargo check --locked --quiet -p b --all-features",
                "cargo check --locked --quiet -p x -p y --no-default-features",
                "cargo check --locked --quiet -p x -p y",
                "cargo check --locked --quiet -p x -p y --all-features",
            ]
        );
    }

    #[test]
    fn the_tests_are_run_by_the_command_of_the_readme() {
        let steps = steps(&names(&["a"]), &names(&["x"]), true, Vec::new());
        let tests = steps
            .iter()
            .find(|step| step.name == "tests")
            .expect("there is such a step");
        assert_eq!(shown(&tests.commands), ["cargo xtask test"]);
    }

    #[test]
    fn the_cluster_tests_are_run_where_a_control_plane_is_and_named_where_not() {
        let step = |has_control_plane| {
            steps(
                &names(&["a"]),
                &names(&["x"]),
                has_control_plane,
                Vec::new(),
            )
            .into_iter()
            .filter(|step| step.name == "cluster tests")
        };
        let (ledger, failure) = run_steps(step(true), |command| bail!("ran {command}"));
        assert!(failure.is_some(), "{ledger}");
        let (ledger, failure) = run_steps(step(false), |_| panic!("there is nothing to run"));
        assert!(failure.is_none(), "{ledger}");
        assert!(ledger.to_string().contains("NOT RUN: no control plane"));
    }

    #[test]
    fn the_first_failure_stops_the_rest_and_names_step_and_command() {
        let step = |name, line| Step::new(name, [Invocation::cargo(line)]);
        let steps = [step("one", "a"), step("two", "b"), step("three", "c")];
        let (ledger, failure) = run_steps(steps, |command| match command.to_string().as_str() {
            "cargo b" => bail!("`{command}` failed"),
            "cargo c" => panic!("the third step must not be reached"),
            _ => Ok(()),
        });
        let failure = failure.expect("the second step fails");
        assert_eq!(
            (failure.step, failure.command),
            ("two", Invocation::cargo("b"))
        );
        let table = ledger.to_string();
        let outcomes: Vec<_> = table
            .lines()
            .filter_map(|line| line.rsplit_once("  "))
            .map(|(_, last)| last)
            .collect();
        assert_eq!(outcomes[1..4], ["done", "failed", "not reached"], "{table}");
    }

    #[test]
    fn cargo_deny_is_used_from_path_and_built_otherwise() {
        let (_folder, with_deny) = machine_with(&["cargo-deny"]);
        assert_eq!(
            shown(&deny_commands(&with_deny)),
            ["cargo deny check bans licenses sources"]
        );
        let (_folder, without) = machine_with(&[]);
        let commands = shown(&deny_commands(&without));
        let last = commands.last().expect("there is a check");
        assert!(
            last.ends_with("target/tools/bin/cargo-deny check bans licenses sources"),
            "{last}"
        );
    }
}
