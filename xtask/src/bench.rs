//! `cargo xtask bench`: the benchmarks, beside the peers they are compared with.

use std::ffi::OsString;

use crate::invocation::Invocation;
use crate::setup;

/// Does `setup`, then runs the benchmark program with `bench_args`.
///
/// # Errors
///
/// A program is missing and could not be installed, or a benchmark failed.
pub(crate) fn run(bench_args: &[OsString]) -> anyhow::Result<()> {
    setup::run()?;
    command(bench_args).run()
}

fn command(bench_args: &[OsString]) -> Invocation {
    // `cargo xtask bench -- --help` is typed out of habit; the program wants one `--` only.
    let names = match bench_args.split_first() {
        Some((first, rest)) if first == "--" => rest,
        _ => bench_args,
    };
    Invocation::cargo("run --release --package pullstudy-benches --").args(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_handed_to_the_benchmark_program() {
        let all = "cargo run --release --package pullstudy-benches --";
        assert_eq!(command(&[]).to_string(), all);
        assert_eq!(command(&["gzip".into()]).to_string(), format!("{all} gzip"));
        let help = ["--".into(), "--help".into()];
        assert_eq!(command(&help).to_string(), format!("{all} --help"));
    }
}
