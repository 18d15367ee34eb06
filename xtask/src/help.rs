//! The help texts. Each ends in an example.

use crate::args::Topic;

/// Returns the help text on `topic`, without a newline at its end.
pub(crate) fn text(topic: Topic) -> &'static str {
    match topic {
        Topic::Overview => OVERVIEW,
        Topic::Setup => SETUP,
        Topic::Test => TEST,
        Topic::Cluster => CLUSTER,
        Topic::Bench => BENCH,
        Topic::Fuzz => FUZZ,
        Topic::Arrows => ARROWS,
        Topic::Reference => REFERENCE,
        Topic::Weigh => WEIGH,
        Topic::Dist => DIST,
        Topic::Ci => CI,
    }
}

const OVERVIEW: &str = "\
The project's own chores.

Usage: cargo xtask CHORE [ARGUMENT...]

Chores:
  setup            install the programs that the tests run
  test [ARG...]    setup, then `cargo test --workspace ARG...`
  test --cluster   the tests that need a Kubernetes control plane
  cluster [ARG...] start a cluster of fake nodes, to try things on
  bench [NAME...]  setup, then the benchmarks of these names, or all of them
  fuzz [SECONDS]   feed the parsers with bytes that nobody thought of
  arrows           check that no crate depends on what it must not
  reference        write the reference pages of both programs
  weigh [PROFILE]  how large the programs are, and how long they take to start
  dist             make everything of a release, in target/dist
  ci               every check that a change must pass, timed

`cargo xtask CHORE --help` tells more about one.

Exit codes: 0 done, 1 failed, 2 wrong usage.

Example:
  cargo xtask test -p pullstudy-image";

const SETUP: &str = "\
Install the programs that the tests run: a registry, image tools, a runtime.

Usage: cargo xtask setup

Looks for each program on PATH. If some are missing, root on Debian or Ubuntu
gets their packages installed; anyone else is shown the one line that installs
them, and the chore fails. What is no package is built from the crate registry
into the target directory, which takes a minute or two, once. Services that come
with the packages are neither started nor enabled: the tests start their own on
free ports of 127.0.0.1.

Exit codes: 0 done, 1 failed, 2 wrong usage.

Example:
  cargo xtask setup";

const TEST: &str = "\
Run the tests of all packages, documentation examples included.

Usage: cargo xtask test [ARG...]
       cargo xtask test --cluster [TEST_ARG...]

Does `setup` first. Arguments go to `cargo test` as they are; if they select
packages (-p, --package), only these are tested.

With --cluster: the tests that need a Kubernetes control plane, and no others.
What is missing of it is built with Go, from modules pinned in tests/cluster/,
into $HOME/.cache/pullstudy/cluster/, which takes a quarter of an hour, once.
Arguments go to the test programs.

Exit codes: 0 done, 1 failed, 2 wrong usage.

Example:
  cargo xtask test -p pullstudy-image -- layout";

const CLUSTER: &str = "\
Start a Kubernetes control plane with fake nodes on this machine, print where
its kubeconfig is, and keep it until Ctrl-C.

Usage: cargo xtask cluster [--nodes N] [--real-node] [--folder DIR]
                           [--api-server-argument ARG]...

N is 4 unless told otherwise. --real-node adds one whose kubelet and containerd
pull for real, which takes root. With --folder, logs and data are kept there,
also afterwards. What is missing of the control plane is built, as by
`test --cluster`.

Exit codes: 0 done, 1 failed, 2 wrong usage.

Example:
  cargo xtask cluster --nodes 16";

const BENCH: &str = "\
Run the benchmarks, in release mode, beside the peers they are compared with.

Usage: cargo xtask bench [NAME...]

Does `setup` first. Arguments go to the benchmark program as they are; without
any, all benchmarks run. `cargo xtask bench -- --help` lists the names.

Exit codes: 0 done, 1 failed, 2 wrong usage.

Example:
  cargo xtask bench";

const FUZZ: &str = "\
Run the fuzz targets of fuzz/, one after the other, each for SECONDS (60).

Usage: cargo xtask fuzz [SECONDS]

Stops at the first finding, which is kept in fuzz/artifacts/. Runs on a stable
toolchain; cargo-fuzz is built into the target directory if it is not on PATH.

Exit codes: 0 done, 1 failed, 2 wrong usage.

Example:
  cargo xtask fuzz 600";

const ARROWS: &str = "\
Check the dependencies of every library against the arrows of the architecture:
which of our own crates it may use, and which crates must never reach its users.

Usage: cargo xtask arrows

Exit codes: 0 done, 1 failed, 2 wrong usage.

Example:
  cargo xtask arrows";

const REFERENCE: &str = "\
Write docs/reference/: every command and option of both programs, as they tell
of them themselves. A test fails where the pages are not current.

Usage: cargo xtask reference

Exit codes: 0 done, 1 failed, 2 wrong usage.

Example:
  cargo xtask reference";

const WEIGH: &str = "\
Tell how many bytes the programs have without symbols, and how long `--help`
takes. Fails if one is larger than its ceiling in xtask/src/weigh.rs; what it
takes to start depends on the machine, and is told only.

Usage: cargo xtask weigh [PROFILE]

The programs are those that were built with PROFILE (release).

Exit codes: 0 done, 1 failed, 2 wrong usage.

Example:
  cargo xtask weigh shipped";

const DIST: &str = "\
Make everything of a release in target/dist: programs, pages of the manual,
completions, an archive of all of these, Debian packages, notices of what is
part of the programs, SBOMs and checksums.

Usage: cargo xtask dist

Paths of this machine are kept out of the programs. cargo-deb and
cargo-cyclonedx are built into the target directory if they are not on PATH.

Exit codes: 0 done, 1 failed, 2 wrong usage.

Example:
  cargo xtask dist";

const CI: &str = "\
Run every check that a change must pass: format, clippy, tests, documentation,
feature builds, arrows, a release build, and licences and duplicates.

Usage: cargo xtask ci

Stops at the first failure, names the step and the command that repeats it, and
closes with the time each step took. cargo-deny is built into the target
directory if it is not on PATH.

Exit codes: 0 done, 1 failed, 2 wrong usage.

Example:
  cargo xtask ci";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_help_text_has_an_example_and_the_exit_codes() {
        let topics = [
            Topic::Overview,
            Topic::Setup,
            Topic::Test,
            Topic::Cluster,
            Topic::Bench,
            Topic::Fuzz,
            Topic::Arrows,
            Topic::Reference,
            Topic::Weigh,
            Topic::Dist,
            Topic::Ci,
        ];
        for topic in topics {
            let text = text(topic);
            assert!(
                text.contains("Example:\n  cargo xtask "),
                "{topic:?} has no example"
            );
            assert!(
                text.contains("0 done, 1 failed, 2 wrong usage"),
                "{topic:?}"
            );
            assert!(
                text.lines().all(|line| line.chars().count() <= 80),
                "{topic:?} is too wide"
            );
        }
    }
}
