//! `cargo xtask test --cluster` and `cargo xtask cluster`: what needs a Kubernetes control plane.

use std::ffi::OsString;

use crate::control_plane::ControlPlane;
use crate::invocation::Invocation;
use crate::machine::Machine;
use crate::setup;

/// Sees to the control plane, then runs the tests that need one.
///
/// # Errors
///
/// A program is missing and could not be installed or built, or a test failed.
pub(crate) fn test(test_args: &[OsString]) -> anyhow::Result<()> {
    provide()?;
    test_command().args(test_args).run()
}

/// Sees to the control plane, then starts a cluster and keeps it until interrupted.
///
/// # Errors
///
/// A program is missing and could not be installed or built, or a part did not come up.
pub(crate) fn run(cluster_args: &[OsString]) -> anyhow::Result<()> {
    provide()?;
    run_command().args(cluster_args).run()
}

fn provide() -> anyhow::Result<()> {
    setup::run()?;
    ControlPlane::of_this_user()?.provide(&Machine::this())
}

/// Runs what every package has under `tests/cluster/`. Plain `cargo test` ignores these tests: they
/// want programs that take long to build.
pub(crate) fn test_command() -> Invocation {
    Invocation::cargo("test --locked --workspace --test cluster -- --ignored")
}

fn run_command() -> Invocation {
    Invocation::cargo("run --locked --quiet --package pullstudy-test-cluster --")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_reach_the_programs_behind_cargo() {
        assert_eq!(
            test_command().args(["restart"]).to_string(),
            "cargo test --locked --workspace --test cluster -- --ignored restart"
        );
        assert_eq!(
            run_command().args(["--nodes", "16"]).to_string(),
            "cargo run --locked --quiet --package pullstudy-test-cluster -- --nodes 16"
        );
    }
}
